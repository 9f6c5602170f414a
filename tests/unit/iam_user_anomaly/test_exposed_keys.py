"""What AWS Health says of keys in public: the state of IAM decides whose they are."""

from __future__ import annotations

import pytest

from tests.events.iam_user_anomaly import EXPOSED, SUSPECTED, health_event
from tests.unit.endpoint import ApiError, Made
from tests.unit.iam_user_anomaly.suspected import Suspected, opened

STRANGE = "AKIAI44QH8DHBEXAMPLE"


@pytest.mark.parametrize("code", [EXPOSED, SUSPECTED])
def test_the_key_becomes_inactive_and_its_user_is_denied_everything(suspected: Suspected, code: str) -> None:
    (key,) = suspected.user()

    run = suspected.handle(health_event(key, code=code))

    assert set(run.findings) == {"suspect-key", "suspect-user"}
    assert run.outcomes == ["remediated", "remediated"]
    assert suspected.status(key) == "Inactive"
    assert suspected.denied()
    assert run.message.attributes["severity"] == "CRITICAL"
    assert f"AWS Health says {code}" in run.message.body


def test_several_keys_of_a_notice_are_each_contained(suspected: Suspected) -> None:
    (first,) = suspected.user()
    (second,) = suspected.user("second")

    suspected.handle(health_event(first, second))

    assert suspected.status(first) == suspected.status(second, "second") == "Inactive"
    assert suspected.denied()
    assert suspected.denied("second")


def test_a_notice_that_names_key_and_user_is_about_one_user(suspected: Suspected) -> None:
    (key,) = suspected.user()

    run = suspected.handle(health_event("deploy", key))

    assert sorted(str(rule) for rule in run.findings) == ["suspect-key", "suspect-user"]


def test_a_notice_that_names_a_user_denies_it_everything(suspected: Suspected) -> None:
    (key,) = suspected.user()

    run = suspected.handle(health_event("deploy"))

    assert run.findings == ["suspect-user"]
    assert suspected.denied()
    assert suspected.status(key) == "Active"


def test_a_key_that_there_is_not_is_told(suspected: Suspected) -> None:
    def nobodys(_: Made) -> None:
        raise ApiError("NoSuchEntity", status=404)

    suspected.user()
    suspected.world.endpoint.answer("iam:GetAccessKeyLastUsed", nobodys)

    run = suspected.handle(health_event(STRANGE))

    assert run.findings == ["suspect-identity"]
    assert run.changes == []
    assert STRANGE in run.message.body
    assert not suspected.denied()


def test_the_key_of_an_unknown_owner_fails_and_changes_nothing(suspected: Suspected) -> None:
    suspected.world.endpoint.fail("iam:GetAccessKeyLastUsed", "AccessDenied")

    run = suspected.handle(health_event(STRANGE))

    assert run.outcomes == ["failed"]
    assert run.changes == []
    assert run.error is not None


def test_a_notice_of_another_account_asks_nothing_and_changes_nothing(suspected: Suspected) -> None:
    (key,) = suspected.user()

    run = suspected.handle(health_event(key, account="999988887777"))

    assert run.findings == ["suspect-identity"]
    assert run.looks == [made for made in run.looks if made.service == "sns"]
    assert suspected.status(key) == "Active"


def test_in_notify_it_is_told_with_the_calls() -> None:
    with opened(mode="notify") as made:
        (key,) = made.user()

        run = made.handle(health_event(key))

        assert run.changes == []
        assert f"--access-key-id {key} --status Inactive" in run.message.body
