"""Who has switched safeguards off again and again, as Rearm itself saw it and CloudTrail confirms it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from rearm.alarm import Alarm
from rearm.automations import Look
from rearm.automations.iam_user_anomaly.suspects import ASSUMED_ROLE, Suspect
from rearm.aws import items_of
from rearm.doors import api_call_of, text
from rearm.model import Outcome, Severity
from rearm.signals import object_of

Entry = Mapping[str, object]

CONFIRMED = "lookup"
# The event history answers two calls a second. What is not asked now is asked by a later sweep.
MOST_ASKED = 20
# Lambda tries an event again after one minute and after two more.
# Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
TRIED_WITHIN = timedelta(minutes=15)


def tamperers(look: Look) -> tuple[Suspect, ...]:
    """Return the actors who have been seen often enough.

    Raises
    ------
    AwsError
        The table or the event history does not answer.
    """
    least = _number(look, "tampering_count", 3)
    hours = _number(look, "tampering_hours", 24)
    seen = look.tampering(look.now() - timedelta(hours=hours))
    asked = Confirmation(look)
    suspects = []
    for actor, entries in _by_actor(seen):
        calls = {str(entry["event"]): entry for entry in entries}
        if len(calls) >= least and (proven := asked.of(actor, list(calls.values()), least)):
            suspects.append(_suspect(actor, proven, hours))
    return tuple(suspects)


def did(alarm: Alarm, rule: str, arn: str, look: Look) -> bool:
    """Whether Rearm itself has acted on a finding for this same alarm, which is tried again since then.

    Raises
    ------
    AwsError
        The table does not answer.
    """
    earlier = look.tampering(look.now() - TRIED_WITHIN)
    wanted = {"response": alarm.id, "rule": rule, "resource": arn, "outcome": Outcome.REMEDIATED}
    return any(all(entry.get(key) == value for key, value in wanted.items()) for entry in earlier)


class Confirmation:
    """Asks CloudTrail's event history whether calls were made as they are told.

    What came with an event could come from whoever may invoke a function; what was found in the history did
    not.
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        self._left = MOST_ASKED

    def of(self, actor: str, calls: Sequence[Entry], least: int) -> list[Entry]:
        """Return the calls that are proven, no more than needed; none if they are too few."""
        proven = [call for call in calls if call.get("how") == CONFIRMED]
        for call in calls:
            if len(proven) >= least:
                return proven
            if call.get("how") != CONFIRMED and self._left > 0:
                self._left -= 1
                proven += [call] if self._is_recorded(actor, call) else []
        return proven if len(proven) >= least else []

    def _is_recorded(self, actor: str, call: Entry) -> bool:
        """Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html."""
        event = str(call["event"])
        question = {"LookupAttributes": [{"AttributeKey": "EventId", "AttributeValue": event}]}
        for region in dict.fromkeys((_region_of(call) or self._look.region, self._look.global_region)):
            answer = self._look.aws.call("cloudtrail", region, "LookupEvents", question)
            for one in items_of(answer, "cloudtrail", "LookupEvents", "Events"):
                if _tells_of(one.get("CloudTrailEvent"), event, actor):
                    return True
        return False


def _tells_of(packed: object, event: str, actor: str) -> bool:
    """Whether a record is of a call that AWS carried out for this actor."""
    try:
        record = object_of(json.loads(str(packed)))
    except (ValueError, RecursionError):
        return False
    call, by = api_call_of(record)
    return call.id == event and call.error_code is None and by is not None and by.identity_arn == actor


def _by_actor(seen: Sequence[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    """Yield each actor with what is told of it; what names no actor or no call proves nothing."""
    named: dict[str, list[Entry]] = {}
    for entry in seen:
        actor = text(entry.get("actor"))
        if actor and text(entry.get("event")):
            named.setdefault(actor, []).append(entry)
    yield from sorted(named.items())


def _suspect(actor: str, proven: Sequence[Entry], hours: int) -> Suspect:
    last = max(proven, key=lambda entry: str(entry.get("at")))
    keys = dict.fromkeys(key for entry in proven if (key := text(entry.get("access_key_id"))))
    safeguards = sorted({str(entry.get("automation")) for entry in proven})
    kind = text(last.get("type")) or "Unknown"
    name = actor.rpartition("/")[2] if ":user/" in actor or ":role/" in actor else None
    return Suspect(
        why=f"it has switched safeguards off with {len(proven)} calls in {hours} hours "
        f"({', '.join(safeguards)})",
        severity=Severity.CRITICAL,
        # The sessions of a role are told by CloudTrail under several types.
        kind=ASSUMED_ROLE if ":role/" in actor else kind,
        account=actor.split(":")[4] if actor.count(":") >= 5 else text(last.get("account")),
        name=name,
        keys=tuple(keys),
    )


def _region_of(call: Entry) -> str | None:
    parts = (text(call.get("resource")) or "").split(":")
    return parts[3] or None if len(parts) >= 6 else None


def _number(look: Look, setting: str, otherwise: int) -> int:
    value = look.settings.get(setting)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
