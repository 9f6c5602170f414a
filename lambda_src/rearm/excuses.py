"""Excuses: which exception lets a finding stand, and what an excused change does to a baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rearm.aws import AwsError
from rearm.baselines import Baselines
from rearm.exceptions import ExceptionEntry, find_exception, parse_exceptions
from rearm.model import Attributed, Failure, Finding, Learned, Resource
from rearm.settings import Settings
from rearm.table import Table

# Where `make undo` puts the exceptions that it gives; the functions only read them.
GROUP = "exception"
WAITING = "waiting"


@dataclass(frozen=True, eq=False, repr=False)
class Excuse:
    """Why a finding stands: the exception's name, whether it is quiet, and the words for it."""

    name: str
    quiet: bool
    note: str


class Excuses:
    """Decides for the findings of one response. What the table does not say excuses nothing."""

    def __init__(
        self, settings: Settings, table: Table, baselines: Baselines, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._table = table
        self._baselines = baselines
        self._now = now
        self._given: tuple[ExceptionEntry, ...] | None = None
        self.problems: list[Failure] = []
        self.unreadable: list[str] = []
        self.learned: list[Learned] = []

    def by_actor(self) -> bool:
        """Whether any exception asks who did it."""
        return any("actor" in entry.match for entry in self._entries())

    def of(self, finding: Finding, attributed: Attributed | None) -> Excuse | None:
        """Return why a finding stands, or None if it does not.

        A change by an excepted actor becomes the baseline once the event history has confirmed it; until then
        it is neither put right nor learned, for a bounded time. What only the event says, whoever may invoke
        the function can have forged.
        """
        actor = attributed.actor if attributed else None
        identity = actor.identity_arn if actor else None
        by_actor, of_resource = self._matching(finding.resource, identity)
        excused = _excuse(of_resource) if of_resource else None
        if finding.accepts is None:
            return excused or (_excuse(by_actor) if by_actor else None)
        confirmed = attributed is not None and attributed.how == "lookup"
        try:
            if by_actor and confirmed:
                return self._accepted(finding, by_actor)
            if excused:
                return excused
            if by_actor:
                return self._unconfirmed(finding, by_actor)
            if actor is None and self._expects_confirmation(finding):
                return Excuse(WAITING, True, "It waits for the event history to confirm who did it.")
        except AwsError as error:
            self.problems.append(error.failure)
            # The history is proof enough to let it stand; without it a repair does not wait for the table.
            return excused or (_excuse(by_actor) if by_actor and confirmed else None)
        return None

    def _matching(
        self, resource: Resource, identity: str | None
    ) -> tuple[ExceptionEntry | None, ExceptionEntry | None]:
        """Return the first exception that asks who did it, and the first that does not."""
        entries = self._entries()
        asking = [entry for entry in entries if "actor" in entry.match]
        others = [entry for entry in entries if "actor" not in entry.match]
        now = self._now()
        return (
            find_exception(asking, resource, identity, now),
            find_exception(others, resource, identity, now),
        )

    def _accepted(self, finding: Finding, entry: ExceptionEntry) -> Excuse:
        learned = self._baselines.accept(finding, self._now())
        if learned:
            self.learned.append(learned)
        return _excuse(entry, "The event history confirms it: it is the baseline from now on.")

    def _unconfirmed(self, finding: Finding, entry: ExceptionEntry) -> Excuse | None:
        if self._baselines.wait(finding, self._now()):
            return _excuse(entry, "It becomes the baseline when the event history confirms who did it.")
        return None

    def _expects_confirmation(self, finding: Finding) -> bool:
        return self.by_actor() and self._baselines.waiting(finding, self._now())

    def _entries(self) -> Sequence[ExceptionEntry]:
        """Return the exceptions of the settings and those of the table, which is asked once."""
        if self._given is None:
            self._given = ()
            try:
                given = {item.key: item.content for item in self._table.query(GROUP)}
            except AwsError as error:
                self.problems.append(error.failure)
            else:
                self._given, unreadable = parse_exceptions(given, self._settings.automation)
                self.unreadable += unreadable
        return (*self._settings.exceptions, *self._given)


def _excuse(entry: ExceptionEntry, more: str = "") -> Excuse:
    note = f"Excused by the exception {entry.name!r}: {entry.reason}"
    return Excuse(entry.name, entry.quiet, f"{note}. {more}" if more else note)
