"""Condition operators, set operators, wildcards and variables, as IAM evaluates them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_aws.conditions import Condition, Context, Text, UnsupportedPolicy


def holds(operator: str, wanted: str | list[str], value: str | list[str] | None) -> bool:
    texts = [wanted] if isinstance(wanted, str) else wanted
    context: dict[str, Any] = {} if value is None else {"aws:Key": value}
    return Condition(operator, "aws:Key", tuple(Text(text) for text in texts)).holds(context)


@pytest.mark.parametrize(
    ("operator", "wanted", "true_of", "false_of"),
    [
        ("StringEquals", "Dev", "Dev", "dev"),
        ("StringEquals", "a*", "a*", "ab"),
        ("StringEqualsIgnoreCase", "Dev", "dEV", "prod"),
        ("StringLike", "arn:*:role/ad?in", "arn:aws:iam::1:role/admin", "arn:aws:iam::1:role/adin"),
        ("StringNotEquals", "Dev", "dev", "Dev"),
        ("StringNotEqualsIgnoreCase", "Dev", "prod", "DEV"),
        ("StringNotLike", "a*", "ba", "ab"),
        ("ArnLike", "arn:aws:iam::*:role/*", "arn:aws:iam::1:role/x", "arn:aws:iam::1:user/x"),
        ("ArnEquals", "arn:aws:sns:*:1:t", "arn:aws:sns:us-east-1:1:t", "arn:aws:sns:us-east-1:2:t"),
        ("ArnLike", "arn:aws:*:x", "arn:aws:y:x", "arn:aws:sns:us-east-1:1:x"),
        ("ArnNotLike", "arn:aws:iam::1:role/*", "arn:aws:iam::2:role/x", "arn:aws:iam::1:role/x"),
        ("ArnNotEquals", "arn:aws:iam::1:role/x", "arn:aws:iam::1:role/y", "arn:aws:iam::1:role/x"),
        ("Bool", "true", "TRUE", "false"),
        ("NumericEquals", "10", "10.0", "11"),
        ("NumericNotEquals", "10", "11", "10.0"),
        ("NumericLessThan", "10", "9.5", "10"),
        ("NumericLessThanEquals", "10", "10", "10.1"),
        ("NumericGreaterThan", "10", "100", "10"),
        ("NumericGreaterThanEquals", "10", "10", "9"),
        ("NumericLessThan", "10", "-1", "many"),
        ("DateEquals", "2026-11-24T00:00:00Z", "2026-11-24T01:00:00+01:00", "2026-11-24T00:00:01Z"),
        ("DateNotEquals", "2026-11-24", "2026-11-25", "2026-11-24T00:00:00Z"),
        ("DateLessThan", "2026-11-24T00:00:00Z", "1", "2026-11-24T00:00:00Z"),
        ("DateLessThanEquals", "2026-11-24", "2026-11-24", "2026-11-24T00:00:01Z"),
        ("DateGreaterThan", "0", "2026-11-24T00:00:00Z", "0"),
        ("DateGreaterThanEquals", "2026-11-24", "2026-11-24", "2026-11-23"),
        ("IpAddress", "203.0.113.0/24", "203.0.113.9", "203.0.114.9"),
        ("IpAddress", "203.0.113.9", "203.0.113.9", "cloudformation.amazonaws.com"),
        ("IpAddress", "2001:db8::/32", "2001:db8::1", "203.0.113.9"),
        ("NotIpAddress", "203.0.113.0/24", "203.0.114.9", "203.0.113.9"),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", "qmluyxj5"),
    ],
)
def test_operator_tells_values_apart(operator: str, wanted: str, true_of: str, false_of: str) -> None:
    assert holds(operator, wanted, true_of)
    assert not holds(operator, wanted, false_of)


def test_one_of_several_values_is_enough() -> None:
    assert holds("StringEquals", ["a", "b"], "b")
    assert holds("StringLike", ["x*", "b*"], "bc")


def test_negated_operator_excludes_every_one_of_several_values() -> None:
    assert not holds("StringNotEquals", ["a", "b"], "b")
    assert holds("StringNotEquals", ["a", "b"], "c")


def test_absent_key_is_false_and_true_when_negated() -> None:
    assert not holds("StringEquals", "a", None)
    assert not holds("Bool", "false", None)
    assert holds("StringNotEquals", "a", None)
    assert holds("NotIpAddress", "203.0.113.0/24", None)


@pytest.mark.parametrize("operator", ["StringEqualsIfExists", "BoolIfExists", "StringNotLikeIfExists"])
def test_if_exists_is_true_of_an_absent_key(operator: str) -> None:
    assert holds(operator, "true", None)


def test_if_exists_compares_a_key_that_is_there() -> None:
    assert holds("StringEqualsIfExists", "a", "a")
    assert not holds("StringEqualsIfExists", "a", "b")


def test_null_asks_whether_the_key_is_absent() -> None:
    assert holds("Null", "true", None)
    assert not holds("Null", "true", "a")
    assert holds("Null", "false", "a")
    assert not holds("Null", "false", None)


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "c"], False),
        ("ForAllValues:StringEquals", None, True),
        ("ForAllValues:StringEquals", [], True),
        ("ForAnyValue:StringEquals", ["c", "b"], True),
        ("ForAnyValue:StringEquals", ["c", "d"], False),
        ("ForAnyValue:StringEquals", None, False),
        ("ForAllValues:StringNotEquals", ["c", "d"], True),
        ("ForAllValues:StringNotEquals", ["a", "d"], False),
        ("ForAnyValue:StringNotEquals", ["a", "d"], True),
        ("ForAnyValue:StringNotEquals", ["a", "b"], False),
        ("ForAnyValue:StringNotEquals", None, False),
        ("ForAnyValue:StringLikeIfExists", None, True),
    ],
)
def test_set_operator_looks_at_every_value(operator: str, values: list[str] | None, expected: bool) -> None:
    assert holds(operator, ["a", "b"], values) is expected


def test_key_names_are_case_insensitive() -> None:
    condition = Condition("Bool", "AWS:securetransport", (Text("true"),))
    assert condition.holds({"aws:SecureTransport": "true"})


@pytest.mark.parametrize(
    "operator",
    ["StringMatches", "stringequals", "StringEqualsifexists", "ForSomeValues:StringEquals", "NullIfExists"],
)
def test_unknown_operator_raises(operator: str) -> None:
    with pytest.raises(UnsupportedPolicy, match=operator):
        Condition(operator, "aws:Key", (Text("x"),))


@pytest.mark.parametrize(
    ("operator", "wanted"),
    [("NumericEquals", "ten"), ("DateLessThan", "tomorrow"), ("IpAddress", "somewhere")],
)
def test_malformed_value_in_a_policy_raises(operator: str, wanted: str) -> None:
    with pytest.raises(UnsupportedPolicy, match=wanted):
        holds(operator, wanted, "1")


CONTEXT: Context = {
    "aws:PrincipalArn": "arn:aws:iam::123456789012:role/app",
    "aws:username": "op*",
    "aws:PrincipalTag/team": "blue",
    "aws:TagKeys": ["a", "b"],
}


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("home/${aws:PrincipalTag/team}/*", "home/blue/x", True),
        ("home/${aws:principaltag/TEAM}/*", "home/blue/x", True),
        ("home/${aws:PrincipalTag/team}/*", "home/red/x", False),
        ("home/${aws:username}", "home/op*", True),
        ("home/${aws:username}", "home/operator", False),
        ("home/${aws:userid}", "home/", False),
        ("home/${aws:userid, 'guest'}", "home/guest", True),
        ("home/${aws:TagKeys}", "home/a", False),
        ("${*}${?}${$}", "*?$", True),
        ("${*}", "x", False),
    ],
)
def test_variables_are_filled_in_and_taken_literally(text: str, value: str, expected: bool) -> None:
    assert Text(text).like(value, CONTEXT) is expected


def test_variables_are_filled_in_within_conditions() -> None:
    condition = Condition("StringEquals", "s3:prefix", (Text("${aws:PrincipalTag/team}"),))
    assert condition.holds({**CONTEXT, "s3:prefix": "blue"})
    assert not condition.holds({**CONTEXT, "s3:prefix": "red"})


def test_variable_that_is_a_whole_arn_is_compared_as_one() -> None:
    condition = Condition("ArnLike", "aws:SourceArn", (Text("${aws:PrincipalArn}"),))
    assert condition.holds({**CONTEXT, "aws:SourceArn": "arn:aws:iam::123456789012:role/app"})
    assert not condition.holds({**CONTEXT, "aws:SourceArn": "arn:aws:iam::123456789012:role/other"})


def test_variable_within_an_arn_is_compared_within_its_part() -> None:
    condition = Condition("ArnLike", "aws:SourceArn", (Text("arn:aws:iam::${aws:Account}:role/*"),))
    source = {"aws:SourceArn": "arn:aws:iam::123456789012:role/app"}
    assert condition.holds({**source, "aws:Account": "123456789012"})
    assert not condition.holds({**source, "aws:Account": "210987654321"})
    assert not condition.holds(source)


def test_variables_are_plain_text_in_the_old_policy_version() -> None:
    assert Text("${aws:username}", variables=False).like("${aws:username}", CONTEXT)
    assert not Text("${aws:username}", variables=False).like("op*", CONTEXT)


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("*", "arn:aws:s3:::bucket/key", True),
        ("arn:aws:cloudtrail:*:1:trail/*", "arn:aws:cloudtrail:us-east-1:1:trail/main", True),
        ("arn:aws:cloudtrail:*:1:trail/*", "arn:aws:cloudtrail:us-east-1:2:trail/main", False),
        ("arn:aws:cloudtrail:*:trail/x", "arn:aws:cloudtrail:us-east-1:1:trail/x", True),
        ("arn:aws:cloudtrail:us-*-1:1:trail/x", "arn:aws:cloudtrail:us-east-1:1:trail/x", True),
        ("arn:aws:cloudtrail:us-*-1:1:trail/x", "arn:aws:cloudtrail:us-a:b-1:1:trail/x", False),
        (
            "arn:aws:logs:*:1:log-group:/aws/lambda/f:*",
            "arn:aws:logs:r:1:log-group:/aws/lambda/f:log-stream:s",
            True,
        ),
        (
            "arn:aws:logs:*:1:log-group:/aws/lambda/f",
            "arn:aws:logs:r:1:log-group:/aws/lambda/f:log-stream:",
            False,
        ),
        ("arn:aws:s3:::bucket/?", "arn:aws:s3:::bucket/a", True),
        ("arn:aws:s3:::bucket/?", "arn:aws:s3:::bucket/:", False),
        ("arn:aws:s3:::Bucket/*", "arn:aws:s3:::bucket/a", False),
        ("arn:aws:s3:::bucket.name", "arn:aws:s3:::bucketxname", False),
    ],
)
def test_wildcards_in_resources_stay_between_colons_unless_they_end_there(
    pattern: str, arn: str, expected: bool
) -> None:
    assert Text(pattern).like(arn, {}, in_segments=True) is expected
