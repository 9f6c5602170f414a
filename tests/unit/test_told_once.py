"""Told once, whichever process tells: late and repeated deliveries, Lambda's retries, topics that fail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from rearm import handler, report
from rearm.responses import CLAIMED_FOR, Responses
from rearm.settings import from_environment
from rearm.table import Table
from tests.events.envelopes import REGION, scheduled, stop_logging
from tests.events.identities import assumed_role
from tests.unit.deployment import TABLE
from tests.unit.endpoint import ApiError, Made
from tests.unit.world import World, ago

FAULTS = ["AccessDeniedException", "ProvisionedThroughputExceededException", "InternalServerError"]
TELLING = ["GetItem", "PutItem", "Query"]


def sweep(minute: int = 0) -> dict[str, Any]:
    return scheduled(time=f"2026-11-24T10:{minute:02}:00Z")


def refused(role: str = "eve", number: int = 0) -> dict[str, Any]:
    return stop_logging(
        error="AccessDenied", identity=assumed_role(role), time=f"2026-11-24T09:30:{number:02}Z"
    )


@pytest.fixture
def responses(world: World) -> Responses:
    return Responses(Table(handler._aws, TABLE, REGION), from_environment())


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Let what reports live so much later."""
    start = datetime.now(UTC)

    def set_clock(later: timedelta) -> None:
        monkeypatch.setattr(report, "datetime", Mock(now=(start + later).astimezone))
        monkeypatch.setattr(handler, "_now", lambda: start + later)

    return set_clock


@pytest.mark.parametrize("new_process", [False, True])
def test_a_call_that_is_delivered_again_is_told_once(world: World, new_process: bool) -> None:
    event = world.stop_event(world.trail("management"))
    runs = []
    for _ in range(3):
        runs.append(world.handle(event))
        if new_process:
            world.new_process()

    assert [len(run.messages) for run in runs] == [1, 0, 0]
    assert [run.outcomes for run in runs] == [["remediated"], ["compliant"], ["compliant"]]
    assert not any(run.error for run in runs)


def test_the_same_call_through_another_rule_or_region_is_told_once(world: World) -> None:
    event = world.stop_event(world.trail("management"))
    world.handle(event)
    world.new_process()

    again = world.handle({**event, "id": "00000000-0000-0000-0000-000000000000", "region": "eu-west-1"})

    assert not again.messages


@pytest.mark.parametrize("new_process", [False, True])
def test_what_stands_is_told_once_whichever_process_sweeps(world: World, new_process: bool) -> None:
    world.deploy(mode="notify")
    world.stop(world.trail("management"))
    told = []
    for minute in (0, 15, 30):
        told.append(len(world.handle(sweep(minute)).messages))
        if new_process:
            world.new_process()

    assert told == [1, 0, 0]


def test_a_second_stop_is_told_although_the_first_was(world: World) -> None:
    arn = world.trail("management")
    world.handle(world.stop_event(arn))
    world.new_process()

    again = world.handle(world.stop_event(arn, ago(5)))

    assert again.message.attributes["outcome"] == "remediated"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", TELLING)
def test_a_table_that_fails_loses_no_message_and_no_repair(world: World, operation: str, fault: str) -> None:
    arn = world.trail("management")
    event = world.stop_event(arn)
    world.endpoint.fail(f"dynamodb:{operation}", fault)

    first = world.handle(event)

    assert world.logs(arn)
    assert first.message.attributes["outcome"] == "remediated"
    if first.called(f"dynamodb:{operation}"):
        assert f"dynamodb:{operation}: {fault}" in str(first.error)
        assert f"dynamodb:{operation}: {fault}" in first.message.body
    # and the process remembers what it has told
    assert "remediated" not in [one.attributes["outcome"] for one in world.handle(event).messages]


