"""Baselines: every one is a version, nobody overwrites what somebody else has recorded meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from rearm import handler
from rearm.aws import AwsError
from rearm.baselines import CONFIRMED_WITHIN, REMEMBERED, Baselines, uncompared
from rearm.model import Learned
from rearm.table import Table
from tests.events.envelopes import REGION
from tests.unit.deployment import TABLE
from tests.unit.lamps import NOW, finding, resource
from tests.unit.world import World

HALL = resource("hall").arn
CURRENT = "cloudtrail#baseline"
OLDER = f"cloudtrail#version#{HALL}"


@pytest.fixture
def baselines(world: World) -> Baselines:
    return fresh()


def fresh() -> Baselines:
    """Return the baselines as another invocation sees them."""
    return Baselines(Table(handler._aws, TABLE, REGION), "cloudtrail")


def learned(state: Mapping[str, object], based_on: int | None = None, origin: str = "stronger") -> Learned:
    return Learned(resource("hall"), state, origin, based_on)


def test_what_is_learned_is_what_the_next_invocation_compares_with(world: World) -> None:
    assert fresh().learn(learned({"Bulb": "bright", "Tags": {"a": "b"}}, origin="first-seen"), NOW)

    found = fresh().all()[HALL]
    assert (found.arn, found.version, found.origin, found.recorded) == (HALL, 1, "first-seen", NOW)
    assert found.state == {"Bulb": "bright", "Tags": {"a": "b"}}


def test_every_version_is_kept(world: World) -> None:
    fresh().learn(learned({"n": 1}), NOW)
    fresh().learn(learned({"n": 2}, 1), NOW + timedelta(hours=1))
    fresh().learn(learned({"n": 3}, 2), NOW + timedelta(hours=2))

    assert world.items(CURRENT)[HALL]["state"] == {"n": 3}
    older = world.items(OLDER)
    assert [(key, item["state"], item["count"]) for key, item in older.items()] == [
        ("00000001", {"n": 1}, 1),
        ("00000002", {"n": 2}, 2),
    ]
    assert older["00000001"]["recorded"] == NOW.isoformat()


@pytest.mark.parametrize("based_on", [None, 1, 3])
def test_what_was_compared_with_another_version_is_refused(world: World, based_on: int | None) -> None:
    fresh().learn(learned({"n": 1}), NOW)
    fresh().learn(learned({"n": 2}, 1), NOW)

    assert not fresh().learn(learned({"n": "late"}, based_on), NOW)

    assert world.items(CURRENT)[HALL]["state"] == {"n": 2}


def test_of_two_that_learn_at_the_same_time_one_is_refused(world: World) -> None:
    fresh().learn(learned({"n": 1}), NOW)
    one, other = fresh(), fresh()
    assert one.all()[HALL].version == other.all()[HALL].version == 1

    assert one.learn(learned({"n": "one"}, 1), NOW)
    assert not other.learn(learned({"n": "other"}, 1), NOW)

    assert world.items(CURRENT)[HALL]["state"] == {"n": "one"}
    assert [item["state"] for item in world.items(OLDER).values()] == [{"n": 1}]


def test_of_two_that_see_a_resource_first_one_is_refused(world: World) -> None:
    one, other = fresh(), fresh()
    assert not one.all()
    assert not other.all()

    assert one.learn(learned({"n": "one"}), NOW)
    assert not other.learn(learned({"n": "other"}), NOW)


def test_a_version_that_cannot_be_kept_is_not_replaced(world: World) -> None:
    fresh().learn(learned({"n": 1}), NOW)
    world.endpoint.fail("dynamodb:PutItem", "InternalServerError")

    with pytest.raises(AwsError):
        fresh().learn(learned({"n": 2}, 1), NOW)

    assert world.items(CURRENT)[HALL]["state"] == {"n": 1}


def test_accepting_takes_what_the_finding_is_about_and_nothing_else(world: World) -> None:
    fresh().learn(learned({"Bulb": "bright", "Shade": "red", "Tags": {}}), NOW)

    taken = fresh().accept(finding("hall", accepts={"Bulb": "dim"}), NOW)

    assert taken
    assert taken.origin == "accepted"
    assert world.items(CURRENT)[HALL]["state"] == {"Bulb": "dim", "Shade": "red", "Tags": {}}
    assert world.items(CURRENT)[HALL]["count"] == 2


def test_what_was_accepted_already_makes_no_version(world: World) -> None:
    fresh().learn(learned({"Bulb": "dim"}), NOW)

    assert fresh().accept(finding("hall", accepts={"Bulb": "dim"}), NOW) is None
    assert world.items(CURRENT)[HALL]["count"] == 1


def test_two_changes_of_one_response_are_both_accepted(world: World, baselines: Baselines) -> None:
    fresh().learn(learned({"Bulb": "bright", "Shade": "red"}), NOW)

    baselines.accept(finding("hall", accepts={"Bulb": "dim"}), NOW)
    baselines.accept(finding("hall", accepts={"Shade": "blue"}), NOW)

    assert world.items(CURRENT)[HALL]["state"] == {"Bulb": "dim", "Shade": "blue"}
    assert len(world.items(OLDER)) == 2


def test_a_change_waits_for_half_an_hour(world: World) -> None:
    change = finding("hall", accepts={"Bulb": "dim"})
    assert not fresh().waiting(change, NOW)

    assert fresh().wait(change, NOW)

    almost = NOW + CONFIRMED_WITHIN - timedelta(seconds=1)
    assert fresh().waiting(change, almost)
    assert not fresh().waiting(change, NOW + CONFIRMED_WITHIN)


def test_repeating_the_event_does_not_make_a_change_wait_longer(world: World) -> None:
    change = finding("hall", accepts={"Bulb": "dim"})
    waits = [fresh().wait(change, NOW + timedelta(minutes=minutes)) for minutes in (0, 10, 29, 30, 31, 600)]

    assert waits == [True, True, True, False, False, False]
    assert not fresh().waiting(change, NOW + timedelta(minutes=31))


def test_another_change_of_the_same_attribute_waits_for_itself(world: World) -> None:
    fresh().wait(finding("hall", accepts={"Bulb": "dim"}), NOW)

    assert not fresh().waiting(finding("hall", accepts={"Bulb": "dark"}), NOW)
    assert not fresh().waiting(finding("hall", accepts={"Bulb": "dim"}, rule="other"), NOW)


def test_the_same_change_days_later_waits_again_although_dynamodb_has_not_removed_the_item(
    world: World,
) -> None:
    change = finding("hall", accepts={"Bulb": "dim"})
    fresh().wait(change, NOW)

    assert fresh().wait(change, NOW + REMEMBERED)
    assert fresh().waiting(change, NOW + REMEMBERED + timedelta(minutes=29))


def test_a_table_that_does_not_answer_is_asked_once(world: World, baselines: Baselines) -> None:
    world.endpoint.fail("dynamodb:Query", "AccessDeniedException")

    for _ in range(3):
        with pytest.raises(AwsError, match="AccessDeniedException"):
            baselines.all()

    assert len(world.endpoint.named("dynamodb:Query")) == 1


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"state": []},
        {"state": {}, "recorded": "yesterday"},
        {"state": "text", "recorded": NOW.isoformat()},
        {"recorded": NOW.isoformat()},
    ],
    ids=range(5),
)
def test_a_baseline_without_state_or_time_is_malformed(
    world: World, baselines: Baselines, content: dict[str, Any]
) -> None:
    world.put_item(CURRENT, HALL, content, count=1)

    for _ in range(2):
        with pytest.raises(AwsError, match=f"the baseline of {HALL} has no state"):
            baselines.all()
    assert len(world.endpoint.named("dynamodb:Query")) == 1


def test_another_automations_baselines_are_not_seen(world: World) -> None:
    world.put_item("other#baseline", HALL, {"state": {}, "recorded": NOW.isoformat()}, count=1)

    assert not fresh().all()


def test_what_could_not_be_compared_is_named(world: World, baselines: Baselines) -> None:
    world.endpoint.fail("dynamodb:Query", "AccessDeniedException")
    with pytest.raises(AwsError) as caught:
        baselines.all()

    failure = uncompared(resource("hall"), caught.value)

    assert failure.message.startswith("hall could not be compared with its baseline")
    assert (failure.code, failure.call) == ("AccessDeniedException", "dynamodb:Query")
