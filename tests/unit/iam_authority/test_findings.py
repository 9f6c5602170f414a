"""What is found, and what is done: each way to an administrator's rights, by event, verdict and sweep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from rearm.aws import Aws
from rearm.model import Action
from rearm.table import Table
from tests.events.envelopes import REGION, envelope
from tests.unit.deployment import TABLE, exception
from tests.unit.iam_authority.directory import (
    ADMINISTRATOR,
    DENY_ALL,
    EVERYTHING,
    FOREIGN,
    IAM_FULL,
    LAMBDA,
    Directory,
    allow,
    deny,
    document,
    opened,
    trusting,
)
from tools.operator.records import read
from tools.operator.undoing import Standing, standing, steps


@pytest.fixture
def lenient() -> Iterator[Directory]:
    """Deploy with the account's own policies to be detached as well."""
    with opened(settings={"detach_own_policies": True}) as made:
        yield made


@pytest.mark.parametrize("arn", [ADMINISTRATOR, IAM_FULL])
def test_a_role_that_gets_a_policy_of_aws_loses_it_again(directory: Directory, arn: str) -> None:
    directory.role()
    directory.learnt()

    run = directory.handle(directory.attach(arn))

    assert run.outcomes == ["remediated"]
    assert run.findings == ["administrator-attached"]
    assert directory.attached() == set()
    assert run.message.attributes["severity"] == "CRITICAL"
    assert f"aws iam attach-role-policy --role-name build --policy-arn {arn}" in run.message.body


def test_the_undo_attaches_it_again_unless_it_is_or_the_role_is_gone(directory: Directory) -> None:
    directory.role()
    directory.learnt()
    directory.handle(directory.attach(ADMINISTRATOR))
    (undo,) = _undone(directory)
    aws = Aws()

    right = standing(aws, undo)
    aws.call(undo.service, undo.region, undo.operation, undo.parameters)
    attached = directory.attached()
    again = standing(aws, undo)
    directory.iam.detach_role_policy(RoleName="build", PolicyArn=ADMINISTRATOR)
    directory.iam.delete_role(RoleName="build")

    assert (right, again, standing(aws, undo)) == (Standing.RIGHT, Standing.CHANGED, Standing.CHANGED)
    assert attached == {ADMINISTRATOR}


def test_users_and_groups_lose_it_too(directory: Directory) -> None:
    directory.group()
    directory.user("deploy", "operators")
    directory.learnt()
    directory.iam.attach_user_policy(UserName="deploy", PolicyArn=ADMINISTRATOR)
    directory.iam.attach_group_policy(GroupName="operators", PolicyArn=ADMINISTRATOR)

    by_user = directory.handle(
        directory.event("AttachUserPolicy", {"userName": "deploy", "policyArn": ADMINISTRATOR})
    )
    by_group = directory.handle(
        directory.event("AttachGroupPolicy", {"groupName": "operators", "policyArn": ADMINISTRATOR})
    )

    assert by_user.outcomes == by_group.outcomes == ["remediated"]
    assert by_user.findings == by_group.findings == ["administrator-attached"]
    assert not directory.iam.list_attached_user_policies(UserName="deploy")["AttachedPolicies"]
    assert not directory.iam.list_attached_group_policies(GroupName="operators")["AttachedPolicies"]


def test_a_sweep_detaches_what_was_attached_since_the_last_one_and_nothing_else(directory: Directory) -> None:
    directory.role("old")
    directory.attach(ADMINISTRATOR, "old")
    directory.role("new")
    directory.learnt()
    directory.attach(ADMINISTRATOR, "new")
    directory.attach(IAM_FULL, "new")

    run = directory.sweep()

    assert run.outcomes == ["remediated"]
    assert directory.attached("new") == set()
    assert directory.attached("old") == {ADMINISTRATOR}
    assert directory.sweep().outcomes == ["compliant"]


def test_notify_says_the_call_and_makes_none() -> None:
    with opened(mode="notify") as directory:
        directory.role()
        directory.learnt()

        run = directory.handle(directory.attach(ADMINISTRATOR))

        assert run.outcomes == ["notified"]
        assert run.changes == []
        assert (
            f"aws iam detach-role-policy --role-name build --policy-arn {ADMINISTRATOR}" in run.message.body
        )


def test_a_policy_of_the_accounts_own_is_told_with_the_command(directory: Directory) -> None:
    directory.role()
    directory.learnt()
    arn = directory.policy(allow())

    run = directory.handle(directory.attach(arn))

    assert run.outcomes == ["notified"]
    assert run.findings == ["administrator-granted"]
    assert directory.attached() == {arn}
    assert f"aws iam detach-role-policy --role-name build --policy-arn {arn}" in run.message.body


def test_a_policy_of_the_accounts_own_is_detached_where_the_setting_says_so(lenient: Directory) -> None:
    lenient.role()
    lenient.learnt()
    arn = lenient.policy(allow())

    run = lenient.handle(lenient.attach(arn))

    assert run.outcomes == ["remediated"]
    assert lenient.attached() == set()


def test_a_new_version_of_an_attached_policy_is_told_and_the_policy_stays_attached(
    lenient: Directory,
) -> None:
    lenient.role()
    arn = lenient.policy(allow("s3:*"))
    lenient.attach(arn)
    lenient.learnt()
    told = json.dumps(EVERYTHING)
    lenient.iam.create_policy_version(PolicyArn=arn, PolicyDocument=told, SetAsDefault=True)

    by_event = lenient.handle(lenient.event("CreatePolicyVersion", {"policyArn": arn, "setAsDefault": True}))
    by_sweep = lenient.sweep()

    assert by_event.findings == by_sweep.findings == ["administrator-policy"]
    assert by_event.outcomes == by_sweep.outcomes == ["notified"]
    assert lenient.attached() == {arn}
    command = f"aws iam set-default-policy-version --policy-arn {arn} --version-id v1"
    assert command in by_event.message.body
    assert "role/build" in by_event.message.body


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


