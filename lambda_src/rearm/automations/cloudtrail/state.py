"""Reading a trail in full: everything that is needed to compare it with its baseline and to make it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

from rearm.automations import Look
from rearm.automations.cloudtrail.selectors import OPERATORS, normal
from rearm.automations.cloudtrail.trails import Trail
from rearm.aws import Answer, AwsError, items_of, malformed
from rearm.model import Failure

TEXTS = (
    "Name",
    "S3BucketName",
    "S3KeyPrefix",
    "SnsTopicARN",
    "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn",
    "KmsKeyId",
)
SWITCHES = (
    "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail",
    "LogFileValidationEnabled",
    "IsOrganizationTrail",
)
NO_INSIGHTS = "InsightNotEnabledException"
NOT_OF_THE_FORM = "event selectors are not of AWS's form"


class Aspect(Enum):
    """What of a trail one call of AWS's shows."""

    ATTRIBUTES = "attributes"
    SELECTORS = "event selectors"
    INSIGHTS = "Insights selectors"
    TAGS = "tags"


ALL = frozenset(Aspect)
# What a call changes: its event is a reason to look there, and only there.
CHANGED_BY: Mapping[str, frozenset[Aspect]] = {
    "UpdateTrail": frozenset({Aspect.ATTRIBUTES}),
    "PutEventSelectors": frozenset({Aspect.SELECTORS}),
    "PutInsightSelectors": frozenset({Aspect.INSIGHTS}),
}


def read(
    trail: Trail, look: Look, aspects: Iterable[Aspect] = ALL
) -> tuple[dict[str, object], tuple[Failure, ...]]:
    """Read a trail in its home region.

    Returns
    -------
    tuple
        The state, with every key of the aspects that could be read, None for what the trail does not have;
        and what failed.
    """
    state: dict[str, object] = {}
    failures: list[Failure] = []
    wanted = frozenset(aspects)
    for aspect, reading in READINGS.items():
        if aspect in wanted:
            try:
                state.update(reading(trail, look))
            except AwsError as error:
                told = f"{aspect.value} could not be read: {error.failure.message}"
                failures.append(replace(error.failure, message=told))
    return state, tuple(failures)


def attributes(trail: Trail, look: Look) -> dict[str, object]:
    """Return a trail's attributes.

    Those of a shadow trail lag behind: a trail that is homed elsewhere is asked there.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrail.html
    """
    described, operation = trail.described, "DescribeTrails"
    if described is None or trail.home_region != look.region:
        operation = "GetTrail"
        answer = look.aws.call("cloudtrail", trail.home_region, operation, {"Name": trail.arn})
        described = answer.get("Trail")
    if not isinstance(described, Mapping) or not described.get("S3BucketName"):
        raise malformed("cloudtrail", operation, f"trail {trail.name} has no bucket")
    texts = {key: described.get(key) or None for key in TEXTS}
    return {**texts, **{key: described.get(key) is True for key in SWITCHES}}


def event_selectors(trail: Trail, look: Look) -> dict[str, object]:
    """Return a trail's event selectors, basic or advanced.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html
    """
    operation = "GetEventSelectors"
    answer = _answer(trail, look, operation)
    basic, advanced = (answer.get(key) or None for key in ("EventSelectors", "AdvancedEventSelectors"))
    try:
        normal(basic, advanced)
    except ValueError as error:
        raise malformed("cloudtrail", operation, str(error)) from error
    # What AWS always says of a selector: without it, one would select whatever its form leaves open.
    if not all(one.get("ReadWriteType") for one in basic or ()):
        raise malformed("cloudtrail", operation, f"{NOT_OF_THE_FORM}: ReadWriteType is missing")
    if not all(_says_something(one) for one in advanced or ()):
        raise malformed("cloudtrail", operation, f"{NOT_OF_THE_FORM}: a selector has no conditions")
    return {"EventSelectors": basic, "AdvancedEventSelectors": advanced}


def insight_selectors(trail: Trail, look: Look) -> dict[str, object]:
    """Return a trail's Insights selectors; AWS has an error for there being none.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetInsightSelectors.html
    """
    try:
        answer = _answer(trail, look, "GetInsightSelectors")
    except AwsError as error:
        if error.code != NO_INSIGHTS:
            raise
        return {"InsightSelectors": []}
    if not answer.get("InsightSelectors"):
        return {"InsightSelectors": []}
    selectors = items_of(answer, "cloudtrail", "GetInsightSelectors", "InsightSelectors")
    if not all(one.get("InsightType") for one in selectors):
        raise malformed("cloudtrail", "GetInsightSelectors", "InsightType is missing")
    return {"InsightSelectors": selectors}


def tags(trail: Trail, look: Look) -> dict[str, object]:
    """Return a trail's tags.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListTags.html
    """
    wanted = {"ResourceIdList": [trail.arn]}
    answer = look.aws.call("cloudtrail", trail.home_region, "ListTags", wanted)
    found: dict[str, str] = {}
    for item in items_of(answer, "cloudtrail", "ListTags", "ResourceTagList"):
        for tag in item.get("TagsList") or ():
            found[str(tag.get("Key"))] = str(tag.get("Value") or "")
    return {"Tags": found}


READINGS = {
    Aspect.ATTRIBUTES: attributes,
    Aspect.SELECTORS: event_selectors,
    Aspect.INSIGHTS: insight_selectors,
    Aspect.TAGS: tags,
}


def _answer(trail: Trail, look: Look, operation: str) -> Answer:
    answer = look.aws.call("cloudtrail", trail.home_region, operation, {"TrailName": trail.arn})
    # Without its ARN the answer broke off: that there are no selectors would be read into it.
    if not answer.get("TrailARN"):
        raise malformed("cloudtrail", operation, "TrailARN is missing")
    return answer


def _says_something(advanced: Mapping[str, Any]) -> bool:
    """Whether an advanced selector has conditions, each with something that its field is compared with."""
    conditions = advanced["FieldSelectors"]
    return bool(conditions) and all(any(one.get(name) for name in OPERATORS) for one in conditions)
