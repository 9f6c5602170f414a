"""Each row's repair is granted where it is to be made, and not where it is only to be told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local_aws.authorizer import authorize
from tests.plan.planning import REGION, Plan
from tests.support.matrix_calls import RowCalls, row_calls

ELSEWHERE = "us-west-2"
# What the decider needs to know of a call of the function's own account.
CONTEXT = {"aws:ResourceAccount": "123456789012", "kms:BypassPolicyLockoutSafetyCheck": "false"}


def cases(door: str) -> list[Any]:
    """Give every row, marked as proven for a door."""
    return [
        pytest.param(calls, id=calls.row, marks=pytest.mark.matrix(calls.row, door=door))
        for calls in row_calls()
    ]


def policies(plan: Plan, role: str) -> list[dict[str, Any]]:
    """Read every policy of a role that the plan knows."""
    return [
        json.loads(one.values["policy"])
        for one in plan.changes()
        if one.type == "aws_iam_role_policy"
        and one.values.get("name") is not None
        and one.values.get("role") == role
        and one.values.get("policy")
    ]


def allowed(plan: Plan, name: str, calls: RowCalls, region: str) -> set[str]:
    """Name the actions of the repair that the role may do on the resource."""
    granted = policies(plan, f"{name}-{calls.automation}")
    assert granted, f"the plan knows no policy of {name}-{calls.automation}"
    arn = calls.arn.format(region=region)
    return {action for action in calls.actions if authorize(granted, None, action, [arn], CONTEXT).allowed}


@pytest.mark.parametrize("calls", cases("event"))
def test_the_rule_invokes_the_function_that_may_repair_and_to_notify_may_not(
    variants: Plan, calls: RowCalls
) -> None:
    plan = variants.module("defaults")
    rules = plan.of("aws_cloudwatch_event_rule")
    taking = [
        name
        for name, rule in rules.items()
        if (pattern := json.loads(rule.values.get("event_pattern") or "{}"))
        and f"{calls.service}.amazonaws.com" in pattern["detail"].get("eventSource", ())
        and set(calls.names) <= set(pattern["detail"]["eventName"])
    ]

    assert [name.rpartition("-")[0] for name in taking] == [f"rearm-{calls.automation}"]
    assert rules[taking[0]].values["state"] == "ENABLED"
    assert allowed(plan, "rearm", calls, REGION) == set(calls.actions)
    assert allowed(variants.module("notify"), "notify", calls, REGION) == set()


@pytest.mark.parametrize("calls", cases("sweep"))
def test_the_schedule_invokes_the_function_that_may_repair_in_every_region(
    variants: Plan, calls: RowCalls
) -> None:
    plan = variants.module("defaults")
    rule = plan.of("aws_cloudwatch_event_rule")[f"rearm-{calls.automation}-sweep"]

    assert rule.values["schedule_expression"] == "rate(15 minutes)"
    assert rule.values["state"] == "ENABLED"
    assert allowed(plan, "rearm", calls, ELSEWHERE) == set(calls.actions)
