"""A deleted trail: the same trail again, also after an interruption, and what is told where it cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.envelopes import REGION, api_event, scheduled
from tests.events.identities import ACCOUNT
from tests.unit.cloudtrail.rows import (
    GROUP,
    INSIGHTS,
    ROLE,
    advanced,
    change,
    deletion,
    full_trail,
    learned,
    put,
    recorded,
    state,
)
from tests.unit.world import BUCKET, World, client

OTHER = "eu-west-1"
CREATED: dict[str, Any] = {
    "S3KeyPrefix": "all",
    "SnsTopicName": "trails",
    "CloudWatchLogsLogGroupArn": GROUP,
    "CloudWatchLogsRoleArn": ROLE,
    "logging": False,
}


def test_a_deleted_trail_is_made_with_everything_it_had_in_one_call_after_the_other(world: World) -> None:
    arn, before = learned(world, IsOrganizationTrail=True)
    event = deletion(world, arn)

    run = world.handle(event)

    create, selectors, insights, start = run.changes
    assert create.parameters == {
        "Name": "management",
        "S3BucketName": BUCKET,
        "S3KeyPrefix": "all",
        "SnsTopicName": f"arn:aws:sns:{REGION}:{ACCOUNT}:trails",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "IsOrganizationTrail": True,
        "EnableLogFileValidation": True,
        "CloudWatchLogsLogGroupArn": before["CloudWatchLogsLogGroupArn"],
        "CloudWatchLogsRoleArn": before["CloudWatchLogsRoleArn"],
        "KmsKeyId": before["KmsKeyId"],
        "TagsList": [{"Key": "team", "Value": "security"}],
    }
    assert selectors.parameters == {
        "TrailName": arn,
        "AdvancedEventSelectors": advanced("arn:aws:s3:::orders/"),
    }
    assert insights.parameters == {"TrailName": arn, "InsightSelectors": INSIGHTS}
    assert start.parameters == {"Name": arn}
    assert state(arn)["IsOrganizationTrail"] is True
    assert run.message.attributes["severity"] == "CRITICAL"
    assert float(run.line["rearm"]["seconds_without_safeguard"]) >= 29


def test_a_plain_trail_is_made_again_without_calls_that_it_does_not_need(world: World) -> None:
    arn = world.trail("plain")
    world.handle(scheduled())
    event = deletion(world, arn)

    run = world.handle(event)

    assert [made.operation for made in run.changes] == ["CreateTrail", "StartLogging"]
    assert run.outcomes == ["remediated"]


def test_a_deletion_costs_no_list_of_trails(world: World) -> None:
    arn, _ = learned(world)
    event = deletion(world, arn)

    run = world.handle(event)

    assert not run.called("cloudtrail:DescribeTrails")
    assert not run.called("cloudtrail:ListTrails")


@pytest.mark.parametrize("door", ["event", "sweep"])
def test_a_trail_homed_elsewhere_is_made_again_in_its_home_region(world: World, door: str) -> None:
    arn = full_trail(world, region=OTHER)
    world.handle(scheduled())
    before = state(arn)
    event = deletion(world, arn)

    run = world.handle(event if door == "event" else scheduled())

    assert {made.region for made in run.changes} == {OTHER}
    assert {**state(arn), "Tags": {}} == {**before, "Tags": {}}
    assert run.outcomes == ["remediated"]
    told = f"Events of {OTHER} do not come here: deploy modules/forwarder in {OTHER}."
    assert (told in run.message.body) == (door == "sweep")


def test_the_last_trail_that_can_be_made_again_does_not_count_as_none(world: World) -> None:
    arn, _ = learned(world)
    deletion(world, arn)

    assert world.handle(scheduled()).findings == ["trail-deleted"]


@pytest.mark.parametrize("named_by", ["name", "arn"])
def test_a_stop_of_a_trail_that_is_gone_makes_it_again(world: World, named_by: str) -> None:
    arn, _ = learned(world)
    deletion(world, arn)
    name = arn if named_by == "arn" else "management"

    run = world.handle(api_event("StopLogging", parameters={"name": name}))

    assert run.findings == ["trail-deleted"]
    assert state(arn)["IsLogging"] is True


@pytest.mark.parametrize("code", ["TrailNotFoundException", "InvalidTrailNameException"])
@pytest.mark.parametrize(
    ("operation", "named", "call"),
    [
        ("UpdateTrail", "name", "GetTrail"),
        ("PutEventSelectors", "trailName", "GetEventSelectors"),
        ("PutInsightSelectors", "trailName", "GetInsightSelectors"),
    ],
)
def test_a_trail_whose_status_was_read_is_not_taken_for_deleted(
    world: World, operation: str, named: str, call: str, code: str
) -> None:
    arn, before = learned(world)
    event = recorded(world, arn, operation, {named: "management"})
    world.endpoint.fail(f"cloudtrail:{call}", code)

    run = world.handle(event)

    assert not run.changes
    assert run.findings == ["trail-changed", "unreadable"]
    assert f"cloudtrail:{call}: {code}" in str(run.error)
    assert state(arn) == before


@pytest.mark.parametrize(
    ("failing", "missing"),
    [
        ("PutEventSelectors", ["trail-not-logging", "trail-selectors-weakened", "trail-insights-off"]),
        ("PutInsightSelectors", ["trail-not-logging", "trail-insights-off"]),
        ("StartLogging", ["trail-not-logging"]),
    ],
)
def test_a_rebuild_that_was_interrupted_has_failed_and_is_finished_when_lambda_tries_again(
    world: World, failing: str, missing: list[str]
) -> None:
    arn, before = learned(world)
    event = deletion(world, arn)
    world.endpoint.fail(f"cloudtrail:{failing}", "ConflictException", times=1)

    first = world.handle(event)

    assert first.outcomes == ["failed"]
    assert "ConflictException" in str(first.error)
    second = world.handle(event)
    assert second.findings == missing
    assert set(second.outcomes) == {"remediated"}
    assert {**state(arn), "Tags": {}} == {**before, "Tags": {}}


def test_a_rebuild_that_was_interrupted_is_finished_by_the_next_sweep(world: World) -> None:
    arn, before = learned(world)
    event = deletion(world, arn)
    world.endpoint.fail("cloudtrail:PutEventSelectors", "ConflictException", times=1)
    world.handle(event)

    world.handle(scheduled())

    assert {**state(arn), "Tags": {}} == {**before, "Tags": {}}


@pytest.mark.parametrize(
    "code",
    [
        "S3BucketDoesNotExistException",
        "InsufficientS3BucketPolicyException",
        "InsufficientEncryptionPolicyException",
        "MaximumNumberOfTrailsExceededException",
        "InternalFailure",
    ],
)
def test_a_trail_that_aws_does_not_let_be_made_has_failed_and_is_tried_by_every_sweep(
    world: World, code: str
) -> None:
    arn, _ = learned(world)
    event = deletion(world, arn)
    world.endpoint.fail("cloudtrail:CreateTrail", code, times=2)

    for alarm in (event, scheduled()):
        run = world.handle(alarm)
        assert run.outcomes == ["failed"]
        assert code in str(run.error)
        assert "it must be put right first" in run.message.body
    assert world.handle(scheduled()).outcomes == ["remediated"]
    assert state(arn)["IsLogging"] is True


def test_where_a_policy_denies_the_rebuild_it_is_said_who_can_lift_it(world: World) -> None:
    arn, _ = learned(world)
    event = deletion(world, arn)
    world.endpoint.fail("cloudtrail:CreateTrail", "AccessDeniedException")

    run = world.handle(event)

    assert run.outcomes == ["failed"]
    assert "only the management account can lift it" in run.message.body


@pytest.mark.parametrize("code", ["NotOrganizationMasterAccountException", "OrganizationsNotInUseException"])
def test_what_only_the_management_account_may_make_is_told_and_not_raised(world: World, code: str) -> None:
    arn, _ = learned(world, IsOrganizationTrail=True)
    event = deletion(world, arn)
    world.endpoint.fail("cloudtrail:CreateTrail", code)

    run = world.handle(event)

    assert run.outcomes == ["notified"]
    assert run.error is None


def test_missing_permissions_for_the_organizations_trail_are_a_failure_that_names_the_setting(
    world: World,
) -> None:
    arn, _ = learned(world, IsOrganizationTrail=True)
    event = deletion(world, arn)
    world.endpoint.fail("cloudtrail:CreateTrail", "InsufficientDependencyServiceAccessPermissionException")

    run = world.handle(event)

    assert run.outcomes == ["failed"]
    assert "needs the setting organization_trail" in run.message.body


def test_a_trail_that_somebody_else_makes_again_meanwhile_is_compared(world: World) -> None:
    arn, before = learned(world)
    event = deletion(world, arn)

    def made_meanwhile(_: object) -> None:
        if not client("cloudtrail").list_trails()["Trails"]:
            full_trail(world, EnableLogFileValidation=False)

    world.endpoint.answer("cloudtrail:CreateTrail", made_meanwhile)

    first = world.handle(event)

    assert first.outcomes == ["failed"]
    assert "StillThere" in str(first.error)
    second = world.handle(event)
    assert second.findings == ["trail-no-validation"]
    assert state(arn) == before


def test_a_creation_whose_answer_was_lost_does_not_end_the_rebuild(world: World) -> None:
    arn, before = learned(world)
    event = deletion(world, arn)

    def made_before(_: object) -> None:
        if not client("cloudtrail").list_trails()["Trails"]:
            world.trail("management", **CREATED)

    world.endpoint.answer("cloudtrail:CreateTrail", made_before)

    run = world.handle(event)

    assert run.outcomes == ["remediated"]
    assert {**state(arn), "Tags": {}} == {**before, "Tags": {}}


def test_a_trail_deleted_and_made_again_as_it_was_leaves_nothing_to_put_right(world: World) -> None:
    arn, before = learned(world)
    event = deletion(world, arn)
    full_trail(world)

    run = world.handle(event)

    assert run.outcomes == ["compliant"]
    assert not run.changes
    assert state(arn) == before


def test_a_trail_deleted_and_made_again_for_somebody_else_is_put_back(world: World) -> None:
    arn, before = learned(world)
    event = deletion(world, arn)
    client("s3").create_bucket(Bucket="attacker")
    full_trail(world, S3BucketName="attacker")
    recorded(world, arn, "CreateTrail", {"name": "management", "s3BucketName": "attacker"})

    run = world.handle(event)

    assert run.findings == ["trail-bucket-changed"]
    assert state(arn) == before
    assert "CreateTrail was called by operator" in run.message.body


def test_without_a_baseline_a_deleted_trail_is_told(world: World) -> None:
    arn = full_trail(world)
    world.trail("other")
    event = deletion(world, arn)

    run = world.handle(event)

    assert not run.changes
    assert run.findings == ["trail-deleted"]
    assert run.outcomes == ["notified"]


def test_a_trail_that_one_list_does_not_show_is_asked_for_before_it_counts_as_deleted(world: World) -> None:
    arn = full_trail(world, region=OTHER, multi_region=False)
    world.trail("everywhere")
    world.handle(scheduled())
    put(arn, "UpdateTrail", S3KeyPrefix="elsewhere")
    world.endpoint.fail("cloudtrail:ListTrails", "InternalFailure")

    run = world.handle(scheduled())

    assert "trail-deleted" not in run.findings
    assert "trail-prefix-changed" in run.findings
    assert state(arn)["S3KeyPrefix"] == "all"
    assert "InternalFailure" in str(run.error)


def test_a_trail_that_is_missing_and_cannot_be_asked_for_is_unreadable_and_not_made_again(
    world: World,
) -> None:
    arn, _ = learned(world)
    world.trail("other")
    deletion(world, arn)
    world.endpoint.fail(
        "cloudtrail:GetTrailStatus", "InternalFailure", when=lambda made: made.parameters["Name"] == arn
    )

    run = world.handle(scheduled())

    assert not run.changes
    assert run.findings == ["unreadable"]
    assert "InternalFailure" in str(run.error)


def test_a_change_of_a_trail_that_is_gone_meanwhile_makes_it_again(world: World) -> None:
    arn, _ = learned(world)
    event = change(world, arn, "UpdateTrail", S3KeyPrefix="elsewhere")
    deletion(world, arn)

    run = world.handle(event)

    assert run.findings == ["trail-deleted"]
    assert state(arn)["S3KeyPrefix"] == "all"


def test_a_trail_that_is_not_to_be_seen_after_it_was_made_again_has_failed(world: World) -> None:
    arn, _ = learned(world)
    event = deletion(world, arn)
    world.endpoint.fail("cloudtrail:GetTrailStatus", "TrailNotFoundException")

    run = world.handle(event)

    assert run.outcomes == ["failed"]
    assert "cloudtrail:GetTrailStatus: TrailNotFoundException" in str(run.error)
