"""The calls that the scenarios make, what IAM decided about each, and the grants they are held against."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.local_aws.authorizer import Statement, parse
from tests.scenarios.catalogue import scenarios
from tests.scenarios.stage import Scenario, Stage
from tests.support.planned import Deployment, Policy, deployments

# A file of more calls, recorded where the deployed functions ran: a JSON list of objects with `function`,
# `action`, `resources`, `said` and, if it is not the default one, `variant`.
MORE_CALLS = "REARM_RECORDED_CALLS"

# What Lambda does with the role before and after the function runs: no client of the function shows it.
LAMBDA_ITSELF: Mapping[str, str] = {
    "logs:CreateLogStream": "Lambda opens a log stream for each of its processes.",
    "logs:PutLogEvents": "Lambda writes what the function prints.",
    "sqs:SendMessage": "Lambda keeps an event that failed for good in the on-failure destination.",
    "xray:PutTelemetryRecords": "Lambda's X-Ray daemon sends the traces.",
    "xray:PutTraceSegments": "Lambda's X-Ray daemon sends the traces.",
}


@dataclass(frozen=True)
class Used:
    """One call that was allowed: the action, the ARNs that were decided about, and the condition keys."""

    action: str
    resources: tuple[str, ...]
    said: tuple[tuple[str, str | tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Recording:
    """What one scenario called with the planned policies, and what did not hold afterwards."""

    scenario: Scenario
    used: tuple[Used, ...]
    refused: tuple[str, ...]
    problems: tuple[str, ...]


def play(scenario: Scenario, policies: Sequence[Policy] | None = None) -> Recording:
    """Play a scenario; a failure that the function raised is one of the problems."""
    with Stage(scenario, policies=policies) as stage:
        invocation = stage.invoke()
        problems = stage.problems()
        heard = [message.body for message in stage.account.messages()]
        used = tuple(
            dict.fromkeys(Used(one.action, one.resources, _said(one.context)) for one in stage.iam.allowed)
        )
        refused = tuple(one.action for one in stage.iam.refused)
    raised = [f"the function failed: {invocation.error}"] if invocation.error else []
    return Recording(scenario, used, refused, (*raised, *problems, *(heard if problems else [])))


@cache
def recordings() -> tuple[Recording, ...]:
    """Play every scenario once."""
    return tuple(play(scenario) for scenario in scenarios())


def planned() -> list[Deployment]:
    """Return every deployment there is."""
    return [deployment for automations in deployments().values() for deployment in automations.values()]


def used_in(deployment: Deployment) -> set[Used]:
    """Return every call that was made in a deployment, in scenarios and where the deployed function ran."""
    found = {
        used
        for recording in recordings()
        if recording.scenario.deployment == deployment
        for used in recording.used
    }
    return found | set(_more_calls(deployment))


def _more_calls(deployment: Deployment) -> Iterator[Used]:
    if file := os.environ.get(MORE_CALLS):
        for call in json.loads(Path(file).read_text(encoding="utf-8")):
            function = f"-{deployment.automation}"
            if call.get("variant", "default") == deployment.variant and call["function"].endswith(function):
                # Config gives a rule its ARN when it is made; the planned one stands for it.
                rules = {
                    arn: deployment.config_rules[name] for arn, name in call.get("config_rules", {}).items()
                }
                resources = tuple(rules.get(arn, arn) for arn in call["resources"])
                yield Used(call["action"], resources, _said(call["said"]))


def _said(context: Mapping[str, str | Sequence[str]]) -> tuple[tuple[str, str | tuple[str, ...]], ...]:
    """Return the condition keys of a call that differ between calls of one role, to be compared."""
    return tuple(
        (name, value if isinstance(value, str) else tuple(value))
        for name, value in sorted(context.items())
        if not name.startswith("aws:")
    )


def allows(deployment: Deployment) -> list[Mapping[str, Any]]:
    """Return the statements that allow something."""
    return [statement for statement in deployment.statements if statement["Effect"] == "Allow"]


def granted(deployment: Deployment) -> set[str]:
    """Return every action that a role may do somewhere."""
    return {action for statement in allows(deployment) for action in listed(statement["Action"])}


def listed(value: str | Sequence[str]) -> list[str]:
    """Return what a policy gives as one text or as a list of them."""
    return [value] if isinstance(value, str) else list(value)


def without(policies: Sequence[Policy], action: str) -> list[Policy]:
    """Return the policies with one action taken out of every Allow."""

    def statements(policy: Policy) -> Iterator[Mapping[str, Any]]:
        for statement in policy["Statement"]:
            left = [one for one in listed(statement["Action"]) if one != action]
            if statement["Effect"] != "Allow":
                yield statement
            elif left:
                yield {**statement, "Action": left}

    return [{**policy, "Statement": list(statements(policy))} for policy in policies]


def covering(deployment: Deployment, used: Used, resource: str) -> list[str]:
    """Return the resources of the statements that allow a call on an ARN, as the statements give them."""
    return [
        pattern
        for statement in allows(deployment)
        for pattern in listed(statement["Resource"])
        for one in parse({"Version": "2012-10-17", "Statement": [{**statement, "Resource": pattern}]})
        if one.covers(used.action, resource, {}) and _holds(one, used)
    ]


def _holds(statement: Statement, used: Used) -> bool:
    """Whether the conditions about what a call says for itself hold; the others are not looked at."""
    said = dict(used.said)
    asked = [one for one in statement.conditions if one.key in said]
    return all(one.holds(said) for one in asked)
