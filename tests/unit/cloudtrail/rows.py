"""The rows of the matrix that are done to a trail: what somebody does, and how its state is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.cloudtrail.models import cloudtrail_backends

from tests.events.envelopes import REGION, api_event, scheduled
from tests.events.identities import ACCOUNT
from tests.local_aws.trail_changes import delete
from tests.support import trail_calls
from tests.unit.world import World, client, cloudtrail, stamp

Event = dict[str, Any]
NAME = "management"
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail:*"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/trail-to-logs"
OBJECTS = "AWS::S3::Object"


def basic(**choices: Any) -> dict[str, Any]:
    """Return a basic selector of all management events and the objects of one bucket."""
    return {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [{"Type": OBJECTS, "Values": ["arn:aws:s3:::orders/"]}],
        "ExcludeManagementEventSources": [],
        **choices,
    }


def advanced(*data: str) -> list[dict[str, Any]]:
    """Return advanced selectors of all management events, and of data events of buckets."""
    management = {"Name": "management", "FieldSelectors": [field("eventCategory", "Management")]}
    objects = {
        "Name": "objects",
        "FieldSelectors": [
            field("eventCategory", "Data"),
            field("resources.type", OBJECTS),
            {"Field": "resources.ARN", "StartsWith": list(data)},
        ],
    }
    return [management, *([objects] if data else [])]


def field(name: str, *values: str) -> dict[str, Any]:
    """Return the condition that a field is one of some values."""
    return {"Field": name, "Equals": list(values)}


INSIGHTS = [{"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiErrorRateInsight"}]
TAGS = {"team": "security", "aws:cloudformation:stack-name": "logs"}


def full_trail(world: World, name: str = NAME, *, region: str = REGION, **attributes: Any) -> str:
    """Make a trail that has everything that a trail can have, and return its ARN."""
    client("sns", region).create_topic(Name="trails")
    wanted = {
        "S3KeyPrefix": "all",
        "SnsTopicName": "trails",
        "CloudWatchLogsLogGroupArn": GROUP,
        "CloudWatchLogsRoleArn": ROLE,
        "TagsList": [{"Key": key, "Value": value} for key, value in TAGS.items()],
        **attributes,
    }
    arn = world.trail(name, region=region, **wanted)
    put(arn, "PutEventSelectors", AdvancedEventSelectors=advanced("arn:aws:s3:::orders/"))
    put(arn, "PutInsightSelectors", InsightSelectors=INSIGHTS)
    return arn


def put(arn: str, operation: str, **parameters: Any) -> None:
    """Change a trail, and leave no trace of who did it."""
    key = trail_calls.NAMED_BY[operation]
    trail_calls.answer(operation, {key: arn, **parameters}, arn.split(":")[3], ACCOUNT)


def change(world: World, arn: str, operation: str, /, identity: Any = None, **parameters: Any) -> Event:
    """Change a trail as somebody does, half a minute ago; return the event, which the history has too."""
    put(arn, operation, **parameters)
    key = trail_calls.NAMED_BY[operation]
    said = lower({key: arn.partition(":trail/")[2], **parameters})
    return recorded(world, arn, operation, said, identity=identity)


def deletion(world: World, arn: str, identity: Any = None) -> Event:
    """Delete a trail as somebody does, half a minute ago; return the event, which the history has too."""
    delete(trail_of(arn))
    name = arn.partition(":trail/")[2]
    return recorded(world, arn, "DeleteTrail", {"name": name}, identity=identity)


def recorded(
    world: World, arn: str, operation: str, parameters: Mapping[str, Any], *, identity: Any = None
) -> Event:
    """Return the event of a call, and put the call into the event history."""
    at = stamp(datetime.now(UTC) - timedelta(seconds=30))
    region = arn.split(":")[3]
    event = api_event(operation, parameters=parameters, time=at, region=region, identity=identity)
    world.history.add(event)
    return event


def lower(value: Any) -> Any:
    """Return parameters as CloudTrail records them: each name with a small letter first."""
    if isinstance(value, Mapping):
        return {f"{key[0].lower()}{key[1:]}": lower(inner) for key, inner in value.items()}
    return [lower(inner) for inner in value] if isinstance(value, list) else value


def trail_of(arn: str) -> Any:
    """Return moto's trail."""
    _, _, _, region, account, name = arn.split(":", 5)
    return cloudtrail_backends[account][region].trails[name.removeprefix("trail/")]


