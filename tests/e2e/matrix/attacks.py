"""What somebody does to blind CloudTrail: the rows of the matrix as calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.e2e.account import Account, Person
from tests.e2e.matrix.safeguards import (
    ADVANCED,
    BASIC,
    BUCKET,
    DATA,
    MAIN,
    OLD_BUCKET,
    REGIONAL,
    YEARS,
    Safeguards,
)
from tests.support.matrix import ROWS

FOREIGN = "999988887777"
FOREIGN_KEY = f"arn:aws:kms:eu-central-1:{FOREIGN}:key/00000000-0000-0000-0000-000000000000"
AUTOMATIONS = {
    "trail": "cloudtrail",
    "bucket": "trail_storage",
    "key": "trail_storage",
    "lake": "cloudtrail_lake",
}
ACTIONS = ("cloudtrail:*", "kms:*", "s3:*")


@dataclass(frozen=True)
class Clients:
    """The attacker's clients, and what there is to attack."""

    cloudtrail: Any
    s3: Any
    kms: Any
    safeguards: Safeguards
    owner: Account


def clients(person: Person, account: Account, safeguards: Safeguards) -> Clients:
    """Give a person's own clients."""

    def client(service: str) -> Any:
        return account.aws.client(service, keys=person.keys, user_agent=person.user_agent)

    return Clients(client("cloudtrail"), client("s3"), client("kms"), safeguards, account)


Attack = Callable[[Clients], object]


def _update(**attributes: Any) -> Attack:
    return lambda by: by.cloudtrail.update_trail(Name=MAIN, **attributes)


def _select(**changed: Any) -> Attack:
    return lambda by: by.cloudtrail.put_event_selectors(TrailName=MAIN, EventSelectors=[{**BASIC, **changed}])


def _delete_trail(by: Clients) -> None:
    by.cloudtrail.delete_trail(Name=MAIN)


def _other_bucket(by: Clients) -> None:
    by.cloudtrail.update_trail(Name=MAIN, S3BucketName="elsewhere")


def _no_global_events(by: Clients) -> None:
    by.cloudtrail.update_trail(Name=REGIONAL, IncludeGlobalServiceEvents=False)


def _narrow(by: Clients) -> None:
    one_user = {"Field": "eventName", "Equals": ["ConsoleLogin"]}
    fields = [{"Field": "eventCategory", "Equals": ["Management"]}, one_user]
    narrowed = {"Name": "management", "FieldSelectors": fields}
    by.cloudtrail.put_event_selectors(TrailName=ADVANCED, AdvancedEventSelectors=[narrowed, DATA])


def _put_policy(by: Clients, statements: list[Mapping[str, Any]]) -> None:
    policy = {"Version": "2012-10-17", "Statement": statements}
    by.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))


def _deny_writing(by: Clients) -> None:
    statements = by.safeguards.bucket_policy(BUCKET)["Statement"]
    deny = {
        "Effect": "Deny",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    _put_policy(by, [*statements, deny])


def _let_others_in(by: Clients) -> None:
    foreign = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{FOREIGN}:root"},
        "Action": ["s3:GetObject", "s3:DeleteObject"],
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    _put_policy(by, [*by.safeguards.bucket_policy(BUCKET)["Statement"], foreign])


def _expire_soon(by: Clients) -> None:
    soon = {"ID": "soon", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    by.s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [YEARS, soon]})


def _suspend_versions(by: Clients) -> None:
    by.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})


def _encrypt_with_a_foreign_key(by: Clients) -> None:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": FOREIGN_KEY}
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    by.s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": rules})


def _allow_acls(by: Clients) -> None:
    controls = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    by.s3.put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls=controls)


def _open_acl(by: Clients) -> None:
    by.s3.put_bucket_acl(Bucket=OLD_BUCKET, GrantRead='id="1234567890abcdef"')


def _lock_cloudtrail_out(by: Clients) -> None:
    own, *_ = by.safeguards.key_policy()["Statement"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [own]})
    by.kms.put_key_policy(KeyId=by.safeguards.key, PolicyName="default", Policy=policy)


def _unprotect(by: Clients) -> None:
    by.cloudtrail.update_event_data_store(
        EventDataStore=by.safeguards.lake, TerminationProtectionEnabled=False
    )


def _delete_lake(by: Clients) -> None:
    # Its protection is gone already, which is another row.
    with by.owner.unseen():
        _unprotect(by)
    by.cloudtrail.delete_event_data_store(EventDataStore=by.safeguards.lake)


ATTACKS: Mapping[str, Attack] = {
    "trail.stop-logging": lambda by: by.cloudtrail.stop_logging(Name=MAIN),
    "trail.delete": _delete_trail,
    "trail.bucket": _other_bucket,
    "trail.prefix": _update(S3KeyPrefix="elsewhere"),
    "trail.multi-region": _update(IsMultiRegionTrail=False),
    "trail.global-events": _no_global_events,
    "trail.validation": _update(EnableLogFileValidation=False),
    "trail.key": _update(KmsKeyId=""),
    "trail.log-group": _update(CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn=""),
    "trail.topic": _update(SnsTopicName=""),
    "trail.management-events-off": _select(IncludeManagementEvents=False),
    "trail.read-or-write-only": _select(ReadWriteType="ReadOnly"),
    "trail.sources-excluded": _select(ExcludeManagementEventSources=["kms.amazonaws.com"]),
    "trail.advanced-narrowed": _narrow,
    "trail.data-events-dropped": _select(DataResources=[]),
    "trail.insights-off": lambda by: by.cloudtrail.put_insight_selectors(TrailName=MAIN, InsightSelectors=[]),
    "bucket.policy": _deny_writing,
    "bucket.policy-deleted": lambda by: by.s3.delete_bucket_policy(Bucket=BUCKET),
    "bucket.foreign-access": _let_others_in,
    "bucket.lifecycle": _expire_soon,
    "bucket.versioning": _suspend_versions,
    "bucket.public-access": lambda by: by.s3.delete_public_access_block(Bucket=BUCKET),
    "bucket.encryption": _encrypt_with_a_foreign_key,
    "bucket.ownership": _allow_acls,
    "bucket.acl": _open_acl,
    "bucket.deleted": lambda by: by.s3.delete_bucket(Bucket=BUCKET),
    "key.disabled": lambda by: by.kms.disable_key(KeyId=by.safeguards.key),
    "key.deletion-scheduled": lambda by: by.kms.schedule_key_deletion(
        KeyId=by.safeguards.key, PendingWindowInDays=7
    ),
    "key.policy": _lock_cloudtrail_out,
    "lake.stopped": lambda by: by.cloudtrail.stop_event_data_store_ingestion(
        EventDataStore=by.safeguards.lake
    ),
    "lake.deleted": _delete_lake,
    "lake.termination-protection": _unprotect,
}

assert ATTACKS.keys() == {row.id for row in ROWS}
