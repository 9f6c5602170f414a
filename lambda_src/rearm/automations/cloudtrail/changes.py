"""Findings about what of a trail is weaker than its baseline, and the calls that put it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rearm.automations.cloudtrail.expected import Wanted
from rearm.automations.cloudtrail.findings import BEYOND_REACH
from rearm.automations.cloudtrail.selectors import DEFAULT, normal, uncovered
from rearm.automations.cloudtrail.strength import Row, State, insights
from rearm.automations.cloudtrail.trails import Trail
from rearm.model import Action, Check, Finding, Severity

# A trail of this account is this account's to change, so only these say that it is somebody else's after all.
OTHERS = BEYOND_REACH - {"InsufficientDependencyServiceAccessPermissionException"}
# What UpdateTrail calls what GetTrail shows under another name.
# Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html
PARAMETERS: Mapping[str, str] = {
    "LogFileValidationEnabled": "EnableLogFileValidation",
    "SnsTopicARN": "SnsTopicName",
}
WORDS: Mapping[str, str] = {
    "S3BucketName": "bucket",
    "S3KeyPrefix": "prefix",
    "KmsKeyId": "key",
    "IncludeGlobalServiceEvents": "events of global services",
    "IsMultiRegionTrail": "other regions",
    "IsOrganizationTrail": "organization's accounts",
    "LogFileValidationEnabled": "log file validation",
    "CloudWatchLogsLogGroupArn": "log group",
    "CloudWatchLogsRoleArn": "role for it",
    "SnsTopicARN": "topic",
}
DENIED_ADVICE = (
    "A policy denies Rearm's role this call: its boundary, or one of the organization. A service control "
    "policy denies it to root as well, and only the management account can lift it."
)

ORGANIZATION_ADVICE = "To put an organization trail back Rearm needs the setting organization_trail."


def _switched_off(what: str) -> Callable[[Trail, State, State, Row], str]:
    return lambda trail, _before, _now, _row: f"Trail {trail.name} {what}."


def _instead(what: str) -> Callable[[Trail, State, State, Row], str]:
    def say(trail: Trail, before: State, now: State, row: Row) -> str:
        was, is_now = (
            ", ".join(str(state.get(key) or "none") for key in row.keys) for state in (before, now)
        )
        return f"Trail {trail.name} {what} {is_now}, where it was {was}."

    return say


def _fewer_events(trail: Trail, before: State, now: State, row: Row) -> str:
    said = uncovered(*(normal(*(state.get(key) for key in row.keys)) for state in (now, before)))
    return f"The event selectors of trail {trail.name} were weakened: {'; '.join(said)}."


def _fewer_insights(trail: Trail, before: State, now: State, row: Row) -> str:
    (key,) = row.keys
    lost = sorted(insights(before.get(key)) - insights(now.get(key)))
    names = ", ".join(f"{kind} of {category.lower()} events" for kind, category in lost)
    return f"Insights of trail {trail.name} are off: {names}."


@dataclass(frozen=True)
class Kind:
    """How the weakening of one row is told: the finding's rule, how bad it is, and the words."""

    rule: str
    severity: Severity
    say: Callable[[Trail, State, State, Row], str]


KINDS: Mapping[str, Kind] = {
    "bucket": Kind("trail-bucket-changed", Severity.CRITICAL, _instead("delivers to bucket")),
    "prefix": Kind("trail-prefix-changed", Severity.HIGH, _instead("delivers under prefix")),
    "key": Kind("trail-key-changed", Severity.HIGH, _instead("encrypts its logs with key")),
    "global-events": Kind(
        "trail-no-global-events",
        Severity.HIGH,
        _switched_off("does not record the events of global services, such as IAM, any more"),
    ),
    "multi-region": Kind(
        "trail-not-multi-region", Severity.CRITICAL, _switched_off("does not record other regions any more")
    ),
    "organization": Kind(
        "trail-not-organization",
        Severity.CRITICAL,
        _switched_off("does not record the organization's other accounts any more"),
    ),
    "validation": Kind(
        "trail-no-validation",
        Severity.HIGH,
        _switched_off("writes no digests any more that prove its logs unchanged"),
    ),
    "log-group": Kind(
        "trail-log-group-changed", Severity.HIGH, _instead("delivers to CloudWatch Logs (group, role)")
    ),
    "topic": Kind("trail-topic-changed", Severity.MEDIUM, _instead("announces its logs to topic")),
    "selectors": Kind("trail-selectors-weakened", Severity.CRITICAL, _fewer_events),
    "insights": Kind("trail-insights-off", Severity.HIGH, _fewer_insights),
}
ROW_OF: Mapping[str, str] = {kind.rule: name for name, kind in KINDS.items()}


def weaker_findings(
    trail: Trail, wanted: Wanted, now: State, weaker: Sequence[Row], advice: tuple[str, ...] = ()
) -> tuple[Finding, ...]:
    """Return a finding for each row that is weaker, in the order in which they must be put back.

    Parameters
    ----------
    now
        The trail's present state.
    advice
        What is to be said beside.
    """
    rows = {row.name: row for row in weaker}
    before = wanted.over(now)
    # CloudTrail wants a trail's bucket and key in one region. To go back to another region both are needed
    # in one call; a key where there was none has to go before the bucket can.
    # Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
    together = ("KmsKeyId",) if "bucket" in rows and "key" in rows and _elsewhere(before, now) else ()
    order = list(rows)
    if "bucket" in rows and "key" in rows and not before.get("KmsKeyId"):
        order = ["key", *(name for name in order if name != "key")]
        together = ()
    return tuple(
        _finding(trail, wanted, now, rows[name], advice, together if name == "bucket" else ())
        for name in order
    )


