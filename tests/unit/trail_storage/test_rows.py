"""Every way to blind CloudTrail through its bucket or its key: found by event and by sweep, and put right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from botocore.exceptions import ClientError

from tests.events.identities import iam_user
from tests.unit.trail_storage.storage import (
    BLOCKED,
    BUCKET,
    FOREIGN,
    KEPT_A_YEAR,
    OPEN,
    Storage,
    allow,
    bucket_policy,
    encrypted,
    key_policy,
    opened,
)
from tests.unit.world import Run

FOREIGN_KEY = f"arn:aws:kms:us-east-1:{FOREIGN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
GONE_IN_A_DAY = {"ID": "sweep", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}


@dataclass(frozen=True)
class Row:
    """One attack.

    Attributes
    ----------
    id
        The row of the matrix.
    call
        What CloudTrail calls it; on a key if it is none of a bucket's.
    attack
        Does it.
    reads
        Whether it is put right, read by an independent client.
    rule
        The finding.
    says
        What the message says of it.
    """

    id: str
    call: str
    attack: Callable[[Storage], object]
    reads: Callable[[Storage], bool]
    rule: str
    says: str
    on_key: bool = False

    def stands(self, storage: Storage) -> bool:
        """Whether it is put right; what is not there at all is not."""
        try:
            return self.reads(storage)
        except ClientError:
            return False


def _encryption(storage: Storage) -> str:
    found = storage.s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]
    return str(found["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"])


def _open_ownership(storage: Storage) -> None:
    storage.s3.put_bucket_ownership_controls(
        Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )


def _ownership(storage: Storage) -> str:
    found = storage.s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    return str(found[0]["ObjectOwnership"])


def _block(storage: Storage) -> object:
    return storage.s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]


def _grantees(storage: Storage) -> list[str]:
    grants = storage.s3.get_bucket_acl(Bucket=BUCKET)["Grants"]
    return [grant["Grantee"].get("URI", "the owner") for grant in grants]


def _delete(storage: Storage) -> None:
    storage.s3.delete_bucket(Bucket=BUCKET)


def _versioning(storage: Storage) -> object:
    return storage.s3.get_bucket_versioning(Bucket=BUCKET).get("Status")


LOCKED_OUT = {"Version": "2012-10-17", "Statement": bucket_policy()["Statement"][:1]}
ONLY_ACCOUNT = {"Version": "2012-10-17", "Statement": key_policy()["Statement"][:1]}

ROWS = (
    Row(
        "bucket.policy",
        "PutBucketPolicy",
        lambda storage: storage.put_policy(LOCKED_OUT),
        lambda storage: storage.policy() == bucket_policy(),
        "bucket-policy-weakened",
        "CloudTrail can no longer write to it",
    ),
    Row(
        "bucket.policy-deleted",
        "DeleteBucketPolicy",
        lambda storage: storage.s3.delete_bucket_policy(Bucket=BUCKET),
        lambda storage: storage.policy() == bucket_policy(),
        "bucket-policy-weakened",
        "has lost its policy. CloudTrail can no longer write to it",
    ),
    Row(
        "bucket.foreign-access",
        "PutBucketPolicy",
        lambda storage: storage.put_policy(
            bucket_policy(BUCKET, allow({"AWS": f"arn:aws:iam::{FOREIGN}:root"}, "s3:DeleteObject"))
        ),
        lambda storage: storage.policy() == bucket_policy(),
        "bucket-policy-weakened",
        f"It now allows access to account {FOREIGN}",
    ),
    Row(
        "bucket.lifecycle",
        "PutBucketLifecycle",
        lambda storage: storage.put_lifecycle(KEPT_A_YEAR, GONE_IN_A_DAY),
        lambda storage: storage.rules() == ["keep"],
        "bucket-expires-too-soon",
        "lets log files go before 90 days: sweep (objects after 1 days)",
    ),
    Row(
        "bucket.versioning",
        "PutBucketVersioning",
        lambda storage: storage.s3.put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
        ),
        lambda storage: _versioning(storage) == "Enabled",
        "bucket-versioning-suspended",
        "does not keep older versions any more",
    ),
    Row(
        "bucket.public-access",
        "PutBucketPublicAccessBlock",
        lambda storage: storage.s3.put_public_access_block(
            Bucket=BUCKET, PublicAccessBlockConfiguration={**BLOCKED, "BlockPublicPolicy": False}
        ),
        lambda storage: _block(storage) == BLOCKED,
        "bucket-public-access-open",
        "BlockPublicPolicy off",
    ),
    Row(
        "bucket.public-access",
        "DeleteBucketPublicAccessBlock",
        lambda storage: storage.s3.delete_public_access_block(Bucket=BUCKET),
        lambda storage: _block(storage) == BLOCKED,
        "bucket-public-access-open",
        "is no longer closed to the public",
    ),
    Row(
        "bucket.encryption",
        "PutBucketEncryption",
        lambda storage: storage.s3.put_bucket_encryption(
            Bucket=BUCKET, ServerSideEncryptionConfiguration=encrypted("aws:kms", FOREIGN_KEY)
        ),
        lambda storage: _encryption(storage) == "AES256",
        "bucket-encryption-changed",
        f"The key belongs to account {FOREIGN}",
    ),
    Row(
        "bucket.ownership",
        "PutBucketOwnershipControls",
        _open_ownership,
        lambda storage: _ownership(storage) == "BucketOwnerEnforced",
        "bucket-ownership-changed",
        "has object ownership ObjectWriter, not BucketOwnerEnforced",
    ),
    Row(
        "bucket.ownership",
        "DeleteBucketOwnershipControls",
        lambda storage: storage.s3.delete_bucket_ownership_controls(Bucket=BUCKET),
        lambda storage: _ownership(storage) == "BucketOwnerEnforced",
        "bucket-ownership-changed",
        "has object ownership unset",
    ),
    Row(
        "bucket.acl",
        "PutBucketAcl",
        lambda storage: storage.s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read"),
        lambda storage: _grantees(storage) == ["the owner"],
        "bucket-acl-opened",
        "grants READ to everybody",
    ),
    Row(
        "bucket.deleted",
        "DeleteBucket",
        _delete,
        lambda storage: storage.policy() == bucket_policy() and _versioning(storage) == "Enabled",
        "bucket-deleted",
        "does not exist any more",
    ),
    Row(
        "key.disabled",
        "DisableKey",
        lambda storage: storage.kms.disable_key(KeyId=storage.key_id),
        lambda storage: storage.key_state() == "Enabled",
        "key-disabled",
        "is disabled: CloudTrail cannot write",
        on_key=True,
    ),
    Row(
        "key.deletion-scheduled",
        "ScheduleKeyDeletion",
        lambda storage: storage.kms.schedule_key_deletion(KeyId=storage.key_id, PendingWindowInDays=7),
        lambda storage: storage.key_state() == "Enabled",
        "key-deletion-scheduled",
        "will be deleted",
        on_key=True,
    ),
    Row(
        "key.policy",
        "PutKeyPolicy",
        lambda storage: storage.put_key_policy(ONLY_ACCOUNT),
        lambda storage: storage.key_policy() == key_policy(),
        "key-policy-changed",
        "CloudTrail can no longer encrypt with it",
        on_key=True,
    ),
)


def _params(door: str) -> list[object]:
    return [
        pytest.param(row, id=f"{row.id}-{row.call}", marks=pytest.mark.matrix(row.id, door=door))
        for row in ROWS
    ]


@pytest.mark.parametrize("row", _params("event"))
def test_an_event_leads_to_the_repair(row: Row) -> None:
    """Each attack is found through its call, put right, verified and told, with who did it."""
    with opened() as storage:
        storage.learnt()
        row.attack(storage)
        assert not row.stands(storage)
        mallory = iam_user("mallory")
        event = storage.key_event if row.on_key else storage.bucket_event
        run = storage.handle(event(row.call, identity=mallory))
        assert row.stands(storage)
        _holds(run, row)
        assert "mallory" in run.message.body
        assert row.call in run.message.body


@pytest.mark.parametrize("row", _params("sweep"))
def test_a_sweep_leads_to_the_repair(row: Row) -> None:
    """Each attack of which no event came is found by the sweep, put right, verified and told."""
    with opened() as storage:
        storage.learnt()
        row.attack(storage)
        run = storage.sweep()
        assert row.stands(storage)
        _holds(run, row)
        again = storage.sweep()
        assert not again.changes, "it stays as it is"
        assert again.outcomes == ["compliant"]


def _holds(run: Run, row: Row) -> None:
    assert run.error is None
    assert run.findings == [row.rule]
    assert run.outcomes == ["remediated"]
    assert row.says in run.message.body
    assert run.changes, "it did something"


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.id}-{row.call}" for row in ROWS])
def test_notify_says_the_same_and_does_nothing(row: Row) -> None:
    """Mode notify finds the same, names the calls, and makes none of them."""
    with opened(mode="notify") as storage:
        storage.learnt()
        row.attack(storage)
        event = storage.key_event if row.on_key else storage.bucket_event
        run = storage.handle(event(row.call))
        assert run.findings == [row.rule]
        assert run.outcomes == ["notified"]
        assert row.says in run.message.body
        assert not run.changes
        assert not row.stands(storage)


def test_several_attacks_at_once_are_put_right_in_one_sweep() -> None:
    """An open policy, ACL, ownership, versioning and lifecycle end together, and each is told."""
    with opened() as storage:
        storage.learnt()
        _open_ownership(storage)
        storage.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=OPEN)
        storage.s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read-write")
        storage.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
        storage.s3.delete_bucket_policy(Bucket=BUCKET)
        storage.put_lifecycle(GONE_IN_A_DAY)
        run = storage.sweep()
        assert run.error is None
        assert set(run.outcomes) == {"remediated"}
        assert run.findings == [
            "bucket-policy-weakened",
            "bucket-public-access-open",
            "bucket-acl-opened",
            "bucket-ownership-changed",
            "bucket-versioning-suspended",
            "bucket-expires-too-soon",
        ]
        assert _grantees(storage) == ["the owner"]
        assert _ownership(storage) == "BucketOwnerEnforced"
        assert storage.sweep().outcomes == ["compliant"]
