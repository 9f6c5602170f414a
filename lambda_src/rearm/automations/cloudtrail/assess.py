"""What is wrong with the account's trails. Only reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rearm.alarm import Alarm, Call, Door
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
    Trail,
    all_trails,
    is_trail_arn,
    status_of,
    trail_arn,
)
from rearm.aws import AwsError
from rearm.model import Assessment, Failure, Finding, Healthy, Resource, Unreadable

SOURCE = "cloudtrail.amazonaws.com"
NOT_FOUND = frozenset(
    {"TrailNotFoundException", "InvalidTrailNameException", "CloudTrailARNInvalidException"}
)
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
    if not alarm.resources:
        return _assess_all(look)
    seen = [_assess_named(name, alarm, look) for name in alarm.resources]
    return Assessment(
        findings=tuple(finding for part in seen for finding in part.findings),
        healthy=tuple(healthy for part in seen for healthy in part.healthy),
        unreadable=tuple(unreadable for part in seen for unreadable in part.unreadable),
    )


def _assess_all(look: Look) -> Assessment:
    account = account_resource(look)
    trails, failures = all_trails(look)
    seen = _assess_trails(trails, look)
    unlisted = _unreadable(account, failures)
    if unlisted or seen.unreadable:
        return Assessment(seen.findings, seen.healthy, (*unlisted, *seen.unreadable))
    if not trails:
        return Assessment(findings=(no_trail(account),))
    wants_all_regions = look.settings.get("config_rule") == MULTI_REGION_RULE
    if wants_all_regions and not any(trail.multi_region for trail in trails):
        return Assessment((*seen.findings, no_multi_region_trail(account)), seen.healthy)
    return seen


def _assess_named(name: str, alarm: Alarm, look: Look) -> Assessment:
    trail = Trail(trail_arn(name, look.partition, alarm.region, alarm.account))
    seen = _assess_trails([trail], look)
    if trail.owner != look.account and not seen.healthy and alarm.call and alarm.call.name == "DeleteTrail":
        return Assessment(findings=(gone(trail, alarm),))
    if not any(unreadable.error.code in NOT_FOUND for unreadable in seen.unreadable):
        return _with_call(alarm.call, trail.resource, seen)
    others, failures = all_trails(look)
    same = [] if is_trail_arn(name) else [other for other in others if other.name == name]
    if same:
        return _with_call(alarm.call, same[0].resource, _assess_trails(same, look))
    if failures:
        return Assessment(unreadable=_unreadable(trail.resource, failures))
    if alarm.door is not Door.API:
        return Assessment()
    left = () if others else (no_trail(account_resource(look)),)
    return Assessment(findings=(gone(trail, alarm), *left))


def _unreadable(resource: Resource, failures: Sequence[Failure]) -> tuple[Unreadable, ...]:
    """Say once that a resource could not be looked at, whatever has failed on the way."""
    if not failures:
        return ()
    first, *more = failures
    return (Unreadable(resource, replace(first, message="; ".join([first.message, *map(str, more)]))),)


def _assess_trails(trails: Sequence[Trail], look: Look) -> Assessment:
    """Ask each trail whether it logs; that another account's trail is not shown is no failure."""
    findings: list[Finding] = []
    healthy: list[Healthy] = []
    unreadable: list[Unreadable] = []
    for trail in trails:
        try:
            status = status_of(trail, look)
        except AwsError as error:
            if trail.owner != look.account and error.code in NOT_SHOWN:
                findings.append(not_shown(trail, error.failure))
            else:
                unreadable.append(Unreadable(trail.resource, error.failure))
            continue
        if not status.logging:
            findings.append(not_logging(trail, status, look.account))
        if status.delivery_errors:
            findings.append(delivery_failing(trail, status))
        if status.logging and not status.delivery_errors:
            healthy.append(Healthy(trail.resource, status.started))
    return Assessment(tuple(findings), tuple(healthy), tuple(unreadable))


def _with_call(call: Call | None, resource: Resource, seen: Assessment) -> Assessment:
    """Add what the call itself did, where that is more than stopping the trail."""
    if call is None or call.name in ("StopLogging", "StartLogging"):
        return seen
    return Assessment((called_on(call, resource), *seen.findings), seen.healthy, seen.unreadable)


def account_resource(look: Look) -> Resource:
    """Return the account itself as the resource of a finding."""
    arn = f"arn:{look.partition}:iam::{look.account}:root"
    return Resource(arn, look.account, "AWS::::Account", look.account, look.region)
