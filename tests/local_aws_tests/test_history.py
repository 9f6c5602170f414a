"""LookupEvents."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.local import LocalAws
from tests.local_aws.options import Options
from tests.local_aws_tests.deploy import Deploy


def by_name(name: str) -> list[dict[str, str]]:
    return [{"AttributeKey": "EventName", "AttributeValue": name}]


def test_a_call_is_found_by_its_name_newest_first(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("one")
    deploy.trail("two")
    found = aws.client("cloudtrail").lookup_events(LookupAttributes=by_name("StartLogging"))["Events"]
    assert [json.loads(event["CloudTrailEvent"])["requestParameters"]["name"] for event in found] == [
        "two",
        "one",
    ]
    event = found[0]
    record = json.loads(event["CloudTrailEvent"])
    assert event["EventId"] == record["eventID"]
    assert event["EventSource"] == "cloudtrail.amazonaws.com"
    assert event["ReadOnly"] == "false"
    assert event["Username"] == "somebody"
    assert event["AccessKeyId"] == record["userIdentity"]["accessKeyId"]
    assert event["Resources"] == [{"ResourceType": "AWS::CloudTrail::Trail", "ResourceName": "two"}]
    assert abs(datetime.now(UTC) - event["EventTime"]) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("key", "value", "names"),
    [
        ("Username", "mallory", {"StopLogging"}),
        ("ResourceName", "main", {"CreateTrail", "StartLogging", "StopLogging"}),
        ("EventSource", "iam.amazonaws.com", set()),
        ("ReadOnly", "true", {"DescribeTrails"}),
    ],
)
def test_a_call_is_found_by_other_attributes(
    aws: LocalAws, deploy: Deploy, key: str, value: str, names: set[str]
) -> None:
    deploy.trail("main")
    aws.client("cloudtrail", keys=deploy.user("mallory")).stop_logging(Name="main")
    cloudtrail = aws.client("cloudtrail")
    cloudtrail.describe_trails()
    found = cloudtrail.lookup_events(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])
    assert {event["EventName"] for event in found["Events"]} - {"LookupEvents", "ListBuckets"} == names


def test_pages_follow_one_another(aws: LocalAws, deploy: Deploy) -> None:
    for number in range(5):
        deploy.trail(f"trail-{number}")
    pages = aws.client("cloudtrail").get_paginator("lookup_events")
    given: list[dict[str, Any]] = []
    for page in pages.paginate(
        LookupAttributes=by_name("CreateTrail"), PaginationConfig={"PageSize": 2, "MaxItems": 50}
    ):
        assert len(page["Events"]) <= 2
        given += page["Events"]
    assert [event["Resources"][0]["ResourceName"] for event in given] == [
        f"trail-{number}" for number in (4, 3, 2, 1, 0)
    ]


def test_only_calls_within_the_times_are_found(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    cloudtrail = aws.client("cloudtrail")
    now = datetime.now(UTC)
    minute = timedelta(minutes=1)
    within = cloudtrail.lookup_events(
        LookupAttributes=by_name("CreateTrail"), StartTime=now - minute, EndTime=now + minute
    )
    before = cloudtrail.lookup_events(LookupAttributes=by_name("CreateTrail"), EndTime=now - minute)
    after = cloudtrail.lookup_events(LookupAttributes=by_name("CreateTrail"), StartTime=now + minute)
    assert [len(answer["Events"]) for answer in (within, before, after)] == [1, 0, 0]


def test_the_history_is_a_regions_own(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    there = aws.client("cloudtrail", "us-west-2").lookup_events(LookupAttributes=by_name("CreateTrail"))
    assert there["Events"] == []


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"StartTime": datetime(2026, 2, 1), "EndTime": datetime(2026, 1, 1)}, "InvalidTimeRangeException"),  # noqa: DTZ001
        ({"NextToken": "no token"}, "InvalidNextTokenException"),
        ({"LookupAttributes": by_name("A") + by_name("B")}, "InvalidLookupAttributesException"),
    ],
)
def test_bad_questions_are_refused(aws: LocalAws, parameters: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        aws.client("cloudtrail").lookup_events(**parameters)
    assert refused.value.response["Error"]["Code"] == code


def test_a_call_is_found_only_after_the_lag(options: Options) -> None:
    with LocalAws(replace(options, lookup_lag_s=0.4)) as aws:
        Deploy(aws).trail("main")
        cloudtrail = aws.client("cloudtrail")

        def found() -> int:
            return len(cloudtrail.lookup_events(LookupAttributes=by_name("StartLogging"))["Events"])

        assert found() == 0
        aws.wait_for(lambda: found() == 1, 5)


def test_a_third_question_within_a_second_is_throttled(options: Options) -> None:
    with LocalAws(replace(options, lookups_per_second=2)) as aws:
        cloudtrail = aws.client("cloudtrail")
        cloudtrail.lookup_events()
        cloudtrail.lookup_events()
        with pytest.raises(ClientError) as refused:
            cloudtrail.lookup_events()
        assert refused.value.response["Error"]["Code"] == "ThrottlingException"
