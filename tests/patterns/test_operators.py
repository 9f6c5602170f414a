"""Each operator of an event pattern, on vectors of our own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_aws import patterns

MATCHING: list[tuple[str, list[Any], Any]] = [
    ("a text", ["on"], "on"),
    ("the empty text", [""], ""),
    ("one of several", ["off", "on"], "on"),
    ("a number", [7], 7),
    ("a whole number as a fraction", [7], 7.0),
    ("true", [True], True),
    ("null", [None], None),
    ("one element of an array", ["b"], ["a", "b"]),
    ("prefix", [{"prefix": "on-"}], "on-call"),
    ("the empty prefix", [{"prefix": ""}], "anything"),
    ("prefix without regard to case", [{"prefix": {"equals-ignore-case": "ON"}}], "on-call"),
    ("suffix", [{"suffix": ".log"}], "today.log"),
    ("suffix without regard to case", [{"suffix": {"equals-ignore-case": ".LOG"}}], "today.log"),
    ("equality without regard to case", [{"equals-ignore-case": "StopLogging"}], "stoplogging"),
    ("exists with null", [{"exists": True}], None),
    ("exists with an element", [{"exists": True}], ["a"]),
    ("exists not with an empty array", [{"exists": False}], []),
    ("exists not with an object, which is no leaf", [{"exists": False}], {"x": 1}),
    ("anything but a text", [{"anything-but": "on"}], "off"),
    ("anything but texts", [{"anything-but": ["on", "off"]}], "unknown"),
    ("anything but a number", [{"anything-but": 7}], "7"),
    ("anything but, with null", [{"anything-but": "on"}], None),
    ("anything but, one element differs", [{"anything-but": "on"}], ["on", "off"]),
    ("anything but a prefix", [{"anything-but": {"prefix": "on"}}], "off"),
    ("anything but prefixes", [{"anything-but": {"prefix": ["on", "of"]}}], "unknown"),
    ("anything but a suffix", [{"anything-but": {"suffix": ".log"}}], "today.txt"),
    ("anything but a wildcard", [{"anything-but": {"wildcard": "*/tmp/*"}}], "/var/log"),
    ("anything but, without regard to case", [{"anything-but": {"equals-ignore-case": "ON"}}], "off"),
    ("wildcard", [{"wildcard": "arn:*:trail/*"}], "arn:aws:cloudtrail:us-east-1:1:trail/main"),
    ("wildcard for nothing", [{"wildcard": "a*b"}], "ab"),
    ("an escaped star", [{"wildcard": r"a\*b"}], "a*b"),
    ("an escaped backslash", [{"wildcard": r"a\\*"}], "a\\bc"),
    ("a wildcard over lines", [{"wildcard": "a*b"}], "a\nb"),
    ("numeric equality", [{"numeric": ["=", 7]}], 7.0),
    ("numeric bound", [{"numeric": [">=", 7]}], 7),
    ("numeric range", [{"numeric": [">", 0, "<=", 5]}], 5),
    ("an address in a block", [{"cidr": "203.0.113.0/24"}], "203.0.113.7"),
    ("an IPv6 address in a block", [{"cidr": "2001:db8::/32"}], "2001:db8::1"),
    ("the second of two operators", [{"prefix": "x"}, {"suffix": "n"}], "on"),
]
DIFFERING: list[tuple[str, list[Any], Any]] = [
    ("another text", ["on"], "off"),
    ("a text in another case", ["on"], "On"),
    ("a number as a text", [7], "7"),
    ("one for true", [True], 1),
    ("true for one", [1], True),
    ("zero for false", [False], 0),
    ("null as a text", [None], "null"),
    ("null for nothing", [None], []),
    ("an object", ["on"], {"on": "on"}),
    ("prefix elsewhere", [{"prefix": "on"}], "upon"),
    ("prefix of a number", [{"prefix": "7"}], 77),
    ("suffix elsewhere", [{"suffix": "on"}], "one"),
    ("exists with an empty array", [{"exists": True}], []),
    ("exists with an object, which is no leaf", [{"exists": True}], {"x": 1}),
    ("exists not with a value", [{"exists": False}], "on"),
    ("anything but the text it is", [{"anything-but": "on"}], "on"),
    ("anything but the number it is", [{"anything-but": [7, 8]}], 7.0),
    ("anything but in every element", [{"anything-but": ["on", "off"]}], ["on", "off"]),
    ("anything but the prefix it has", [{"anything-but": {"prefix": ["x", "on"]}}], "on-call"),
    ("anything but the case it has", [{"anything-but": {"equals-ignore-case": ["ON"]}}], "on"),
    ("wildcard that ends earlier", [{"wildcard": "a*b"}], "abc"),
    ("a dot is no wildcard", [{"wildcard": "a.c"}], "abc"),
    ("numeric of a text", [{"numeric": [">", 0]}], "7"),
    ("numeric of true", [{"numeric": ["=", 1]}], True),
    ("numeric range, outside", [{"numeric": [">", 0, "<=", 5]}], 0),
    ("an address outside the block", [{"cidr": "203.0.113.0/24"}], "203.0.114.7"),
    ("no address", [{"cidr": "203.0.113.0/24"}], "cloudformation.amazonaws.com"),
    ("an address of the other family", [{"cidr": "2001:db8::/32"}], "203.0.113.7"),
]
INVALID: list[tuple[str, Any, str]] = [
    ("nothing", {}, "the pattern"),
    ("no value", {"detail": {"a": []}}, r"detail\.a: an empty array"),
    ("no field", {"detail": {}}, "detail: an empty object"),
    ("a value without an array", {"source": "aws.cloudtrail"}, "source: must be an object or an array"),
    ("an array in an array", {"a": [["b"]]}, "a: a value must be"),
    ("an unknown operator", {"detail": {"a": [{"regex": "x"}]}}, r"detail\.a: unrecognized operator 'regex'"),
    ("an operator in upper case", {"a": [{"PREFIX": "x"}]}, "a: unrecognized operator 'PREFIX'"),
    ("two operators in one", {"a": [{"prefix": "x", "suffix": "y"}]}, "a: an object must hold exactly one"),
    ("a prefix that is a number", {"a": [{"prefix": 7}]}, "a: prefix takes a string"),
    (
        "a prefix with another operator",
        {"a": [{"prefix": {"suffix": "x"}}]},
        "a: prefix: unrecognized operator",
    ),
    ("a list of suffixes", {"a": [{"suffix": ["x"]}]}, "a: suffix takes a string"),
    ("exists that is a text", {"a": [{"exists": "true"}]}, "a: exists takes true or false"),
    ("anything but true", {"a": [{"anything-but": True}]}, "a: anything-but takes strings or numbers"),
    ("anything but mixed types", {"a": [{"anything-but": ["x", 7]}]}, "a: anything-but takes .* of one type"),
    ("anything but nothing", {"a": [{"anything-but": []}]}, "a: anything-but: an empty array"),
    (
        "anything but numeric",
        {"a": [{"anything-but": {"numeric": [">", 1]}}]},
        "a: anything-but: unrecognized",
    ),
    (
        "anything but the empty prefix",
        {"a": [{"anything-but": {"prefix": ""}}]},
        "a: anything-but prefix takes",
    ),
    ("two stars", {"a": [{"wildcard": "x**"}]}, "a: wildcard: consecutive"),
    ("too many stars", {"a": [{"wildcard": "*x*x*x*x*x*"}]}, "a: wildcard: too complex"),
    ("a foreign escape", {"a": [{"wildcard": r"a\d"}]}, "a: wildcard: only"),
    ("an escape of nothing", {"a": [{"wildcard": "a\\"}]}, "a: wildcard: only"),
    ("numeric without a list", {"a": [{"numeric": 7}]}, "a: numeric takes one or two comparisons"),
    ("numeric without a bound", {"a": [{"numeric": [">"]}]}, "a: numeric takes one or two comparisons"),
    ("numeric with a text", {"a": [{"numeric": [">", "7"]}]}, "a: numeric: > takes a number"),
    ("numeric with an unknown sign", {"a": [{"numeric": ["!=", 7]}]}, "a: numeric: unrecognized comparison"),
    ("a range upside down", {"a": [{"numeric": [">", 7, "<", 7]}]}, "a: numeric: the bottom"),
    ("a range of two bottoms", {"a": [{"numeric": [">", 1, ">", 2]}]}, "a: numeric: a range is"),
    ("a block without a size", {"a": [{"cidr": "203.0.113.7"}]}, "a: cidr takes an address block"),
    ("a block of no address", {"a": [{"cidr": "x/8"}]}, "a: cidr takes an address block"),
    ("$or with one choice", {"$or": [{"a": ["x"]}]}, r"\$or: must be an array of at least two"),
    ("$or with a text", {"detail": {"$or": ["a", "b"]}}, r"detail\.\$or: must be an array"),
    (
        "an operator as a field in $or",
        {"$or": [{"prefix": ["x"]}, {"a": ["y"]}]},
        "prefix cannot be the name",
    ),
    ("a field twice", {"a": {"b": ["x"]}, "$or": [{"a.b": ["y"]}, {"c": ["z"]}]}, r"a\.b: .* more than once"),
]


@pytest.mark.parametrize(("tests", "value"), [case[1:] for case in MATCHING], ids=[c[0] for c in MATCHING])
def test_value_matches(tests: list[Any], value: object) -> None:
    assert patterns.matches({"detail": {"field": tests}}, {"detail": {"field": value}})


@pytest.mark.parametrize(("tests", "value"), [case[1:] for case in DIFFERING], ids=[c[0] for c in DIFFERING])
def test_value_does_not_match(tests: list[Any], value: object) -> None:
    assert not patterns.matches({"detail": {"field": tests}}, {"detail": {"field": value}})


@pytest.mark.parametrize(("pattern", "message"), [case[1:] for case in INVALID], ids=[c[0] for c in INVALID])
def test_invalid_pattern_is_named(pattern: dict[str, object], message: str) -> None:
    with pytest.raises(patterns.InvalidPattern, match=message):
        patterns.check(pattern)
    with pytest.raises(patterns.InvalidPattern, match=message):
        patterns.matches(pattern, {"source": "aws.cloudtrail"})


def test_missing_field_only_matches_exists_false() -> None:
    event = {"detail": {"other": 1}}
    assert patterns.matches({"detail": {"field": [{"exists": False}]}}, event)
    for tests in ([{"exists": True}], ["x"], [None], [{"anything-but": "x"}], [{"prefix": ""}]):
        assert not patterns.matches({"detail": {"field": tests}}, event)


def test_all_fields_must_match() -> None:
    pattern = {"source": ["aws.config"], "detail": {"a": [1], "b": [2]}}
    assert patterns.matches(pattern, {"source": "aws.config", "detail": {"a": 1, "b": 2, "c": 3}})
    assert not patterns.matches(pattern, {"source": "aws.config", "detail": {"a": 1, "b": 3}})
    assert not patterns.matches(pattern, {"source": "aws.other", "detail": {"a": 1, "b": 2}})


def test_fields_of_an_array_of_objects_must_come_from_one_element() -> None:
    pattern = {"detail": {"rules": {"port": [22], "source": ["0.0.0.0/0"]}}}
    together = [{"port": 443, "source": "0.0.0.0/0"}, {"port": 22, "source": "0.0.0.0/0"}]
    apart = [{"port": 443, "source": "0.0.0.0/0"}, {"port": 22, "source": "10.0.0.0/8"}]
    assert patterns.matches(pattern, {"detail": {"rules": together}})
    assert not patterns.matches(pattern, {"detail": {"rules": apart}})


def test_absence_is_asked_of_the_same_element_of_an_array() -> None:
    pattern = {"rules": {"port": [22], "reason": [{"exists": False}]}}
    assert patterns.matches(pattern, {"rules": [{"port": 443, "reason": "web"}, {"port": 22}]})
    assert not patterns.matches(pattern, {"rules": [{"port": 22, "reason": "bastion"}]})


def test_elements_of_two_arrays_are_independent() -> None:
    pattern = {"a": {"x": [1]}, "b": {"y": [2]}}
    assert patterns.matches(pattern, {"a": [{"x": 1}, {"x": 9}], "b": [{"y": 9}, {"y": 2}]})


def test_or_matches_when_one_choice_and_all_else_do() -> None:
    pattern = {"source": ["s"], "$or": [{"detail": {"a": [1]}}, {"detail": {"b": [{"prefix": "x"}]}}]}
    assert patterns.matches(pattern, {"source": "s", "detail": {"a": 1}})
    assert patterns.matches(pattern, {"source": "s", "detail": {"b": "xy"}})
    assert not patterns.matches(pattern, {"source": "s", "detail": {"a": 2, "b": "yx"}})
    assert not patterns.matches(pattern, {"source": "t", "detail": {"a": 1}})


def test_or_of_too_many_combinations_is_invalid() -> None:
    choices = [{f"a{number}": ["x"]} for number in range(11)]
    nested = {"x": {"$or": choices}, "y": {"$or": choices}, "z": {"$or": choices}}
    with pytest.raises(patterns.InvalidPattern, match="more than 1000 combinations"):
        patterns.check(nested)


def test_operators_are_named() -> None:
    pattern = {
        "a": ["x", {"prefix": "y"}, {"suffix": {"equals-ignore-case": "z"}}],
        "b": {"$or": [{"c": [{"anything-but": 1}]}, {"d": [{"anything-but": {"wildcard": "*"}}]}]},
    }
    assert patterns.operators(pattern) == {
        "equals",
        "prefix",
        "suffix equals-ignore-case",
        "anything-but",
        "anything-but wildcard",
        "$or",
    }


def test_length_counts_characters_of_compact_json() -> None:
    assert patterns.length({"a": ["é", 1]}) == len('{"a":["é",1]}')
