"""A trail that is gone and has a baseline: the same trail again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from rearm.automations.cloudtrail.changes import (
    DENIED_ADVICE,
    ORGANIZATION_ADVICE,
    OTHERS,
    selectors_of,
    update,
)
from rearm.automations.cloudtrail.expected import DELETED, Wanted
from rearm.automations.cloudtrail.findings import start_logging
from rearm.automations.cloudtrail.selectors import DEFAULT, covers, normal
from rearm.automations.cloudtrail.strength import State
from rearm.automations.cloudtrail.trails import Trail
from rearm.model import Action, Finding, Severity

CREATED_WITH = (
    "S3BucketName",
    "S3KeyPrefix",
    "SnsTopicARN",
    "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail",
    "LogFileValidationEnabled",
    "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn",
    "KmsKeyId",
    "IsOrganizationTrail",
)
# Where only a part is declared and nothing was learned, what AWS takes if nothing is said.
# Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
UNLESS_SAID: Mapping[str, object] = {"IncludeGlobalServiceEvents": True}


def deleted(
    trail: Trail, wanted: Wanted, since: datetime | None = None, advice: tuple[str, ...] = ()
) -> Finding:
    """Return the finding for a trail that is gone, with the calls that make it again.

    Without a bucket in its baseline it can only be told.
    """
    possible = bool(wanted.state.get("S3BucketName"))
    organization = (ORGANIZATION_ADVICE,) if wanted.state.get("IsOrganizationTrail") is True else ()
    left = (
        (
            "If AWS says that the bucket does not exist or does not let CloudTrail write, it must be put "
            "right first; the next look makes the trail again, or what is missing of it."
        )
        if possible
        else "Declare its bucket in the setting trails, or create it: its bucket is not known."
    )
    return Finding(
        rule="trail-deleted",
        resource=trail.resource,
        problem=f"Trail {trail.name} was deleted.",
        severity=Severity.CRITICAL,
        actions=actions(trail, wanted.state) if possible else (),
        since=since,
        causes=("DeleteTrail",),
        after=wanted.recorded,
        advice=(left, *advice, *organization),
        if_denied=(DENIED_ADVICE,),
        accepts=None if wanted.declared else {DELETED: True},
    )


def actions(trail: Trail, state: State) -> tuple[Action, ...]:
    """Return the calls that make a trail again: attributes and tags, selectors, Insights, logging.

    Whatever ends them early, the next look finds the rest, each as a deviation of its own.
    """
    create = _call(trail, "CreateTrail", "Name", trail.name, _attributes(state), "make the trail again")
    # Whoever has made it: looking again compares all of it with its baseline.
    made = [replace(create, already=frozenset({"TrailAlreadyExistsException"}))]
    selectors = selectors_of(state)
    if not _default(selectors):
        reason = "put its event selectors in place"
        made.append(_call(trail, "PutEventSelectors", "TrailName", trail.arn, selectors, reason))
    insights = state.get("InsightSelectors")
    if insights:
        chosen = {"InsightSelectors": insights}
        reason = "put its Insights selectors in place"
        made.append(_call(trail, "PutInsightSelectors", "TrailName", trail.arn, chosen, reason))
    return (*made, start_logging(trail))


def _attributes(state: State) -> dict[str, object]:
    known = {**UNLESS_SAID, **state}
    given = update(known, CREATED_WITH)
    # What the trail does not have is left out: CreateTrail takes no empty texts.
    given = {name: value for name, value in given.items() if value != ""}
    tags = state.get("Tags")
    # AWS's own tags are not anybody's to set.
    named = tags if isinstance(tags, Mapping) else {}
    listed = [
        {"Key": key, "Value": value} for key, value in sorted(named.items()) if not key.startswith("aws:")
    ]
    return {**given, **({"TagsList": listed} if listed else {})}


def _default(selectors: Mapping[str, object]) -> bool:
    """Whether they are what a new trail has anyway."""
    if "EventSelectors" not in selectors:
        return False
    given, usual = normal(selectors["EventSelectors"], None), normal(DEFAULT, None)
    return covers(given, usual) and covers(usual, given)


def _call(
    trail: Trail, operation: str, key: str, name: str, parameters: Mapping[str, object], reason: str
) -> Action:
    return Action(
        service="cloudtrail",
        operation=operation,
        parameters={key: name, **parameters},
        region=trail.home_region,
        reason=reason,
        beyond_reach=OTHERS,
    )
