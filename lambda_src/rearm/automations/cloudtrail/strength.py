"""The order of strength: what of a trail may change without anything being lost.

Only what is provably stronger is; everything else that differs from the baseline is weaker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from rearm.automations.cloudtrail.selectors import covers, normal

State = Mapping[str, object]


class Strength(Enum):
    """What a present value is, compared with the baseline's."""

    EQUAL = "equal"
    STRONGER = "stronger"
    WEAKER = "weaker"


Order = Callable[[State, State, tuple[str, ...], str], Strength]


def must_be_same(baseline: State, present: State, keys: tuple[str, ...], account: str) -> Strength:  # noqa: ARG001 - as Order has it
    """Compare values of which none is better than another."""
    return Strength.EQUAL if _same(baseline, present, keys) else Strength.WEAKER


def may_be_switched_on(baseline: State, present: State, keys: tuple[str, ...], account: str) -> Strength:  # noqa: ARG001 - as Order has it
    """Compare switches: on is stronger than off."""
    (key,) = keys
    before, now = baseline.get(key) is True, present.get(key) is True
    if before == now:
        return Strength.EQUAL
    return Strength.STRONGER if now else Strength.WEAKER


def may_be_added(baseline: State, present: State, keys: tuple[str, ...], account: str) -> Strength:
    """Compare destinations: one where there was none is stronger, if it is in the trail's own account."""
    if _same(baseline, present, keys):
        return Strength.EQUAL
    none_before = not any(baseline.get(key) for key in keys)
    own = all(_account(present.get(key)) == account for key in keys)
    return Strength.STRONGER if none_before and own else Strength.WEAKER


def may_select_more(baseline: State, present: State, keys: tuple[str, ...], account: str) -> Strength:  # noqa: ARG001 - as Order has it
    """Compare event selectors: recording all that was recorded, and more, is stronger."""
    before = normal(*(baseline.get(key) for key in keys))
    now = normal(*(present.get(key) for key in keys))
    if not covers(now, before):
        return Strength.WEAKER
    return Strength.EQUAL if covers(before, now) else Strength.STRONGER


def may_have_more(baseline: State, present: State, keys: tuple[str, ...], account: str) -> Strength:  # noqa: ARG001 - as Order has it
    """Compare Insights selectors: all that there were, and more, is stronger."""
    (key,) = keys
    before, now = insights(baseline.get(key)), insights(present.get(key))
    if before == now:
        return Strength.EQUAL
    return Strength.STRONGER if before < now else Strength.WEAKER


@dataclass(frozen=True)
class Row:
    """What belongs together: the keys of a trail's state that are compared, and put back, as one."""

    name: str
    keys: tuple[str, ...]
    order: Order


# In the order in which they are put back. A multi-region trail must include global service events, and
# Insights need the management events that they are about, so what is needed comes first.
# Sources: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html,
# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutInsightSelectors.html
ORDER: tuple[Row, ...] = (
    Row("bucket", ("S3BucketName",), must_be_same),
    Row("prefix", ("S3KeyPrefix",), must_be_same),
    Row("key", ("KmsKeyId",), must_be_same),
    Row("global-events", ("IncludeGlobalServiceEvents",), may_be_switched_on),
    Row("multi-region", ("IsMultiRegionTrail",), may_be_switched_on),
    Row("organization", ("IsOrganizationTrail",), may_be_switched_on),
    Row("validation", ("LogFileValidationEnabled",), may_be_switched_on),
    Row("log-group", ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"), may_be_added),
    Row("topic", ("SnsTopicARN",), may_be_added),
    Row("selectors", ("EventSelectors", "AdvancedEventSelectors"), may_select_more),
    Row("insights", ("InsightSelectors",), may_have_more),
)


def compare(row: Row, baseline: State, present: State, account: str) -> Strength:
    """Compare one row of a trail's present state with the baseline's.

    Parameters
    ----------
    account
        The trail's own.

    Raises
    ------
    ValueError
        Event selectors are not of the form that AWS documents.
    """
    return row.order(baseline, present, row.keys, account)


def insights(selectors: object) -> frozenset[tuple[str, str]]:
    """Return what Insights are on, as pairs of a type and a category of events.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_InsightSelector.html
    """
    found: set[tuple[str, str]] = set()
    for selector in selectors if isinstance(selectors, list | tuple) else ():
        if isinstance(selector, Mapping):
            kind = str(selector.get("InsightType", ""))
            categories = selector.get("EventCategories") or ["Management"]
            found.update((kind, str(category)) for category in categories)
    return frozenset(found)


def _same(baseline: State, present: State, keys: tuple[str, ...]) -> bool:
    return all(_plain(baseline.get(key)) == _plain(present.get(key)) for key in keys)


def _plain(value: object) -> object:
    """Return a value so that none and nothing are the same, and a log group with and without its ``:*``."""
    if isinstance(value, str) and ":log-group:" in value:
        return value.removesuffix(":*")
    return value or None


def _account(arn: object) -> str | None:
    parts = arn.split(":") if isinstance(arn, str) else []
    return parts[4] if len(parts) > 5 else None
