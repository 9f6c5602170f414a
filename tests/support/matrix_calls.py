"""The calls of the matrix's rows: what events they give, and what putting them right calls.

CloudTrail's names of S3's calls:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
IAM's actions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.matrix import ROWS

ACCOUNT = "123456789012"
BUCKET = "audit-logs"
TRAIL = "main"
ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARNS = {
    "trail": f"arn:aws:cloudtrail:{{region}}:{ACCOUNT}:trail/{TRAIL}",
    "bucket": f"arn:aws:s3:::{BUCKET}",
    "key": f"arn:aws:kms:{{region}}:{ACCOUNT}:key/{ID}",
    "lake": f"arn:aws:cloudtrail:{{region}}:{ACCOUNT}:eventdatastore/{ID}",
}
AUTOMATIONS = {
    "trail": "cloudtrail",
    "bucket": "trail_storage",
    "key": "trail_storage",
    "lake": "cloudtrail_lake",
}
_NAMED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "trail": ("cloudtrail", {"name": TRAIL}),
    "bucket": ("s3", {"bucketName": BUCKET}),
    "key": ("kms", {"keyId": ID}),
    "lake": ("cloudtrail", {"eventDataStore": ID}),
}
_UPDATE = (("UpdateTrail",), ("cloudtrail:UpdateTrail",))
_SELECT = (("PutEventSelectors",), ("cloudtrail:PutEventSelectors",))
_POLICY = ("s3:PutBucketPolicy",)
# From a row to the names of its events, any of which makes it, and the actions of its repair.
_ROWS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "trail.stop-logging": (("StopLogging",), ("cloudtrail:StartLogging",)),
    "trail.delete": (
        ("DeleteTrail",),
        (
            "cloudtrail:AddTags",
            "cloudtrail:CreateTrail",
            "cloudtrail:PutEventSelectors",
            "cloudtrail:PutInsightSelectors",
            "cloudtrail:StartLogging",
        ),
    ),
    "trail.bucket": _UPDATE,
    "trail.prefix": _UPDATE,
    "trail.multi-region": _UPDATE,
    "trail.global-events": _UPDATE,
    "trail.validation": _UPDATE,
    "trail.key": _UPDATE,
    "trail.log-group": _UPDATE,
    "trail.topic": _UPDATE,
    "trail.management-events-off": _SELECT,
    "trail.read-or-write-only": _SELECT,
    "trail.sources-excluded": _SELECT,
    "trail.advanced-narrowed": _SELECT,
    "trail.data-events-dropped": _SELECT,
    "trail.insights-off": (("PutInsightSelectors",), ("cloudtrail:PutInsightSelectors",)),
    "bucket.policy": (("PutBucketPolicy",), _POLICY),
    "bucket.policy-deleted": (("DeleteBucketPolicy",), _POLICY),
    "bucket.foreign-access": (("PutBucketPolicy",), _POLICY),
    "bucket.lifecycle": (("PutBucketLifecycle",), ("s3:PutLifecycleConfiguration",)),
    "bucket.versioning": (("PutBucketVersioning",), ("s3:PutBucketVersioning",)),
    "bucket.public-access": (
        ("DeleteBucketPublicAccessBlock", "PutBucketPublicAccessBlock"),
        ("s3:PutBucketPublicAccessBlock",),
    ),
    "bucket.encryption": (
        ("PutBucketEncryption", "DeleteBucketEncryption"),
        ("s3:PutEncryptionConfiguration",),
    ),
    "bucket.ownership": (
        ("PutBucketOwnershipControls", "DeleteBucketOwnershipControls"),
        ("s3:PutBucketOwnershipControls",),
    ),
    "bucket.acl": (("PutBucketAcl",), ("s3:PutBucketAcl",)),
    "bucket.deleted": (
        ("DeleteBucket",),
        (
            "s3:CreateBucket",
            "s3:PutBucketAcl",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketTagging",
            "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
        ),
    ),
    "key.disabled": (("DisableKey",), ("kms:EnableKey",)),
    "key.deletion-scheduled": (("ScheduleKeyDeletion",), ("kms:CancelKeyDeletion", "kms:EnableKey")),
    "key.policy": (("PutKeyPolicy",), ("kms:PutKeyPolicy",)),
    "lake.stopped": (("StopEventDataStoreIngestion",), ("cloudtrail:StartEventDataStoreIngestion",)),
    "lake.deleted": (("DeleteEventDataStore",), ("cloudtrail:RestoreEventDataStore",)),
    "lake.termination-protection": (("UpdateEventDataStore",), ("cloudtrail:UpdateEventDataStore",)),
}


@dataclass(frozen=True)
class RowCalls:
    """The calls of one row.

    Attributes
    ----------
    row
        The row's id.
    automation
        The automation that must see and repair it.
    service
        First part of the event source.
    names
        The calls with which it is done, as CloudTrail names them.
    parameters
        What names the resource in them.
    arn
        The resource's ARN, with the region in braces.
    actions
        The IAM actions that the repair needs on it.
    """

    row: str
    automation: str
    service: str
    names: tuple[str, ...]
    parameters: Mapping[str, Any]
    arn: str
    actions: tuple[str, ...]


def row_calls() -> list[RowCalls]:
    """Give the calls of every row, in the matrix's order."""
    found = []
    for row in ROWS:
        names, actions = _ROWS[row.id]
        service, parameters = _NAMED[row.on]
        given = RowCalls(row.id, AUTOMATIONS[row.on], service, names, parameters, ARNS[row.on], actions)
        found.append(given)
    return found
