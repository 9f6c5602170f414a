"""The order of strength, for every attribute and in both directions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rearm.automations.cloudtrail.strength import ORDER, Row, Strength, compare
from tests.unit.cloudtrail.test_selectors import BUCKET, advanced, basic, objects

ACCOUNT = "123456789012"
OTHER = "999988887777"
EQUAL, STRONGER, WEAKER = Strength.EQUAL, Strength.STRONGER, Strength.WEAKER
ROWS = {row.name: row for row in ORDER}


def group(account: str = ACCOUNT, name: str = "trail") -> dict[str, str]:
    """Return a log group with the role for it."""
    return {
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:us-east-1:{account}:log-group:{name}:*",
        "CloudWatchLogsRoleArn": f"arn:aws:iam::{account}:role/{name}",
    }


def topic(account: str = ACCOUNT, name: str = "trail") -> dict[str, str]:
    """Return a topic."""
    return {"SnsTopicARN": f"arn:aws:sns:us-east-1:{account}:{name}"}


def insights(*kinds: str, **more: Any) -> dict[str, Any]:
    """Return Insights selectors of these types."""
    return {"InsightSelectors": [{"InsightType": kind, **more} for kind in kinds]}


def events(*selectors: Any) -> dict[str, Any]:
    """Return basic event selectors."""
    return {"EventSelectors": list(selectors)}


RATE, ERRORS = "ApiCallRateInsight", "ApiErrorRateInsight"
KEY = "arn:aws:kms:us-east-1:123456789012:key/one"
TABLE: list[tuple[str, dict[str, Any], dict[str, Any], Strength, Strength]] = [
    # The row, one value, another, the second compared with the first, the first with the second.
    ("bucket", {"S3BucketName": "logs"}, {"S3BucketName": "logs"}, EQUAL, EQUAL),
    ("bucket", {"S3BucketName": "logs"}, {"S3BucketName": "others"}, WEAKER, WEAKER),
    ("prefix", {"S3KeyPrefix": None}, {}, EQUAL, EQUAL),
    ("prefix", {"S3KeyPrefix": ""}, {"S3KeyPrefix": None}, EQUAL, EQUAL),
    ("prefix", {"S3KeyPrefix": "a"}, {"S3KeyPrefix": "b"}, WEAKER, WEAKER),
    ("prefix", {"S3KeyPrefix": "a"}, {}, WEAKER, WEAKER),
    ("key", {"KmsKeyId": KEY}, {"KmsKeyId": KEY}, EQUAL, EQUAL),
    ("key", {"KmsKeyId": KEY}, {"KmsKeyId": KEY + "2"}, WEAKER, WEAKER),
    ("key", {"KmsKeyId": KEY}, {"KmsKeyId": None}, WEAKER, WEAKER),
    *[
        (name, {key: one}, {key: other}, there, back)
        for name, key in (
            ("global-events", "IncludeGlobalServiceEvents"),
            ("multi-region", "IsMultiRegionTrail"),
            ("organization", "IsOrganizationTrail"),
            ("validation", "LogFileValidationEnabled"),
        )
        for one, other, there, back in (
            (True, True, EQUAL, EQUAL),
            (False, False, EQUAL, EQUAL),
            (False, True, STRONGER, WEAKER),
        )
    ],
    ("log-group", group(), group(), EQUAL, EQUAL),
    (
        "log-group",
        group(),
        {**group(), "CloudWatchLogsLogGroupArn": group()["CloudWatchLogsLogGroupArn"][:-2]},
        EQUAL,
        EQUAL,
    ),
    ("log-group", {}, group(), STRONGER, WEAKER),
    ("log-group", {}, group(OTHER), WEAKER, WEAKER),
    ("log-group", {}, {**group(), "CloudWatchLogsRoleArn": f"arn:aws:iam::{OTHER}:role/a"}, WEAKER, WEAKER),
    ("log-group", group(), group(name="another"), WEAKER, WEAKER),
    ("log-group", group(), {**group(), "CloudWatchLogsRoleArn": "arn:aws:iam::1:role/a"}, WEAKER, WEAKER),
    ("topic", topic(), topic(), EQUAL, EQUAL),
    ("topic", {}, topic(), STRONGER, WEAKER),
    ("topic", {}, topic(OTHER), WEAKER, WEAKER),
    ("topic", topic(), topic(name="another"), WEAKER, WEAKER),
    ("selectors", {}, events(basic()), EQUAL, EQUAL),
    ("selectors", events(basic()), events(basic(DataResources=objects(BUCKET))), STRONGER, WEAKER),
    (
        "selectors",
        events(basic()),
        {"AdvancedEventSelectors": [advanced(eventCategory=["Management"])]},
        EQUAL,
        EQUAL,
    ),
    (
        "selectors",
        events(basic(ReadWriteType="ReadOnly")),
        events(basic(ReadWriteType="WriteOnly")),
        WEAKER,
        WEAKER,
    ),
    ("insights", {}, {"InsightSelectors": []}, EQUAL, EQUAL),
    ("insights", insights(RATE), insights(RATE, EventCategories=["Management"]), EQUAL, EQUAL),
    ("insights", {}, insights(RATE), STRONGER, WEAKER),
    ("insights", insights(RATE), insights(ERRORS, RATE), STRONGER, WEAKER),
    ("insights", insights(RATE), insights(ERRORS), WEAKER, WEAKER),
    (
        "insights",
        insights(RATE, EventCategories=["Management", "Data"]),
        insights(RATE, EventCategories=["Data"]),
        WEAKER,
        STRONGER,
    ),
]


@pytest.mark.parametrize(("name", "one", "other", "there", "back"), TABLE)
def test_a_present_value_is_equal_stronger_or_weaker(
    name: str, one: dict[str, Any], other: dict[str, Any], there: Strength, back: Strength
) -> None:
    assert compare(ROWS[name], one, other, ACCOUNT) is there
    assert compare(ROWS[name], other, one, ACCOUNT) is back


def test_every_row_is_in_the_table_of_this_test() -> None:
    assert {name for name, *_ in TABLE} == set(ROWS)


def test_every_key_of_a_trails_state_but_its_name_and_tags_is_compared_once() -> None:
    from rearm.automations.cloudtrail.state import SWITCHES, TEXTS

    compared = [key for row in ORDER for key in row.keys]

    assert len(compared) == len(set(compared))
    beside = {"EventSelectors", "AdvancedEventSelectors", "InsightSelectors"}
    assert set(compared) == {*TEXTS, *SWITCHES, *beside} - {"Name"}


@pytest.mark.parametrize(
    ("needed", "needing"),
    [("global-events", "multi-region"), ("multi-region", "organization"), ("selectors", "insights")],
)
def test_what_is_needed_for_something_else_is_put_back_before_it(needed: str, needing: str) -> None:
    names = [row.name for row in ORDER]

    assert names.index(needed) < names.index(needing)


values = {
    "S3BucketName": st.sampled_from(["logs", "others"]),
    "KmsKeyId": st.sampled_from([None, KEY, f"{KEY}2"]),
    "IsMultiRegionTrail": st.booleans(),
    "LogFileValidationEnabled": st.booleans(),
    "SnsTopicARN": st.sampled_from([None, *topic().values(), *topic(OTHER).values()]),
    "InsightSelectors": st.sampled_from(
        [[], insights(RATE)["InsightSelectors"], insights(RATE, ERRORS)["InsightSelectors"]]
    ),
}
states = st.fixed_dictionaries(values)
compared = st.sampled_from([row for row in ORDER if set(row.keys) <= set(values)])


@given(compared, states)
def test_every_value_equals_itself(row: Row, state: dict[str, Any]) -> None:
    assert compare(row, state, state, ACCOUNT) is EQUAL


@given(compared, states, states)
def test_what_is_stronger_one_way_is_weaker_the_other(
    row: Row, one: dict[str, Any], other: dict[str, Any]
) -> None:
    there, back = compare(row, one, other, ACCOUNT), compare(row, other, one, ACCOUNT)

    assert (there is EQUAL) == (back is EQUAL)
    if there is STRONGER:
        assert back is WEAKER
