"""The rows of the matrix: what the drill does of each on its own resources, and which it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tools.operator.drill.own import KEEP_RULE, Own
from tools.operator.drill.removal import empty

AUTOMATIONS = {"trail": "cloudtrail", "bucket": "trail_storage", "key": "trail_storage"}


@dataclass(frozen=True)
class Row:
    """One row: its id in the matrix, and the attacker's calls.

    `needs` is ``key`` or ``foreign`` where it takes more than the drill has by itself.
    """

    id: str
    attack: Callable[[Own], None]
    needs: str = ""

    @property
    def kind(self) -> str:
        """What is attacked: ``trail``, ``bucket`` or ``key``."""
        return self.id.partition(".")[0]

    @property
    def automation(self) -> str:
        """Whose safeguard it is."""
        return AUTOMATIONS[self.kind]


def _update(**changes: object) -> Callable[[Own], None]:
    def attack(own: Own) -> None:
        own.call("cloudtrail", "UpdateTrail", Name=own.trail_arn, **changes)

    return attack


def _select(**changes: object) -> Callable[[Own], None]:
    def attack(own: Own) -> None:
        selectors = own.event_selectors(**changes)
        own.call("cloudtrail", "PutEventSelectors", TrailName=own.trail_arn, EventSelectors=selectors)

    return attack


def _narrow(own: Own) -> None:
    fields = [
        {"Field": "eventCategory", "Equals": ["Management"]},
        {"Field": "readOnly", "Equals": ["true"]},
    ]
    selectors = [{"Name": "drill", "FieldSelectors": fields}]
    own.call("cloudtrail", "PutEventSelectors", TrailName=own.trail_arn, AdvancedEventSelectors=selectors)


def _trail(operation: str, key: str, **parameters: object) -> Callable[[Own], None]:
    def attack(own: Own) -> None:
        own.call("cloudtrail", operation, **{key: own.trail_arn}, **parameters)

    return attack


def _bucket(operation: str, **parameters: object) -> Callable[[Own], None]:
    def attack(own: Own) -> None:
        own.call("s3", operation, Bucket=own.names.bucket, **parameters)

    return attack


def _policy(**changes: bool) -> Callable[[Own], None]:
    def attack(own: Own) -> None:
        own.call("s3", "PutBucketPolicy", Bucket=own.names.bucket, Policy=own.policy(**changes))

    return attack


def _encrypt(own: Own) -> None:
    place = f"arn:{own.access.partition}:kms:{own.access.region}:{own.foreign}:key"
    key = f"{place}/00000000-0000-4000-8000-000000000000"
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    own.call("s3", "PutBucketEncryption", Bucket=own.names.bucket, ServerSideEncryptionConfiguration=rules)


def _delete_bucket(own: Own) -> None:
    empty(own, own.names.bucket)
    own.call("s3", "DeleteBucket", Bucket=own.names.bucket)


def _key(operation: str, **parameters: object) -> Callable[[Own], None]:
    def attack(own: Own) -> None:
        own.call("kms", operation, KeyId=own.key_id, **parameters)

    return attack


def _lock_out(own: Own) -> None:
    policy = own.own_key_policy(writes=False)
    own.call("kms", "PutKeyPolicy", KeyId=own.key_id, PolicyName="default", Policy=policy)


_EXPIRE_AT_ONCE = {
    "ID": "drill-expire",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "Expiration": {"Days": 1},
}

# In the order in which they run: what is deleted comes last of its kind.
ROWS: tuple[Row, ...] = (
    Row("trail.stop-logging", _trail("StopLogging", "Name")),
    Row(
        "trail.bucket",
        lambda own: _update(S3BucketName=own.names.other)(own),
    ),
    Row("trail.prefix", _update(S3KeyPrefix="elsewhere")),
    Row("trail.multi-region", _update(IsMultiRegionTrail=False)),
    Row("trail.global-events", _update(IsMultiRegionTrail=False, IncludeGlobalServiceEvents=False)),
    Row("trail.validation", _update(EnableLogFileValidation=False)),
    Row("trail.topic", _update(SnsTopicName="")),
    Row("trail.key", _update(KmsKeyId=""), needs="key"),
    Row("trail.management-events-off", _select(IncludeManagementEvents=False)),
    Row("trail.read-or-write-only", _select(ReadWriteType="WriteOnly")),
    Row("trail.sources-excluded", _select(ExcludeManagementEventSources=["kms.amazonaws.com"])),
    Row("trail.advanced-narrowed", _narrow),
    Row("trail.data-events-dropped", _select(DataResources=[])),
    Row("trail.insights-off", _trail("PutInsightSelectors", "TrailName", InsightSelectors=[])),
    Row("bucket.policy", _policy(writes=False)),
    Row("bucket.policy-deleted", _bucket("DeleteBucketPolicy")),
    Row("bucket.foreign-access", _policy(foreign=True), needs="foreign"),
    Row(
        "bucket.lifecycle",
        _bucket(
            "PutBucketLifecycleConfiguration",
            LifecycleConfiguration={"Rules": [KEEP_RULE, _EXPIRE_AT_ONCE]},
        ),
    ),
    Row(
        "bucket.versioning",
        _bucket("PutBucketVersioning", VersioningConfiguration={"Status": "Suspended"}),
    ),
    Row("bucket.public-access", _bucket("DeletePublicAccessBlock")),
    Row("bucket.encryption", _encrypt, needs="foreign"),
    Row(
        "bucket.ownership",
        _bucket(
            "PutBucketOwnershipControls",
            OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
        ),
    ),
    Row("bucket.deleted", _delete_bucket),
    Row("key.policy", _lock_out, needs="key"),
    Row("key.disabled", _key("DisableKey"), needs="key"),
    Row("key.deletion-scheduled", _key("ScheduleKeyDeletion", PendingWindowInDays=7), needs="key"),
    Row("trail.delete", lambda own: own.delete_trail()),
)

_LAKE = "an event data store costs by what it ingests, and stays for 7 days after its deletion"
LEFT_OUT: Mapping[str, str] = {
    "trail.log-group": "it needs an IAM role that CloudTrail may assume, and the right to pass it",
    "bucket.acl": "the bucket would have to be open to ACLs, and public, for the time of the repair",
    "lake.stopped": _LAKE,
    "lake.deleted": _LAKE,
    "lake.termination-protection": _LAKE,
}
NEEDS: Mapping[str, str] = {
    "key": "a key costs money and stays for 7 days after its deletion: give KEY=1",
    "foreign": "it names a foreign account, and none is known for this partition: give FOREIGN=ACCOUNT",
}
