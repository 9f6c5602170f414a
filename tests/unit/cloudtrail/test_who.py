"""Who weakened what: each attribute has its own finding, its own actor, and its own exception."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.envelopes import api_event, scheduled
from tests.events.identities import assumed_role, iam_user
from tests.unit.cloudtrail.rows import change, deletion, learned, put, state
from tests.unit.deployment import exception
from tests.unit.world import World, ago, stamp

PIPELINE = assumed_role("pipeline", "release")
ARN_OF_PIPELINE = "arn:aws:iam::123456789012:role/pipeline"
MALLORY = iam_user("mallory")
BASELINES = "cloudtrail#baseline"


def actors(run: Any) -> dict[str, str]:
    """Return who each finding is told to be from."""
    return {
        line["rearm"]["finding"]: line["user"]["name"] for line in run.journal if "outcome" in line["rearm"]
    }


def test_two_actors_of_two_attributes_are_told_apart(world: World) -> None:
    arn, before = learned(world)
    change(world, arn, "UpdateTrail", identity=iam_user("alice"), S3KeyPrefix="elsewhere")
    change(world, arn, "UpdateTrail", identity=MALLORY, EnableLogFileValidation=False)

    run = world.handle(scheduled())

    assert actors(run) == {"trail-prefix-changed": "alice", "trail-no-validation": "mallory"}
    assert state(arn) == before


def test_an_event_is_not_taken_for_what_another_call_changed(world: World) -> None:
    arn, before = learned(world)
    change(world, arn, "UpdateTrail", identity=iam_user("alice"), S3KeyPrefix="elsewhere")
    event = change(world, arn, "UpdateTrail", identity=MALLORY, EnableLogFileValidation=False)

    run = world.handle(event)

    assert actors(run) == {"trail-prefix-changed": "alice", "trail-no-validation": "mallory"}
    assert state(arn) == before


@pytest.mark.parametrize("door", ["event", "sweep"])
def test_a_change_by_an_excepted_actor_becomes_the_baseline_for_what_it_set_and_nothing_else(
    world: World, door: str
) -> None:
    arn, before = learned(world)
    world.deploy(exceptions={"pipeline": exception(actor=ARN_OF_PIPELINE)})
    change(world, arn, "UpdateTrail", identity=PIPELINE, S3KeyPrefix="new")
    event = change(world, arn, "UpdateTrail", identity=MALLORY, EnableLogFileValidation=False)

    run = world.handle(event if door == "event" else scheduled())

    assert dict(zip(run.findings, run.outcomes, strict=True)) == {
        "trail-prefix-changed": "excepted",
        "trail-no-validation": "remediated",
    }
    assert state(arn) == {**before, "S3KeyPrefix": "new"}
    recorded = world.items(BASELINES)[arn]
    assert recorded["origin"] == "accepted"
    assert recorded["state"]["S3KeyPrefix"] == "new"
    assert recorded["state"]["LogFileValidationEnabled"] is True
    # And from then on it is what the trail must be.
    assert world.handle(scheduled()).outcomes == ["compliant"]


def test_what_an_excepted_actor_takes_away_is_not_missed_any_more(world: World) -> None:
    arn, _ = learned(world)
    world.deploy(exceptions={"pipeline": exception(actor=ARN_OF_PIPELINE)})
    change(world, arn, "UpdateTrail", identity=PIPELINE, KmsKeyId="")

    assert world.handle(scheduled()).outcomes == ["excepted"]
    assert world.items(BASELINES)[arn]["state"]["KmsKeyId"] is None
    world.deploy()
    assert "trail-key-changed" not in world.handle(scheduled()).findings


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("PutEventSelectors", {"EventSelectors": [{"ReadWriteType": "WriteOnly"}]}),
        ("PutInsightSelectors", {"InsightSelectors": []}),
    ],
)
def test_selectors_of_an_excepted_actor_become_the_baseline(
    world: World, operation: str, parameters: dict[str, Any]
) -> None:
    arn, before = learned(world)
    world.deploy(exceptions={"pipeline": exception(actor=ARN_OF_PIPELINE)})
    change(world, arn, operation, identity=PIPELINE, **parameters)
    after = state(arn)

    assert world.handle(scheduled()).outcomes == ["excepted"]
    world.deploy()
    assert world.handle(scheduled()).outcomes == ["compliant"]
    assert state(arn) == after != before


def test_an_excepted_deletion_is_accepted_and_the_trail_not_made_again(world: World) -> None:
    arn, _ = learned(world)
    world.trail("other")
    world.deploy(exceptions={"pipeline": exception(actor=ARN_OF_PIPELINE)})
    deletion(world, arn, identity=PIPELINE)

    run = world.handle(scheduled())

    assert run.outcomes == ["excepted"]
    assert world.items(BASELINES)[arn]["state"]["deleted"] is True
    world.deploy()
    assert "trail-deleted" not in world.handle(scheduled()).findings


def test_an_excepted_actors_earlier_call_is_no_proof_for_what_somebody_else_does_after_it(
    world: World,
) -> None:
    """The history shows a call minutes late: until then the last known one may be of an excepted actor."""
    arn, _ = learned(world)
    world.deploy(exceptions={"pipeline": exception(actor=ARN_OF_PIPELINE)})
    change(world, arn, "UpdateTrail", identity=PIPELINE, S3KeyPrefix="new")
    assert world.handle(scheduled()).outcomes == ["excepted"]
    put(arn, "UpdateTrail", S3KeyPrefix="elsewhere")

    run = world.handle(scheduled())

    assert run.outcomes == ["remediated"]
    assert state(arn)["S3KeyPrefix"] == "new"


def test_what_only_the_event_says_of_an_excepted_actor_is_waited_for_and_not_learned(world: World) -> None:
    """The event history lags; a forged event is never confirmed."""
    arn, _ = learned(world)
    world.deploy(exceptions={"pipeline": exception(actor=ARN_OF_PIPELINE)})
    event = change(world, arn, "UpdateTrail", identity=PIPELINE, S3KeyPrefix="new")
    world.history.records.clear()

    run = world.handle(event)

    assert run.outcomes == ["excepted"]
    assert not run.changes
    assert world.items(BASELINES)[arn]["state"]["S3KeyPrefix"] == "all"


def test_an_exception_for_a_trail_lets_its_changes_stand_without_learning_them(world: World) -> None:
    arn, _ = learned(world)
    world.deploy(exceptions={"lab": exception(resource="management")})
    change(world, arn, "UpdateTrail", identity=MALLORY, S3KeyPrefix="new")

    run = world.handle(scheduled())

    assert run.outcomes == ["excepted"]
    assert not run.changes
    assert world.items(BASELINES)[arn]["state"]["S3KeyPrefix"] == "all"
    world.deploy()
    assert world.handle(scheduled()).outcomes == ["remediated"]


def test_somebody_with_rearms_own_role_is_not_taken_for_rearm(world: World) -> None:
    arn, before = learned(world)
    own = assumed_role("rearm-cloudtrail", "rearm-cloudtrail")
    event = change(world, arn, "UpdateTrail", identity=own, EnableLogFileValidation=False)

    run = world.handle(event)

    assert run.outcomes == ["remediated"]
    assert state(arn) == before


def test_rearms_own_repair_is_no_news(world: World) -> None:
    arn, before = learned(world)
    world.handle(change(world, arn, "UpdateTrail", identity=MALLORY, EnableLogFileValidation=False))
    own = assumed_role("rearm-cloudtrail", "rearm-cloudtrail")

    run = world.handle(change(world, arn, "UpdateTrail", identity=own, EnableLogFileValidation=True))

    assert not run.messages
    assert not run.changes
    assert state(arn) == before


def test_rearms_earlier_repair_in_the_history_is_not_taken_for_what_it_repairs(world: World) -> None:
    arn, before = learned(world)
    change(world, arn, "UpdateTrail", identity=MALLORY, S3KeyPrefix="elsewhere")
    # Newer than the change, as a repair is whose event the history has already.
    own = assumed_role("rearm-cloudtrail", "rearm-cloudtrail")
    said = {"name": arn, "s3KeyPrefix": before["S3KeyPrefix"]}
    world.history.add(api_event("UpdateTrail", parameters=said, identity=own, time=stamp(ago(5))))

    run = world.handle(scheduled())

    assert actors(run) == {"trail-prefix-changed": "mallory"}
    assert state(arn) == before
