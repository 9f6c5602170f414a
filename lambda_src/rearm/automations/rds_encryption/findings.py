"""The findings of this automation: what each says, how bad it is, and the next step to an encrypted copy."""

from __future__ import annotations

import shlex

from rearm.automations.rds_encryption.databases import INSTANCE, READY, SERVICE, Database, Snapshot
from rearm.model import Action, Finding, Severity

SNAPSHOT_STEP = "database-snapshot-missing"
COPY_STEP = "database-encrypted-copy-missing"
STANDING = "database-not-encrypted"
SNAPSHOT_RULE = "snapshot-encrypted-copy-missing"
SNAPSHOT_STANDING = "snapshot-not-encrypted"
PUBLIC_RULE = "snapshot-public"

# Calls that lead to a database, or to a snapshot, without encryption.
DATABASE_CAUSES = {
    "AWS::RDS::DBInstance": (
        "CreateDBInstance",
        "RestoreDBInstanceFromDBSnapshot",
        "RestoreDBInstanceFromS3",
        "RestoreDBInstanceToPointInTime",
    ),
    "AWS::RDS::DBCluster": (
        "CreateDBCluster",
        "RestoreDBClusterFromS3",
        "RestoreDBClusterFromSnapshot",
        "RestoreDBClusterToPointInTime",
    ),
}
SNAPSHOT_CAUSES = {
    "AWS::RDS::DBSnapshot": ("CopyDBSnapshot", "CreateDBSnapshot"),
    "AWS::RDS::DBClusterSnapshot": ("CopyDBClusterSnapshot", "CreateDBClusterSnapshot"),
}
SHARING = {
    "AWS::RDS::DBSnapshot": "ModifyDBSnapshotAttribute",
    "AWS::RDS::DBClusterSnapshot": "ModifyDBClusterSnapshotAttribute",
}
# What AWS says where the step has been taken already, by an earlier try whose answer was lost.
ALREADY = frozenset({"DBSnapshotAlreadyExists", "DBClusterSnapshotAlreadyExistsFault"})


def without_snapshot(database: Database) -> Finding:
    """Return the finding for a database that has no snapshot of Rearm's yet; it waits until it is ready."""
    kind, ready = database.kind, database.status in READY
    take = Action(
        service=SERVICE,
        operation=kind.create_snapshot,
        parameters={kind.name: database.resource.name, kind.snapshot_name: database.own_snapshot},
        region=database.resource.region,
        reason="Encryption cannot be turned on in place: a snapshot is the first step to an encrypted copy.",
        already=ALREADY,
    )
    follows = (
        "The next steps follow by themselves when RDS has made the snapshot; nothing of the database is"
        " changed, and its encrypted copy is restored by you."
    )
    if ready:
        return _unencrypted(database, SNAPSHOT_STEP, ".", follows, actions=(take,))
    waits = f". Its state is {database.status}: the first step waits until it is available."
    return _unencrypted(database, STANDING, waits, follows)


def without_copy(database: Database, snapshot: Snapshot, key: str) -> Finding:
    """Return the finding for a DB instance whose snapshot has no encrypted copy yet."""
    return _unencrypted(database, COPY_STEP, ", nor is its snapshot.", actions=(_copy(snapshot, key),))


def in_progress(database: Database, what: str) -> Finding:
    """Return the finding for a database of which RDS is making a snapshot or a copy."""
    return _unencrypted(database, STANDING, f". RDS is making {what}.")


def failed_step(database: Database, snapshot: Snapshot) -> Finding:
    """Return the finding for a database whose snapshot, or the copy of it, RDS could not make."""
    name = snapshot.resource.name
    delete = "delete-db-snapshot --db-snapshot-identifier"
    if snapshot.kind is not INSTANCE:
        delete = "delete-db-cluster-snapshot --db-cluster-snapshot-identifier"
    return _unencrypted(
        database,
        STANDING,
        f", and {name} is {snapshot.status}.",
        "Look in RDS's events for the reason (a key that RDS may not use, say), mend it, and remove what"
        f" failed; the step is then taken again: aws rds {delete} {shlex.quote(name)}"
        f" --region {database.resource.region}",
    )


def to_be_restored(database: Database, snapshot: Snapshot, key: str) -> Finding:
    """Return the finding for a database of which there is everything that an encrypted one is made from."""
    name, region = database.resource.name, database.resource.region
    taken = f", taken {snapshot.created}" if snapshot.created else ""
    return _unencrypted(
        database,
        STANDING,
        f". An encrypted one can be restored from {snapshot.resource.name}{taken}.",
        "To go on with an encrypted one: stop what writes to it, and if it has been written to since the"
        f" snapshot was taken, remove {database.own_snapshot} and its copy, so that new ones are made."
        " Then restore, with the subnet group, security groups and parameter group of the old one:"
        f" {_restore(snapshot, name, database.engine, region, key)}",
        "Give the new one the old one's name when it works, and remove the old one and the snapshots"
        " yourself: Rearm deletes nothing.",
    )


