"""CloudTrail's event history: LookupEvents, which works without any trail.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.local_aws.answers import AwsError
from tests.local_aws.calls import Incoming
from tests.local_aws.options import Options


class History:
    """The management events of the account, by region."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._records: list[tuple[float, Mapping[str, Any]]] = []
        self._lookups: dict[str, deque[float]] = {}

    def add(self, entry: Mapping[str, Any]) -> None:
        """Keep a record."""
        with self._lock:
            self._records.append((time.monotonic(), entry))

    @property
    def records(self) -> list[Mapping[str, Any]]:
        """All records, oldest first, whatever the lag."""
        with self._lock:
            return [entry for _, entry in self._records]

    def look_up(self, incoming: Incoming) -> Mapping[str, Any]:
        """Answer LookupEvents."""
        parameters = incoming.parameters
        self._throttle(incoming.region)
        size = parameters.get("MaxResults", 50)
        if not 1 <= size <= 50:
            raise AwsError("InvalidMaxResultsException", "A maximum results value of 1 to 50 is required.")
        start, end = parameters.get("StartTime"), parameters.get("EndTime")
        if start and end and _aware(start) > _aware(end):
            raise AwsError("InvalidTimeRangeException", "The start time is after the end time.")
        attributes = parameters.get("LookupAttributes") or []
        if len(attributes) > 1:
            raise AwsError("InvalidLookupAttributesException", "You can only specify one lookup attribute.")
        if parameters.get("EventCategory") == "insight":
            return {"Events": []}
        visible = time.monotonic() - self._options.lookup_lag_s
        with self._lock:
            found = [
                entry
                for kept_at, entry in reversed(self._records)
                if kept_at <= visible and entry["awsRegion"] == incoming.region
            ]
        found = [entry for entry in found if _within(entry, start, end) and _has(entry, attributes)]
        offset = _offset(parameters.get("NextToken"))
        page = found[offset : offset + size]
        more = {"NextToken": str(offset + size)} if offset + size < len(found) else {}
        return {"Events": [_event(entry) for entry in page], **more}

    def _throttle(self, region: str) -> None:
        limit = self._options.lookups_per_second
        if limit is None:
            return
        now = time.monotonic()
        with self._lock:
            recent = self._lookups.setdefault(region, deque())
            while recent and recent[0] <= now - 1:
                recent.popleft()
            if len(recent) >= limit:
                raise AwsError("ThrottlingException", "Rate exceeded")
            recent.append(now)


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdigit():
        raise AwsError("InvalidNextTokenException", "The token is not valid.")
    return int(token)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _time(entry: Mapping[str, Any]) -> datetime:
    return datetime.strptime(entry["eventTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _within(entry: Mapping[str, Any], start: datetime | None, end: datetime | None) -> bool:
    at = _time(entry)
    return (start is None or at >= _aware(start)) and (end is None or at <= _aware(end))


def _has(entry: Mapping[str, Any], attributes: list[Mapping[str, str]]) -> bool:
    event = _event(entry)
    for attribute in attributes:
        key, wanted = attribute["AttributeKey"], attribute["AttributeValue"]
        if key in ("ResourceName", "ResourceType"):
            if not any(resource.get(key) == wanted for resource in event["Resources"]):
                return False
        elif key not in event:
            raise AwsError("InvalidLookupAttributesException", f"{key} is not a lookup attribute.")
        elif event[key] != wanted:
            return False
    return True


def _event(entry: Mapping[str, Any]) -> dict[str, Any]:
    who = entry["userIdentity"]
    name = who.get("userName") or str(who.get("arn", "")).rpartition("/")[2]
    return {
        "EventId": entry["eventID"],
        "EventName": entry["eventName"],
        "ReadOnly": str(entry["readOnly"]).lower(),
        "AccessKeyId": who.get("accessKeyId", ""),
        "EventTime": _time(entry),
        "EventSource": entry["eventSource"],
        "Username": name,
        "Resources": _resources(entry),
        "CloudTrailEvent": json.dumps(entry),
    }


def _resources(entry: Mapping[str, Any]) -> list[dict[str, str]]:
    parameters = entry.get("requestParameters") or {}
    if entry.get("resources"):
        # Buckets by their name, everything else by its ARN.
        return [
            {"ResourceType": one["type"], "ResourceName": one["ARN"].removeprefix("arn:aws:s3:::")}
            for one in entry["resources"]
        ]
    if entry["eventSource"] != "cloudtrail.amazonaws.com":
        return []
    names = [parameters[key] for key in ("name", "trailName") if isinstance(parameters.get(key), str)]
    return [{"ResourceType": "AWS::CloudTrail::Trail", "ResourceName": name} for name in names]
