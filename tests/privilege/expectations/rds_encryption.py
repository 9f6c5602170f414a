"""What the role of the automation for databases may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.scenarios.account import ORGANIZATION
from tests.support.planned import ACCOUNT

SERVICES: frozenset[str] = frozenset({"rds"})
# RDS has over a hundred writes. What harms data is denied, and the others are not judged one by one.
JUDGED: frozenset[str] = frozenset()
WRITES: Mapping[str, str] = {
    "rds:CopyDBSnapshot": "Makes the encrypted copy.",
    "rds:CreateDBClusterSnapshot": "The first step for a cluster.",
    "rds:CreateDBSnapshot": "The first step for an instance.",
}
NEVER = frozenset(
    {
        "rds:DeleteDBCluster",
        "rds:DeleteDBClusterSnapshot",
        "rds:DeleteDBInstance",
        "rds:DeleteDBSnapshot",
        "rds:ModifyDBInstance",
        "rds:ModifyDBSnapshotAttribute",
    }
)
HARMLESS: Mapping[str, str] = {}


def foreign(partition: str, region: str, other: str) -> Mapping[str, Sequence[str]]:
    """Return what is out of reach."""
    out = [
        f"arn:{partition}:rds:{region}:{ORGANIZATION}:snapshot:rearm-orders",
        f"arn:{other}:rds:{region}:{ACCOUNT}:snapshot:rearm-orders",
    ]
    return {
        "rds:CreateDBSnapshot": [*out, f"arn:{partition}:rds:{region}:{ACCOUNT}:snapshot:before-upgrade"],
        "rds:CreateDBClusterSnapshot": [
            f"arn:{partition}:rds:{region}:{ORGANIZATION}:cluster-snapshot:rearm-ledger",
            f"arn:{partition}:rds:{region}:{ACCOUNT}:cluster-snapshot:before-upgrade",
        ],
        "rds:CopyDBSnapshot": out,
        "rds:DescribeDBSnapshots": out,
    }
