"""The rows of the matrix that are done to a trail: detected, put back, verified and told, by both doors."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.envelopes import scheduled
from tests.unit.cloudtrail.rows import (
    NAME,
    ONE_REGION_WITHOUT_GLOBAL_EVENTS,
    ROWS,
    TAGS,
    Row,
    full_trail,
    learned,
    state,
)
from tests.unit.world import Run, World

Marks = list[Any]


def marked(door: str) -> Marks:
    """Return the rows, each with the mark that says what its test proves."""
    return [
        pytest.param(row, marks=pytest.mark.matrix(row.id, door=door), id=f"{row.id}-{number}")
        for number, row in enumerate(ROWS)
    ]


def proven(run: Run, row: Row) -> None:
    """Check that one finding was put right by its own calls only, verified, and told with who did it."""
    assert run.error is None
    assert run.outcomes == ["remediated"]
    assert run.findings == [row.rule]
    assert [made.name for made in run.changes] == row.changes
    assert run.message.attributes["outcome"] == "remediated"
    assert row.said in run.message.body
    assert "was called by operator" in run.message.body


@pytest.mark.parametrize("row", marked("event"))
def test_an_event_leads_to_what_was_weakened_being_put_back(world: World, row: Row) -> None:
    arn, before = learned(world)
    event = row.attack(world, arn)

    run = world.handle(event)

    assert state(arn) == before_as(before, row)
    proven(run, row)


@pytest.mark.parametrize("row", marked("sweep"))
def test_a_sweep_finds_what_was_weakened_and_puts_it_back(world: World, row: Row) -> None:
    arn, before = learned(world)
    row.attack(world, arn)

    run = world.handle(scheduled())

    assert state(arn) == before_as(before, row)
    proven(run, row)


@pytest.mark.parametrize(
    "door",
    [
        pytest.param("event", marks=pytest.mark.matrix("trail.stop-logging", door="event")),
        pytest.param("sweep", marks=pytest.mark.matrix("trail.stop-logging", door="sweep")),
    ],
)
def test_a_stopped_trail_is_started(world: World, door: str) -> None:
    arn, before = learned(world)
    event = world.stop_event(arn)
    world.history.add(event)

    run = world.handle(event if door == "event" else scheduled())

    assert state(arn) == before
    assert run.error is None
    assert run.findings == ["trail-not-logging"]
    assert run.outcomes == ["remediated"]
    assert [made.name for made in run.changes] == ["cloudtrail:StartLogging"]
    assert run.message.attributes["outcome"] == "remediated"
    assert "was called by operator" in run.message.body


def before_as(before: dict[str, Any], row: Row) -> dict[str, Any]:
    """Return the state as it must be again: AWS's own tags are nobody's to give."""
    tags = {"team": TAGS["team"]} if row.id == "trail.delete" else before["Tags"]
    return {**before, "Tags": tags}


@pytest.mark.parametrize(
    "door",
    [
        pytest.param("event", marks=pytest.mark.matrix("trail.global-events", door="event")),
        pytest.param("sweep", marks=pytest.mark.matrix("trail.global-events", door="sweep")),
    ],
)
def test_global_events_come_back_before_the_other_regions_which_need_them(world: World, door: str) -> None:
    """AWS lets a trail leave out global events only as one of one region, and takes them back first."""
    arn, before = learned(world)
    event = ONE_REGION_WITHOUT_GLOBAL_EVENTS(world, arn)

    run = world.handle(event if door == "event" else scheduled())

    assert state(arn) == before
    assert run.outcomes == ["remediated", "remediated"]
    assert run.findings == ["trail-no-global-events", "trail-not-multi-region"]
    assert [sorted(made.parameters) for made in run.changes] == [
        ["IncludeGlobalServiceEvents", "Name"],
        ["IsMultiRegionTrail", "Name"],
    ]
    assert "does not record the events of global services" in run.message.body
    assert "was called by operator" in run.message.body


def test_a_repair_carries_only_what_was_weakened(world: World) -> None:
    arn, _ = learned(world)
    row = next(row for row in ROWS if row.id == "trail.validation")

    run = world.handle(row.attack(world, arn))

    (made,) = run.changes
    assert made.parameters == {"Name": arn, "EnableLogFileValidation": True}


@pytest.mark.parametrize("row", marked("event")[:1] + marked("event")[-1:])
def test_after_a_repair_the_next_sweep_finds_nothing(world: World, row: Row) -> None:
    arn, _ = learned(world)
    world.handle(row.attack(world, arn))

    run = world.handle(scheduled())

    assert run.outcomes == ["compliant"]
    assert not run.changes


@pytest.mark.parametrize("row", [row for row in ROWS if row.id != "trail.delete"], ids=lambda row: row.id)
@pytest.mark.parametrize("door", ["event", "sweep"])
def test_in_mode_notify_the_same_is_found_and_nothing_done(world: World, row: Row, door: str) -> None:
    arn, _ = learned(world)
    event = row.attack(world, arn)
    weak = state(arn)
    world.deploy(mode="notify")

    run = world.handle(event if door == "event" else scheduled())

    assert state(arn) == weak
    assert not run.changes
    assert run.outcomes == ["notified"]
    assert run.findings == [row.rule]
    assert row.said in run.message.body


def test_in_mode_notify_a_deleted_trail_is_told_and_stays_deleted(world: World) -> None:
    arn, _ = learned(world)
    event = ROWS[-1].attack(world, arn)
    world.deploy(mode="notify")

    run = world.handle(event)

    assert not run.changes
    assert run.findings == ["trail-deleted"]
    assert "aws cloudtrail create-trail" in run.message.body


def test_the_first_sweep_records_the_whole_trail(world: World) -> None:
    arn = full_trail(world)

    run = world.handle(scheduled())

    recorded = world.items("cloudtrail#baseline")[arn]
    assert recorded["origin"] == "first-seen"
    assert recorded["count"] == 1
    seen = state(arn)
    kept = recorded["state"]
    assert kept["Name"] == NAME
    assert {key: kept[key] for key in kept if key != "Tags"} == {
        key: seen[key] for key in kept if key != "Tags"
    }
    assert kept["Tags"] == TAGS
    assert set(kept) == {
        "Name",
        "S3BucketName",
        "S3KeyPrefix",
        "SnsTopicARN",
        "CloudWatchLogsLogGroupArn",
        "CloudWatchLogsRoleArn",
        "KmsKeyId",
        "IncludeGlobalServiceEvents",
        "IsMultiRegionTrail",
        "LogFileValidationEnabled",
        "IsOrganizationTrail",
        "AdvancedEventSelectors",
        "InsightSelectors",
        "Tags",
    }
    assert not run.messages
