"""Each repair of a setting has a call that takes it back, which is right as long as nothing changed since."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rearm.aws import Aws
from rearm.table import Table
from tests.events.envelopes import REGION
from tests.unit.deployment import TABLE
from tests.unit.trail_storage.storage import AUTOMATION, OPEN, Storage, opened
from tests.unit.trail_storage.test_rows import ROWS, Row
from tools.operator.records import read
from tools.operator.undoing import Final, Standing, Step, standing, steps

REBUILT = ("bucket.deleted", "key.disabled", "key.deletion-scheduled")
SETTINGS = [row for row in ROWS if row.id not in REBUILT]
FINAL = [row for row in ROWS if row.id in REBUILT]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Give clients of the operator's own, which pass none of the tests' faults."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "operator")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "operator")
    return Aws(sleep=lambda _: None)


def _repaired(storage: Storage, row: Row) -> None:
    storage.learnt()
    row.attack(storage)
    run = storage.sweep()
    assert run.outcomes == ["remediated"]


def _steps(aws: Aws) -> tuple[Sequence[Step], Sequence[Final]]:
    recorded = read(Table(aws, TABLE, REGION), [AUTOMATION])
    assert not recorded.unreadable
    return steps(recorded.responses)


@pytest.mark.parametrize("row", SETTINGS, ids=[f"{row.id}-{row.call}" for row in SETTINGS])
def test_a_repair_can_be_taken_back_as_long_as_nothing_changed(row: Row, aws: Aws) -> None:
    with opened() as storage:
        _repaired(storage, row)
        (step,), final = _steps(aws)

        assert not final
        assert standing(aws, step.undo) is Standing.RIGHT
        aws.call(step.undo.service, step.undo.region, step.undo.operation, step.undo.parameters)

        assert not row.stands(storage), "it is as the attacker had left it"
        assert standing(aws, step.undo) is Standing.CHANGED, "a second undo would overwrite somebody's change"


@pytest.mark.parametrize("row", FINAL, ids=[row.id for row in FINAL])
def test_what_was_started_or_made_again_has_no_undo(row: Row, aws: Aws) -> None:
    with opened() as storage:
        _repaired(storage, row)

        undone, final = _steps(aws)

        assert not undone
        assert final


def test_rotation_can_be_switched_off_again(aws: Aws) -> None:
    with opened() as storage:
        storage.learnt()
        storage.kms.disable_key_rotation(KeyId=storage.key_id)
        storage.sweep()

        (step,), _ = _steps(aws)

        assert standing(aws, step.undo) is Standing.RIGHT
        aws.call(step.undo.service, step.undo.region, step.undo.operation, step.undo.parameters)
        assert not storage.rotates()


def test_rules_with_dates_can_be_taken_back(aws: Aws) -> None:
    with opened() as storage:
        storage.learnt()
        dated = {
            "ID": "dated",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Date": "2030-01-01T00:00:00Z"},
        }
        moved = {
            "ID": "moved",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Transitions": [{"Date": "2031-01-01T00:00:00Z", "StorageClass": "GLACIER"}],
        }
        storage.put_lifecycle(dated, moved)
        storage.sweep()
        assert storage.rules() == ["moved"]

        (step,), _ = _steps(aws)

        assert standing(aws, step.undo) is Standing.RIGHT
        aws.call(step.undo.service, step.undo.region, step.undo.operation, step.undo.parameters)
        assert storage.rules() == ["dated", "moved"]


def test_the_undo_of_several_repairs_is_the_newest_first(aws: Aws) -> None:
    with opened() as storage:
        storage.learnt()
        storage.s3.put_public_access_block(
            Bucket="organization-trail-logs", PublicAccessBlockConfiguration=OPEN
        )
        storage.s3.delete_bucket_policy(Bucket="organization-trail-logs")
        storage.sweep()

        undone, _ = _steps(aws)

        assert [step.made.operation for step in undone] == ["PutPublicAccessBlock", "PutBucketPolicy"]
