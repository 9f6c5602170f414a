"""Exceptions: named excuses that a person has given, with a reason and an end date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from rearm.model import Resource

NEVER = "never"
EVERY_AUTOMATION = "all"


@dataclass(frozen=True, eq=False, repr=False)
class ExceptionEntry:
    """One exception. All criteria of `match` must hold; `expires` None means never."""

    name: str
    match: Mapping[str, str]
    reason: str
    expires: date | None
    quiet: bool
    scope: str

    def expired(self, now: datetime) -> bool:
        """Whether the exception's last day, in UTC, is over."""
        return self.expires is not None and now.astimezone(UTC).date() > self.expires

    def matches(self, resource: Resource, actor_arn: str | None) -> bool:
        """Whether every criterion holds. Whatever is unknown (actor, tags, a criterion) does not match."""
        return bool(self.match) and all(
            self._holds(key, wanted, resource, actor_arn) for key, wanted in self.match.items()
        )

    @staticmethod
    def _holds(key: str, wanted: str, resource: Resource, actor_arn: str | None) -> bool:
        if key == "resource":
            return _like(wanted, resource.arn) or _like(wanted, resource.name)
        if key == "account":
            return wanted == resource.account
        if key == "actor":
            return actor_arn is not None and _like(wanted, actor_arn)
        if key.startswith("tag:") and resource.tags is not None:
            value = resource.tags.get(key.removeprefix("tag:"))
            return value is not None and _like(wanted, value)
        return False


def parse_exceptions(raw: object, automation: str) -> tuple[tuple[ExceptionEntry, ...], tuple[str, ...]]:
    """Parse the map of exceptions.

    Returns
    -------
    tuple
        The exceptions that are given for all automations or for this one, and the names of those that cannot
        be read. The latter do not apply: a repair does not wait for somebody to mend them.
    """
    if not isinstance(raw, Mapping):
        return (), ("(all of them)",)
    entries: list[ExceptionEntry] = []
    unreadable: list[str] = []
    for name, value in sorted(raw.items()):
        entry = _parse(name, value)
        if entry is None:
            unreadable.append(name)
        elif entry.scope in (EVERY_AUTOMATION, automation):
            entries.append(entry)
    return tuple(entries), tuple(unreadable)


def find_exception(
    entries: Sequence[ExceptionEntry], resource: Resource, actor_arn: str | None, now: datetime
) -> ExceptionEntry | None:
    """Return the first exception, by name, that excuses a finding on the resource by the actor."""
    for entry in entries:
        if not entry.expired(now) and entry.matches(resource, actor_arn):
            return entry
    return None


def _parse(name: str, value: object) -> ExceptionEntry | None:
    if not isinstance(value, Mapping):
        return None
    match, reason, expires = value.get("match"), value.get("reason"), value.get("expires")
    if not isinstance(match, Mapping) or not match or not isinstance(reason, str):
        return None
    if not all(isinstance(k, str) and isinstance(v, str) for k, v in match.items()):
        return None
    try:
        until = None if expires == NEVER else date.fromisoformat(str(expires))
    except ValueError:
        return None
    return ExceptionEntry(
        name=name,
        match={str(k): str(v) for k, v in match.items()},
        reason=reason,
        expires=until,
        quiet=value.get("quiet") is True,
        scope=str(value.get("scope", EVERY_AUTOMATION)),
    )


def _like(pattern: str, text: str) -> bool:
    """Match with ``*`` for any run of characters, everything else as it stands.

    Each part between two stars is taken where it comes first, which needs no second try: whatever the pattern
    and the text, the time grows with their lengths only.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, last = rest
    end = len(text) - len(last)
    if not text.startswith(first) or not text.endswith(last):
        return False
    at = len(first)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return at <= end
