"""What AWS may answer instead: nothing ends silently, and the rest is still looked at and put right."""

from __future__ import annotations

from typing import Any

import pytest

from rearm.automations.trail_storage.bucket import READS
from tests.unit.endpoint import Made
from tests.unit.trail_storage.storage import (
    BUCKET,
    KEPT_A_YEAR,
    Storage,
    bucket_policy,
    opened,
)

BUCKET_READS = ["GetBucketLocation", *(how.operation for how in READS.values())]
KEY_READS = ["DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus"]


@pytest.mark.parametrize("call", BUCKET_READS)
def test_a_bucket_that_cannot_be_read_is_unreadable_and_its_key_is_still_put_right(
    storage: Storage, call: str
) -> None:
    storage.learnt()
    storage.kms.disable_key(KeyId=storage.key_id)
    storage.world.endpoint.fail(f"s3:{call}", "InternalError")

    run = storage.sweep()

    assert sorted(map(str, run.findings)) == ["key-disabled", "unreadable"]
    assert sorted(run.outcomes) == ["failed", "remediated"]
    assert call in str(run.error)
    assert storage.key_state() == "Enabled"


@pytest.mark.parametrize("call", KEY_READS)
def test_a_key_that_cannot_be_read_is_unreadable_and_its_bucket_is_still_put_right(
    storage: Storage, call: str
) -> None:
    storage.learnt()
    storage.s3.delete_bucket_policy(Bucket=BUCKET)
    storage.world.endpoint.fail(f"kms:{call}", "KMSInternalException")

    run = storage.sweep()

    assert sorted(map(str, run.findings)) == ["bucket-policy-weakened", "unreadable"]
    assert call in str(run.error)
    assert storage.policy() == bucket_policy()


@pytest.mark.parametrize(
    "call", [call for call in BUCKET_READS if call not in ("GetBucketLocation", "GetBucketPolicy")]
)
def test_what_can_be_read_of_a_bucket_is_put_right(call: str) -> None:
    with opened() as storage:
        storage.learnt()
        storage.s3.delete_bucket_policy(Bucket=BUCKET)
        storage.world.endpoint.fail(f"s3:{call}", "SlowDown")

        run = storage.sweep()

        assert "bucket-policy-weakened" in run.findings
        assert "remediated" in run.outcomes
        assert storage.policy() == bucket_policy()
        assert call in str(run.error), "what was not read is a failure, and looked at again"


@pytest.mark.parametrize("call", ["DescribeTrails", "ListTrails"])
def test_a_listing_that_fails_keeps_nothing_from_what_is_recorded(storage: Storage, call: str) -> None:
    storage.learnt()
    storage.s3.delete_bucket_policy(Bucket=BUCKET)
    storage.world.endpoint.fail(f"cloudtrail:{call}", "ThrottlingException")

    run = storage.sweep()

    assert storage.policy() == bucket_policy()
    assert "unreadable" in run.findings
    assert call in str(run.error)


def test_a_trail_elsewhere_that_cannot_be_asked_is_a_failure(storage: Storage) -> None:
    storage.make_trail("audit", home="eu-central-1")
    storage.world.endpoint.fail("cloudtrail:GetTrail", "InternalFailure")

    run = storage.sweep()

    assert run.findings == ["unreadable"]
    assert "GetTrail" in str(run.error)


def test_an_event_about_a_bucket_is_a_failure_where_nobody_knows_whether_it_is_a_trails(
    storage: Storage,
) -> None:
    storage.world.endpoint.fail("cloudtrail:DescribeTrails", "ThrottlingException")

    run = storage.handle(storage.bucket_event("PutBucketPolicy", "web-assets"))

    assert run.findings == ["unreadable"]
    assert run.error is not None


def test_without_the_table_an_unknown_bucket_is_a_problem_and_not_quiet(storage: Storage) -> None:
    storage.fail_table()

    run = storage.handle(storage.bucket_event("PutBucketPolicy", "web-assets"))

    assert "web-assets could not be compared with its baseline" in run.message.body
    assert run.error is not None


ABSENT = {how.operation: how.absent for how in READS.values() if how.absent}


def test_a_bucket_that_has_nothing_of_all_that_is_looked_at_without_error(storage: Storage) -> None:
    for call, code in ABSENT.items():
        storage.world.endpoint.fail(f"s3:{call}", str(code))

    run = storage.sweep()

    assert run.error is None
    assert "unreadable" not in run.findings