def snapshot_without_copy(snapshot: Snapshot, key: str) -> Finding:
    """Return the finding for a DB snapshot that has no encrypted copy."""
    kind, name = snapshot.kind, snapshot.resource.name
    ready = snapshot.status == "available"
    waits = "" if ready else f" Its state is {snapshot.status}: it is copied when it is available."
    return Finding(
        rule=SNAPSHOT_RULE if ready else SNAPSHOT_STANDING,
        resource=snapshot.resource,
        problem=f"{kind.snapshot_word} {name} is not encrypted.{waits}",
        severity=Severity.MEDIUM,
        actions=(_copy(snapshot, key),) if ready else (),
        causes=SNAPSHOT_CAUSES[kind.snapshot_type],
        advice=("Remove the original yourself when the copy is there: Rearm deletes nothing.",),
    )


def snapshot_to_be_removed(snapshot: Snapshot, copy: Snapshot) -> Finding:
    """Return the recommendation to remove a snapshot of which there is an encrypted copy."""
    name = snapshot.resource.name
    return Finding(
        rule=SNAPSHOT_STANDING,
        resource=snapshot.resource,
        problem=f"{snapshot.kind.snapshot_word} {name} is not encrypted; its copy {copy.resource.name} is.",
        severity=Severity.INFORMATIONAL,
        causes=SNAPSHOT_CAUSES[snapshot.kind.snapshot_type],
        advice=(
            (
                "Remove it yourself if nobody needs it: aws rds delete-db-snapshot --db-snapshot-identifier"
                f" {shlex.quote(name)} --region {snapshot.resource.region}"
            ),
        ),
    )


def cluster_snapshot(snapshot: Snapshot, key: str) -> Finding:
    """Return the finding for a DB cluster snapshot, which RDS encrypts only when a cluster is made from it.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBClusterSnapshot.html
    """
    name, region = snapshot.resource.name, snapshot.resource.region
    return Finding(
        rule=SNAPSHOT_STANDING,
        resource=snapshot.resource,
        problem=f"{snapshot.kind.snapshot_word} {name} is not encrypted.",
        severity=Severity.MEDIUM,
        causes=SNAPSHOT_CAUSES[snapshot.kind.snapshot_type],
        advice=(
            (
                "RDS cannot encrypt it by a copy. Restore an encrypted cluster from it, take a snapshot of"
                " that, and remove this one:"
                f" {_restore(snapshot, snapshot.of or 'NAME', 'ENGINE', region, key)}"
            ),
        ),
    )


def public(snapshot: Snapshot) -> Finding:
    """Return the finding for a snapshot that everybody may restore; only without encryption can it be one."""
    kind, name = snapshot.kind, snapshot.resource.name
    modify = "modify-db-snapshot-attribute --db-snapshot-identifier"
    if kind is not INSTANCE:
        modify = "modify-db-cluster-snapshot-attribute --db-cluster-snapshot-identifier"
    return Finding(
        rule=PUBLIC_RULE,
        resource=snapshot.resource,
        problem=f"{kind.snapshot_word} {name} is public: every AWS account may restore it.",
        severity=Severity.CRITICAL,
        causes=(SHARING[kind.snapshot_type],),
        advice=(
            (
                f"Take it back now: aws rds {modify} {shlex.quote(name)} --attribute-name restore"
                f" --values-to-remove all --region {snapshot.resource.region}"
            ),
            "Treat the data in it as known to others.",
        ),
    )


def _unencrypted(
    database: Database, rule: str, more: str, *advice: str, actions: tuple[Action, ...] = ()
) -> Finding:
    """Return the finding for a database at one of its steps; `more` goes on behind "is not encrypted"."""
    return Finding(
        rule=rule,
        resource=database.resource,
        problem=f"{database.kind.word} {database.resource.name} is not encrypted{more}",
        severity=Severity.HIGH,
        actions=actions,
        causes=DATABASE_CAUSES[database.kind.type],
        advice=advice,
    )


def _copy(snapshot: Snapshot, key: str) -> Action:
    """Return the step that encrypts a DB snapshot.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBSnapshot.html
    """
    return Action(
        service=SERVICE,
        operation="CopyDBSnapshot",
        parameters={
            "SourceDBSnapshotIdentifier": snapshot.resource.name,
            "TargetDBSnapshotIdentifier": snapshot.copy_name,
            "KmsKeyId": key,
        },
        region=snapshot.resource.region,
        reason="The copy of a snapshot can be encrypted, and an encrypted database be restored from it.",
        already=ALREADY,
    )


def _restore(snapshot: Snapshot, name: str, engine: str, region: str, key: str) -> str:
    """Return the command that restores an encrypted database from a snapshot.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBClusterFromSnapshot.html
    """
    new = shlex.quote(f"{name}{'-encrypted'}")
    where = f"--region {region}"
    if snapshot.kind is INSTANCE:
        return (
            f"aws rds restore-db-instance-from-db-snapshot --db-instance-identifier {new}"
            f" --db-snapshot-identifier {shlex.quote(snapshot.resource.name)} {where}"
        )
    return (
        f"aws rds restore-db-cluster-from-snapshot --db-cluster-identifier {new}"
        f" --engine {shlex.quote(engine)} --snapshot-identifier {shlex.quote(snapshot.resource.name)}"
        f" --kms-key-id {shlex.quote(key)} {where}"
    )
