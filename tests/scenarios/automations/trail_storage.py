"""Trail storage: buckets and keys of trails that are weakened, disabled or deleted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from moto.cloudtrail.models import Trail as MotoTrail
from moto.cloudtrail.models import cloudtrail_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends

from tests.events.envelopes import api_event, scheduled
from tests.events.identities import assumed_role
from tests.local_aws.answers import AwsError
from tests.scenarios.account import BUCKET, ORGANIZATION, STOPPED_AGO, Account, Event, client
from tests.scenarios.stage import Scenario
from tests.scenarios.verdicts import BASELINES, Check, tells_nothing, told
from tests.support.planned import ACCOUNT
from tests.support.variants import BY_DEFAULT

AUTOMATION = "trail_storage"
WHO = ("admin", "Session: maintenance")
WEAK, GONE, FAR, CENTRAL = BUCKET, "gone-logs", "far-logs", "central-logs"
KEY = "5e7a2c11-93d4-4b8e-8a6f-0d1c2b3a4f5e"
BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
LOCK = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}}
YEAR = {"ID": "year", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 365}}
DAY = {"ID": "day", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
TAGS = [{"Key": "team", "Value": "audit"}]


class OtherAccounts:
    """S3 as far as a bucket of another account is concerned: it says so to whoever expects another owner."""

    def GetBucketLocation(self, parameters: Mapping[str, Any], _region: str) -> None:  # noqa: N802
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html."""
        if parameters["Bucket"] == CENTRAL:
            raise AwsError("AccessDenied", "Access Denied", 403)


def scenarios() -> Iterator[Scenario]:
    """Return every scenario, of every variant; those that take least time first."""
    yield from _event_door()
    yield from _other_findings()
    for variant in BY_DEFAULT:
        yield _scenario(
            "a sweep finds everything weakened, disabled or deleted",
            _sweep_over_wrecks,
            *(_as_it_was(name) for name in (WEAK, GONE)),
            _key_is_as_it_was(),
            told("remediated", *WHO, "CloudTrail can no longer write", "does not exist any more"),
            told("remediated", "will be deleted", "belongs to another account"),
            variant=variant,
        )


def _scenario(
    name: str,
    arrange: Callable[[Account], Event],
    *checks: Check,
    variant: str = "default",
    earlier: Callable[[Account], Event] | None = None,
) -> Scenario:
    return Scenario(name, variant, arrange, checks, AUTOMATION, earlier or _learned, independent=True)


def _event_door() -> Iterator[Scenario]:
    yield _scenario(
        "a bucket loses its policy",
        lambda account: _attacked(account, "delete_bucket_policy", "DeleteBucketPolicy"),
        _as_it_was(WEAK),
        told("remediated", "has lost its policy", *WHO, "put-bucket-policy"),
        earlier=_weak_learned,
    )
    yield _scenario(
        "a bucket is weakened in every way",
        _weakened,
        _as_it_was(WEAK),
        told("remediated", "CloudTrail can no longer write", *WHO, f"belongs to account {ORGANIZATION}"),
        earlier=_weak_learned,
    )
    yield _scenario(
        "a bucket is deleted",
        _deleted,
        _as_it_was(GONE),
        told("remediated", "does not exist any more", *WHO, "create-bucket"),
        earlier=_gone_learned,
    )
    yield _scenario(
        "a key is weakened and disabled",
        _locked,
        _key_is_as_it_was(),
        told("remediated", "will be deleted", *WHO, "cancel-key-deletion"),
        earlier=_key_learned,
    )
    yield _scenario(
        "a bucket that no trail uses is opened",
        lambda account: _call(account, "PutBucketPolicy", bucketName="web-assets"),
        tells_nothing(),
        earlier=_key_learned,
    )


def _other_findings() -> Iterator[Scenario]:
    yield _scenario(
        "a sweep sees a bucket and a key for the first time",
        _sweep_over_new,
        *(_recorded(name) for name in (f"s3:::{WEAK}", KEY)),
        told("notified", "keeps no older versions"),
        earlier=_sweep,
    )
    yield _scenario(
        "a sweep sees another account's bucket",
        _sweep_over_foreign,
        told("notified", "only the account that owns it can guard it"),
        earlier=_sweep,
    )


def _learned(account: Account) -> Event:
    """Make buckets, key and trails as they should be."""
    key = _make_key(account)
    for name in (FAR, WEAK, GONE):
        _make_bucket(account, name)
    _make_trail(account, "management", WEAK, key)
    _make_trail(account, "second", GONE)
    _make_trail(account, "far", FAR, home=account.other_region)
    return _sweep(account)


def _weak_learned(account: Account) -> Event:
    _make_bucket(account, WEAK)
    _make_trail(account, "management", WEAK)
    return _sweep(account)


