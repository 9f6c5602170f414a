"""Lifecycle rules: which let log files go too soon, whatever their filter."""

from __future__ import annotations

from typing import Any

import pytest

from rearm.automations.trail_storage import lifecycle
from tests.events.identities import ACCOUNT

SOON = {"Expiration": {"Days": 1}}


def _rule(**more: Any) -> dict[str, Any]:
    return {"ID": "rule", "Status": "Enabled", "Filter": {"Prefix": ""}, **more}


def _offends(rule: dict[str, Any], prefixes: list[str] | None = None, minimum: int = 90) -> bool:
    return lifecycle.offending({"Rules": [rule]}, prefixes, minimum) == [rule]


@pytest.mark.parametrize(
    ("more", "offends"),
    [
        ({"Expiration": {"Days": 89}}, True),
        ({"Expiration": {"Days": 90}}, False),
        ({"Expiration": {"Days": 365}}, False),
        ({"Expiration": {"Date": "2099-01-01 00:00:00+00:00"}}, True),
        ({"Expiration": {"ExpiredObjectDeleteMarker": True}}, False),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 89}}, True),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 5}}, True),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 90}}, False),
        ({"Expiration": {"Days": 365}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}, True),
        ({"Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]}, False),
        ({"NoncurrentVersionTransitions": [{"NoncurrentDays": 1, "StorageClass": "GLACIER"}]}, False),
        ({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}, False),
        ({"Expiration": {"Days": 1}, "Status": "Disabled"}, False),
    ],
)
def test_what_a_rule_does_too_soon(more: dict[str, Any], offends: bool) -> None:
    assert _offends(_rule(**more)) is offends


def test_the_minimum_is_the_settings() -> None:
    rule = _rule(Expiration={"Days": 30})

    assert not _offends(rule, minimum=30)
    assert _offends(rule, minimum=31)


LOGS = f"AWSLogs/{ACCOUNT}/CloudTrail/"


@pytest.mark.parametrize(
    ("prefix", "written", "reached"),
    [
        ("", "", True),
        ("A", "", True),
        ("AWSLogs/", "", True),
        (f"AWSLogs/{ACCOUNT}", "", True),
        (f"AWSLogs/{ACCOUNT}/", "", True),
        (f"AWSLogs/{ACCOUNT}/Cloud", "", True),
        (LOGS, "", True),
        (f"{LOGS}us-east-1/", "", True),
        (f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/", "", True),
        (f"AWSLogs/{ACCOUNT}/CloudTrail-Insight/", "", True),
        (f"AWSLogs/o-exampleorgid/{ACCOUNT}/CloudTrail/", "", True),
        ("AWSLogs/o-exampleorgid/", "", True),
        (f"AWSLogs/o-exampleorgid/{ACCOUNT}/Config/", "", False),
        (f"AWSLogs/{ACCOUNT}/Config/", "", False),
        (f"AWSLogs/{ACCOUNT}/elasticloadbalancing/", "", False),
        ("tmp/", "", False),
        ("trails/", "", False),
        ("trails/", "trails", True),
        ("tr", "trails", True),
        (f"trails/{LOGS}", "trails", True),
        (f"trails/{LOGS}", "trails/", True),
        ("trails/tmp/", "trails", False),
        (LOGS, "trails", False),
    ],
)
def test_what_a_prefix_reaches(prefix: str, written: str, reached: bool) -> None:
    assert _offends(_rule(Filter={"Prefix": prefix}, **SOON), [written]) is reached


@pytest.mark.parametrize(
    "where",
    [
        {"Filter": {"Tag": {"Key": "a", "Value": "b"}}},
        {"Filter": {"ObjectSizeGreaterThan": 1}},
        {"Filter": {"And": {"Prefix": "AWSLogs/", "Tags": [{"Key": "a", "Value": "b"}]}}},
        {"Filter": {}},
        {"Prefix": ""},
        {"Prefix": "AWSLogs/"},
    ],
)
def test_every_form_of_a_filter_counts(where: dict[str, Any]) -> None:
    rule = {"ID": "rule", "Status": "Enabled", **where, **SOON}

    assert _offends(rule, [""])


@pytest.mark.parametrize("where", [{"Prefix": "tmp/"}, {"Filter": {"And": {"Prefix": "tmp/", "Tags": []}}}])
def test_a_rule_for_something_else_is_left_alone(where: dict[str, Any]) -> None:
    rule = {"ID": "rule", "Status": "Enabled", **where, **SOON}

    assert not _offends(rule, ["", "trails"])


def test_where_no_trail_is_known_any_rule_counts() -> None:
    assert _offends(_rule(Filter={"Prefix": "tmp/"}, **SOON), None)


def test_of_several_prefixes_one_is_enough() -> None:
    assert _offends(_rule(Filter={"Prefix": "b/"}, **SOON), ["a", "b"])


def test_the_other_rules_stay_exactly_as_they_are() -> None:
    keep, bad = _rule(ID="keep", Transitions=[{"Days": 1}]), _rule(ID="bad", **SOON)
    found = {"Rules": [bad, keep], "TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}

    assert lifecycle.without(found, [bad]) == {**found, "Rules": [keep]}
    assert lifecycle.without({"Rules": [bad]}, [bad]) is None
