"""Who switches safeguards off again and again, by what Rearm has seen and CloudTrail confirms."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.iam_user_anomaly import SESSION_KEY
from tests.events.identities import assumed_role, federated_user, iam_user, root
from tests.unit.deployment import exception
from tests.unit.iam_user_anomaly.suspected import Suspected, opened


def user_of(key: str, name: str = "deploy") -> dict[str, Any]:
    """Be a user with a key of its own."""
    return iam_user(name) | {"accessKeyId": key}


def test_a_user_who_tampers_three_times_is_contained(suspected: Suspected) -> None:
    (key,) = suspected.user()
    for number in range(3):
        suspected.tampered(user_of(key), number)

    run = suspected.sweep()

    assert [rule for rule in run.findings if rule] == ["suspect-key", "suspect-user"]
    assert suspected.status(key) == "Inactive"
    assert suspected.denied()
    assert run.message.attributes["severity"] == "CRITICAL"
    assert "switched safeguards off with 3 calls in 24 hours (cloudtrail)" in run.message.body


def test_what_the_history_has_told_needs_no_second_question(suspected: Suspected) -> None:
    (key,) = suspected.user()
    for number in range(3):
        suspected.tampered(user_of(key), number, how="lookup", recorded=False)

    run = suspected.sweep()

    assert suspected.denied()
    assert run.called("cloudtrail:LookupEvents") == []


def test_a_role_that_tampers_is_denied_everything(suspected: Suspected) -> None:
    suspected.role("admin")
    for number in range(3):
        suspected.tampered(assumed_role("admin", f"session-{number}"), number)

    assert [rule for rule in suspected.sweep().findings if rule] == ["suspect-role"]
    assert suspected.denied("admin", "role")


def test_a_user_in_the_console_keeps_its_keys_and_is_denied_everything(suspected: Suspected) -> None:
    (key,) = suspected.user()
    for number in range(3):
        suspected.tampered(user_of(SESSION_KEY), number)

    suspected.sweep()

    assert suspected.status(key) == "Active"
    assert suspected.denied()


def test_the_next_sweep_finds_it_contained(suspected: Suspected) -> None:
    (key,) = suspected.user()
    for number in range(3):
        suspected.tampered(user_of(key), number)
    suspected.sweep()

    run = suspected.sweep()

    assert run.changes == []
    assert run.messages == []


def test_twice_is_not_often_enough(suspected: Suspected) -> None:
    (key,) = suspected.user()
    for number in range(2):
        suspected.tampered(user_of(key), number)

    run = suspected.sweep()

    assert run.outcomes == ["compliant"]
    assert run.changes == []
    assert run.messages == []
    assert run.called("cloudtrail:LookupEvents") == []


def test_one_call_that_switched_three_things_off_counts_once(suspected: Suspected) -> None:
    (key,) = suspected.user()
    record = suspected.tampered(user_of(key), 0)
    for number in (1, 2):
        suspected.tampered(user_of(key), number, how="event", recorded=False)
    items = suspected.world.items("cloudtrail#tampering")
    for moment, item in items.items():
        suspected.world.put_item("cloudtrail#tampering", moment, {**item, "event": record["eventID"]})

    suspected.sweep()

    assert suspected.status(key) == "Active"


def test_three_actors_once_each_are_nobody_thrice(suspected: Suspected) -> None:
    for number, name in enumerate(("one", "two", "three")):
        (key,) = suspected.user(name)
        suspected.tampered(user_of(key, name), number)

    assert suspected.sweep().changes == []


def test_calls_that_the_history_does_not_know_prove_nothing(suspected: Suspected) -> None:
    (key,) = suspected.user()
    for number in range(5):
        suspected.tampered(user_of(key), number, recorded=False)

    run = suspected.sweep()

    assert run.changes == []
    assert suspected.status(key) == "Active"


def test_a_call_of_somebody_else_under_the_same_id_proves_nothing(suspected: Suspected) -> None:
    (key,) = suspected.user()
    for number in range(3):
        record = suspected.tampered(user_of(key), number)
        record["userIdentity"] = iam_user("other")

    assert suspected.sweep().changes == []


def test_a_call_that_aws_refused_proves_nothing(suspected: Suspected) -> None:
    (key,) = suspected.user()
    for number in range(3):
        suspected.tampered(user_of(key), number)["errorCode"] = "AccessDenied"

    assert suspected.sweep().changes == []


def test_the_count_and_the_hours_are_settings() -> None:
    with opened(settings={"tampering_count": 2, "tampering_hours": 1}) as made:
        (key,) = made.user()
        for number in range(2):
            made.tampered(user_of(key), number)

        made.sweep()

        assert made.denied()


def test_what_is_longer_ago_does_not_count() -> None:
    with opened(settings={"tampering_hours": 1}) as made:
        (key,) = made.user()
        for number in range(3):
            made.tampered(user_of(key), number - 5000)

        assert made.sweep().changes == []


def test_root_is_told_and_left_alone(suspected: Suspected) -> None:
    for number in range(3):
        suspected.tampered(root(), number)

    run = suspected.sweep()

    assert "suspect-identity" in run.findings
    assert run.changes == []
    assert run.message.attributes["severity"] == "CRITICAL"


def test_a_federated_user_is_told_and_its_issuer_left_alone(suspected: Suspected) -> None:
    (key,) = suspected.user("federation")
    for number in range(3):
        suspected.tampered(federated_user(), number)

    run = suspected.sweep()

    assert "suspect-identity" in run.findings
    assert suspected.status(key, "federation") == "Active"
    assert not suspected.denied("federation")


def test_rearms_own_role_is_told_and_left_alone(suspected: Suspected) -> None:
    suspected.role("rearm-cloudtrail")
    for number in range(3):
        suspected.tampered(assumed_role("rearm-cloudtrail"), number)

    run = suspected.sweep()

    assert "it is a role of its own deployment" in run.message.body
    assert not suspected.denied("rearm-cloudtrail", "role")


def test_an_excepted_actor_is_left_alone() -> None:
    excused = exception(actor="arn:aws:iam::123456789012:role/admin")
    with opened(exceptions={"patching": excused}) as made:
        made.role("admin")
        for number in range(3):
            made.tampered(assumed_role("admin"), number)

        run = made.sweep()

        assert "excepted" in run.outcomes
        assert run.changes == []


@pytest.mark.parametrize("changes", [{"actor": None}, {"event": None}, {"actor": ""}])
def test_what_names_no_actor_or_call_proves_nothing(suspected: Suspected, changes: dict[str, Any]) -> None:
    (key,) = suspected.user()
    for number in range(3):
        suspected.tampered(user_of(key), number)
    for moment, item in suspected.world.items("cloudtrail#tampering").items():
        suspected.world.put_item("cloudtrail#tampering", moment, {**item, **changes})

    assert suspected.sweep().changes == []


def test_a_history_that_does_not_answer_contains_nobody_and_fails(suspected: Suspected) -> None:
    (key,) = suspected.user()
    for number in range(3):
        suspected.tampered(user_of(key), number)
    suspected.world.endpoint.fail("cloudtrail:LookupEvents", "ThrottlingException")

    run = suspected.sweep()

    assert run.changes == []
    assert run.error is not None
    assert suspected.status(key) == "Active"


def test_a_sweep_without_guardduty_recommends_it_once(suspected: Suspected) -> None:
    suspected.detectors.clear()

    first, second = suspected.sweep(), suspected.sweep()

    assert first.findings == ["guardduty-off"]
    assert first.message.attributes["severity"] == "INFORMATIONAL"
    assert "aws guardduty create-detector --enable" in first.message.body
    assert second.messages == []


def test_a_sweep_with_guardduty_is_healthy(suspected: Suspected) -> None:
    run = suspected.sweep()

    assert run.outcomes == ["compliant"]
    assert run.messages == []


def test_a_sweep_that_cannot_ask_for_guardduty_fails_and_still_contains(suspected: Suspected) -> None:
    (key,) = suspected.user()
    for number in range(3):
        suspected.tampered(user_of(key), number)
    suspected.world.endpoint.fail("guardduty:ListDetectors", "AccessDeniedException")

    run = suspected.sweep()

    assert "failed" in run.outcomes
    assert run.error is not None
    assert suspected.denied()
