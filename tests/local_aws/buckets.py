"""S3 buckets where moto is laxer than AWS, and how CloudTrail records the calls on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast
from xml.sax.saxutils import escape

from moto.core.utils import get_service_model
from moto.s3.models import FakeBucket, PublicAccessBlock, s3_backends

from tests.local_aws.answers import Answer, AwsError
from tests.local_aws.calls import Incoming, Overlay
from tests.local_aws.deployed import region_partition
from tests.local_aws.identity import ACCOUNT
from tests.local_aws.requests import AwsRequest

EVENT_NAMES = {
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
"""What CloudTrail calls an operation, where it is not the operation's name.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
"""
_ENFORCED = "BucketOwnerEnforced"
_OPEN_ACLS = frozenset({"authenticated-read", "public-read", "public-read-write"})
_GROUPS = "http://acs.amazonaws.com/groups/"


def find(name: str, region: str) -> FakeBucket | None:
    """Give a bucket of the partition of a region, None when there is none of that name."""
    buckets: Mapping[str, FakeBucket] = s3_backends[ACCOUNT][region_partition(region)].buckets
    return buckets.get(name)


def elsewhere(request: AwsRequest) -> Answer | None:
    """Refuse a call that is signed for another region than the bucket's, as S3 does.

    The SDKs then sign again for the right one.
    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html

    Returns
    -------
    Answer or None
        None for a call that may go on.
    """
    if request.service != "s3" or request.operation == "CreateBucket":
        return None
    bucket = find(str(request.parameters.get("Bucket")), request.region)
    if bucket is None or bucket.region_name == request.region:
        return None
    message = (
        f"The authorization header is malformed; the region '{request.region}' is wrong; "
        f"expecting '{bucket.region_name}'"
    )
    body = (
        '<?xml version="1.0"?><Error><Code>AuthorizationHeaderMalformed</Code>'
        f"<Message>{escape(message)}</Message><Region>{bucket.region_name}</Region></Error>"
    )
    headers = {"Content-Type": "application/xml", "x-amz-bucket-region": str(bucket.region_name)}
    return Answer(400, headers, body.encode())


def request_parameters(incoming: Incoming) -> dict[str, Any]:
    """Give a record's requestParameters: the bucket, its host, what was asked for, and what was sent.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
    """
    request = incoming.request
    given = dict(request.parameters)
    shown: dict[str, Any] = {}
    if name := given.pop("Bucket", None):
        shown = {"bucketName": name, "Host": f"{name}.s3.{request.region}.amazonaws.com"}
    model = get_service_model("s3").operation_model(request.operation)
    asked = model.http["requestUri"].partition("?")[2]
    if asked and "=" not in asked:
        shown[asked] = ""
    payload = (model.input_shape.serialization if model.input_shape else {}).get("payload")
    if payload == "Policy":
        shown["bucketPolicy"] = given.get("Policy")
    elif payload and payload in given:
        shown[payload] = given[payload]
    if "ACL" in given:
        shown["x-amz-acl"] = given["ACL"]
    return shown


def overlays() -> dict[tuple[str, str], Overlay]:
    """Give the operations that are answered here."""
    answered: dict[str, Overlay] = {
        "CreateBucket": _create,
        "DeleteBucketEncryption": _delete_encryption,
        "GetBucketEncryption": _encryption,
        "PutBucketAcl": _put_acl,
        "PutBucketPolicy": _put_policy,
    }
    return {("s3", name): overlay for name, overlay in answered.items()}


def _create(incoming: Incoming) -> Answer:
    """Give a new bucket what AWS gives it: no ACLs, and public access blocked.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
    """
    name = str(incoming.parameters["Bucket"])
    known = find(name, incoming.region)
    answer = incoming.forward()
    bucket = find(name, incoming.region)
    if known is None and bucket is not None:
        bucket.public_access_block = PublicAccessBlock("true", "true", "true", "true")
        if not incoming.parameters.get("ObjectOwnership"):
            # moto's annotation is not what it keeps.
            bucket.ownership_rule = cast("Any", _ENFORCED)
    return answer


def _encryption(incoming: Incoming) -> Answer | Mapping[str, Any]:
    """Say that a bucket without a configuration is encrypted with keys of S3, as every bucket is.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
    """
    bucket = find(str(incoming.parameters["Bucket"]), incoming.region)
    if bucket is None or bucket.encryption:
        return incoming.forward()
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


def _delete_encryption(incoming: Incoming) -> Answer:
    bucket = find(str(incoming.parameters["Bucket"]), incoming.region)
    if bucket is None:
        return incoming.forward()
    bucket.encryption = None
    return Answer(204, {}, b"")


def _put_acl(incoming: Incoming) -> Answer:
    """Refuse an ACL that the bucket's ownership or its public access block forbids.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    bucket = find(str(incoming.parameters["Bucket"]), incoming.region)
    if bucket is not None:
        if str(bucket.ownership_rule) == _ENFORCED and incoming.parameters.get("ACL") != "private":
            raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)
        block = bucket.public_access_block
        if block is not None and block.block_public_acls and _is_public(incoming.parameters):
            raise AwsError("AccessDenied", "Access Denied", 403)
    return incoming.forward()


def _is_public(parameters: Mapping[str, Any]) -> bool:
    grants = (parameters.get("AccessControlPolicy") or {}).get("Grants") or ()
    headers = [str(value) for key, value in parameters.items() if key.startswith("Grant")]
    return (
        parameters.get("ACL") in _OPEN_ACLS
        or any(str((grant.get("Grantee") or {}).get("URI", "")).startswith(_GROUPS) for grant in grants)
        or any(_GROUPS in value for value in headers)
    )


def _put_policy(incoming: Incoming) -> Answer:
    """Refuse a policy that opens a bucket to everybody where public policies are blocked."""
    bucket = find(str(incoming.parameters["Bucket"]), incoming.region)
    try:
        policy = json.loads(incoming.parameters["Policy"])
    except ValueError:
        raise AwsError("MalformedPolicy", "This policy contains invalid Json", 400) from None
    block = bucket.public_access_block if bucket is not None else None
    statements = policy.get("Statement") or []
    listed = [statements] if isinstance(statements, Mapping) else statements
    public = any(
        one.get("Effect") == "Allow"
        and one.get("Principal") in ("*", {"AWS": "*"})
        and not one.get("Condition")
        for one in listed
    )
    if public and block is not None and block.block_public_policy:
        raise AwsError("AccessDenied", "Access Denied", 403)
    return incoming.forward()
