"""Buckets and keys of other accounts: recognised, reported with who must act, not retried, not learned."""

from __future__ import annotations

import pytest

from tests.unit.trail_storage.storage import BUCKET, FOREIGN, Storage, opened

FOREIGN_KEY = f"arn:aws:kms:us-east-1:{FOREIGN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def test_another_accounts_bucket_is_reported_once_and_not_learned(storage: Storage) -> None:
    storage.show_trail(storage.foreign_bucket())

    run = storage.sweep()

    assert run.error is None
    assert run.findings == ["bucket-out-of-reach"]
    assert run.outcomes == ["notified"]
    assert run.message.attributes["severity"] == "LOW"
    assert "only the account that owns it can guard it" in run.message.body
    assert not run.changes
    assert "arn:aws:s3:::log-archive" not in storage.baselines()
    assert not storage.sweep().messages, "it is not told at every sweep"


def test_the_setting_names_the_account_that_must_act() -> None:
    with opened(settings={"log_archive_account": FOREIGN}) as storage:
        storage.show_trail(storage.foreign_bucket())

        run = storage.sweep()

        assert f"only account {FOREIGN} can guard it" in run.message.body
        assert f"deployed in account {FOREIGN}" in run.message.body


def test_another_accounts_key_is_reported_by_its_arn_without_a_call(storage: Storage) -> None:
    storage.show_trail(BUCKET, key=FOREIGN_KEY)

    run = storage.sweep()

    assert run.findings == ["key-out-of-reach"]
    assert f"belongs to account {FOREIGN}" in run.message.body
    assert FOREIGN_KEY not in [made.parameters.get("KeyId") for made in run.calls]
    assert FOREIGN_KEY not in storage.baselines()


@pytest.mark.parametrize("call", ["PutBucketPolicy", "DeleteBucket"])
def test_a_call_on_another_accounts_bucket_is_told_with_who_made_it(storage: Storage, call: str) -> None:
    storage.show_trail(storage.foreign_bucket())

    run = storage.handle(storage.bucket_event(call, "log-archive"))

    assert run.findings == ["bucket-out-of-reach"]
    assert run.error is None
    assert not run.changes


def test_a_call_on_another_accounts_key_is_told(storage: Storage) -> None:
    storage.show_trail(BUCKET, key=FOREIGN_KEY)

    run = storage.handle(storage.key_event("DisableKey", FOREIGN_KEY))

    assert run.findings == ["key-out-of-reach"]
    assert not run.changes


def test_a_name_that_somebody_else_has_taken_is_critical(storage: Storage) -> None:
    storage.learnt()
    storage.s3.delete_bucket(Bucket=BUCKET)
    storage.foreign_bucket(BUCKET)

    run = storage.handle(storage.bucket_event("DeleteBucket"))

    assert run.findings == ["bucket-deleted"]
    assert run.outcomes == ["notified"]
    assert run.message.attributes["severity"] == "CRITICAL"
    assert "its name now belongs to another account" in run.message.body
    assert f"aws cloudtrail update-trail --name {storage.trail}" in run.message.body
    assert not run.changes


def test_a_name_that_is_taken_while_the_bucket_is_made_again_fails(storage: Storage) -> None:
    storage.learnt()
    storage.s3.delete_bucket(Bucket=BUCKET)
    storage.world.endpoint.fail("s3:CreateBucket", "BucketAlreadyExists")
    taken: list[bool] = []
    storage.world.endpoint.answer("s3:CreateBucket", lambda _: taken.append(True))
    storage.world.endpoint.fail("s3:GetBucketLocation", "AccessDenied", when=lambda _: bool(taken))

    run = storage.sweep()

    assert run.findings == ["bucket-deleted"]
    assert run.outcomes == ["failed"]
    assert "BucketAlreadyExists" in run.message.body
    assert "make a bucket with another name" in run.message.body


def test_an_organizations_trail_that_is_homed_elsewhere_and_not_shown_is_no_failure(
    storage: Storage,
) -> None:
    storage.learnt()
    arn = f"arn:aws:cloudtrail:eu-west-1:{FOREIGN}:trail/organization"
    storage.world.endpoint.edit(
        "cloudtrail:ListTrails", lambda _, answer: answer["Trails"].append({"TrailARN": arn})
    )

    run = storage.sweep()

    assert run.error is None
    assert run.outcomes == ["compliant"]