def state(arn: str) -> dict[str, Any]:
    """Read everything about a trail with the tests' own client, past Rearm's code and every fault."""
    own = cloudtrail(arn.split(":")[3])
    shown = own.get_trail(Name=arn)["Trail"]
    selectors = own.get_event_selectors(TrailName=arn)
    tags = own.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"]
    return {
        **{key: value for key, value in shown.items() if value not in (None, "")},
        "EventSelectors": selectors.get("EventSelectors") or [],
        "AdvancedEventSelectors": selectors.get("AdvancedEventSelectors") or [],
        "InsightSelectors": own.get_insight_selectors(TrailName=arn).get("InsightSelectors") or [],
        "Tags": {tag["Key"]: tag["Value"] for tag in tags},
        "IsLogging": own.get_trail_status(Name=arn)["IsLogging"],
    }


@dataclass(frozen=True)
class Row:
    """One way to weaken a trail: what somebody does, as an event, and the rule of the finding about it."""

    id: str
    rule: str
    attack: Callable[[World, str], Event]
    calls: tuple[str, ...]
    said: str = ""

    @property
    def changes(self) -> list[str]:
        """The calls that put it back."""
        return [f"cloudtrail:{call}" for call in self.calls]


def _update(**parameters: Any) -> Callable[[World, str], Event]:
    return lambda world, arn: change(world, arn, "UpdateTrail", **parameters)


def _selectors(**parameters: Any) -> Callable[[World, str], Event]:
    return lambda world, arn: change(world, arn, "PutEventSelectors", **parameters)


def _other_bucket(world: World, arn: str) -> Event:
    client("s3").create_bucket(Bucket="attacker")
    return change(world, arn, "UpdateTrail", S3BucketName="attacker")


def _other_key(world: World, arn: str) -> Event:
    return change(world, arn, "UpdateTrail", KmsKeyId=world.key("attackers"))


def _other_topic(world: World, arn: str) -> Event:
    client("sns", arn.split(":")[3]).create_topic(Name="attackers")
    return change(world, arn, "UpdateTrail", SnsTopicName="attackers")


def _one_region_first(world: World, arn: str) -> Event:
    """Global events can only be left out by a trail of one region: both go in one call."""
    parameters = {"IsMultiRegionTrail": False, "IncludeGlobalServiceEvents": False}
    return change(world, arn, "UpdateTrail", **parameters)


