"""What comes near and must change nothing."""

from __future__ import annotations

import pytest

from tests.unit.rds_encryption.rds import Rds


def nothing(rds: Rds, event: object) -> None:
    run = rds.handle(event)

    assert run.error is None
    assert run.changes == []
    assert run.messages == []


def test_an_encrypted_database_is_left_alone(rds: Rds) -> None:
    nothing(rds, rds.made(rds.instance(StorageEncrypted=True)))
    assert rds.sweep().changes == []


def test_an_encrypted_snapshot_is_left_alone(rds: Rds) -> None:
    rds.instance(StorageEncrypted=True)
    rds.snapshot()
    rds.api.copy_db_snapshot(
        SourceDBSnapshotIdentifier="before-upgrade",
        TargetDBSnapshotIdentifier="sealed",
        KmsKeyId="alias/aws/rds",
    )
    rds.api.delete_db_snapshot(DBSnapshotIdentifier="before-upgrade")

    nothing(
        rds,
        rds.event("CopyDBSnapshot", {"dBSnapshotArn": "arn:aws:rds:us-east-1:123456789012:snapshot:sealed"}),
    )


def test_an_instance_of_a_cluster_is_the_clusters_matter(rds: Rds) -> None:
    rds.cluster(StorageEncrypted=True)
    arn = rds.instance(Engine="aurora-postgresql", DBClusterIdentifier="ledger")

    nothing(rds, rds.made(arn))


@pytest.mark.parametrize("engine", ["docdb", "neptune"])
def test_clusters_of_other_services_are_not_looked_at(rds: Rds, engine: str) -> None:
    arn = rds.cluster()

    def foreign(_: object, answer: dict[str, list[dict[str, str]]]) -> None:
        for cluster in answer["DBClusters"]:
            cluster["Engine"] = engine

    rds.world.endpoint.edit("rds:DescribeDBClusters", foreign)

    nothing(rds, rds.event("CreateDBCluster", {"dBClusterArn": arn}))


def test_a_call_of_another_service_is_not_followed(rds: Rds) -> None:
    arn = rds.instance()

    nothing(rds, rds.made(arn, service="docdb"))


def test_a_call_that_aws_refused_is_told_and_leads_nowhere(rds: Rds) -> None:
    run = rds.handle(rds.made(rds.instance(), error="AccessDenied"))

    assert run.changes == []
    assert run.findings == ["denied-call"]


def test_a_database_that_is_gone_by_now_is_nobodys_matter(rds: Rds) -> None:
    arn = rds.instance()
    rds.api.delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)

    nothing(rds, rds.made(arn))


def test_automated_snapshots_are_not_looked_at(rds: Rds) -> None:
    rds.instance(StorageEncrypted=True)

    run = rds.sweep()

    assert {made.parameters.get("SnapshotType") for made in run.called("rds:DescribeDBSnapshots")} == {
        "manual"
    }


@pytest.mark.parametrize(
    "call",
    ["DescribeDBInstances", "DescribeDBClusters", "DescribeDBSnapshots", "DescribeDBClusterSnapshots"],
)
def test_a_listing_that_fails_is_raised_and_keeps_the_other_kind_from_nothing(rds: Rds, call: str) -> None:
    rds.instance()
    rds.cluster()
    rds.world.endpoint.fail(f"rds:{call}", "InternalFailure")

    run = rds.sweep()

    assert run.error is not None
    assert call in str(run.error)
    other = ["CreateDBSnapshot"] if "Cluster" in call else ["CreateDBClusterSnapshot"]
    assert [made.operation for made in run.changes] == other


@pytest.mark.parametrize("missing", ["StorageEncrypted", "DBInstanceArn", "DBInstanceIdentifier"])
def test_an_answer_without_what_it_promises_is_no_verdict(rds: Rds, missing: str) -> None:
    rds.instance()

    def hollow(_: object, answer: dict[str, list[dict[str, str]]]) -> None:
        for instance in answer["DBInstances"]:
            instance.pop(missing)

    rds.world.endpoint.edit("rds:DescribeDBInstances", hollow)
    rds.states.clear()

    run = rds.sweep()

    assert run.error is not None
    assert run.changes == []
