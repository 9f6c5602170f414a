"""What somebody does as root, from the sign-in to the message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.e2e.said import Mail
from tests.e2e.world import World

AUTOMATION = "root_usage"
SUMMARY = ("AccountAccessKeysPresent", "AccountMFAEnabled", "AccountPasswordPresent")


def test_a_sign_in_without_mfa_is_told_when_its_event_comes(others: World) -> None:
    _begin(others)

    others.aws.root.sign_in(mfa=False)
    others.aws.wait_idle()

    (mail,) = _mails(others)
    assert (mail.attributes["outcome"], mail.attributes["severity"]) == ("notified", "HIGH")
    assert "The root user has signed in to the console, without MFA." in mail.body
    assert mail.field("Actor") == "the root user"
    assert mail.field("Arrived by") == "sign-in event ConsoleLogin"
    assert others.said.failures() == []


def test_failed_sign_ins_are_told_once_and_counted(others: World) -> None:
    _begin(others)

    for _ in range(3):
        others.aws.root.sign_in(succeeded=False)
    others.aws.wait_idle()

    (mail,) = _mails(others)
    assert "Nobody was signed in." in mail.body
    assert "Attempt number 1" in mail.body


def test_a_new_access_key_is_told_and_so_is_its_use(others: World) -> None:
    _begin(others)
    with _key(others) as key:
        others.aws.client("iam", others.account.region, key).create_group(GroupName="made-by-root")
        others.aws.wait_idle()

        by_severity = {mail.attributes["severity"]: mail for mail in _mails(others)}
        made, used = by_severity["CRITICAL"], by_severity["HIGH"]
        assert "The root user got an access key" in made.body
        assert "Only the root user can deactivate or delete it" in made.body
        assert f"called iam:CreateGroup on made-by-root with its access key {key['AccessKeyId']}" in used.body
        assert _summary(others)["AccountAccessKeysPresent"] == 1


def test_what_root_has_is_found_by_the_sweep_and_left_as_it_is(others: World) -> None:
    others.aws.root.has_mfa = False
    try:
        with others.account.unseen(), _key(others):
            _sweep(others)
            has = _summary(others)
    finally:
        others.aws.root.has_mfa = True

    (mail,) = _mails(others)
    assert "The root user has an access key" in mail.body
    assert "The root user has a password and no MFA device." in mail.body
    assert mail.field("Arrived by") == "sweep"
    assert has == dict(zip(SUMMARY, (1, 0, 1), strict=True))


def test_many_calls_of_one_session_are_told_once(others: World) -> None:
    _begin(others)
    with others.account.unseen():
        session = others.aws.root.sign_in()
    ec2 = others.aws.client("ec2", others.account.region, session)

    for number in range(4):
        ec2.create_key_pair(KeyName=f"pair-{number}")
    others.aws.wait_idle()

    (mail,) = _mails(others)
    assert mail.attributes["severity"] == "MEDIUM"
    assert "The root user called ec2:CreateKeyPair" in mail.body


def test_what_a_key_of_root_only_reads_is_told(others: World) -> None:
    _begin(others)
    with _key(others) as key:
        others.aws.wait_idle()
        others.said.forget()

        others.aws.client("ec2", others.account.region, key).describe_instances()
        others.aws.wait_idle()

        (mail,) = _mails(others)
        assert mail.attributes["severity"] == "HIGH"
        assert "The root user called ec2:DescribeInstances with its access key" in mail.body


def test_an_administrators_calls_and_a_sound_root_user_are_no_news(others: World) -> None:
    _begin(others)

    others.account.client("iam").create_group(GroupName="made-by-an-administrator")
    others.aws.wait_idle()
    _sweep(others)

    assert _mails(others) == []
    assert _summary(others) == dict(zip(SUMMARY, (0, 1, 1), strict=True))


def _begin(others: World) -> None:
    """Have a trail, so that events are delivered, and functions that remember nothing they have told."""
    others.account.trail("main", multi_region=True)
    others.aws.wait_idle()
    others.aws.end_processes()


@contextmanager
def _key(others: World) -> Iterator[Mapping[str, str]]:
    """Have an access key of root, which a person deletes again, unseen."""
    with others.account.unseen():
        iam = others.aws.client("iam", others.account.region, others.aws.root.sign_in())
    key: dict[str, Any] = iam.create_access_key()["AccessKey"]
    try:
        yield key
    finally:
        with others.account.unseen():
            iam.delete_access_key(AccessKeyId=key["AccessKeyId"])


def _sweep(others: World) -> None:
    others.aws.run_schedule(f"rearm-{AUTOMATION}-sweep")
    others.aws.wait_idle()


def _summary(others: World) -> dict[str, int]:
    found = others.account.client("iam").get_account_summary()["SummaryMap"]
    return {name: found[name] for name in SUMMARY}


def _mails(others: World) -> list[Mail]:
    return [mail for mail in others.said.mails() if mail.attributes["automation"] == AUTOMATION]
