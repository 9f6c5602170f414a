"""How long the safeguard was off: measured from AWS's own times, never from this process's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rearm import handler
from rearm.aws import answered_at
from tests.events.envelopes import scheduled, stop_logging
from tests.unit.endpoint import Made
from tests.unit.world import World, ago, stamp


def set_start(world: World, time: datetime | None) -> None:
    """Let AWS say that a trail that logs was started at a time, or not say it."""

    def edit(_: Made, answer: dict[str, Any]) -> None:
        answer.pop("StartLoggingTime", None)
        if answer["IsLogging"] and time:
            answer["StartLoggingTime"] = time

    world.endpoint.edit("cloudtrail:GetTrailStatus", edit)


def hide_stop(world: World) -> None:
    """Let AWS know no time of a stop."""
    world.endpoint.edit("cloudtrail:GetTrailStatus", lambda _, answer: answer.pop("StopLoggingTime", None))


@pytest.mark.parametrize("seconds", [0, 1, 42, 86_400])
def test_the_outage_lasts_from_the_trails_stop_time_to_its_start_time(world: World, seconds: int) -> None:
    arn = world.trail("management")
    stopped = world.stop(arn, ago(100_000))
    set_start(world, stopped + timedelta(seconds=seconds))

    run = world.handle(scheduled())

    assert run.line["rearm"]["seconds_without_safeguard"] == seconds
    assert run.line["event"]["start"] == stopped.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert run.line["event"]["duration"] == seconds * 1_000_000_000
    assert f"Without the safeguard: {seconds} s" in run.message.lines
    assert run.message.subject.endswith(f"remediated after {seconds} s")


def test_a_wrong_clock_of_ours_does_not_change_the_outage(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = world.trail("management")
    stopped = world.stop(arn, ago(300))
    set_start(world, stopped + timedelta(seconds=17))
    monkeypatch.setattr(handler, "_now", lambda: datetime(2031, 1, 1, tzinfo=UTC))

    run = world.handle(scheduled())

    assert run.line["rearm"]["seconds_without_safeguard"] == 17


def test_without_a_stop_time_the_outage_is_measured_from_the_call(world: World) -> None:
    arn = world.trail("management")
    stopped = world.stop(arn, ago(300))
    hide_stop(world)
    set_start(world, stopped + timedelta(seconds=25))

    run = world.handle(stop_logging(time=stamp(stopped)))

    assert run.line["rearm"]["seconds_without_safeguard"] == 25
    assert f"Call: StopLogging at {stopped:%Y-%m-%d %H:%M:%S} UTC" in run.message.lines


def test_without_a_stop_time_a_sweep_measures_from_the_call_in_the_history(world: World) -> None:
    arn = world.trail("management")
    event = world.stop_event(arn, ago(300))
    world.history.add(event)
    hide_stop(world)
    set_start(world, ago(260))

    run = world.handle(scheduled())

    assert run.line["rearm"]["seconds_without_safeguard"] == 40
    assert run.line["rearm"]["attribution"] == "lookup"


def test_without_any_time_of_aws_the_outage_is_said_to_be_unknown(world: World) -> None:
    arn = world.trail("management")
    world.stop(arn)
    hide_stop(world)

    run = world.handle(scheduled())

    assert world.logs(arn)
    assert "seconds_without_safeguard" not in run.line["rearm"]
    assert "duration" not in run.line["event"]
    assert "Without the safeguard: unknown, AWS has no time for the stop" in run.message.lines
    assert [list(line) for line in run.metrics if "SecondsWithoutSafeguard" in line] == []


def test_an_old_start_time_is_not_taken_for_the_repair(world: World) -> None:
    """GetTrailStatus is eventually consistent: it may still show the start before the stop."""
    arn = world.trail("management")
    stopped = world.stop(arn, ago(300))
    set_start(world, stopped - timedelta(days=3))
    answered = stopped + timedelta(seconds=33)

    def date(_: Made, answer: dict[str, Any]) -> None:
        answer["ResponseMetadata"]["HTTPHeaders"] = {"date": f"{answered:%a, %d %b %Y %H:%M:%S GMT}"}

    world.endpoint.edit("cloudtrail:StartLogging", date)

    run = world.handle(scheduled())

    # Then the repair is as old as AWS's own answer to the call
    assert run.line["rearm"]["seconds_without_safeguard"] == 33


def test_an_outage_is_never_negative(world: World) -> None:
    """Two of AWS's times can come from two machines."""
    arn = world.trail("management")
    world.stop(arn, ago(-5))
    set_start(world, None)

    run = world.handle(scheduled())

    assert run.line["rearm"]["seconds_without_safeguard"] == 0


@pytest.mark.parametrize(
    ("header", "time"),
    [
        ("Tue, 24 Nov 2026 09:30:00 GMT", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 09:30:00 -0000", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 10:30:00 +0100", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
    ],
)
def test_the_time_of_an_answer_is_its_date_header(header: str, time: datetime) -> None:
    assert answered_at({"ResponseMetadata": {"HTTPHeaders": {"date": header}}}) == time


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"ResponseMetadata": {}},
        {"ResponseMetadata": {"HTTPHeaders": {}}},
        {"ResponseMetadata": {"HTTPHeaders": {"date": ""}}},
        {"ResponseMetadata": {"HTTPHeaders": {"date": "yesterday"}}},
        {"ResponseMetadata": {"HTTPHeaders": {"date": "Tue, 99 Nov 2026 09:30:00 GMT"}}},
        {"ResponseMetadata": {"HTTPHeaders": {"date": "Fri, 31 Dec 9999 23:59:59 -2300"}}},
    ],
)
def test_an_answer_without_a_date_that_can_be_read_is_of_now(answer: dict[str, Any]) -> None:
    before = datetime.now(UTC)
    assert before <= answered_at(answer) <= datetime.now(UTC)
