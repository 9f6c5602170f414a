"""CloudTrail's trails as AWS shows and guards them: home regions, shadow trails, organization trails."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.cloudtrail.models import Trail, cloudtrail_backends

from tests.local_aws import trail_changes
from tests.local_aws.answers import Answer, AwsError
from tests.local_aws.calls import Incoming, Overlay
from tests.local_aws.deployed import region_partition
from tests.local_aws.history import History
from tests.local_aws.identity import ACCOUNT

_CHANGING = {
    "DeleteTrail": "Name",
    "PutEventSelectors": "TrailName",
    "PutInsightSelectors": "TrailName",
    "StartLogging": "Name",
    "StopLogging": "Name",
    "UpdateTrail": "Name",
}
_READING = {"GetEventSelectors": "TrailName", "GetInsightSelectors": "TrailName"}


@dataclass
class ForeignTrail:
    """An organization trail that another account owns, as a member account sees it.

    Attributes
    ----------
    logging
        Whether it logs.
    stopped_at
        When it was stopped, if it does not log.
    """

    name: str
    owner: str
    home_region: str
    bucket: str
    logging: bool
    stopped_at: datetime | None = None

    @property
    def arn(self) -> str:
        """Its ARN, with the management account's id."""
        partition = region_partition(self.home_region)
        return f"arn:{partition}:cloudtrail:{self.home_region}:{self.owner}:trail/{self.name}"


