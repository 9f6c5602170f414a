"""CloudTrail's peculiarities, one by one: where a trail lives, how it is named, what its answers may lack."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.envelopes import api_event, scheduled, stop_logging
from tests.unit.endpoint import Made
from tests.unit.world import World, ago, stamp

Event = dict[str, Any]
ABSENT_PARAMETERS: list[object] = [
    None,
    {},
    "null",
    "",
    [],
    {"name": None},
    {"name": ""},
    {"name": "null"},
    {"name": 7},
]


def test_shadow_trails_of_a_multi_region_trail_are_acted_on_once_in_the_home_region(world: World) -> None:
    # Given a multi-region trail that is homed elsewhere, so that this region shows its shadow
    arn = world.trail("everywhere", region="eu-west-1", multi_region=True)
    world.stop(arn)

    run = world.handle(scheduled())

    assert world.logs(arn)
    (start,) = run.called("cloudtrail:StartLogging")
    assert start.region == "eu-west-1"
    assert start.parameters == {"Name": arn}
    assert run.outcomes == ["remediated"]
    assert run.line["cloud"]["region"] == "eu-west-1"


def test_a_trail_seen_twice_under_one_arn_is_acted_on_once(world: World) -> None:
    """DescribeTrails and ListTrails both show it; group by ARN."""
    arn = world.trail("management", multi_region=True)
    world.stop(arn)
    world.endpoint.edit(
        "cloudtrail:DescribeTrails", lambda _, answer: answer["trailList"].extend(answer["trailList"])
    )

    run = world.handle(scheduled())

    assert len(run.called("cloudtrail:StartLogging")) == 1
    assert run.outcomes == ["remediated"]


def test_a_trail_homed_in_another_region_that_is_not_multi_region_is_found_and_started_there(
    world: World,
) -> None:
    """DescribeTrails does not show it here, ListTrails does."""
    arn = world.trail("frankfurt", region="eu-central-1", multi_region=False)
    world.stop(arn)

    run = world.handle(scheduled())

    assert world.logs(arn)
    assert [made.region for made in run.called("cloudtrail:StartLogging")] == ["eu-central-1"]


def test_a_call_in_another_region_is_looked_at_there(world: World) -> None:
    """The same short name is another trail in each region."""
    here, there = world.trail("management"), world.trail("management", region="eu-central-1")
    event = world.stop_event(there, parameters={"name": "management"})

    run = world.handle(event)

    assert world.logs(there)
    assert [made.parameters["Name"] for made in run.called("cloudtrail:StartLogging")] == [there]
    assert not [made for made in run.calls if here in str(made.parameters)]


def test_a_forwarded_event_keeps_the_region_of_the_call_in_its_detail(world: World) -> None:
    world.trail("management")
    there = world.trail("management", region="eu-central-1")
    event = world.stop_event(there, parameters={"name": "management"}) | {"region": "us-east-1"}

    run = world.handle(event)

    assert world.logs(there)
    assert run.line["rearm"]["resource"]["arn"] == there


@pytest.mark.parametrize("service", ["s3", "ec2", "cloudtrail-data"])
def test_a_call_of_another_service_is_none_of_our_business(world: World, service: str) -> None:
    """Its parameters may have the same names, and the same values."""
    arn = world.trail("management")
    world.stop(arn)

    run = world.handle(api_event("StopLogging", service=service, parameters={"name": "management"}))

    assert not world.logs(arn)
    assert run.outcomes == ["compliant"]
    assert not [made for made in run.calls if made.service == "cloudtrail"]


@pytest.mark.parametrize("key", ["name", "trailName", "resourceId"])
@pytest.mark.parametrize("by_arn", [False, True], ids=["name", "arn"])
def test_a_trail_is_named_by_its_name_or_its_arn(world: World, key: str, by_arn: bool) -> None:
    arn = world.trail("management")
    world.stop(arn)

    run = world.handle(api_event("StopLogging", parameters={key: arn if by_arn else "management"}))

    assert world.logs(arn)
    assert not run.called("cloudtrail:DescribeTrails")
    assert run.line["rearm"]["resource"] == {
        "arn": arn,
        "name": "management",
        "type": "AWS::CloudTrail::Trail",
    }


def test_the_arn_in_a_call_decides_the_region_even_if_the_event_is_of_another_one(world: World) -> None:
    arn = world.trail("management", region="eu-west-1")
    world.stop(arn)

    world.handle(stop_logging(arn, region="us-east-1"))

    assert world.logs(arn)


@pytest.mark.parametrize("parameters", ABSENT_PARAMETERS, ids=repr)
def test_a_call_whose_parameters_are_null_or_name_nothing_looks_at_all_trails(
    world: World, parameters: object
) -> None:
    arns = [world.trail("alpha"), world.trail("beta", region="eu-west-1")]
    for arn in arns:
        world.stop(arn)

    run = world.handle(api_event("StopLogging", parameters=parameters))

    assert all(world.logs(arn) for arn in arns)
    assert run.outcomes == ["remediated", "remediated"]


@pytest.mark.parametrize("parameters", ABSENT_PARAMETERS, ids=repr)
def test_a_denied_call_without_parameters_is_told(world: World, parameters: object) -> None:
    run = world.handle(api_event("StopLogging", parameters=parameters, error="AccessDenied"))

    assert run.outcomes == ["notified"]
    assert "a resource that it did not name" in run.message.body


@pytest.mark.parametrize("call", ["StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"])
@pytest.mark.parametrize(
    "error", ["AccessDenied", "Client.UnauthorizedOperation", "TrailNotFoundException", "ThrottlingException"]
)
def test_a_denied_call_is_told_and_changes_nothing_even_if_the_trail_is_stopped(
    world: World, call: str, error: str
) -> None:
    arn = world.trail("management")
    world.stop(arn)

    run = world.handle(api_event(call, parameters={"name": "management"}, error=error))

    assert not world.logs(arn)
    assert [made.operation for made in run.looks] == ["Publish"]
    assert run.outcomes == ["notified"]
    assert run.findings == ["denied-call"]
    shown = error.replace(".", "[.]")
    assert f"{call} on management was refused by AWS ({shown}). Nothing was changed." in run.message.lines
    assert run.message.attributes["severity"] == "MEDIUM"
    assert run.line["event"]["code"] == error
    assert (run.line["event"]["category"], run.line["event"]["type"]) == (["api"], ["denied"])


@pytest.mark.parametrize("door", ["api", "sweep"])
def test_a_trail_gone_by_the_time_we_look_is_reported_and_nothing_is_invented(
    world: World, door: str
) -> None:
    # Given an alarm about a trail that does not exist any more, beside one that logs
    kept = world.trail("kept")
    event = stop_logging("gone") if door == "api" else scheduled()

    run = world.handle(event)

    assert not run.changes
    assert run.error is None
    assert world.logs(kept)
    assert run.findings == (["trail-gone"] if door == "api" else [None])


@pytest.mark.parametrize("failing", ["cloudtrail:DescribeTrails", "cloudtrail:ListTrails"])
def test_a_trail_that_is_not_found_is_not_said_to_be_gone_while_a_list_fails(
    world: World, failing: str
) -> None:
    """It may be the one of that name in another region."""
    world.endpoint.fail(failing, "InternalFailure")

    run = world.handle(stop_logging("management"))

    assert run.findings == ["unreadable"]
    assert run.outcomes == ["failed"]
    assert "InternalFailure" in str(run.error)


def test_a_name_that_leads_nowhere_in_the_calls_region_is_looked_for_in_all(world: World) -> None:
    arn = world.trail("management", region="eu-central-1")
    world.stop(arn)

    run = world.handle(stop_logging("management", region="us-east-1"))

    assert world.logs(arn)
    assert run.outcomes == ["remediated"]


def test_a_trail_deleted_between_the_look_and_the_repair_is_a_raised_failure(world: World) -> None:
    """It was there and stopped; that it cannot be started any more must not pass for a repair."""
    arn = world.trail("management")
    event = world.stop_event(arn)

    def vanish(_: Made) -> None:
        world.delete(arn)

    world.endpoint.answer("cloudtrail:StartLogging", vanish)

    run = world.handle(event)

    assert run.outcomes == ["failed"]
    assert run.error
    # And when Lambda tries again it finds that the trail is gone
    assert world.handle(event).findings == ["trail-gone", "no-trail"]


def test_a_trail_deleted_right_after_its_repair_is_not_said_to_be_repaired(world: World) -> None:
    arn = world.trail("management")
    event = world.stop_event(arn)
    world.endpoint.edit("cloudtrail:StartLogging", lambda *_: world.delete(arn))

    run = world.handle(event)

    assert run.outcomes == ["failed"]
    assert "gone by the time we look again" in str(run.error)


def test_a_deleted_trail_is_told_with_everything_known_about_it(world: World) -> None:
    arn = world.trail("management")
    world.delete(arn)
    world.trail("other")

    run = world.handle(api_event("DeleteTrail", parameters={"name": arn}, time=stamp(ago(30))))

    assert not run.changes
    assert run.outcomes == ["notified"]
    assert run.findings == ["trail-deleted"]
    assert run.message.attributes["severity"] == "CRITICAL"
    assert f"ARN: {arn}" in run.message.lines
    assert "DeleteTrail was called by operator (IAMUser)." in run.message.lines


def test_a_trail_deleted_and_made_again_is_told(world: World) -> None:
    arn = world.trail("management")

    run = world.handle(api_event("DeleteTrail", parameters={"name": "management"}))

    assert world.logs(arn)
    assert not run.changes
    assert run.findings == ["trail-deleted-and-made-again"]


def test_a_trail_deleted_and_made_again_without_being_started_is_started(world: World) -> None:
    arn = world.trail("management", logging=False)

    run = world.handle(api_event("DeleteTrail", parameters={"name": "management"}))

    assert world.logs(arn)
    assert sorted(run.outcomes) == ["notified", "remediated"]


@pytest.mark.parametrize(
    ("call", "parameters", "told"),
    [
        (
            "UpdateTrail",
            {"name": "management", "isMultiRegionTrail": False},
            "UpdateTrail changed trail management: isMultiRegionTrail = false, name = management.",
        ),
        (
            "PutEventSelectors",
            {"trailName": "management", "eventSelectors": [{"includeManagementEvents": False}]},
            (
                "PutEventSelectors changed trail management: eventSelectors = "
                '[{"includeManagementEvents": false}], trailName = management.'
            ),
        ),
    ],
)
def test_a_change_of_a_trail_is_reported_with_its_parameters_and_not_repaired(
    world: World, call: str, parameters: dict[str, object], told: str
) -> None:
    arn = world.trail("management")

    run = world.handle(api_event(call, parameters=parameters))

    assert world.logs(arn)
    assert not run.changes
    assert run.outcomes == ["notified"]
    assert run.findings == ["trail-changed"]
    assert told in run.message.lines
    assert "Nothing was changed: there is no repair that Rearm may make here." in run.message.lines


def test_a_trail_that_was_changed_and_is_stopped_is_started(world: World) -> None:
    arn = world.trail("management")
    world.stop(arn)

    run = world.handle(api_event("UpdateTrail", parameters={"name": "management"}))

    assert world.logs(arn)
    assert sorted(run.outcomes) == ["notified", "remediated"]
