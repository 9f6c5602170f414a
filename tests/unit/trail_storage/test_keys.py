"""Keys in every state, and the repair in steps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.trail_storage.storage import Storage, key_policy
from tests.unit.world import client


def _show(storage: Storage, **metadata: Any) -> None:
    """Let KMS say something else of the key."""
    storage.world.endpoint.edit("kms:DescribeKey", lambda _, answer: answer["KeyMetadata"].update(metadata))


@pytest.mark.parametrize("state", ["PendingImport", "Unavailable"])
def test_a_key_that_only_its_owner_can_bring_back_is_told(storage: Storage, state: str) -> None:
    storage.learnt()
    _show(storage, KeyState=state, Origin="EXTERNAL")

    run = storage.handle(storage.key_event("DeleteImportedKeyMaterial"))

    assert run.findings == ["key-unusable"]
    assert run.outcomes == ["notified"]
    assert run.message.attributes["severity"] == "CRITICAL"
    assert state in run.message.body
    assert not run.changes


@pytest.mark.parametrize("state", ["Creating", "Updating"])
def test_a_state_that_passes_is_no_finding(storage: Storage, state: str) -> None:
    storage.learnt()
    _show(storage, KeyState=state)

    assert storage.sweep().outcomes == ["compliant"]


def test_a_primary_key_with_replicas_is_kept_too(storage: Storage) -> None:
    storage.learnt()
    storage.kms.schedule_key_deletion(KeyId=storage.key_id, PendingWindowInDays=7)
    shown = ["PendingReplicaDeletion"]
    storage.world.endpoint.edit(
        "kms:DescribeKey",
        lambda _, answer: answer["KeyMetadata"].update(KeyState=shown.pop()) if shown else None,
    )

    run = storage.sweep()

    assert run.findings == ["key-deletion-scheduled"]
    assert run.outcomes == ["remediated"]


def test_the_message_says_when_the_key_would_be_deleted(storage: Storage) -> None:
    storage.learnt()
    answer = storage.kms.schedule_key_deletion(KeyId=storage.key_id, PendingWindowInDays=7)

    run = storage.sweep()

    assert f"will be deleted on {answer['DeletionDate']:%Y-%m-%d}" in run.message.body


def test_a_key_that_is_kept_but_not_enabled_is_not_yet_put_right(storage: Storage) -> None:
    storage.learnt()
    storage.kms.schedule_key_deletion(KeyId=storage.key_id, PendingWindowInDays=7)
    storage.world.endpoint.fail("kms:EnableKey", "KMSInternalException", times=1)

    first = storage.sweep()
    second = storage.sweep()

    assert first.outcomes == ["failed"]
    assert first.findings == ["key-deletion-scheduled"]
    assert second.findings == ["key-disabled"]
    assert second.outcomes == ["remediated"]
    assert storage.key_state() == "Enabled"


def test_a_key_that_is_gone_is_told(storage: Storage) -> None:
    storage.learnt()
    storage.world.endpoint.fail("kms:DescribeKey", "NotFoundException")

    run = storage.sweep()

    assert run.findings == ["key-gone"]
    assert run.outcomes == ["notified"]
    assert "update-trail --kms-key-id" in run.message.body


def test_a_disabled_key_and_its_policy_are_put_right_together(storage: Storage) -> None:
    storage.learnt()
    storage.kms.disable_key(KeyId=storage.key_id)
    storage.put_key_policy({"Version": "2012-10-17", "Statement": key_policy()["Statement"][:1]})
    storage.kms.disable_key_rotation(KeyId=storage.key_id)

    run = storage.sweep()

    assert run.findings == ["key-disabled", "key-policy-changed", "key-rotation-off"]
    assert set(run.outcomes) == {"remediated"}
    assert storage.key_policy() == key_policy()
    assert storage.rotates()


def test_the_recorded_period_of_rotation_is_put_back(storage: Storage) -> None:
    storage.world.endpoint.edit(
        "kms:GetKeyRotationStatus",
        lambda _, answer: answer.update(RotationPeriodInDays=180) if answer["KeyRotationEnabled"] else None,
    )
    storage.learnt()
    storage.kms.disable_key_rotation(KeyId=storage.key_id)

    run = storage.sweep()

    (enabled,) = run.called("kms:EnableKeyRotation")
    assert enabled.parameters["RotationPeriodInDays"] == 180


@pytest.mark.parametrize(
    "told", [{"Origin": "EXTERNAL"}, {"Origin": "AWS_CLOUDHSM"}, {"KeySpec": "RSA_2048"}]
)
def test_keys_that_cannot_be_rotated_are_not_asked(storage: Storage, told: dict[str, str]) -> None:
    _show(storage, **told)

    run = storage.sweep()

    assert not run.called("kms:GetKeyRotationStatus")
    assert run.outcomes == ["compliant"]
    assert "Rotation" not in storage.recorded(storage.key)


@pytest.mark.parametrize("code", ["UnsupportedOperationException", "KMSInvalidStateException"])
def test_a_key_that_has_no_rotation_status_is_healthy(storage: Storage, code: str) -> None:
    storage.world.endpoint.fail("kms:GetKeyRotationStatus", code)

    run = storage.sweep()

    assert run.error is None
    assert run.outcomes == ["compliant"]


def test_a_key_that_aws_manages_is_looked_at_and_not_recorded(storage: Storage) -> None:
    _show(storage, KeyManager="AWS")

    run = storage.sweep()

    assert not run.called("kms:GetKeyPolicy")
    assert storage.key not in storage.baselines()
    assert run.outcomes == ["compliant"]


def test_a_key_used_by_two_trails_names_both(storage: Storage) -> None:
    storage.make_trail("audit")
    storage.learnt()
    storage.kms.disable_key(KeyId=storage.key_id)

    run = storage.sweep()

    assert "(trail audit, management)" in run.message.body


def test_a_foreign_account_let_into_the_key_is_critical(storage: Storage) -> None:
    storage.learnt()
    use = {"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "kms:Decrypt", "Resource": "*"}
    storage.put_key_policy(key_policy(use))

    run = storage.sweep()

    assert run.message.attributes["severity"] == "CRITICAL"
    assert "lets account 999988887777 in" in run.message.body
    assert storage.key_policy() == key_policy()


def test_the_trail_without_a_key_has_only_its_bucket(storage: Storage) -> None:
    client("cloudtrail").delete_trail(Name="management")
    client("cloudtrail").create_trail(Name="plain", S3BucketName="organization-trail-logs")

    run = storage.sweep()

    assert not [made for made in run.calls if made.service == "kms"]