def test_a_boundary_that_goes_sets_free_what_was_there_and_nothing_is_detached(directory: Directory) -> None:
    bound = directory.policy(allow("s3:*"), name="bound")
    directory.role(PermissionsBoundary=bound)
    directory.attach(ADMINISTRATOR)
    directory.learnt()
    directory.iam.delete_role_permissions_boundary(RoleName="build")

    run = directory.handle(directory.event("DeleteRolePermissionsBoundary", {"roleName": "build"}))

    assert run.findings == ["administrator-attached"]
    assert run.outcomes == ["notified"]
    assert run.changes == []
    assert "DeleteRolePermissionsBoundary was called by operator" in run.message.body
    assert directory.attached() == {ADMINISTRATOR}


def test_a_deny_that_goes_sets_free_what_was_there_and_nothing_is_detached(directory: Directory) -> None:
    directory.role()
    directory.attach(ADMINISTRATOR)
    directory.attach(DENY_ALL)
    directory.learnt()
    directory.iam.detach_role_policy(RoleName="build", PolicyArn=DENY_ALL)

    run = directory.sweep()

    assert run.findings == ["administrator-attached"]
    assert run.outcomes == ["notified"]
    assert directory.attached() == {ADMINISTRATOR}


def test_a_policy_under_a_condition_is_told_and_stays(lenient: Directory) -> None:
    lenient.role()
    lenient.learnt()
    arn = lenient.policy(allow(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))

    run = lenient.handle(lenient.attach(arn))

    assert run.findings == ["administrator-granted"]
    assert "under a condition" in run.message.body
    assert lenient.attached() == {arn}


@pytest.mark.parametrize(
    ("name", "path", "says"),
    [
        ("rearm-cloudtrail", "/", "a role of Rearm's own"),
        ("AWSReservedSSO_Admin_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/", "IAM Identity Center"),
    ],
)
def test_roles_of_rearm_and_of_identity_center_are_told_and_never_changed(
    directory: Directory, name: str, path: str, says: str
) -> None:
    directory.role(name, path=path)
    directory.learnt()

    run = directory.handle(directory.attach(ADMINISTRATOR, name))

    assert run.findings == ["administrator-granted"]
    assert run.changes == []
    assert says in run.message.body
    assert directory.attached(name) == {ADMINISTRATOR}


def test_beyond_the_limit_it_is_refused_and_told() -> None:
    with opened(settings={"containments_per_hour": 1}) as directory:
        directory.role("one")
        directory.role("two")
        directory.learnt()
        directory.handle(directory.attach(ADMINISTRATOR, "one"))

        run = directory.handle(directory.attach(ADMINISTRATOR, "two"))

        assert run.outcomes == ["refused"]
        assert directory.attached("two") == {ADMINISTRATOR}
        assert "1 within an hour" in run.message.body


def test_an_excepted_role_keeps_what_it_got() -> None:
    with opened(exceptions={"build": exception(resource="build")}) as directory:
        directory.role()
        directory.learnt()

        run = directory.handle(directory.attach(ADMINISTRATOR))

        assert run.outcomes == ["excepted"]
        assert directory.attached() == {ADMINISTRATOR}


def test_what_an_excepted_actor_attaches_is_known_once_the_history_confirms_it() -> None:
    actor = "arn:aws:iam::123456789012:user/operator"
    with opened(exceptions={"operator": exception(actor=actor)}) as directory:
        directory.role()
        directory.learnt()
        event = directory.attach(ADMINISTRATOR)
        directory.world.history.add(event)

        run = directory.handle(event)

        swept = [directory.sweep().outcomes for _ in range(2)]

        assert run.outcomes == ["excepted"]
        assert swept == [["excepted"], ["compliant"]]
        assert directory.known("arn:aws:iam::123456789012:role/build") == {f"attached {ADMINISTRATOR}": True}
        assert directory.attached() == {ADMINISTRATOR}


def test_an_accepted_version_is_no_attachment_afterwards() -> None:
    actor = "arn:aws:iam::123456789012:user/operator"
    choices = {"exceptions": {"operator": exception(actor=actor)}, "settings": {"detach_own_policies": True}}
    with opened(**choices) as directory:
        directory.role()
        arn = directory.policy(allow("s3:*"), deny("s3:DeleteBucket"))
        directory.attach(arn)
        directory.learnt()
        told = json.dumps(EVERYTHING)
        directory.iam.create_policy_version(PolicyArn=arn, PolicyDocument=told, SetAsDefault=True)
        event = directory.event("CreatePolicyVersion", {"policyArn": arn})
        directory.world.history.add(event)

        accepted = directory.handle(event)
        swept = [directory.sweep().outcomes for _ in range(2)]

        assert accepted.outcomes == ["excepted"]
        assert swept == [["excepted"], ["compliant"]]
        assert directory.attached() == {arn}


def _undone(directory: Directory) -> list[Action]:
    """Return what takes back what was done, as an operator reads it from the table."""
    table = Table(Aws(), TABLE, REGION)
    done = [one for one in read(table, ["iam_authority"]).responses if one.found[0].done]
    return [step.undo for step in steps(done)[0]]
