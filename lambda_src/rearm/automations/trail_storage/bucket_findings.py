"""What is wrong with a bucket: what each finding says, how bad it is, what puts it right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rearm.automations.trail_storage import calls, lifecycle, policies
from rearm.automations.trail_storage.calls import Bucket
from rearm.automations.trail_storage.rebuild import rebuild
from rearm.automations.trail_storage.strength import FLAGS, Value, flags, grants
from rearm.model import Action, Finding, Resource, Severity

# What CloudTrail needs of a bucket.
# Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
WRITES = ("s3:putobject", "s3:getbucketacl")
DELETED = "bucket-deleted"
EXPIRES = "bucket-expires-too-soon"
OUT_OF_REACH = "bucket-out-of-reach"
# Groups that an ACL can grant something to.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
GROUPS = {
    "AllUsers": "everybody",
    "AuthenticatedUsers": "everybody with an AWS account",
    "LogDelivery": "S3's log delivery",
}
MADE_AGAIN = (
    "What was in the bucket is gone: only a replica, a backup or CloudTrail's event history (90 days) has it."
)


def policy(bucket: Bucket, before: Value, now: Value) -> Finding:
    """Return the finding for a bucket policy that is weaker than the recorded one, or gone."""
    writes = policies.lets_cloudtrail(now, bucket.look.account, *WRITES)
    _, added = policies.changed(before, now)
    strangers = policies.others(added, bucket.look.account)
    said = [f"{bucket.told} has {'lost its policy' if now is None else 'another policy than recorded'}."]
    if not writes:
        said.append("CloudTrail can no longer write to it.")
    if strangers:
        said.append(f"It now allows access to {', '.join(strangers)}.")
    return _finding(
        bucket,
        "bucket-policy-weakened",
        " ".join(said),
        Severity.CRITICAL if strangers or not writes else Severity.HIGH,
        calls.put_policy(bucket, before, now),
        causes=("PutBucketPolicy", "DeleteBucketPolicy"),
        accepts={"Policy": now},
    )


def policy_hidden(bucket: Bucket, before: Value, why: str) -> Finding:
    """Return the finding for a bucket policy that does not let Rearm read it, with the try to put it back."""
    return _finding(
        bucket,
        "bucket-policy-weakened",
        f"{bucket.told} has a policy that Rearm may not read ({why}).",
        Severity.CRITICAL,
        calls.put_policy(bucket, before, None, known=False),
        causes=("PutBucketPolicy",),
    )


def policy_missing(bucket: Bucket) -> Finding:
    """Return the finding for a policy that lets CloudTrail not write, with no better one recorded."""
    return _finding(
        bucket,
        "bucket-policy-blocks-cloudtrail",
        f"The policy of {bucket.told[0].lower()}{bucket.told[1:]} does not let CloudTrail write.",
        Severity.HIGH,
        advice=(
            (
                "No better policy is recorded, so none can be put back. Give the bucket the policy of "
                "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/"
                "create-s3-bucket-policy-for-cloudtrail.html"
            ),
        ),
        causes=("PutBucketPolicy", "DeleteBucketPolicy"),
    )


def versioning(bucket: Bucket, _: Value, now: Value) -> Finding:
    """Return the finding for suspended versioning."""
    return _finding(
        bucket,
        "bucket-versioning-suspended",
        f"{bucket.told} does not keep older versions any more: who deletes a log file deletes it for good.",
        Severity.HIGH,
        calls.put_versioning(bucket, now),
        causes=("PutBucketVersioning",),
        accepts={"Versioning": now},
    )


def mfa_delete(bucket: Bucket, _: Value, now: Value) -> Finding:
    """Return the finding for MFA delete, which only the account's root user can switch on."""
    return _finding(
        bucket,
        "bucket-mfa-delete-off",
        f"{bucket.told} lets older versions be deleted without MFA.",
        Severity.HIGH,
        advice=(
            (
                "Only the root user can switch it on: aws s3api put-bucket-versioning --bucket "
                f"{bucket.name} --versioning-configuration Status=Enabled,MFADelete=Enabled --mfa 'MFA CODE'"
            ),
        ),
        causes=("PutBucketVersioning",),
        accepts={"MfaDelete": now},
    )


def public_access(bucket: Bucket, before: Value, now: Value) -> Finding:
    """Return the finding for flags of the public access block that are off."""
    lost = [flag for flag in FLAGS if before[flag] and not now[flag]]
    return _finding(
        bucket,
        "bucket-public-access-open",
        f"{bucket.told} is no longer closed to the public: {', '.join(lost)} off.",
        Severity.CRITICAL,
        calls.put_public_access(bucket, flags(before, now), now),
        causes=("PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock"),
        accepts={"PublicAccessBlock": now},
    )


