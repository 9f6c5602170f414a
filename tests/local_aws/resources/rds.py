"""Which resources IAM checks for a call to RDS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tests.local_aws.resources.call import Call

# The parameters that name what a call is about, by the kind of resource: source and target both count.
_NAMED: Mapping[str, Mapping[str, Sequence[str]]] = {
    "CopyDBClusterSnapshot": {
        "cluster-snapshot": ("SourceDBClusterSnapshotIdentifier", "TargetDBClusterSnapshotIdentifier")
    },
    "CopyDBSnapshot": {"snapshot": ("SourceDBSnapshotIdentifier", "TargetDBSnapshotIdentifier")},
    "CreateDBCluster": {"cluster": ("DBClusterIdentifier",)},
    "CreateDBClusterSnapshot": {
        "cluster": ("DBClusterIdentifier",),
        "cluster-snapshot": ("DBClusterSnapshotIdentifier",),
    },
    "CreateDBInstance": {"db": ("DBInstanceIdentifier",)},
    "CreateDBSnapshot": {"db": ("DBInstanceIdentifier",), "snapshot": ("DBSnapshotIdentifier",)},
    "DeleteDBSnapshot": {"snapshot": ("DBSnapshotIdentifier",)},
    "DescribeDBClusterSnapshotAttributes": {"cluster-snapshot": ("DBClusterSnapshotIdentifier",)},
    "DescribeDBClusterSnapshots": {"cluster-snapshot": ("DBClusterSnapshotIdentifier",)},
    "DescribeDBClusters": {"cluster": ("DBClusterIdentifier",)},
    "DescribeDBInstances": {"db": ("DBInstanceIdentifier",)},
    "DescribeDBSnapshotAttributes": {"snapshot": ("DBSnapshotIdentifier",)},
    "DescribeDBSnapshots": {"snapshot": ("DBSnapshotIdentifier",)},
    "ModifyDBSnapshotAttribute": {"snapshot": ("DBSnapshotIdentifier",)},
}


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about; a listing without a name is about all of its kind."""
    for kind, parameters in _NAMED.get(call.operation, {}).items():
        names = [name for parameter in parameters for name in call.texts(parameter)]
        if not names and call.operation.startswith("Describe"):
            names = ["*"]
        yield from (call.named(f"{kind}:", name) for name in names)
