"""Trails as AWS shows and guards them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.local import LocalAws
from tests.local_aws.trails import ForeignTrail
from tests.local_aws_tests.deploy import REGION, Deploy

ELSEWHERE = "us-west-2"
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("start_logging", {"Name": "main"}),
    ("stop_logging", {"Name": "main"}),
    ("update_trail", {"Name": "main", "S3KeyPrefix": "p"}),
    ("delete_trail", {"Name": "main"}),
    (
        "put_event_selectors",
        {"TrailName": "main", "EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]},
    ),
    (
        "put_insight_selectors",
        {"TrailName": "main", "InsightSelectors": [{"InsightType": "ApiCallRateInsight"}]},
    ),
]


def refusal(call: Any, **parameters: object) -> str:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return str(refused.value.response["Error"]["Code"])


def renamed(parameters: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: name if value == "main" else value for key, value in parameters.items()}


@pytest.mark.parametrize(("operation", "parameters"), CHANGES)
def test_a_trail_is_changed_in_its_home_region_by_name_or_arn(
    aws: LocalAws, deploy: Deploy, operation: str, parameters: dict[str, Any]
) -> None:
    arn = deploy.trail("main")
    call = getattr(aws.client("cloudtrail"), operation)
    call(**renamed(parameters, arn))
    if operation != "delete_trail":
        call(**parameters)


@pytest.mark.parametrize("by_arn", [False, True])
@pytest.mark.parametrize(("operation", "parameters"), CHANGES)
def test_a_shadow_trail_cannot_be_changed(
    aws: LocalAws, deploy: Deploy, operation: str, parameters: dict[str, Any], *, by_arn: bool
) -> None:
    arn = deploy.trail("main", multi_region=True)
    call = getattr(aws.client("cloudtrail", ELSEWHERE), operation)
    assert refusal(call, **renamed(parameters, arn if by_arn else "main")) == "InvalidHomeRegionException"
    assert aws.client("cloudtrail").get_trail_status(Name="main")["IsLogging"] is True


@pytest.mark.parametrize("name", ["absent", f"arn:aws:cloudtrail:{REGION}:123456789012:trail/absent"])
@pytest.mark.parametrize(("operation", "parameters"), CHANGES)
def test_a_trail_that_is_not_there_cannot_be_changed(
    aws: LocalAws, operation: str, parameters: dict[str, Any], name: str
) -> None:
    call = getattr(aws.client("cloudtrail"), operation)
    assert refusal(call, **renamed(parameters, name)) == "TrailNotFoundException"


def test_a_deleted_trail_is_gone(aws: LocalAws, deploy: Deploy) -> None:
    arn = deploy.trail("main")
    cloudtrail = aws.client("cloudtrail")
    cloudtrail.delete_trail(Name=arn)
    assert cloudtrail.list_trails()["Trails"] == []
    assert refusal(cloudtrail.get_trail_status, Name="main") == "TrailNotFoundException"


def test_a_multi_region_trail_is_seen_everywhere_with_its_home_region(aws: LocalAws, deploy: Deploy) -> None:
    arn = deploy.trail("main", multi_region=True)
    there = aws.client("cloudtrail", ELSEWHERE)
    (shadow,) = there.describe_trails()["trailList"]
    assert (shadow["TrailARN"], shadow["HomeRegion"]) == (arn, REGION)
    assert there.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert there.get_trail_status(Name=arn)["IsLogging"] is True
    assert refusal(there.get_trail_status, Name="main") == "TrailNotFoundException"


def test_a_trail_of_one_region_is_seen_only_there(aws: LocalAws, deploy: Deploy) -> None:
    arn = deploy.trail("main")
    there = aws.client("cloudtrail", ELSEWHERE)
    assert there.describe_trails()["trailList"] == []
    assert refusal(there.get_trail_status, Name=arn) == "TrailNotFoundException"
    assert refusal(there.stop_logging, Name=arn) == "InvalidHomeRegionException"


def test_all_regions_trails_are_listed_everywhere(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("one")
    deploy.trail("two", region=ELSEWHERE)
    trails = aws.client("cloudtrail", "ap-south-1").list_trails()["Trails"]
    assert {(trail["Name"], trail["HomeRegion"]) for trail in trails} == {("one", REGION), ("two", ELSEWHERE)}


def test_named_trails_are_described_and_unknown_ones_left_out(aws: LocalAws, deploy: Deploy) -> None:
    arn = deploy.trail("one")
    deploy.trail("two")
    described = aws.client("cloudtrail").describe_trails(trailNameList=[arn, "absent"])["trailList"]
    assert [trail["Name"] for trail in described] == ["one"]


def test_the_status_has_the_times_of_the_last_start_and_stop(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    cloudtrail = aws.client("cloudtrail")
    cloudtrail.stop_logging(Name="main")
    stopped_by = datetime.now(UTC)
    status = cloudtrail.get_trail_status(Name="main")
    assert status["IsLogging"] is False
    assert status["StartLoggingTime"] <= status["StopLoggingTime"]
    assert abs(stopped_by - status["StopLoggingTime"]) < timedelta(seconds=2)
    assert "LatestDeliveryError" not in status


def test_a_delivery_error_is_set_and_taken_away(aws: LocalAws, deploy: Deploy) -> None:
    arn = deploy.trail("main")
    cloudtrail = aws.client("cloudtrail")
    aws.set_delivery_error(arn, "AccessDenied")
    status = cloudtrail.get_trail_status(Name="main")
    assert (status["IsLogging"], status["LatestDeliveryError"]) == (True, "AccessDenied")
    aws.set_delivery_error(arn, None)
    assert "LatestDeliveryError" not in cloudtrail.get_trail_status(Name="main")


def test_selectors_show_in_the_description(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    cloudtrail = aws.client("cloudtrail")
    assert cloudtrail.get_trail(Name="main")["Trail"]["HasCustomEventSelectors"] is False
    cloudtrail.put_event_selectors(
        TrailName="main", EventSelectors=[{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}]
    )
    assert cloudtrail.get_trail(Name="main")["Trail"]["HasCustomEventSelectors"] is True
    selectors = cloudtrail.get_event_selectors(TrailName="main")["EventSelectors"]
    assert selectors[0]["ReadWriteType"] == "ReadOnly"


def test_an_organization_trail_is_seen_by_its_member_and_cannot_be_changed(aws: LocalAws) -> None:
    stopped = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    trail = ForeignTrail(
        "organization", "999999999999", REGION, "their-logs", logging=False, stopped_at=stopped
    )
    aws.plant_organization_trail(trail)
    cloudtrail = aws.client("cloudtrail")
    (seen,) = cloudtrail.describe_trails()["trailList"]
    assert seen["TrailARN"] == f"arn:aws:cloudtrail:{REGION}:999999999999:trail/organization"
    assert seen["IsOrganizationTrail"] is True
    assert cloudtrail.list_trails()["Trails"][0]["TrailARN"] == trail.arn
    status = cloudtrail.get_trail_status(Name=trail.arn)
    assert (status["IsLogging"], status["StopLoggingTime"]) == (False, stopped)
    for region in (REGION, ELSEWHERE):
        call = aws.client("cloudtrail", region).start_logging
        assert refusal(call, Name=trail.arn) == "NotOrganizationMasterAccountException"


def test_the_refusal_of_an_organization_trail_can_be_chosen(aws: LocalAws) -> None:
    trail = ForeignTrail("organization", "999999999999", REGION, "their-logs", logging=False)
    aws.plant_organization_trail(trail, "AccessDeniedException")
    assert refusal(aws.client("cloudtrail").start_logging, Name=trail.arn) == "AccessDeniedException"
