"""The findings of this automation: what each says, how bad it is, what puts it right."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rearm.automations.s3_encryption.buckets import NO_BUCKET, Bucket, Encryption, strength
from rearm.automations.s3_encryption.keys import Target, owner_of
from rearm.automations.s3_encryption.sharing import Users
from rearm.model import Action, Check, Failure, Finding, Resource, Severity

FOREIGN = "bucket-key-foreign"
WEAKER = "bucket-encryption-weaker"
OTHER_KEY = "bucket-key-other"
CLOSED = "bucket-closed"
KEY_IGNORED = "required-key-ignored"

CAUSES = ("PutBucketEncryption", "DeleteBucketEncryption", "CreateBucket")
SEVERITIES = {FOREIGN: Severity.CRITICAL, WEAKER: Severity.MEDIUM, OTHER_KEY: Severity.HIGH}
OWN_KEYS = "AES256"
TWO_LAYERS = "aws:kms:dsse"
OLD_OBJECTS = "Objects that are there already keep the encryption with which they were written."
READABLE = (
    "Objects written meanwhile can be read only while the owner of that key allows it: copy them onto "
    "themselves while they can be read, and look who could read the bucket."
)
LEFT_TO_STORAGE = (
    "Trails write into it: its encryption is kept by the automation trail_storage, which would put it back. "
    "Change it as an actor that trail_storage has an exception for."
)
SHUT_OUT = (
    "AWS refuses Rearm the call: look at the bucket's policy, the service control policies and the "
    "permissions boundary. Only root can remove a bucket policy that denies everybody."
)


@dataclass(frozen=True, eq=False, repr=False)
class Required:
    """What the settings ask for: the weakest algorithm, the key, and whether shared buckets get it too."""

    algorithm: str
    repair_shared: bool = False

    @property
    def by_key(self) -> bool:
        """Whether a key of KMS is needed, which not everybody may use who uses the bucket."""
        return self.algorithm != OWN_KEYS


def wrong(
    rule: str, bucket: Bucket, now: Encryption, required: Required, target: Target, users: Users
) -> Finding:
    """Return the finding for an encryption that is not as required, with its repair where that is safe."""
    wanted, reason = _repair(rule, now, required, target, users)
    advice = [OLD_OBJECTS] if rule != FOREIGN else [READABLE]
    if reason:
        asked = configuration(required.algorithm, target.arn, now)
        advice = [reason, *advice]
        if wanted is None and target.trouble is None:
            advice.append(f"The call would be: {_command(bucket, asked)}")
    return Finding(
        rule=rule,
        resource=bucket.resource,
        problem=_problem(rule, bucket, now, required, target),
        severity=SEVERITIES[rule],
        actions=(_action(bucket, wanted, now),) if wanted else (),
        causes=CAUSES,
        advice=tuple(advice),
        if_denied=(SHUT_OUT,),
    )


def closed(bucket: Bucket, said: Failure) -> Finding:
    """Return the finding for a bucket of this account that does not say how it encrypts."""
    return Finding(
        rule=CLOSED,
        resource=bucket.resource,
        problem=f"Bucket {bucket.name} does not show Rearm its encryption ({said}).",
        severity=Severity.HIGH,
        causes=("PutBucketPolicy",),
        advice=(SHUT_OUT,),
    )


def key_ignored(account: Resource, key: str) -> Finding:
    """Return the finding for settings of which one has no use for the other."""
    return Finding(
        rule=KEY_IGNORED,
        resource=account,
        problem=f"The required key {key} is not looked for: the required algorithm, AES256, uses none.",
        severity=Severity.LOW,
        advice=("Set algorithm to aws:kms or aws:kms:dsse, or leave key out.",),
    )


def configuration(algorithm: str, key: str | None, now: Encryption) -> dict[str, Any]:
    """Return a configuration as PutBucketEncryption takes it.

    What the bucket refuses to take, such as objects under keys that the writer brings (SSE-C), stays so. S3
    has no bucket keys for two layers, and its own keys need none.

    Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html,
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    """
    applied = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
    rule: dict[str, Any] = {
        "ApplyServerSideEncryptionByDefault": applied,
        "BucketKeyEnabled": algorithm == "aws:kms",
    }
    blocked = now.rules[0].get("BlockedEncryptionTypes") if now.rules else None
    return {"Rules": [{**rule, **({"BlockedEncryptionTypes": blocked} if blocked else {})}]}


def _repair(
    rule: str, now: Encryption, required: Required, target: Target, users: Users
) -> tuple[dict[str, Any] | None, str | None]:
    """Return the configuration to put, None where none is safe, and why it is not the required one."""
    if users.failure:
        return None, f"Who else uses the bucket is not known ({users.failure}), so it is left alone."
    if users.trails:
        return None, LEFT_TO_STORAGE
    reason = None
    if required.by_key and target.trouble:
        reason = target.trouble
    elif required.by_key and users.others and not required.repair_shared:
        reason = (
            f"The bucket lets in {_listed(users.others)}: a key of KMS would shut out whoever has no "
            "permission on it. Allow them the key and set repair_shared, or give the bucket an exception."
        )
    if reason is None:
        algorithm = required.algorithm
        if rule != FOREIGN and now.algorithm is not None and strength(now.algorithm) > strength(algorithm):
            algorithm = now.algorithm
        return configuration(algorithm, target.arn if required.by_key else None, now), None
    if rule == FOREIGN:
        # Whatever the key is that is required: anything of S3's own is better than a foreign one.
        return configuration(OWN_KEYS, None, now), f"It gets S3's own keys for now. {reason}"
    return None, reason


def _problem(rule: str, bucket: Bucket, now: Encryption, required: Required, target: Target) -> str:
    told = f"Bucket {bucket.name} encrypts new objects with {now.told}"
    if rule == FOREIGN:
        return f"{told}: that key belongs to account {owner_of(now.key)}."
    if rule == WEAKER:
        return f"{told}, which is weaker than {required.algorithm}."
    return f"{told}, not with the required key {target.arn or ''}".rstrip() + "."


def _action(bucket: Bucket, wanted: Mapping[str, Any], now: Encryption) -> Action:
    """Return the call that puts a configuration, with the one that gives back the former."""
    path = "ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault"
    check = Check(
        "s3",
        "GetBucketEncryption",
        bucket.owned,
        bucket.look.region,
        path,
        wanted["Rules"][0]["ApplyServerSideEncryptionByDefault"],
    )
    former = {"ServerSideEncryptionConfiguration": {"Rules": [dict(rule) for rule in now.rules]}}
    undo = Action(
        "s3",
        "PutBucketEncryption" if now.rules else "DeleteBucketEncryption",
        {**bucket.owned, **(former if now.rules else {})},
        bucket.look.region,
        "encrypt as it was found",
        check=check,
    )
    return Action(
        "s3",
        "PutBucketEncryption",
        {**bucket.owned, "ServerSideEncryptionConfiguration": wanted},
        bucket.look.region,
        "encrypt new objects as required",
        undo=undo,
        # It was deleted meanwhile.
        beyond_reach=frozenset({NO_BUCKET}),
    )


def _command(bucket: Bucket, wanted: Mapping[str, Any]) -> str:
    given = shlex.quote(json.dumps(wanted))
    return (
        f"aws s3api put-bucket-encryption --region {bucket.look.region} --bucket {bucket.name} "
        f"--server-side-encryption-configuration {given}"
    )


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