UPDATE, SELECTORS = ("UpdateTrail",), ("PutEventSelectors",)
WITHOUT_DATA: dict[str, Any] = {"DataResources": []}
ROWS: tuple[Row, ...] = (
    Row("trail.bucket", "trail-bucket-changed", _other_bucket, UPDATE, "attacker"),
    Row("trail.prefix", "trail-prefix-changed", _update(S3KeyPrefix="elsewhere"), UPDATE, "elsewhere"),
    Row("trail.prefix", "trail-prefix-changed", _update(S3KeyPrefix=""), UPDATE, "none, where it was all"),
    Row("trail.multi-region", "trail-not-multi-region", _update(IsMultiRegionTrail=False), UPDATE),
    Row("trail.validation", "trail-no-validation", _update(EnableLogFileValidation=False), UPDATE),
    Row("trail.key", "trail-key-changed", _update(KmsKeyId=""), UPDATE, "with key none"),
    Row("trail.key", "trail-key-changed", _other_key, UPDATE),
    Row(
        "trail.log-group",
        "trail-log-group-changed",
        _update(CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn=""),
        UPDATE,
        "none, none",
    ),
    Row(
        "trail.log-group",
        "trail-log-group-changed",
        _update(CloudWatchLogsLogGroupArn=GROUP.replace("trail", "another"), CloudWatchLogsRoleArn=ROLE),
        UPDATE,
        "log-group:another",
    ),
    Row("trail.topic", "trail-topic-changed", _update(SnsTopicName=""), UPDATE),
    Row("trail.topic", "trail-topic-changed", _other_topic, UPDATE, "attackers"),
    Row(
        "trail.management-events-off",
        "trail-selectors-weakened",
        _selectors(EventSelectors=[basic(IncludeManagementEvents=False)]),
        SELECTORS,
        "management events are not recorded any more",
    ),
    Row(
        "trail.read-or-write-only",
        "trail-selectors-weakened",
        _selectors(EventSelectors=[basic(ReadWriteType="ReadOnly")]),
        SELECTORS,
        "only read management events are recorded",
    ),
    Row(
        "trail.read-or-write-only",
        "trail-selectors-weakened",
        _selectors(EventSelectors=[basic(ReadWriteType="WriteOnly")]),
        SELECTORS,
        "only write management events are recorded",
    ),
    Row(
        "trail.sources-excluded",
        "trail-selectors-weakened",
        _selectors(EventSelectors=[basic(ExcludeManagementEventSources=["kms.amazonaws.com"])]),
        SELECTORS,
        "management events of kms[.]amazonaws[.]com are left out",
    ),
    Row(
        "trail.advanced-narrowed",
        "trail-selectors-weakened",
        _selectors(AdvancedEventSelectors=advanced("arn:aws:s3:::orders/none/")),
        SELECTORS,
        "data events of AWS::S3::Object are recorded of fewer",
    ),
    Row(
        "trail.advanced-narrowed",
        "trail-selectors-weakened",
        _selectors(
            AdvancedEventSelectors=[
                {"FieldSelectors": [field("eventCategory", "Management"), field("eventName", "Nothing")]}
            ]
        ),
        SELECTORS,
        "fewer management events are recorded",
    ),
    Row(
        "trail.data-events-dropped",
        "trail-selectors-weakened",
        _selectors(EventSelectors=[basic(**WITHOUT_DATA)]),
        SELECTORS,
        "data events of AWS::S3::Object are not recorded any more",
    ),
    Row(
        "trail.insights-off",
        "trail-insights-off",
        lambda world, arn: change(world, arn, "PutInsightSelectors", InsightSelectors=[]),
        ("PutInsightSelectors",),
        "ApiCallRateInsight of management events",
    ),
    Row(
        "trail.insights-off",
        "trail-insights-off",
        lambda world, arn: change(world, arn, "PutInsightSelectors", InsightSelectors=INSIGHTS[:1]),
        ("PutInsightSelectors",),
        "ApiErrorRateInsight of management events",
    ),
    Row(
        "trail.delete",
        "trail-deleted",
        deletion,
        ("CreateTrail", "PutEventSelectors", "PutInsightSelectors", "StartLogging"),
        "was deleted",
    ),
)
ONE_REGION_WITHOUT_GLOBAL_EVENTS = _one_region_first


def learned(world: World, **attributes: Any) -> tuple[str, dict[str, Any]]:
    """Make a full trail, let a sweep learn it, and return its ARN and state."""
    arn = full_trail(world, **attributes)
    run = world.handle(scheduled())
    assert run.outcomes == ["compliant"], run.journal
    long_ago(world, arn)
    return arn, state(arn)


def long_ago(world: World, arn: str) -> None:
    """Let a baseline have been recorded before anything that the history has."""
    baseline = world.items("cloudtrail#baseline")[arn]
    content = {**baseline, "recorded": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}
    world.put_item("cloudtrail#baseline", arn, content, count=content.pop("count"))
