"""What the sweep records, what it never takes for granted, and what goes wrong on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.endpoint import Made
from tests.unit.iam_authority.directory import (
    ADMINISTRATOR,
    DENY_ALL,
    EVERYTHING,
    FOREIGN,
    Directory,
    allow,
    opened,
    trusting,
)

ROLE = "arn:aws:iam::123456789012:role/build"
ACCOUNT = "arn:aws:iam::123456789012:root"
CALL = "iam:GetAccountAuthorizationDetails"


def test_the_first_sweep_records_everything_and_tells_it_once(directory: Directory) -> None:
    directory.role()
    directory.attach(ADMINISTRATOR)
    directory.put(allow("iam:PutRolePolicy"))
    directory.trust(trusting({"AWS": FOREIGN}))

    run = directory.sweep()

    assert run.findings == ["administrators-first-seen"]
    assert run.changes == []
    assert run.message.attributes["severity"] == "INFORMATIONAL"
    for said in ("AdministratorAccess: everything", "inline inline: any-rights", f"assumed by {FOREIGN}"):
        assert said in run.message.body
    assert directory.known(ROLE) == {
        f"attached {ADMINISTRATOR}": True,
        "inline any-rights inline": True,
        f"trust {FOREIGN}": True,
    }
    assert directory.known(ADMINISTRATOR)["to"] == [ROLE]
    assert directory.sweep().messages == []


def test_whoever_has_no_such_rights_is_not_recorded(directory: Directory) -> None:
    directory.role()
    directory.policy(allow("s3:*"))
    directory.learnt()

    assert directory.world.items("iam_authority#baseline").keys() == {ACCOUNT}


def test_before_the_first_sweep_only_what_the_call_gives_is_told_and_nothing_is_detached(
    directory: Directory,
) -> None:
    directory.role()
    directory.put(allow(), name="older")

    run = directory.handle(directory.attach(ADMINISTRATOR))

    assert run.findings == ["administrator-attached"]
    assert run.outcomes == ["notified"]
    assert "older" not in run.message.body
    assert directory.attached() == {ADMINISTRATOR}


def test_before_the_first_sweep_a_verdict_of_config_is_left_to_it(directory: Directory) -> None:
    arn = directory.policy(allow())

    run = directory.handle(directory.verdict(arn))

    assert run.messages == []
    assert run.changes == []


def test_what_is_lost_is_forgotten_so_that_it_is_new_when_it_comes_again(directory: Directory) -> None:
    directory.role()
    directory.attach(ADMINISTRATOR)
    directory.learnt()
    directory.iam.detach_role_policy(RoleName="build", PolicyArn=ADMINISTRATOR)
    directory.sweep()
    assert directory.known(ROLE) == {}

    run = directory.handle(directory.attach(ADMINISTRATOR))

    assert run.outcomes == ["remediated"]


def test_a_role_that_was_deleted_takes_nothing_over_to_one_of_its_name(directory: Directory) -> None:
    directory.role()
    directory.put(allow())
    directory.learnt()
    directory.iam.delete_role_policy(RoleName="build", PolicyName="inline")
    directory.iam.delete_role(RoleName="build")
    directory.sweep()
    directory.role()

    assert directory.handle(directory.put(allow())).findings == ["administrator-inline"]


def test_what_is_new_is_never_learned_by_looking_again(directory: Directory) -> None:
    directory.role()
    directory.learnt()
    directory.put(allow())

    for _ in range(3):
        assert directory.sweep().findings == ["administrator-inline"]
    assert directory.known(ROLE) == {}


def test_what_is_attached_under_a_deny_is_no_later_attachment(directory: Directory) -> None:
    directory.role()
    directory.learnt()
    directory.attach(DENY_ALL)
    directory.attach(ADMINISTRATOR)
    assert directory.sweep().outcomes == ["compliant"]
    directory.iam.detach_role_policy(RoleName="build", PolicyArn=DENY_ALL)

    run = directory.sweep()

    assert run.findings == ["administrator-attached"]
    assert run.outcomes == ["notified"]
    assert directory.attached() == {ADMINISTRATOR}


def test_without_the_table_nothing_is_detached_and_the_failure_is_raised(directory: Directory) -> None:
    directory.role()
    directory.learnt()
    event = directory.attach(ADMINISTRATOR)
    directory.fail_table()

    run = directory.handle(event)

    assert run.findings == ["administrator-attached"]
    assert run.outcomes == ["notified"]
    assert run.error is not None
    assert "could not be compared with its baseline" in run.message.body
    assert directory.attached() == {ADMINISTRATOR}


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling", "ServiceFailure"])
def test_an_account_that_cannot_be_read_is_a_failure(directory: Directory, code: str) -> None:
    directory.role()
    event = directory.attach(ADMINISTRATOR)
    directory.world.endpoint.fail(CALL, code)

    for run in (directory.handle(event), directory.sweep()):
        assert run.findings == ["unreadable"]
        assert run.error is not None
        assert code in str(run.error)
        assert run.changes == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda answer: answer.pop("RoleDetailList"),
        lambda answer: answer.pop("Policies"),
        lambda answer: answer.pop("IsTruncated"),
        lambda answer: answer.update(IsTruncated=True),
        lambda answer: answer["RoleDetailList"][0].pop("Arn"),
        lambda answer: answer["RoleDetailList"][0].pop("AssumeRolePolicyDocument"),
        lambda answer: answer["RoleDetailList"][0].update(AttachedManagedPolicies=None),
        lambda answer: answer["RoleDetailList"][0].update(RolePolicyList=[{"PolicyName": "x"}]),
        lambda answer: answer["Policies"][0].pop("DefaultVersionId"),
        lambda answer: answer["Policies"][0].update(DefaultVersionId="v9"),
        lambda answer: answer["Policies"][0].pop("PolicyVersionList"),
        lambda answer: answer["Policies"].clear(),
    ],
)
def test_an_answer_that_lacks_something_is_a_failure_and_nothing_is_learned(
    directory: Directory, spoil: Any
) -> None:
    directory.role()
    directory.attach(ADMINISTRATOR)

    def spoilt(_: Made, answer: dict[str, Any]) -> None:
        spoil(answer)

    directory.world.endpoint.edit(CALL, spoilt)

    run = directory.sweep()

    assert run.outcomes == ["failed"]
    assert run.error is not None
    assert directory.world.items("iam_authority#baseline") == {}


def test_every_page_is_read(directory: Directory) -> None:
    directory.role("one")
    directory.role("two")
    directory.learnt()
    event = directory.attach(ADMINISTRATOR, "two")

    def in_pages(made: Made, answer: dict[str, Any]) -> None:
        second = made.parameters.get("Marker") == "more"
        wanted = "two" if second else "one"
        roles = answer["RoleDetailList"]
        answer["RoleDetailList"] = [one for one in roles if one["RoleName"] == wanted]
        if second:
            answer["Policies"] = []
        else:
            answer |= {"IsTruncated": True, "Marker": "more"}

    directory.world.endpoint.edit(CALL, in_pages)

    run = directory.handle(event)

    assert run.outcomes == ["remediated"]
    assert directory.attached("two") == set()


def test_a_role_is_asked_for_without_users_and_groups(directory: Directory) -> None:
    directory.role()
    directory.learnt()

    run = directory.handle(directory.attach(ADMINISTRATOR))

    asked = {tuple(made.parameters["Filter"]) for made in run.called(CALL)}
    assert asked == {("Role", "LocalManagedPolicy", "AWSManagedPolicy")}


def test_a_detachment_that_aws_refuses_has_failed_with_the_command_for_a_person(directory: Directory) -> None:
    directory.role()
    directory.learnt()
    event = directory.attach(ADMINISTRATOR)
    directory.world.endpoint.fail("iam:DetachRolePolicy", "AccessDenied")

    run = directory.handle(event)

    assert run.outcomes == ["failed"]
    assert run.error is not None
    assert f"aws iam detach-role-policy --role-name build --policy-arn {ADMINISTRATOR}" in run.message.body


def test_a_detachment_that_aws_keeps_to_itself_is_told(directory: Directory) -> None:
    directory.role()
    directory.learnt()
    event = directory.attach(ADMINISTRATOR)
    directory.world.endpoint.fail("iam:DetachRolePolicy", "UnmodifiableEntity")

    run = directory.handle(event)

    assert run.outcomes == ["notified"]
    assert run.error is None


def test_a_policy_that_aws_changes_is_not_detached_from_who_had_it(directory: Directory) -> None:
    directory.role()
    directory.attach(DENY_ALL)
    directory.learnt()

    def changed(_: Made, answer: dict[str, Any]) -> None:
        for policy in answer["Policies"]:
            policy["PolicyVersionList"][0]["Document"] = EVERYTHING

    directory.world.endpoint.edit(CALL, changed)

    run = directory.sweep()

    assert run.findings == ["administrator-granted"]
    assert run.changes == []
    assert directory.attached() == {DENY_ALL}


def test_a_large_account_is_told_in_few_lines() -> None:
    with opened() as directory:
        for number in range(45):
            directory.role(f"role-{number}")
            directory.put(allow(), role=f"role-{number}")

        run = directory.sweep()

        assert "And 5 more" in run.message.body
        assert json.dumps(run.journal)
