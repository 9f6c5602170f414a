"""Event selectors: rewriting basic ones, and whether one set records all that another records."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rearm.automations.cloudtrail.selectors import (
    DEFAULT,
    Condition,
    Selector,
    Text,
    covers,
    normal,
    uncovered,
)

S3 = "AWS::S3::Object"
LAMBDA = "AWS::Lambda::Function"
BUCKET = "arn:aws:s3:::orders/"
EVENTS: list[dict[str, str]] = [
    {"eventCategory": "Management", "readOnly": read, "eventSource": source, "eventName": name}
    for read, source, name in product(
        ("true", "false"), ("iam.amazonaws.com", "kms.amazonaws.com"), ("PutKey", "GetKey", "DeleteKey")
    )
] + [
    {
        "eventCategory": "Data",
        "readOnly": read,
        "resources.type": kind,
        "resources.ARN": arn,
        "eventName": name,
    }
    for read, kind, arn, name in product(
        ("true", "false"),
        (S3, LAMBDA),
        (f"{BUCKET}a/b", f"{BUCKET}c", "arn:aws:s3:::other/a", "arn:aws:lambda:us-east-1:1:function:f"),
        ("PutObject", "GetObject"),
    )
]
EVENTS += [{"eventCategory": "NetworkActivity", "eventSource": "kms.amazonaws.com", "eventName": "PutKey"}]


def basic(**choices: Any) -> dict[str, Any]:
    """Return one basic selector as AWS gives it."""
    return {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
        **choices,
    }


def objects(*values: str, of: str = S3) -> list[dict[str, Any]]:
    """Return data resources of one type."""
    return [{"Type": of, "Values": list(values)}]


def advanced(**fields: Any) -> dict[str, Any]:
    """Return one advanced selector; a list of a field's name with `_` for `.` means Equals."""
    selectors = []
    for name, condition in fields.items():
        operators = condition if isinstance(condition, dict) else {"Equals": condition}
        selectors.append({"Field": name.replace("_", "."), **operators})
    return {"FieldSelectors": selectors}


def fulfils(condition: Condition, text: str | None) -> bool:
    """Whether a field with this text, or without any, fulfils a condition, as AWS documents it."""
    tests: dict[str, Any] = {"is": str.__eq__, "starts": str.startswith, "ends": str.endswith}
    if text is None:
        return not condition.among
    chosen = [tests[one.kind](text, one.value) for one in condition.among]
    dropped = [tests[one.kind](text, one.value) for one in condition.without]
    return (any(chosen) or not chosen) and not any(dropped)


def selects(selectors: tuple[Selector, ...], event: dict[str, str]) -> bool:
    """Whether any selector has all its conditions fulfilled by an event."""
    return any(
        all(fulfils(condition, event.get(field)) for field, condition in selector.items())
        for selector in selectors
    )


def seen(selectors: tuple[Selector, ...]) -> list[dict[str, str]]:
    """Return the events that are recorded, found by trying all."""
    return [event for event in EVENTS if selects(selectors, event)]


