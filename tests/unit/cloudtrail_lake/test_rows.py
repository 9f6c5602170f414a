"""The rows of the tamper matrix: a store that was stopped, deleted or left without protection."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.cloudtrail_lake.lake import OTHER_REGION, Lake, opened
from tests.unit.world import Run

REGIONS = ["us-east-1", OTHER_REGION]


def repaired(run: Run, rule: str, *calls: str) -> None:
    assert run.error is None
    assert run.findings == [rule]
    assert run.outcomes == ["remediated"]
    assert [made.operation for made in run.changes] == list(calls)
    assert run.message.attributes["outcome"] == "remediated"


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.matrix("lake.stopped", door="event")
def test_a_stopped_store_is_started_by_the_event(lake: Lake, region: str) -> None:
    arn = lake.learnt(region=region)
    lake.stop(arn)

    run = lake.handle(lake.event("StopEventDataStoreIngestion", arn))

    assert lake.status(arn) == "ENABLED"
    repaired(run, "store-ingestion-stopped", "StartEventDataStoreIngestion")
    assert run.message.attributes["severity"] == "CRITICAL"
    assert "audit" in run.message.subject
    assert run.line["rearm"]["attribution"] == "event"
    assert run.line["rearm"]["seconds_without_safeguard"] >= 40


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.matrix("lake.stopped", door="sweep")
def test_a_stopped_store_is_started_by_the_sweep(lake: Lake, region: str) -> None:
    arn = lake.learnt(region=region)
    lake.stop(arn)
    lake.world.history.add(lake.event("StopEventDataStoreIngestion", arn))

    run = lake.sweep()

    assert lake.status(arn) == "ENABLED"
    repaired(run, "store-ingestion-stopped", "StartEventDataStoreIngestion")
    assert run.line["rearm"]["attribution"] == "lookup"


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.matrix("lake.deleted", door="event")
def test_a_deleted_store_is_restored_and_protected_by_the_event(lake: Lake, region: str) -> None:
    arn = lake.learnt(region=region)
    lake.delete(arn)

    run = lake.handle(lake.event("DeleteEventDataStore", arn))

    assert lake.status(arn) == "ENABLED"
    assert lake.store(arn).attributes["TerminationProtectionEnabled"] is True
    assert run.findings == ["store-deletion-pending", "store-termination-protection-off"]
    assert run.outcomes == ["remediated", "remediated"]
    assert [made.operation for made in run.changes] == ["RestoreEventDataStore", "UpdateEventDataStore"]
    assert run.message.attributes["severity"] == "CRITICAL"
    assert run.error is None


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.matrix("lake.deleted", door="sweep")
def test_a_deleted_store_is_restored_and_protected_by_the_sweep(lake: Lake, region: str) -> None:
    arn = lake.learnt(region=region)
    lake.delete(arn)

    run = lake.sweep()

    assert lake.status(arn) == "ENABLED"
    assert lake.store(arn).attributes["TerminationProtectionEnabled"] is True
    assert run.findings == ["store-deletion-pending", "store-termination-protection-off"]
    assert run.outcomes == ["remediated", "remediated"]
    assert run.message.attributes["outcome"] == "remediated"
    assert run.error is None


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.matrix("lake.termination-protection", door="event")
def test_termination_protection_is_switched_on_again_by_the_event(lake: Lake, region: str) -> None:
    arn = lake.learnt(region=region)
    lake.update(arn, TerminationProtectionEnabled=False)

    run = lake.handle(lake.event("UpdateEventDataStore", arn, {"terminationProtectionEnabled": False}))

    assert lake.store(arn).attributes["TerminationProtectionEnabled"] is True
    repaired(run, "store-termination-protection-off", "UpdateEventDataStore")
    assert run.line["rearm"]["attribution"] == "event"


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.matrix("lake.termination-protection", door="sweep")
def test_termination_protection_is_switched_on_again_by_the_sweep(lake: Lake, region: str) -> None:
    arn = lake.learnt(region=region)
    lake.update(arn, TerminationProtectionEnabled=False)

    run = lake.sweep()

    assert lake.store(arn).attributes["TerminationProtectionEnabled"] is True
    repaired(run, "store-termination-protection-off", "UpdateEventDataStore")


@pytest.mark.parametrize(
    ("call", "status"),
    [("StopEventDataStoreIngestion", "STOPPED_INGESTION"), ("DeleteEventDataStore", "PENDING_DELETION")],
)
def test_a_store_that_nobody_has_seen_before_is_put_right_when_the_call_is_seen(
    lake: Lake, call: str, status: str
) -> None:
    arn = lake.create(TerminationProtectionEnabled=False)
    (lake.stop if call.startswith("Stop") else lake.delete)(arn)
    assert lake.status(arn) == status

    run = lake.handle(lake.event(call, arn))

    assert lake.status(arn) == "ENABLED"
    assert run.outcomes == ["remediated"]
    assert run.error is None


@pytest.mark.parametrize("call", ["StopEventDataStoreIngestion", "DeleteEventDataStore"])
def test_in_mode_notify_nothing_is_done_and_the_calls_are_told(call: str) -> None:
    with opened(mode="notify") as lake:
        arn = lake.learnt()
        (lake.stop if call.startswith("Stop") else lake.delete)(arn)
        before = lake.status(arn)

        run = lake.handle(lake.event(call, arn))

        assert lake.status(arn) == before
        assert not run.changes
        assert set(run.outcomes) == {"notified"}
        wanted = "start-event-data-store-ingestion" if call.startswith("Stop") else "restore-event-data-store"
        assert f"aws cloudtrail {wanted} --event-data-store {arn} --region us-east-1" in run.message.lines


@pytest.mark.parametrize(
    "call", ["StopEventDataStoreIngestion", "DeleteEventDataStore", "UpdateEventDataStore"]
)
def test_notify_and_remediate_find_the_same(lake: Lake, call: str) -> None:
    arn = lake.learnt()
    wreck(lake, arn, call)
    event = lake.event(call, arn, {"terminationProtectionEnabled": False})

    lake.world.deploy(automation="cloudtrail_lake", mode="notify")
    dry = lake.handle(event)
    lake.world.deploy(automation="cloudtrail_lake")
    real = lake.handle(event)

    def plan(run: Run) -> list[Any]:
        keys = ("service", "operation", "parameters", "region")
        return [[{key: one[key] for key in keys} for one in line["rearm"]["actions"]] for line in run.journal]

    assert dry.findings == real.findings
    assert plan(dry) == plan(real)
    assert set(real.outcomes) == {"remediated"}


def wreck(lake: Lake, arn: str, call: str) -> None:
    if call.startswith("Stop"):
        lake.stop(arn)
    elif call.startswith("Delete"):
        lake.delete(arn)
    else:
        lake.update(arn, TerminationProtectionEnabled=False)


def test_a_store_that_is_still_stopping_is_waited_for(lake: Lake) -> None:
    arn = lake.learnt()
    lake.service.lag = 2
    lake.service.StopEventDataStoreIngestion({"EventDataStore": arn}, "us-east-1")

    run = lake.handle(lake.event("StopEventDataStoreIngestion", arn))

    assert lake.status(arn) == "ENABLED"
    assert run.outcomes == ["remediated"]
    assert run.sleeps[:2] == [1.0, 2.0]


def test_a_store_that_stops_for_ever_fails_and_is_tried_again(lake: Lake) -> None:
    arn = lake.learnt()
    lake.service.lag = 1000
    lake.service.StopEventDataStoreIngestion({"EventDataStore": arn}, "us-east-1")

    run = lake.handle(lake.event("StopEventDataStoreIngestion", arn))

    assert run.outcomes == ["failed"]
    assert run.line["error"]["code"] == "InvalidEventDataStoreStatusException"
    assert run.error is not None
    assert sum(run.sleeps) < 20


def test_a_store_that_was_stopped_and_then_deleted_ends_with_ingestion_on(lake: Lake) -> None:
    """Restoring brings back what was stopped: the response fails, and Lambda's next try starts it."""
    arn = lake.learnt()
    lake.stop(arn)
    lake.delete(arn)
    event = lake.event("DeleteEventDataStore", arn)

    first = lake.handle(event)
    second = lake.handle(event)

    assert first.error is not None
    assert lake.status(arn) == "ENABLED"
    assert second.error is None
    assert "store-ingestion-stopped" in second.findings


