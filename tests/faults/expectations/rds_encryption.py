"""What faults of the calls about databases and snapshots may cost."""

from __future__ import annotations

from collections.abc import Mapping

from tests.faults.expected import RESOURCES, Known
from tests.scenarios.verdicts import MESSAGE, RULES

LOST: Mapping[str, frozenset[str]] = {
    # Of the kind that cannot be listed nothing is looked at; the other one is.
    **{
        f"rds:Describe{what}": frozenset({MESSAGE, RULES, RESOURCES})
        for what in (
            "DBInstances",
            "DBClusters",
            "DBSnapshots",
            "DBClusterSnapshots",
            "DBSnapshotAttributes",
            "DBClusterSnapshotAttributes",
        )
    },
    **{
        f"rds:{step}": frozenset({MESSAGE, RULES, RESOURCES})
        for step in ("CreateDBSnapshot", "CreateDBClusterSnapshot", "CopyDBSnapshot")
    },
}

KNOWN = (
    Known(
        "cloudtrail:LookupEvents",
        ".*",
        "Who did it is worth less than the step; no exception for an actor applies.",
        lost=frozenset({MESSAGE}),
        said="could not be asked (cloudtrail:LookupEvents",
        asked="EventName.(CreateDBCluster |CopyDBSnapshot)",
    ),
    Known(
        "cloudtrail:LookupEvents",
        ".*",
        "A call that was found is the actor's, whatever the history says of other calls.",
        lost=frozenset({MESSAGE}),
    ),
    *(
        Known(
            f"rds:{step}",
            "read timeout|truncated answer|missing members|hollow lists",
            "RDS has taken the step; nothing of its answer is needed. Looking again shows it.",
        )
        for step in ("CreateDBSnapshot", "CreateDBClusterSnapshot", "CopyDBSnapshot")
    ),
)
