"""What the role of the automation for the encryption of buckets may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.scenarios.account import ORGANIZATION
from tests.support.planned import ACCOUNT

SERVICES: frozenset[str] = frozenset({"cloudtrail", "s3"})
# S3 and KMS have some hundred writes, most of them about objects.
JUDGED: frozenset[str] = frozenset()
WRITES: Mapping[str, str] = {
    "s3:PutEncryptionConfiguration": "New objects are encrypted as required; the same call weakens that.",
}
NEVER = frozenset(
    {
        "kms:CreateGrant",
        "kms:DisableKey",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
        "s3:DeleteBucket",
        "s3:DeleteBucketPolicy",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:PutBucketAcl",
        "s3:PutBucketPolicy",
        "s3:PutObject",
    }
)
HARMLESS: Mapping[str, str] = {}


def foreign(partition: str, region: str, other: str) -> Mapping[str, Sequence[str]]:
    """Return what is out of reach; of a bucket nothing but its owner says whose it is."""
    buckets = [f"arn:{partition}:s3:::any", f"arn:{other}:s3:::any"]
    return {
        "s3:PutEncryptionConfiguration": buckets,
        "s3:GetEncryptionConfiguration": buckets[1:],
        "kms:DescribeKey": [
            f"arn:{partition}:kms:{region}:{ORGANIZATION}:key/0f1e2d3c",
            f"arn:{other}:kms:{region}:{ACCOUNT}:key/0f1e2d3c",
        ],
    }