def encryption(bucket: Bucket, before: Value, now: Value) -> Finding:
    """Return the finding for another default encryption than the recorded one."""
    key = str((now or {}).get("KMSMasterKeyID") or "")
    owner = key.split(":")[4] if key.count(":") >= 5 else bucket.look.account
    foreign = owner != bucket.look.account
    told = f"{bucket.told} encrypts new objects with {_key_of(now)}, not with {_key_of(before)}."
    return _finding(
        bucket,
        "bucket-encryption-changed",
        f"{told} The key belongs to account {owner}." if foreign else told,
        Severity.CRITICAL if foreign else Severity.HIGH,
        calls.put_encryption(bucket, before, now),
        advice=(
            ("Objects written meanwhile can be read only while the owner of that key allows it.",)
            if foreign
            else ()
        ),
        causes=("PutBucketEncryption", "DeleteBucketEncryption"),
        accepts={"Encryption": now},
    )


def ownership(bucket: Bucket, before: Value, now: Value) -> Finding:
    """Return the finding for object ownership that lets others own objects, or grant access by ACL."""
    return _finding(
        bucket,
        "bucket-ownership-changed",
        f"{bucket.told} has object ownership {now or 'unset'}, not {before}.",
        Severity.MEDIUM,
        calls.put_ownership(bucket, before, now),
        causes=("PutBucketOwnershipControls", "DeleteBucketOwnershipControls"),
        accepts={"Ownership": now},
    )


def acl(bucket: Bucket, before: Value, now: Value) -> Finding:
    """Return the finding for an access control list that grants more than the recorded one."""
    added = sorted(grants(now) - grants(before))
    told = ", ".join(f"{permission} to {_grantee(who)}" for who, permission in added)
    public = any(who.endswith(("/AllUsers", "/AuthenticatedUsers")) for who, _ in added)
    return _finding(
        bucket,
        "bucket-acl-opened",
        f"The ACL of {bucket.told[0].lower()}{bucket.told[1:]} grants {told}.",
        Severity.CRITICAL if public else Severity.HIGH,
        calls.put_acl(bucket, before, now),
        causes=("PutBucketAcl",),
        accepts={"Acl": now},
    )


def lock(bucket: Bucket, before: Value, now: Value) -> Finding:
    """Return the finding for a weaker default retention of Object Lock."""
    return _finding(
        bucket,
        "bucket-object-lock-weakened",
        f"{bucket.told} locks new objects less than recorded: {_retention(now)}, not {_retention(before)}.",
        Severity.HIGH,
        calls.put_lock(bucket, before, now),
        causes=("PutBucketObjectLockConfiguration", "PutObjectLockConfiguration"),
        accepts={"ObjectLock": now},
    )


def logging(bucket: Bucket, before: Value, now: Value) -> Finding:
    """Return the finding for access logs that are off, or go elsewhere."""
    to = (now or {}).get("TargetBucket")
    return _finding(
        bucket,
        "bucket-logging-changed",
        f"The access to {bucket.told[0].lower()}{bucket.told[1:]} is logged to {to or 'no bucket'}, not to "
        f"{before['TargetBucket']}.",
        Severity.MEDIUM,
        calls.put_logging(bucket, before, now),
        causes=("PutBucketLogging",),
        accepts={"Logging": now},
    )


def expires(bucket: Bucket, now: Mapping[str, Any], minimum_days: int) -> Finding | None:
    """Return the finding for lifecycle rules that let log files go before the minimum; None without any."""
    rules = lifecycle.offending(now, bucket.prefixes, minimum_days)
    if not rules:
        return None
    told = "; ".join(lifecycle.named(rule, minimum_days) for rule in rules)
    return _finding(
        bucket,
        EXPIRES,
        f"{bucket.told} lets log files go before {minimum_days} days: {told}.",
        Severity.HIGH,
        calls.put_lifecycle(bucket, lifecycle.without(now, rules), now),
        advice=(
            (
                "A shorter time that is meant is the setting minimum_retention_days; what S3 has expired "
                "already is gone."
            ),
        ),
        causes=("PutBucketLifecycle", "PutBucketLifecycleConfiguration"),
    )


def deleted(bucket: Bucket, state: Mapping[str, Any] | None, minimum_days: int) -> Finding:
    """Return the finding for a bucket that is gone, with the calls that make it again if it was recorded."""
    actions = rebuild(bucket, state, minimum_days) if state else ()
    no_record = "Nothing was recorded about it: make it again with the values that your own code has for it."
    taken = f"If its name is taken meanwhile (BucketAlreadyExists): {_elsewhere(bucket)}"
    return replace(
        _finding(
            bucket,
            DELETED,
            f"{bucket.told} does not exist any more.",
            Severity.CRITICAL,
            advice=(MADE_AGAIN, taken) if state else (no_record, MADE_AGAIN),
            causes=("DeleteBucket",),
            accepts={"deleted": True} if state else None,
        ),
        actions=actions,
    )


