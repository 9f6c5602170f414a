"""Reading a bucket: where it is, whose it is, and how it is set up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rearm.automations import Look
from rearm.automations.trail_storage.strength import FLAGS, Value
from rearm.aws import Answer, AwsError, items_of, malformed

DENIED = frozenset({"403", "AccessDenied", "AllAccessDisabled", "Forbidden"})
NO_BUCKET = frozenset({"NoSuchBucket"})


class GoneError(Exception):
    """There is no such bucket."""


class ForeignError(Exception):
    """The bucket belongs to another account."""


@dataclass(frozen=True)
class Read:
    """How an attribute is read: the call, what AWS says where there is none, and what that is worth."""

    operation: str
    pick: Callable[[Answer], Any]
    absent: str | None = None
    without: Any = None


def _policy(answer: Answer) -> Value:
    try:
        policy = json.loads(answer["Policy"])
    except (KeyError, TypeError, ValueError) as error:
        raise malformed("s3", "GetBucketPolicy", "Policy is no JSON") from error
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise malformed("s3", "GetBucketPolicy", "Policy has no statements")
    return policy


def _lifecycle(answer: Answer) -> Value:
    rules = items_of(answer, "s3", "GetBucketLifecycleConfiguration", "Rules")
    size = answer.get("TransitionDefaultMinimumObjectSize")
    made = {"Rules": [_plain(rule) for rule in rules]}
    return {**made, "TransitionDefaultMinimumObjectSize": size} if size else made


def _encryption(answer: Answer) -> Value:
    rules = _rules(answer, "GetBucketEncryption", "ServerSideEncryptionConfiguration")
    if not rules:
        return None
    applied = rules[0].get("ApplyServerSideEncryptionByDefault")
    if not isinstance(applied, dict):
        raise malformed("s3", "GetBucketEncryption", "a rule applies nothing")
    made = {**_plain(applied), "BucketKeyEnabled": rules[0].get("BucketKeyEnabled") is True}
    blocked = rules[0].get("BlockedEncryptionTypes")
    return {**made, "BlockedEncryptionTypes": _plain(blocked)} if blocked else made


def _public_access(answer: Answer) -> Value:
    block = answer.get("PublicAccessBlockConfiguration")
    if not isinstance(block, dict) or not block:
        raise malformed("s3", "GetPublicAccessBlock", "PublicAccessBlockConfiguration is missing")
    return {flag: block.get(flag) is True for flag in FLAGS}


def _ownership(answer: Answer) -> Value:
    rules = _rules(answer, "GetBucketOwnershipControls", "OwnershipControls")
    return rules[0].get("ObjectOwnership") if rules else None


def _acl(answer: Answer) -> Value:
    owner = answer.get("Owner")
    if not isinstance(owner, dict) or not owner.get("ID"):
        raise malformed("s3", "GetBucketAcl", "Owner is missing")
    found = items_of(answer, "s3", "GetBucketAcl", "Grants")
    if not all(isinstance(one.get("Grantee"), dict) and one.get("Permission") for one in found):
        raise malformed("s3", "GetBucketAcl", "a grant has no grantee")
    return {
        "Owner": {"ID": owner["ID"]},
        "Grants": [
            {
                "Grantee": {k: v for k, v in one["Grantee"].items() if k in ("ID", "Type", "URI") and v},
                "Permission": one["Permission"],
            }
            for one in found
        ],
    }


def _tags(answer: Answer) -> Value:
    return [
        {"Key": str(tag.get("Key")), "Value": str(tag.get("Value"))}
        for tag in items_of(answer, "s3", "GetBucketTagging", "TagSet")
        if not str(tag.get("Key")).startswith("aws:")
    ]


def _lock(answer: Answer) -> Value:
    lock = answer.get("ObjectLockConfiguration")
    if not isinstance(lock, dict) or not lock:
        raise malformed("s3", "GetObjectLockConfiguration", "ObjectLockConfiguration is missing")
    return _plain(lock) if lock.get("ObjectLockEnabled") == "Enabled" else None


def _rules(answer: Answer, operation: str, key: str) -> list[Answer]:
    inner = answer.get(key)
    if not isinstance(inner, dict):
        raise malformed("s3", operation, f"{key} is missing")
    return items_of(inner, "s3", operation, "Rules")


def _plain(value: Value) -> Value:
    """Return an answer's value as JSON can hold it; AWS's clients take a time as text as well."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, datetime) else value


# Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
READS: Mapping[str, Read] = {
    "Policy": Read("GetBucketPolicy", _policy, "NoSuchBucketPolicy"),
    "Lifecycle": Read("GetBucketLifecycleConfiguration", _lifecycle, "NoSuchLifecycleConfiguration"),
    "Versioning": Read("GetBucketVersioning", lambda answer: answer.get("Status")),
    "Encryption": Read("GetBucketEncryption", _encryption, "ServerSideEncryptionConfigurationNotFoundError"),
    "PublicAccessBlock": Read(
        "GetPublicAccessBlock",
        _public_access,
        "NoSuchPublicAccessBlockConfiguration",
        dict.fromkeys(FLAGS, False),
    ),
    "Ownership": Read("GetBucketOwnershipControls", _ownership, "OwnershipControlsNotFoundError"),
    "Acl": Read("GetBucketAcl", _acl),
    "ObjectLock": Read("GetObjectLockConfiguration", _lock, "ObjectLockConfigurationNotFoundError"),
    "Logging": Read("GetBucketLogging", lambda answer: _plain(answer.get("LoggingEnabled"))),
    "Tags": Read("GetBucketTagging", _tags, "NoSuchTagSet", []),
}


def locate(name: str, look: Look) -> tuple[str, AwsError | None]:
    """Return the region of a bucket of this account.

    Returns
    -------
    tuple
        The region, and the refusal, if the bucket itself does not say.

    Raises
    ------
    GoneError, ForeignError
        There is none, or it is another account's.
    AwsError
        AWS does not say.

    Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html,
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
    """
    try:
        answer = look.aws.call("s3", look.region, "GetBucketLocation", owned(name, look))
    except AwsError as error:
        if error.code in NO_BUCKET:
            raise GoneError from error
        if error.code not in DENIED:
            raise
        return _listed(name, look), error
    region = answer.get("LocationConstraint")
    # Old names of regions.
    named = {"EU": "eu-west-1", "US": "us-east-1"}.get(str(region), str(region))
    return (named if region else "us-east-1"), None


def read(
    name: str, region: str, attributes: Iterable[str], look: Look
) -> tuple[dict[str, Any], dict[str, AwsError]]:
    """Read attributes of a bucket.

    Returns
    -------
    tuple
        What was read by attribute, as JSON can hold it, and what failed.

    Raises
    ------
    GoneError
        There is no such bucket.
    """
    state: dict[str, Any] = {}
    failed: dict[str, AwsError] = {}
    for attribute in attributes:
        how = READS[attribute]
        try:
            answer = look.aws.call("s3", region, how.operation, owned(name, look))
            state[attribute] = how.pick(answer)
            if attribute == "Versioning":
                state["MfaDelete"] = answer.get("MFADelete")
        except AwsError as error:
            if error.code in NO_BUCKET:
                raise GoneError from error
            if how.absent and error.code == how.absent:
                state[attribute] = how.without
            else:
                failed[attribute] = error
    return state, failed


def owned(name: str, look: Look) -> dict[str, object]:
    """Return the parameters of every call on a bucket: it fails where the bucket is another account's."""
    return {"Bucket": name, "ExpectedBucketOwner": look.account}


def _listed(name: str, look: Look) -> str:
    """Return the region of a bucket that refuses to be asked, if it is among the account's own."""
    token: object = None
    while True:
        wanted = {"Prefix": name, "MaxBuckets": 1000, **({"ContinuationToken": token} if token else {})}
        answer = look.aws.call("s3", look.region, "ListBuckets", wanted)
        for one in items_of(answer, "s3", "ListBuckets", "Buckets"):
            if one.get("Name") == name:
                return str(one.get("BucketRegion") or look.region)
        token = answer.get("ContinuationToken")
        if not token:
            raise ForeignError
