"""Object Lock and MFA delete, which are in no row of the matrix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.endpoint import Made
from tests.unit.trail_storage.storage import BUCKET, Storage, opened

CALLS = ["PutBucketObjectLockConfiguration", "PutObjectLockConfiguration"]


def _lock(mode: str, days: int) -> dict[str, Any]:
    return {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": mode, "Days": days}}}


@pytest.fixture
def locked() -> Iterator[Storage]:
    """Give a bucket that locks new objects, as AWS lets an existing bucket do."""
    with opened() as storage:
        shown = {"ObjectLockConfiguration": _lock("COMPLIANCE", 365)}

        def put(made: Made) -> dict[str, Any]:
            shown["ObjectLockConfiguration"] = made.parameters["ObjectLockConfiguration"]
            return {}

        storage.world.endpoint.answer("s3:GetObjectLockConfiguration", lambda _: shown)
        storage.world.endpoint.answer("s3:PutObjectLockConfiguration", put)
        storage.learnt()
        shown["ObjectLockConfiguration"] = _lock("GOVERNANCE", 1)
        yield storage


@pytest.mark.parametrize("call", CALLS)
def test_a_weaker_default_retention_is_put_back(locked: Storage, call: str) -> None:
    run = locked.handle(locked.bucket_event(call))

    assert run.findings == ["bucket-object-lock-weakened"]
    assert run.outcomes == ["remediated"]
    assert "GOVERNANCE for 1 days, not COMPLIANCE for 365 days" in run.message.body
    (put,) = run.called("s3:PutObjectLockConfiguration")
    assert put.parameters["ObjectLockConfiguration"] == _lock("COMPLIANCE", 365)


def test_a_longer_retention_becomes_the_baseline(locked: Storage) -> None:
    locked.world.endpoint.answer(
        "s3:GetObjectLockConfiguration",
        lambda _: {"ObjectLockConfiguration": _lock("COMPLIANCE", 730)},
    )

    run = locked.sweep()

    assert not run.changes
    assert locked.recorded()["ObjectLock"] == _lock("COMPLIANCE", 730)


def test_mfa_delete_is_told_and_left_to_root(storage: Storage) -> None:
    shown = {"Status": "Enabled", "MFADelete": "Enabled"}
    storage.world.endpoint.answer("s3:GetBucketVersioning", lambda _: shown)
    storage.learnt()
    shown["MFADelete"] = "Disabled"

    run = storage.handle(storage.bucket_event("PutBucketVersioning"))

    assert run.findings == ["bucket-mfa-delete-off"]
    assert run.outcomes == ["notified"]
    assert not run.changes
    assert "Only the root user can switch it on" in run.message.body
    assert f"--bucket {BUCKET}" in run.message.body
