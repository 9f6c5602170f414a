"""From a database without encryption to an encrypted copy of it, a step for each of RDS's own events."""

from __future__ import annotations

import pytest

from tests.events.envelopes import config_change
from tests.unit.endpoint import ApiError
from tests.unit.rds_encryption.rds import KEY, Rds, opened
from tests.unit.world import Run


def changed(run: Run) -> list[str]:
    return [made.operation for made in run.changes]


def own(rds: Rds) -> str:
    """Return the name of the snapshot that Rearm has taken."""
    names = [
        name for name in rds.snapshots() if name.startswith("rearm-") and not name.endswith("-encrypted")
    ]
    assert len(names) == 1
    return names[0]


def test_a_database_without_encryption_gets_a_snapshot_first(rds: Rds) -> None:
    run = rds.handle(rds.made(rds.instance()))

    assert run.findings == ["database-snapshot-missing"]
    assert run.outcomes == ["remediated"]
    assert changed(run) == ["CreateDBSnapshot"]
    assert own(rds).startswith("rearm-orders-")
    assert run.line["rearm"]["attribution"] == "event"
    assert run.message.attributes["severity"] == "HIGH"
    assert "orders" in run.message.subject


def test_the_copy_follows_when_rds_says_that_the_snapshot_is_there(rds: Rds) -> None:
    rds.handle(rds.made(rds.instance()))

    run = rds.handle(rds.notice(f"arn:aws:rds:us-east-1:123456789012:snapshot:{own(rds)}"))

    assert run.findings == ["database-encrypted-copy-missing"]
    assert run.outcomes == ["remediated"]
    assert changed(run) == ["CopyDBSnapshot"]
    assert rds.snapshots() == {own(rds): False, f"{own(rds)}-encrypted": True}
    assert run.line["rearm"]["door"] == "notice"


def test_at_the_end_the_message_says_how_to_restore_and_nothing_is_changed(rds: Rds) -> None:
    rds.handle(rds.made(rds.instance()))
    rds.sweep()

    run = rds.handle(rds.notice(f"arn:aws:rds:us-east-1:123456789012:snapshot:{own(rds)}-encrypted"))

    assert run.findings == ["database-not-encrypted"]
    assert run.outcomes == ["notified"]
    assert run.changes == []
    command = " ".join(run.message.body.split())
    assert "restore-db-instance-from-db-snapshot --db-instance-identifier orders-encrypted" in command
    assert f"--db-snapshot-identifier {own(rds)}-encrypted --region us-east-1" in command


def test_the_copy_is_encrypted_with_the_key_of_the_setting() -> None:
    with opened(settings={"key": KEY}) as rds:
        rds.instance()
        rds.sweep()
        run = rds.sweep()

        [copied] = run.called("rds:CopyDBSnapshot")
        assert copied.parameters["KmsKeyId"] == KEY


def test_a_cluster_gets_a_snapshot_and_is_restored_encrypted_from_that(rds: Rds) -> None:
    arn = rds.cluster()

    first = rds.handle(rds.event("CreateDBCluster", {"dBClusterArn": arn}))
    second = rds.sweep()

    assert changed(first) == ["CreateDBClusterSnapshot"]
    [name] = rds.cluster_snapshots()
    assert name.startswith("rearm-ledger-")
    assert second.findings == ["database-not-encrypted"]
    assert second.changes == []
    command = " ".join(second.message.body.split())
    assert "restore-db-cluster-from-snapshot --db-cluster-identifier ledger-encrypted" in command
    assert f"--engine aurora-postgresql --snapshot-identifier {name} --kms-key-id alias/aws/rds" in command


def test_a_sweep_takes_the_next_step_of_each_database(rds: Rds) -> None:
    rds.instance("one")
    rds.sweep()
    rds.instance("two")

    run = rds.sweep()

    assert run.outcomes == ["remediated", "remediated"]
    assert sorted(changed(run)) == ["CopyDBSnapshot", "CreateDBSnapshot"]