def test_a_table_that_does_not_answer_is_told_of_once_an_hour_by_sweeps(world: World) -> None:
    world.trail("management")
    world.endpoint.fail("dynamodb:Query", "AccessDeniedException")

    runs = [world.handle(sweep(minute)) for minute in (0, 15, 30)]

    assert [len(run.messages) for run in runs] == [1, 0, 0]
    assert all("dynamodb:Query" in str(run.error) for run in runs)
    assert runs[0].message.attributes["outcome"] == "failed"


@pytest.mark.parametrize("new_process", [False, True])
def test_what_the_topic_did_not_take_is_sent_by_the_next_invocation(world: World, new_process: bool) -> None:
    arn = world.trail("management")
    event = world.stop_event(arn)
    world.endpoint.fail("sns:Publish", "InternalFailure", times=1)
    first = world.handle(event)
    assert "sns:Publish" in str(first.error)
    assert [item["subject"] for item in world.items("cloudtrail#owed").values()]
    if new_process:
        world.new_process()

    again = world.handle(event)

    assert again.error is None
    assert again.message.attributes["outcome"] == "remediated"
    assert not world.items("cloudtrail#owed")
    assert not world.handle(event).messages


def test_a_message_that_is_owed_is_sent_by_a_sweep_that_has_nothing_to_tell(world: World) -> None:
    arn = world.trail("management")
    world.endpoint.fail("sns:Publish", "InternalFailure", times=1)
    world.handle(world.stop_event(arn))
    world.new_process()

    bodies = [message.subject for message in world.handle(sweep()).messages]

    assert any("management remediated" in subject for subject in bodies)


def test_while_neither_topic_nor_table_takes_it_the_process_keeps_a_message(world: World) -> None:
    event = world.stop_event(world.trail("management"))
    world.endpoint.fail("sns:Publish", "InternalFailure", times=1)
    world.endpoint.fail("dynamodb:PutItem", "InternalServerError", when=lambda made: "#owed" in str(made))

    first = world.handle(event)
    again = world.handle(event)

    assert "sns:Publish" in str(first.error)
    assert "dynamodb:PutItem" in str(first.error)
    assert again.message.attributes["outcome"] == "remediated"


def test_a_topic_that_is_down_is_asked_once_an_invocation(world: World) -> None:
    world.endpoint.fail("sns:Publish", "InternalFailure")
    world.handle(refused("eve"))
    world.handle(refused("mallory"))

    run = world.handle(sweep())

    assert len(run.called("sns:Publish")) == 1
    assert len(world.items("cloudtrail#owed")) >= 2


def test_a_message_that_the_topic_never_takes_does_not_silence_what_comes_after(world: World) -> None:
    """Somebody with the role's credentials may have put it there."""
    world.put_item("cloudtrail#owed", "0 poison", {"subject": "", "body": ""})
    world.put_item("cloudtrail#owed", "1 waiting", {"subject": "Older", "body": "It waited."})
    arn = world.trail("management")
    world.stop(arn)

    def poisoned(made: Made) -> None:
        if not made.parameters["Message"]:
            raise ApiError("InvalidParameter", "Empty message")

    world.endpoint.answer("sns:Publish", poisoned)

    run = world.handle(sweep())

    subjects = [message.subject for message in run.messages]
    assert subjects[0] == "Older"
    assert any("remediated" in subject for subject in subjects)
    assert "InvalidParameter" in str(run.error)
    assert not world.items("cloudtrail#owed")


def test_a_claim_is_one_processes_until_it_has_had_time_to_send(responses: Responses) -> None:
    now = datetime.now(UTC)

    assert responses.claim("key", "what", now, None)
    assert responses.claim("key", "what", now + CLAIMED_FOR - timedelta(seconds=1), None) is None
    # whoever claimed it has died, and Lambda tries again
    late = responses.claim("key", "what", now + CLAIMED_FOR, None)
    assert late
    assert late.number == 2


def test_lambda_tries_again_when_a_claim_of_a_process_that_was_ended_is_over() -> None:
    """Otherwise its next try would leave the telling to nobody, and end well."""
    assert timedelta(minutes=1) > CLAIMED_FOR