def taken(bucket: Bucket) -> Finding:
    """Return the finding for a bucket whose name belongs to somebody else since it was deleted."""
    return _finding(
        bucket,
        DELETED,
        f"{bucket.told} was deleted, and its name now belongs to another account, which can get what "
        "CloudTrail writes, or refuse it.",
        Severity.CRITICAL,
        advice=(_elsewhere(bucket), MADE_AGAIN),
        causes=("DeleteBucket",),
        accepts={"deleted": True},
    )


def out_of_reach(bucket: Bucket, owner: str) -> Finding:
    """Return the finding for a bucket of another account, which only that account can guard."""
    who = f"account {owner}" if owner else "the account that owns it"
    resource = Resource(bucket.arn, bucket.name, calls.BUCKET_TYPE, owner or "unknown", bucket.region)
    return Finding(
        rule=OUT_OF_REACH,
        resource=resource,
        problem=f"{bucket.told} belongs to another account: only {who} can guard it.",
        severity=Severity.LOW,
        advice=(f"Deploy Rearm in {who}. The setting log_archive_account names it.",)
        if not owner
        else (f"Rearm guards it when it is deployed in {who}.",),
    )


def recommendations(bucket: Bucket, state: Mapping[str, Any]) -> list[Finding]:
    """Return what is weak about a bucket as it was first seen: told, and not changed."""
    found = []
    if "Versioning" in state and state["Versioning"] != "Enabled":
        found.append(
            ("bucket-not-versioned", "keeps no older versions of its objects", "Switch versioning on.")
        )
    block = state.get("PublicAccessBlock")
    if block and not all(block.values()):
        off = ", ".join(flag for flag in FLAGS if not block[flag])
        found.append(
            ("bucket-public-access-not-blocked", f"does not block public access ({off})", "Block all of it.")
        )
    allowed = policies.others(policies.statements(state.get("Policy")).values(), bucket.look.account)
    if allowed:
        told = f"allows access to {', '.join(allowed)} by its policy"
        found.append(("bucket-shared", told, "Make sure that they need it; Rearm keeps it as it is."))
    return [
        _finding(bucket, rule, f"{bucket.told} {what}.", Severity.INFORMATIONAL, advice=(advice,))
        for rule, what, advice in found
    ]


def shut_out(bucket: Bucket) -> tuple[str, ...]:
    """Return what is left to do where the bucket's policy refuses Rearm.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
    """
    return (
        (
            f"If the bucket's policy refuses Rearm, only the root user of account {bucket.look.account} can "
            "still remove it, whatever it denies: aws s3api delete-bucket-policy --bucket "
            f"{bucket.name} --region {bucket.region}. Rearm then puts the recorded policy back."
        ),
        "Otherwise a service control policy or a permissions boundary refuses Rearm's role.",
    )


def _elsewhere(bucket: Bucket) -> str:
    trails = " ".join(
        f"aws cloudtrail update-trail --name {arn} --region {arn.split(':')[3]} --s3-bucket-name NEW;"
        for arn in sorted(bucket.trails)
    )
    return f"make a bucket with another name and point the trail to it. {trails}".strip().rstrip(";")


def _finding(
    bucket: Bucket,
    rule: str,
    problem: str,
    severity: Severity,
    *actions: Action,
    advice: tuple[str, ...] = (),
    causes: tuple[str, ...] = (),
    accepts: Mapping[str, object] | None = None,
) -> Finding:
    return Finding(
        rule=rule,
        resource=bucket.resource,
        problem=problem,
        severity=severity,
        actions=actions,
        causes=causes,
        advice=advice,
        if_denied=shut_out(bucket) if actions else (),
        accepts=accepts,
    )


def _key_of(value: Value) -> str:
    value = value or {}
    algorithm = value.get("SSEAlgorithm") or "AES256"
    key = value.get("KMSMasterKeyID")
    return f"{algorithm} and the key {key}" if key else str(algorithm)


def _grantee(who: str) -> str:
    return GROUPS.get(who.rpartition("/")[2], f"the S3 user {who}")


def _retention(value: Value) -> str:
    retention = ((value or {}).get("Rule") or {}).get("DefaultRetention") or {}
    if not retention:
        return "no default retention"
    years, days = retention.get("Years"), retention.get("Days")
    return f"{retention.get('Mode')} for {f'{years} years' if years else f'{days} days'}"


Make = Callable[[Bucket, Value, Value], Finding]

# By attribute, in the order of repair: the policy may be what refuses the others, and ownership can be
# enforced only when no ACL grants others anything.
WEAKER: Mapping[str, tuple[str, Make]] = {
    "Policy": ("bucket-policy-weakened", policy),
    "PublicAccessBlock": ("bucket-public-access-open", public_access),
    "Acl": ("bucket-acl-opened", acl),
    "Ownership": ("bucket-ownership-changed", ownership),
    "Versioning": ("bucket-versioning-suspended", versioning),
    "MfaDelete": ("bucket-mfa-delete-off", mfa_delete),
    "Encryption": ("bucket-encryption-changed", encryption),
    "ObjectLock": ("bucket-object-lock-weakened", lock),
    "Logging": ("bucket-logging-changed", logging),
}