def _gone_learned(account: Account) -> Event:
    _make_bucket(account, FAR)
    _make_bucket(account, GONE)
    _make_trail(account, "second", GONE)
    return _sweep(account)


def _key_learned(account: Account) -> Event:
    # The trail's bucket is another account's, which is not looked into.
    _make_trail(account, "management", CENTRAL, _make_key(account))
    return _sweep(account)


def _sweep_over_new(account: Account) -> Event:
    _make_bucket(account, WEAK)
    _make_trail(account, "management", WEAK, _make_key(account))
    _s3(account).put_bucket_versioning(Bucket=WEAK, VersioningConfiguration={"Status": "Suspended"})
    return _sweep(account)


def _make_trail(account: Account, name: str, bucket: str, key: str = "", home: str = "") -> None:
    if bucket == CENTRAL:
        _other_accounts(account)
    home = home or account.region
    trail = MotoTrail(ACCOUNT, home, name, bucket, "", "", True, False, False, False, "", "", key)
    cloudtrail_backends[ACCOUNT][home].trails[name] = trail


def _make_key(account: Account) -> str:
    """Make the key under an id that is the same in every run."""
    backend = kms_backends[ACCOUNT][account.region]
    key = backend.create_key(
        json.dumps(_key_policy(account)), "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "", None
    )
    del backend.keys[key.id]
    key.arn, key.id = key.arn.replace(key.id, KEY), KEY
    backend.keys[KEY] = key
    _kms(account).enable_key_rotation(KeyId=KEY)
    return str(key.arn)


def _make_bucket(account: Account, name: str) -> None:
    s3, where = _s3(account), {"LocationConstraint": account.region}
    if name != BUCKET:
        s3.create_bucket(
            Bucket=name, CreateBucketConfiguration=where, ObjectLockEnabledForBucket=name == GONE
        )
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=BLOCKED)
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=_ownership("BucketOwnerPreferred"))
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=_encryption("AES256"))
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": TAGS})
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [YEAR]})
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(_policy(account, name)))
    if name == GONE:
        s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=LOCK)
        s3.put_bucket_acl(Bucket=FAR, ACL="log-delivery-write")
        to = {"LoggingEnabled": {"TargetBucket": FAR, "TargetPrefix": "access/"}}
        s3.put_bucket_logging(Bucket=name, BucketLoggingStatus=to)


def _sweep(account: Account) -> Event:
    return scheduled("rearm-trail_storage-sweep", region=account.region)


