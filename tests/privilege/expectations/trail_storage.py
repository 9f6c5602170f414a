"""What the role of the automation for buckets and keys may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.scenarios.account import ORGANIZATION
from tests.support.planned import ACCOUNT

SERVICES: frozenset[str] = frozenset({"cloudtrail", "s3"})
# S3 and KMS have some hundred writes, most of them about objects and other things that no trail uses.
JUDGED: frozenset[str] = frozenset()
WRITES: Mapping[str, str] = {
    "kms:CancelKeyDeletion": "A key is not deleted.",
    "kms:EnableKey": "A disabled key works again.",
    "kms:EnableKeyRotation": "Rotation is on again.",
    "kms:PutKeyPolicy": "The policy is put back; the same call weakens it.",
    "s3:CreateBucket": "A deleted bucket is made again.",
    "s3:PutBucketAcl": "The grants are put back.",
    "s3:PutBucketLogging": "Access logging is put back.",
    "s3:PutBucketObjectLockConfiguration": "The default retention is put back.",
    "s3:PutBucketOwnershipControls": "Ownership is put back.",
    "s3:PutBucketPolicy": "The policy is put back; the same call weakens it.",
    "s3:PutBucketPublicAccessBlock": "The bucket is closed again.",
    "s3:PutBucketTagging": "A bucket is made again with its tags.",
    "s3:PutBucketVersioning": "Versioning is on again.",
    "s3:PutEncryptionConfiguration": "The encryption is put back.",
    "s3:PutLifecycleConfiguration": "Rules that expire logs too soon are removed.",
}
NEVER = frozenset(
    {
        "kms:DisableKey",
        "kms:ScheduleKeyDeletion",
        "s3:DeleteBucket",
        "s3:DeleteBucketPolicy",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:PutObject",
    }
)
HARMLESS: Mapping[str, str] = {}


def foreign(partition: str, region: str, other: str) -> Mapping[str, Sequence[str]]:
    """Return what is out of reach; of a bucket nothing but its owner says whose it is, so none is given."""
    buckets = [f"arn:{partition}:s3:::any", f"arn:{other}:s3:::any"]
    keys = [
        f"arn:{partition}:kms:{region}:{ORGANIZATION}:key/0f1e2d3c",
        f"arn:{other}:kms:{region}:{ACCOUNT}:key/0f1e2d3c",
        f"arn:{partition}:kms:{region}:{ACCOUNT}:alias/any",
    ]
    mended = (name for name in WRITES if name.startswith("s3:") and name != "s3:CreateBucket")
    return {
        **dict.fromkeys(mended, buckets),
        **dict.fromkeys((name for name in WRITES if name.startswith("kms:")), keys),
        "s3:CreateBucket": [f"arn:{other}:s3:::any"],
    }
