"""What is found about trails: deliveries that fail, answers that lack something, accounts without a trail."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.envelopes import api_event, config_change, scheduled, stop_logging
from tests.unit.endpoint import Made
from tests.unit.world import World


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("LatestDeliveryError", "log files to the bucket"),
        ("LatestDigestDeliveryError", "digest files to the bucket"),
        ("LatestCloudWatchLogsDeliveryError", "events to CloudWatch Logs"),
    ],
)
def test_a_trail_that_says_it_logs_while_its_last_delivery_failed_is_reported(
    world: World, key: str, what: str
) -> None:
    """IsLogging: true does not mean that logs arrive."""
    arn = world.trail("management")
    world.endpoint.edit("cloudtrail:GetTrailStatus", lambda _, answer: answer.update({key: "AccessDenied"}))

    run = world.handle(scheduled())

    assert world.logs(arn)
    assert not run.changes
    assert run.outcomes == ["notified"]
    assert run.findings == ["trail-delivery-failing"]
    told = f"Trail management logs, but its last delivery failed ({what}: AccessDenied)."
    assert told in run.message.lines


@pytest.mark.parametrize("error", ["", None])
def test_an_empty_delivery_error_is_none(world: World, error: str | None) -> None:
    world.trail("management")
    world.endpoint.edit(
        "cloudtrail:GetTrailStatus", lambda _, answer: answer.update({"LatestDeliveryError": error})
    )

    assert world.handle(scheduled()).outcomes == ["compliant"]


def test_a_stopped_trail_whose_delivery_fails_is_started_and_the_failure_reported(world: World) -> None:
    arn = world.trail("management")
    world.stop(arn)
    world.endpoint.edit(
        "cloudtrail:GetTrailStatus", lambda _, answer: answer.update({"LatestDeliveryError": "NoSuchBucket"})
    )

    run = world.handle(scheduled())

    assert world.logs(arn)
    assert dict(zip(run.findings, run.outcomes, strict=True)) == {
        "trail-not-logging": "remediated",
        "trail-delivery-failing": "notified",
    }
    assert run.error is None


@pytest.mark.parametrize("logging", ["missing", None, "true", 1])
@pytest.mark.parametrize("make", [stop_logging, scheduled], ids=["api", "sweep"])
def test_a_status_without_is_logging_is_malformed_and_never_taken_for_health(
    world: World, logging: object, make: Any
) -> None:
    arn = world.trail("management")
    world.stop(arn)

    def spoil(_: Made, answer: dict[str, Any]) -> None:
        answer.pop("IsLogging")
        if logging != "missing":
            answer["IsLogging"] = logging

    world.endpoint.edit("cloudtrail:GetTrailStatus", spoil)

    run = world.handle(make())

    assert not run.changes
    assert run.outcomes == ["failed"]
    assert "IsLogging is missing" in str(run.error)
    assert run.message.attributes["outcome"] == "failed"


@pytest.mark.parametrize(
    ("call", "spoil"),
    [
        ("cloudtrail:DescribeTrails", lambda answer: answer.pop("trailList")),
        ("cloudtrail:DescribeTrails", lambda answer: answer.update(trailList=[{"Name": "management"}])),
        ("cloudtrail:DescribeTrails", lambda answer: answer.update(trailList=[{"TrailARN": "management"}])),
        ("cloudtrail:ListTrails", lambda answer: answer.pop("Trails")),
        ("cloudtrail:ListTrails", lambda answer: answer.update(Trails=[{"TrailARN": None}])),
    ],
)
def test_a_malformed_list_of_trails_is_raised_and_the_other_list_is_used(
    world: World, call: str, spoil: Any
) -> None:
    arn = world.trail("management")
    world.stop(arn)
    world.endpoint.edit(call, lambda _, answer: spoil(answer))

    run = world.handle(scheduled())

    assert run.error
    assert "MalformedAnswer" in str(run.error)
    assert world.logs(arn)
    assert sorted(run.outcomes) == ["failed", "remediated"]


def test_no_trail_at_all_is_a_critical_finding_of_the_account_and_nothing_is_invented(world: World) -> None:
    run = world.handle(scheduled())

    assert not run.changes
    assert run.outcomes == ["notified"]
    assert run.findings == ["no-trail"]
    assert run.message.attributes["severity"] == "CRITICAL"
    assert run.line["rearm"]["resource"]["arn"] == "arn:aws:iam::123456789012:root"
    assert "Rearm invents none" in run.message.body


def test_the_last_trail_deleted_is_told_as_deleted_and_as_none_left(world: World) -> None:
    run = world.handle(api_event("DeleteTrail", parameters={"name": "management"}))

    assert run.findings == ["trail-deleted", "no-trail"]
    assert run.message.attributes["severity"] == "CRITICAL"


def test_an_account_where_every_list_of_trails_fails_is_not_said_to_have_none(world: World) -> None:
    world.endpoint.fail("cloudtrail:DescribeTrails", "ServiceUnavailable")
    world.endpoint.fail("cloudtrail:ListTrails", "ServiceUnavailable")

    run = world.handle(scheduled())

    assert set(run.findings) == {"unreadable"}
    assert set(run.outcomes) == {"failed"}
    assert "ServiceUnavailable" in str(run.error)


@pytest.mark.parametrize("failing", ["cloudtrail:DescribeTrails", "cloudtrail:ListTrails"])
def test_one_failing_list_is_not_taken_for_no_trail_at_all(world: World, failing: str) -> None:
    world.endpoint.fail(failing, "AccessDeniedException")

    run = world.handle(scheduled())

    assert "no-trail" not in run.findings
    assert "AccessDeniedException" in str(run.error)


@pytest.mark.parametrize(
    ("multi_region", "found"), [(True, [None]), (False, ["no-multi-region-trail"])], ids=["has", "lacks"]
)
def test_with_the_multi_region_rule_an_account_needs_a_multi_region_trail(
    world: World, multi_region: bool, found: list[str | None]
) -> None:
    world.deploy(settings={"config_rule": "multi-region-cloudtrail-enabled"})
    world.trail("management", multi_region=multi_region)

    run = world.handle(config_change("rearm-multi-region-cloudtrail-enabled"))

    assert run.findings == found
    assert not run.changes


def test_a_stopped_multi_region_trail_is_not_also_reported_as_missing(world: World) -> None:
    world.deploy(settings={"config_rule": "multi-region-cloudtrail-enabled"})
    arn = world.trail("management", multi_region=True)
    world.stop(arn)

    run = world.handle(scheduled())

    assert run.findings == ["trail-not-logging"]
    assert world.logs(arn)


def test_without_the_multi_region_rule_no_multi_region_trail_is_asked_for(world: World) -> None:
    world.trail("management")

    assert world.handle(scheduled()).findings == [None]
