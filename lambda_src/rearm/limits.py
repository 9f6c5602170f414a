"""Limits: how much may be taken away from people within an hour.

A safeguard is put right whatever happens; a containment waits for everything that could speak against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from rearm.aws import AwsError
from rearm.doors import timestamp
from rearm.excuses import Excuses
from rearm.model import Finding, Refusal
from rearm.settings import Settings
from rearm.table import Item, Table

WITHIN = timedelta(hours=1)
KEPT = timedelta(hours=3)
SETTING = "containments_per_hour"


class Limits:
    """Decides for the findings of one response of an automation that contains people.

    The table has as many slots as containments may happen within an hour; each takes one that is free or was
    taken longer ago, so that functions that run side by side cannot pass the limit together.
    """

    def __init__(
        self, settings: Settings, table: Table, excuses: Excuses, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._group = f"{settings.automation}#limit"
        self._table = table
        self._excuses = excuses
        self._now = now

    def refusal(self, finding: Finding) -> Refusal | None:
        """Take a slot for a finding that is to be acted upon; return why it may not be."""
        unreadable = (*self._settings.unreadable_exceptions, *self._excuses.unreadable)
        if unreadable:
            return Refusal(
                f"Refused: the exception {unreadable[0]!r} cannot be read, and it may excuse this."
            )
        if self._excuses.problems:
            failure = self._excuses.problems[0]
            return Refusal(f"Refused: the exceptions in the table cannot be read ({failure}).")
        limit = self._limit()
        try:
            if self._takes(finding, limit):
                return None
        except AwsError as error:
            told = f"Refused: how much was contained within the hour cannot be read ({error.failure})."
            return Refusal(told, error.failure)
        return Refusal(f"Refused: {limit} within an hour, the limit of {SETTING}, are reached.")

    def _limit(self) -> int:
        value = self._settings.values.get(SETTING)
        return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0

    def _takes(self, finding: Finding, limit: int) -> bool:
        now = self._now()
        slots = {item.key: item for item in self._table.query(self._group)}
        if any(item.content.get("finding") == finding.key for item in slots.values() if _recent(item, now)):
            # A second try of what has its slot already.
            return True
        content = {"at": now.isoformat(), "finding": finding.key}
        for number in range(_usable(slots, limit, now)):
            slot = f"{number:04d}"
            taken = slots.get(slot)
            if taken and _recent(taken, now):
                continue
            if self._table.put(
                self._group,
                slot,
                content,
                until=now + KEPT,
                new=taken is None,
                replaces=taken.count if taken else None,
                count=taken.count + 1 if taken else 0,
            ):
                return True
        return False


def _usable(slots: Mapping[str, Item], limit: int, now: datetime) -> int:
    """Return how many slots may be used, from the first: fewer where some above the limit were taken.

    That is so for an hour after the limit was lowered. However many functions ask, what is taken below the
    number that is returned and what was taken above it are not more than the limit together.
    """
    recent = [key for key, item in slots.items() if _recent(item, now)]
    usable = limit
    while usable > 0 and usable + sum(key >= f"{usable:04d}" for key in recent) > limit:
        usable -= 1
    return usable


def _recent(item: Item, now: datetime) -> bool:
    at = timestamp(item.content.get("at"))
    return at is None or now - at < WITHIN