def test_what_was_told_is_claimed_again_only_when_it_is_due(responses: Responses) -> None:
    now, day = datetime.now(UTC), timedelta(days=1)
    claim = responses.claim("key", "", now, day)
    assert claim
    responses.told([claim], now)

    assert responses.claim("key", "", now + day - timedelta(seconds=1), day) is None
    assert responses.claim("key", "", now + day - timedelta(seconds=1), None) is None
    assert responses.claim("key", "", now + day, day)


def test_of_one_call_another_outcome_is_told_and_then_nothing_more(responses: Responses) -> None:
    now = datetime.now(UTC)
    for what in ("failed", "remediated"):
        claim = responses.claim("alarm 1", what, now, None)
        assert claim
        responses.told([claim], now)

    assert responses.claim("alarm 1", "", now, None) is None
    assert responses.claim("alarm 1", "failed", now, None) is None


@pytest.mark.parametrize("what", [None, 5, "text", {}])
def test_a_note_of_what_was_told_that_somebody_has_written_over_keeps_nobody_from_telling(
    world: World, responses: Responses, what: object
) -> None:
    now = datetime.now(UTC)
    claim = responses.claim("key", "a", now, None)
    assert claim
    (key,) = world.items("cloudtrail#told")
    world.put_item("cloudtrail#told", key, {"what": what, "at": 3, "told": True}, count=1)

    assert responses.claim("key", "a", now, None)


def test_refused_calls_are_told_once_for_an_actor_and_hour_and_counted(world: World) -> None:
    told = []
    for number in range(4):
        told.append(len(world.handle(refused(number=number)).messages))
        world.new_process()

    assert told == [1, 0, 0, 0]
    (item,) = world.items("cloudtrail#denied").values()
    assert item["count"] == 4
    assert item["actor"].endswith("role/eve")
    assert len(world.handle(refused("mallory")).messages) == 1


def test_the_first_refused_call_is_told_with_its_number(world: World) -> None:
    assert "Attempt number 1 of this actor in this hour" in world.handle(refused()).message.body


def test_a_refused_call_that_is_delivered_again_is_counted_once(world: World) -> None:
    for _ in range(3):
        world.handle(refused())
        world.new_process()

    (item,) = world.items("cloudtrail#denied").values()
    assert item["count"] == 1


def test_a_later_sweep_sums_up_refused_calls_once(world: World, at: Callable[[timedelta], None]) -> None:
    world.trail("management", multi_region=True)
    world.handle(sweep(0))
    for number in range(3):
        world.handle(refused(number=number))
    world.handle(refused("mallory", 9))
    assert not world.handle(sweep(1)).messages
    at(timedelta(hours=1))

    run = world.handle(sweep(2))
    world.new_process()
    later = world.handle(sweep(3))

    assert "AWS denied 3 attempts of" in run.message.body
    assert "role/eve" in run.message.body
    assert "mallory" not in run.message.body
    assert run.findings.count("denied-attempts") == 1
    assert not later.messages
    assert "denied-attempts" not in later.findings


def test_refused_calls_that_could_not_be_told_in_a_sum_are_by_the_next_sweep(
    world: World, at: Callable[[timedelta], None]
) -> None:
    world.trail("management", multi_region=True)
    world.handle(sweep(0))
    for number in range(2):
        world.handle(refused(number=number))
    at(timedelta(hours=1))
    world.endpoint.fail("sns:Publish", "InternalFailure", times=1)
    assert world.handle(sweep(1)).error
    world.new_process()

    bodies = [message.body for message in world.handle(sweep(2)).messages]

    assert sum("AWS denied 2 attempts of" in body for body in bodies) == 1


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem"])
def test_a_refused_call_that_cannot_be_counted_is_told_with_the_failure(world: World, operation: str) -> None:
    world.endpoint.fail(f"dynamodb:{operation}", "AccessDeniedException")

    run = world.handle(refused())

    assert run.outcomes == ["notified"]
    assert f"dynamodb:{operation}: AccessDeniedException" in run.message.body
    assert f"dynamodb:{operation}" in str(run.error)
