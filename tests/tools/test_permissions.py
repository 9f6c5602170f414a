from __future__ import annotations

from typing import Any

import pytest

from tools import permissions

DENY = {"sid": "Never", "effect": "Deny", "actions": ["cloudtrail:StopLogging"], "resources": ["*"]}
TRAIL = "arn:{partition}:cloudtrail:*:{account}:trail/*"


def check(actions: list[str], resources: list[str], **more: object) -> list[str]:
    statement: dict[str, Any] = {"sid": "It", "actions": actions, "resources": resources, **more}
    return permissions.check({"permissions": [statement, DENY]})


@pytest.mark.parametrize(
    ("actions", "resources", "more"),
    [
        (["cloudtrail:DescribeTrails", "cloudtrail:LookupEvents"], ["*"], {}),
        (["cloudtrail:GetTrailStatus"], ["arn:{partition}:cloudtrail:*:*:trail/*"], {}),
        (["cloudtrail:StartLogging"], [TRAIL], {"mode": "remediate"}),
        (["config:PutEvaluations"], ["*"], {}),
        (["sns:Publish"], ["arn:{partition}:sns:{region}:{account}:{name}-notifications"], {}),
        (
            ["iam:PassRole"],
            ["arn:{partition}:iam::{account}:role/{name}-*"],
            {
                "mode": "remediate",
                "conditions": [
                    {
                        "test": "StringEquals",
                        "variable": "iam:PassedToService",
                        "values": ["ssm.amazonaws.com"],
                    }
                ],
            },
        ),
    ],
)
def test_what_is_as_narrow_as_aws_allows_is_not_complained_about(
    actions: list[str], resources: list[str], more: dict[str, Any]
) -> None:
    assert check(actions, resources, **more) == []


@pytest.mark.parametrize(
    ("actions", "resources", "more", "message"),
    [
        (["cloudtrail:StartLoging"], [TRAIL], {}, "AWS has no action cloudtrail:StartLoging"),
        (["cloudtrail:startlogging"], [TRAIL], {}, "AWS has no action cloudtrail:startlogging"),
        (["nonsense:Do"], ["*"], {}, "AWS has no action nonsense:Do"),
        (["cloudtrail:StartLogging"], [TRAIL], {}, "is a write (Write) and needs `mode: remediate`"),
        (["cloudtrail:AddTags"], [TRAIL], {}, "is a write (Tagging) and needs `mode: remediate`"),
        (
            ["cloudtrail:StartLogging"],
            ["*"],
            {"mode": "remediate"},
            "is allowed on `*`, but AWS lets it name",
        ),
        (["cloudtrail:LookupEvents"], [TRAIL], {}, "can only be allowed on `*`"),
        (["sns:Publish"], [TRAIL], {}, "never works on arn:{partition}:cloudtrail"),
        (
            ["cloudtrail:GetTrailStatus"],
            ["arn:{partition}:cloudtrail:*:{acount}:trail/*"],
            {},
            "{acount} is not",
        ),
        (
            ["iam:PassRole"],
            ["arn:{partition}:iam::{account}:role/x"],
            {"mode": "remediate"},
            "needs a condition on iam:PassedToService",
        ),
        (
            ["iam:PutRolePolicy"],
            ["arn:{partition}:iam::{account}:role/x"],
            {"mode": "remediate"},
            "manages permissions and needs a condition",
        ),
        (["cloudtrail:StopLogging"], [TRAIL], {"mode": "remediate"}, "is denied by the same manifest"),
    ],
)
def test_what_is_too_wide_or_cannot_work_is_named(
    actions: list[str], resources: list[str], more: dict[str, Any], message: str
) -> None:
    found = check(actions, resources, **more)

    assert any(message in problem and problem.startswith("permissions.It: ") for problem in found), found


def test_a_manifest_without_a_deny_is_refused() -> None:
    statement = {"sid": "Read", "actions": ["cloudtrail:LookupEvents"], "resources": ["*"]}

    assert permissions.check({"permissions": [statement]}) == [
        "permissions: there is no Deny for the calls that only weaken"
    ]


def test_a_sid_that_is_given_twice_is_refused() -> None:
    assert permissions.check({"permissions": [DENY, DENY]}) == ["permissions: the sid Never is given twice"]
