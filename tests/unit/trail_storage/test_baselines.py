"""What is recorded, when, and what becomes of changes that are allowed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.identities import ACCOUNT, assumed_role
from tests.unit.deployment import exception
from tests.unit.trail_storage.storage import (
    BLOCKED,
    BUCKET,
    FOREIGN,
    OPEN,
    Storage,
    allow,
    bucket_policy,
    encrypted,
    key_policy,
    opened,
)
from tests.unit.world import client

PIPELINE = f"arn:aws:iam::{ACCOUNT}:role/pipeline"
ARN = f"arn:aws:s3:::{BUCKET}"
NO_TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": f"{ARN}/*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def test_everything_that_is_needed_to_make_a_bucket_again_is_recorded(storage: Storage) -> None:
    storage.learnt()

    assert set(storage.recorded()) == {
        "Acl",
        "Encryption",
        "Lifecycle",
        "Location",
        "Logging",
        "MfaDelete",
        "ObjectLock",
        "Ownership",
        "Policy",
        "PublicAccessBlock",
        "Tags",
        "Versioning",
    }
    assert set(storage.recorded(storage.key)) == {"Origin", "Policy", "Rotation"}


def test_nothing_is_learned_for_the_first_time_from_an_event(storage: Storage) -> None:
    storage.handle(storage.bucket_event("PutBucketPolicy"))

    assert not storage.baselines()


def test_a_second_sweep_records_nothing_new(storage: Storage) -> None:
    storage.learnt()

    storage.sweep()

    assert [item["count"] for item in storage.baselines().values()] == [1, 1]


def test_a_policy_that_keeps_cloudtrail_out_is_told_and_not_recorded(storage: Storage) -> None:
    storage.s3.delete_bucket_policy(Bucket=BUCKET)

    run = storage.sweep()

    assert run.findings == ["bucket-policy-blocks-cloudtrail"]
    assert run.outcomes == ["notified"]
    assert set(storage.baselines()) == {storage.key}


def test_a_key_that_keeps_cloudtrail_out_is_told_and_not_recorded(storage: Storage) -> None:
    storage.put_key_policy({"Version": "2012-10-17", "Statement": key_policy()["Statement"][:1]})

    run = storage.sweep()

    assert run.findings == ["key-policy-blocks-cloudtrail"]
    assert set(storage.baselines()) == {ARN}


def test_what_is_weak_when_first_seen_is_recommended_and_recorded(storage: Storage) -> None:
    storage.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=OPEN)
    storage.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    storage.put_policy(bucket_policy(BUCKET, allow({"AWS": FOREIGN})))
    storage.kms.disable_key_rotation(KeyId=storage.key_id)

    run = storage.sweep()

    assert run.findings == [
        "bucket-not-versioned",
        "bucket-public-access-not-blocked",
        "bucket-shared",
        "key-not-rotated",
    ]
    assert run.outcomes == ["notified"] * 4
    assert not run.changes
    assert storage.recorded()["Versioning"] == "Suspended"
    assert not storage.sweep().messages, "it is told once"


STRONGER: list[tuple[str, Any, Any]] = [
    (
        "Policy",
        lambda storage: storage.put_policy(bucket_policy(BUCKET, NO_TLS)),
        bucket_policy(BUCKET, NO_TLS),
    ),
    (
        "PublicAccessBlock",
        lambda storage: storage.s3.put_public_access_block(
            Bucket=BUCKET, PublicAccessBlockConfiguration=BLOCKED
        ),
        BLOCKED,
    ),
    (
        "Versioning",
        lambda storage: storage.s3.put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
        ),
        "Enabled",
    ),
    ("Acl", lambda storage: storage.s3.put_bucket_acl(Bucket=BUCKET, ACL="private"), None),
    (
        "Tags",
        lambda storage: storage.s3.put_bucket_tagging(
            Bucket=BUCKET, Tagging={"TagSet": [{"Key": "team", "Value": "security"}]}
        ),
        [{"Key": "team", "Value": "security"}],
    ),
]


@pytest.mark.parametrize(("attribute", "change", "wanted"), STRONGER, ids=[one[0] for one in STRONGER])
def test_what_gets_stronger_becomes_the_baseline(attribute: str, change: Any, wanted: Any) -> None:
    with opened() as storage:
        storage.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=OPEN)
        storage.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
        storage.s3.put_bucket_acl(Bucket=BUCKET, ACL="authenticated-read")
        storage.learnt()
        before = storage.recorded()
        change(storage)

        run = storage.sweep()

        assert not run.changes
        after = storage.recorded()
        assert {name for name in after if after[name] != before[name]} == {attribute}
        assert wanted is None or after[attribute] == wanted
        assert storage.baselines()[ARN]["count"] == 2
        assert list(storage.world.items(f"trail_storage#version#{ARN}")) == ["00000001"]


def test_rotation_that_is_switched_on_becomes_the_baseline(storage: Storage) -> None:
    storage.kms.disable_key_rotation(KeyId=storage.key_id)
    storage.learnt()
    storage.kms.enable_key_rotation(KeyId=storage.key_id)
    storage.sweep()
    storage.kms.disable_key_rotation(KeyId=storage.key_id)

    run = storage.handle(storage.key_event("DisableKeyRotation"))

    assert run.findings == ["key-rotation-off"]
    assert run.outcomes == ["remediated"]
    assert storage.rotates()


def test_what_got_stronger_is_learned_beside_a_repair(storage: Storage) -> None:
    storage.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=OPEN)
    storage.learnt()
    storage.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=BLOCKED)
    storage.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})

    run = storage.sweep()

    assert run.findings == ["bucket-versioning-suspended"]
    assert storage.recorded()["PublicAccessBlock"] == BLOCKED
    assert storage.recorded()["Versioning"] == "Enabled"


def test_flags_are_put_back_one_by_one_and_what_is_stronger_stays(storage: Storage) -> None:
    first = {**OPEN, "BlockPublicAcls": True}
    storage.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=first)
    storage.learnt()
    storage.s3.put_public_access_block(
        Bucket=BUCKET, PublicAccessBlockConfiguration={**OPEN, "BlockPublicPolicy": True}
    )

    run = storage.sweep()

    assert run.outcomes == ["remediated"]
    assert storage.s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"] == {
        **first,
        "BlockPublicPolicy": True,
    }


def _pipeline() -> dict[str, Any]:
    return dict(assumed_role(role="pipeline", session="run-1"))


@pytest.mark.parametrize("kind", ["policy", "encryption", "key policy"])
def test_an_excepted_actors_change_becomes_the_baseline_once_it_is_confirmed(kind: str) -> None:
    with opened(exceptions={"pipeline": exception(actor=PIPELINE)}) as storage:
        storage.learnt()
        if kind == "policy":
            storage.put_policy(bucket_policy(BUCKET, allow({"AWS": FOREIGN})))
            event = storage.bucket_event("PutBucketPolicy", identity=_pipeline())
            arn, attribute = ARN, "Policy"
        elif kind == "encryption":
            storage.s3.put_bucket_encryption(
                Bucket=BUCKET, ServerSideEncryptionConfiguration=encrypted("aws:kms", storage.key)
            )
            event = storage.bucket_event("PutBucketEncryption", identity=_pipeline())
            arn, attribute = ARN, "Encryption"
        else:
            use = {"Effect": "Allow", "Principal": {"AWS": FOREIGN}, "Action": "kms:Decrypt", "Resource": "*"}
            storage.put_key_policy(key_policy(use))
            event = storage.key_event("PutKeyPolicy", identity=_pipeline())
            arn, attribute = storage.key, "Policy"
        before = storage.recorded(arn)

        run = storage.handle(event)
        assert run.outcomes == ["excepted"]
        assert storage.recorded(arn) == before, "the event alone proves nothing"

        storage.world.history.add(event)
        run = storage.sweep()
        assert run.outcomes == ["excepted"]
        after = storage.recorded(arn)
        assert {name for name in after if after[name] != before[name]} == {attribute}
        assert not storage.sweep().changes
        assert storage.recorded(arn) == after


def test_an_accepted_deletion_is_not_undone_and_a_new_bucket_is_recorded_again() -> None:
    with opened(exceptions={"pipeline": exception(actor=PIPELINE)}) as storage:
        storage.learnt()
        client("cloudtrail").delete_trail(Name="management")
        storage.s3.delete_bucket(Bucket=BUCKET)
        event = storage.bucket_event("DeleteBucket", identity=_pipeline())
        storage.world.history.add(event)
        storage.sweep()
        assert storage.recorded()["deleted"] is True

        assert storage.sweep().outcomes == ["compliant"]
        storage.make_bucket()
        storage.make_trail("again")
        storage.sweep()

        assert "deleted" not in storage.recorded()
        assert storage.baselines()[ARN]["origin"] == "first-seen"


def test_without_the_table_what_needs_no_baseline_is_still_put_right(storage: Storage) -> None:
    storage.learnt()
    storage.kms.disable_key(KeyId=storage.key_id)
    storage.put_lifecycle({"ID": "a", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}})
    storage.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    storage.fail_table()

    run = storage.sweep()

    assert run.outcomes == ["remediated", "remediated"]
    assert run.findings == ["bucket-expires-too-soon", "key-disabled"]
    assert storage.key_state() == "Enabled"
    assert any("could not be compared with its baseline" in message.body for message in run.messages)
    assert run.error is not None, "it is tried again"


def test_a_forged_event_teaches_nothing(storage: Storage) -> None:
    storage.learnt()
    before = storage.baselines()
    event = storage.bucket_event(
        "PutBucketPolicy", parameters={"bucketName": BUCKET, "bucketPolicy": {"Statement": []}}
    )

    storage.handle(event)

    assert storage.baselines() == before


def test_the_event_history_says_who_did_what_a_sweep_finds(storage: Storage) -> None:
    storage.learnt()
    storage.s3.delete_bucket_policy(Bucket=BUCKET)
    storage.world.history.add(storage.bucket_event("DeleteBucketPolicy", identity=_pipeline()))

    run = storage.sweep()

    assert "pipeline" in run.message.body
