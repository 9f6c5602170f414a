"""S3 encryption: buckets whose default encryption is weaker than required, or under a foreign key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.kms.models import kms_backends

from tests.events.envelopes import api_event, config_change, scheduled
from tests.events.identities import assumed_role
from tests.local_aws.answers import AwsError
from tests.scenarios.account import BUCKET as LOGS
from tests.scenarios.account import ORGANIZATION, STOPPED_AGO, Account, Event, client
from tests.scenarios.stage import Scenario
from tests.scenarios.verdicts import Check, asked_again, tells_nothing, told
from tests.support.planned import ACCOUNT

AUTOMATION = "s3_encryption"
WHO = ("admin", "Session: maintenance")
DATA, MORE, ELSEWHERE, CENTRAL = "customer-data", "more-data", "far-data", "central-data"
KEY, OTHER_KEY = "7a1d0c52-3e4f-4a6b-9c8d-1e2f3a4b5c6d", "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9"
ALIAS = "alias/data"
OWN = {"SSEAlgorithm": "AES256"}
# Of the deployments without settings; the other one requires a key.
OTHERS = {"others": "remediated", "others_china": "remediated", "others_notify": "notified"}
KEYED = "others_kms"
SSE_RULE, KMS_RULE = "s3-bucket-server-side-encryption-enabled", "s3-default-encryption-kms"


class OtherAccounts:
    """S3 as far as a bucket of another account is concerned: it says so to whoever expects another owner."""

    def GetBucketLocation(self, parameters: Mapping[str, Any], _region: str) -> None:  # noqa: N802
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html."""
        if parameters["Bucket"] == CENTRAL:
            raise AwsError("AccessDenied", "Access Denied", 403)


def scenarios() -> Iterator[Scenario]:
    """Return every scenario, of every variant."""
    for variant, outcome in OTHERS.items():
        yield from _everywhere(variant, outcome)
    yield from _near_misses()
    yield from _left_alone()
    yield from _keyed()


def _scenario(
    name: str, arrange: Callable[[Account], Event], *checks: Check, variant: str = "others"
) -> Scenario:
    return Scenario(name, variant, arrange, checks, AUTOMATION, independent=True)


def _everywhere(variant: str, outcome: str) -> Iterator[Scenario]:
    """Give what every deployment without settings meets."""
    mended = outcome == "remediated"
    after = _encrypted(DATA, **OWN) if mended else _is_foreign(DATA)
    more = _encrypted(MORE, **OWN) if mended else _is_foreign(MORE)
    yield _scenario(
        "a bucket gets the key of a foreign account",
        _foreign,
        after,
        told(outcome, f"belongs to account {ORGANIZATION}", *WHO, "put-bucket-encryption"),
        asked_again(*((SSE_RULE,) if mended else ())),
        variant=variant,
    )
    yield _scenario(
        "a sweep finds buckets with keys of a foreign account",
        _sweep_over_foreign,
        after,
        more,
        told(outcome, f"belongs to account {ORGANIZATION}", *WHO, f"Bucket {DATA}", f"Bucket {MORE}"),
        variant=variant,
    )


def _near_misses() -> Iterator[Scenario]:
    yield _scenario("a bucket gets a key of its own account", _stronger, _has_key(DATA), tells_nothing())
    yield _scenario("a sweep finds nothing wrong", _sweep_over_sound, tells_nothing())
    yield _scenario("another account's bucket is encrypted", _of_another_account, tells_nothing())
    yield _scenario(
        "a bucket of another region gets a foreign key", _in_another_region, _far_is_left(), tells_nothing()
    )


def _left_alone() -> Iterator[Scenario]:
    yield _scenario(
        "config finds a bucket with the key of a foreign account",
        _found_by_config,
        _encrypted(DATA, **OWN),
        told("remediated", "belongs to account"),
        asked_again(SSE_RULE),
    )
    yield _scenario(
        "the bucket of a trail gets the key of a foreign account",
        _of_a_trail,
        _is_foreign(LOGS),
        told("notified", "belongs to account", "trail_storage", *WHO),
    )


def _keyed() -> Iterator[Scenario]:
    wanted = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    yield _scenario(
        "a bucket is encrypted with keys of S3 where a key is required",
        _weaker,
        _encrypted(DATA, **wanted),
        told("remediated", "weaker than aws:kms", *WHO, "put-bucket-encryption"),
        asked_again(KMS_RULE),
        variant=KEYED,
    )
    yield _scenario(
        "a sweep finds another key, a weaker encryption, and the required key by another name",
        _sweep_over_weaker,
        _encrypted(DATA, **wanted),
        _encrypted(MORE, **wanted),
        _encrypted(LOGS, SSEAlgorithm="aws:kms", KMSMasterKeyID=ALIAS),
        told("remediated", "weaker than aws:kms", "not with the required key", *WHO),
        variant=KEYED,
    )
    yield _scenario(
        "a bucket that others use is encrypted with keys of S3",
        _shared,
        _encrypted(DATA, **OWN),
        told("notified", "would shut out", *WHO),
        variant=KEYED,
    )


def _foreign(account: Account) -> Event:
    _make(account, DATA)
    return _set(account, DATA, "aws:kms", _foreign_key(account))


def _sweep_over_foreign(account: Account) -> Event:
    for name in (DATA, MORE):
        _make(account, name)
        _set(account, name, "aws:kms", _foreign_key(account))
    _encrypt(account, LOGS, "AES256")
    return _sweep(account)


