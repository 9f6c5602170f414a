"""A database without encryption, from the call that makes it to its encrypted copy, and the message."""

from __future__ import annotations

from typing import Any

from tests.e2e.account import Person
from tests.e2e.said import Mail
from tests.e2e.world import World

AUTOMATION = "rds_encryption"
ACTIONS = ("rds:CreateDBInstance",)


def test_a_database_without_encryption_gets_a_snapshot_when_its_event_comes(others: World) -> None:
    others.account.trail("main")
    _make(_maker(others), "orders")
    others.aws.wait_idle()
    assert _snapshots(others, "rearm-orders-") == [False]
    (mail,) = _mails(others)
    assert (mail.attributes["outcome"], mail.attributes["severity"]) == ("remediated", "HIGH")
    assert mail.field("Actor") == "maker (IAMUser)"
    assert others.said.failures() == []


def test_the_sweep_goes_on_with_the_encrypted_copy_and_then_tells_how_to_restore(others: World) -> None:
    others.account.trail("main")
    maker = _maker(others)
    with others.account.unseen():
        _make(maker, "ledger")
    for _ in range(3):
        others.aws.run_schedule(f"rearm-{AUTOMATION}-sweep")
        others.aws.wait_idle()
    assert sorted(_snapshots(others, "rearm-ledger-")) == [False, True]
    about = [mail for mail in _mails(others) if "ledger" in mail.body]
    assert [mail.attributes["outcome"] for mail in about] == ["remediated", "remediated", "notified"]
    assert "restore-db-instance-from-db-snapshot" in about[-1].body


def test_an_encrypted_database_is_left_alone(others: World) -> None:
    others.account.trail("main")
    _make(_maker(others), "sealed", StorageEncrypted=True)
    others.aws.wait_idle()
    assert _snapshots(others, "rearm-sealed-") == []
    assert [mail for mail in _mails(others) if "sealed" in mail.body] == []


def _maker(others: World) -> Person:
    return others.account.user("maker", ACTIONS)


def _make(maker: Person, name: str, **wanted: Any) -> None:
    maker.aws.client("rds", None, maker.keys, user_agent=maker.user_agent).create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="administrator",
        MasterUserPassword="not-a-secret-1",
        **wanted,
    )


def _snapshots(others: World, prefix: str) -> list[bool]:
    found = others.account.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    return [one["Encrypted"] for one in found if one["DBSnapshotIdentifier"].startswith(prefix)]


def _mails(others: World) -> list[Mail]:
    return [mail for mail in others.said.mails() if mail.attributes["automation"] == AUTOMATION]
