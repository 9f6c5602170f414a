"""Trails that are weakened or deleted: what somebody does to them, and how they must be again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from moto.cloudtrail.models import cloudtrail_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends

from tests.events.envelopes import scheduled
from tests.events.identities import assumed_role
from tests.local_aws import trail_changes
from tests.scenarios.account import Account, Event, client
from tests.scenarios.stage import Scenario
from tests.scenarios.verdicts import BASELINES, Check, asked_again, tells_nothing, told
from tests.support import trail_calls
from tests.support.planned import ACCOUNT
from tests.support.variants import BY_DEFAULT

WHO = ("admin", "Session: maintenance")
INSIGHTS = [{"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiErrorRateInsight"}]
MANAGEMENT = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
OBJECTS = {
    "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    ]
}
# How the trails of an account are before somebody changes them.
_before: WeakKeyDictionary[Account, dict[str, dict[str, Any]]] = WeakKeyDictionary()


def scenarios(
    notify: frozenset[str], rules: Callable[[str], tuple[str, ...]], other_rules: Callable[[Account], None]
) -> Iterator[Scenario]:
    """Return the scenarios of every variant.

    Parameters
    ----------
    notify
        The variants that only tell.
    rules
        Names the Config rules that a variant asks again after a repair.
    other_rules
        Makes the Config rules that a variant's organization has.
    """
    for variant in BY_DEFAULT:
        acts = variant not in notify
        as_they_were = [_as_it_was(name) for name in ("management", "audit", "gone")] if acts else []
        yield Scenario(
            "a sweep finds weakened and deleted trails",
            variant,
            _sweep_over_weakened,
            (
                *as_they_were,
                *([] if acts else [_not_made_again("gone")]),
                told("remediated" if acts else "notified", *WHO, "was deleted", "delivers to bucket"),
                asked_again(*(rules(variant) if acts else ())),
            ),
            "cloudtrail",
            lambda account: _learned(account, other_rules),
            independent=True,
        )
    yield from _event_door(rules("default"))
    yield from _learning()


def _event_door(rules: tuple[str, ...]) -> Iterator[Scenario]:
    for name, attack, words in (
        ("a trail is pointed to another bucket", _other_bucket, "delivers to bucket attacker"),
        ("a trail selects nothing any more", _selects_nothing, "only write management events"),
        ("a trail's Insights are switched off", _no_insights, "ApiCallRateInsight"),
        ("a trail that is known is deleted", _deleted, "create-trail"),
    ):
        yield Scenario(
            name,
            "default",
            attack,
            (_as_it_was("management"), told("remediated", *WHO, words), asked_again(*rules)),
            "cloudtrail",
            _learned,
            independent=attack is not _deleted,
        )


def _learning() -> Iterator[Scenario]:
    yield Scenario(
        "a sweep sees trails for the first time",
        "default",
        _new_trails,
        (_recorded("management"), _recorded("audit"), told("notified", "writes no digests"), asked_again()),
        "cloudtrail",
        independent=True,
    )
    yield Scenario(
        "a trail is made stronger",
        "default",
        _stronger,
        (_recorded("management"), told("compliant", "Session: maintenance")),
        "cloudtrail",
        _learned_without_validation,
    )
    yield Scenario(
        "an excused role has changed a trail",
        "exceptions",
        _excused,
        (_recorded("management"), told("excepted", "'patching'"), asked_again()),
        "cloudtrail",
        _learned,
    )
    yield Scenario(
        "nothing has changed since a sweep",
        "default",
        _sweep,
        (_recorded("management"), tells_nothing(), asked_again()),
        "cloudtrail",
        _learned,
        independent=True,
    )


def _full(account: Account, name: str, region: str, **attributes: Any) -> str:
    """Make a trail that has everything that a trail can have."""
    sns_backends[ACCOUNT][region].create_topic("trails")
    prefix = f"arn:{account.partition}"
    arn = account.trail(
        name,
        region=region,
        **{
            "S3KeyPrefix": "all",
            "SnsTopicName": "trails",
            "CloudWatchLogsLogGroupArn": f"{prefix}:logs:{region}:{ACCOUNT}:log-group:trail:*",
            "CloudWatchLogsRoleArn": f"{prefix}:iam::{ACCOUNT}:role/trail-to-logs",
            "TagsList": [{"Key": "team", "Value": "audit"}],
            **attributes,
        },
    )
    _put(arn, "PutEventSelectors", AdvancedEventSelectors=[MANAGEMENT, OBJECTS])
    _put(arn, "PutInsightSelectors", InsightSelectors=INSIGHTS)
    return arn


def _learned(account: Account, other_rules: Callable[[Account], None] | None = None) -> Event:
    """Make trails here and in another region, and let a sweep learn them."""
    if other_rules:
        other_rules(account)
    _full(account, "management", account.region)
    _full(account, "audit", account.other_region, multi_region=False)
    _full(account, "gone", account.region)
    return _sweep(account)


def _learned_without_validation(account: Account) -> Event:
    _full(account, "management", account.region, EnableLogFileValidation=False)
    return _sweep(account)


def _new_trails(account: Account) -> Event:
    _full(account, "management", account.region)
    _full(account, "audit", account.other_region, EnableLogFileValidation=False, multi_region=False)
    return _sweep(account)


def _sweep(account: Account) -> Event:
    return scheduled(region=account.region)


def _sweep_over_weakened(account: Account) -> Event:
    """Weaken every attribute of one trail, one of a trail that is homed elsewhere, and delete a third."""
    _remember(account)
    _make_attackers_bucket(account)
    arn, audit = account.arn("management"), account.arn("audit")
    _attack(
        account,
        arn,
        "UpdateTrail",
        S3BucketName="attacker",
        S3KeyPrefix="",
        KmsKeyId="",
        IncludeGlobalServiceEvents=False,
        IsMultiRegionTrail=False,
        EnableLogFileValidation=False,
        CloudWatchLogsLogGroupArn="",
        CloudWatchLogsRoleArn="",
        SnsTopicName="",
    )
    _attack(account, arn, "PutInsightSelectors", InsightSelectors=[])
    _attack(account, arn, "PutEventSelectors", AdvancedEventSelectors=[OBJECTS])
    _attack(account, audit, "UpdateTrail", S3KeyPrefix="elsewhere")
    _delete(account, account.arn("gone"))
    return _sweep(account)


def _other_bucket(account: Account) -> Event:
    _remember(account)
    _make_attackers_bucket(account)
    return _attack(account, account.arn("management"), "UpdateTrail", S3BucketName="attacker")


def _selects_nothing(account: Account) -> Event:
    _remember(account)
    writes = {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}
    return _attack(account, account.arn("management"), "PutEventSelectors", EventSelectors=[writes])


def _no_insights(account: Account) -> Event:
    _remember(account)
    return _attack(account, account.arn("management"), "PutInsightSelectors", InsightSelectors=[])


def _deleted(account: Account) -> Event:
    _remember(account)
    return _delete(account, account.arn("management"))


def _stronger(account: Account) -> Event:
    return _attack(account, account.arn("management"), "UpdateTrail", EnableLogFileValidation=True)


def _excused(account: Account) -> Event:
    _remember(account)
    role = assumed_role("patching", "night", path="/ops/", partition=account.partition)
    _attack(account, account.arn("management"), "UpdateTrail", identity=role, S3KeyPrefix="new")
    return _sweep(account)


def _make_attackers_bucket(account: Account) -> None:
    s3_backends[ACCOUNT][account.partition].create_bucket("attacker", account.region)


def _put(arn: str, operation: str, **parameters: Any) -> None:
    named = {trail_calls.NAMED_BY[operation]: arn, **parameters}
    trail_calls.answer(operation, named, arn.split(":")[3], ACCOUNT)


def _attack(account: Account, arn: str, operation: str, identity: Any = None, **parameters: Any) -> Event:
    """Change a trail as somebody does; return the event, which the history has too."""
    _put(arn, operation, **parameters)
    named = {trail_calls.NAMED_BY[operation]: arn, **parameters}
    said = {f"{key[0].lower()}{key[1:]}": value for key, value in named.items()}
    return account.happened(account.call(operation, arn, identity=identity, parameters=said))


def _delete(account: Account, arn: str) -> Event:
    """Delete a trail with its tags, as somebody does; it has to be started again."""
    account.stopped.add(arn.partition(":trail/")[2])
    trail_changes.delete(cloudtrail_backends[ACCOUNT][arn.split(":")[3]].trails[arn.partition(":trail/")[2]])
    return account.happened(account.call("DeleteTrail", arn))


def _remember(account: Account) -> None:
    """Remember how trails are before they are attacked, long after they were learned."""
    for arn, state in account.baselines().items():
        account.baseline(arn, state)
    names = [name for name in ("management", "audit", "gone") if name in account._trails]
    _before[account] = {name: _state(account.arn(name)) for name in names}


def _state(arn: str) -> dict[str, Any]:
    """Read everything about a trail past Rearm and its faults."""
    own = client("cloudtrail", arn.split(":")[3])
    selectors = own.get_event_selectors(TrailName=arn)
    tags = own.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"]
    return {
        **{key: value for key, value in own.get_trail(Name=arn)["Trail"].items() if value},
        "EventSelectors": selectors.get("EventSelectors") or [],
        "AdvancedEventSelectors": selectors.get("AdvancedEventSelectors") or [],
        "InsightSelectors": own.get_insight_selectors(TrailName=arn).get("InsightSelectors") or [],
        "Tags": {tag["Key"]: tag["Value"] for tag in tags},
        "IsLogging": own.get_trail_status(Name=arn)["IsLogging"],
    }


def _exists(arn: str) -> bool:
    listed = client("cloudtrail", arn.split(":")[3]).describe_trails()["trailList"]
    return arn in [trail["TrailARN"] for trail in listed]


def _as_it_was(name: str) -> Check:
    def problem(account: Account) -> str | None:
        arn = account.arn(name)
        if not _exists(arn):
            return "it does not exist"
        before, now = _before[account][name], _state(arn)
        other = {key for key in before | now if before.get(key) != now.get(key)}
        return f"it differs: { {key: now.get(key) for key in sorted(other)} }" if other else None

    return Check(f"trail {name} is as it was", problem, name)


def _not_made_again(name: str) -> Check:
    def problem(account: Account) -> str | None:
        return "it exists" if _exists(account.arn(name)) else None

    return Check(f"trail {name} is not made again", problem, name)


def _recorded(name: str) -> Check:
    def problem(account: Account) -> str | None:
        recorded = account.baselines().get(account.arn(name))
        if recorded is None:
            return "there is no baseline"
        now = _state(account.arn(name))
        other = {key for key in recorded if recorded[key] != now.get(key, False)}
        return f"the baseline differs in {sorted(other)}" if other else None

    return Check(f"trail {name} as it is now is its baseline", problem, BASELINES)
