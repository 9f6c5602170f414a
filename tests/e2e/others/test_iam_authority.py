"""Who gets an administrator's rights, from the call to the policy that is detached, and the message."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.account import Person
from tests.e2e.said import Mail
from tests.e2e.world import World

AUTOMATION = "iam_authority"
ACTIONS = ("iam:AttachRolePolicy", "iam:PutRolePolicy")
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def test_a_role_that_gets_administrator_access_loses_it_when_the_event_comes(others: World) -> None:
    granter = _prepared(others, "by-event")

    _iam(granter).attach_role_policy(RoleName="by-event", PolicyArn=ADMINISTRATOR)
    others.aws.wait_idle()

    assert _attached(others, "by-event") == []
    (mail,) = _mails(others)
    assert (mail.attributes["outcome"], mail.attributes["severity"]) == ("remediated", "CRITICAL")
    assert "Role by-event, which may do everything" in mail.body
    assert mail.field("Actor") == "granter (IAMUser)"
    assert others.said.failures() == []


def test_what_no_event_has_told_is_detached_by_the_sweep(others: World) -> None:
    granter = _prepared(others, "unseen")
    with others.account.unseen():
        _iam(granter).attach_role_policy(RoleName="unseen", PolicyArn=ADMINISTRATOR)
    assert _attached(others, "unseen") == [ADMINISTRATOR]

    _sweep(others)

    assert _attached(others, "unseen") == []
    (mail,) = _mails(others)
    assert mail.attributes["outcome"] == "remediated"
    assert mail.field("Arrived by") == "sweep"
    assert mail.field("Actor") == "granter (IAMUser)"


def test_a_policy_that_only_reads_stays(others: World) -> None:
    granter = _prepared(others, "reader")

    _iam(granter).attach_role_policy(RoleName="reader", PolicyArn=READ_ONLY)
    others.aws.wait_idle()
    _sweep(others)

    assert _attached(others, "reader") == [READ_ONLY]
    assert _mails(others) == []


def test_an_inline_policy_is_told_with_the_command_and_stays(others: World) -> None:
    granter = _prepared(others, "inline")

    _iam(granter).put_role_policy(RoleName="inline", PolicyName="all", PolicyDocument=_document(EVERYTHING))
    others.aws.wait_idle()

    assert others.account.client("iam").list_role_policies(RoleName="inline")["PolicyNames"] == ["all"]
    (mail,) = _mails(others)
    assert mail.attributes["outcome"] == "notified"
    assert "aws iam delete-role-policy --role-name inline --policy-name all" in mail.body


def _prepared(others: World, role: str) -> Person:
    """Have a trail, so that events are delivered, a role, and a sweep that has learned who is who."""
    account = others.account
    account.trail("main", multi_region=True)
    granter = account.user("granter", ACTIONS)
    with account.unseen():
        account.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=_document(TRUST))
    _sweep(others)
    # What the first sweep tells, a warm function tells once: it is none of these tests.
    others.said.forget()
    return granter


def _sweep(others: World) -> None:
    others.aws.run_schedule(f"rearm-{AUTOMATION}-sweep")
    others.aws.wait_idle()


def _iam(person: Person) -> Any:
    return person.aws.client("iam", None, person.keys, user_agent=person.user_agent)


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _attached(others: World, role: str) -> list[str]:
    found = others.account.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return [one["PolicyArn"] for one in found]


def _mails(others: World) -> list[Mail]:
    return [mail for mail in others.said.mails() if mail.attributes["automation"] == AUTOMATION]
