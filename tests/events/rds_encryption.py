"""Which events must reach the automation for databases, and which come near and must not."""

from __future__ import annotations

from typing import Any

from tests.events.envelopes import REGION, api_event, envelope, scheduled
from tests.events.identities import ACCOUNT

Event = dict[str, Any]

CALLS = (
    "CopyDBClusterSnapshot",
    "CopyDBSnapshot",
    "CreateDBCluster",
    "CreateDBClusterSnapshot",
    "CreateDBInstance",
    "CreateDBSnapshot",
    "ModifyDBClusterSnapshotAttribute",
    "ModifyDBSnapshotAttribute",
    "RestoreDBClusterFromS3",
    "RestoreDBClusterFromSnapshot",
    "RestoreDBClusterToPointInTime",
    "RestoreDBInstanceFromDBSnapshot",
    "RestoreDBInstanceFromS3",
    "RestoreDBInstanceToPointInTime",
)
ARN = f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:rearm-orders-0a1b2c3d"


def notice(kind: str, category: str, code: str, source: str = "aws.rds") -> Event:
    """Build one of RDS's own events.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-cloud-watch-events.sample.html
    """
    detail = {
        "EventCategories": [category],
        "SourceType": kind.upper().replace(" ", "_"),
        "SourceArn": ARN,
        "Date": "2026-11-24T09:30:00.000Z",
        "Message": "It is there",
        "SourceIdentifier": ARN.rpartition(":")[2],
        "EventID": code,
    }
    return envelope(source, f"RDS {kind} Event", detail, resources=[ARN])


def must_reach() -> dict[str, Event]:
    """Give the events that must reach it."""
    return {
        **{name: api_event(name, service="rds") for name in CALLS},
        "snapshot made": notice("DB Snapshot", "creation", "RDS-EVENT-0042"),
        "snapshot copied": notice("DB Snapshot", "notification", "RDS-EVENT-0197"),
        "cluster snapshot made": notice("DB Cluster Snapshot", "backup", "RDS-EVENT-0075"),
        "instance made": notice("DB Instance", "creation", "RDS-EVENT-0005"),
        "cluster made": notice("DB Cluster", "creation", "RDS-EVENT-0170"),
        "sweep": scheduled("rearm-rds_encryption-sweep"),
    }


def must_not_reach() -> dict[str, Event]:
    """Give events that resemble them and must not reach it."""
    made = api_event("CreateDBInstance", service="rds")
    return {
        **{
            name: api_event(name, service="rds")
            for name in ("DeleteDBInstance", "DescribeDBInstances", "ModifyDBInstance", "StartDBInstance")
        },
        "another service's call": api_event("CreateDBInstance", service="neptune"),
        "forged source": made | {"source": "custom.rds"},
        "service event": made | {"detail-type": "AWS Service Event via CloudTrail"},
        "failover": notice("DB Instance", "failover", "RDS-EVENT-0013"),
        "forged notice": notice("DB Snapshot", "creation", "RDS-EVENT-0042", source="custom.rds"),
        "parameter group": notice("DB Parameter Group", "configuration change", "RDS-EVENT-0037"),
    }
