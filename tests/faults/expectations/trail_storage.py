"""What faults of the calls about buckets and keys of trails may cost."""

from __future__ import annotations

from collections.abc import Mapping

from tests.faults.expected import ITSELF, RESOURCES, Known
from tests.scenarios.automations.trail_storage import GONE, KEY
from tests.scenarios.verdicts import BASELINES, MESSAGE

READ = frozenset({MESSAGE, BASELINES, ITSELF})
REPAIR = frozenset({MESSAGE, ITSELF})

BUCKET_READS = (
    "GetBucketAcl",
    "GetBucketEncryption",
    "GetBucketLifecycleConfiguration",
    "GetBucketLocation",
    "GetBucketLogging",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetObjectLockConfiguration",
    "GetPublicAccessBlock",
)
KEY_READS = ("DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus")
# Looking again shows whether these were carried out.
MENDS = (
    "s3:PutBucketAcl",
    "s3:PutBucketEncryption",
    "s3:PutBucketLifecycleConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutPublicAccessBlock",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:PutKeyPolicy",
)
# Several of them make a bucket again, or take a key's deletion back: the first that fails ends them.
STEPS = (
    "s3:CreateBucket",
    "s3:PutBucketLogging",
    "s3:PutObjectLockConfiguration",
    "kms:CancelKeyDeletion",
)
EXTRAS = ("s3:PutBucketTagging",)

LOST: Mapping[str, frozenset[str]] = {
    # What was recorded is looked at whatever the trails say; only new ones are not found.
    "cloudtrail:DescribeTrails": frozenset({MESSAGE, BASELINES}),
    "cloudtrail:ListTrails": frozenset({MESSAGE, BASELINES}),
    "cloudtrail:GetTrail": frozenset({MESSAGE, BASELINES}),
    "s3:ListBuckets": frozenset({MESSAGE}),
    # What cannot be read of a bucket or key is not put right; everything else is.
    **{f"s3:{operation}": READ for operation in BUCKET_READS},
    **{f"kms:{operation}": READ for operation in KEY_READS},
    **dict.fromkeys((*MENDS, *STEPS, *EXTRAS), REPAIR),
    # What needs no baseline is put right all the same.
    "dynamodb:Query baseline": frozenset({MESSAGE, BASELINES, RESOURCES}),
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
        "kms:DescribeKey",
        "not found",
        "KMS says that there is no such key: nothing can bring it back, and that is told.",
        lost=frozenset({MESSAGE, KEY, BASELINES}),
        said="does not exist any more",
    ),
    *(
        Known(call, "read timeout|truncated answer", "AWS has done it; looking again shows it.")
        for call in MENDS
    ),
    *(
        Known(call, "truncated answer|missing members", "AWS has done it; its answer says nothing else.")
        for call in STEPS
    ),
    Known(
        "s3:GetObjectLockConfiguration",
        "missing members",
        "The bucket has no Object Lock, and the error that says so has no members.",
    ),
    Known(
        "s3:PutBucketLogging",
        "read timeout",
        "AWS has done it; looking again shows it. What comes after it, the tags, is left out.",
        lost=frozenset({GONE}),
    ),
    *(
        Known(
            call,
            ".*",
            "What guards nothing is missing from the bucket: the message shows that the call failed.",
            lost=frozenset({MESSAGE, GONE}),
        )
        for call in EXTRAS
    ),
)
