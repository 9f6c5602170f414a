"""What is wrong with the account's trails. Only reads.

Whether a trail logs is asked first, and of a call that stops or starts trails nothing else: comparing trails
with their baselines is a matter of its own, which a stopped trail does not wait for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rearm.alarm import Alarm, Door
from rearm.automations import Look
from rearm.automations.cloudtrail.findings import (
    NOT_SHOWN,
    called_on,
    delivery_failing,
    gone,
    no_multi_region_trail,
    no_trail,
    not_logging,
    not_shown,
)
from rearm.automations.cloudtrail.trails import (
    NOT_FOUND,
    Trail,
    all_trails,
    is_trail_arn,
    status_of,
    trail_arn,
)
from rearm.aws import AwsError
from rearm.model import Assessment, Failure, Healthy, Resource, Unreadable

if TYPE_CHECKING:
    from rearm.automations.cloudtrail.compare import Comparison

SOURCE = "cloudtrail.amazonaws.com"
STATUS_CALLS = ("StopLogging", "StartLogging")
STATUS_READ = "cloudtrail:GetTrailStatus"
STATUS_RULE = "trail-not-logging"
MULTI_REGION_RULE = "multi-region-cloudtrail-enabled"


def assess(alarm: Alarm, look: Look) -> Assessment:
    """Look at the trails that the alarm names, or at all of them.

    A trail named by an alarm is asked directly, in its home region: no call lists the others. A name
    that leads nowhere (the trail is gone, or homed elsewhere) is looked for among all trails.

    Returns
    -------
    Assessment
        Each trail is healthy, has findings, or could not be read. No trail at all is a finding of the
        account.
    """
    if alarm.call is not None and alarm.call.source != SOURCE:
        return Assessment()
    if alarm.about and alarm.about != STATUS_RULE:
        from rearm.automations.cloudtrail.compare import look_again

        return look_again(alarm, look)
    if not alarm.resources:
        return _assess_all(alarm, look)
    return _joined([_assess_named(name, alarm, look) for name in alarm.resources])


def _assess_all(alarm: Alarm, look: Look) -> Assessment:
    account = account_resource(look)
    comparison = _comparison(alarm, look)
    trails, failures = all_trails(look)
    covered = any(trail.multi_region for trail in trails)
    parts = look.aws.each(lambda trail: _assess_trail(trail, look, comparison, covered=covered), trails)
    rebuilt = False
    if comparison:
        missing, there, unread = comparison.gone([trail.arn for trail in trails])
        rebuilt = bool(missing)
        parts.append(Assessment(findings=missing, unreadable=unread, problems=comparison.problems))
        parts += [_assess_trail(trail, look, comparison, covered=covered) for trail in there]
        trails = (*trails, *there)
    seen = _joined([Assessment(unreadable=_unreadable(account, failures)), *parts])
    if seen.unreadable:
        return seen
    if not trails and not rebuilt:
        return replace(seen, findings=(*seen.findings, no_trail(account)))
    wants_all_regions = look.settings.get("config_rule") == MULTI_REGION_RULE
    if wants_all_regions and trails and not covered:
        return replace(seen, findings=(*seen.findings, no_multi_region_trail(account)))
    return seen


def _assess_named(name: str, alarm: Alarm, look: Look) -> Assessment:
    trail = Trail(trail_arn(name, look.partition, alarm.region, alarm.account))
    comparison = _comparison(alarm, look, trail.resource) if trail.owner == look.account else None
    seen = _assess_trail(trail, look, comparison)
    if trail.owner != look.account and not seen.healthy and alarm.call and alarm.call.name == "DeleteTrail":
        return Assessment(findings=(gone(trail, alarm),))
    if not _not_there(seen):
        return _with_call(alarm, trail, seen, comparison)
    if alarm.about:
        return Assessment()
    comparison = comparison or _full_comparison(alarm, look, trail.resource)
    rebuilt = comparison.rebuilt(trail)
    problems = comparison.problems
    if rebuilt:
        return Assessment(findings=(rebuilt,), problems=problems)
    others, failures = all_trails(look)
    same = [] if is_trail_arn(name) else [other for other in others if other.name == name]
    if same:
        found = _assess_trail(same[0], look, comparison if _compares(alarm) else None)
        return replace(_with_call(alarm, same[0], found, comparison), problems=problems)
    if failures:
        return Assessment(unreadable=_unreadable(trail.resource, failures), problems=problems)
    if alarm.door is not Door.API:
        return Assessment(problems=problems)
    left = () if others else (no_trail(account_resource(look)),)
    return Assessment(findings=(gone(trail, alarm), *left), problems=problems)


def _not_there(seen: Assessment) -> bool:
    """Whether AWS says that there is no such trail.

    Of a trail whose status was read, another call may say so all the same, while a change spreads or the
    trail is being deleted: that it could not be read is told then, and the next attempt asks it again.
    """
    return any(
        unreadable.error.code in NOT_FOUND and unreadable.error.call == STATUS_READ
        for unreadable in seen.unreadable
    )


def _compares(alarm: Alarm) -> bool:
    """Whether more than the status of trails is looked at."""
    return alarm.about is None and (alarm.call is None or alarm.call.name not in STATUS_CALLS)


def _comparison(alarm: Alarm, look: Look, about: Resource | None = None) -> Comparison | None:
    return _full_comparison(alarm, look, about) if _compares(alarm) else None


def _full_comparison(alarm: Alarm, look: Look, about: Resource | None) -> Comparison:
    from rearm.automations.cloudtrail.compare import Comparison

    return Comparison(alarm, look, about)


def _unreadable(resource: Resource, failures: Sequence[Failure]) -> tuple[Unreadable, ...]:
    """Say once that a resource could not be looked at, whatever has failed on the way."""
    if not failures:
        return ()
    first, *more = failures
    return (Unreadable(resource, replace(first, message="; ".join([first.message, *map(str, more)]))),)


def _assess_trail(
    trail: Trail, look: Look, comparison: Comparison | None, *, covered: bool = True
) -> Assessment:
    """Ask a trail whether it logs, and compare it; that another account's is not shown is no failure."""
    try:
        status = status_of(trail, look)
    except AwsError as error:
        if trail.owner != look.account and error.code in NOT_SHOWN:
            return Assessment(findings=(not_shown(trail, error.failure),))
        return Assessment(unreadable=(Unreadable(trail.resource, error.failure),))
    findings = [] if status.logging else [not_logging(trail, status, look.account)]
    if status.delivery_errors:
        findings.append(delivery_failing(trail, status))
    healthy = () if findings else (Healthy(trail.resource, status.started),)
    seen = Assessment(tuple(findings), healthy)
    if comparison and trail.owner == look.account:
        return comparison.add(trail, seen, covered=covered)
    return seen


def _with_call(alarm: Alarm, trail: Trail, seen: Assessment, comparison: Comparison | None) -> Assessment:
    """Add what the call itself did, where that could not be compared with what the trail must look like."""
    seen = replace(seen, problems=comparison.problems) if comparison and _compares(alarm) else seen
    call = alarm.call
    if call is None or call.name in STATUS_CALLS or (comparison and trail.arn in comparison.compared):
        return seen
    return replace(seen, findings=(called_on(call, trail.resource), *seen.findings))


def _joined(parts: Sequence[Assessment]) -> Assessment:
    return Assessment(
        findings=tuple(finding for part in parts for finding in part.findings),
        healthy=tuple(healthy for part in parts for healthy in part.healthy),
        unreadable=tuple(unreadable for part in parts for unreadable in part.unreadable),
        learned=tuple(learned for part in parts for learned in part.learned),
        problems=tuple(problem for part in parts for problem in part.problems),
    )


def account_resource(look: Look) -> Resource:
    """Return the account itself as the resource of a finding."""
    arn = f"arn:{look.partition}:iam::{look.account}:root"
    return Resource(arn, look.account, "AWS::::Account", look.account, look.region)
