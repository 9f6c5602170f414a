"""Which events must reach the automation for buckets' encryption, and which come near and must not."""

from __future__ import annotations

from typing import Any

from tests.events.envelopes import api_event, custom_rule_invocation, envelope, scheduled
from tests.events.routes import IDENTITIES

Event = dict[str, Any]

CALLS = ("CreateBucket", "DeleteBucketEncryption", "PutBucketEncryption")
BUCKET = "customer-data"
FOREIGN_KEY = "arn:aws:kms:us-east-1:999988887777:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


def encrypted(key: str = FOREIGN_KEY, **changes: Any) -> Event:
    """Build the event of a PutBucketEncryption with a key, as CloudTrail records it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
    """
    parameters = {
        "bucketName": BUCKET,
        "Host": f"{BUCKET}.s3.us-east-1.amazonaws.com",
        "encryption": "",
        "ServerSideEncryptionConfiguration": {
            "xmlns": "http://s3.amazonaws.com/doc/2006-03-01/",
            "Rule": {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
            },
        },
    }
    return api_event("PutBucketEncryption", **{"service": "s3", "parameters": parameters, **changes})


def must_reach() -> dict[str, Event]:
    """Give the events that must reach it."""
    named = {"bucketName": BUCKET}
    denied = {"error": "AccessDenied", "error_message": "Access Denied"}
    return {
        **{name: api_event(name, service="s3", parameters=named) for name in CALLS},
        **{
            f"PutBucketEncryption by {kind}": encrypted(identity=identity)
            for kind, identity in IDENTITIES.items()
        },
        "PutBucketEncryption denied": encrypted(**denied),
        "PutBucketEncryption without parameters": encrypted(parameters=None),
        "PutBucketEncryption in another region": encrypted(region="ap-southeast-2"),
    }


def must_not_reach() -> dict[str, Event]:
    """Give events that resemble them and must not reach it."""
    put = encrypted()
    named = {"bucketName": BUCKET}
    return {
        **{
            name: api_event(name, service="s3", parameters=named)
            for name in (
                "DeleteBucket",
                "GetBucketEncryption",
                "HeadBucket",
                "PutBucketLifecycle",
                "PutBucketPolicy",
                "PutBucketVersioning",
                "PutObject",
            )
        },
        "a bucket that is there already": api_event(
            "CreateBucket", service="s3", parameters=named, error="BucketAlreadyOwnedByYou"
        ),
        "a bucket that may not be made": api_event(
            "CreateBucket", service="s3", parameters=named, error="AccessDenied"
        ),
        "name in lower case": api_event("putBucketEncryption", service="s3"),
        "name that goes on": api_event("PutBucketEncryptionConfiguration", service="s3"),
        "directory bucket": put | {"detail": put["detail"] | {"eventSource": "s3express.amazonaws.com"}},
        "another service's call": put | {"detail": put["detail"] | {"eventSource": "kms.amazonaws.com"}},
        "forged source": put | {"source": "custom.s3"},
        "service event": put | {"detail-type": "AWS Service Event via CloudTrail"},
        "object event": envelope("aws.s3", "Object Created", {"bucket": {"name": BUCKET}}),
        "detail as a text": put | {"detail": '{"eventName": "PutBucketEncryption"}'},
        "bare CloudTrail record": put["detail"],
        "custom Config rule": custom_rule_invocation(),
        "sweep of another automation": scheduled("rearm-trail_storage-sweep"),
        "empty": {},
    }
