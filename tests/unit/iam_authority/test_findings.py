"""What is found, and what is done: each way to an administrator's rights, by event, verdict and sweep."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from rearm.aws import Aws
from rearm.model import Action
from rearm.table import Table
from tests.events.envelopes import REGION
from tests.unit.deployment import TABLE, exception
from tests.unit.iam_authority.directory import (
    ADMINISTRATOR,
    DENY_ALL,
    EVERYTHING,
    IAM_FULL,
    Directory,
    allow,
    deny,
    opened,
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
