"""Rearm itself: what somebody has switched off, changed or deleted of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from tests.events.envelopes import api_event, scheduled
from tests.events.identities import assumed_role
from tests.scenarios.account import STOPPED_AGO, Account, Event, client
from tests.scenarios.stage import Scenario
from tests.scenarios.verdicts import BASELINES, Check, tells_nothing, told
from tests.support.own_parts import RATE, OwnParts
from tests.support.variants import BY_DEFAULT, VARIANTS

AUTOMATION = "self_guard"
WHO = ("admin", "Session: maintenance")
FIRST, SECOND = "cloudtrail", "trail_storage"


def scenarios() -> Iterator[Scenario]:
    """Return every scenario, of every variant."""
    for variant in BY_DEFAULT:
        yield Scenario(
            "a sweep finds everything switched off and deleted",
            variant,
            _wrecked,
            (*_everything(), told("remediated", *WHO, "is disabled", "may not run at all")),
            AUTOMATION,
        )
    yield Scenario(
        "a rule is disabled",
        "default",
        _disabled,
        (_rule_enabled(), told("remediated", "is disabled", *WHO, "enable-rule")),
        AUTOMATION,
        _swept,
    )
    yield Scenario(
        "a sweep finds all as it is declared", "default", _swept, (tells_nothing(), _remembered()), AUTOMATION
    )
    yield Scenario("a call on somebody else's rule", "default", _elsewhere, (tells_nothing(),), AUTOMATION)


def _parts(account: Account) -> OwnParts:
    inputs = VARIANTS[account.deployment.variant].inputs
    return OwnParts(
        lambda service: client(service, account.region),
        VARIANTS[account.deployment.variant].name,
        account.region,
        account.partition,
        str(inputs.get("role_path", "/")),
    )


def _made(account: Account) -> OwnParts:
    parts = _parts(account)
    if not client("lambda", account.region).list_functions()["Functions"]:
        for automation in (FIRST, SECOND):
            account.config_rule(f"{parts.function(automation)}-own")
        parts.make_automation(FIRST, retention=365, concurrency=None)
        parts.make_automation(SECOND, retention=0, concurrency=2)
        parts.make_shared()
    return parts


def _swept(account: Account) -> Event:
    _made(account)
    return scheduled(region=account.region)


def _event(account: Account, call: str, service: str, **parameters: Any) -> Event:
    at = (datetime.now(UTC) - STOPPED_AGO).strftime("%Y-%m-%dT%H:%M:%SZ")
    who = assumed_role(partition=account.partition)
    return api_event(
        call, service=service, parameters=parameters, identity=who, region=account.region, time=at
    )


def _disabled(account: Account) -> Event:
    name = f"{_made(account).function(FIRST)}-calls"
    client("events", account.region).disable_rule(Name=name)
    return account.happened(_event(account, "DisableRule", "events", name=name))


def _elsewhere(account: Account) -> Event:
    _made(account)
    return _event(account, "DisableRule", "events", name="somebody-elses")


def _wrecked(account: Account) -> Event:
    """Spoil one part of each kind, and have one of the calls in the event history."""
    event = _disabled(account)
    parts = _made(account)
    first, second = parts.function(FIRST), parts.function(SECOND)
    events, functions = client("events", account.region), client("lambda", account.region)
    events.put_rule(Name=f"{first}-sweep", ScheduleExpression="rate(9 days)")
    events.remove_targets(Rule=f"{second}-calls", Ids=["function"])
    events.remove_targets(Rule=f"{second}-sweep", Ids=["function"])
    events.delete_rule(Name=f"{second}-sweep")
    functions.put_function_concurrency(FunctionName=first, ReservedConcurrentExecutions=0)
    functions.delete_function_concurrency(FunctionName=second)
    functions.remove_permission(FunctionName=first, StatementId="rule-calls")
    functions.delete_function_event_invoke_config(FunctionName=first)
    logs = client("logs", account.region)
    logs.delete_log_group(logGroupName=f"/aws/lambda/{first}")
    logs.put_retention_policy(logGroupName=f"/aws/lambda/{second}", retentionInDays=1)
    client("cloudwatch", account.region).disable_alarm_actions(AlarmNames=[f"{first}-errors"])
    tables = client("dynamodb", account.region)
    tables.update_continuous_backups(
        TableName=f"{parts.name}-records",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )
    tables.update_time_to_live(
        TableName=f"{parts.name}-records",
        TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires"},
    )
    del event
    return scheduled(region=account.region)


def _check(name: str, about: str, read: Callable[[OwnParts], object], wanted: object) -> Check:
    def problem(account: Account) -> str | None:
        try:
            seen = read(_parts(account))
        except ClientError as error:
            return str(error)
        return None if seen == wanted else f"{seen!r}, not {wanted!r}"

    return Check(name, problem, about)


def _rule_enabled() -> Check:
    return _check(
        "the rule is enabled",
        "rule",
        lambda own: own.client("events").describe_rule(Name=f"{own.function(FIRST)}-calls")["State"],
        "ENABLED",
    )


def _targets(own: OwnParts, key: str) -> list[Any]:
    found = own.client("events").list_targets_by_rule(Rule=f"{own.function(SECOND)}-{key}")["Targets"]
    return [target["Id"] for target in found]


def _retention(own: OwnParts, automation: str) -> list[Any]:
    prefix = f"/aws/lambda/{own.function(automation)}"
    groups = own.client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    return [group.get("retentionInDays") for group in groups]


def _concurrency(own: OwnParts, automation: str) -> object:
    answer = own.client("lambda").get_function_concurrency(FunctionName=own.function(automation))
    return answer.get("ReservedConcurrentExecutions")


def _everything() -> tuple[Check, ...]:
    """Check that each part is as it was declared."""
    return (
        _rule_enabled(),
        _check(
            "the sweep has its rate",
            "rate",
            lambda own: own.client("events").describe_rule(Name=f"{own.function(FIRST)}-sweep")[
                "ScheduleExpression"
            ],
            RATE,
        ),
        _check("the rule leads to its function", "target", lambda own: _targets(own, "calls"), ["function"]),
        _check("the deleted rule does too", "deleted rule", lambda own: _targets(own, "sweep"), ["function"]),
        _check("the function may run", "concurrency", lambda own: _concurrency(own, FIRST), None),
        _check("the other has its own", "reserved concurrency", lambda own: _concurrency(own, SECOND), 2),
        _check(
            "the rule may invoke it",
            "permission",
            lambda own: (
                '"rule-calls"' in own.client("lambda").get_policy(FunctionName=own.function(FIRST))["Policy"]
            ),
            True,
        ),
        _check(
            "failures are kept",
            "failures",
            lambda own: own.client("lambda").get_function_event_invoke_config(
                FunctionName=own.function(FIRST)
            )["MaximumRetryAttempts"],
            2,
        ),
        _check("the log group is there", "log group", lambda own: _retention(own, FIRST), [365]),
        _check("the other is kept for ever", "retention", lambda own: _retention(own, SECOND), [None]),
        _check(
            "the alarm is heard",
            "alarm",
            lambda own: own.client("cloudwatch").describe_alarms(
                AlarmNames=[f"{own.function(FIRST)}-errors"]
            )["MetricAlarms"][0]["ActionsEnabled"],
            True,
        ),
        _check(
            "the table is backed up",
            "backups",
            lambda own: own.client("dynamodb").describe_continuous_backups(TableName=f"{own.name}-records")[
                "ContinuousBackupsDescription"
            ]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
            "ENABLED",
        ),
        _check(
            "the table forgets",
            "expiry",
            lambda own: own.client("dynamodb").describe_time_to_live(TableName=f"{own.name}-records")[
                "TimeToLiveDescription"
            ]["TimeToLiveStatus"],
            "ENABLED",
        ),
    )


def _remembered() -> Check:
    def problem(account: Account) -> str | None:
        found = account.items(f"{AUTOMATION}#baseline")
        return None if len(found) == 3 else f"{len(found)} declarations are remembered"

    return Check("the declarations are remembered", problem, BASELINES)
