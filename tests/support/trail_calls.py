"""Making, changing and reading trails in moto as AWS does it, for fakes that stand in one process with moto.

The rules are those of AWS on this machine, so that no layer is laxer than another.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from moto.cloudtrail.models import Trail, cloudtrail_backends

from tests.local_aws import trail_changes
from tests.local_aws.answers import AwsError
from tests.local_aws.calls import Incoming

NAMED_BY: Mapping[str, str] = {
    "GetEventSelectors": "TrailName",
    "GetInsightSelectors": "TrailName",
    "GetTrail": "Name",
    "PutEventSelectors": "TrailName",
    "PutInsightSelectors": "TrailName",
    "UpdateTrail": "Name",
}
OPERATIONS = (*NAMED_BY, "CreateTrail", "ListTags")


@dataclass(frozen=True)
class _Call:
    parameters: Mapping[str, Any]
    region: str


def answer(operation: str, parameters: Mapping[str, Any], region: str, account: str) -> dict[str, Any]:
    """Answer a call on a trail of the account.

    Raises
    ------
    AwsError
        AWS would refuse it.
    """
    call = cast("Incoming", _Call(parameters, region))
    if operation == "CreateTrail":
        return _body(trail_changes.create(call, len(cloudtrail_backends[account][region].trails)))
    if operation == "ListTags":
        return _tags(parameters, region, account)
    trail = _find(str(parameters[NAMED_BY[operation]]), region, account)
    if operation == "UpdateTrail":
        return _body(trail_changes.update(call, trail))
    answers: Mapping[str, Callable[[], Mapping[str, Any]]] = {
        "GetEventSelectors": lambda: trail_changes.event_selectors(trail),
        "GetInsightSelectors": lambda: trail_changes.insight_selectors(trail),
        "GetTrail": lambda: {"Trail": described(trail)},
        "PutEventSelectors": lambda: trail_changes.put_event_selectors(call, trail),
        "PutInsightSelectors": lambda: trail_changes.put_insight_selectors(call, trail),
    }
    return dict(answers[operation]())


def make(parameters: Mapping[str, Any], region: str) -> str:
    """Make a trail, however many there are already, and return its ARN."""
    made = _body(trail_changes.create(cast("Incoming", _Call(parameters, region)), 0))
    return str(made["TrailARN"])


def described(trail: Trail) -> dict[str, Any]:
    """Return what AWS shows of a trail: nothing of what it does not have."""
    shown = trail.description(include_region=True)
    shown["HasCustomEventSelectors"] = bool(trail.event_selectors or trail.advanced_event_selectors)
    shown["HasInsightSelectors"] = bool(trail.insight_selectors)
    return {key: value for key, value in shown.items() if value not in (None, "")}


def _find(name: str, region: str, account: str) -> Trail:
    for home, backend in cloudtrail_backends[account].items():
        for trail in backend.trails.values():
            if name == trail.arn or (name == trail.trail_name and home == region):
                if home != region:
                    raise AwsError("InvalidHomeRegionException", f"Trail {trail.arn} is homed in {home}.")
                return trail
    raise AwsError("TrailNotFoundException", f"Unknown trail: {name} for the user: {account}")


def _tags(parameters: Mapping[str, Any], region: str, account: str) -> dict[str, Any]:
    backend = cloudtrail_backends[account][region]
    listed = []
    for arn in parameters["ResourceIdList"]:
        _find(arn, region, account)
        tags = backend.tagging_service.list_tags_for_resource(arn)["TagsList"]
        listed.append({"ResourceId": arn, "TagsList": tags})
    return {"ResourceTagList": listed}


def _body(answered: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answered.body)
    return body
