"""Each repair has a call that gives back exactly what was there, right as long as nothing changed since."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rearm.aws import Aws
from rearm.table import Table
from tests.events.envelopes import REGION
from tests.unit.deployment import TABLE
from tests.unit.s3_encryption.account import AUTOMATION, BUCKET, FOREIGN_KEY, Account
from tests.unit.world import client
from tools.operator.records import read
from tools.operator.undoing import Final, Standing, Step, standing, steps


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Give clients of the operator's own, which pass none of the tests' faults."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "operator")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "operator")
    return Aws(sleep=lambda _: None)


def _steps(aws: Aws) -> tuple[Sequence[Step], Sequence[Final]]:
    recorded = read(Table(aws, TABLE, REGION), [AUTOMATION])
    assert not recorded.unreadable
    return steps(recorded.responses)


def _undo(aws: Aws) -> None:
    (step,), final = _steps(aws)
    assert not final
    assert standing(aws, step.undo) is Standing.RIGHT
    aws.call(step.undo.service, step.undo.region, step.undo.operation, step.undo.parameters)
    assert standing(aws, step.undo) is Standing.CHANGED, "a second undo would overwrite somebody's change"


@pytest.mark.parametrize("bucket_key", [True, False])
def test_the_former_key_comes_back_with_all_that_was_set(
    account: Account, aws: Aws, bucket_key: bool
) -> None:
    account.bucket()
    account.encrypt("aws:kms", FOREIGN_KEY, BucketKeyEnabled=bucket_key)
    before = account.rule()
    assert account.sweep().outcomes == ["remediated"]
    assert account.rule() != before

    _undo(aws)

    assert account.rule() == before


def test_keys_of_s3_come_back(keyed: Account, aws: Aws) -> None:
    keyed.encrypt("aws:kms", keyed.key, name="trail-logs")
    keyed.bucket()
    before = keyed.rule()
    assert keyed.sweep().outcomes == ["remediated"]

    _undo(aws)

    assert keyed.rule() == before


def test_a_bucket_that_had_no_configuration_has_none_again(keyed: Account, aws: Aws) -> None:
    keyed.encrypt("aws:kms", keyed.key, name="trail-logs")
    keyed.bucket()
    client("s3").delete_bucket_encryption(Bucket=BUCKET)
    assert keyed.sweep().outcomes == ["remediated"]

    _undo(aws)

    assert keyed.rule() is None


def test_what_somebody_has_changed_since_is_not_undone(account: Account, aws: Aws) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    account.sweep()
    account.encrypt("aws:kms", account.key)

    (step,), _ = _steps(aws)

    assert standing(aws, step.undo) is Standing.CHANGED
