"""What is learned of a store, when, and what is only recommended."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.envelopes import scheduled
from tests.events.identities import assumed_role
from tests.unit.cloudtrail_lake.lake import Lake, opened
from tests.unit.deployment import exception

PIPELINE = "arn:aws:iam::123456789012:role/pipeline"


def state(lake: Lake, arn: str) -> dict[str, Any]:
    recorded: dict[str, Any] = lake.baselines()[arn]["state"]
    return recorded


def test_the_first_sweep_records_all_that_a_new_one_would_need(lake: Lake) -> None:
    arn = lake.create(RetentionPeriod=500, KmsKeyId="alias/lake")

    run = lake.sweep()

    assert state(lake, arn) == {
        "Name": "audit",
        "StartIngestion": True,
        "TerminationProtectionEnabled": True,
        "MultiRegionEnabled": True,
        "OrganizationEnabled": False,
        "RetentionPeriod": 500,
        "AdvancedEventSelectors": lake.store(arn).attributes["AdvancedEventSelectors"],
        "KmsKeyId": "alias/lake",
        "BillingMode": "EXTENDABLE_RETENTION_PRICING",
    }
    assert lake.baselines()[arn]["origin"] == "first-seen"
    assert run.outcomes == ["compliant"]
    assert not run.changes
    assert not run.messages


def test_nothing_is_learned_from_an_event_about_a_store_that_is_new(lake: Lake) -> None:
    arn = lake.create()

    lake.handle(lake.event("UpdateEventDataStore", arn, {"retentionPeriod": 9000}))

    assert lake.baselines() == {}


@pytest.mark.parametrize("door", ["event", "sweep"])
@pytest.mark.parametrize(
    "change",
    [{"RetentionPeriod": 3000}, {"OrganizationEnabled": True}, {"MultiRegionEnabled": True}],
    ids=["retention", "organization", "regions"],
)
def test_what_became_stronger_is_the_baseline_from_then_on(
    lake: Lake, change: dict[str, Any], door: str
) -> None:
    lake.service.manages = True
    arn = lake.learnt(MultiRegionEnabled=False)
    lake.update(arn, **change)

    run = lake.handle(lake.event("UpdateEventDataStore", arn)) if door == "event" else lake.sweep()

    assert not run.changes
    assert not run.messages
    assert lake.baselines()[arn]["origin"] == "stronger"
    assert state(lake, arn).items() >= change.items()
    older = lake.world.items(f"cloudtrail_lake#version#{arn}")
    assert len(older) == 1


def test_the_stronger_part_of_a_change_is_learned_and_the_weaker_put_back(lake: Lake) -> None:
    arn = lake.learnt(RetentionPeriod=400)
    lake.update(arn, RetentionPeriod=800, MultiRegionEnabled=False)

    run = lake.sweep()

    assert run.findings == ["store-one-region"]
    assert lake.store(arn).attributes["MultiRegionEnabled"] is True
    assert lake.store(arn).attributes["RetentionPeriod"] == 800
    assert state(lake, arn)["RetentionPeriod"] == 800
    assert state(lake, arn)["MultiRegionEnabled"] is True


def test_an_unchanged_store_is_recorded_once(lake: Lake) -> None:
    arn = lake.learnt()
    before = lake.baselines()

    lake.sweep()
    lake.handle(lake.event("UpdateEventDataStore", arn))

    assert lake.baselines() == before


def test_a_store_without_protection_when_first_seen_is_recommended_to_have_it(lake: Lake) -> None:
    arn = lake.create(TerminationProtectionEnabled=False)

    first, second = lake.sweep(), lake.sweep()

    assert first.findings == second.findings == ["store-termination-protection-off"]
    assert first.outcomes == ["notified"]
    assert first.message.attributes["severity"] == "INFORMATIONAL"
    assert not second.messages
    assert not first.changes
    assert lake.store(arn).attributes["TerminationProtectionEnabled"] is False
    assert state(lake, arn)["TerminationProtectionEnabled"] is False


def test_protection_that_somebody_switches_off_before_the_first_sweep_is_told(lake: Lake) -> None:
    arn = lake.create()
    lake.update(arn, TerminationProtectionEnabled=False)

    run = lake.handle(lake.event("UpdateEventDataStore", arn, {"terminationProtectionEnabled": False}))

    assert run.outcomes == ["notified"]
    assert run.message.attributes["severity"] == "HIGH"
    assert not run.changes


def test_a_store_that_never_took_events_is_told_once_and_never_started(lake: Lake) -> None:
    arn = lake.create(StartIngestion=False)

    first, second = lake.sweep(), lake.sweep()

    assert first.findings == ["store-ingestion-stopped"]
    assert first.message.attributes["severity"] == "INFORMATIONAL"
    assert second.outcomes == ["compliant"]
    assert lake.status(arn) == "STOPPED_INGESTION"
    assert state(lake, arn)["StartIngestion"] is False


def test_a_forged_event_does_not_start_a_store_that_never_took_events(lake: Lake) -> None:
    arn = lake.create(StartIngestion=False)
    lake.sweep()

    run = lake.handle(lake.event("StopEventDataStoreIngestion", arn))

    assert lake.status(arn) == "STOPPED_INGESTION"
    assert not run.changes


def test_a_store_that_has_begun_to_take_events_must_go_on(lake: Lake) -> None:
    arn = lake.create(StartIngestion=False)
    lake.sweep()
    lake.service.StartEventDataStoreIngestion({"EventDataStore": arn}, "us-east-1")
    lake.status(arn)
    lake.sweep()
    lake.stop(arn)

    run = lake.sweep()

    assert run.outcomes == ["remediated"]
    assert lake.status(arn) == "ENABLED"


def test_a_store_that_waits_for_its_deletion_when_first_seen_is_told_and_left(lake: Lake) -> None:
    arn = lake.create(TerminationProtectionEnabled=False)
    lake.delete(arn)

    run = lake.sweep()

    assert run.findings == ["store-deletion-pending"]
    assert run.outcomes == ["notified"]
    assert run.message.attributes["severity"] == "HIGH"
    assert f"restore-event-data-store --event-data-store {arn}" in run.message.body
    assert lake.status(arn) == "PENDING_DELETION"
    assert lake.baselines() == {}


@pytest.mark.parametrize("status", ["CREATED", "STARTING_INGESTION"])
def test_a_state_that_does_not_last_is_neither_wrong_nor_learned(lake: Lake, status: str) -> None:
    arn = lake.create()
    lake.service.lag = 1000
    lake.store(arn).status = status
    lake.store(arn).reads = 1000

    run = lake.sweep()

    assert run.outcomes == ["compliant"]
    assert lake.baselines() == {}


def pipeline_deletes(lake: Lake, arn: str) -> Any:
    lake.delete(arn)
    event = lake.event("DeleteEventDataStore", arn, identity=assumed_role("pipeline"))
    lake.world.history.add(event)
    return event


def test_a_deletion_by_an_excepted_role_stands_once_the_history_confirms_it() -> None:
    with opened(exceptions={"pipeline": exception(actor=PIPELINE)}) as lake:
        arn = lake.learnt(TerminationProtectionEnabled=False)
        pipeline_deletes(lake, arn)

        first = lake.sweep()
        second = lake.sweep()
        lake.later(days=8)
        third = lake.sweep()

        assert lake.status_or_gone(arn) == "gone"
        assert first.outcomes == ["excepted"]
        assert second.outcomes == third.outcomes == ["compliant"]
        assert state(lake, arn)["deleted"] is True
        assert not [*first.changes, *second.changes, *third.changes]


def test_a_store_whose_deletion_is_excused_causes_no_failure() -> None:
    """AWS refuses every other call on it: its protection, which somebody switched off, is only told."""
    with opened(exceptions={"pipeline": exception(actor=PIPELINE)}) as lake:
        arn = lake.learnt()
        pipeline_deletes(lake, arn)

        run = lake.sweep()

        assert run.findings == ["store-deletion-pending", "store-termination-protection-off"]
        assert run.outcomes == ["excepted", "notified"]
        assert lake.status(arn) == "PENDING_DELETION"
        assert run.error is None


def test_a_store_that_is_back_after_an_accepted_deletion_is_kept_again() -> None:
    with opened(exceptions={"pipeline": exception(actor=PIPELINE)}) as lake:
        arn = lake.learnt(TerminationProtectionEnabled=False)
        pipeline_deletes(lake, arn)
        lake.sweep()
        lake.service.RestoreEventDataStore({"EventDataStore": arn}, "us-east-1")
        lake.sweep()
        lake.stop(arn)

        run = lake.sweep()

        assert run.outcomes[0] == "remediated"
        assert lake.status(arn) == "ENABLED"


def test_a_change_by_an_excepted_role_becomes_the_baseline_for_what_it_set() -> None:
    with opened(exceptions={"pipeline": exception(actor=PIPELINE)}) as lake:
        arn = lake.learnt(RetentionPeriod=400)
        lake.update(arn, RetentionPeriod=90)
        event = lake.event(
            "UpdateEventDataStore", arn, {"retentionPeriod": 90}, identity=assumed_role("pipeline")
        )
        lake.world.history.add(event)
        lake.update(arn, MultiRegionEnabled=False)

        run = lake.sweep()

        assert dict(zip(run.findings, run.outcomes, strict=True)) == {
            "store-one-region": "remediated",
            "store-retention-shortened": "excepted",
        }
        assert lake.store(arn).attributes["RetentionPeriod"] == 90
        assert lake.store(arn).attributes["MultiRegionEnabled"] is True
        assert state(lake, arn)["RetentionPeriod"] == 90


def test_when_the_table_does_not_answer_what_needs_no_baseline_is_put_right_all_the_same(lake: Lake) -> None:
    stopped, deleted, weak = lake.learnt("stopped"), lake.learnt("deleted"), lake.learnt("weak")
    lake.stop(stopped)
    lake.delete(deleted)
    lake.update(weak, RetentionPeriod=7)
    lake.fail_table()

    run = lake.handle(scheduled())

    assert lake.status(stopped) == lake.status(deleted) == "ENABLED"
    assert lake.store(weak).attributes["RetentionPeriod"] == 7
    assert "could not be compared with its baseline" in run.message.body
    assert run.error is not None


@pytest.mark.parametrize("call", ["StopEventDataStoreIngestion", "DeleteEventDataStore"])
def test_an_event_is_answered_without_the_table(lake: Lake, call: str) -> None:
    arn = lake.learnt(TerminationProtectionEnabled=False)
    (lake.stop if call.startswith("Stop") else lake.delete)(arn)
    lake.fail_table()

    run = lake.handle(lake.event(call, arn))

    assert lake.status(arn) == "ENABLED"
    assert run.outcomes[0] == "remediated"
    assert "audit could not be compared with its baseline" in run.message.body
