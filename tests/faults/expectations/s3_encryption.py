"""What faults of the calls about the encryption of buckets may cost."""

from __future__ import annotations

from collections.abc import Mapping

from tests.faults.expected import ITSELF, RESOURCES, Known
from tests.scenarios.verdicts import MESSAGE, QUIET, RULES

REPAIR = frozenset({MESSAGE, ITSELF, RULES})
EVERYTHING = frozenset({MESSAGE, RESOURCES, RULES})

LOST: Mapping[str, frozenset[str]] = {
    "s3:ListBuckets": EVERYTHING,
    # What cannot be read of a bucket is not put right; everything else is.
    "s3:GetBucketLocation": REPAIR,
    "s3:GetBucketEncryption": REPAIR,
    # Without knowing who uses it, nobody may be shut out of it.
    "s3:GetBucketPolicy": REPAIR,
    "s3:GetBucketAcl": REPAIR,
    "cloudtrail:DescribeTrails": EVERYTHING,
    # Which key is required is known from nowhere else.
    "kms:DescribeKey": EVERYTHING,
    "s3:PutBucketEncryption": REPAIR,
}

KNOWN = (
    Known(
        "cloudtrail:LookupEvents",
        ".*",
        "Who did it is worth less than the repair; no exception for an actor applies.",
        lost=frozenset({MESSAGE}),
        said="could not be asked (cloudtrail:LookupEvents",
    ),
    Known(
        "s3:PutBucketEncryption",
        "read timeout|truncated answer",
        "AWS has done it; looking again shows it.",
    ),
    Known(
        "s3:GetBucketEncryption",
        "access denied",
        "Who shuts Rearm out of a bucket is told of, as a finding.",
        lost=REPAIR | {QUIET, "customer-data"},
        said="AccessDenied",
        raised=None,
    ),
    Known(
        "s3:GetBucketPolicy",
        "missing members",
        "S3 says with an error that there is no policy; without its code it says that the bucket is gone.",
        lost=frozenset({MESSAGE, QUIET}),
        asked="Bucket=trail-logs",
    ),
)
