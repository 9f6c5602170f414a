"""Lambda ends a function whose time is over without a word: whatever hangs, Rearm has spoken by then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from rearm import handler
from rearm.aws import READ_TIMEOUT_S, TOTAL_ATTEMPTS
from tests.events.envelopes import api_event, scheduled
from tests.unit.deployment import exception
from tests.unit.endpoint import Made
from tests.unit.world import World, ago

REGION = "us-east-1"
AVAILABLE_S = 60


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the time that has passed, in seconds; only a test and botocore's waiting let it pass."""
    passed = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: passed[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: passed.__setitem__(0, passed[0] + seconds))
    return passed


@pytest.fixture
def hang(world: World, clock: list[float]) -> Iterator[Callable[[str, str], list[float]]]:
    """Let requests of a service hang until they time out; gives the times at which they began."""
    registered: list[tuple[Any, str, Callable[..., None]]] = []

    def let_hang(service: str, operation: str) -> list[float]:
        began: list[float] = []

        def time_out(**_: Any) -> None:
            began.append(clock[0])
            clock[0] += READ_TIMEOUT_S
            raise ReadTimeoutError(endpoint_url="made by the test")

        world.endpoint.answers.pop(f"{service}:{operation}", None)
        events = handler._aws._client(service, REGION, TOTAL_ATTEMPTS, READ_TIMEOUT_S).meta.events
        name = f"before-send.{service}.{operation}"
        events.register_first(name, time_out)
        registered.append((events, name, time_out))
        return began

    yield let_hang
    for events, name, time_out in registered:
        events.unregister(name, time_out)


def test_requests_that_hang_are_tried_again_and_raised(
    world: World, clock: list[float], hang: Callable[[str, str], list[float]]
) -> None:
    world.stop(world.trail("management"))
    began = hang("cloudtrail", "GetTrailStatus")

    run = world.handle(scheduled())

    assert len(began) == TOTAL_ATTEMPTS
    assert "cloudtrail:GetTrailStatus: ReadTimeoutError" in str(run.error)
    assert run.message.attributes["outcome"] == "failed"
    assert clock[0] < AVAILABLE_S


def test_many_requests_that_hang_end_before_the_functions_time_does(
    world: World, clock: list[float], hang: Callable[[str, str], list[float]]
) -> None:
    """Each takes half a minute with its tries; what is not begun any more has an outcome as well."""
    arns = [world.trail(f"trail-{number}") for number in range(6)]
    for arn in arns:
        world.stop(arn)
    hang("cloudtrail", "StartLogging")

    run = world.handle(scheduled())

    assert clock[0] < AVAILABLE_S
    assert run.outcomes == ["failed"] * 6
    assert "OutOfTime" in str(run.error)
    assert len(run.messages) == 1


def test_a_history_that_hangs_leaves_time_for_the_repair(
    world: World, clock: list[float], hang: Callable[[str, str], list[float]]
) -> None:
    """With an exception for an actor it is asked before the repair."""
    world.deploy(exceptions={"patching": exception(actor="*")})
    arns = [world.trail(f"trail-{number}") for number in range(6)]
    for number, arn in enumerate(arns):
        world.stop(arn, ago(300 * number + 60))
    began = hang("cloudtrail", "LookupEvents")

    run = world.handle(scheduled())

    assert len(began) == TOTAL_ATTEMPTS
    assert all(world.logs(arn) for arn in arns)
    assert run.outcomes == ["remediated"] * 6
    assert clock[0] < AVAILABLE_S


def test_a_topic_that_hangs_ends_in_time_and_the_journal_has_the_finding(
    world: World, clock: list[float], hang: Callable[[str, str], list[float]]
) -> None:
    arn = world.trail("management")
    world.stop(arn)
    hang("sns", "Publish")

    run = world.handle(scheduled())

    assert world.logs(arn)
    assert "remediated" in run.outcomes
    assert "sns:Publish" in str(run.error)
    assert clock[0] < AVAILABLE_S


def test_a_request_that_could_not_end_in_time_is_not_begun(world: World, clock: list[float]) -> None:
    arn = world.trail("management")
    world.stop(arn)

    def slow(_: Made) -> None:
        clock[0] += 55

    world.endpoint.answer("cloudtrail:GetTrailStatus", slow)

    run = world.handle(scheduled())

    assert not run.called("cloudtrail:StartLogging")
    assert not world.logs(arn)
    assert "OutOfTime" in str(run.error)
    assert len(run.messages) == 1


def test_a_look_that_could_not_end_in_time_is_not_begun_either(world: World, clock: list[float]) -> None:
    world.stop(world.trail("management"))

    def slow(_: Made) -> None:
        clock[0] += 55

    world.endpoint.answer("cloudtrail:DescribeTrails", slow)

    run = world.handle(scheduled())

    assert set(run.findings) == {"unreadable"}
    assert str(run.error).count("OutOfTime") >= 2
    assert len(run.messages) == 1


def test_the_message_is_sent_with_what_time_is_left(world: World, clock: list[float]) -> None:
    world.trail("management")

    def slow(_: Made) -> None:
        clock[0] += 58

    world.endpoint.answer("sns:Publish", slow)

    assert len(world.handle(api_event("StopLogging", parameters={"name": "management"})).messages) == 1


def test_no_time_is_spent_on_waiting_for_a_try_that_could_not_begin(
    world: World, clock: list[float], hang: Callable[[str, str], list[float]]
) -> None:
    world.stop(world.trail("management"))
    began = hang("cloudtrail", "StartLogging")

    def slow(_: Made) -> None:
        clock[0] += 48

    world.endpoint.answer("cloudtrail:ListTrails", slow)
    world.endpoint.answer("cloudtrail:GetTrailStatus", lambda _: {"IsLogging": False})

    run = world.handle(scheduled())

    assert began == [48.0]
    assert "cloudtrail:StartLogging: ReadTimeoutError" in str(run.error)
    assert clock[0] == 48 + READ_TIMEOUT_S
