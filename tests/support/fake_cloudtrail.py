"""CloudTrail where moto is laxer than AWS or lacks it: event history, other accounts' trails, all regions.

The trails themselves are moto's, so that an independent client reads and changes the same ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.cloudtrail.models import Trail as MotoTrail
from moto.cloudtrail.models import cloudtrail_backends

from tests.local_aws.answers import AwsError
from tests.support import trail_calls

HISTORY_PAGE = 50
LOOKUP_KEYS = frozenset(
    {
        "AccessKeyId",
        "EventId",
        "EventName",
        "EventSource",
        "ReadOnly",
        "ResourceName",
        "ResourceType",
        "Username",
    }
)


@dataclass
class Cloudtrail:
    """What an account sees of CloudTrail.

    Attributes
    ----------
    account
        The account that asks.
    managed_by
        The management account of its organization, whose organization trails it sees.
    history
        CloudTrail records by region, as the event history keeps them.
    delivery_errors
        By a trail's ARN: what `GetTrailStatus` says of its last deliveries.
    slow_to_start
        By a trail's ARN: how many more times its status is read before a start shows.
    """

    account: str
    managed_by: str | None = None
    history: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    delivery_errors: dict[str, Mapping[str, str]] = field(default_factory=dict)
    slow_to_start: dict[str, int] = field(default_factory=dict)

    def DescribeTrails(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html."""
        shadows = parameters.get("includeShadowTrails", True)
        names = parameters.get("trailNameList") or ()
        seen = [
            trail
            for trail in self._trails()
            if (trail.region_name == region or (shadows and trail.is_multi_region))
            and (not names or trail.trail_name in names or trail.arn in names)
        ]
        return {"trailList": [trail_calls.described(trail) for trail in seen]}

    def ListTrails(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListTrails.html."""
        trails = sorted(self._trails(), key=lambda trail: trail.arn)
        start = _position(parameters, len(trails), "InvalidTokenException")
        page: dict[str, Any] = {"Trails": [trail.short() for trail in trails[start : start + 2]]}
        # Two a page, so that whoever forgets the token loses trails.
        return page | ({"NextToken": str(start + 2)} if len(trails) > start + 2 else {})

    def GetTrailStatus(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html."""
        trail = self._find(parameters["Name"], region)
        waits = self.slow_to_start.get(trail.arn, 0)
        shown = trail.status.is_logging
        if shown and waits and trail.status.stopped:
            self.slow_to_start[trail.arn] = waits - 1
            shown = False
        return {
            "IsLogging": shown,
            **({"StartLoggingTime": _aware(trail.status.started)} if trail.status.started else {}),
            **({"StopLoggingTime": _aware(trail.status.stopped)} if trail.status.stopped else {}),
            **self.delivery_errors.get(trail.arn, {}),
        }

    def StartLogging(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartLogging.html."""
        trail = self._find(parameters["Name"], region)
        if trail.account_id != self.account:
            raise AwsError(
                "NotOrganizationMasterAccountException",
                "The request could not be processed because it was not made by the management account",
            )
        if trail.region_name != region:
            raise AwsError(
                "InvalidHomeRegionException", f"Trail {trail.arn} cannot be modified from region {region}"
            )
        trail.start_logging()
        return {}

    def __getattr__(self, operation: str) -> Callable[[Mapping[str, Any], str], dict[str, Any]]:
        """Answer what makes, changes or reads a trail of the account itself, as AWS on this machine does."""
        if operation not in trail_calls.OPERATIONS:
            raise AttributeError(operation)
        account = self.account
        return lambda parameters, region: trail_calls.answer(operation, parameters, region, account)

    def LookupEvents(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html."""
        attributes = parameters.get("LookupAttributes") or []
        if len(attributes) > 1 or any(one["AttributeKey"] not in LOOKUP_KEYS for one in attributes):
            raise AwsError("InvalidLookupAttributesException", "You can only have one attribute")
        limit = parameters.get("MaxResults", HISTORY_PAGE)
        if not 1 <= limit <= HISTORY_PAGE:
            raise AwsError("InvalidMaxResultsException", f"MaxResults {limit} is not between 1 and 50")
        start, end = _moment(parameters.get("StartTime")), _moment(parameters.get("EndTime"))
        if start and end and start > end:
            raise AwsError("InvalidTimeRangeException", "StartTime is after EndTime")
        found = [
            record
            for record in reversed(self.history.get(region, []))
            if all(_matches(record, one) for one in attributes) and _within(record, start, end)
        ]
        first = _position(parameters, len(found), "InvalidNextTokenException")
        page: dict[str, Any] = {"Events": [_event(record) for record in found[first : first + limit]]}
        return page | ({"NextToken": str(first + limit)} if len(found) > first + limit else {})

    def _trails(self) -> Iterator[MotoTrail]:
        yield from self._own()
        if self.managed_by:
            for backend in list(cloudtrail_backends[self.managed_by].values()):
                yield from (trail for trail in backend.trails.values() if trail.is_org_trail)

    def _own(self) -> Iterator[MotoTrail]:
        for backend in list(cloudtrail_backends[self.account].values()):
            yield from backend.trails.values()

    def _find(self, name: str, region: str) -> MotoTrail:
        if name.startswith("arn:") and (len(name.split(":")) != 6 or ":trail/" not in name):
            raise AwsError("CloudTrailARNInvalidException", f"{name} is not the ARN of a trail")
        for trail in self._trails():
            by_name = trail.trail_name == name and trail.region_name == region
            # A single-region trail is not known anywhere else.
            if by_name or (trail.arn == name and (trail.is_multi_region or trail.region_name == region)):
                return trail
        raise AwsError(
            "TrailNotFoundException", f"Unknown trail: {name} for the user: {self.account}", status=400
        )


def _aware(naive: datetime) -> datetime:
    """Give a time of moto's, which keeps naive ones in UTC."""
    return naive.replace(tzinfo=UTC, microsecond=0)


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    assert isinstance(value, datetime), f"{value!r} is no time"
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _matches(record: Mapping[str, Any], attribute: Mapping[str, str]) -> bool:
    key = {"EventName": "eventName", "EventId": "eventID", "EventSource": "eventSource"}
    return bool(record[key[attribute["AttributeKey"]]] == attribute["AttributeValue"])


def _within(record: Mapping[str, Any], start: datetime | None, end: datetime | None) -> bool:
    time = datetime.fromisoformat(record["eventTime"])
    return (start is None or start <= time) and (end is None or time <= end)


def _event(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "EventSource": record["eventSource"],
        "EventTime": datetime.fromisoformat(record["eventTime"]),
        "ReadOnly": "false",
        "CloudTrailEvent": json.dumps(record),
    }


def _position(parameters: Mapping[str, Any], length: int, error: str) -> int:
    token = parameters.get("NextToken")
    if token is None:
        return 0
    if not token.isdigit() or int(token) >= length:
        raise AwsError(error, f"{token} is not a token of this list")
    return int(token)