def _finding(
    trail: Trail, wanted: Wanted, now: State, row: Row, advice: tuple[str, ...], together: tuple[str, ...]
) -> Finding:
    kind, before = KINDS[row.name], wanted.over(now)
    declared = bool(wanted.declared.intersection(row.keys))
    action, set_by, causes = _repair(trail, before, now, row, together)
    source = (
        "The setting trails says so: change it there if the change is wanted."
        if declared
        else "If the change is wanted, an exception for who makes it lets it become the baseline."
    )
    organization = before.get("IsOrganizationTrail") is True or now.get("IsOrganizationTrail") is True
    more = (ORGANIZATION_ADVICE,) if organization else ()
    return Finding(
        rule=kind.rule,
        resource=trail.resource,
        problem=kind.say(trail, before, now, row),
        severity=kind.severity,
        actions=(action,),
        causes=causes,
        set_by=set_by,
        after=wanted.recorded,
        advice=(source, *advice, *more),
        if_denied=(DENIED_ADVICE,),
        accepts=None if declared else {key: now.get(key) for key in row.keys},
    )


def _repair(
    trail: Trail, before: State, now: State, row: Row, together: tuple[str, ...]
) -> tuple[Action, tuple[str, ...], tuple[str, ...]]:
    """Return the call that puts a row back, the parameters that can have changed it, and of which calls."""
    if row.name == "selectors":
        return (
            _put_selectors(trail, before, now),
            ("eventSelectors", "advancedEventSelectors"),
            ("PutEventSelectors",),
        )
    if row.name == "insights":
        return _put_insights(trail, before, now), ("insightSelectors",), ("PutInsightSelectors",)
    keys = (*row.keys, *together)
    names = tuple(PARAMETERS.get(key, key) for key in row.keys)
    set_by = tuple(name[0].lower() + name[1:] for name in names)
    words = " and the ".join(WORDS[key] for key in keys)
    reason = f"put back the {words}"
    undo = Action(
        service="cloudtrail",
        operation="UpdateTrail",
        parameters={"Name": trail.arn, **update(now, keys)},
        region=trail.home_region,
        reason=f"take the {words} again that Rearm replaced",
        check=Check(
            "cloudtrail",
            "GetTrail",
            {"Name": trail.arn},
            trail.home_region,
            f"Trail.{keys[0]}" if len(keys) == 1 else f"Trail.[{', '.join(keys)}]",
            before.get(keys[0]) if len(keys) == 1 else [before.get(key) for key in keys],
        ),
    )
    action = Action(
        service="cloudtrail",
        operation="UpdateTrail",
        parameters={"Name": trail.arn, **update(before, keys)},
        region=trail.home_region,
        reason=reason if not together else f"{reason}: CloudTrail takes them together only",
        undo=undo,
        beyond_reach=OTHERS,
    )
    # A trail that was deleted and made again otherwise has been changed as well.
    return action, set_by, ("UpdateTrail", "CreateTrail")


def update(state: State, keys: Sequence[str]) -> dict[str, object]:
    """Return the parameters of UpdateTrail that give a trail some values of a state.

    An empty text takes away what the trail has.

    Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-encryption-cli.html,
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/stop-cloudtrail-from-sending-events-to-cloudwatch-logs.html
    """
    return {PARAMETERS.get(key, key): _value(state.get(key), key) for key in keys}


def _value(value: object, key: str) -> object:
    return value is True if key.startswith(("Is", "Include", "LogFile")) else value or ""


def selectors_of(state: State) -> dict[str, object]:
    """Return the parameters of PutEventSelectors that give a trail a state's selectors."""
    advanced = state.get("AdvancedEventSelectors")
    if advanced:
        return {"AdvancedEventSelectors": advanced}
    return {"EventSelectors": state.get("EventSelectors") or [dict(one) for one in DEFAULT]}


def _put_selectors(trail: Trail, before: State, now: State) -> Action:
    right = selectors_of(before)
    ((key, value),) = right.items()
    read = Check("cloudtrail", "GetEventSelectors", {"TrailName": trail.arn}, trail.home_region, key, value)
    undo = _put(trail, "PutEventSelectors", selectors_of(now), "put the weaker event selectors back", read)
    return _put(trail, "PutEventSelectors", right, "put back the event selectors", None, undo)


def _put_insights(trail: Trail, before: State, now: State) -> Action:
    key = "InsightSelectors"
    right = before.get(key) or []
    read = Check("cloudtrail", "GetInsightSelectors", {"TrailName": trail.arn}, trail.home_region, key, right)
    undo = _put(trail, "PutInsightSelectors", {key: now.get(key) or []}, "turn the Insights off again", read)
    return _put(trail, "PutInsightSelectors", {key: right}, "put back the Insights selectors", None, undo)


def _put(
    trail: Trail,
    operation: str,
    parameters: Mapping[str, object],
    reason: str,
    check: Check | None = None,
    undo: Action | None = None,
) -> Action:
    return Action(
        service="cloudtrail",
        operation=operation,
        parameters={"TrailName": trail.arn, **parameters},
        region=trail.home_region,
        reason=reason,
        undo=undo,
        beyond_reach=OTHERS,
        check=check,
    )


def _elsewhere(before: State, now: State) -> bool:
    """Whether the baseline's key and the present one are in different regions, as their buckets are then."""
    regions = [
        key.split(":")[3] if isinstance(key, str) and key.count(":") > 3 else None
        for key in (before.get("KmsKeyId"), now.get("KmsKeyId"))
    ]
    return None not in regions and regions[0] != regions[1]