def test_a_store_that_takes_long_to_be_restored_fails_and_is_tried_again(lake: Lake) -> None:
    arn = lake.learnt()
    lake.delete(arn)
    event = lake.event("DeleteEventDataStore", arn)
    restore = lake.service.RestoreEventDataStore
    lake.service.RestoreEventDataStore = lambda *_: {}  # type: ignore[method-assign]

    first = lake.handle(event)
    restore({"EventDataStore": arn}, "us-east-1")
    second = lake.handle(event)

    assert first.outcomes == ["failed", "notified"]
    assert first.journal[0]["error"]["code"] == "StillThere"
    assert first.error is not None
    assert second.findings == ["store-termination-protection-off"]
    assert second.outcomes == ["remediated"]


def test_a_store_that_is_named_by_its_id_is_found_and_the_caller_too(lake: Lake) -> None:
    arn = lake.learnt()
    lake.stop(arn)

    run = lake.handle(lake.event("StopEventDataStoreIngestion", arn.rpartition("/")[2]))

    assert lake.status(arn) == "ENABLED"
    assert run.line["rearm"]["attribution"] == "event"


def test_an_alarm_that_names_a_store_lists_nothing(lake: Lake) -> None:
    arn = lake.learnt()
    lake.stop(arn)

    run = lake.handle(lake.event("StopEventDataStoreIngestion", arn))

    assert not run.called("cloudtrail:ListEventDataStores")
    assert not run.called("account:ListRegions")
    assert {made.parameters["EventDataStore"] for made in run.called("cloudtrail:GetEventDataStore")} == {arn}


@pytest.mark.parametrize(
    "parameters", [None, {}, "null", {"eventDataStore": ["a", "b"]}, {"eventDataStore": "../x"}]
)
def test_a_call_that_names_no_store_makes_all_looked_at(lake: Lake, parameters: Any) -> None:
    arn = lake.learnt(region=OTHER_REGION)
    lake.stop(arn)

    run = lake.handle(lake.event("StopEventDataStoreIngestion", arn, parameters=parameters))

    assert lake.status(arn) == "ENABLED"
    assert run.error is None
