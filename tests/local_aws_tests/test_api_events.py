"""API calls become CloudTrail's records and EventBridge's events."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.local import LocalAws
from tests.local_aws.options import Options
from tests.local_aws_tests.deploy import REGION, Deploy, zipped


def last_record(aws: LocalAws, name: str) -> dict[str, Any]:
    return dict(next(record for record in reversed(aws.records) if record["eventName"] == name))


def last_event(aws: LocalAws, name: str) -> dict[str, Any] | None:
    found = [event for event in aws.events if event["detail"].get("eventName") == name]
    return dict(found[-1]) if found else None


def test_a_changing_call_becomes_the_event_that_aws_delivers(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    before = datetime.now(UTC) - timedelta(seconds=2)
    aws.client("cloudtrail").stop_logging(Name="main")
    event = last_event(aws, "StopLogging")
    assert event is not None
    assert set(event) == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    }  # fmt: skip
    assert (event["version"], event["detail-type"]) == ("0", "AWS API Call via CloudTrail")
    assert (event["source"], event["account"], event["region"]) == ("aws.cloudtrail", aws.account, REGION)
    detail = event["detail"]
    assert detail["eventSource"] == "cloudtrail.amazonaws.com"
    assert detail["requestParameters"] == {"name": "main"}
    assert detail["responseElements"] is None
    assert (detail["readOnly"], detail["managementEvent"], detail["eventType"]) == (False, True, "AwsApiCall")
    assert detail["recipientAccountId"] == aws.account
    assert detail["awsRegion"] == REGION
    assert tuple(map(int, detail["eventVersion"].split("."))) >= (1, 9)
    assert "Boto3/" in detail["userAgent"]
    assert detail["sourceIPAddress"] == "127.0.0.1"
    assert detail["eventTime"] == event["time"]
    assert before < datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert "errorCode" not in detail


def test_the_answers_request_id_is_the_records(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    answer = aws.client("cloudtrail").stop_logging(Name="main")
    assert last_record(aws, "StopLogging")["requestID"] == answer["ResponseMetadata"]["RequestId"]


def test_an_unknown_key_is_an_administrators_session(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail()
    who = last_record(aws, "StartLogging")["userIdentity"]
    assert who["type"] == "AssumedRole"
    assert who["arn"] == aws.client("sts").get_caller_identity()["Arn"]
    issuer = who["sessionContext"]["sessionIssuer"]
    assert (issuer["type"], issuer["userName"]) == ("Role", "local-admin")
    assert issuer["arn"] == f"arn:aws:iam::{aws.account}:role/local-admin"
    assert who["principalId"].startswith(f"{issuer['principalId']}:")
    assert who["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"


def test_a_users_key_is_the_users(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    keys = deploy.user("mallory")
    aws.client("cloudtrail", keys=keys).stop_logging(Name="main")
    who = last_record(aws, "StopLogging")["userIdentity"]
    user = aws.client("iam").get_user(UserName="mallory")["User"]
    assert who == {
        "type": "IAMUser",
        "principalId": user["UserId"],
        "arn": user["Arn"],
        "accountId": aws.account,
        "accessKeyId": keys["AccessKeyId"],
        "userName": "mallory",
    }


def test_an_assumed_roles_key_is_its_session(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    role = deploy.role("operator")
    keys = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="eve")["Credentials"]
    aws.client("cloudtrail", keys=keys).stop_logging(Name="main")
    who = last_record(aws, "StopLogging")["userIdentity"]
    assert who["arn"] == f"arn:aws:sts::{aws.account}:assumed-role/operator/eve"
    assert who["sessionContext"]["sessionIssuer"]["arn"] == role
    assert who["accessKeyId"] == keys["AccessKeyId"]


def test_a_failed_call_is_an_event_with_its_error(aws: LocalAws) -> None:
    with pytest.raises(ClientError):
        aws.client("cloudtrail").stop_logging(Name="absent")
    event = last_event(aws, "StopLogging")
    assert event is not None
    assert event["detail"]["errorCode"] == "TrailNotFoundException"
    assert "absent" in event["detail"]["errorMessage"]


def test_a_denied_call_is_an_event_and_changes_nothing(options: Options) -> None:
    with LocalAws(replace(options, enforce_for_all=True)) as aws:
        deploy = Deploy(aws)
        deploy.trail("main")
        keys = deploy.user()
        with pytest.raises(ClientError, match="is not authorized to perform: cloudtrail:StopLogging"):
            aws.client("cloudtrail", keys=keys).stop_logging(Name="main")
        event = last_event(aws, "StopLogging")
        assert event is not None
        assert event["detail"]["errorCode"] == "AccessDenied"
        assert aws.client("cloudtrail").get_trail_status(Name="main")["IsLogging"] is True


def test_a_users_own_policy_lets_it(options: Options) -> None:
    with LocalAws(replace(options, enforce_for_all=True)) as aws:
        deploy = Deploy(aws)
        deploy.trail("main")
        keys = deploy.user("mallory")
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "cloudtrail:*", "Resource": "*"}],
        }
        aws.client("iam").put_user_policy(
            UserName="mallory", PolicyName="p", PolicyDocument=json.dumps(policy)
        )
        aws.client("cloudtrail", keys=keys).stop_logging(Name="main")
        assert aws.client("cloudtrail").get_trail_status(Name="main")["IsLogging"] is False


def test_a_reading_call_is_in_the_history_and_no_event(aws: LocalAws) -> None:
    aws.client("cloudtrail").describe_trails()
    assert last_record(aws, "DescribeTrails")["readOnly"] is True
    assert last_event(aws, "DescribeTrails") is None


def test_a_data_event_is_in_no_history(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="bucket", Key="k", Body=b"content")
    assert [record["eventName"] for record in aws.records] == ["CreateBucket"]
    assert last_record(aws, "CreateBucket")["requestParameters"]["bucketName"] == "bucket"


def test_calls_of_global_services_are_in_the_global_region(aws: LocalAws, deploy: Deploy) -> None:
    deploy.user("u")
    event = last_event(aws, "CreateUser")
    assert event is not None
    assert event["region"] == event["detail"]["awsRegion"] == "us-east-1"


def test_lambdas_calls_carry_their_version_and_no_secrets(aws: LocalAws, deploy: Deploy) -> None:
    deploy.function(environment={"TOKEN": "secret"})
    aws.client("lambda").update_function_code(FunctionName="function", ZipFile=zipped("x = 1"))
    created = last_record(aws, "CreateFunction20150331")
    assert "secret" not in json.dumps(created["requestParameters"])
    assert last_record(aws, "UpdateFunctionCode20150331v2")["eventSource"] == "lambda.amazonaws.com"


def test_without_a_logging_trail_nothing_is_delivered_but_the_stop_of_the_last(options: Options) -> None:
    with LocalAws(replace(options, deliver_without_trail=False)) as aws:
        deploy = Deploy(aws)
        deploy.trail("main")
        assert last_event(aws, "StartLogging") is None
        cloudtrail = aws.client("cloudtrail")
        cloudtrail.stop_logging(Name="main")
        assert last_event(aws, "StopLogging") is not None
        cloudtrail.update_trail(Name="main", S3KeyPrefix="p")
        assert last_event(aws, "UpdateTrail") is None
        assert last_record(aws, "UpdateTrail")["requestParameters"]["s3KeyPrefix"] == "p"


def test_an_event_stays_in_the_region_of_its_call(aws: LocalAws, deploy: Deploy) -> None:
    url, queue = deploy.queue("events", services=["events.amazonaws.com"])
    deploy.rule(queue, {"source": ["aws.cloudtrail"]})
    deploy.trail("far", region="us-west-2")
    aws.wait_idle()
    assert deploy.received(url) == []
    deploy.trail("near")
    aws.wait_idle()
    assert len(deploy.received(url)) == 2
