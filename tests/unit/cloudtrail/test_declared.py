"""Declared baselines: Terraform's names and values into AWS's, and what cannot be read of them."""

from __future__ import annotations

from typing import Any

import pytest

from rearm.automations.cloudtrail.declared import DeclaredTrails

ARN = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/management"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/one"


def test_every_attribute_becomes_what_aws_calls_it() -> None:
    declared = DeclaredTrails(
        {
            "management": {
                "s3_bucket_name": "logs",
                "s3_key_prefix": "all",
                "sns_topic_name": "trails",
                "include_global_service_events": True,
                "is_multi_region_trail": True,
                "is_organization_trail": False,
                "enable_log_file_validation": True,
                "kms_key_id": KEY,
                "cloud_watch_logs_group_arn": "arn:aws:logs:eu-west-1:123456789012:log-group:trail:*",
                "cloud_watch_logs_role_arn": "arn:aws:iam::123456789012:role/trail",
                "event_selector": [
                    {
                        "read_write_type": "WriteOnly",
                        "include_management_events": False,
                        "exclude_management_event_sources": ["kms.amazonaws.com"],
                        "data_resource": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}],
                    }
                ],
                "insight_selector": [{"insight_type": "ApiCallRateInsight"}],
            }
        }
    )

    assert declared.problems == []
    assert declared.of(ARN) == {
        "S3BucketName": "logs",
        "S3KeyPrefix": "all",
        "SnsTopicARN": "arn:aws:sns:eu-west-1:123456789012:trails",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "IsOrganizationTrail": False,
        "LogFileValidationEnabled": True,
        "KmsKeyId": KEY,
        "CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:123456789012:log-group:trail:*",
        "CloudWatchLogsRoleArn": "arn:aws:iam::123456789012:role/trail",
        "EventSelectors": [
            {
                "ReadWriteType": "WriteOnly",
                "IncludeManagementEvents": False,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
                "ExcludeManagementEventSources": ["kms.amazonaws.com"],
            }
        ],
        "AdvancedEventSelectors": None,
        "InsightSelectors": [{"InsightType": "ApiCallRateInsight"}],
    }


def test_advanced_selectors_become_awss_and_stand_for_the_basic_ones() -> None:
    declared = DeclaredTrails(
        {
            ARN: {
                "advanced_event_selector": [
                    {
                        "name": "some",
                        "field_selector": [
                            {"field": "eventCategory", "equals": ["Data"], "not_equals": None},
                            {"field": "resources.ARN", "starts_with": ["arn:aws:s3:::a/"], "equals": []},
                        ],
                    }
                ]
            }
        }
    )

    assert declared.problems == []
    assert declared.of(ARN) == {
        "AdvancedEventSelectors": [
            {
                "Name": "some",
                "FieldSelectors": [
                    {"Field": "eventCategory", "Equals": ["Data"]},
                    {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::a/"]},
                ],
            }
        ],
        "EventSelectors": None,
    }


@pytest.mark.parametrize("nothing", [None, {}, {"another": {"s3_bucket_name": "logs"}}])
def test_a_trail_that_is_not_declared_has_nothing_declared(nothing: Any) -> None:
    assert DeclaredTrails(nothing).of(ARN) == {}


def test_an_empty_text_declares_that_there_is_none_and_null_declares_nothing() -> None:
    declared = DeclaredTrails(
        {ARN: {"kms_key_id": "", "s3_key_prefix": "", "sns_topic_name": "", "s3_bucket_name": None}}
    )

    assert declared.problems == []
    assert declared.of(ARN) == {"KmsKeyId": None, "S3KeyPrefix": None, "SnsTopicARN": None}


def test_what_is_declared_under_the_arn_goes_before_what_is_declared_under_the_name() -> None:
    declared = DeclaredTrails(
        {"management": {"s3_bucket_name": "by-name"}, ARN: {"s3_bucket_name": "by-arn"}}
    )

    assert declared.of(ARN) == {"S3BucketName": "by-arn"}
    assert declared.of(ARN.replace("eu-west-1", "us-east-1")) == {"S3BucketName": "by-name"}


def test_a_topics_arn_is_taken_as_it_is() -> None:
    topic = "arn:aws-cn:sns:cn-north-1:999988887777:trails"

    assert DeclaredTrails({ARN: {"sns_topic_name": topic}}).of(ARN) == {"SnsTopicARN": topic}


@pytest.mark.parametrize(
    ("attribute", "value", "said"),
    [
        ("s3_bucket", "logs", "s3_bucket is no attribute of a trail"),
        ("s3_bucket_name", "", "a trail needs a bucket"),
        ("s3_bucket_name", 7, "7 is no text"),
        ("is_multi_region_trail", "true", "'true' is neither true nor false"),
        ("kms_key_id", "alias/trail", "'alias/trail' is not the ARN of a key"),
        ("kms_key_id", "arn:aws:kms:eu-west-1:123456789012:alias/trail", "is not the ARN of a key"),
        ("sns_topic_name", ["trails"], "is no text"),
        ("event_selector", {}, "is no list of objects"),
        ("event_selector", [{"read_write_type": "Reads"}], "read_write_type is 'Reads'"),
        ("event_selector", [{"data_resource": [{"values": []}]}], "event_selector lacks 'type'"),
        ("event_selector", [{"exclude_management_event_sources": "kms"}], "not a list"),
        ("advanced_event_selector", [{"name": "some"}], "advanced_event_selector lacks 'field_selector'"),
        (
            "advanced_event_selector",
            [{"field_selector": [{"field": "eventCategory", "equal": ["Data"]}]}],
            "equal is no operator of a field_selector",
        ),
        ("insight_selector", [{}], "insight_selector lacks 'insight_type'"),
        ("tags", {"team": "security"}, "tags is no attribute of a trail"),
    ],
)
def test_a_value_that_cannot_be_read_is_said_and_everything_else_counts(
    attribute: str, value: Any, said: str
) -> None:
    declared = DeclaredTrails({ARN: {attribute: value, "enable_log_file_validation": True}})

    assert declared.of(ARN) == {"LogFileValidationEnabled": True}
    (problem,) = declared.problems
    assert problem.code == "DeclarationUnreadable"
    assert said in problem.message
    assert ARN in problem.message


@pytest.mark.parametrize("declared", ["text", ["management"], 7])
def test_a_setting_that_is_no_map_is_said(declared: Any) -> None:
    (problem,) = DeclaredTrails(declared).problems

    assert "no map of trails" in problem.message


def test_a_trail_that_is_no_object_is_said_and_the_others_count() -> None:
    declared = DeclaredTrails({"broken": "logs", ARN: {"s3_bucket_name": "logs"}})

    (problem,) = declared.problems
    assert "broken" in problem.message
    assert declared.of(ARN) == {"S3BucketName": "logs"}


def test_basic_and_advanced_selectors_of_one_trail_are_said_and_neither_counts() -> None:
    fields = [{"field": "eventCategory", "equals": ["Management"]}]
    declared = DeclaredTrails(
        {
            ARN: {
                "event_selector": [{}],
                "advanced_event_selector": [{"field_selector": fields}],
                "s3_bucket_name": "logs",
            }
        }
    )

    (problem,) = declared.problems
    assert "not both" in problem.message
    assert declared.of(ARN) == {"S3BucketName": "logs"}
