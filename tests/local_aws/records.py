"""An API call as CloudTrail records it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.local_aws import buckets, ec2_records, keys
from tests.local_aws.answers import Answer, error_of
from tests.local_aws.calls import Incoming
from tests.local_aws.identity import ACCOUNT
from tests.local_aws.requests import AwsRequest

_READING = (
    "BatchGet", "Check", "Decode", "Describe", "Detect", "Estimate", "Filter", "Generate", "Get", "Head",
    "List", "Lookup", "Query", "Receive", "Scan", "Search", "Select", "Simulate", "Test", "Validate",
)  # fmt: skip
_READING_TOO = frozenset(
    {
        *("sts " + name for name in ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")),
        *("kms " + name for name in ("Decrypt", "Encrypt", "ReEncrypt", "Sign", "Verify")),
    }
)
_DATA = {
    "cloudwatch": frozenset({"PutMetricData"}),
    "dynamodb": frozenset(
        {
            "BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan",
            "TransactGetItems", "TransactWriteItems", "UpdateItem",
        }
    ),
    "events": frozenset({"PutEvents"}),
    "lambda": frozenset({"Invoke", "InvokeAsync", "InvokeWithResponseStream"}),
    "logs": frozenset({"PutLogEvents"}),
    "s3": frozenset(
        {
            "AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload",
            "DeleteObject", "DeleteObjectTagging", "DeleteObjects", "GetObject", "GetObjectAcl",
            "GetObjectTagging", "HeadObject", "ListObjects", "ListObjectsV2", "PutObject", "PutObjectAcl",
            "PutObjectTagging", "UploadPart",
        }
    ),
    "sns": frozenset({"Publish", "PublishBatch"}),
    "sqs": frozenset(
        {
            "ChangeMessageVisibility", "DeleteMessage", "DeleteMessageBatch", "ReceiveMessage", "SendMessage",
            "SendMessageBatch",
        }
    ),
    "xray": frozenset({"PutTelemetryRecords", "PutTraceSegments"}),
}  # fmt: skip
_EVENT_SOURCES = {"cloudwatch": "monitoring", "tag": "tagging"}
_GLOBAL = frozenset({"cloudfront", "iam", "organizations", "route53"})
GLOBAL_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_LAMBDA_NAMES = {
    name: f"{name}{suffix}"
    for suffix, names in {
        "20150331": "CreateFunction DeleteFunction PublishVersion CreateAlias UpdateAlias DeleteAlias",
        "20150331v2": "AddPermission RemovePermission UpdateFunctionCode UpdateFunctionConfiguration",
        "20170331v2": "TagResource UntagResource",
        "20171031": "PutFunctionConcurrency DeleteFunctionConcurrency",
    }.items()
    for name in names.split()
}
_EVENT_NAMES: Mapping[str, Mapping[str, str]] = {"lambda": _LAMBDA_NAMES, "s3": buckets.EVENT_NAMES}
_SECRET = frozenset({"environment", "code", "zipFile", "password", "secretString", "secretAccessKey"})


def is_management(request: AwsRequest) -> bool:
    """Tell whether a call is a management event; the others are in no history and become no events."""
    return request.operation not in _DATA.get(request.service, ())


def is_reading(request: AwsRequest) -> bool:
    """Tell whether a call changes nothing."""
    return request.operation.startswith(_READING) or f"{request.service} {request.operation}" in _READING_TOO


def is_on_rules(request: AwsRequest) -> bool:
    """Tell whether a call is on the rules of a security group, which is recorded in a form of its own."""
    return request.service == "ec2" and request.operation in ec2_records.RECORDED


def recorded_in(request: AwsRequest, partition: str) -> str:
    """Give the region whose history and bus get a call: the partition's global one for global services."""
    return GLOBAL_REGIONS.get(partition, request.region) if request.service in _GLOBAL else request.region


def record(incoming: Incoming, answer: Answer, partition: str) -> dict[str, Any]:
    """Write the record of a management event.

    Parameters
    ----------
    incoming
        The call.
    answer
        What its caller got.
    partition
        The account's partition.
    """
    request = incoming.request
    source = _EVENT_SOURCES.get(request.service, request.service)
    failed = error_of(answer)
    name = request.operation
    reading = is_reading(request)
    entry: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": dict(incoming.identity.user_identity()),
        "eventTime": incoming.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{source}.amazonaws.com",
        "eventName": _EVENT_NAMES.get(source, {}).get(name, name),
        "awsRegion": recorded_in(request, partition),
        "sourceIPAddress": incoming.http.source_ip,
        "userAgent": incoming.http.headers.get("user-agent", ""),
        "requestParameters": _parameters(incoming),
        "responseElements": None if reading or failed else _response(request, answer),
        "requestID": incoming.request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": reading,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{source}.{request.region}.amazonaws.com",
        },
    }
    if resources := _resources(incoming, partition):
        entry["resources"] = resources
    if failed:
        code, message = failed
        denied = code in ("AccessDenied", "AccessDeniedException", "AuthorizationError")
        entry["errorCode"] = "AccessDenied" if denied else code
        if message:
            entry["errorMessage"] = message
    return entry


def event(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Wrap a record as EventBridge delivers it.

    https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-cloudtrail.html
    """
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{str(entry['eventSource']).partition('.')[0]}",
        "account": ACCOUNT,
        "time": entry["eventTime"],
        "region": entry["awsRegion"],
        "resources": [],
        "detail": dict(entry),
    }


def _parameters(incoming: Incoming) -> Mapping[str, Any] | None:
    if incoming.request.service == "s3":
        # What is sent as XML keeps its names.
        return _shown(buckets.request_parameters(incoming)) or None
    if is_on_rules(incoming.request):
        return ec2_records.request_parameters(incoming.request)
    return _lower_camel(incoming.request.parameters) or None


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _shown(inner) for key, inner in value.items()}
    return [_shown(inner) for inner in value] if isinstance(value, (list, tuple)) else _lower_camel(value)


def _resources(incoming: Incoming, partition: str) -> list[dict[str, str]]:
    """List what a call is about, for the services that say so.

    https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html
    """
    request = incoming.request
    if request.service == "kms" and (key := keys.arn(request)):
        return [{"accountId": key.split(":")[4], "type": "AWS::KMS::Key", "ARN": key}]
    if request.service == "s3" and (bucket := request.parameters.get("Bucket")):
        arn = f"arn:{partition}:s3:::{bucket}"
        return [{"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": arn}]
    return []


def _response(request: AwsRequest, answer: Answer) -> Any:
    if is_on_rules(request):
        return ec2_records.response(request, answer)
    try:
        content = json.loads(answer.body or b"null")
    except ValueError:
        # Answers in XML hold identifiers and secrets; nothing here reads them from an event.
        return None
    return _lower_camel(content) or None


def _lower_camel(value: Any) -> Any:
    """Spell names as CloudTrail does, and leave out what it does not show."""
    if isinstance(value, Mapping):
        named = {str(key)[:1].lower() + str(key)[1:]: inner for key, inner in value.items()}
        return {
            key: "HIDDEN_DUE_TO_SECURITY_REASONS" if key in _SECRET else _lower_camel(inner)
            for key, inner in named.items()
            if not isinstance(inner, (bytes, bytearray))
        }
    if isinstance(value, (list, tuple)):
        return [_lower_camel(inner) for inner in value]
    if isinstance(value, datetime):
        return value.strftime("%b %-d, %Y %-I:%M:%S %p")
    return value
