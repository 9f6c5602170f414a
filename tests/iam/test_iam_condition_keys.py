"""What a call to IAM says for the conditions of a policy: which policy, and which boundary."""

from __future__ import annotations

from typing import Any

import pytest

from tests.iam.calls import ACCOUNT, call
from tests.local_aws.authorizer import authorize
from tests.local_aws.condition_keys import condition_keys

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/build"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "iam:DetachRolePolicy",
            "Resource": "*",
            "Condition": {"ArnEquals": {"iam:PolicyARN": ADMINISTRATOR}},
        }
    ],
}


def said(method: str, **parameters: Any) -> Any:
    return condition_keys(call("iam", method, **parameters), lambda _: None)


@pytest.mark.parametrize(
    ("method", "named"),
    [
        ("attach_role_policy", {"RoleName": "build"}),
        ("attach_user_policy", {"UserName": "build"}),
        ("attach_group_policy", {"GroupName": "build"}),
        ("detach_role_policy", {"RoleName": "build"}),
        ("detach_user_policy", {"UserName": "build"}),
        ("detach_group_policy", {"GroupName": "build"}),
    ],
)
def test_attaching_and_detaching_name_the_policy(method: str, named: dict[str, str]) -> None:
    assert said(method, PolicyArn=DENY_ALL, **named) == {"iam:PolicyARN": DENY_ALL}


def test_a_boundary_is_named_where_one_is_set() -> None:
    bound = said("put_role_permissions_boundary", RoleName="build", PermissionsBoundary=DENY_ALL)
    assert bound == {"iam:PermissionsBoundary": DENY_ALL}
    assert said("create_role", RoleName="build", AssumeRolePolicyDocument="{}") == {}


def test_other_calls_say_nothing() -> None:
    assert said("get_policy", PolicyArn=DENY_ALL) == {}


@pytest.mark.parametrize(("arn", "allowed"), [(ADMINISTRATOR, True), (DENY_ALL, False)])
def test_a_grant_under_the_condition_ends_at_its_policies(arn: str, allowed: bool) -> None:
    keys = said("detach_role_policy", RoleName="build", PolicyArn=arn)
    assert authorize([POLICY], None, "iam:DetachRolePolicy", [ROLE], keys).allowed is allowed