ALL_MANAGEMENT = normal(None, None)
CASES: list[tuple[str, Any, Any, bool, bool]] = [
    ("nothing set is what AWS documents", (None, None), ([basic()], None), True, True),
    ("all is more than reads", ([basic()], None), ([basic(ReadWriteType="ReadOnly")], None), True, False),
    (
        "reads and writes are all",
        ([basic(ReadWriteType="ReadOnly"), basic(ReadWriteType="WriteOnly")], None),
        ([basic()], None),
        True,
        True,
    ),
    (
        "an excluded source is less",
        ([basic()], None),
        ([basic(ExcludeManagementEventSources=["kms.amazonaws.com"])], None),
        True,
        False,
    ),
    (
        "fewer excluded sources are more",
        ([basic(ExcludeManagementEventSources=["kms.amazonaws.com"])], None),
        ([basic(ExcludeManagementEventSources=["kms.amazonaws.com", "rdsdata.amazonaws.com"])], None),
        True,
        False,
    ),
    (
        "data events are more",
        ([basic(DataResources=objects(BUCKET))], None),
        ([basic()], None),
        True,
        False,
    ),
    (
        "all objects are more than those of a bucket",
        ([basic(DataResources=objects("arn:aws:s3"))], None),
        ([basic(DataResources=objects(BUCKET))], None),
        True,
        False,
    ),
    (
        "a bucket is more than a prefix in it",
        ([basic(DataResources=objects(BUCKET))], None),
        ([basic(DataResources=objects(f"{BUCKET}a/"))], None),
        True,
        False,
    ),
    (
        "both ways to write all objects are the same",
        ([basic(DataResources=objects("arn:aws:s3:::"))], None),
        ([basic(DataResources=objects("arn:aws:s3"))], None),
        True,
        True,
    ),
    (
        "a function's ARN is whole and covers none that starts with it",
        ([basic(DataResources=objects("arn:aws:lambda:us-east-1:1:function:f", of=LAMBDA))], None),
        ([basic(DataResources=objects("arn:aws:lambda:us-east-1:1:function:f2", of=LAMBDA))], None),
        False,
        False,
    ),
    (
        "basic and advanced management events are the same",
        (None, [advanced(eventCategory=["Management"])]),
        ([basic()], None),
        True,
        True,
    ),
    (
        "advanced data events without a condition are all of the type",
        (None, [advanced(eventCategory=["Data"], resources_type=[S3])]),
        ([basic(IncludeManagementEvents=False, DataResources=objects("arn:aws:s3"))], None),
        True,
        True,
    ),
    (
        "a selector of two types covers one of each",
        (None, [advanced(eventCategory=["Data"], resources_type=[S3, LAMBDA])]),
        (
            None,
            [
                advanced(eventCategory=["Data"], resources_type=[S3]),
                advanced(eventCategory=["Data"], resources_type=[LAMBDA]),
            ],
        ),
        True,
        True,
    ),
    (
        "a name that starts so is among those that start with less",
        (None, [advanced(eventCategory=["Management"], eventName={"StartsWith": ["Put"]})]),
        (None, [advanced(eventCategory=["Management"], eventName={"StartsWith": ["PutB", "PutO"]})]),
        True,
        False,
    ),
    (
        "a name that does not start so is not covered by one that must not end so",
        (None, [advanced(eventCategory=["Management"], eventName={"NotEndsWith": ["Key"]})]),
        (None, [advanced(eventCategory=["Management"], eventName={"NotStartsWith": ["Put"]})]),
        False,
        False,
    ),
    (
        "exact names avoid what is excluded",
        (None, [advanced(eventCategory=["Management"], eventName={"NotStartsWith": ["Get", "List"]})]),
        (None, [advanced(eventCategory=["Management"], eventName=["PutKey", "DeleteKey"])]),
        True,
        False,
    ),
    (
        "network activity is no management event",
        (None, [advanced(eventCategory=["Management"])]),
        (None, [advanced(eventCategory=["NetworkActivity"], eventSource=["kms.amazonaws.com"])]),
        False,
        False,
    ),
    (
        "management events off is less",
        ([basic()], None),
        ([basic(IncludeManagementEvents=False, DataResources=objects(BUCKET))], None),
        False,
        False,
    ),
]


@pytest.mark.parametrize(
    ("one", "other", "there", "back"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_covers_what(one: Any, other: Any, there: bool, back: bool) -> None:
    first, second = normal(*one), normal(*other)

    assert covers(first, second) is there
    assert covers(second, first) is back


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (
            ([basic(IncludeManagementEvents=False, DataResources=objects(BUCKET))], None),
            ["management events are not recorded any more"],
        ),
        (
            ([basic(ReadWriteType="ReadOnly", DataResources=objects(BUCKET))], None),
            [
                "only read management events are recorded",
                "data events of AWS::S3::Object are recorded of fewer",
            ],
        ),
        (
            (
                [
                    basic(ReadWriteType="WriteOnly"),
                    basic(DataResources=objects(BUCKET), IncludeManagementEvents=False),
                ],
                None,
            ),
            ["only write management events are recorded"],
        ),
        (
            (
                [basic(ExcludeManagementEventSources=["kms.amazonaws.com"], DataResources=objects(BUCKET))],
                None,
            ),
            ["management events of kms.amazonaws.com are left out"],
        ),
        (([basic()], None), ["data events of AWS::S3::Object are not recorded any more"]),
        (
            ([basic(DataResources=objects(f"{BUCKET}a/"))], None),
            ["data events of AWS::S3::Object are recorded of fewer"],
        ),
        (
            (
                None,
                [
                    advanced(eventCategory=["Management"], eventName=["PutKey"]),
                    advanced(eventCategory=["Data"], resources_type=[S3]),
                ],
            ),
            ["fewer management events are recorded"],
        ),
        (([basic(DataResources=objects("arn:aws:s3"))], None), []),
    ],
)
def test_what_is_not_recorded_any_more_is_said(now: Any, said: list[str]) -> None:
    before = normal([basic(DataResources=objects(BUCKET))], None)

    assert uncovered(normal(*now), before) == said


def test_network_activity_that_is_lost_is_said_with_its_source() -> None:
    before = normal(None, [advanced(eventCategory=["NetworkActivity"], eventSource=["kms.amazonaws.com"])])

    assert uncovered(ALL_MANAGEMENT, before) == [
        "network activity events of kms.amazonaws.com are not recorded any more"
    ]


