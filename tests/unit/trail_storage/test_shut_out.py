"""Policies that shut Rearm out: failed, critical, with the step that only root or AWS Support can take."""

from __future__ import annotations

import pytest

from tests.unit.endpoint import Made
from tests.unit.trail_storage.storage import BUCKET, Storage, bucket_policy, key_policy

ROOT_STEP = f"aws s3api delete-bucket-policy --bucket {BUCKET}"
DENYING = bucket_policy(
    BUCKET, {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{BUCKET}"}
)


def _deny(storage: Storage, *calls: str) -> None:
    """Let a policy refuse calls for as long as it is the bucket's, as S3 does."""
    asked = {"Bucket": BUCKET}

    def refused(made: Made) -> bool:
        return made.parameters.get("Bucket") == asked["Bucket"] and len(storage.policy()["Statement"]) > 2

    for call in calls:
        storage.world.endpoint.fail(f"s3:{call}", "AccessDenied", when=refused)


READS = ["GetBucketPolicy", "GetBucketAcl", "GetBucketVersioning", "GetBucketLocation"]


def test_a_policy_that_hides_itself_is_replaced_by_the_recorded_one(storage: Storage) -> None:
    storage.learnt()
    storage.put_policy(DENYING)
    _deny(storage, *READS)

    run = storage.handle(storage.bucket_event("PutBucketPolicy"))

    assert run.findings == ["bucket-policy-weakened"]
    assert run.outcomes == ["remediated"]
    assert storage.policy() == bucket_policy()
    assert "may not read" in run.message.body
    assert run.error is not None, "what could not be read is looked at when Lambda tries again"


def test_a_policy_that_refuses_the_repair_too_fails_with_the_step_for_root(storage: Storage) -> None:
    storage.learnt()
    storage.put_policy(DENYING)
    _deny(storage, *READS, "PutBucketPolicy")

    run = storage.handle(storage.bucket_event("PutBucketPolicy"))

    assert run.outcomes == ["failed"]
    assert run.error is not None
    assert run.message.attributes["severity"] == "CRITICAL"
    assert ROOT_STEP in run.message.body
    assert "only the root user of account 123456789012" in run.message.body


def test_a_policy_that_only_refuses_the_repair_fails_with_the_step_for_root(storage: Storage) -> None:
    storage.learnt()
    storage.put_policy(DENYING)
    _deny(storage, "PutBucketPolicy")

    run = storage.sweep()

    assert run.outcomes == ["failed"]
    assert run.message.attributes["severity"] == "CRITICAL"
    assert ROOT_STEP in run.message.body


def test_an_own_bucket_that_refuses_everything_is_not_taken_for_another_accounts(storage: Storage) -> None:
    storage.put_policy(DENYING)
    _deny(storage, *READS)

    run = storage.sweep()

    assert run.findings == ["unreadable"]
    assert run.outcomes == ["failed"]
    assert run.message.attributes["severity"] == "CRITICAL"
    assert ROOT_STEP in run.message.body


def test_a_read_that_is_refused_without_another_finding_is_unreadable(storage: Storage) -> None:
    storage.learnt()
    storage.world.endpoint.fail("s3:GetBucketVersioning", "AccessDenied")

    run = storage.sweep()

    assert run.findings == ["unreadable"]
    assert run.message.attributes["severity"] == "CRITICAL"
    assert ROOT_STEP in run.message.body


LOCKED = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "kms:*", "Resource": "*"}
    ],
}


def _deny_key(storage: Storage, *calls: str) -> None:
    def refused(_: Made) -> bool:
        return bool(storage.key_policy() != key_policy())

    for call in calls:
        storage.world.endpoint.fail(f"kms:{call}", "AccessDeniedException", when=refused)


@pytest.mark.parametrize("hidden", [("DescribeKey",), ("GetKeyPolicy",), ("DescribeKey", "GetKeyPolicy")])
def test_a_key_policy_that_hides_itself_is_replaced(storage: Storage, hidden: tuple[str, ...]) -> None:
    storage.learnt()
    storage.put_key_policy(LOCKED)
    _deny_key(storage, *hidden)

    run = storage.handle(storage.key_event("PutKeyPolicy"))

    assert run.findings == ["key-policy-changed"]
    assert run.outcomes == ["remediated"]
    assert storage.key_policy() == key_policy()


def test_a_key_policy_that_nobody_can_change_is_for_aws_support(storage: Storage) -> None:
    storage.learnt()
    storage.put_key_policy(LOCKED)
    _deny_key(storage, "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "PutKeyPolicy")

    run = storage.handle(storage.key_event("PutKeyPolicy"))

    assert run.outcomes == ["failed"]
    assert run.message.attributes["severity"] == "CRITICAL"
    assert "ask AWS Support" in run.message.body
    assert storage.key_policy() == LOCKED


def test_a_key_that_was_never_readable_is_told_with_what_its_policy_lacks(storage: Storage) -> None:
    storage.put_key_policy(LOCKED)
    _deny_key(storage, "DescribeKey")

    run = storage.sweep()

    assert "unreadable" in run.findings
    assert "arn:aws:iam::123456789012:root" in run.message.body


def test_the_lockout_check_of_kms_is_never_left_out(storage: Storage) -> None:
    storage.learnt()
    storage.put_key_policy(LOCKED)

    run = storage.sweep()

    (put,) = run.called("kms:PutKeyPolicy")
    assert "BypassPolicyLockoutSafetyCheck" not in put.parameters
