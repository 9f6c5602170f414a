"""Snapshots without encryption, and snapshots that everybody may restore."""

from __future__ import annotations

import pytest

from tests.unit.rds_encryption.rds import Rds, opened

SNAPSHOT = "arn:aws:rds:us-east-1:123456789012:snapshot:before-upgrade"


def encrypted(rds: Rds) -> list[str]:
    return [name for name, is_encrypted in rds.snapshots().items() if is_encrypted]


def test_a_snapshot_without_encryption_is_copied_encrypted(rds: Rds) -> None:
    rds.instance()
    arn = rds.snapshot()

    run = rds.handle(rds.event("CreateDBSnapshot", {"dBSnapshotArn": arn}))

    assert run.findings == ["snapshot-encrypted-copy-missing"]
    assert run.outcomes == ["remediated"]
    [copied] = encrypted(rds)
    assert copied.startswith("rearm-before-upgrade-")
    assert "before-upgrade" in rds.snapshots()


def test_of_a_snapshot_with_an_encrypted_copy_the_sweep_recommends_the_removal(rds: Rds) -> None:
    rds.instance(StorageEncrypted=False)
    arn = rds.snapshot()
    rds.handle(rds.event("CreateDBSnapshot", {"dBSnapshotArn": arn}))

    run = rds.sweep()
    line = next(line for line in run.journal if line["rearm"].get("finding") == "snapshot-not-encrypted")

    assert line["rearm"]["severity"] == "INFORMATIONAL"
    assert "before-upgrade" in rds.snapshots()


def test_an_event_about_a_snapshot_with_an_encrypted_copy_tells_nothing(rds: Rds) -> None:
    rds.instance()
    arn = rds.snapshot()
    event = rds.event("CreateDBSnapshot", {"dBSnapshotArn": arn})
    rds.handle(event)

    run = rds.handle(rds.event("CreateDBSnapshot", {"dBSnapshotArn": arn}))

    assert run.changes == []
    assert run.messages == []


def test_a_snapshot_that_is_being_made_is_told_and_copied_when_it_is_there(rds: Rds) -> None:
    rds.instance()
    arn = rds.snapshot()
    rds.states["before-upgrade"] = "creating"

    waiting = rds.handle(rds.event("CreateDBSnapshot", {"dBSnapshotArn": arn}))
    rds.states.clear()
    ready = rds.handle(rds.notice(arn))

    assert waiting.outcomes == ["notified"]
    assert waiting.changes == []
    assert ready.outcomes == ["remediated"]


def test_a_snapshot_of_a_cluster_is_told_with_the_command_that_encrypts_it(rds: Rds) -> None:
    rds.cluster()
    arn = rds.cluster_snapshot()

    run = rds.handle(rds.event("CreateDBClusterSnapshot", {"dBClusterSnapshotArn": arn}))

    assert run.findings == ["snapshot-not-encrypted"]
    assert run.outcomes == ["notified"]
    assert run.changes == []
    command = " ".join(run.message.body.split())
    assert "restore-db-cluster-from-snapshot --db-cluster-identifier ledger-encrypted" in command


def test_a_public_snapshot_is_critical_and_told_with_the_call_that_takes_it_back(rds: Rds) -> None:
    rds.instance()
    rds.snapshot()
    rds.share("before-upgrade", "all")

    run = rds.handle(
        rds.event(
            "ModifyDBSnapshotAttribute",
            None,
            parameters={"dBSnapshotIdentifier": "before-upgrade", "valuesToAdd": ["all"]},
        )
    )

    assert "snapshot-public" in run.findings
    assert run.message.attributes["severity"] == "CRITICAL"
    body = " ".join(run.message.body.split())
    assert "modify-db-snapshot-attribute --db-snapshot-identifier before-upgrade" in body
    attributes = rds.api.describe_db_snapshot_attributes(DBSnapshotIdentifier="before-upgrade")
    values = attributes["DBSnapshotAttributesResult"]["DBSnapshotAttributes"][0]["AttributeValues"]
    assert values == ["all"], "taking it back is for people"


def test_a_public_snapshot_is_found_by_the_sweep(rds: Rds) -> None:
    rds.instance()
    rds.snapshot()
    rds.share("before-upgrade", "all")

    assert "snapshot-public" in rds.sweep().findings


def test_a_snapshot_that_was_shared_with_one_account_is_not_public(rds: Rds) -> None:
    rds.instance()
    rds.snapshot()
    rds.share("before-upgrade", "210987654321")

    assert "snapshot-public" not in rds.sweep().findings


def test_a_name_like_those_of_rearm_hides_no_snapshot(rds: Rds) -> None:
    rds.instance(StorageEncrypted=True)
    rds.instance("plain", StorageEncrypted=False)
    arn = rds.snapshot("plain", "rearm-hidden")

    run = rds.handle(rds.event("CreateDBSnapshot", {"dBSnapshotArn": arn}))

    assert run.findings == ["snapshot-encrypted-copy-missing"]
    assert encrypted(rds) == ["rearm-hidden-encrypted"]


@pytest.mark.parametrize("call", ["rds:DescribeDBSnapshotAttributes"])
def test_a_snapshot_whose_sharing_cannot_be_read_is_raised(rds: Rds, call: str) -> None:
    rds.instance(StorageEncrypted=False)
    rds.snapshot()
    rds.world.endpoint.fail(call, "AccessDenied", when=lambda made: "before" in str(made.parameters))

    run = rds.sweep()

    assert run.error is not None
    assert "AccessDenied" in str(run.error)


def test_exceptions_for_a_tag_excuse_a_database() -> None:
    given = {"lab": {"match": {"tag:stage": "lab"}, "reason": "No data.", "expires": "never", "quiet": False}}
    with opened(exceptions={name: {**one, "scope": "rds_encryption"} for name, one in given.items()}) as rds:
        rds.instance(Tags=[{"Key": "stage", "Value": "lab"}])

        run = rds.sweep()

        assert run.outcomes == ["excepted"]
        assert rds.snapshots() == {}
