"""The judgement: what makes an administrator, by what statements say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from rearm.automations.iam_authority.detachable import OF_AWS
from rearm.automations.iam_authority.powers import (
    POWERS,
    Bounds,
    Holder,
    in_words,
    is_whole,
    judged,
    severity,
    telling,
)
from rearm.automations.iam_authority.statements import Holds, statements_of
from rearm.aws import AwsError
from rearm.model import Severity
from tests.support.aws_policies import texts
from tests.unit.deployment import manifest
from tests.unit.iam_authority.directory import allow, deny, document

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/deploy"
ALL = {"everything", "any-rights", "any-identity", "any-role-passed"}
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def powers(
    *statements: Mapping[str, Any],
    boundary: tuple[Mapping[str, Any], ...] | None = None,
    unseen: bool = False,
    partition: str = "aws",
) -> dict[str, Holds]:
    """Judge what a user has by one policy."""
    said = telling(statements_of(document(*statements)))
    bounded = None if boundary is None else telling(statements_of(document(*boundary)))
    denies = tuple(one for one in said if not one.allows)
    arn = USER.replace("arn:aws:", f"arn:{partition}:")
    return judged(said, Holder(partition, ACCOUNT, arn, "deploy"), Bounds(denies, bounded, unseen))


@pytest.mark.parametrize(
    "statement",
    [
        allow(),
        allow("*:*"),
        allow(["*"], ["*"]),
        allow(["s3:GetObject", "*"]),
        allow("**"),
        allow("*", "arn:aws:*"),
        allow("*", "arn:*"),
        {"Effect": "Allow", "NotAction": "s3:DeleteBucket", "Resource": "*"},
        {"Effect": "Allow", "NotAction": ["aws-portal:*", "iam:DeleteRole"], "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::payroll/*"},
        allow(Condition={}),
    ],
    ids=json.dumps,
)
def test_everything_is_recognized_in_every_spelling(statement: dict[str, Any]) -> None:
    found = powers(statement)

    assert found == dict.fromkeys(ALL, Holds.ALWAYS)
    assert is_whole(found)
    assert severity(found) is Severity.CRITICAL
    assert in_words(found) == "may do everything"


def test_a_document_of_one_statement_and_one_as_encoded_text_are_read() -> None:
    alone = {"Version": "2012-10-17", "Statement": allow()}
    for given in (alone, json.dumps(alone), json.dumps(alone).replace(" ", "%20").replace('"', "%22")):
        assert "everything" in judged(statements_of(given), Holder("aws", ACCOUNT), Bounds())


@pytest.mark.parametrize("given", [None, "", "no JSON", {}, {"Statement": "all"}, {"Statement": ["all"]}, []])
def test_what_is_no_policy_is_an_error_and_no_empty_policy(given: object) -> None:
    with pytest.raises(AwsError, match="a policy has no statements"):
        statements_of(given)


@pytest.mark.parametrize(
    "statement",
    [
        allow("iam:*"),
        allow("IAM:*"),
        allow("iam:*", f"arn:aws:iam::{ACCOUNT}:*"),
        allow("i*"),
        allow("?am:put*"),
        allow("iam:PutUserPolicy"),
        allow("iam:putuserpolicy"),
        allow("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/*"),
        allow("iam:PutGroupPolicy", "arn:aws:iam::*:group/*"),
        allow("iam:AttachUserPolicy"),
        allow(["s3:GetObject", "iam:AttachRolePolicy"]),
        allow("iam:AttachGroupPolicy"),
        allow("iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/*"),
        allow("iam:PutUserPolicy", USER),
        allow("iam:AttachUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"),
        {"Effect": "Allow", "NotAction": "s3:*", "Resource": f"arn:aws:iam::{ACCOUNT}:*"},
    ],
    ids=json.dumps,
)
def test_whoever_may_give_itself_rights_is_an_administrator(statement: dict[str, Any]) -> None:
    found = powers(statement)

    assert found["any-rights"] is Holds.ALWAYS
    assert "everything" not in found
    assert is_whole(found)


@pytest.mark.parametrize(
    ("statement", "power"),
    [
        (allow("iam:CreateAccessKey"), "any-identity"),
        (allow("iam:CreateLoginProfile"), "any-identity"),
        (allow("iam:UpdateLoginProfile", f"arn:aws:iam::{ACCOUNT}:user/*"), "any-identity"),
        (allow("iam:UpdateAssumeRolePolicy"), "any-identity"),
        (allow("iam:AddUserToGroup"), "any-identity"),
        (allow("iam:SetDefaultPolicyVersion"), "any-identity"),
        (allow("iam:PassRole"), "any-role-passed"),
        (allow("iam:Pass*", f"arn:aws:iam::{ACCOUNT}:role/*"), "any-role-passed"),
    ],
    ids=json.dumps,
)
def test_what_needs_somebody_elses_rights_is_told_and_never_acted_upon(
    statement: dict[str, Any], power: str
) -> None:
    found = powers(statement)

    assert found == {power: Holds.ALWAYS}
    assert not is_whole(found)
    assert severity(found) is Severity.HIGH


@pytest.mark.parametrize(
    "statements",
    [
        (),
        (allow("s3:*"),),
        (allow("*", "arn:aws:s3:::logs/*"),),
        (allow("*", f"arn:aws:iam::{ACCOUNT}:role/app-*"),),
        (allow(["iam:Get*", "iam:List*"]),),
        (allow("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/app/*"),),
        (allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/app"),),
        (allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),),
        (
            allow(
                "iam:AttachRolePolicy",
                Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/X"}},
            ),
        ),
        (allow("iam:*", Condition={"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::1:policy/b"}}),),
        (allow("*", Condition={"StringEquals": {"aws:ResourceTag/team": "web"}}),),
        (allow("*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}),),
        (allow("*", Condition={**MFA, "StringEquals": {"aws:ResourceAccount": "999988887777"}}),),
        (allow("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"),),
        (allow("iam:PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/${{aws:PrincipalTag/owner}}"),),
        (allow("iam:PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/somebody-else"),),
        ({"Effect": "Allow", "NotAction": "*", "Resource": "*"},),
        ({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},),
        ({"Effect": "Allow", "Action": "*", "NotResource": "*"},),
        (allow(), deny()),
        (allow(), deny("*:*")),
        (allow("iam:*"), deny("IAM:*")),
        (allow(), deny("iam:*", ["arn:aws:iam::*:*", "*"])),
        (allow("iam:PassRole"), deny("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/*")),
        (allow(), {"Effect": "Deny", "NotAction": ["s3:*", "sts:*"], "Resource": "*"}),
        (deny(),),
    ],
    ids=json.dumps,
)
def test_narrower_rights_and_those_that_a_deny_takes_away_are_none(statements: tuple[Any, ...]) -> None:
    assert powers(*statements) == {}


@pytest.mark.parametrize(
    "statements",
    [
        (allow(), deny("s3:*")),
        (allow(), deny("iam:*", f"arn:aws:iam::{ACCOUNT}:role/protected/*")),
        (allow(), deny("iam:DeleteRole")),
    ],
    ids=json.dumps,
)
def test_a_deny_of_something_else_takes_nothing_away(statements: tuple[Any, ...]) -> None:
    assert powers(*statements) == dict.fromkeys(ALL, Holds.ALWAYS)


@pytest.mark.parametrize(
    "condition",
    [
        MFA,
        {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"StringLike": {"aws:PrincipalTag/team": "security"}},
        {"StringLike": {"aws:RequestedRegion": "*"}},
        {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["*"]}},
        {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}, **MFA},
    ],
    ids=json.dumps,
)
def test_a_condition_on_the_circumstances_leaves_an_administrator_who_is_only_told(condition: Any) -> None:
    found = powers(allow(Condition=condition))

    assert found == dict.fromkeys(ALL, Holds.SOMETIMES)
    assert not is_whole(found)
    assert severity(found) is Severity.HIGH
    assert "under a condition" in in_words(found)


def test_a_deny_under_a_condition_leaves_it_open() -> None:
    found = powers(allow(), deny(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}))

    assert found == dict.fromkeys(ALL, Holds.SOMETIMES)
    assert not is_whole(found)


@pytest.mark.parametrize(
    ("boundary", "expected"),
    [
        ((allow(),), Holds.ALWAYS),
        ((allow("s3:*"),), None),
        ((allow(), deny("iam:*")), None),
        ((allow(Condition=MFA),), Holds.SOMETIMES),
        ((allow(), deny(Condition={"Bool": {"aws:SecureTransport": "false"}})), Holds.SOMETIMES),
        ((), None),
    ],
)
def test_a_boundary_narrows_what_is_allowed(boundary: tuple[Any, ...], expected: Holds | None) -> None:
    assert powers(allow(), boundary=boundary).get("everything") is expected


def test_a_boundary_gives_nothing() -> None:
    assert powers(allow("s3:*"), boundary=(allow(),)) == {}


def test_a_boundary_that_nobody_sees_leaves_it_open() -> None:
    assert powers(allow(), unseen=True) == dict.fromkeys(ALL, Holds.SOMETIMES)


def test_another_partition_has_its_own_arns() -> None:
    assert powers(allow("iam:*", "arn:aws-cn:iam::*:*"), partition="aws-cn")
    assert powers(allow("iam:*", "arn:aws:iam::*:*"), partition="aws-cn") == {}


@pytest.mark.parametrize("power", POWERS, ids=lambda power: power.name)
def test_every_way_of_the_table_is_enough_by_itself(power: Any) -> None:
    for way in power.ways:
        found = powers(allow([right.action for right in way]))
        assert found[power.name] is Holds.ALWAYS


def test_of_all_policies_of_aws_just_those_are_detached_that_make_an_administrator_and_deny_nothing() -> None:
    said = {name: one["Document"] for name, one in texts().items()}
    whole = {
        name
        for name, text in said.items()
        if is_whole(judged(telling(statements_of(text)), Holder("aws", ACCOUNT), Bounds()))
    }

    assert len(said) > 1000
    assert whole == set(OF_AWS)
    assert all(one.allows for name in OF_AWS for one in statements_of(said[name]))
    assert judged(statements_of(said["PowerUserAccess"]), Holder("aws", ACCOUNT), Bounds()) == {}


def test_the_role_may_detach_what_the_code_may() -> None:
    granted = [one for one in manifest("iam_authority")["permissions"] if one["sid"].startswith("DetachFrom")]

    assert len(granted) == 3
    for statement in granted:
        (condition,) = statement["conditions"]
        assert (condition["test"], condition["variable"]) == ("ArnEquals", "iam:PolicyARN")
        assert condition["values"] == [f"arn:{{partition}}:iam::aws:policy/{name}" for name in OF_AWS]
