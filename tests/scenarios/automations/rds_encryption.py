"""RDS encryption: databases and snapshots that are not encrypted, and the steps to a copy that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from moto.rds.models import rds_backends

from tests.events.envelopes import api_event, config_change, envelope, scheduled
from tests.events.identities import assumed_role
from tests.scenarios.account import STOPPED_AGO, Account, Event, client
from tests.scenarios.stage import Scenario
from tests.scenarios.verdicts import Check, asked_again, tells_nothing, told
from tests.support.planned import ACCOUNT

AUTOMATION = "rds_encryption"
WHO = ("admin", "Session: maintenance")
RULES = ("rds-storage-encrypted", "rds-snapshot-encrypted")
MASTER = {"MasterUsername": "administrator", "MasterUserPassword": "not-a-secret-1"}
DATABASE, CLUSTER, SNAPSHOT = "orders", "ledger", "before-upgrade"


def scenarios() -> Iterator[Scenario]:
    """Return every scenario, of every variant."""
    for variant in ("others", "others_china"):
        yield from _everywhere(variant)
    yield from _findings()
    yield from _near_misses()
    yield _scenario(
        "a database without encryption is made, and only told",
        _database,
        _has_snapshots(0),
        told("notified", "create-db-snapshot", *WHO),
        variant="others_notify",
    )
    yield _scenario(
        "a sweep finds everything without encryption, and only tells",
        _sweep_over_all,
        _has_snapshots(1),
        told("notified", "create-db-snapshot", "create-db-cluster-snapshot", "copy-db-snapshot", *WHO),
        variant="others_notify",
    )


def _everywhere(variant: str) -> Iterator[Scenario]:
    """Give what every deployment that acts meets."""
    yield _scenario(
        "a database without encryption is made",
        _database,
        _has_snapshot("rearm-orders-", encrypted=False),
        told("remediated", "DB instance orders is not encrypted", "create-db-snapshot", *WHO),
        asked_again(*RULES),
        variant=variant,
    )
    yield _scenario(
        "the snapshot of a database is there",
        _snapshot_is_there,
        _has_snapshot("rearm-orders-", encrypted=True),
        told("remediated", "copy-db-snapshot", *WHO),
        asked_again(*RULES),
        variant=variant,
        earlier=_database,
    )
    yield _scenario(
        "a sweep finds databases, clusters and their snapshots without encryption",
        _sweep_over_all,
        _has_snapshot("rearm-orders-", encrypted=False),
        _has_snapshot("rearm-before-upgrade-", encrypted=True),
        _has_cluster_snapshot("rearm-ledger-"),
        told("remediated", "create-db-snapshot", "create-db-cluster-snapshot", "copy-db-snapshot", *WHO),
        asked_again(*RULES),
        variant=variant,
    )


def _findings() -> Iterator[Scenario]:
    yield _scenario(
        "a cluster without encryption is made",
        _cluster,
        _has_cluster_snapshot("rearm-ledger-"),
        told("remediated", "DB cluster ledger is not encrypted", "create-db-cluster-snapshot", *WHO),
        asked_again(*RULES),
    )
    yield _scenario(
        "a snapshot without encryption is taken",
        _snapshot,
        _has_snapshot("rearm-before-upgrade-", encrypted=True),
        told("remediated", "DB snapshot before-upgrade is not encrypted", *WHO),
        asked_again(*RULES),
    )
    yield _scenario(
        "a snapshot is made public",
        _public,
        told("notified", "DB snapshot before-upgrade is public", "modify-db-snapshot-attribute", *WHO),
    )
    yield _scenario(
        "a snapshot of a cluster is made public",
        _public_cluster,
        told("notified", "DB cluster snapshot before-upgrade is public", *WHO),
    )
    yield _scenario(
        "config finds a database without encryption",
        _found_by_config,
        _has_snapshot("rearm-orders-", encrypted=False),
        told("remediated", "create-db-snapshot"),
        asked_again(*RULES),
    )


def _near_misses() -> Iterator[Scenario]:
    yield _scenario(
        "an encrypted database is made",
        lambda account: _database(account, StorageEncrypted=True),
        _has_snapshots(0),
        tells_nothing(),
    )
    yield _scenario(
        "a sweep finds everything encrypted",
        _sweep_over_encrypted,
        _has_snapshots(0),
        tells_nothing(),
    )


def _scenario(
    name: str,
    arrange: Callable[[Account], Event],
    *checks: Check,
    variant: str = "others",
    earlier: Callable[[Account], Event] | None = None,
) -> Scenario:
    return Scenario(name, variant, arrange, checks, AUTOMATION, earlier)


def _rds(account: Account) -> Any:
    return client("rds", account.region)


def _called(account: Account, name: str, parameters: object, response: object) -> Event:
    return account.happened(
        api_event(
            name,
            service="rds",
            identity=assumed_role(partition=account.partition),
            parameters=parameters,
            response=response,
            region=account.region,
            time=(datetime.now(UTC) - STOPPED_AGO).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
    )


def _database(account: Account, **wanted: Any) -> Event:
    made = {
        "DBInstanceClass": "db.t3.micro",
        "Engine": "postgres",
        "AllocatedStorage": 20,
        **MASTER,
        **wanted,
    }
    answer = _rds(account).create_db_instance(DBInstanceIdentifier=DATABASE, **made)["DBInstance"]
    response = {"dBInstanceIdentifier": DATABASE, "dBInstanceArn": answer["DBInstanceArn"]}
    return _called(account, "CreateDBInstance", {"dBInstanceIdentifier": DATABASE}, response)


def _cluster(account: Account, **wanted: Any) -> Event:
    made = {"Engine": "aurora-postgresql", **MASTER, **wanted}
    answer = _rds(account).create_db_cluster(DBClusterIdentifier=CLUSTER, **made)["DBCluster"]
    # Always the same, since the fault tests know a call by what is asked.
    rds_backends[ACCOUNT][account.region].clusters[CLUSTER].db_cluster_resource_id = "cluster-LEDGER"
    response = {"dBClusterIdentifier": CLUSTER, "dBClusterArn": answer["DBClusterArn"]}
    return _called(account, "CreateDBCluster", {"dBClusterIdentifier": CLUSTER}, response)


def _snapshot(account: Account) -> Event:
    _database(account, StorageEncrypted=False)
    answer = _rds(account).create_db_snapshot(DBInstanceIdentifier=DATABASE, DBSnapshotIdentifier=SNAPSHOT)
    response = {"dBSnapshotIdentifier": SNAPSHOT, "dBSnapshotArn": answer["DBSnapshot"]["DBSnapshotArn"]}
    return _called(account, "CreateDBSnapshot", {"dBSnapshotIdentifier": SNAPSHOT}, response)


def _public(account: Account) -> Event:
    _snapshot(account)
    _rds(account).copy_db_snapshot(
        SourceDBSnapshotIdentifier=SNAPSHOT,
        TargetDBSnapshotIdentifier=_copy_of(account),
        KmsKeyId="alias/aws/rds",
    )
    _rds(account).modify_db_snapshot_attribute(
        DBSnapshotIdentifier=SNAPSHOT, AttributeName="restore", ValuesToAdd=["all"]
    )
    parameters = {"dBSnapshotIdentifier": SNAPSHOT, "attributeName": "restore", "valuesToAdd": ["all"]}
    return _called(account, "ModifyDBSnapshotAttribute", parameters, {"dBSnapshotIdentifier": SNAPSHOT})


def _public_cluster(account: Account) -> Event:
    _cluster(account)
    _rds(account).create_db_cluster_snapshot(
        DBClusterIdentifier=CLUSTER, DBClusterSnapshotIdentifier=SNAPSHOT
    )
    _rds(account).modify_db_cluster_snapshot_attribute(
        DBClusterSnapshotIdentifier=SNAPSHOT, AttributeName="restore", ValuesToAdd=["all"]
    )
    parameters = {"dBClusterSnapshotIdentifier": SNAPSHOT, "attributeName": "restore", "valuesToAdd": ["all"]}
    response = {"dBClusterSnapshotIdentifier": SNAPSHOT}
    return _called(account, "ModifyDBClusterSnapshotAttribute", parameters, response)


def _copy_of(account: Account) -> str:
    from rearm.automations.rds_encryption.databases import INSTANCE, Snapshot
    from rearm.model import Resource

    arn = f"arn:{account.partition}:rds:{account.region}:{ACCOUNT}:snapshot:{SNAPSHOT}"
    resource = Resource(arn, SNAPSHOT, INSTANCE.snapshot_type, ACCOUNT, account.region)
    return Snapshot(INSTANCE, resource, DATABASE, "available", False, "").copy_name


def _snapshot_is_there(account: Account) -> Event:
    (name,) = _snapshots(account)
    arn = f"arn:{account.partition}:rds:{account.region}:{ACCOUNT}:snapshot:{name}"
    detail = {
        "EventCategories": ["creation"],
        "SourceType": "SNAPSHOT",
        "SourceArn": arn,
        "Date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Message": "Manual snapshot created",
        "SourceIdentifier": name,
        "EventID": "RDS-EVENT-0042",
    }
    return envelope("aws.rds", "RDS DB Snapshot Event", detail, region=account.region, resources=[arn])


def _found_by_config(account: Account) -> Event:
    _database(account)
    (found,) = _rds(account).describe_db_instances()["DBInstances"]
    return config_change(
        account.rule("rds-storage-encrypted"),
        resource_type="AWS::RDS::DBInstance",
        resource_id=found["DbiResourceId"],
        region=account.region,
    )


def _sweep(account: Account) -> Event:
    return scheduled(f"rearm-{AUTOMATION}-sweep", region=account.region)


def _sweep_over_all(account: Account) -> Event:
    _cluster(account)
    _rds(account).create_db_cluster_snapshot(
        DBClusterIdentifier=CLUSTER, DBClusterSnapshotIdentifier=SNAPSHOT
    )
    _snapshot(account)
    return _sweep(account)


def _sweep_over_encrypted(account: Account) -> Event:
    _cluster(account, StorageEncrypted=True)
    _database(account, StorageEncrypted=True)
    return _sweep(account)


def _snapshots(account: Account) -> dict[str, bool]:
    found = _rds(account).describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    return {one["DBSnapshotIdentifier"]: one["Encrypted"] for one in found}


def _has_snapshot(prefix: str, *, encrypted: bool) -> Check:
    def problem(account: Account) -> str | None:
        found = _snapshots(account)
        right = [
            name
            for name, is_encrypted in found.items()
            if name.startswith(prefix) and is_encrypted is encrypted
        ]
        return None if len(right) == 1 else f"there are {found}"

    kind = "encrypted" if encrypted else "plain"
    return Check(f"there is one {kind} snapshot {prefix}*", problem, f"{prefix}{kind}")


def _has_cluster_snapshot(prefix: str) -> Check:
    def problem(account: Account) -> str | None:
        found = _rds(account).describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"]
        names = [one["DBClusterSnapshotIdentifier"] for one in found]
        return None if sum(name.startswith(prefix) for name in names) == 1 else f"there are {names}"

    return Check(f"there is one cluster snapshot {prefix}*", problem, f"{prefix}cluster")


def _has_snapshots(number: int) -> Check:
    def problem(account: Account) -> str | None:
        found = _snapshots(account)
        return None if len(found) == number else f"there are {found}"

    return Check(f"there are {number} snapshots", problem, "the snapshots")