def _call(account: Account, name: str, service: str = "s3", **parameters: str) -> Event:
    event = api_event(
        name,
        service=service,
        identity=assumed_role(partition=account.partition),
        parameters=parameters,
        region=account.region,
        time=(datetime.now(UTC) - STOPPED_AGO).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    return account.happened(event)


def _attacked(account: Account, method: str, call: str, **parameters: Any) -> Event:
    getattr(_s3(account), method)(Bucket=WEAK, **parameters)
    return _call(account, call, bucketName=WEAK)


def _weakened(account: Account) -> Event:
    """Weaken every attribute of a bucket, the policy last."""
    _attacked(
        account,
        "put_public_access_block",
        "PutBucketPublicAccessBlock",
        PublicAccessBlockConfiguration=dict.fromkeys(BLOCKED, False),
    )
    suspended = {"Status": "Suspended"}
    _attacked(account, "put_bucket_versioning", "PutBucketVersioning", VersioningConfiguration=suspended)
    _attacked(account, "put_bucket_acl", "PutBucketAcl", ACL="public-read")
    _attacked(
        account,
        "put_bucket_ownership_controls",
        "PutBucketOwnershipControls",
        OwnershipControls=_ownership("ObjectWriter"),
    )
    foreign = f"arn:{account.partition}:kms:{account.region}:{ORGANIZATION}:key/{KEY}"
    _attacked(
        account,
        "put_bucket_encryption",
        "PutBucketEncryption",
        ServerSideEncryptionConfiguration=_encryption("aws:kms", foreign),
    )
    _attacked(
        account,
        "put_bucket_lifecycle_configuration",
        "PutBucketLifecycle",
        LifecycleConfiguration={"Rules": [YEAR, DAY]},
    )
    return _attacked(account, "delete_bucket_policy", "DeleteBucketPolicy")


def _deleted(account: Account) -> Event:
    # moto would give a bucket of this name the tags again that the deleted one had.
    _s3(account).delete_bucket_tagging(Bucket=GONE)
    _s3(account).delete_bucket(Bucket=GONE)
    return _call(account, "DeleteBucket", bucketName=GONE)


def _locked(account: Account) -> Event:
    """Weaken every attribute of the key, and have it deleted."""
    kms = _kms(account)
    kms.disable_key_rotation(KeyId=KEY)
    _call(account, "DisableKeyRotation", "kms", keyId=KEY)
    only = {"Version": "2012-10-17", "Statement": _key_policy(account)["Statement"][:1]}
    kms.put_key_policy(KeyId=KEY, PolicyName="default", Policy=json.dumps(only))
    _call(account, "PutKeyPolicy", "kms", keyId=KEY)
    kms.schedule_key_deletion(KeyId=KEY, PendingWindowInDays=7)
    return _call(account, "ScheduleKeyDeletion", "kms", keyId=KEY)


def _sweep_over_wrecks(account: Account) -> Event:
    _weakened(account)
    _deleted(account)
    _locked(account)
    return _sweep_over_foreign(account)


def _sweep_over_foreign(account: Account) -> Event:
    """Let the organization's trail write into another account's bucket."""
    _other_accounts(account)
    account.cloudtrail.managed_by = ORGANIZATION
    trail = MotoTrail(
        ORGANIZATION, account.region, "organization", CENTRAL, "", "", True, True, False, True, "", "", ""
    )
    cloudtrail_backends[ORGANIZATION][account.region].trails["organization"] = trail
    return _sweep(account)


def _other_accounts(account: Account) -> None:
    if CENTRAL not in s3_backends[ORGANIZATION][account.partition].buckets:
        s3_backends[ORGANIZATION][account.partition].create_bucket(CENTRAL, account.region)
        account.fake("s3", OtherAccounts(), observed=False)


def _policy(account: Account, name: str) -> dict[str, Any]:
    service, arn = {"Service": "cloudtrail.amazonaws.com"}, f"arn:{account.partition}:s3:::{name}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": arn},
            {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": f"{arn}/*"},
        ],
    }


def _key_policy(account: Account) -> dict[str, Any]:
    root = {"AWS": f"arn:{account.partition}:iam::{ACCOUNT}:root"}
    service = {"Service": "cloudtrail.amazonaws.com"}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": service, "Action": "kms:GenerateDataKey*", "Resource": "*"},
        ],
    }


def _ownership(value: str) -> dict[str, Any]:
    return {"Rules": [{"ObjectOwnership": value}]}


def _encryption(algorithm: str, key: str | None = None) -> dict[str, Any]:
    applied = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": applied}]}


def _s3(account: Account) -> Any:
    return client("s3", account.region)


def _kms(account: Account) -> Any:
    return client("kms", account.region)


def _bucket(account: Account, name: str) -> dict[str, Any]:
    s3 = _s3(account)
    rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    return {
        "policy": json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]),
        "versioning": s3.get_bucket_versioning(Bucket=name)["Status"],
        "block": s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
        "rules": [one["ID"] for one in s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]],
        "encryption": rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
        "ownership": s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"],
        "tags": s3.get_bucket_tagging(Bucket=name)["TagSet"],
        "public": [
            grant
            for grant in s3.get_bucket_acl(Bucket=name)["Grants"]
            if grant["Grantee"].get("URI", "").endswith("/AllUsers")
        ],
        "logged": "LoggingEnabled" in s3.get_bucket_logging(Bucket=name),
    }


def _as_it_was(name: str) -> Check:
    def problem(account: Account) -> str | None:
        wanted = {
            "policy": _policy(account, name),
            "versioning": "Enabled",
            "block": BLOCKED,
            "rules": ["year"],
            "encryption": "AES256",
            "ownership": _ownership("BucketOwnerPreferred"),
            "tags": TAGS,
            "public": [],
            "logged": name == GONE,
        }
        try:
            now = _bucket(account, name)
        except ClientError as error:
            return str(error)
        wrong = {key: now[key] for key in wanted if now[key] != wanted[key]}
        return f"it has {wrong}" if wrong else None

    return Check(f"{name} is as it was", problem, name)


def _key_is_as_it_was() -> Check:
    def problem(account: Account) -> str | None:
        kms = _kms(account)
        state = kms.describe_key(KeyId=KEY)["KeyMetadata"]["KeyState"]
        rotated = kms.get_key_rotation_status(KeyId=KEY)["KeyRotationEnabled"]
        policy = json.loads(kms.get_key_policy(KeyId=KEY, PolicyName="default")["Policy"])
        right = state == "Enabled" and rotated and policy == _key_policy(account)
        return None if right else f"it is {state}, rotated: {rotated}, with {policy}"

    return Check("the key is as it was", problem, KEY)


def _recorded(name: str) -> Check:
    def problem(account: Account) -> str | None:
        found = [arn for arn in account.baselines() if arn.endswith(name)]
        return None if found else "it has no baseline"

    return Check(f"{name} has a baseline", problem, BASELINES)
