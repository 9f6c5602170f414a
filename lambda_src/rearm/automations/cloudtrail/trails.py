"""Reading trails: which there are, where their home is, whether they log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rearm.automations import Look
from rearm.aws import Answer, AwsError, items_of, malformed
from rearm.model import Failure, Resource

TRAIL_TYPE = "AWS::CloudTrail::Trail"
NOT_FOUND = frozenset(
    {"TrailNotFoundException", "InvalidTrailNameException", "CloudTrailARNInvalidException"}
)
DELIVERY_ERRORS: Mapping[str, str] = {
    "LatestDeliveryError": "log files to the bucket",
    "LatestDigestDeliveryError": "digest files to the bucket",
    "LatestCloudWatchLogsDeliveryError": "events to CloudWatch Logs",
}


@dataclass(frozen=True)
class Trail:
    """One trail by its ARN, which says its home region and the account that owns it.

    `described` is what DescribeTrails said of it, None where only the ARN is known.
    """

    arn: str
    described: Answer | None = None

    @property
    def multi_region(self) -> bool:
        """Whether it is known to cover all regions."""
        return self.described is not None and self.described.get("IsMultiRegionTrail") is True

    @property
    def name(self) -> str:
        """The trail's short name."""
        return self.arn.partition(":trail/")[2]

    @property
    def home_region(self) -> str:
        """The only region in which the trail can be changed."""
        return self.arn.split(":")[3]

    @property
    def owner(self) -> str:
        """The id of the account the trail belongs to: for an organization trail the management account."""
        return self.arn.split(":")[4]

    @property
    def resource(self) -> Resource:
        """The trail as a resource."""
        return Resource(self.arn, self.name, TRAIL_TYPE, self.owner, self.home_region)


@dataclass(frozen=True)
class Status:
    """Whether a trail logs, since when, and what its last deliveries met (what failed: AWS's error)."""

    logging: bool
    started: datetime | None
    stopped: datetime | None
    delivery_errors: Mapping[str, str]


def is_trail_arn(name: str) -> bool:
    """Whether a trail is given by its ARN rather than by its short name."""
    return name.startswith("arn:") and len(name.split(":")) == 6 and ":trail/" in name


def trail_arn(name: str, partition: str, region: str, account: str) -> str:
    """Return the ARN of a trail that a call in a region named; a short name is of that region and account."""
    return name if is_trail_arn(name) else f"arn:{partition}:cloudtrail:{region}:{account}:trail/{name}"


def all_trails(look: Look) -> tuple[tuple[Trail, ...], tuple[Failure, ...]]:
    """Return every trail that concerns the account, each once, whatever region it is seen from.

    ``DescribeTrails`` shows the trails of this region and the shadows of multi-region and organization
    trails; ``ListTrails`` adds those that are homed elsewhere and log only there. If one of them fails, the
    trails that the other shows are still there to be looked at.

    Returns
    -------
    tuple
        The trails by their ARN, and what failed.

    Sources: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html,
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListTrails.html
    """
    found: dict[str, Trail] = {}
    failures: list[Failure] = []
    try:
        answer = look.aws.call("cloudtrail", look.region, "DescribeTrails", {"includeShadowTrails": True})
        for item in items_of(answer, "cloudtrail", "DescribeTrails", "trailList"):
            trail = Trail(_arn(item, "DescribeTrails"), item)
            found[trail.arn] = trail
    except AwsError as error:
        failures.append(error.failure)
    try:
        for page in look.aws.pages("cloudtrail", look.region, "ListTrails"):
            for item in items_of(page, "cloudtrail", "ListTrails", "Trails"):
                arn = _arn(item, "ListTrails")
                found.setdefault(arn, Trail(arn))
    except AwsError as error:
        failures.append(error.failure)
    return tuple(found[arn] for arn in sorted(found)), tuple(failures)


def status_of(trail: Trail, look: Look) -> Status:
    """Ask a trail, in its home region, whether it logs.

    Raises
    ------
    AwsError
        The call failed; ``TrailNotFoundException`` if there is no such trail.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
    """
    answer = look.aws.call("cloudtrail", trail.home_region, "GetTrailStatus", {"Name": trail.arn})
    logging = answer.get("IsLogging")
    if not isinstance(logging, bool):
        raise malformed("cloudtrail", "GetTrailStatus", "IsLogging is missing")
    errors = {what: str(answer[key]) for key, what in DELIVERY_ERRORS.items() if answer.get(key)}
    return Status(
        logging=logging,
        started=_time(answer.get("StartLoggingTime")),
        stopped=_time(answer.get("StopLoggingTime")),
        delivery_errors=errors,
    )


def _arn(item: Answer, operation: str) -> str:
    arn = item.get("TrailARN")
    if not isinstance(arn, str) or not is_trail_arn(arn):
        raise malformed("cloudtrail", operation, "a trail has no TrailARN")
    return arn


def _time(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None
