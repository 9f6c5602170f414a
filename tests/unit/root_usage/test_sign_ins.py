"""Signing in as root: with and without MFA, failed ones in number, and what changes its password."""

from __future__ import annotations

import pytest

from tests.events.identities import assumed_role
from tests.events.sign_ins import SIGN_IN, root_at_the_door, sign_in_event
from tests.unit.deployment import exception
from tests.unit.root_usage.root import Root, opened


def test_a_sign_in_with_mfa_is_told_with_who_and_from_where(root: Root) -> None:
    run = root.handle(sign_in_event())

    assert run.findings == ["root-signed-in"]
    assert run.outcomes == ["notified"]
    message = run.message
    assert message.attributes["severity"] == "MEDIUM"
    assert "signed in to the console, with MFA" in message.body
    assert "ConsoleLogin was called by the root user." in message.lines
    assert "Source IP: 203.0.113.7" in message.lines
    assert "Call: ConsoleLogin at 2026-11-24 09:30:00 UTC" in message.lines
    assert "ARN: arn:aws:iam::123456789012:root" in message.lines
    assert "Arrived by: sign-in event ConsoleLogin" in message.lines
    assert not run.changes
    assert not run.looks[:-1], "a sign-in needs no look at anything"


@pytest.mark.parametrize("mfa", ["No", None, "", "NotYes"])
def test_a_sign_in_that_does_not_say_that_mfa_was_used_was_without(root: Root, mfa: str | None) -> None:
    run = root.handle(sign_in_event(mfa=mfa))

    assert run.message.attributes["severity"] == "HIGH"
    assert "signed in to the console, without MFA" in run.message.body
    assert "- Give the root user an MFA device." in run.message.lines


@pytest.mark.parametrize("mfa", ["Yes", "YES", "yes"])
def test_mfa_counts_however_aws_writes_it(root: Root, mfa: str) -> None:
    assert root.handle(sign_in_event(mfa=mfa)).message.attributes["severity"] == "MEDIUM"


def test_every_sign_in_is_told_for_itself(root: Root) -> None:
    assert root.handle(sign_in_event(number=1)).messages
    assert root.handle(sign_in_event(number=2)).messages


def test_a_sign_in_that_is_delivered_twice_is_told_once(root: Root) -> None:
    root.handle(sign_in_event())
    root.world.new_process()

    assert not root.handle(sign_in_event()).messages


def test_the_other_spelling_of_the_event_opens_the_same_door(root: Root) -> None:
    run = root.handle(sign_in_event(detail_type=SIGN_IN.replace("Sign In", "Signin")))

    assert run.findings == ["root-signed-in"]


def test_a_failed_sign_in_is_told_and_no_sign_in(root: Root) -> None:
    run = root.handle(sign_in_event(succeeded=False, mfa="No"))

    assert run.findings == ["denied-call"]
    assert "ConsoleLogin failed (Failed authentication). Nobody was signed in." in run.message.body
    assert "Attempt number 1 of this actor in this hour" in run.message.body


def test_failed_sign_ins_are_told_once_and_counted(root: Root) -> None:
    told = [root.handle(sign_in_event(succeeded=False, number=number)).messages for number in range(5)]

    assert [len(messages) for messages in told] == [1, 0, 0, 0, 0]
    (counted,) = root.world.items("root_usage#denied").values()
    assert counted["count"] == 5


def test_the_number_of_failed_sign_ins_is_told_when_the_hour_is_over(root: Root) -> None:
    arn = "arn:aws:iam::123456789012:root"
    told = {"actor": arn, "call": "ConsoleLogin", "hour": "2026-11-24 08"}
    root.world.put_item("root_usage#denied", f"2026-11-24 08 {arn}", told, count=17)

    run = root.sweep()

    assert f"AWS denied 17 attempts of {arn} in the hour from 2026-11-24 08:00 UTC" in run.message.body


def test_a_failed_change_of_the_password_is_no_change(root: Root) -> None:
    run = root.handle(sign_in_event("PasswordUpdated", succeeded=False, mfa=None))

    assert run.findings == ["denied-call"]


@pytest.mark.parametrize(
    ("name", "severity", "said"),
    [
        ("PasswordUpdated", "HIGH", "password was changed"),
        ("PasswordRecoveryCompleted", "CRITICAL", "password was reset by e-mail"),
        ("PasswordRecoveryRequested", "MEDIUM", "asked for"),
        ("EmailUpdated", "CRITICAL", "e-mail address of the root user was changed"),
    ],
)
def test_what_changes_who_can_be_root_is_told(root: Root, name: str, severity: str, said: str) -> None:
    run = root.handle(sign_in_event(name, mfa=None))

    assert run.findings == ["root-password-changed"]
    assert run.message.attributes["severity"] == severity
    assert said in run.message.body
    assert "mailbox of the root user" in run.message.body


def test_resets_that_anybody_can_ask_for_are_told_once_an_hour(root: Root) -> None:
    events = [
        sign_in_event("PasswordRecoveryRequested", mfa=None, number=number, source_ip=f"198.51.100.{number}")
        for number in range(4)
    ]

    assert [len(root.handle(event).messages) for event in events] == [1, 0, 0, 0]


def test_what_the_sign_in_page_asks_before_is_nothing(root: Root) -> None:
    run = root.handle(sign_in_event("CheckMfa", mfa=None))

    assert run.outcomes == ["compliant"]
    assert not run.messages


@pytest.mark.parametrize("name", ["SwitchRole", "ExitRole", "ConsoleLogin", "CheckMfa", "PasswordUpdated"])
def test_the_sign_in_page_is_no_matter_if_it_is_not_root(root: Root, name: str) -> None:
    run = root.handle(sign_in_event(name, identity=assumed_role(), mfa=None))

    assert not run.messages
    assert run.outcomes == ["compliant"]


def test_something_new_of_the_sign_in_service_is_told_as_a_call(root: Root) -> None:
    run = root.handle(sign_in_event("CreateSomethingNew", mfa=None))

    assert run.findings == ["root-call"]
    assert run.message.attributes["severity"] == "HIGH"


def test_the_root_user_of_another_account_is_none_of_ours(root: Root) -> None:
    run = root.handle(sign_in_event(identity=root_at_the_door("210987654321")))

    assert not run.messages


def test_a_planned_sign_in_is_excepted_and_says_so() -> None:
    with opened(
        exceptions={"planned": exception(resource="root user", reason="The yearly key test.")}
    ) as root:
        run = root.handle(sign_in_event())

    assert run.outcomes == ["excepted"]
    assert "'planned': The yearly key test." in run.message.body


def test_in_mode_notify_the_same_is_told() -> None:
    with opened(mode="notify") as root:
        run = root.handle(sign_in_event(mfa="No"))

    assert run.outcomes == ["notified"]
    assert "Nothing was changed: there is no repair that Rearm may make here." in run.message.body
