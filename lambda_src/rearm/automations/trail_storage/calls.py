"""The calls that put a bucket's attributes back, each with the one that takes it back and what must hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rearm.automations import Look
from rearm.automations.trail_storage.bucket import owned
from rearm.automations.trail_storage.strength import Value
from rearm.model import Action, Check, Resource

BUCKET_TYPE = "AWS::S3::Bucket"


@dataclass(frozen=True)
class Bucket:
    """A bucket of this account that trails use, or have used.

    Attributes
    ----------
    trails
        By the ARN of each trail that writes into it now: under which prefix.
    """

    name: str
    region: str
    trails: Mapping[str, str]
    look: Look

    @property
    def arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:{self.look.partition}:s3:::{self.name}"

    @property
    def resource(self) -> Resource:
        """The bucket as a resource."""
        return Resource(self.arn, self.name, BUCKET_TYPE, self.look.account, self.region)

    @property
    def told(self) -> str:
        """The bucket in words."""
        names = ", ".join(sorted(arn.partition(":trail/")[2] for arn in self.trails))
        return f"Bucket {self.name} ({f'trail {names}' if names else 'no trail uses it now'})"

    @property
    def prefixes(self) -> list[str] | None:
        """The prefixes under which trails write; None where none is known."""
        return sorted(set(self.trails.values())) or None

    def action(self, operation: str, reason: str, **parameters: object) -> Action:
        """Return a call on the bucket."""
        wanted = {**owned(self.name, self.look), **parameters}
        return Action("s3", operation, wanted, self.region, reason)

    def undoing(self, operation: str, check: Check, **parameters: object) -> Action:
        """Return a call that takes a repair back, if the check holds."""
        wanted = {**owned(self.name, self.look), **parameters}
        return Action("s3", operation, wanted, self.region, "take the repair back", check=check)

    def check(self, operation: str, path: str, value: object) -> Check:
        """Return what a read must give for a repair to be taken back."""
        return Check("s3", operation, owned(self.name, self.look), self.region, path, value)


def policy_text(policy: object) -> str:
    """Return a policy as the calls take it."""
    return json.dumps(policy, separators=(",", ":"))


def put_policy(bucket: Bucket, wanted: Value, now: Value, *, known: bool = True) -> Action:
    """Put a bucket's policy back; what it was instead is not `known` where Rearm may not read it."""
    text = policy_text(wanted)
    action = bucket.action("PutBucketPolicy", "put the recorded policy back", Policy=text)
    if not known:
        return action
    check = bucket.check("GetBucketPolicy", "Policy", text)
    undo = (
        bucket.undoing("PutBucketPolicy", check, Policy=policy_text(now))
        if now
        else bucket.undoing("DeleteBucketPolicy", check)
    )
    return _with(action, undo)


def put_versioning(bucket: Bucket, now: Value) -> Action:
    """Switch versioning on again; a bucket that once had it can only suspend it."""
    check = bucket.check("GetBucketVersioning", "Status", "Enabled")
    return _with(
        bucket.action(
            "PutBucketVersioning", "keep older versions again", VersioningConfiguration={"Status": "Enabled"}
        ),
        bucket.undoing("PutBucketVersioning", check, VersioningConfiguration={"Status": now or "Suspended"}),
    )


def put_public_access(bucket: Bucket, wanted: Value, now: Value) -> Action:
    """Set the flags of the public access block again."""
    check = bucket.check("GetPublicAccessBlock", "PublicAccessBlockConfiguration", wanted)
    return _with(
        bucket.action(
            "PutPublicAccessBlock", "block public access again", PublicAccessBlockConfiguration=wanted
        ),
        bucket.undoing("PutPublicAccessBlock", check, PublicAccessBlockConfiguration=now),
    )


def put_encryption(bucket: Bucket, wanted: Value, now: Value) -> Action:
    """Put the default encryption back."""
    given = encryption(wanted)
    path = "ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault"
    check = bucket.check("GetBucketEncryption", path, given["Rules"][0]["ApplyServerSideEncryptionByDefault"])
    return _with(
        bucket.action("PutBucketEncryption", "encrypt as before", ServerSideEncryptionConfiguration=given),
        bucket.undoing("PutBucketEncryption", check, ServerSideEncryptionConfiguration=encryption(now)),
    )


