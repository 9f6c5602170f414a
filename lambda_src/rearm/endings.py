"""How findings end: what an outcome says, and what is measured of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from rearm.alarm import Alarm, Door
from rearm.excuses import Excuse
from rearm.model import (
    Assessment,
    Attempt,
    Attributed,
    Ending,
    Finding,
    Outcome,
    Refusal,
    Resource,
    Severity,
    Unreadable,
)

UNKNOWN = Attributed("not-asked")
# What AWS says where a policy shuts Rearm out.
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "Forbidden", "UnauthorizedOperation", "403"})


def denied(alarm: Alarm) -> Finding:
    """Return the finding for a call that AWS refused: told, and never acted upon."""
    call = alarm.call
    if call is None:
        raise ValueError("only a call can be denied")
    if alarm.door is Door.SIGN_IN:
        named, refused = "the sign-in page", f"{call.name} failed ({call.error_code}). Nobody was signed in."
    else:
        named = alarm.resources[0] if alarm.resources else "a resource that it did not name"
        refused = f"{call.name} on {named} was refused by AWS ({call.error_code}). Nothing was changed."
    resource = Resource(
        arn=named,
        name=named.rpartition("/")[2] or named,
        type="unknown",
        account=alarm.account,
        region=alarm.region,
    )
    return Finding(
        rule="denied-call",
        resource=resource,
        problem=refused,
        severity=Severity.MEDIUM,
        causes=(call.name,),
        advice=("Find out why this identity tried it.",),
    )


def attributed_by(alarm: Alarm) -> Attributed:
    """Return who made the alarm's own call."""
    call = alarm.call
    if call is None:
        return UNKNOWN
    return Attributed("event", alarm.actor, call.name, call.time, call.id)


def untouched(finding: Finding, why: Excuse | Refusal | None) -> Ending:
    """End a finding of which nothing was done: the mode says so, an exception or a limit."""
    if why is None:
        return Ending(finding, Outcome.NOTIFIED, UNKNOWN)
    if isinstance(why, Refusal):
        return Ending(finding, Outcome.REFUSED, UNKNOWN, error=why.failure, notes=(why.note,))
    return Ending(finding, Outcome.EXCEPTED, UNKNOWN, exception=why.name, quiet=why.quiet, notes=(why.note,))


def unread(unreadable: Unreadable) -> Ending:
    """End what could not be looked at as a failure."""
    see = "See the error; until it is mended Rearm cannot say whether this safeguard is on."
    finding = Finding(
        rule="unreadable",
        resource=unreadable.resource,
        problem=f"{unreadable.resource.name} could not be looked at.",
        severity=unreadable.severity,
        advice=unreadable.advice or (see,),
    )
    return Ending(finding, Outcome.FAILED, UNKNOWN, error=unreadable.error)


def shut_out(ending: Ending) -> Ending:
    """Where AWS refuses Rearm the repair, it is critical, and the advice is for who can still do it."""
    finding = ending.finding
    if ending.outcome is not Outcome.FAILED or not ending.error or not finding.if_denied:
        return ending
    if ending.error.code not in DENIED:
        return ending
    advice = (*finding.if_denied, *finding.advice)
    return replace(ending, finding=replace(finding, severity=Severity.CRITICAL, advice=advice))


def restored_at(seen: Assessment, finding: Finding, attempts: Sequence[Attempt]) -> datetime:
    """When the safeguard was on again: AWS's time for the resource, else that of the last answer."""
    for healthy in seen.healthy:
        same = healthy.resource.arn == finding.resource.arn
        if same and healthy.since and (not finding.since or healthy.since >= finding.since):
            return healthy.since
    return attempts[-1].at


def present(seen: Assessment, resource: Resource) -> bool:
    """Whether the resource was there at all: what is gone has not been put right."""
    looked_at = [healthy.resource.arn for healthy in seen.healthy]
    return resource.arn in [*looked_at, *(finding.resource.arn for finding in seen.findings)]


def measured(ending: Ending) -> Ending:
    """Measure the outage from AWS's own times: the resource's, else the call's."""
    since = ending.finding.since or ending.attributed.call_time
    if ending.restored is None or since is None:
        return ending
    return replace(ending, seconds=max(0.0, (ending.restored - since).total_seconds()))
