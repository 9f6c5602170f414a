"""The matrix: every call with which somebody blinds CloudTrail, and what must be proven of each.

A test says of which row it is a proof: `@pytest.mark.matrix("trail.delete", door="event")`. It passes only
if the change was detected through that door, repaired, verified and told. `tests/conftest.py` writes the mark
into the layer's report, from which `python -m tools.matrix` makes docs/matrix.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

DOORS = ("event", "sweep")
PROPERTY = "matrix"


@dataclass(frozen=True)
class Row:
    """One way to blind CloudTrail.

    Attributes
    ----------
    id : str
        What tests name it by; the part before the dot is what it is done to.
    call : str
        The attacker's call, and what it does.
    repair : str
        What puts it right.
    """

    id: str
    call: str
    repair: str

    @property
    def on(self) -> str:
        """What the call is made on: trail, bucket, key or lake."""
        return self.id.partition(".")[0]


ROWS = (
    Row("trail.stop-logging", "StopLogging", "StartLogging"),
    Row(
        "trail.delete",
        "DeleteTrail",
        "The same trail again: attributes, selectors, insights, tags, logging",
    ),
    Row("trail.bucket", "UpdateTrail: another bucket", "UpdateTrail with the baseline's bucket"),
    Row("trail.prefix", "UpdateTrail: another prefix", "UpdateTrail with the baseline's prefix"),
    Row("trail.multi-region", "UpdateTrail: one region only", "UpdateTrail: all regions"),
    Row(
        "trail.global-events",
        "UpdateTrail: global service events off",
        "UpdateTrail: global service events on",
    ),
    Row("trail.validation", "UpdateTrail: log file validation off", "UpdateTrail: validation on"),
    Row("trail.key", "UpdateTrail: another key, or none", "UpdateTrail with the baseline's key"),
    Row(
        "trail.log-group",
        "UpdateTrail: CloudWatch Logs taken away",
        "UpdateTrail with the baseline's log group and role",
    ),
    Row("trail.topic", "UpdateTrail: SNS topic taken away", "UpdateTrail with the baseline's topic"),
    Row(
        "trail.management-events-off",
        "PutEventSelectors: management events off",
        "The baseline's selectors",
    ),
    Row(
        "trail.read-or-write-only",
        "PutEventSelectors: read-only or write-only",
        "The baseline's selectors",
    ),
    Row("trail.sources-excluded", "PutEventSelectors: sources excluded", "The baseline's selectors"),
    Row(
        "trail.advanced-narrowed",
        "PutEventSelectors: advanced selectors narrowed",
        "The baseline's selectors",
    ),
    Row("trail.data-events-dropped", "PutEventSelectors: data events dropped", "The baseline's selectors"),
    Row("trail.insights-off", "PutInsightSelectors: emptied", "The baseline's insight selectors"),
    Row(
        "bucket.policy",
        "PutBucketPolicy: CloudTrail can no longer write",
        "The baseline's policy",
    ),
    Row("bucket.policy-deleted", "DeleteBucketPolicy", "The baseline's policy"),
    Row(
        "bucket.foreign-access",
        "PutBucketPolicy: a foreign account may read or delete",
        "The baseline's policy",
    ),
    Row(
        "bucket.lifecycle",
        "PutBucketLifecycle: logs expire before the allowed minimum",
        "The offending rules removed, the others kept",
    ),
    Row("bucket.versioning", "PutBucketVersioning: suspended", "Versioning enabled"),
    Row(
        "bucket.public-access",
        "DeleteBucketPublicAccessBlock, or opened",
        "The baseline's public access block",
    ),
    Row("bucket.encryption", "PutBucketEncryption: a foreign key", "The baseline's encryption"),
    Row(
        "bucket.ownership",
        "PutBucketOwnershipControls: ACLs allowed again",
        "The baseline's ownership controls",
    ),
    Row("bucket.acl", "PutBucketAcl: opened to others", "The baseline's grants"),
    Row(
        "bucket.deleted",
        "DeleteBucket",
        "Made again in its region with its settings, if the name is still free",
    ),
    Row("key.disabled", "DisableKey", "EnableKey"),
    Row("key.deletion-scheduled", "ScheduleKeyDeletion", "CancelKeyDeletion, then EnableKey"),
    Row("key.policy", "PutKeyPolicy: CloudTrail locked out", "The baseline's policy"),
    Row("lake.stopped", "StopEventDataStoreIngestion", "StartEventDataStoreIngestion"),
    Row("lake.deleted", "DeleteEventDataStore", "RestoreEventDataStore"),
    Row(
        "lake.termination-protection",
        "UpdateEventDataStore: termination protection off",
        "Termination protection on",
    ),
)


@dataclass(frozen=True)
class Column:
    """One place of proof.

    Attributes
    ----------
    title : str
        As the table names it.
    folders : tuple of str
        The layers of `tools.layers` whose marked tests count.
    doors : tuple of str
        The doors for which a proof is wanted.
    """

    title: str
    folders: tuple[str, ...]
    doors: tuple[str, ...]


COLUMNS = (
    Column("Unit", ("unit",), DOORS),
    Column("Pattern", ("patterns",), ("event",)),
    Column("Permission", ("plan",), DOORS),
    Column("End to end", ("e2e",), DOORS),
)


@dataclass(frozen=True)
class Reason:
    """Why a proof is missing.

    Attributes
    ----------
    row : str
        The row's id.
    column : str
        The column's title.
    door : str
        The door.
    text : str
        One sentence.
    """

    row: str
    column: str
    door: str
    text: str


REASONS: tuple[Reason, ...] = ()


def proofs(markers: Iterable[pytest.Mark]) -> list[str]:
    """Read the marks of a test.

    Parameters
    ----------
    markers : iterable of pytest.Mark
        All of the name `matrix`.

    Returns
    -------
    list of str
        `row door` of each.

    Raises
    ------
    ValueError
        When a mark names a row or a door that there is not.
    """
    known = {row.id for row in ROWS}
    found = []
    for mark in markers:
        row, door = _read(*mark.args, **mark.kwargs)
        if row not in known:
            raise ValueError(f"the matrix has no row {row!r}; tests/support/matrix.py lists them")
        if door not in DOORS:
            raise ValueError(f"{row}: there is no door {door!r}, only {' and '.join(DOORS)}")
        found.append(f"{row} {door}")
    return found


def _read(row: str = "", door: str = "") -> tuple[str, str]:
    return row, door