class Trails:
    """Overlays of the ``cloudtrail`` service."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._lock = threading.Lock()
        self._foreign: list[ForeignTrail] = []
        self._delivery_errors: dict[str, str] = {}
        self._refusal = "NotOrganizationMasterAccountException"

    def overlays(self) -> dict[tuple[str, str], Overlay]:
        """Give the operations that are answered here."""
        answered: dict[str, Overlay] = {
            "CreateTrail": self._create,
            "DescribeTrails": self._describe,
            "GetTrail": self._get,
            "GetTrailStatus": self._status,
            "ListTags": self._tags,
            "ListTrails": self._list,
            "LookupEvents": self._history.look_up,
            **dict.fromkeys(_CHANGING, self._change),
            **dict.fromkeys(_READING, self._read_selectors),
        }
        return {("cloudtrail", name): overlay for name, overlay in answered.items()}

    def plant_organization_trail(self, trail: ForeignTrail, refusal: str) -> None:
        """Make an organization trail of another account visible.

        Parameters
        ----------
        refusal
            The error's code that changing it gives.
        """
        with self._lock:
            self._foreign.append(trail)
            self._refusal = refusal

    def set_delivery_error(self, arn: str, error: str | None) -> None:
        """Set what GetTrailStatus gives as LatestDeliveryError; None takes it away."""
        with self._lock:
            self._delivery_errors.pop(arn, None)
            if error:
                self._delivery_errors[arn] = error

    def any_logging(self, region: str) -> bool:
        """Tell whether a trail logs the calls of a region."""
        return any(_is_logging(trail) for trail in self._visible(region))

    def _own(self) -> Iterator[Trail]:
        for backend in list(cloudtrail_backends[ACCOUNT].values()):
            yield from list(backend.trails.values())

    def _visible(self, region: str) -> list[Trail | ForeignTrail]:
        own = [trail for trail in self._own() if trail.region_name == region or trail.is_multi_region]
        with self._lock:
            return [*own, *self._foreign]

    def _find(self, name: str, region: str) -> Trail | ForeignTrail | None:
        """Find a trail by its short name in a region, or by its ARN where it can be seen from there."""
        for trail in self._visible(region):
            if name == _arn(trail) or (name == _name(trail) and region == _home(trail)):
                return trail
        return None

    def _change(self, incoming: Incoming) -> Answer | Mapping[str, Any]:
        """Let a trail be changed by its owner in its home region only."""
        name = str(incoming.parameters[_CHANGING[incoming.request.operation]])
        trail = self._to_change(name, incoming.region)
        if isinstance(trail, ForeignTrail):
            raise AwsError(
                self._refusal,
                "The trail is an organization trail that the management account owns; "
                "it cannot be changed from a member account.",
            )
        operation = incoming.request.operation
        if operation == "DeleteTrail":
            trail_changes.delete(trail)
            return {}
        if operation == "UpdateTrail":
            return trail_changes.update(incoming, trail)
        if operation == "PutEventSelectors":
            return trail_changes.put_event_selectors(incoming, trail)
        if operation == "PutInsightSelectors":
            return trail_changes.put_insight_selectors(incoming, trail)
        return incoming.forward()

    def _create(self, incoming: Incoming) -> Answer:
        return trail_changes.create(incoming, len(self._visible(incoming.region)))

    def _to_change(self, name: str, region: str) -> Trail | ForeignTrail:
        found = self._find(name, region)
        if found is None and not name.startswith("arn:"):
            # The short name of a shadow trail.
            found = next((trail for trail in self._visible(region) if _name(trail) == name), None)
        if found is None and name.startswith("arn:"):
            found = next((trail for trail in self._own() if trail.arn == name), None)
        if found is None:
            raise _not_found(name, region)
        if not isinstance(found, ForeignTrail) and found.region_name != region:
            raise AwsError(
                "InvalidHomeRegionException",
                f"Trail {found.arn} was created in the {found.region_name} Region. "
                "Use that Region for this call.",
            )
        return found

    def _read_selectors(self, incoming: Incoming) -> Mapping[str, Any]:
        name = str(incoming.parameters[_READING[incoming.request.operation]])
        trail = self._find(name, incoming.region)
        if trail is None:
            raise _not_found(name, incoming.region)
        if isinstance(trail, ForeignTrail):
            message = "The trail belongs to another account, which alone may read its selectors."
            raise AwsError(self._refusal, message)
        if incoming.request.operation == "GetInsightSelectors":
            return trail_changes.insight_selectors(trail)
        return trail_changes.event_selectors(trail)

    def _tags(self, incoming: Incoming) -> Answer:
        """Refuse to give tags of a trail in a region that is not its home.

        https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListTags.html
        """
        homes = {trail.arn: trail.region_name for trail in self._own()}
        for arn in incoming.parameters["ResourceIdList"]:
            if ":trail/" in arn and homes.get(arn) != incoming.region:
                raise AwsError("ResourceNotFoundException", f"Unknown resource: {arn}")
        return incoming.forward()

    def _describe(self, incoming: Incoming) -> Mapping[str, Any]:
        names = incoming.parameters.get("trailNameList")
        shadows = incoming.parameters.get("includeShadowTrails", True)
        if names:
            found = [self._find(name, incoming.region) for name in names]
            trails = [trail for trail in found if trail is not None]
        else:
            trails = [
                trail
                for trail in self._visible(incoming.region)
                if shadows or _home(trail) == incoming.region
            ]
        return {"trailList": [_description(trail) for trail in trails]}

    def _get(self, incoming: Incoming) -> Mapping[str, Any]:
        name = str(incoming.parameters["Name"])
        trail = self._find(name, incoming.region)
        if trail is None:
            raise _not_found(name, incoming.region)
        return {"Trail": _description(trail)}

    def _list(self, incoming: Incoming) -> Mapping[str, Any]:
        with self._lock:
            trails: list[Trail | ForeignTrail] = [*self._own(), *self._foreign]
        return {
            "Trails": [
                {"TrailARN": _arn(trail), "Name": _name(trail), "HomeRegion": _home(trail)}
                for trail in trails
            ]
        }

    def _status(self, incoming: Incoming) -> Mapping[str, Any]:
        name = str(incoming.parameters["Name"])
        trail = self._find(name, incoming.region)
        if trail is None:
            raise _not_found(name, incoming.region)
        status: dict[str, Any] = {"IsLogging": _is_logging(trail)}
        started = None if isinstance(trail, ForeignTrail) else trail.status.started
        stopped = trail.stopped_at if isinstance(trail, ForeignTrail) else trail.status.stopped
        if started:
            status["StartLoggingTime"] = _aware(started)
            status["TimeLoggingStarted"] = _text(started)
        if stopped:
            status["StopLoggingTime"] = _aware(stopped)
            status["TimeLoggingStopped"] = _text(stopped)
        if started:
            last = datetime.now(UTC) if status["IsLogging"] else (stopped or started)
            status["LatestDeliveryTime"] = _aware(last)
            status["LatestDeliveryAttemptTime"] = _text(last)
        with self._lock:
            error = self._delivery_errors.get(_arn(trail))
        if error:
            status["LatestDeliveryError"] = error
        return status


def _name(trail: Trail | ForeignTrail) -> str:
    return trail.name if isinstance(trail, ForeignTrail) else str(trail.trail_name)


def _arn(trail: Trail | ForeignTrail) -> str:
    return str(trail.arn)


def _home(trail: Trail | ForeignTrail) -> str:
    return trail.home_region if isinstance(trail, ForeignTrail) else str(trail.region_name)


def _is_logging(trail: Trail | ForeignTrail) -> bool:
    return trail.logging if isinstance(trail, ForeignTrail) else bool(trail.status.is_logging)


def _description(trail: Trail | ForeignTrail) -> dict[str, Any]:
    if isinstance(trail, ForeignTrail):
        return {
            "Name": trail.name,
            "S3BucketName": trail.bucket,
            "IncludeGlobalServiceEvents": True,
            "IsMultiRegionTrail": True,
            "HomeRegion": trail.home_region,
            "TrailARN": trail.arn,
            "LogFileValidationEnabled": True,
            "HasCustomEventSelectors": False,
            "HasInsightSelectors": False,
            "IsOrganizationTrail": True,
        }
    described = {
        key: value for key, value in trail.description(include_region=True).items() if value is not None
    }
    described["HasCustomEventSelectors"] = bool(trail.event_selectors or trail.advanced_event_selectors)
    described["HasInsightSelectors"] = bool(trail.insight_selectors)
    return described


def _not_found(name: str, region: str) -> AwsError:
    arn = (
        name
        if name.startswith("arn:")
        else f"arn:{region_partition(region)}:cloudtrail:{region}:{ACCOUNT}:trail/{name}"
    )
    return AwsError("TrailNotFoundException", f"Unknown trail: {arn} for the user: {ACCOUNT}")


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(moment: datetime) -> str:
    return _aware(moment).strftime("%Y-%m-%dT%H:%M:%SZ")
