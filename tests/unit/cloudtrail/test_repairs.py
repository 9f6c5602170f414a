"""How a trail is put back: order, partial failure, refusals, other regions and partitions, and the undo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jmespath  # type: ignore[import-untyped]
import pytest

import rearm
from tests.events.envelopes import REGION, api_event, scheduled
from tests.events.identities import ACCOUNT
from tests.unit.cloudtrail.rows import ROWS, Row, advanced, change, full_trail, learned, put, state
from tests.unit.world import ORGANIZATION, World, client

OTHER = "eu-west-1"
WEAK = {
    "S3KeyPrefix": "elsewhere",
    "EnableLogFileValidation": False,
    "IsMultiRegionTrail": False,
    "IncludeGlobalServiceEvents": False,
    "KmsKeyId": "",
    "SnsTopicName": "",
    "CloudWatchLogsLogGroupArn": "",
    "CloudWatchLogsRoleArn": "",
}


def weaken(world: World, arn: str) -> None:
    """Weaken everything at once."""
    client("s3").create_bucket(Bucket="attacker")
    put(arn, "UpdateTrail", S3BucketName="attacker", **WEAK)
    put(arn, "PutInsightSelectors", InsightSelectors=[])
    put(arn, "PutEventSelectors", AdvancedEventSelectors=advanced()[:1])
    world.stop(arn)


def test_everything_at_once_is_put_back_each_as_a_finding_of_its_own(world: World) -> None:
    arn, before = learned(world)
    weaken(world, arn)

    run = world.handle(scheduled())

    assert state(arn) == before
    assert set(run.outcomes) == {"remediated"}
    assert run.findings == [
        "trail-not-logging",
        "trail-bucket-changed",
        "trail-prefix-changed",
        "trail-key-changed",
        "trail-no-global-events",
        "trail-not-multi-region",
        "trail-no-validation",
        "trail-log-group-changed",
        "trail-topic-changed",
        "trail-selectors-weakened",
        "trail-insights-off",
    ]
    assert len(run.messages) == 1


@pytest.mark.parametrize("parameter", ["S3KeyPrefix", "EnableLogFileValidation", "KmsKeyId", "SnsTopicName"])
@pytest.mark.parametrize("code", ["InternalFailure", "AccessDenied", "InsufficientEncryptionPolicyException"])
def test_an_attribute_that_cannot_be_put_back_does_not_keep_the_others_from_it(
    world: World, parameter: str, code: str
) -> None:
    arn, before = learned(world)
    weaken(world, arn)
    world.endpoint.fail("cloudtrail:UpdateTrail", code, when=lambda made: parameter in made.parameters)

    run = world.handle(scheduled())

    assert sorted(run.outcomes) == ["failed", *["remediated"] * 10]
    assert code in str(run.error)
    after = state(arn)
    assert len([key for key in before if before[key] != after.get(key)]) <= 2
    assert after["IsLogging"] is True
    # What is missing is found again.
    world.endpoint.answers["cloudtrail:UpdateTrail"].pop(0)
    world.handle(scheduled())
    assert state(arn) == before


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.id}-{number}" for number, row in enumerate(ROWS)])
def test_a_repair_that_a_policy_denies_is_critical_and_says_who_can_lift_it(world: World, row: Row) -> None:
    arn, _ = learned(world)
    event = row.attack(world, arn)
    world.endpoint.fail(row.changes[0], "AccessDeniedException")

    run = world.handle(event)

    assert run.outcomes == ["failed"]
    assert run.message.attributes["severity"] == "CRITICAL"
    assert "only the management account can lift it" in run.message.body
    assert "AccessDeniedException" in str(run.error)


@pytest.mark.parametrize("row", ROWS[:-1], ids=[f"{row.id}-{number}" for number, row in enumerate(ROWS[:-1])])
def test_every_repair_has_an_undo_and_what_must_still_be_so_for_it(world: World, row: Row) -> None:
    arn, before = learned(world)
    event = row.attack(world, arn)
    weak = state(arn)
    world.handle(event)

    (recorded,) = world.items("cloudtrail#response").values()
    ((action,),) = [finding["actions"] for finding in recorded["findings"]]
    undo = action["undo"]
    check = undo["check"]
    read = getattr(client("cloudtrail", check["region"]), _snake(check["operation"]))(**check["parameters"])
    assert jmespath.search(check["path"], read) == check["value"]
    # And the undo gives what there was before the repair.
    key = next(iter({"Name", "TrailName"} & set(undo["parameters"])))
    put(arn, undo["operation"], **{name: value for name, value in undo["parameters"].items() if name != key})
    undone = state(arn)
    assert {name: undone.get(name) for name in weak} == weak
    assert undone != before
    assert jmespath.search(check["path"], read) == check["value"]


def test_restarts_and_rebuilds_have_no_undo(world: World) -> None:
    arn, _ = learned(world)
    world.handle(ROWS[-1].attack(world, arn))

    (recorded,) = world.items("cloudtrail#response").values()
    assert [action["undo"] for action in recorded["findings"][0]["actions"]] == [None] * 4


def _snake(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")


def elsewhere(world: World, arn: str, key: bool) -> dict[str, Any]:
    """Point a trail to a bucket of another region, with a key there or with none."""
    client("s3", OTHER).create_bucket(
        Bucket="attacker", CreateBucketConfiguration={"LocationConstraint": OTHER}
    )
    wanted = world.key("attackers", region=OTHER) if key else ""
    return change(world, arn, "UpdateTrail", S3BucketName="attacker", KmsKeyId=wanted)


def test_a_bucket_and_a_key_of_another_region_are_put_back_in_one_call_since_aws_takes_no_other(
    world: World,
) -> None:
    arn, before = learned(world)
    event = elsewhere(world, arn, key=True)

    run = world.handle(event)

    assert state(arn) == before
    assert run.findings == ["trail-bucket-changed", "trail-key-changed"]
    assert run.outcomes == ["remediated", "remediated"]
    assert run.changes[0].parameters == {
        "Name": arn,
        "S3BucketName": before["S3BucketName"],
        "KmsKeyId": before["KmsKeyId"],
    }


def test_the_bucket_goes_back_before_the_key_that_is_in_its_region(world: World) -> None:
    arn, before = learned(world)
    event = elsewhere(world, arn, key=False)

    run = world.handle(event)

    assert state(arn) == before
    assert run.findings == ["trail-bucket-changed", "trail-key-changed"]
    assert [sorted(made.parameters) for made in run.changes] == [
        ["Name", "S3BucketName"],
        ["KmsKeyId", "Name"],
    ]


def test_a_key_where_there_was_none_goes_before_the_bucket_can_come_back(world: World) -> None:
    arn = full_trail(world, KmsKeyId="")
    world.handle(scheduled())
    before = state(arn)
    event = elsewhere(world, arn, key=True)

    run = world.handle(event)

    assert state(arn) == before
    assert run.findings == ["trail-key-changed", "trail-bucket-changed"]
    assert run.outcomes == ["remediated", "remediated"]


@pytest.mark.parametrize("times", [1, 3])
def test_a_repair_that_shows_late_is_looked_at_until_it_shows(world: World, times: int) -> None:
    arn, before = learned(world)
    event = change(world, arn, "UpdateTrail", S3KeyPrefix="elsewhere")
    left = [times]

    def stale(_: object, answer: dict[str, Any]) -> None:
        if left[0]:
            left[0] -= 1
            answer["Trail"]["S3KeyPrefix"] = "elsewhere"

    world.endpoint.edit("cloudtrail:GetTrail", stale)

    run = world.handle(event)

    assert run.outcomes == ["remediated"]
    assert len(run.changes) == 1
    assert state(arn) == before


def test_a_repair_that_does_not_hold_has_failed(world: World) -> None:
    arn, _ = learned(world)
    event = change(world, arn, "UpdateTrail", S3KeyPrefix="elsewhere")
    world.endpoint.edit("cloudtrail:GetTrail", lambda _, answer: answer["Trail"].update(S3KeyPrefix="other"))

    run = world.handle(event)

    assert run.outcomes == ["failed"]
    assert "StillThere" in str(run.error)


def test_a_repair_looks_again_only_at_what_it_has_put_back(world: World) -> None:
    arn, _ = learned(world)
    event = change(world, arn, "PutInsightSelectors", InsightSelectors=[])

    run = world.handle(event)

    looks = [made.operation for made in run.looks if made.service == "cloudtrail"]
    assert looks == ["GetTrailStatus", "GetInsightSelectors", "PutInsightSelectors", "GetInsightSelectors"]


@pytest.mark.parametrize(
    ("operation", "parameters", "reads"),
    [
        ("UpdateTrail", {"name": "management"}, "GetTrail"),
        ("PutEventSelectors", {"trailName": "management"}, "GetEventSelectors"),
        ("PutInsightSelectors", {"trailName": "management"}, "GetInsightSelectors"),
    ],
)
def test_an_event_leads_to_a_look_at_what_its_call_changes_and_at_nothing_else(
    world: World, operation: str, parameters: dict[str, str], reads: str
) -> None:
    learned(world)

    run = world.handle(api_event(operation, parameters=parameters))

    looks = [made.operation for made in run.looks if made.service == "cloudtrail"]
    assert looks == ["GetTrailStatus", reads] * 2
    assert run.outcomes == ["compliant"]


@pytest.mark.parametrize("operation", ["StopLogging", "StartLogging"])
def test_a_stop_is_a_matter_of_three_calls_and_no_baseline(world: World, operation: str) -> None:
    arn, _ = learned(world)
    put(arn, "UpdateTrail", S3KeyPrefix="elsewhere")
    event = world.stop_event(arn)
    event["detail"]["eventName"] = operation

    run = world.handle(event)

    looks = [made.operation for made in run.looks if made.service == "cloudtrail"]
    # A start cannot have stopped the trail: it is looked at twice, and the history is asked who has.
    more = ["GetTrailStatus"] if operation == "StartLogging" else []
    looks = [look for look in looks if look != "LookupEvents"]
    assert looks == [*more, "GetTrailStatus", "StartLogging", "GetTrailStatus"]
    asked = [made.parameters for made in run.called("dynamodb:Query")]
    assert not [one for one in asked if "baseline" in str(one)]


def test_a_stop_does_not_load_what_compares_trails() -> None:
    script = (
        "import sys, rearm.handler, rearm.automations.cloudtrail;"
        "print([name for name in sys.modules if name.startswith('rearm.automations.cloudtrail.')])"
    )
    source = str(Path(rearm.__file__).parents[1])
    loaded = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": source},
    ).stdout

    names = {name.rpartition(".")[2] for name in json.loads(loaded.replace("'", '"'))}
    assert names == {"assess", "findings", "trails"}


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.id}-{number}" for number, row in enumerate(ROWS)])
def test_a_trail_homed_elsewhere_is_put_back_there_and_the_forwarder_is_named(world: World, row: Row) -> None:
    arn = full_trail(world, region=OTHER)
    world.handle(scheduled())
    before = state(arn)
    row.attack(world, arn)

    run = world.handle(scheduled())

    assert {**state(arn), "Tags": {}} == {**before, "Tags": {}}
    assert {made.region for made in run.changes} == {OTHER}
    assert f"Events of {OTHER} do not come here: deploy modules/forwarder in {OTHER}." in run.message.body


def test_a_trail_of_this_region_names_no_forwarder(world: World) -> None:
    arn, _ = learned(world)
    change(world, arn, "UpdateTrail", S3KeyPrefix="elsewhere")

    assert "modules/forwarder" not in world.handle(scheduled()).message.body


@pytest.mark.parametrize(("partition", "region"), [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")])
@pytest.mark.parametrize("door", ["event", "sweep"])
def test_in_other_partitions_a_trail_is_put_back_and_made_again(
    world: World, partition: str, region: str, door: str
) -> None:
    topic = client("sns", region).create_topic(Name="rearm-notifications")["TopicArn"]
    role = f"arn:{partition}:iam::{ACCOUNT}:role/rearm-cloudtrail"
    world.deploy(region=region, topic=topic, role_arn=role)
    arn = full_trail(world, region=region, KmsKeyId="")
    world.handle(scheduled())
    before = state(arn)

    for row in (ROWS[1], ROWS[-1]):
        event = row.attack(world, arn)
        run = world.handle(event if door == "event" else scheduled())

        assert row.rule in run.findings
        assert {**state(arn), "Tags": {}} == {**before, "Tags": {}}
        assert arn.startswith(f"arn:{partition}:")
        assert {made.region for made in run.calls} == {region}


@pytest.mark.parametrize("call", ["UpdateTrail", "PutEventSelectors", "PutInsightSelectors", "DeleteTrail"])
def test_a_call_on_the_organizations_trail_in_another_account_is_told_and_nothing_is_compared(
    world: World, call: str
) -> None:
    world.trail("own")
    trail = world.organization_trail()

    run = world.handle(api_event(call, parameters={"name": trail.arn, "s3BucketName": "attacker"}))

    assert not run.changes
    assert run.error is None
    assert set(run.outcomes) == {"notified"}
    assert not [made for made in run.calls if made.operation in ("GetTrail", "GetEventSelectors", "ListTags")]


def test_the_organizations_trail_is_neither_learned_nor_missed_by_a_member(world: World) -> None:
    world.trail("own")
    world.organization_trail()
    world.handle(scheduled())
    assert not [arn for arn in world.items("cloudtrail#baseline") if ORGANIZATION in arn]
    foreign = f"arn:aws:cloudtrail:{REGION}:{ORGANIZATION}:trail/organization"
    world.put_item(
        "cloudtrail#baseline",
        foreign,
        {"state": {"S3BucketName": "logs"}, "recorded": "2026-11-24T09:30:00+00:00", "origin": "first-seen"},
        count=1,
    )
    world.organization_trails.clear()

    run = world.handle(scheduled())

    assert run.outcomes == ["compliant"]
    assert not run.changes


def test_in_the_management_account_the_organization_flag_is_put_back(world: World) -> None:
    arn, before = learned(world, IsOrganizationTrail=True)
    event = change(world, arn, "UpdateTrail", IsOrganizationTrail=False)

    run = world.handle(event)

    assert state(arn) == before
    assert run.findings == ["trail-not-organization"]
    assert "needs the setting organization_trail" in run.message.body