@pytest.mark.parametrize("state", ["creating", "backing-up", "modifying"])
def test_a_database_that_is_not_ready_is_told_and_waits(rds: Rds, state: str) -> None:
    arn = rds.instance()
    rds.states["orders"] = state

    waiting = rds.handle(rds.made(arn))
    rds.states.clear()
    ready = rds.handle(rds.notice(arn, "RDS DB Instance Event", "RDS-EVENT-0005"))

    assert waiting.outcomes == ["notified"]
    assert waiting.changes == []
    assert state in waiting.message.body
    assert changed(ready) == ["CreateDBSnapshot"]


@pytest.mark.parametrize("state", ["creating", "pending"])
def test_while_rds_is_at_work_nothing_is_done_twice(rds: Rds, state: str) -> None:
    rds.instance()
    rds.sweep()
    rds.states[own(rds)] = state

    run = rds.sweep()

    assert run.findings == ["database-not-encrypted"]
    assert run.changes == []
    assert "RDS is making" in run.message.body


def test_while_the_copy_is_being_made_nothing_is_done_twice(rds: Rds) -> None:
    rds.instance()
    rds.sweep()
    rds.sweep()
    rds.states[f"{own(rds)}-encrypted"] = "copying"

    run = rds.sweep()

    assert run.findings == ["database-not-encrypted"]
    assert run.changes == []
    assert "the encrypted copy" in run.message.body


@pytest.mark.parametrize("suffix", ["", "-encrypted"])
def test_a_step_that_rds_could_not_take_is_told_with_the_mend(rds: Rds, suffix: str) -> None:
    rds.instance()
    rds.sweep()
    rds.sweep()
    rds.states[f"{own(rds)}{suffix}"] = "failed"

    run = rds.sweep()

    assert run.outcomes == ["notified"]
    assert run.changes == []
    body = " ".join(run.message.body.split())
    assert f"delete-db-snapshot --db-snapshot-identifier {own(rds)}{suffix}" in body


def test_a_snapshot_that_is_there_already_is_no_failure(rds: Rds) -> None:
    rds.instance()
    taken = False

    def take_twice(_: object) -> None:
        nonlocal taken
        if not taken:
            taken = True
            rds.sweep()
        raise ApiError("DBSnapshotAlreadyExists")

    rds.world.endpoint.answer("rds:CreateDBSnapshot", lambda made: None if taken else take_twice(made))

    run = rds.handle(rds.made("arn:aws:rds:us-east-1:123456789012:db:orders"))

    assert run.outcomes == ["remediated"]
    assert run.error is None
    assert len(rds.snapshots()) == 1


def test_a_database_made_again_under_its_name_gets_a_snapshot_of_its_own(rds: Rds) -> None:
    rds.instance()
    rds.sweep()

    def renamed(_: object, answer: dict[str, list[dict[str, str]]]) -> None:
        for instance in answer["DBInstances"]:
            instance["DbiResourceId"] = "db-ANOTHERONE"

    rds.world.endpoint.edit("rds:DescribeDBInstances", renamed)

    run = rds.sweep()

    assert "CreateDBSnapshot" in changed(run)


def test_in_notify_the_step_is_told_and_not_taken() -> None:
    with opened(mode="notify") as rds:
        run = rds.handle(rds.made(rds.instance()))

        assert run.outcomes == ["notified"]
        assert rds.snapshots() == {}
        assert "create-db-snapshot" in run.message.body


@pytest.mark.parametrize("named", ["resource id", "name"])
def test_configs_verdict_leads_to_the_database(rds: Rds, named: str) -> None:
    rds.instance()
    rds.instance("other")
    [instance, *_] = rds.api.describe_db_instances(DBInstanceIdentifier="orders")["DBInstances"]
    identity = instance["DbiResourceId"] if named == "resource id" else "orders"
    event = config_change(
        "rearm-rds-storage-encrypted", resource_type="AWS::RDS::DBInstance", resource_id=identity
    )

    run = rds.handle(event)

    assert "remediated" in run.outcomes
    assert "CreateDBSnapshot" in changed(run)
