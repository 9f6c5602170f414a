"""Databases and snapshots as RDS describes them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rearm.automations import Look
from rearm.aws import items_of, malformed
from rearm.model import Resource

SERVICE = "rds"
# RDS's own engines. Neptune's and DocumentDB's clusters are shown by the same call, and are others' to keep.
ENGINES = ("aurora", "custom", "db2", "mariadb", "mysql", "oracle", "postgres", "sqlserver")
# What RDS says of a database that a snapshot can be taken of.
# Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html
READY = frozenset({"available", "storage-optimization"})
ID_LIMIT = 63
# What starts the names of the snapshots that Rearm takes: its role can make no others.
OWN = "rearm-"
ENCRYPTED = "-encrypted"


@dataclass(frozen=True, eq=False, repr=False)
class Kind:
    """Instance or cluster: what RDS calls it, its snapshots, and the calls about them."""

    word: str
    type: str
    name: str
    arn: str
    resource_id: str
    snapshot_word: str
    snapshot_type: str
    snapshot_name: str
    snapshot_arn: str
    describe: str
    items: str
    describe_snapshots: str
    snapshot_items: str
    attributes: str
    attributes_item: str
    attribute_items: str
    create_snapshot: str


INSTANCE = Kind(
    word="DB instance",
    type="AWS::RDS::DBInstance",
    name="DBInstanceIdentifier",
    arn="DBInstanceArn",
    resource_id="DbiResourceId",
    snapshot_word="DB snapshot",
    snapshot_type="AWS::RDS::DBSnapshot",
    snapshot_name="DBSnapshotIdentifier",
    snapshot_arn="DBSnapshotArn",
    describe="DescribeDBInstances",
    items="DBInstances",
    describe_snapshots="DescribeDBSnapshots",
    snapshot_items="DBSnapshots",
    attributes="DescribeDBSnapshotAttributes",
    attributes_item="DBSnapshotAttributesResult",
    attribute_items="DBSnapshotAttributes",
    create_snapshot="CreateDBSnapshot",
)
CLUSTER = Kind(
    word="DB cluster",
    type="AWS::RDS::DBCluster",
    name="DBClusterIdentifier",
    arn="DBClusterArn",
    resource_id="DbClusterResourceId",
    snapshot_word="DB cluster snapshot",
    snapshot_type="AWS::RDS::DBClusterSnapshot",
    snapshot_name="DBClusterSnapshotIdentifier",
    snapshot_arn="DBClusterSnapshotArn",
    describe="DescribeDBClusters",
    items="DBClusters",
    describe_snapshots="DescribeDBClusterSnapshots",
    snapshot_items="DBClusterSnapshots",
    attributes="DescribeDBClusterSnapshotAttributes",
    attributes_item="DBClusterSnapshotAttributesResult",
    attribute_items="DBClusterSnapshotAttributes",
    create_snapshot="CreateDBClusterSnapshot",
)
KINDS = (INSTANCE, CLUSTER)


@dataclass(frozen=True, eq=False, repr=False)
class Database:
    """A DB instance, or a DB cluster; the instances of a cluster are not looked at by themselves.

    `resource_id` stays when the database is renamed, and names it to Config.
    """

    kind: Kind
    resource: Resource
    engine: str
    status: str
    encrypted: bool
    resource_id: str

    @property
    def own_snapshot(self) -> str:
        """The name of the snapshot that Rearm takes of it: another one of the same name has another."""
        digest = hashlib.sha256(self.resource_id.encode()).hexdigest()[:8]
        return f"{OWN}{self.resource.name[:ID_LIMIT]}-{digest}"


@dataclass(frozen=True, eq=False, repr=False)
class Snapshot:
    """A snapshot that somebody has taken by hand; `of` is the name of its database."""

    kind: Kind
    resource: Resource
    of: str
    status: str
    encrypted: bool
    created: str

    @property
    def copy_name(self) -> str:
        """The name of the encrypted copy that Rearm makes of it."""
        name = self.resource.name
        digest = hashlib.sha256(self.resource.arn.encode()).hexdigest()[:8]
        return (
            f"{name}{ENCRYPTED}"
            if name.startswith(OWN)
            else f"{OWN}{name[:200].strip('-')}-{digest}{ENCRYPTED}"
        )


@dataclass(frozen=True, eq=False, repr=False)
class Seen:
    """Everything of one look: databases and snapshots, each known by name, ARN and resource id."""

    databases: tuple[Database, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()

    def is_step(self, snapshot: Snapshot) -> bool:
        """Whether a snapshot is the one that Rearm has taken of a database that is there."""
        name = snapshot.resource.name
        return any(one.kind is snapshot.kind and one.own_snapshot == name for one in self.databases)

    def snapshot(self, kind: Kind, name: str) -> Snapshot | None:
        """Return the snapshot of a name."""
        for snapshot in self.snapshots:
            if snapshot.kind is kind and snapshot.resource.name == name:
                return snapshot
        return None


def read(kind: Kind, look: Look) -> Seen:
    """Read all databases of a kind, and all snapshots of them that were taken by hand.

    Raises
    ------
    AwsError
        RDS does not answer, or not as its documentation promises.
    """
    databases = [
        _database(kind, item, look)
        for item in _listed(kind.describe, kind.items, {}, look)
        if str(item.get("Engine", "")).startswith(ENGINES) and not (kind is INSTANCE and _is_member(item))
    ]
    by_hand = {"SnapshotType": "manual"}
    snapshots = [
        _snapshot(kind, item, look)
        for item in _listed(kind.describe_snapshots, kind.snapshot_items, by_hand, look)
        if str(item.get("Engine", "")).startswith(ENGINES)
    ]
    return Seen(tuple(databases), tuple(snapshots))


def is_public(snapshot: Snapshot, look: Look) -> bool:
    """Whether every AWS account may restore a snapshot.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html

    Raises
    ------
    AwsError
        RDS does not answer, or not as its documentation promises.
    """
    kind = snapshot.kind
    answer = look.aws.call(
        SERVICE, look.region, kind.attributes, {kind.snapshot_name: snapshot.resource.name}
    )
    result = answer.get(kind.attributes_item)
    if not isinstance(result, Mapping):
        raise malformed(SERVICE, kind.attributes, f"{kind.attributes_item} is missing")
    return any(
        attribute.get("AttributeName") == "restore" and "all" in (attribute.get("AttributeValues") or ())
        for attribute in items_of(result, SERVICE, kind.attributes, kind.attribute_items)
    )


def _listed(
    operation: str, items: str, wanted: Mapping[str, object], look: Look
) -> Iterator[Mapping[str, Any]]:
    pages = look.aws.pages(SERVICE, look.region, operation, wanted, token=("Marker", "Marker"))
    for page in pages:
        yield from items_of(page, SERVICE, operation, items)


def _database(kind: Kind, item: Mapping[str, Any], look: Look) -> Database:
    encrypted = item.get("StorageEncrypted")
    status = item.get("DBInstanceStatus") if kind is INSTANCE else item.get("Status")
    if not isinstance(encrypted, bool):
        raise malformed(SERVICE, kind.describe, "StorageEncrypted is missing")
    return Database(
        kind=kind,
        resource=_resource(item, kind.name, kind.arn, kind.type, kind.describe, look),
        engine=str(item.get("Engine", "")),
        status=str(status or "unknown"),
        encrypted=encrypted,
        resource_id=str(item.get(kind.resource_id) or ""),
    )


def _snapshot(kind: Kind, item: Mapping[str, Any], look: Look) -> Snapshot:
    operation = kind.describe_snapshots
    encrypted = item.get("Encrypted" if kind is INSTANCE else "StorageEncrypted")
    if not isinstance(encrypted, bool):
        raise malformed(SERVICE, operation, "whether a snapshot is encrypted is missing")
    return Snapshot(
        kind=kind,
        resource=_resource(item, kind.snapshot_name, kind.snapshot_arn, kind.snapshot_type, operation, look),
        of=str(item.get(kind.name) or ""),
        status=str(item.get("Status") or "unknown"),
        encrypted=encrypted,
        created=str(item.get("SnapshotCreateTime") or ""),
    )


def _resource(
    item: Mapping[str, Any], name: str, arn: str, kind: str, operation: str, look: Look
) -> Resource:
    named, known = item.get(name), item.get(arn)
    if not isinstance(named, str) or not isinstance(known, str):
        raise malformed(SERVICE, operation, f"{name} or {arn} is missing")
    return Resource(
        arn=known,
        name=named,
        type=kind,
        account=look.account,
        region=look.region,
        tags=_tags(item.get("TagList")),
    )


def _tags(listed: object) -> Mapping[str, str]:
    tags: Sequence[object] = listed if isinstance(listed, list) else ()
    return {str(tag.get("Key")): str(tag.get("Value", "")) for tag in tags if isinstance(tag, Mapping)}


def _is_member(item: Mapping[str, Any]) -> bool:
    return bool(item.get("DBClusterIdentifier"))
