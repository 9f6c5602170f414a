"""What only a person may take back: inline policies, versions, groups and trust policies are told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.events.envelopes import envelope
from tests.unit.iam_authority.directory import (
    ADMINISTRATOR,
    EVERYTHING,
    FOREIGN,
    LAMBDA,
    Directory,
    allow,
    document,
    opened,
    trusting,
)


def test_an_older_version_that_becomes_the_default_is_told(directory: Directory) -> None:
    arn = directory.policy(allow())
    told = json.dumps(document(allow("s3:*")))
    directory.iam.create_policy_version(PolicyArn=arn, PolicyDocument=told, SetAsDefault=True)
    directory.learnt()
    directory.iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")

    run = directory.handle(directory.event("SetDefaultPolicyVersion", {"policyArn": arn, "versionId": "v1"}))

    assert run.findings == ["administrator-policy"]
    assert "attached to nobody" in run.message.body
    assert run.message.attributes["severity"] == "MEDIUM"
    assert f"--policy-arn {arn} --version-id v2" in run.message.body


def test_a_new_policy_is_named_by_the_answer_of_its_call(directory: Directory) -> None:
    directory.learnt()
    arn = directory.policy(allow())

    run = directory.handle(
        directory.event("CreatePolicy", {"policyName": "tools"}, response={"policy": {"arn": arn}})
    )

    assert run.findings == ["administrator-policy"]


def test_configs_verdict_names_the_policy_by_its_id(directory: Directory) -> None:
    directory.role()
    directory.learnt()
    arn = directory.policy(allow())
    directory.attach(arn)

    run = directory.handle(directory.verdict(arn))

    assert run.findings == ["administrator-policy"]
    assert run.outcomes == ["notified"]


def test_security_hub_names_the_policy_by_its_arn() -> None:
    with opened(sources=["aws.iam", "aws.securityhub"]) as directory:
        directory.learnt()
        finding = {
            "Id": "one",
            "Compliance": {"SecurityControlId": "IAM.1", "Status": "FAILED"},
            "Resources": [{"Type": "AwsIamPolicy", "Id": directory.policy(allow())}],
        }
        told = {"findings": [finding]}

        run = directory.handle(envelope("aws.securityhub", "Security Hub Findings - Imported", told))

        assert run.findings == ["administrator-policy"]


@pytest.mark.parametrize("name", ["inline", "with space"])
def test_an_inline_policy_is_told_with_the_commands(directory: Directory, name: str) -> None:
    directory.role()
    directory.learnt()

    run = directory.handle(directory.put(allow(), name=name))

    assert run.findings == ["administrator-inline"]
    assert run.outcomes == ["notified"]
    assert run.changes == []
    quoted = f"'{name}'" if " " in name else name
    assert f"aws iam delete-role-policy --role-name build --policy-name {quoted}" in run.message.body
    assert directory.iam.list_role_policies(RoleName="build")["PolicyNames"] == [name]


def test_an_inline_policy_that_gets_wider_is_told_again(directory: Directory) -> None:
    directory.role()
    directory.put(allow("iam:PassRole"))
    directory.learnt()

    run = directory.handle(directory.put(allow("iam:PassRole"), allow("iam:PutRolePolicy")))

    assert run.findings == ["administrator-inline"]
    assert "may give itself or others any right" in run.message.body


def test_iam_pass_role_on_everything_is_told(directory: Directory) -> None:
    directory.role()
    directory.learnt()

    run = directory.handle(directory.put(allow("iam:PassRole")))

    assert run.findings == ["administrator-inline"]
    assert "iam:PassRole on all roles" in run.message.body
    assert run.message.attributes["severity"] == "HIGH"


def test_a_new_member_of_a_group_of_administrators_is_told(directory: Directory) -> None:
    directory.group("admins")
    directory.iam.attach_group_policy(GroupName="admins", PolicyArn=ADMINISTRATOR)
    directory.user()
    directory.learnt()
    directory.iam.add_user_to_group(GroupName="admins", UserName="deploy")

    run = directory.handle(directory.event("AddUserToGroup", {"userName": "deploy", "groupName": "admins"}))

    assert run.findings == ["administrator-member"]
    assert run.outcomes == ["notified"]
    assert "aws iam remove-user-from-group --user-name deploy --group-name admins" in run.message.body
    assert directory.sweep().findings == ["administrator-member"]


def test_a_group_that_gets_rights_is_one_finding_and_its_members_are_none(directory: Directory) -> None:
    directory.group("admins")
    directory.user("one", "admins")
    directory.user("two", "admins")
    directory.learnt()
    told = json.dumps(EVERYTHING)
    directory.iam.put_group_policy(GroupName="admins", PolicyName="all", PolicyDocument=told)

    run = directory.sweep()

    assert run.findings == ["administrator-inline"]
    assert "aws iam delete-group-policy --group-name admins --policy-name all" in run.message.body


@pytest.mark.parametrize(
    ("trust", "severity"),
    [
        (trusting({"AWS": FOREIGN}), "MEDIUM"),
        (trusting("*"), "HIGH"),
    ],
)
def test_a_role_that_is_opened_is_told_with_the_statement_that_does_it(
    directory: Directory, trust: dict[str, Any], severity: str
) -> None:
    directory.role()
    directory.learnt()

    run = directory.handle(directory.trust(document(*trusting(LAMBDA)["Statement"], *trust["Statement"])))

    assert run.findings == ["role-trust-opened"]
    assert run.outcomes == ["notified"]
    assert run.changes == []
    assert run.message.attributes["severity"] == severity
    assert "aws iam get-role --role-name build" in run.message.body
    assert "Take statement 2 out of trust-policy" in run.message.body
    assert "aws iam update-assume-role-policy --role-name build --policy-document" in run.message.body
    assert directory.sweep().findings == ["role-trust-opened"]


def test_an_administrators_role_that_is_opened_is_critical(directory: Directory) -> None:
    directory.role()
    directory.attach(ADMINISTRATOR)
    directory.learnt()

    run = directory.handle(directory.trust(trusting({"AWS": FOREIGN})))

    assert run.findings == ["role-trust-opened"]
    assert run.message.attributes["severity"] == "CRITICAL"
    assert "may do everything" in run.message.body
    assert directory.attached() == {ADMINISTRATOR}


def test_a_role_that_is_open_from_the_start_is_told(directory: Directory) -> None:
    directory.learnt()
    directory.role("vendor", trusting({"AWS": FOREIGN}))

    run = directory.handle(directory.event("CreateRole", {"roleName": "vendor"}))

    assert run.findings == ["role-trust-opened"]
