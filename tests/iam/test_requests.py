"""Signed requests of every protocol are read as the calls that they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.serialize import create_serializer
from botocore.session import get_session

from tests.iam.calls import LOCAL, REGION, call, prepare, texts
from tests.local_aws.requests import UnreadableRequest, parse_request

ROLE = "arn:aws:iam::123456789012:role/r"
RULE = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
SCOPE = "AKIAIOSFODNN7EXAMPLE/20261124/eu-west-1/{}/aws4_request"


def signed_for(service: str) -> dict[str, str]:
    credential = f"Credential={SCOPE.format(service)}"
    return {"Authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"}


@pytest.mark.parametrize(
    ("service", "method", "parameters", "prefix", "operation"),
    [
        ("cloudtrail", "start_logging", {"Name": "main"}, "cloudtrail", "StartLogging"),
        ("config", "put_evaluations", {"ResultToken": "t"}, "config", "PutEvaluations"),
        ("logs", "create_log_group", {"logGroupName": "/aws/lambda/f"}, "logs", "CreateLogGroup"),
        ("events", "put_rule", {"Name": "r", "EventPattern": '{"source":["a"]}'}, "events", "PutRule"),
        ("kms", "generate_data_key", {"KeyId": "1234"}, "kms", "GenerateDataKey"),
        ("dynamodb", "get_item", {"TableName": "tab", "Key": {"id": {"S": "x"}}}, "dynamodb", "GetItem"),
        ("ssm", "get_parameter", {"Name": "/a/b", "WithDecryption": True}, "ssm", "GetParameter"),
        ("cloudwatch", "delete_alarms", {"AlarmNames": ["a", "b"]}, "cloudwatch", "DeleteAlarms"),
        ("sns", "publish", {"TopicArn": "arn:aws:sns:eu-west-1:1:t", "Message": "é\n& ="}, "sns", "Publish"),
        ("sqs", "send_message", {"QueueUrl": f"{LOCAL}/1/q", "MessageBody": "x"}, "sqs", "SendMessage"),
        ("iam", "delete_role_policy", {"RoleName": "r", "PolicyName": "p"}, "iam", "DeleteRolePolicy"),
        ("sts", "assume_role", {"RoleArn": ROLE, "RoleSessionName": "s1"}, "sts", "AssumeRole"),
        ("rds", "stop_db_instance", {"DBInstanceIdentifier": "d"}, "rds", "StopDBInstance"),
        ("lambda", "get_function", {"FunctionName": "f", "Qualifier": "2"}, "lambda", "GetFunction"),
        ("guardduty", "get_findings", {"DetectorId": "d", "FindingIds": ["f"]}, "guardduty", "GetFindings"),
        ("securityhub", "get_findings", {"MaxResults": 3}, "securityhub", "GetFindings"),
        ("eks", "list_access_entries", {"clusterName": "c"}, "eks", "ListAccessEntries"),
        ("xray", "put_trace_segments", {"TraceSegmentDocuments": ["x"]}, "xray", "PutTraceSegments"),
    ],
)  # fmt: skip
def test_call_is_read_with_its_parameters(
    service: str, method: str, parameters: dict[str, Any], prefix: str, operation: str
) -> None:
    request = call(service, method, **parameters)
    assert (request.service, request.operation) == (prefix, operation)
    assert (request.region, request.access_key) == (REGION, "AKIAIOSFODNN7EXAMPLE")
    assert request.parameters == parameters


def test_nested_parameters_of_the_query_protocol_are_read() -> None:
    attributes = {"automation": {"DataType": "String", "StringValue": "cloudtrail"}}
    request = call(
        "sns", "publish", TopicArn="arn:aws:sns:eu-west-1:1:t", Message="m", MessageAttributes=attributes
    )
    assert request.parameters["MessageAttributes"] == attributes


def test_nested_parameters_of_the_ec2_protocol_are_read() -> None:
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 22,
        "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "d"}, {"CidrIp": "10.0.0.0/8"}],
    }
    request = call("ec2", "revoke_security_group_ingress", GroupId="sg-1", IpPermissions=[permission])
    assert request.operation == "RevokeSecurityGroupIngress"
    assert request.parameters == {"GroupId": "sg-1", "IpPermissions": [permission]}


def test_payload_of_a_rest_call_is_read_as_bytes() -> None:
    request = call("lambda", "invoke", FunctionName="f", InvocationType="Event", Payload=b'{"a": 1}')
    assert request.operation == "Invoke"
    assert request.parameters == {"FunctionName": "f", "InvocationType": "Event", "Payload": b'{"a": 1}'}


def test_label_of_a_rest_path_that_is_an_arn_is_decoded() -> None:
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:f"
    assert call("lambda", "get_policy", FunctionName=arn).parameters == {"FunctionName": arn}


@pytest.mark.parametrize(
    ("endpoint", "style", "bucket"),
    [
        (None, "path", "bucket"),
        (None, "path", "bucket.with.dots"),
        (None, "virtual", "bucket"),
        (None, "virtual", "bucket.with.dots"),
        ("http://localhost:5000", "path", "bucket.with.dots"),
        ("http://localhost:5000", "virtual", "bucket"),
        (LOCAL, "path", "bucket.with.dots"),
    ],
)
def test_bucket_is_found_in_path_and_host(endpoint: str | None, style: str, bucket: str) -> None:
    request = call("s3", "get_bucket_policy", endpoint=endpoint, style=style, Bucket=bucket)
    assert (request.operation, request.parameters) == ("GetBucketPolicy", {"Bucket": bucket})


@pytest.mark.parametrize("key", ["key", "a/b", "/a//b/", "a b+c%2Fd?e&f=g", "ü/ключ"])
@pytest.mark.parametrize("endpoint", [None, LOCAL], ids=["AWS", "loopback"])
def test_key_of_an_object_is_decoded_once(key: str, endpoint: str | None) -> None:
    request = call("s3", "get_object_tagging", endpoint=endpoint, Bucket="bucket", Key=key)
    assert (request.operation, request.parameters) == ("GetObjectTagging", {"Bucket": "bucket", "Key": key})


@pytest.mark.parametrize(
    ("method", "parameters", "operation"),
    [
        ("list_buckets", {}, "ListBuckets"),
        ("list_objects", {"Bucket": "b"}, "ListObjects"),
        ("list_objects_v2", {"Bucket": "b"}, "ListObjectsV2"),
        ("list_object_versions", {"Bucket": "b"}, "ListObjectVersions"),
        ("head_bucket", {"Bucket": "b"}, "HeadBucket"),
        ("get_bucket_location", {"Bucket": "b"}, "GetBucketLocation"),
        ("get_public_access_block", {"Bucket": "b"}, "GetPublicAccessBlock"),
        ("delete_bucket_encryption", {"Bucket": "b"}, "DeleteBucketEncryption"),
        ("get_bucket_lifecycle_configuration", {"Bucket": "b"}, "GetBucketLifecycleConfiguration"),
        ("put_bucket_policy", {"Bucket": "b", "Policy": "{}"}, "PutBucketPolicy"),
        ("put_object", {"Bucket": "b", "Key": "k", "Body": b"x"}, "PutObject"),
        ("copy_object", {"Bucket": "b", "Key": "k", "CopySource": "c/d"}, "CopyObject"),
        ("upload_part", {"Bucket": "b", "Key": "k", "UploadId": "1", "PartNumber": 1}, "UploadPart"),
        ("get_object", {"Bucket": "b", "Key": "k", "VersionId": "v"}, "GetObject"),
        ("get_object_acl", {"Bucket": "b", "Key": "k"}, "GetObjectAcl"),
        ("delete_objects", {"Bucket": "b", "Delete": {"Objects": [{"Key": "x"}]}}, "DeleteObjects"),
    ],
)  # fmt: skip
def test_operations_of_s3_are_told_apart(method: str, parameters: dict[str, Any], operation: str) -> None:
    request = call("s3", method, **parameters)
    assert request.operation == operation
    sent = {name: value for name, value in parameters.items() if name not in ("Body", "Delete", "Policy")}
    assert sent.items() <= dict(request.parameters).items()


def test_xml_body_is_read() -> None:
    request = call(
        "s3", "put_bucket_encryption", Bucket="b", ServerSideEncryptionConfiguration={"Rules": [RULE]}
    )
    assert request.parameters["ServerSideEncryptionConfiguration"] == {"Rules": [RULE]}


def test_presigned_request_is_read() -> None:
    client = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=LOCAL,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="secret",
        config=Config(signature_version="s3v4"),
    )
    url = client.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
    host, _, target = url.removeprefix("http://").partition("/")
    path, _, query = target.partition("?")
    request = parse_request("GET", host, f"/{path}", query, {}, b"")
    assert (request.service, request.operation, request.region) == ("s3", "GetObject", REGION)
    assert request.parameters["Key"] == "k"


def test_cbor_is_read() -> None:
    when = datetime(2026, 11, 24, tzinfo=UTC)
    model = get_session().get_service_model("cloudwatch")
    parameters = {
        "Namespace": "Rearm",
        "MetricData": [{"MetricName": "Findings", "Value": 1.5, "Timestamp": when, "Counts": [1.0, 300.0]}],
    }
    serializer: Any = create_serializer("smithy-rpc-v2-cbor", include_validation=False)
    sent = serializer.serialize_to_request(parameters, model.operation_model("PutMetricData"))
    request = parse_request(
        sent["method"],
        "h",
        sent["url_path"],
        "",
        {**sent["headers"], **signed_for("monitoring")},
        sent["body"],
    )
    assert (request.service, request.operation) == ("cloudwatch", "PutMetricData")
    assert request.parameters == parameters


def test_header_names_may_be_in_any_case() -> None:
    prepared = prepare("cloudtrail", "stop_logging", Name="main")
    headers = {name.upper(): str(value) for name, value in texts(prepared.headers).items()}
    assert parse_request("POST", "h", "/", "", headers, b'{"Name": "main"}').operation == "StopLogging"


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "not signed"),
        ({"Authorization": "Basic dXNlcjpwYXNz"}, "not signed"),
        (signed_for("nonsense"), "no service is known by the name 'nonsense'"),
        (signed_for("cloudtrail"), "no operation of cloudtrail"),
        (
            {**signed_for("cloudtrail"), "X-Amz-Target": "CloudTrail_20131101.Stop"},
            "no operation of cloudtrail",
        ),
        ({**signed_for("lambda")}, "no operation of lambda is POST /nowhere"),
        ({**signed_for("monitoring"), "smithy-protocol": "rpc-v2-cbor"}, "no operation is named by /nowhere"),
    ],
)
def test_request_that_is_no_call_is_refused(headers: dict[str, str], message: str) -> None:
    with pytest.raises(UnreadableRequest, match=message):
        parse_request("POST", "127.0.0.1:5000", "/nowhere", "", headers, b"{}")
