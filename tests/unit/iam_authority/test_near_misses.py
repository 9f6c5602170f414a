"""What resembles the findings and is none: nothing is changed, and nobody is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.iam_authority.directory import (
    ADMINISTRATOR,
    DENY_ALL,
    FOREIGN,
    LAMBDA,
    POWER_USER,
    READ_ONLY,
    Directory,
    allow,
    deny,
    opened,
    trusting,
)
from tests.unit.world import Run

ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}


def is_quiet(run: Run) -> bool:
    """Whether nothing was found, changed or told."""
    return run.error is None and not (run.messages or run.changes or run.findings != [None])


@pytest.mark.parametrize("arn", [READ_ONLY, POWER_USER, DENY_ALL])
def test_other_policies_of_aws_are_none(directory: Directory, arn: str) -> None:
    directory.role()
    directory.learnt()

    run = directory.handle(directory.attach(arn))

    assert is_quiet(run)
    assert directory.attached() == {arn}


def test_a_policy_whose_name_alone_is_an_administrators_is_none(directory: Directory) -> None:
    directory.role()
    directory.learnt()
    arn = directory.policy(allow("s3:GetObject"), name="AdministratorAccess")

    assert is_quiet(directory.handle(directory.attach(arn)))


@pytest.mark.parametrize(
    "statements",
    [
        (allow("s3:*"),),
        (allow("*", "arn:aws:s3:::logs/*"),),
        (allow(), deny("iam:*")),
        (allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),),
        (allow("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/app/*"),),
    ],
    ids=json.dumps,
)
def test_narrow_inline_policies_are_none(directory: Directory, statements: tuple[Any, ...]) -> None:
    directory.role()
    directory.learnt()

    assert is_quiet(directory.handle(directory.put(*statements)))
    assert directory.sweep().outcomes == ["compliant"]


def test_an_administrator_of_whom_everything_is_denied_is_none(directory: Directory) -> None:
    directory.role()
    directory.attach(DENY_ALL)
    directory.learnt()

    run = directory.handle(directory.attach(ADMINISTRATOR))

    assert is_quiet(run)
    assert directory.attached() == {ADMINISTRATOR, DENY_ALL}


def test_a_deny_of_a_users_group_counts(directory: Directory) -> None:
    directory.group("locked")
    directory.iam.attach_group_policy(GroupName="locked", PolicyArn=DENY_ALL)
    directory.user("deploy", "locked")
    directory.learnt()
    directory.iam.attach_user_policy(UserName="deploy", PolicyArn=ADMINISTRATOR)

    run = directory.handle(
        directory.event("AttachUserPolicy", {"userName": "deploy", "policyArn": ADMINISTRATOR})
    )

    assert is_quiet(run)


def test_a_boundary_that_narrows_leaves_nothing_of_it(directory: Directory) -> None:
    bound = directory.policy(allow("s3:*"), name="bound")
    directory.role(PermissionsBoundary=bound)
    directory.learnt()

    assert is_quiet(directory.handle(directory.attach(ADMINISTRATOR)))


@pytest.mark.parametrize(
    "trust",
    [
        trusting({"Service": "ec2.amazonaws.com"}),
        trusting({"AWS": "arn:aws:iam::123456789012:root"}),
        trusting({"AWS": "*"}, Condition=ORGANIZATION),
    ],
    ids=json.dumps,
)
def test_a_trust_that_stays_at_home_is_none(directory: Directory, trust: dict[str, Any]) -> None:
    directory.role()
    directory.learnt()

    assert is_quiet(directory.handle(directory.trust(trust)))


def test_an_account_that_may_be_trusted_is_none() -> None:
    with opened(settings={"trusted_accounts": [FOREIGN]}) as directory:
        directory.role()
        directory.learnt()

        assert is_quiet(directory.handle(directory.trust(trusting({"AWS": FOREIGN}))))


def test_what_is_known_is_none(directory: Directory) -> None:
    directory.role()
    event = directory.attach(ADMINISTRATOR)
    directory.trust(trusting({"AWS": FOREIGN}))
    arn = directory.policy(allow())
    directory.learnt()

    assert is_quiet(directory.handle(event))
    assert is_quiet(directory.handle(directory.event("UpdateAssumeRolePolicy", {"roleName": "build"})))
    assert directory.handle(directory.verdict(arn)).messages == []
    assert directory.sweep().outcomes == ["compliant"]
    assert directory.attached() == {ADMINISTRATOR}


def test_a_service_linked_role_is_never_looked_at(directory: Directory) -> None:
    name = "AWSServiceRoleForSupport"
    directory.role(name, path="/aws-service-role/support.amazonaws.com/")
    directory.learnt()

    run = directory.handle(directory.attach(ADMINISTRATOR, name))

    assert is_quiet(run)
    assert directory.attached(name) == {ADMINISTRATOR}
    assert directory.sweep().outcomes == ["compliant"]


def test_a_group_that_a_user_joins_without_such_rights_is_none(directory: Directory) -> None:
    directory.group()
    directory.user("deploy", "operators")
    directory.learnt()

    run = directory.handle(
        directory.event("AddUserToGroup", {"userName": "deploy", "groupName": "operators"})
    )

    assert is_quiet(run)


def test_a_version_that_is_not_the_default_is_none(directory: Directory) -> None:
    arn = directory.policy(allow("s3:*"))
    directory.learnt()
    told = json.dumps({"Version": "2012-10-17", "Statement": [allow()]})
    directory.iam.create_policy_version(PolicyArn=arn, PolicyDocument=told, SetAsDefault=False)

    assert is_quiet(directory.handle(directory.event("CreatePolicyVersion", {"policyArn": arn})))


def test_what_is_gone_again_is_none(directory: Directory) -> None:
    directory.role()
    directory.learnt()
    event = directory.attach(ADMINISTRATOR)
    directory.iam.detach_role_policy(RoleName="build", PolicyArn=ADMINISTRATOR)

    assert is_quiet(directory.handle(event))


def test_a_role_that_is_gone_is_none(directory: Directory) -> None:
    directory.learnt()

    run = directory.handle(directory.event("PutRolePolicy", {"roleName": "gone", "policyName": "inline"}))

    assert is_quiet(run)


def test_a_refused_call_is_told_and_nothing_is_looked_at(directory: Directory) -> None:
    directory.role()
    directory.attach(ADMINISTRATOR)
    parameters = {"roleName": "build", "policyArn": ADMINISTRATOR}

    run = directory.handle(directory.event("AttachRolePolicy", parameters, error="AccessDenied"))

    assert run.findings == ["denied-call"]
    assert run.changes == []
    assert run.called("iam:GetAccountAuthorizationDetails") == []


def test_what_a_user_of_the_same_name_got_is_none_of_a_roles(directory: Directory) -> None:
    directory.user("build")
    directory.role()
    directory.learnt()
    directory.iam.attach_user_policy(UserName="build", PolicyArn=ADMINISTRATOR)

    run = directory.handle(directory.event("AttachRolePolicy", {"roleName": "build", "policyArn": READ_ONLY}))

    assert is_quiet(run)


def test_of_a_user_and_a_role_of_one_name_the_one_that_the_call_means_is_judged(directory: Directory) -> None:
    directory.user("build")
    directory.role(trust=trusting(LAMBDA))
    directory.learnt()
    event = directory.attach(ADMINISTRATOR)

    by_user = directory.handle(directory.event("PutUserPolicy", {"userName": "build", "policyName": "x"}))
    by_role = directory.handle(event)

    assert is_quiet(by_user)
    assert by_role.outcomes == ["remediated"]
