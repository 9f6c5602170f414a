"""The findings of this automation: what each says, how bad it is, what puts it right."""

from __future__ import annotations

import json
from collections.abc import Mapping

from rearm.alarm import Alarm, Call
from rearm.automations.cloudtrail.trails import Status, Trail
from rearm.model import Action, Failure, Finding, Resource, Severity

# What AWS says when a trail is not this account's to change, now or at any other time.
# Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartLogging.html
BEYOND_REACH = frozenset(
    {
        "NotOrganizationMasterAccountException",
        "OrganizationsNotInUseException",
        "InsufficientDependencyServiceAccessPermissionException",
        "NoManagementAccountSLRExistsException",
    }
)
# What AWS says of another account's trail that it lists all the same.
NOT_SHOWN = BEYOND_REACH | {
    "AccessDenied",
    "AccessDeniedException",
    "CloudTrailARNInvalidException",
    "TrailNotFoundException",
}
ORGANIZATION_ADVICE = "An organization trail is watched by Rearm in the organization's management account."


def not_logging(trail: Trail, status: Status, account: str) -> Finding:
    """Return the finding for a trail that does not log, with the call that starts it where it is ours."""
    never = status.started is None and status.stopped is None
    problem = f"Trail {trail.name} has never logged." if never else f"Trail {trail.name} does not log."
    if trail.owner != account:
        return Finding(
            rule="trail-out-of-reach",
            resource=trail.resource,
            problem=f"{problem} It belongs to account {trail.owner}, which alone can start it.",
            severity=Severity.HIGH,
            since=status.stopped,
            causes=("StopLogging",),
            advice=(
                (
                    f"In account {trail.owner}: aws cloudtrail start-logging --name {trail.arn} "
                    f"--region {trail.home_region}"
                ),
                ORGANIZATION_ADVICE,
            ),
        )
    return Finding(
        rule="trail-not-logging",
        resource=trail.resource,
        problem=problem,
        severity=Severity.CRITICAL,
        actions=(start_logging(trail),),
        since=status.stopped,
        causes=("StopLogging",),
    )


def not_shown(trail: Trail, why: Failure) -> Finding:
    """Return the finding for a trail of another account, of which AWS does not even say whether it logs."""
    return Finding(
        rule="trail-out-of-reach",
        resource=trail.resource,
        problem=f"Whether trail {trail.name} logs is shown only to account {trail.owner} ({why.code}).",
        severity=Severity.LOW,
        causes=("StopLogging",),
        advice=(ORGANIZATION_ADVICE,),
    )


def start_logging(trail: Trail) -> Action:
    """Return the call that starts a trail, in its home region. A restart has no undo."""
    return Action(
        service="cloudtrail",
        operation="StartLogging",
        parameters={"Name": trail.arn},
        region=trail.home_region,
        reason="start the trail",
        beyond_reach=BEYOND_REACH,
    )


def delivery_failing(trail: Trail, status: Status) -> Finding:
    """Return the finding for a trail of which AWS reports that a delivery failed."""
    failed = "; ".join(f"{what}: {error}" for what, error in status.delivery_errors.items())
    return Finding(
        rule="trail-delivery-failing",
        resource=trail.resource,
        problem=f"Trail {trail.name} logs, but its last delivery failed ({failed})."
        if status.logging
        else f"The last delivery of trail {trail.name} failed ({failed}).",
        severity=Severity.HIGH,
        advice=("CloudTrail must be able to write: look at the policies of its bucket, key and log group.",),
    )


def no_trail(account: Resource) -> Finding:
    """Return the finding for an account without any trail."""
    return Finding(
        rule="no-trail",
        resource=account,
        problem=f"Account {account.account} has no trail at all: nothing records what is done in it.",
        severity=Severity.CRITICAL,
        causes=("DeleteTrail",),
        advice=(
            "Create a trail. Rearm invents none: its bucket, key and retention are yours to choose.",
            "Until then only the event history of the last 90 days shows management events.",
        ),
    )


def no_multi_region_trail(account: Resource) -> Finding:
    """Return the finding for an account whose trails all cover one region only."""
    return Finding(
        rule="no-multi-region-trail",
        resource=account,
        problem=f"Account {account.account} has no multi-region trail: other regions are not logged.",
        severity=Severity.HIGH,
        advice=(
            "Make one trail a multi-region trail (aws cloudtrail update-trail --is-multi-region-trail).",
        ),
    )


def gone(trail: Trail, alarm: Alarm) -> Finding:
    """Return the finding for a trail that an alarm names and that does not exist by the time we look."""
    call = alarm.call
    deleted = call is not None and call.name == "DeleteTrail"
    return Finding(
        rule="trail-deleted" if deleted else "trail-gone",
        resource=trail.resource,
        problem=f"Trail {trail.name} was deleted."
        if deleted
        else f"Trail {trail.name}, on which {alarm.title} was called, does not exist.",
        severity=Severity.CRITICAL if deleted else Severity.HIGH,
        since=call.time if deleted and call else None,
        causes=(call.name,) if call else (),
        advice=(
            (
                "Create the trail again with the values that your own code or the event history has for it "
                "(CreateTrail, UpdateTrail, PutEventSelectors)."
            ),
        ),
    )


def called_on(call: Call, resource: Resource) -> Finding:
    """Return the finding that tells of a call which changed a trail that still exists."""
    details = ", ".join(f"{key} = {_short(value)}" for key, value in sorted(call.parameters.items()))
    again = call.name == "DeleteTrail"
    return Finding(
        rule="trail-deleted-and-made-again" if again else "trail-changed",
        resource=resource,
        problem=f"{call.name} was called on trail {resource.name}, and a trail of that name exists."
        if again
        else f"{call.name} changed trail {resource.name}: {details or 'no parameters recorded'}.",
        severity=Severity.MEDIUM if again else Severity.HIGH,
        since=None,
        causes=(call.name,),
        advice=("Compare the trail with what it must look like; Rearm changed nothing about this call.",),
    )


def _short(value: object, limit: int = 120) -> str:
    words = value if isinstance(value, str) else json.dumps(_plain(value), default=str)
    return words if len(words) <= limit else words[: limit - 1] + "…"


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value
