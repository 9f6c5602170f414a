"""Making a deleted bucket again, as it was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rearm.automations.trail_storage import calls, lifecycle
from rearm.automations.trail_storage.calls import Bucket
from rearm.automations.trail_storage.strength import FLAGS, grants
from rearm.model import Action

# The one region that is not named when a bucket is made.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
UNNAMED = "us-east-1"
# What S3 says where an earlier try of the same call has made it.
OWN = "BucketAlreadyOwnedByYou"


def rebuild(bucket: Bucket, state: Mapping[str, Any], minimum_days: int) -> tuple[Action, ...]:
    """Return the calls that make a bucket again, in their order.

    It is closed before it is opened for CloudTrail. What guards nothing comes last, since the first call that
    fails ends it.
    """
    return (_create(bucket, state), *_set_up(bucket, state, minimum_days))


def _create(bucket: Bucket, state: Mapping[str, Any]) -> Action:
    parameters: dict[str, object] = {"Bucket": bucket.name}
    if bucket.region != UNNAMED:
        parameters["CreateBucketConfiguration"] = {"LocationConstraint": bucket.region}
    owner = state.get("Ownership") or ("ObjectWriter" if _granted(state) else None)
    if owner:
        parameters["ObjectOwnership"] = owner
    if state.get("ObjectLock"):
        parameters["ObjectLockEnabledForBucket"] = True
    return Action(
        "s3", "CreateBucket", parameters, bucket.region, "make the bucket again", already=frozenset({OWN})
    )


def _set_up(bucket: Bucket, state: Mapping[str, Any], minimum_days: int) -> Iterator[Action]:
    block = state.get("PublicAccessBlock") or {}
    if any(block.get(flag) for flag in FLAGS):
        yield bucket.action(
            "PutPublicAccessBlock", "block public access", PublicAccessBlockConfiguration=dict(block)
        )
    if state.get("Versioning") == "Enabled":
        yield bucket.action(
            "PutBucketVersioning", "keep older versions", VersioningConfiguration={"Status": "Enabled"}
        )
    if state.get("Encryption"):
        given = calls.encryption(state["Encryption"])
        yield bucket.action(
            "PutBucketEncryption", "encrypt as before", ServerSideEncryptionConfiguration=given
        )
    rules = state.get("Lifecycle")
    kept = (
        lifecycle.without(rules, lifecycle.offending(rules, bucket.prefixes, minimum_days)) if rules else None
    )
    if kept:
        yield bucket.action(
            "PutBucketLifecycleConfiguration", "keep and let go as before", **calls.lifecycle(kept)
        )
    if (state.get("ObjectLock") or {}).get("Rule"):
        yield bucket.action(
            "PutObjectLockConfiguration", "lock new objects", ObjectLockConfiguration=state["ObjectLock"]
        )
    if state.get("Policy"):
        text = calls.policy_text(state["Policy"])
        yield bucket.action("PutBucketPolicy", "let CloudTrail write", Policy=text)
    if state.get("Logging"):
        yield bucket.action(
            "PutBucketLogging", "log access again", BucketLoggingStatus={"LoggingEnabled": state["Logging"]}
        )
    if state.get("Tags"):
        yield bucket.action("PutBucketTagging", "tag it again", Tagging={"TagSet": state["Tags"]})
    if _granted(state) and state.get("Ownership") != "BucketOwnerEnforced":
        yield bucket.action("PutBucketAcl", "grant what was granted", AccessControlPolicy=state["Acl"])


def _granted(state: Mapping[str, Any]) -> bool:
    """Whether anybody but the owner was granted anything."""
    acl = state.get("Acl") or {}
    owner = (acl.get("Owner") or {}).get("ID")
    return any(who != owner for who, _ in grants(acl))
