"""All parts of a deployment, as its declarations name them, and which of them an alarm is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rearm.alarm import Alarm
from rearm.automations import Look
from rearm.automations.self_guard.deployment import Declared
from rearm.automations.self_guard.functions import check_function
from rearm.automations.self_guard.parts import Deviation, Part
from rearm.automations.self_guard.roles import check_role
from rearm.automations.self_guard.rules import check_rule
from rearm.automations.self_guard.shared import check_queue, check_table, check_topic
from rearm.automations.self_guard.watch import check_alarm, check_config_rule, check_log_group

Check = Callable[[Part, Look], Iterator[Deviation]]

# By boto3's name of the service, which has one type of part each.
CHECKS: Mapping[str, Check] = {
    "cloudwatch": check_alarm,
    "config": check_config_rule,
    "dynamodb": check_table,
    "events": check_rule,
    "iam": check_role,
    "lambda": check_function,
    "logs": check_log_group,
    "sns": check_topic,
    "sqs": check_queue,
}
# Where CloudTrail spells the service in another way.
SERVICES = {"monitoring": "cloudwatch"}
# Request parameters that hold another one's name, as CloudTrail records them.
NESTED = ("configRule",)


def parts_of(declared: Declared, look: Look) -> Iterator[Part]:
    """Yield everything that is declared.

    Raises
    ------
    KeyError, TypeError, AttributeError
        The declaration is not one of this version of the module.
    """
    said = declared.parts
    arns = _Arns(look)

    def part(service: str, kind: str, name: str, arn: str, wanted: Mapping[str, Any]) -> Part:
        return Part(service, kind, name, arn, wanted, said)

    for name, rule in said.get("rules", {}).items():
        yield part("events", "AWS::Events::Rule", name, arns.of("events", f"rule/{name}"), rule)
    if function := said.get("function"):
        name = function["name"]
        known = declared.memory.code if declared.memory and declared.memory.value == declared.value else None
        wanted = {**function, "code": function.get("code") or known}
        yield part("lambda", "AWS::Lambda::Function", name, arns.of("lambda", f"function:{name}"), wanted)
    if role := said.get("role"):
        arn = f"arn:{look.partition}:iam::{look.account}:role{role['path']}{role['name']}"
        yield part("iam", "AWS::IAM::Role", role["name"], arn, role)
    if group := said.get("log_group"):
        name = group["name"]
        yield part("logs", "AWS::Logs::LogGroup", name, arns.of("logs", f"log-group:{name}"), group)
    for name in said["alarms"]["names"]:
        arn = arns.of("cloudwatch", f"alarm:{name}")
        yield part("cloudwatch", "AWS::CloudWatch::Alarm", name, arn, said["alarms"])
    for name in said.get("config_rules", ()):
        # Config gives a rule's ARN an id of its own; the name says it as well.
        yield part("config", "AWS::Config::ConfigRule", name, arns.of("config", f"config-rule/{name}"), {})
    for name, topic in said.get("topics", {}).items():
        yield part("sns", "AWS::SNS::Topic", name, arns.of("sns", name), topic)
    if queue := said.get("queue"):
        yield part("sqs", "AWS::SQS::Queue", queue["name"], arns.of("sqs", queue["name"]), queue)
    if table := said.get("table"):
        name = table["name"]
        yield part("dynamodb", "AWS::DynamoDB::Table", name, arns.of("dynamodb", f"table/{name}"), table)


def names_of(alarm: Alarm) -> tuple[str, ...]:
    """Return every name that an alarm gives: its resources, and all texts among a call's parameters."""
    names = list(alarm.resources)
    parameters: Mapping[str, object] = alarm.call.parameters if alarm.call else {}
    for key, value in parameters.items():
        names += _texts(value)
        if key in NESTED and isinstance(value, Mapping):
            names += [text for inner in value.values() for text in _texts(inner)]
    return tuple(dict.fromkeys(names))


def service_of(alarm: Alarm) -> str | None:
    """Return boto3's name of the service that an alarm's call went to; None if it is no call."""
    if alarm.call is None:
        return None
    source = alarm.call.source.partition(".")[0]
    return SERVICES.get(source, source)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


class _Arns:
    def __init__(self, look: Look) -> None:
        self._look = look

    def of(self, service: str, resource: str) -> str:
        look = self._look
        return f"arn:{look.partition}:{service}:{look.region}:{look.account}:{resource}"