def _stronger(account: Account) -> Event:
    _make(account, DATA)
    return _set(account, DATA, "aws:kms", _key(account, KEY))


def _sweep_over_sound(account: Account) -> Event:
    _make(account, DATA)
    _encrypt(account, LOGS, "AES256")
    return _sweep(account)


def _of_another_account(account: Account) -> Event:
    account.fake("s3", OtherAccounts())
    return _call(account, "PutBucketEncryption", CENTRAL)


def _in_another_region(account: Account) -> Event:
    s3 = client("s3", account.other_region)
    s3.create_bucket(Bucket=ELSEWHERE)
    _encrypt(account, ELSEWHERE, "aws:kms", _foreign_key(account), region=account.other_region)
    return _call(account, "PutBucketEncryption", ELSEWHERE, region=account.other_region)


def _found_by_config(account: Account) -> Event:
    _foreign(account)
    return config_change(
        account.rule(SSE_RULE), resource_type="AWS::S3::Bucket", resource_id=DATA, region=account.region
    )


def _of_a_trail(account: Account) -> Event:
    account.trail()
    return _set(account, LOGS, "aws:kms", _foreign_key(account))


def _weaker(account: Account) -> Event:
    _key(account, KEY, ALIAS)
    _make(account, DATA)
    return _set(account, DATA, "AES256")


def _sweep_over_weaker(account: Account) -> Event:
    _key(account, KEY, ALIAS)
    for name in (DATA, MORE):
        _make(account, name)
    _set(account, DATA, "AES256")
    _set(account, MORE, "aws:kms", _key(account, OTHER_KEY))
    _encrypt(account, LOGS, "aws:kms", ALIAS)
    return _sweep(account)


def _shared(account: Account) -> Event:
    _key(account, KEY, ALIAS)
    _make(account, DATA)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{account.partition}:iam::{ORGANIZATION}:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:{account.partition}:s3:::{DATA}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("s3", account.region).put_bucket_policy(Bucket=DATA, Policy=policy)
    return _set(account, DATA, "AES256")


def _make(account: Account, name: str) -> None:
    where = {"LocationConstraint": account.region}
    client("s3", account.region).create_bucket(Bucket=name, CreateBucketConfiguration=where)
    _encrypt(account, name, "AES256")


def _encrypt(
    account: Account, name: str, algorithm: str, key: str | None = None, region: str | None = None
) -> None:
    applied = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
    client("s3", region or account.region).put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": applied}]},
    )


def _set(account: Account, name: str, algorithm: str, key: str | None = None) -> Event:
    _encrypt(account, name, algorithm, key)
    return _call(account, "PutBucketEncryption", name)


def _call(account: Account, call: str, name: str, region: str | None = None) -> Event:
    event = api_event(
        call,
        service="s3",
        identity=assumed_role(partition=account.partition),
        parameters={"bucketName": name, "encryption": ""},
        region=region or account.region,
        time=(datetime.now(UTC) - STOPPED_AGO).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    return account.happened(event)


def _sweep(account: Account) -> Event:
    return scheduled(f"rearm-{AUTOMATION}-sweep", region=account.region)


def _key(account: Account, identity: str, alias: str | None = None) -> str:
    """Make a key under an id that is the same in every run, and return its ARN."""
    backend = kms_backends[ACCOUNT][account.region]
    key = backend.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "", None)
    del backend.keys[key.id]
    key.arn, key.id = key.arn.replace(key.id, identity), identity
    backend.keys[identity] = key
    if alias:
        client("kms", account.region).create_alias(AliasName=alias, TargetKeyId=identity)
    return str(key.arn)


def _foreign_key(account: Account) -> str:
    return f"arn:{account.partition}:kms:{account.region}:{ORGANIZATION}:key/{OTHER_KEY}"


def _applied(account: Account, name: str, region: str | None = None) -> dict[str, str]:
    """Return a bucket's default encryption, with the key's id instead of its ARN."""
    answer = client("s3", region or account.region).get_bucket_encryption(Bucket=name)
    (rule,) = answer["ServerSideEncryptionConfiguration"]["Rules"]
    found: dict[str, str] = dict(rule["ApplyServerSideEncryptionByDefault"])
    if ":key/" in (key := found.get("KMSMasterKeyID", "")):
        found["KMSMasterKeyID"] = key if ORGANIZATION in key else key.rpartition("/")[2]
    return found


def _encrypted(name: str, **wanted: str) -> Check:
    def problem(account: Account) -> str | None:
        now = _applied(account, name)
        return None if now == wanted else f"it has {now}"

    return Check(f"{name} is encrypted with {wanted}", problem, name)


def _has_key(name: str) -> Check:
    return _encrypted(name, SSEAlgorithm="aws:kms", KMSMasterKeyID=KEY)


def _is_foreign(name: str, region: str | None = None) -> Check:
    def problem(account: Account) -> str | None:
        now = _applied(account, name, region)
        return None if now.get("KMSMasterKeyID") == _foreign_key(account) else f"it has {now}"

    return Check(f"{name} is left as it is", problem, name)


def _far_is_left() -> Check:
    def problem(account: Account) -> str | None:
        return _is_foreign(ELSEWHERE, account.other_region).problem(account)

    return Check(f"{ELSEWHERE} is left as it is", problem, ELSEWHERE)
