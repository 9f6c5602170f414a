"""Making and changing trails as strictly as CloudTrail does."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.local import LocalAws
from tests.local_aws_tests.deploy import REGION, Deploy

GROUP = f"arn:aws:logs:{REGION}:123456789012:log-group:trail:*"
ROLE = "arn:aws:iam::123456789012:role/trail"
ADVANCED = [{"Name": "all", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]


def refusal(call: Any, **parameters: object) -> str:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return str(refused.value.response["Error"]["Code"])


@pytest.fixture
def cloudtrail(aws: LocalAws, deploy: Deploy) -> Any:
    """Give a client of an account with a trail named main."""
    deploy.trail("main")
    return aws.client("cloudtrail")


@pytest.fixture
def bucket(cloudtrail: Any) -> str:
    """Give the bucket of the trail."""
    return str(described(cloudtrail)["S3BucketName"])


def described(cloudtrail: Any) -> dict[str, Any]:
    return dict(cloudtrail.get_trail(Name="main")["Trail"])


def test_a_name_is_taken_once_in_a_region(aws: LocalAws, cloudtrail: Any, bucket: str) -> None:
    created = cloudtrail.create_trail
    assert refusal(created, Name="main", S3BucketName=bucket) == "TrailAlreadyExistsException"
    aws.client("cloudtrail", "us-west-2").create_trail(Name="main", S3BucketName=bucket)


def test_a_region_has_five_trails_with_the_shadows_of_others(
    aws: LocalAws, cloudtrail: Any, bucket: str
) -> None:
    for number in range(3):
        cloudtrail.create_trail(Name=f"trail-{number}", S3BucketName=bucket)
    there = aws.client("cloudtrail", "us-west-2")
    there.create_trail(Name="all", S3BucketName=bucket, IsMultiRegionTrail=True)
    refused = refusal(cloudtrail.create_trail, Name="sixth", S3BucketName=bucket)
    assert refused == "MaximumNumberOfTrailsExceededException"


def test_a_trail_is_made_as_it_is_asked_for_with_its_tags(
    aws: LocalAws, cloudtrail: Any, bucket: str
) -> None:
    key = aws.client("kms").create_key()["KeyMetadata"]
    topic = aws.client("sns").create_topic(Name="logs")["TopicArn"]
    made = cloudtrail.create_trail(
        Name="rich", S3BucketName=bucket, S3KeyPrefix="p", SnsTopicName=topic, IsMultiRegionTrail=True,
        EnableLogFileValidation=True, KmsKeyId=key["KeyId"], CloudWatchLogsLogGroupArn=GROUP,
        CloudWatchLogsRoleArn=ROLE, TagsList=[{"Key": "team", "Value": "security"}],
    )  # fmt: skip
    trail = cloudtrail.get_trail(Name="rich")["Trail"]
    assert trail["TrailARN"] == made["TrailARN"]
    assert (trail["KmsKeyId"], trail["SnsTopicARN"], trail["S3KeyPrefix"]) == (key["Arn"], topic, "p")
    assert (trail["IsMultiRegionTrail"], trail["LogFileValidationEnabled"]) == (True, True)
    assert (trail["CloudWatchLogsLogGroupArn"], trail["CloudWatchLogsRoleArn"]) == (GROUP, ROLE)
    (listed,) = cloudtrail.list_tags(ResourceIdList=[made["TrailARN"]])["ResourceTagList"]
    assert listed["TagsList"] == [{"Key": "team", "Value": "security"}]
    assert cloudtrail.get_trail_status(Name="rich")["IsLogging"] is False


def test_an_empty_text_takes_an_attribute_away_and_nothing_else(
    aws: LocalAws, cloudtrail: Any, bucket: str
) -> None:
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    aws.client("sns").create_topic(Name="logs")
    before = described(cloudtrail)
    given = {"KmsKeyId": key, "SnsTopicName": "logs", "S3KeyPrefix": "p"}
    group = {"CloudWatchLogsLogGroupArn": GROUP, "CloudWatchLogsRoleArn": ROLE}
    cloudtrail.update_trail(Name="main", **given, **group)
    cloudtrail.update_trail(Name="main", KmsKeyId="")
    after = described(cloudtrail)
    assert "KmsKeyId" not in after
    assert (after["SnsTopicName"], after["S3KeyPrefix"]) == ("logs", "p")
    cloudtrail.update_trail(Name="main", **dict.fromkeys([*given, *group], ""))
    assert described(cloudtrail) == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"S3BucketName": "absent"}, "S3BucketDoesNotExistException"),
        ({"SnsTopicName": "absent"}, "InsufficientSnsTopicPolicyException"),
        ({"KmsKeyId": "alias/absent"}, "KmsKeyNotFoundException"),
        ({"CloudWatchLogsLogGroupArn": GROUP}, "InvalidCloudWatchLogsRoleArnException"),
        ({"CloudWatchLogsRoleArn": ROLE}, "InvalidCloudWatchLogsLogGroupArnException"),
        (
            {"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": False},
            "InvalidParameterCombinationException",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    cloudtrail: Any, bucket: str, change: dict[str, Any], code: str
) -> None:
    before = described(cloudtrail)
    assert refusal(cloudtrail.update_trail, Name="main", **{"S3KeyPrefix": "p", **change}) == code
    assert described(cloudtrail) == before
    assert refusal(cloudtrail.create_trail, **{"Name": "other", "S3BucketName": bucket, **change}) == code


def test_a_trail_has_selectors_from_the_start_and_one_kind_of_them(cloudtrail: Any) -> None:
    (default,) = cloudtrail.get_event_selectors(TrailName="main")["EventSelectors"]
    assert default == {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }
    cloudtrail.put_event_selectors(TrailName="main", AdvancedEventSelectors=ADVANCED)
    answer = cloudtrail.get_event_selectors(TrailName="main")
    assert answer["AdvancedEventSelectors"] == ADVANCED
    assert "EventSelectors" not in answer
    cloudtrail.put_event_selectors(TrailName="main", EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    answer = cloudtrail.get_event_selectors(TrailName="main")
    assert "AdvancedEventSelectors" not in answer
    assert answer["EventSelectors"] == [{**default, "ReadWriteType": "WriteOnly"}]


@pytest.mark.parametrize(
    "selectors",
    [
        {},
        {"EventSelectors": []},
        {"EventSelectors": [{}] * 6},
        {"EventSelectors": [{}], "AdvancedEventSelectors": ADVANCED},
    ],
)
def test_selectors_that_cannot_be_are_refused(cloudtrail: Any, selectors: dict[str, Any]) -> None:
    refused = refusal(cloudtrail.put_event_selectors, TrailName="main", **selectors)
    assert refused == "InvalidEventSelectorsException"


def test_insights_are_off_until_they_are_asked_for_and_off_again_with_none(cloudtrail: Any) -> None:
    read = cloudtrail.get_insight_selectors
    assert refusal(read, TrailName="main") == "InsightNotEnabledException"
    wanted = [{"InsightType": "ApiCallRateInsight"}]
    cloudtrail.put_insight_selectors(TrailName="main", InsightSelectors=wanted)
    assert read(TrailName="main")["InsightSelectors"] == wanted
    assert described(cloudtrail)["HasInsightSelectors"] is True
    cloudtrail.put_insight_selectors(TrailName="main", InsightSelectors=[])
    assert refusal(read, TrailName="main") == "InsightNotEnabledException"
    assert described(cloudtrail)["HasInsightSelectors"] is False
    wrong = [{"InsightType": "Something"}]
    refused = refusal(cloudtrail.put_insight_selectors, TrailName="main", InsightSelectors=wrong)
    assert refused == "InvalidInsightSelectorsException"


def test_tags_go_with_the_trail_and_are_known_at_its_home_only(
    aws: LocalAws, cloudtrail: Any, bucket: str
) -> None:
    made = cloudtrail.create_trail(
        Name="tagged", S3BucketName=bucket, TagsList=[{"Key": "team", "Value": "security"}]
    )["TrailARN"]
    there = aws.client("cloudtrail", "us-west-2")
    assert refusal(there.list_tags, ResourceIdList=[made]) == "ResourceNotFoundException"
    cloudtrail.delete_trail(Name="tagged")
    assert refusal(cloudtrail.list_tags, ResourceIdList=[made]) == "ResourceNotFoundException"
    cloudtrail.create_trail(Name="tagged", S3BucketName=bucket)
    (listed,) = cloudtrail.list_tags(ResourceIdList=[made])["ResourceTagList"]
    assert listed["TagsList"] == []