def put_ownership(bucket: Bucket, wanted: Value, now: Value) -> Action:
    """Put the setting of who owns the objects back."""
    path = "OwnershipControls.Rules[0].ObjectOwnership"
    check = bucket.check("GetBucketOwnershipControls", path, wanted)
    undo = (
        bucket.undoing("PutBucketOwnershipControls", check, OwnershipControls=ownership(now))
        if now
        else bucket.undoing("DeleteBucketOwnershipControls", check)
    )
    action = bucket.action(
        "PutBucketOwnershipControls",
        "let the bucket's account own all objects as before",
        OwnershipControls=ownership(wanted),
    )
    return _with(action, undo)


def put_acl(bucket: Bucket, wanted: Value, now: Value) -> Action:
    """Put the access control list back."""
    path = "Grants[].{ID: Grantee.ID, URI: Grantee.URI, Permission: Permission}"
    value = [
        {
            "ID": one["Grantee"].get("ID"),
            "URI": one["Grantee"].get("URI"),
            "Permission": one["Permission"],
        }
        for one in wanted["Grants"]
    ]
    return _with(
        bucket.action("PutBucketAcl", "take the added grants away", AccessControlPolicy=wanted),
        bucket.undoing("PutBucketAcl", bucket.check("GetBucketAcl", path, value), AccessControlPolicy=now),
    )


def put_lock(bucket: Bucket, wanted: Value, now: Value) -> Action:
    """Put the default retention of Object Lock back."""
    path = "ObjectLockConfiguration.Rule.DefaultRetention"
    value = (wanted.get("Rule") or {}).get("DefaultRetention")
    action = bucket.action(
        "PutObjectLockConfiguration", "lock new objects as before", ObjectLockConfiguration=wanted
    )
    undo = bucket.undoing(
        "PutObjectLockConfiguration",
        bucket.check("GetObjectLockConfiguration", path, value),
        ObjectLockConfiguration=now or {"ObjectLockEnabled": "Enabled"},
    )
    return _with(action, undo)


def put_logging(bucket: Bucket, wanted: Value, now: Value) -> Action:
    """Log the access to the bucket as before."""
    check = bucket.check("GetBucketLogging", "LoggingEnabled", wanted)
    return _with(
        bucket.action("PutBucketLogging", "log access again", BucketLoggingStatus={"LoggingEnabled": wanted}),
        bucket.undoing("PutBucketLogging", check, BucketLoggingStatus={"LoggingEnabled": now} if now else {}),
    )


def put_lifecycle(bucket: Bucket, kept: Mapping[str, Any] | None, now: Mapping[str, Any]) -> Action:
    """Take lifecycle rules away and leave the others."""
    check = bucket.check("GetBucketLifecycleConfiguration", "Rules", kept["Rules"] if kept else None)
    undo = bucket.undoing("PutBucketLifecycleConfiguration", check, **lifecycle(now))
    if not kept:
        return _with(bucket.action("DeleteBucketLifecycle", "remove the rule"), undo)
    action = bucket.action(
        "PutBucketLifecycleConfiguration", "remove the rule, keep the others", **lifecycle(kept)
    )
    return _with(action, undo)


def lifecycle(configuration: Mapping[str, Any]) -> dict[str, object]:
    """Return a recorded lifecycle configuration as the call takes it."""
    size = configuration.get("TransitionDefaultMinimumObjectSize")
    wanted: dict[str, object] = {"LifecycleConfiguration": {"Rules": configuration["Rules"]}}
    return {**wanted, "TransitionDefaultMinimumObjectSize": size} if size else wanted


def encryption(recorded: Value) -> dict[str, Any]:
    """Return recorded encryption as the call takes it; without any it is S3's own."""
    recorded = dict(recorded or {"SSEAlgorithm": "AES256"})
    rule: dict[str, Any] = {"BucketKeyEnabled": recorded.pop("BucketKeyEnabled", False)}
    blocked = recorded.pop("BlockedEncryptionTypes", None)
    if blocked:
        rule["BlockedEncryptionTypes"] = blocked
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": recorded, **rule}]}


def ownership(value: object) -> dict[str, object]:
    """Return recorded ownership as the call takes it."""
    return {"Rules": [{"ObjectOwnership": value}]}


def _with(action: Action, undo: Action) -> Action:
    return replace(action, undo=undo)
