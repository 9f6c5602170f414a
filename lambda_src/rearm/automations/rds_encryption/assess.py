"""Which databases and snapshots of the region are not encrypted, and how far their copies are. Only reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rearm.alarm import Alarm, Door
from rearm.automations import Look
from rearm.automations.rds_encryption import findings as found
from rearm.automations.rds_encryption.databases import (
    CLUSTER,
    ENCRYPTED,
    INSTANCE,
    KINDS,
    Database,
    Kind,
    Seen,
    Snapshot,
    is_public,
    read,
)
from rearm.aws import AwsError
from rearm.model import Assessment, Failure, Finding, Healthy, Resource, Unreadable
from rearm.sweeps import in_turn

SOURCE = "rds.amazonaws.com"
# States in which RDS is still at work on a snapshot.
# Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBSnapshot.html
AT_WORK = frozenset({"copying", "creating", "pending"})

# Of arn:PARTITION:rds:REGION:ACCOUNT:KIND:NAME.
ARN_PARTS = 7

Item = Database | Snapshot


def assess(alarm: Alarm, look: Look) -> Assessment:
    """Look at the databases and snapshots that the alarm names, or at all of the region.

    A database without encryption has one finding, which says what the next step is: a snapshot, its encrypted
    copy, then the restore, which is for people. The snapshots that the steps make are no findings themselves.

    Returns
    -------
    Assessment
        Each is healthy or has findings; where a listing fails, the account is unreadable, and what the other
        one shows is judged.
    """
    if alarm.call is not None and alarm.call.source != SOURCE:
        return Assessment(quiet=True)
    seen, unread = _read(_kinds(alarm.resources), look)
    items: list[Item] = [*seen.databases, *seen.snapshots]
    named = _named(alarm.resources)
    if named:
        items = [item for item in items if named & _names(item)]
    judged = in_turn(alarm, look, items, _arn, lambda item: _judged(item, seen, alarm, look))
    return Assessment(
        findings=judged.findings,
        healthy=judged.healthy,
        unreadable=(*judged.unreadable, *unread),
        quiet=alarm.call is not None,
        left_off=judged.left_off,
    )


def _read(kinds: Iterable[Kind], look: Look) -> tuple[Seen, list[Unreadable]]:
    databases: list[Database] = []
    snapshots: list[Snapshot] = []
    unread: list[Unreadable] = []
    for kind in kinds:
        try:
            seen = read(kind, look)
        except AwsError as error:
            unread.append(_unread(kind, error.failure, look))
            continue
        databases += seen.databases
        snapshots += seen.snapshots
    return Seen(tuple(databases), tuple(snapshots)), unread


def _kinds(resources: Iterable[str]) -> list[Kind]:
    """Return the kinds that are named: each by an ARN, or all."""
    named = {_kind(name) for name in resources}
    return [kind for kind in KINDS if not named or None in named or kind in named]


def _kind(name: str) -> Kind | None:
    parts = name.split(":")
    if len(parts) < ARN_PARTS:
        return None
    return CLUSTER if parts[5].startswith("cluster") else INSTANCE


def _unread(kind: Kind, failure: Failure, look: Look) -> Unreadable:
    arn = f"arn:{look.partition}:iam::{look.account}:root"
    account = Resource(arn, look.account, "AWS::::Account", look.account, look.region)
    return Unreadable(account, failure, advice=(f"Until it is mended no {kind.word} is looked at.",))


def _judged(item: Item, seen: Seen, alarm: Alarm, look: Look) -> Assessment:
    try:
        wrong = list(_wrong(item, seen, look))
    except AwsError as error:
        return Assessment(unreadable=(Unreadable(item.resource, error.failure),))
    # What is only recommended is told by sweeps, not with every event about it.
    if alarm.door is not Door.SWEEP:
        wrong = [finding for finding in wrong if finding.severity]
    if wrong:
        return Assessment(findings=tuple(wrong))
    return Assessment(healthy=(Healthy(item.resource),))


def _wrong(item: Item, seen: Seen, look: Look) -> Iterator[Finding]:
    if item.encrypted:
        return
    key = str(look.settings["key"])
    if isinstance(item, Database):
        yield _next_step(item, seen, key)
        return
    if is_public(item, look):
        yield found.public(item)
    if seen.is_step(item):
        return
    if item.kind is CLUSTER:
        yield found.cluster_snapshot(item, key)
        return
    copy = seen.snapshot(INSTANCE, item.copy_name)
    if copy is None:
        yield found.snapshot_without_copy(item, key)
    elif copy.encrypted:
        yield found.snapshot_to_be_removed(item, copy)


def _next_step(database: Database, seen: Seen, key: str) -> Finding:
    snapshot = seen.snapshot(database.kind, database.own_snapshot)
    if snapshot is None:
        return found.without_snapshot(database)
    if snapshot.status != "available":
        return _not_available(database, snapshot, "the snapshot of it")
    if database.kind is CLUSTER:
        return found.to_be_restored(database, snapshot, key)
    copy = seen.snapshot(INSTANCE, snapshot.copy_name)
    if copy is None:
        return found.without_copy(database, snapshot, key)
    if copy.status != "available":
        return _not_available(database, copy, "the encrypted copy")
    return found.to_be_restored(database, copy, key)


def _not_available(database: Database, snapshot: Snapshot, what: str) -> Finding:
    if snapshot.status in AT_WORK:
        return found.in_progress(database, what)
    return found.failed_step(database, snapshot)


def _named(resources: Iterable[str]) -> set[str]:
    """Return what an alarm names; of the ARN of a snapshot also the name, which leads to its database."""
    return {*resources, *(one.rpartition(":")[2] for one in resources if "snapshot:" in one)}


def _names(item: Item) -> set[str]:
    """Return everything that an event or Config may name when an item is to be looked at.

    Of a database also the snapshots that the steps make: when they are ready, the next step is due.
    """
    names = {item.resource.arn, item.resource.name}
    if isinstance(item, Database):
        return names | {item.resource_id, item.own_snapshot, f"{item.own_snapshot}{ENCRYPTED}"}
    return names


def _arn(item: Item) -> str:
    return item.resource.arn
