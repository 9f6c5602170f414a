"""Baselines: what each protected resource must look like. Every one is a version, and older ones are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rearm.aws import AwsError, malformed
from rearm.doors import timestamp
from rearm.model import Baseline, Failure, Finding, Learned, Resource
from rearm.table import Item, Table

# How long a change that is said to be an excepted actor's waits for the event history to confirm it.
CONFIRMED_WITHIN = timedelta(minutes=30)
# A change that was not confirmed is not waited for again within it, or repeating a forged event would delay
# the repair for ever.
REMEMBERED = timedelta(days=1)
# Digits of a version's number in its key: the order of texts is that of numbers.
DIGITS = 8


class Baselines:
    """The baselines of one automation. Methods raise AwsError where the table does not answer."""

    def __init__(self, table: Table, automation: str) -> None:
        self._table = table
        self._automation = automation
        self._known: dict[str, Baseline] | None = None
        self._failure: AwsError | None = None

    def all(self) -> Mapping[str, Baseline]:
        """Return the newest baseline of every resource, by its ARN; the table is asked once."""
        if self._failure:
            raise self._failure
        if self._known is None:
            try:
                items = self._table.query(f"{self._automation}#baseline")
                self._known = {item.key: _baseline(item) for item in items}
            except AwsError as error:
                self._failure = error
                raise
        return self._known

    def learn(self, learned: Learned, now: datetime) -> bool:
        """Record a state as the next version.

        Returns
        -------
        bool
            False if another version has been recorded meanwhile; that one is not overwritten.
        """
        version = (learned.based_on or 0) + 1
        arn = learned.resource.arn
        replaced = self.all().get(arn)
        if (replaced.version if replaced else None) != learned.based_on:
            return False
        # What is replaced goes to the older ones first, as it stands: whatever fails, no version is lost.
        if replaced:
            older = _content(replaced.state, replaced.recorded, replaced.origin)
            key = f"{replaced.version:0{DIGITS}}"
            self._table.put(f"{self._automation}#version#{arn}", key, older, count=replaced.version)
        written = self._table.put(
            f"{self._automation}#baseline",
            arn,
            _content(learned.state, now, learned.origin),
            new=replaced is None,
            replaces=learned.based_on,
            count=version,
        )
        if written and self._known is not None:
            self._known[arn] = Baseline(arn, dict(learned.state), version, now, learned.origin)
        return written

    def accept(self, finding: Finding, now: datetime) -> Learned | None:
        """Take what a finding is about into the baseline, and nothing else; None if it was taken already."""
        accepted = dict(finding.accepts or {})
        current = self.all().get(finding.resource.arn)
        state: dict[str, Any] = {**(current.state if current else {}), **accepted}
        if current and state == dict(current.state):
            return None
        learned = Learned(finding.resource, state, "accepted", current.version if current else None)
        return learned if self.learn(learned, now) else None

    def waiting(self, finding: Finding, now: datetime) -> bool:
        """Whether a change that was said to be an excepted actor's still waits to be confirmed."""
        item = self._table.get(f"{self._automation}#waiting", _change(finding))
        return item is not None and _waits(item, now)

    def wait(self, finding: Finding, now: datetime) -> bool:
        """Let a change wait to be confirmed, for a bounded time.

        Returns
        -------
        bool
            False if the time is over: it was waited for already.
        """
        group, key = f"{self._automation}#waiting", _change(finding)
        since, until = {"since": now.isoformat()}, now + REMEMBERED
        if self._table.put(group, key, since, until=until, new=True):
            return True
        item = self._table.get(group, key)
        if item is not None and not _is_remembered(item, now):
            # DynamoDB removes what has expired within days.
            return self._table.put(group, key, since, until=until, replaces=item.count, count=item.count + 1)
        return item is not None and _waits(item, now)


def uncompared(resource: Resource, error: AwsError) -> Failure:
    """Return the failure that says which resource could not be compared with its baseline, and why."""
    said = f"{resource.name} could not be compared with its baseline: {error.failure.message}"
    return Failure(error.code, said, error.failure.call)


def _content(state: Mapping[str, object], recorded: datetime, origin: str) -> dict[str, object]:
    return {"state": dict(state), "recorded": recorded.isoformat(), "origin": origin}


def _baseline(item: Item) -> Baseline:
    state, recorded = item.content.get("state"), timestamp(item.content.get("recorded"))
    if not isinstance(state, dict) or recorded is None:
        raise malformed("dynamodb", "Query", f"the baseline of {item.key} has no state")
    return Baseline(item.key, state, item.count, recorded, str(item.content.get("origin", "")))


def _change(finding: Finding) -> str:
    import hashlib
    import json

    told = json.dumps(finding.accepts, sort_keys=True, default=str)
    return f"{finding.key} {hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _is_remembered(item: Item, now: datetime) -> bool:
    since = timestamp(item.content.get("since"))
    return since is not None and now - since < REMEMBERED


def _waits(item: Item, now: datetime) -> bool:
    since = timestamp(item.content.get("since"))
    return since is not None and now - since < CONFIRMED_WITHIN