@pytest.mark.parametrize(
    ("given_basic", "given_advanced"),
    [
        ("text", None),
        ([basic(DataResources=[{"Values": ["a"]}])], None),
        ([basic(ReadWriteType="Some")], None),
        ([7], None),
        (None, [{}]),
        (None, [{"FieldSelectors": [{"Equals": ["a"]}]}]),
        (None, [{"FieldSelectors": [{"Field": "eventName", "Equals": [7]}]}]),
        (None, [{"FieldSelectors": [{"Field": "a", "Equals": ["b"]}, {"Field": "a", "Equals": ["c"]}]}]),
    ],
)
def test_what_is_not_of_awss_form_is_an_error(given_basic: Any, given_advanced: Any) -> None:
    with pytest.raises(ValueError, match=r"not of AWS's form|not a list"):
        normal(given_basic, given_advanced)


def test_the_default_records_all_management_events_and_no_data() -> None:
    recorded = seen(normal(list(DEFAULT), None))

    assert recorded == [event for event in EVENTS if event["eventCategory"] == "Management"]


def test_a_selector_with_more_pieces_than_are_looked_at_counts_as_not_covered() -> None:
    names = [f"Name{number}" for number in range(70)]
    sources = [f"s{number}.amazonaws.com" for number in range(70)]
    whole = normal(None, [advanced(eventCategory=["Management"], eventName=names, eventSource=sources)])
    halves = normal(
        None,
        [
            advanced(eventCategory=["Management"], eventName=names[:35], eventSource=sources),
            advanced(eventCategory=["Management"], eventName=names[35:], eventSource=sources[:69]),
        ],
    )

    assert covers(whole, whole)
    assert not covers(halves, whole)


texts = st.builds(
    Text, st.sampled_from(["is", "starts", "ends"]), st.sampled_from(["Put", "Get", "Key", "PutKey"])
)
names = st.builds(Condition, st.frozensets(texts, max_size=2), st.frozensets(texts, max_size=2))
exact = st.frozensets(st.sampled_from(["iam.amazonaws.com", "kms.amazonaws.com"]), max_size=2).map(
    lambda values: frozenset(Text("is", value) for value in values)
)
sources = st.builds(Condition, exact, exact)
arns = st.frozensets(
    st.sampled_from(["arn:aws:s3:::", BUCKET, f"{BUCKET}a", "arn:aws:lambda"]).map(
        lambda v: Text("starts", v)
    ),
    max_size=2,
).map(Condition)
kinds = st.sampled_from([[S3], [LAMBDA], [S3, LAMBDA]]).map(
    lambda values: Condition(frozenset(Text("is", value) for value in values))
)
reads = st.sampled_from(["true", "false"]).map(lambda value: Condition(frozenset({Text("is", value)})))


def category(name: str) -> Any:
    """Return a strategy for the condition that every selector has."""
    return st.just(Condition(frozenset({Text("is", name)})))


management = st.fixed_dictionaries(
    {"eventCategory": category("Management")},
    optional={"readOnly": reads, "eventSource": sources, "eventName": names},
)
data = st.fixed_dictionaries(
    {"eventCategory": category("Data"), "resources.type": kinds},
    optional={"readOnly": reads, "resources.ARN": arns, "eventName": names},
)
several = st.lists(st.one_of(management, data), min_size=1, max_size=3).map(tuple)


@given(several)
def test_selectors_cover_themselves(selectors: tuple[Selector, ...]) -> None:
    assert covers(selectors, selectors)
    assert uncovered(selectors, selectors) == []


@settings(max_examples=400)
@given(several, several)
def test_nothing_that_the_baseline_records_is_missing_where_it_is_said_to_be_covered(
    present: tuple[Selector, ...], baseline: tuple[Selector, ...]
) -> None:
    if covers(present, baseline):
        assert [event for event in seen(baseline) if event not in seen(present)] == []
        assert uncovered(present, baseline) == []
    else:
        assert uncovered(present, baseline)


@settings(max_examples=400)
@given(several, several, several)
def test_covering_is_transitive(
    one: tuple[Selector, ...], two: tuple[Selector, ...], three: tuple[Selector, ...]
) -> None:
    wide, middle = (*one, *two, *three), (*two, *three)

    assert covers(wide, middle)
    assert covers(middle, three)
    assert covers(wide, three)
    if covers(one, two) and covers(two, three):
        assert covers(one, three)


@given(texts, texts, st.text(alphabet="PutGeKy", max_size=8))
def test_sets_of_texts_are_within_and_apart_as_their_members_are(one: Text, two: Text, text: str) -> None:
    if one.within(two) and one.holds(text):
        assert two.holds(text)
    if one.apart(two):
        assert two.apart(one)
        assert not (one.holds(text) and two.holds(text))
