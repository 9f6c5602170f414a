"""Declared trails: what is declared goes before what was learned, and stays."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.envelopes import REGION, scheduled
from tests.events.identities import ACCOUNT, assumed_role
from tests.unit.cloudtrail.rows import change, deletion, full_trail, learned, put, state
from tests.unit.deployment import exception
from tests.unit.world import BUCKET, World

BASELINES = "cloudtrail#baseline"


def declare(world: World, declared: object, **choices: Any) -> None:
    """Deploy Rearm with declared trails."""
    world.deploy(settings={"trails": declared}, **choices)


@pytest.mark.parametrize("under", ["management", f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/management"])
@pytest.mark.parametrize("door", ["event", "sweep"])
def test_a_declared_value_is_put_in_place_also_of_a_trail_that_was_never_learned(
    world: World, under: str, door: str
) -> None:
    arn = full_trail(world)
    declare(world, {under: {"s3_key_prefix": "declared"}})
    before = state(arn)
    event = change(world, arn, "UpdateTrail", S3KeyPrefix="elsewhere")

    run = world.handle(event if door == "event" else scheduled())

    assert run.outcomes == ["remediated"]
    assert state(arn) == {**before, "S3KeyPrefix": "declared"}
    assert "The setting trails says so" in run.message.body


def test_what_is_not_declared_is_as_it_was_learned(world: World) -> None:
    arn, before = learned(world)
    declare(world, {"management": {"s3_key_prefix": "declared"}})
    put(arn, "UpdateTrail", EnableLogFileValidation=False)

    run = world.handle(scheduled())

    assert sorted(str(found) for found in run.findings) == ["trail-no-validation", "trail-prefix-changed"]
    assert state(arn) == {**before, "S3KeyPrefix": "declared"}


def test_what_is_stronger_than_declared_stays(world: World) -> None:
    arn = full_trail(world)
    declare(world, {"management": {"enable_log_file_validation": False, "is_multi_region_trail": False}})
    before = state(arn)

    run = world.handle(scheduled())

    assert run.outcomes == ["compliant"]
    assert state(arn) == before


def test_what_is_declared_weak_is_not_recommended_to_be_stronger(world: World) -> None:
    full_trail(world, EnableLogFileValidation=False)
    declare(world, {"management": {"enable_log_file_validation": False}})

    assert world.handle(scheduled()).outcomes == ["compliant"]


def test_a_stronger_present_value_does_not_replace_the_declared_one(world: World) -> None:
    arn = full_trail(world, EnableLogFileValidation=False)
    declare(world, {"management": {"enable_log_file_validation": False}})
    world.handle(scheduled())
    put(arn, "UpdateTrail", EnableLogFileValidation=True)
    world.handle(scheduled())
    put(arn, "UpdateTrail", EnableLogFileValidation=False)

    run = world.handle(scheduled())

    assert run.outcomes == ["compliant"]
    assert state(arn)["LogFileValidationEnabled"] is False


def test_an_excepted_change_of_a_declared_value_stands_and_does_not_become_the_baseline(world: World) -> None:
    arn, _ = learned(world)
    pipeline = assumed_role("pipeline", "release")
    excepted = {"pipeline": exception(actor=f"arn:aws:iam::{ACCOUNT}:role/pipeline")}
    declare(world, {"management": {"s3_key_prefix": "all"}}, exceptions=excepted)
    change(world, arn, "UpdateTrail", identity=pipeline, S3KeyPrefix="new")

    run = world.handle(scheduled())

    assert run.outcomes == ["excepted"]
    assert world.items(BASELINES)[arn]["state"]["S3KeyPrefix"] == "all"
    declare(world, {"management": {"s3_key_prefix": "all"}})
    assert world.handle(scheduled()).outcomes == ["remediated"]


def test_a_declared_trail_that_was_never_there_is_made(world: World) -> None:
    declare(
        world,
        {
            "management": {
                "s3_bucket_name": BUCKET,
                "is_multi_region_trail": True,
                "enable_log_file_validation": True,
                "event_selector": [{"read_write_type": "WriteOnly"}],
            }
        },
    )

    run = world.handle(scheduled())

    arn = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/management"
    assert run.findings == ["trail-deleted"]
    assert run.outcomes == ["remediated"]
    made = state(arn)
    assert made["IsLogging"] is True
    assert made["IsMultiRegionTrail"] is True
    assert made["EventSelectors"][0]["ReadWriteType"] == "WriteOnly"


def test_a_declared_trail_without_a_bucket_can_only_be_told(world: World) -> None:
    world.trail("other")
    declare(world, {"management": {"enable_log_file_validation": True}})

    run = world.handle(scheduled())

    assert not run.changes
    assert run.findings == ["trail-deleted"]
    assert run.outcomes == ["notified"]
    assert "its bucket is not known" in run.message.body


def test_a_trail_declared_by_its_name_may_live_in_any_region(world: World) -> None:
    arn = full_trail(world, region="eu-west-1")
    declare(world, {"management": {"s3_key_prefix": "declared"}})

    run = world.handle(scheduled())

    assert run.findings == ["trail-prefix-changed"]
    assert state(arn)["S3KeyPrefix"] == "declared"


def test_a_deleted_trail_is_made_with_its_declared_values_and_the_learned_ones_beside(world: World) -> None:
    arn, before = learned(world)
    declare(world, {"management": {"s3_key_prefix": "declared"}})
    event = deletion(world, arn)

    world.handle(event)

    assert state(arn) == {**before, "S3KeyPrefix": "declared", "Tags": {"team": "security"}}


def test_declared_selectors_replace_learned_ones_of_the_other_kind(world: World) -> None:
    arn, before = learned(world)
    declare(
        world,
        {
            "management": {
                "event_selector": [{"data_resource": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}]
            }
        },
    )

    run = world.handle(scheduled())

    assert before["AdvancedEventSelectors"]
    assert run.findings == ["trail-selectors-weakened"]
    after = state(arn)
    assert after["AdvancedEventSelectors"] == []
    assert after["EventSelectors"][0]["DataResources"][0]["Values"] == ["arn:aws:s3"]


def test_only_a_declared_log_group_is_put_back_beside_the_role_that_there_is(world: World) -> None:
    arn = full_trail(world)
    before = state(arn)
    declare(world, {"management": {"cloud_watch_logs_group_arn": before["CloudWatchLogsLogGroupArn"]}})
    put(
        arn,
        "UpdateTrail",
        CloudWatchLogsLogGroupArn=before["CloudWatchLogsLogGroupArn"].replace("trail", "x"),
    )

    run = world.handle(scheduled())

    assert run.findings == ["trail-log-group-changed"]
    assert state(arn) == before


def test_a_value_that_cannot_be_read_is_a_failure_and_the_rest_of_the_declaration_counts(
    world: World,
) -> None:
    arn = full_trail(world)
    declare(world, {"management": {"kms_key_id": "alias/logs", "s3_key_prefix": "declared"}})

    run = world.handle(scheduled())

    assert state(arn)["S3KeyPrefix"] == "declared"
    assert "'alias/logs' is not the ARN of a key" in str(run.error)
    assert run.findings == ["trail-prefix-changed"]


def test_a_declaration_that_cannot_be_read_does_not_keep_a_stopped_trail_off(world: World) -> None:
    arn = full_trail(world)
    declare(world, {"management": {"kms_key_id": "alias/logs"}})
    event = world.stop_event(arn)

    run = world.handle(event)

    assert world.logs(arn)
    assert run.outcomes == ["remediated"]
    assert run.error is None


def test_declared_values_are_compared_also_where_the_table_does_not_answer(world: World) -> None:
    arn = full_trail(world)
    declare(world, {"management": {"s3_key_prefix": "declared"}})
    world.endpoint.fail("dynamodb:Query", "InternalServerError")

    run = world.handle(scheduled())

    assert state(arn)["S3KeyPrefix"] == "declared"
    assert "could not be compared with its baseline" in str(run.error)
