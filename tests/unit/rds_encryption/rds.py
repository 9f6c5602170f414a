"""An account with databases, and Rearm deployed to look after their encryption."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.events.envelopes import REGION, api_event, envelope, scheduled
from tests.events.identities import ACCOUNT
from tests.unit.endpoint import Made
from tests.unit.world import Run, World, ago, client, stamp
from tests.unit.world import world as new_world

AUTOMATION = "rds_encryption"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
MASTER = {"MasterUsername": "administrator", "MasterUserPassword": "not-a-secret-1"}


@dataclass
class Rds:
    """The databases, as an independent client reads and makes them, and the alarms about them.

    `states` are those in which RDS shows what moto has made at once, by the end of its ARN.
    """

    world: World
    states: dict[str, str] = field(default_factory=dict)

    def install(self) -> None:
        """Show the states that moto does not go through."""
        self.world.endpoint.edit("rds:DescribeDBInstances", self._show("DBInstances", "DBInstanceStatus"))
        self.world.endpoint.edit("rds:DescribeDBClusters", self._show("DBClusters", "Status"))
        self.world.endpoint.edit("rds:DescribeDBSnapshots", self._show("DBSnapshots", "Status"))
        self.world.endpoint.edit("rds:DescribeDBClusterSnapshots", self._show("DBClusterSnapshots", "Status"))

    def instance(self, name: str = "orders", **wanted: Any) -> str:
        """Make a DB instance, without encryption unless told otherwise, and return its ARN."""
        made = {"DBInstanceClass": "db.t3.micro", "Engine": "postgres", "AllocatedStorage": 20, **MASTER}
        answer = self.api.create_db_instance(DBInstanceIdentifier=name, **{**made, **wanted})
        return str(answer["DBInstance"]["DBInstanceArn"])

    def cluster(self, name: str = "ledger", **wanted: Any) -> str:
        """Make a DB cluster, without encryption unless told otherwise, and return its ARN."""
        made = {"Engine": "aurora-postgresql", **MASTER, **wanted}
        answer = self.api.create_db_cluster(DBClusterIdentifier=name, **made)
        return str(answer["DBCluster"]["DBClusterArn"])

    def snapshot(self, of: str = "orders", name: str = "before-upgrade") -> str:
        """Take a snapshot of a DB instance as somebody does, and return its ARN."""
        answer = self.api.create_db_snapshot(DBInstanceIdentifier=of, DBSnapshotIdentifier=name)
        return str(answer["DBSnapshot"]["DBSnapshotArn"])

    def cluster_snapshot(self, of: str = "ledger", name: str = "before-upgrade") -> str:
        """Take a snapshot of a DB cluster as somebody does, and return its ARN."""
        answer = self.api.create_db_cluster_snapshot(DBClusterIdentifier=of, DBClusterSnapshotIdentifier=name)
        return str(answer["DBClusterSnapshot"]["DBClusterSnapshotArn"])

    def share(self, name: str, *accounts: str) -> None:
        """Let accounts, or ``all``, restore a DB snapshot."""
        self.api.modify_db_snapshot_attribute(
            DBSnapshotIdentifier=name, AttributeName="restore", ValuesToAdd=list(accounts)
        )

    def snapshots(self) -> dict[str, bool]:
        """Return every DB snapshot that was taken by hand, with whether it is encrypted."""
        found = self.api.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
        return {one["DBSnapshotIdentifier"]: one["Encrypted"] for one in found}

    def cluster_snapshots(self) -> list[str]:
        """Return the names of every DB cluster snapshot that was taken by hand."""
        found = self.api.describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"]
        return [one["DBClusterSnapshotIdentifier"] for one in found]

    def event(self, name: str, response: Mapping[str, Any] | None, **changes: Any) -> Any:
        """Return the API event of a call, 42 seconds ago."""
        return api_event(
            name,
            **{"service": "rds", "response": response, "time": stamp(ago(42)), "parameters": {}, **changes},
        )

    def made(self, arn: str, **changes: Any) -> Any:
        """Return the API event of the call that has made a DB instance."""
        return self.event("CreateDBInstance", {"dBInstanceArn": arn}, **changes)

    def notice(self, arn: str, kind: str = "RDS DB Snapshot Event", code: str = "RDS-EVENT-0042") -> Any:
        """Return RDS's own event about something that is ready.

        https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-cloud-watch-events.sample.html
        """
        detail = {
            "EventCategories": ["creation"],
            "SourceType": "SNAPSHOT",
            "SourceArn": arn,
            "Date": stamp(ago(1)),
            "Message": "Manual snapshot created",
            "SourceIdentifier": arn.rpartition(":")[2],
            "EventID": code,
        }
        return envelope("aws.rds", kind, detail, resources=[arn])

    def handle(self, event: object) -> Run:
        """Give Rearm an event."""
        return self.world.handle(event)

    def sweep(self) -> Run:
        """Let Rearm look at everything."""
        return self.world.handle(scheduled(f"rearm-{AUTOMATION}-sweep"))

    @property
    def api(self) -> Any:
        """An independent client."""
        return client("rds")

    def _show(self, items: str, status: str) -> Any:
        def show(_: Made, answer: dict[str, Any]) -> None:
            for item in answer[items]:
                arn = next(str(value) for key, value in item.items() if key.endswith("Arn"))
                item[status] = self.states.get(arn.rpartition(":")[2], item.get(status))

        return show


@contextmanager
def opened(**choices: Any) -> Iterator[Rds]:
    """Make a new account with Rearm freshly deployed in it, for the time of a `with`."""
    with new_world(automation=AUTOMATION, **choices) as world:
        made = Rds(world)
        made.install()
        yield made