EMPTY: dict[str, Any] = {
    "s3:GetBucketPolicy": {},
    "s3:GetBucketLifecycleConfiguration": {},
    "s3:GetBucketEncryption": {},
    "s3:GetPublicAccessBlock": {},
    "s3:GetBucketOwnershipControls": {},
    "s3:GetBucketAcl": {"Grants": []},
    "s3:GetBucketTagging": {},
    "s3:GetObjectLockConfiguration": {},
    "kms:DescribeKey": {},
    "kms:GetKeyPolicy": {},
    "kms:GetKeyRotationStatus": {},
    "cloudtrail:DescribeTrails": {},
    "cloudtrail:ListTrails": {},
}
BROKEN: list[tuple[str, Any]] = [
    *EMPTY.items(),
    ("s3:GetBucketPolicy", {"Policy": "{"}),
    ("s3:GetBucketPolicy", {"Policy": "[]"}),
    ("kms:GetKeyPolicy", {"Policy": "no JSON"}),
    ("kms:GetKeyPolicy", {"Policy": "[]"}),
    ("s3:GetBucketEncryption", {"ServerSideEncryptionConfiguration": {}}),
    ("s3:GetBucketEncryption", {"ServerSideEncryptionConfiguration": {"Rules": [{}]}}),
    ("s3:GetBucketAcl", {"Owner": {"ID": "a"}, "Grants": [{"Permission": "READ"}]}),
    ("cloudtrail:DescribeTrails", {"trailList": [{"Name": "management"}]}),
    (
        "cloudtrail:DescribeTrails",
        {"trailList": [{"TrailARN": "arn:aws:cloudtrail:us-east-1:123456789012:trail/management"}]},
    ),
]


@pytest.mark.parametrize(("call", "answer"), BROKEN)
def test_an_answer_that_lacks_what_is_promised_is_a_failure_and_no_state(call: str, answer: Any) -> None:
    with opened() as storage:
        storage.learnt()
        before = storage.baselines()

        def spoil(_: Made, told: dict[str, Any]) -> None:
            told.clear()
            told.update(answer)

        if call.startswith("cloudtrail:"):
            storage.world.endpoint.edit(call, spoil)
        else:
            storage.world.endpoint.answer(call, lambda _: answer)

        run = storage.sweep()

        assert "unreadable" in run.findings
        assert "MalformedAnswer" in str(run.error)
        assert not run.changes
        assert storage.baselines() == before


REPAIRS: list[tuple[str, str, Any]] = [
    ("s3:PutBucketPolicy", "AccessDenied", lambda s: s.s3.delete_bucket_policy(Bucket=BUCKET)),
    ("s3:PutBucketPolicy", "MalformedPolicy", lambda s: s.s3.delete_bucket_policy(Bucket=BUCKET)),
    (
        "s3:PutBucketLifecycleConfiguration",
        "AccessDenied",
        lambda s: s.put_lifecycle(
            KEPT_A_YEAR, {"ID": "a", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
        ),
    ),
    (
        "s3:PutBucketVersioning",
        "OperationAborted",
        lambda s: s.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}),
    ),
    ("kms:EnableKey", "AccessDeniedException", lambda s: s.kms.disable_key(KeyId=s.key_id)),
    ("kms:EnableKey", "LimitExceededException", lambda s: s.kms.disable_key(KeyId=s.key_id)),
]


@pytest.mark.parametrize(("call", "code", "attack"), REPAIRS)
def test_a_repair_that_fails_is_told_and_raised(call: str, code: str, attack: Any) -> None:
    with opened() as storage:
        storage.learnt()
        attack(storage)
        storage.world.endpoint.fail(call, code)

        run = storage.sweep()

        assert run.outcomes == ["failed"]
        assert code in run.message.body
        assert code in str(run.error)
        critical = "AccessDenied" in code
        if critical:
            assert run.message.attributes["severity"] == "CRITICAL"


def test_a_repair_that_fails_keeps_nothing_from_the_others(storage: Storage) -> None:
    storage.learnt()
    storage.s3.delete_bucket_policy(Bucket=BUCKET)
    storage.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    storage.kms.disable_key(KeyId=storage.key_id)
    storage.world.endpoint.fail("s3:PutBucketPolicy", "AccessDenied")

    run = storage.sweep()

    assert run.outcomes == ["failed", "remediated", "remediated"]
    assert storage.s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert storage.key_state() == "Enabled"


def test_a_bucket_that_vanishes_while_it_is_read_is_deleted(storage: Storage) -> None:
    storage.learnt()
    storage.world.endpoint.fail("s3:GetBucketAcl", "NoSuchBucket", times=1)

    run = storage.sweep()

    assert run.findings == ["bucket-deleted"]
    assert run.outcomes == ["remediated"]


def test_every_call_on_a_bucket_names_the_owner_that_is_expected(storage: Storage) -> None:
    storage.learnt()
    storage.s3.delete_bucket_policy(Bucket=BUCKET)

    run = storage.sweep()

    asked = [made for made in run.calls if made.service == "s3"]
    assert {made.parameters["ExpectedBucketOwner"] for made in asked} == {"123456789012"}
