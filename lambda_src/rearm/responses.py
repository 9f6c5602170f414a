"""Responses in the table: what was done before, what has been told, how often was refused.

Nothing here holds up a repair: it is asked when the repair is done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rearm.alarm import Actor, Alarm
from rearm.doors import timestamp
from rearm.model import Action, Attempt, Check, Earlier, Ending, Outcome, Response
from rearm.settings import Settings
from rearm.table import Item, Table

REPEATED_WITHIN = timedelta(hours=1)
# Somebody who switches a safeguard off in a loop must not make each answer slower than the last.
MOST_EARLIER = 50
REPAIRS_KEPT = timedelta(days=7)
TOLD_KEPT = timedelta(days=31)
OWED_KEPT = timedelta(days=14)
REFUSALS_KEPT = timedelta(days=2)
# A message that is being sent is not sent a second time by somebody else for so long: less than the minute
# after which Lambda tries an event again whose function it had to end.
# Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
CLAIMED_FOR = timedelta(seconds=50)
# In characters of JSON. DynamoDB's items hold 400 KB.
# Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
CONTENT_LIMIT = 300_000
# In characters of ASCII; a sort key holds 1,024 bytes.
KEY_LIMIT = 1000
# Whoever tampered is looked for in it by the automation that contains people.
TAMPERING_KEPT = timedelta(days=7)
REPAIRS = frozenset({Outcome.REMEDIATED, Outcome.FAILED})


@dataclass(frozen=True, eq=False, repr=False)
class Claim:
    """What somebody is about to tell; `number` counts the claims of a key, the first is 1."""

    key: str
    what: tuple[str, ...]
    number: int = 1


class Responses:
    """The responses of one automation. Methods raise AwsError where the table does not answer."""

    def __init__(self, table: Table, settings: Settings) -> None:
        self._table = table
        self._settings = settings
        self._automation = settings.automation

    def with_earlier(self, response: Response, now: datetime) -> Response:
        """Return the response with the repairs of the same resources within the hour before."""
        endings = tuple(
            replace(ending, earlier=self._earlier(ending, response, now)) if _repairs(ending) else ending
            for ending in response.endings
        )
        return replace(response, endings=endings)

    def record(self, response: Response, now: datetime) -> None:
        """Record a response and, for repetition, each of its repairs."""
        until = now + timedelta(days=self._settings.retention_days)
        content = content_of(response, self._settings)
        # One alarm can have several responses: Lambda tries again. Each attempt is kept.
        key = f"{response.alarm.id} {response.started.isoformat()}"
        self._table.put(f"{self._automation}#response", key, content, until=until)
        for ending in response.endings:
            if _repairs(ending):
                told = _repair(ending, response)
                moment = f"{response.started.isoformat()} {ending.finding.rule}"
                group = f"{self._automation}#repair#{ending.finding.resource.arn}"
                self._table.put(group, moment, told, until=now + REPAIRS_KEPT)
        for ending in response.endings if self._settings.records_tampering else ():
            by = _tampering(ending, response)
            if by:
                moment = f"{response.started.isoformat()} {ending.finding.key}"
                group = f"{self._automation}#tampering"
                self._table.put(group, moment[:KEY_LIMIT], by, until=now + TAMPERING_KEPT)

    def refused(self, alarm: Alarm, now: datetime) -> int:
        """Count a denied attempt, once however often it is delivered.

        Returns
        -------
        int
            How many there have been of this actor in this hour.
        """
        hour, who = hour_of(now), who_of(alarm.actor)
        told = {"actor": who, "call": alarm.title, "hour": hour}
        group = f"{self._automation}#denied"
        until = now + REFUSALS_KEPT
        if self._table.put(f"{self._automation}#attempt", alarm.key, told, until=until, new=True):
            return self._table.add(group, f"{hour} {who}", told, until)
        item = self._table.get(group, f"{hour} {who}")
        return item.count if item else 1

    def refusals(self, now: datetime) -> tuple[Item, ...]:
        """Return who was denied more than once in an hour that is over, with the number as the count."""
        items = self._table.query(f"{self._automation}#denied")
        return tuple(item for item in items if item.count > 1 and item.key < hour_of(now))

    def summed_up(self, refusals: Sequence[Item], now: datetime) -> None:
        """Say that refusals have been told in a sum, so that no later sweep finds them."""
        until = now + REFUSALS_KEPT
        for item in refusals:
            self._table.put(item.group, item.key, item.content, until=until, replaces=item.count)

    def owe(self, key: str, message: Mapping[str, object], now: datetime) -> None:
        """Keep a message that could not be sent, for whoever comes next."""
        self._table.put(f"{self._automation}#owed", key, message, until=now + OWED_KEPT)

    def owed(self) -> tuple[Item, ...]:
        """Return the messages that could not be sent."""
        return tuple(self._table.query(f"{self._automation}#owed"))

    def paid(self, key: str) -> None:
        """Forget a message that has been sent."""
        self._table.delete(f"{self._automation}#owed", key)

    def claim(self, key: str, what: str, now: datetime, again_after: timedelta | None) -> Claim | None:
        """Claim the telling of something, so that nobody else tells it too.

        Parameters
        ----------
        key, what
            Under what it is told, and what of it: under one key several things may come to be told.
        again_after
            How long it counts as told; as long as the table remembers, if there is none.

        Returns
        -------
        Claim or None
            None if it has been told, or is being told by somebody else.
        """
        claim = Claim(key, (what,))
        if self._put_claim(claim, now, told=False, new=True):
            return claim
        item = self._table.get(f"{self._automation}#told", _short(key))
        if item is None:
            return claim
        at = timestamp(item.content.get("at")) or now
        told_of = item.content.get("what")
        known = tuple(str(one) for one in told_of) if isinstance(told_of, list) else ()
        claim = Claim(key, known if what in known else (*known, what), item.count + 1)
        # A call of which something has been told has nothing more to tell for having left nothing to do.
        if what in known or not what:
            told = item.content.get("told") is True
            due = again_after is not None and now - at >= again_after
            if (told and not due) or (not told and now - at < CLAIMED_FOR):
                return None
        return claim if self._put_claim(claim, now, told=False, replaces=item.count) else None

    def told(self, claims: Sequence[Claim], now: datetime) -> None:
        """Say that what was claimed has been told."""
        for claim in claims:
            self._put_claim(claim, now, told=True)

    def _put_claim(
        self, claim: Claim, now: datetime, *, told: bool, new: bool = False, replaces: int | None = None
    ) -> bool:
        return self._table.put(
            f"{self._automation}#told",
            _short(claim.key),
            {"at": now.isoformat(), "told": told, "what": list(claim.what)},
            until=now + TOLD_KEPT,
            new=new,
            replaces=replaces,
            count=claim.number,
        )

    def _earlier(self, ending: Ending, response: Response, now: datetime) -> tuple[Earlier, ...]:
        group = f"{self._automation}#repair#{ending.finding.resource.arn}"
        items = self._table.query(group, after=(now - REPEATED_WITHIN).isoformat(), newest=MOST_EARLIER)
        found = (_earlier(item) for item in reversed(list(items)))
        # Lambda's next try of the same alarm is no repetition, and no sweep that met the same outage.
        since = ending.finding.since
        return tuple(
            one
            for one in found
            if one and one.response != response.alarm.id and (since is None or one.since != since)
        )


def content_of(response: Response, settings: Settings) -> dict[str, Any]:
    """Return a response as JSON can hold it: alarm, findings, actions with their undo, outcomes, times."""
    alarm = response.alarm
    content: dict[str, Any] = {
        "response": alarm.id,
        "automation": settings.automation,
        "mode": str(settings.mode),
        "alarm": {
            "door": str(alarm.door),
            "title": alarm.title,
            "account": alarm.account,
            "region": alarm.region,
            "time": _stamp(alarm.time),
            "event": alarm.call.id if alarm.call else None,
            "resources": list(alarm.resources),
        },
        "started": _stamp(response.started),
        "finished": _stamp(response.finished),
        "findings": [_ending(ending) for ending in response.endings],
        "problems": [str(failure) for failure in response.problems],
    }
    cut = 0
    while len(json.dumps(content, default=str)) > CONTENT_LIMIT and content["findings"]:
        half = len(content["findings"]) // 2
        cut += len(content["findings"]) - half
        content["findings"], content["left_out"] = content["findings"][:half], cut
    return content


def tampering(table: Table, automations: Sequence[str], after: datetime) -> tuple[Mapping[str, object], ...]:
    """Return what automations have put right of calls whose actor is known, after a time.

    Returns
    -------
    tuple
        Of each its ``actor`` (an identity's ARN), ``type`` (as in `Actor`), ``user_name``,
        ``access_key_id``, ``account``, ``how`` (``event`` or ``lookup``), ``event`` (CloudTrail's id of the
        call), ``automation``, ``rule``, ``resource``, ``outcome``, ``response`` and ``at``.
    """
    stamp = after.isoformat()
    return tuple(
        {**item.content, "automation": name}
        for name in automations
        for item in table.query(f"{name}#tampering", after=stamp)
    )


def hour_of(now: datetime) -> str:
    """Return the hour that denied attempts are counted in, in UTC."""
    return now.astimezone(UTC).strftime("%Y-%m-%d %H")


def who_of(actor: Actor | None) -> str:
    """Return what an actor is counted under."""
    if actor is None:
        return "nobody that AWS names"
    return actor.identity_arn or actor.principal_id or actor.account or actor.type


def _ending(ending: Ending) -> dict[str, Any]:
    finding, actor = ending.finding, ending.attributed.actor
    return {
        "rule": finding.rule,
        "problem": finding.problem,
        "severity": ending.severity.label,
        "resource": {
            "arn": finding.resource.arn,
            "name": finding.resource.name,
            "type": finding.resource.type,
            "account": finding.resource.account,
            "region": finding.resource.region,
        },
        "outcome": str(ending.outcome),
        "actor": who_of(actor) if actor else None,
        "source_ip": actor.source_ip if actor else None,
        "call": ending.attributed.call_name,
        "since": _stamp(finding.since or ending.attributed.call_time),
        "restored": _stamp(ending.restored),
        "seconds": ending.seconds,
        "exception": ending.exception,
        "error": str(ending.error) if ending.error else None,
        "actions": [_attempt(attempt) for attempt in ending.attempts],
        "advice": list(finding.advice),
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        **_action(attempt.action),
        "at": _stamp(attempt.at),
        "error": str(attempt.error) if attempt.error else None,
        "undo": _action(attempt.action.undo) if attempt.action.undo else None,
    }


def _action(action: Action) -> dict[str, Any]:
    told: dict[str, Any] = {
        "service": action.service,
        "operation": action.operation,
        "parameters": dict(action.parameters),
        "region": action.region,
        "reason": action.reason,
    }
    return {**told, "check": _check(action.check)} if action.check else told


def _check(check: Check) -> dict[str, Any]:
    return {
        "service": check.service,
        "operation": check.operation,
        "parameters": dict(check.parameters),
        "region": check.region,
        "path": check.path,
        "value": check.value,
    }


def _repair(ending: Ending, response: Response) -> Mapping[str, object]:
    actor = ending.attributed.actor
    return {
        "at": response.started.isoformat(),
        "response": response.alarm.id,
        "rule": ending.finding.rule,
        "outcome": str(ending.outcome),
        "actor": who_of(actor) if actor else None,
        "since": _stamp(ending.finding.since),
        "seconds": ending.seconds,
    }


def _tampering(ending: Ending, response: Response) -> Mapping[str, object] | None:
    """Return what is kept of who did what was put right, or what would have been."""
    actor = ending.attributed.actor
    if actor is None or ending.outcome in (Outcome.EXCEPTED, Outcome.COMPLIANT) or not ending.finding.actions:
        return None
    return {
        "actor": actor.identity_arn,
        "type": actor.type,
        "user_name": actor.user_name,
        "access_key_id": actor.access_key_id,
        "account": actor.account,
        "how": ending.attributed.how,
        "event": ending.attributed.event_id,
        "rule": ending.finding.rule,
        "resource": ending.finding.resource.arn,
        "outcome": str(ending.outcome),
        "response": response.alarm.id,
        "at": response.started.isoformat(),
    }


def _earlier(item: Item) -> Earlier | None:
    content = item.content
    at, seconds = timestamp(content.get("at")), content.get("seconds")
    if at is None:
        return None
    return Earlier(
        at=at,
        response=str(content.get("response", "")),
        rule=str(content.get("rule", "")),
        outcome=str(content.get("outcome", "")),
        actor=content.get("actor") if isinstance(content.get("actor"), str) else None,
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
        since=timestamp(content.get("since")),
    )


def _repairs(ending: Ending) -> bool:
    return ending.outcome in REPAIRS and bool(ending.attempts)


def _stamp(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _short(key: str) -> str:
    """Return a key that is short enough for DynamoDB, whatever a resource is called."""
    return hashlib.sha256(key.encode()).hexdigest()
