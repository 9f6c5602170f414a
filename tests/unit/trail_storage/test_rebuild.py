"""A deleted bucket is made again as it was, in its region."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.envelopes import REGION
from tests.unit.endpoint import ApiError, Made
from tests.unit.trail_storage.storage import (
    BLOCKED,
    BUCKET,
    KEPT_A_YEAR,
    OTHER_REGION,
    Storage,
    bucket_policy,
    encrypted,
    opened,
)
from tests.unit.world import client

LATER = {
    "ID": "tmp",
    "Status": "Enabled",
    "Filter": {"Prefix": "tmp/"},
    "Expiration": {"Days": 1},
}


def _everything(storage: Storage) -> dict[str, Any]:
    s3 = storage.s3
    encryption = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]
    return {
        "policy": storage.policy(),
        "lifecycle": s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"],
        "versioning": s3.get_bucket_versioning(Bucket=BUCKET).get("Status"),
        "encryption": encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"],
        "block": s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"],
        "ownership": s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"],
        "tags": s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"],
        "logging": s3.get_bucket_logging(Bucket=BUCKET).get("LoggingEnabled"),
        "location": s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"],
    }


def _log_access(storage: Storage) -> None:
    storage.s3.create_bucket(
        Bucket="access-logs",
        **(
            {"CreateBucketConfiguration": {"LocationConstraint": storage.bucket_region}}
            if storage.bucket_region != "us-east-1"
            else {}
        ),
    )
    storage.s3.put_bucket_acl(Bucket="access-logs", ACL="log-delivery-write")
    to = {"LoggingEnabled": {"TargetBucket": "access-logs", "TargetPrefix": "trail/"}}
    storage.s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus=to)


@pytest.mark.parametrize("region", [REGION, OTHER_REGION])
def test_the_bucket_is_the_same_again(region: str) -> None:
    with opened(bucket_region=region) as storage:
        _log_access(storage)
        storage.s3.put_bucket_encryption(
            Bucket=BUCKET, ServerSideEncryptionConfiguration=encrypted("aws:kms", storage.key)
        )
        storage.put_lifecycle(KEPT_A_YEAR, LATER)
        storage.learnt()
        before = _everything(storage)
        assert before["logging"]
        storage.s3.delete_bucket(Bucket=BUCKET)

        run = storage.handle(storage.bucket_event("DeleteBucket"))

        assert run.outcomes == ["remediated"]
        assert _everything(storage) == before
        (create,) = run.called("s3:CreateBucket")
        assert create.region == region
        named = create.parameters.get("CreateBucketConfiguration")
        assert named == (None if region == "us-east-1" else {"LocationConstraint": region})
        assert "What was in the bucket is gone" in run.message.body


def test_it_is_closed_before_it_is_opened_for_cloudtrail(storage: Storage) -> None:
    storage.learnt()
    storage.s3.delete_bucket(Bucket=BUCKET)

    run = storage.sweep()

    order = [made.operation for made in run.changes if made.service == "s3"]
    assert order[:2] == ["CreateBucket", "PutPublicAccessBlock"]
    assert order[-2:] == ["PutBucketPolicy", "PutBucketTagging"]


def test_rules_that_expire_too_soon_are_not_made_again() -> None:
    """The minimum may have been raised since the bucket was recorded."""
    with opened() as storage:
        storage.learnt()
        storage.s3.delete_bucket(Bucket=BUCKET)
        storage.world.deploy(automation="trail_storage", settings={"minimum_retention_days": 400})

        run = storage.sweep()

        assert run.outcomes == ["remediated"]
        assert not run.called("s3:PutBucketLifecycleConfiguration")


def test_object_lock_is_made_again(storage: Storage) -> None:
    client("cloudtrail").delete_trail(Name="management")
    storage.s3.delete_bucket(Bucket=BUCKET)
    storage.s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    lock = {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 30}},
    }
    storage.s3.put_object_lock_configuration(Bucket=BUCKET, ObjectLockConfiguration=lock)
    storage.put_policy(bucket_policy())
    storage.make_trail("management")
    storage.learnt()
    before = storage.s3.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"]
    storage.s3.delete_bucket(Bucket=BUCKET)

    run = storage.sweep()

    assert run.called("s3:CreateBucket")[0].parameters["ObjectLockEnabledForBucket"] is True
    assert storage.s3.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"] == before


def test_old_grants_are_made_again(storage: Storage) -> None:
    storage.s3.delete_bucket_ownership_controls(Bucket=BUCKET)
    storage.s3.put_bucket_acl(Bucket=BUCKET, ACL="log-delivery-write")
    storage.learnt()
    before = storage.s3.get_bucket_acl(Bucket=BUCKET)["Grants"]
    storage.s3.delete_bucket(Bucket=BUCKET)

    run = storage.sweep()

    assert run.outcomes == ["remediated"]
    assert run.called("s3:CreateBucket")[0].parameters["ObjectOwnership"] == "ObjectWriter"
    after = storage.s3.get_bucket_acl(Bucket=BUCKET)["Grants"]
    assert sorted(map(str, after)) == sorted(map(str, before))


def test_a_bucket_that_was_never_recorded_is_not_invented(storage: Storage) -> None:
    storage.s3.delete_bucket(Bucket=BUCKET)

    run = storage.handle(storage.bucket_event("DeleteBucket"))

    assert run.findings == ["bucket-deleted"]
    assert run.outcomes == ["notified"]
    assert run.message.attributes["severity"] == "CRITICAL"
    assert "Nothing was recorded about it" in run.message.body
    assert not run.changes


@pytest.mark.parametrize(
    "broken", ["s3:PutPublicAccessBlock", "s3:PutBucketVersioning", "s3:PutBucketPolicy"]
)
def test_what_failed_while_it_was_made_is_put_right_by_the_next_try(storage: Storage, broken: str) -> None:
    storage.learnt()
    storage.s3.delete_bucket(Bucket=BUCKET)
    event = storage.bucket_event("DeleteBucket")
    storage.world.endpoint.fail(broken, "OperationAborted", times=1)

    first = storage.handle(event)
    assert first.outcomes == ["failed"]
    assert "OperationAborted" in first.message.body
    storage.handle(event)

    assert storage.policy() == bucket_policy()
    assert storage.s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert storage.s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"] == BLOCKED


def test_logging_that_cannot_be_made_again_keeps_cloudtrail_from_nothing(storage: Storage) -> None:
    _log_access(storage)
    storage.learnt()
    storage.s3.delete_bucket(Bucket=BUCKET)
    storage.world.endpoint.fail("s3:PutBucketLogging", "InvalidTargetBucketForLogging", times=1)

    first = storage.sweep()
    second = storage.sweep()

    assert first.outcomes == ["failed"]
    assert "InvalidTargetBucketForLogging" in first.message.body
    assert storage.policy() == bucket_policy()
    assert second.findings == ["bucket-logging-changed"]
    assert second.outcomes == ["remediated"]


def test_a_bucket_that_an_earlier_try_has_made_is_made_complete(storage: Storage) -> None:
    storage.learnt()
    storage.s3.delete_bucket(Bucket=BUCKET)

    def lost(_: Made) -> None:
        storage.s3.create_bucket(Bucket=BUCKET, ObjectOwnership="BucketOwnerEnforced")
        raise ApiError("BucketAlreadyOwnedByYou")

    storage.world.endpoint.answer("s3:CreateBucket", lost)

    run = storage.sweep()

    assert run.outcomes == ["remediated"]
    assert storage.policy() == bucket_policy()


def test_a_name_that_is_still_being_deleted_is_tried_again(storage: Storage) -> None:
    storage.learnt()
    storage.s3.delete_bucket(Bucket=BUCKET)
    storage.world.endpoint.fail("s3:CreateBucket", "OperationAborted", times=1)

    first = storage.sweep()
    second = storage.sweep()

    assert first.outcomes == ["failed"]
    assert first.error is not None
    assert second.outcomes == ["remediated"]
