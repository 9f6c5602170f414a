"""Exceptions: which excuse applies to which finding."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rearm.exceptions import ExceptionEntry, find_exception, parse_exceptions
from rearm.model import Resource
from tests.events.identities import ACCOUNT
from tests.unit.deployment import exception

ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/management"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ops/patching"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TRAIL = Resource(ARN, "management", "AWS::CloudTrail::Trail", ACCOUNT, "us-east-1")
TAGGED = Resource(ARN, "management", "AWS::S3::Bucket", ACCOUNT, "us-east-1", {"team": "audit", "empty": ""})


def entry(
    criteria: Mapping[str, str] | None = None, /, *, until: date | None = None, **match: str
) -> ExceptionEntry:
    criteria = {**(criteria or {}), **match}
    return ExceptionEntry("planned", criteria, "a planned change", until, quiet=False, scope="all")


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("management", True),
        (ARN, True),
        ("manage*", True),
        ("*ment", True),
        ("m*n*g*t", True),
        ("**management**", True),
        ("*:trail/management", True),
        (f"arn:*:cloudtrail:*:{ACCOUNT}:trail/*", True),
        ("Management", False),
        ("manage", False),
        ("anagement", False),
        ("management2", False),
        ("management*2", False),
        ("managemen?", False),
        ("m.nagement", False),
        ("[m]anagement", False),
        ("mana*gement*gement", False),
        ("management*management", False),
        ("*management*ment", False),
        ("ma*ana*gement", False),
        ("m*a*n*a*g*e*m*e*n*t", True),
        ("*", True),
        ("**", True),
        ("managementmanagement", False),
        ("man*nagement", False),
        ("", False),
        (" management", False),
        ("management\n", False),
        ("arn:aws:cloudtrail:us-east-1:210987654321:trail/management", False),
        ("arn:aws:cloudtrail:eu-west-1:*", False),
    ],
)
def test_a_resource_is_matched_by_its_whole_arn_or_name_with_a_star_for_anything(
    pattern: str, matches: bool
) -> None:
    assert entry(resource=pattern).matches(TRAIL, None) is matches


@pytest.mark.parametrize(
    ("account", "matches"),
    [(ACCOUNT, True), ("210987654321", False), ("*", False), (f"{ACCOUNT}*", False), ("", False)],
)
def test_an_account_is_matched_as_it_stands(account: str, matches: bool) -> None:
    assert entry(account=account).matches(TRAIL, None) is matches


@pytest.mark.parametrize(
    ("pattern", "actor", "matches"),
    [
        (ROLE, ROLE, True),
        ("arn:aws:iam::*:role/ops/*", ROLE, True),
        ("*", ROLE, True),
        (ROLE, f"{ROLE}-2", False),
        ("patching", ROLE, False),
        (ROLE, None, False),
        ("*", None, False),
    ],
)
def test_an_actor_is_matched_only_if_it_is_known(pattern: str, actor: str | None, matches: bool) -> None:
    assert entry(actor=pattern).matches(TRAIL, actor) is matches


@pytest.mark.parametrize(
    ("tag", "wanted", "matches"),
    [
        ("team", "audit", True),
        ("team", "aud*", True),
        ("team", "*", True),
        ("team", "other", False),
        ("Team", "audit", False),
        ("owner", "*", False),
        ("empty", "", True),
    ],
)
def test_a_tag_is_matched_by_key_and_value(tag: str, wanted: str, matches: bool) -> None:
    assert entry({f"tag:{tag}": wanted}).matches(TAGGED, None) is matches


def test_a_tag_never_matches_where_tags_are_not_read() -> None:
    assert not entry({"tag:team": "*"}).matches(TRAIL, None)


@pytest.mark.parametrize(
    "other",
    [
        {"account": "210987654321"},
        {"actor": "arn:aws:iam::*:role/other"},
        {"tag:team": "*"},
        {"resource": "other"},
        {"region": "us-east-1"},
        {"Resource": "management"},
        {"": ""},
    ],
    ids=str,
)
def test_all_criteria_must_match_and_an_unknown_one_never_does(other: dict[str, str]) -> None:
    given = {"resource": "management", "account": ACCOUNT, "actor": ROLE}

    assert entry(given).matches(TRAIL, ROLE)
    assert not entry(given | other).matches(TRAIL, ROLE)


def test_an_exception_without_criteria_excuses_nothing() -> None:
    assert not entry().matches(TRAIL, ROLE)


@pytest.mark.parametrize(
    ("now", "expired"),
    [
        (datetime(2026, 11, 24, 0, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 25, 0, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 25, 12, 59, tzinfo=timezone(timedelta(hours=13))), False),
        (datetime(2026, 11, 24, 13, 0, tzinfo=timezone(timedelta(hours=-11))), True),
    ],
)
def test_an_exception_holds_to_the_end_of_its_last_day_in_utc(now: datetime, expired: bool) -> None:
    assert entry(until=date(2026, 11, 24), resource="*").expired(now) is expired


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_the_time_zone_of_the_process_does_not_move_the_last_day(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    last = entry(until=date(2026, 11, 24), resource="*")

    assert not last.expired(datetime(2026, 11, 24, 23, 59, tzinfo=UTC))
    assert last.expired(datetime(2026, 11, 25, 0, 0, tzinfo=UTC))


def test_never_does_not_expire() -> None:
    assert not entry(resource="*").expired(datetime(9999, 12, 31, tzinfo=UTC))


def test_the_first_by_name_of_those_that_match_and_hold_is_taken() -> None:
    parsed, _ = parse_exceptions(
        {
            "delta": exception(resource="*"),
            "alpha": exception(resource="*", expires="2026-11-23"),
            "bravo": exception(resource="other"),
            "charlie": exception(resource="management", expires="2026-11-24"),
        },
        "cloudtrail",
    )

    found = find_exception(parsed, TRAIL, None, NOON)

    assert found
    assert found.name == "charlie"


def test_no_exception_is_found_where_none_matches() -> None:
    parsed, _ = parse_exceptions({"bravo": exception(resource="other")}, "cloudtrail")

    assert find_exception(parsed, TRAIL, None, NOON) is None


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "text",
        [],
        {},
        {"match": {"resource": "*"}, "reason": "why"},
        {"match": {"resource": "*"}, "expires": "never"},
        {"reason": "why", "expires": "never"},
        {"match": {}, "reason": "why", "expires": "never"},
        {"match": [], "reason": "why", "expires": "never"},
        {"match": "management", "reason": "why", "expires": "never"},
        {"match": {"resource": None}, "reason": "why", "expires": "never"},
        {"match": {"resource": ["a"]}, "reason": "why", "expires": "never"},
        {"match": {"resource": "*"}, "reason": None, "expires": "never"},
        {"match": {"resource": "*"}, "reason": "why", "expires": None},
        {"match": {"resource": "*"}, "reason": "why", "expires": "Never"},
        {"match": {"resource": "*"}, "reason": "why", "expires": ""},
        {"match": {"resource": "*"}, "reason": "why", "expires": "2026-02-30"},
        {"match": {"resource": "*"}, "reason": "why", "expires": "31.12.2026"},
        {"match": {"resource": "*"}, "reason": "why", "expires": "2026-11-24T00:00:00Z"},
    ],
    ids=str,
)
def test_an_exception_that_cannot_be_read_is_named_and_does_not_apply(raw: object) -> None:
    parsed, unreadable = parse_exceptions(
        {"bad": raw, "good": exception(resource="management")}, "cloudtrail"
    )

    assert [entry.name for entry in parsed] == ["good"]
    assert unreadable == ("bad",)


@pytest.mark.parametrize(
    ("scope", "applies"), [("all", True), ("cloudtrail", True), ("s3", False), ("", False), ("ALL", False)]
)
def test_an_exception_applies_to_all_automations_or_to_its_own(scope: str, applies: bool) -> None:
    parsed, unreadable = parse_exceptions({"planned": exception(resource="*", scope=scope)}, "cloudtrail")

    assert (len(parsed) == 1) is applies
    assert unreadable == ()


@pytest.mark.parametrize("quiet", ["true", 1, None, "yes"])
def test_an_exception_is_quiet_only_if_it_says_so(quiet: object) -> None:
    parsed, _ = parse_exceptions({"planned": exception(resource="*") | {"quiet": quiet}}, "cloudtrail")

    assert not parsed[0].quiet


def test_a_pattern_of_many_stars_is_decided_at_once() -> None:
    """The pattern is the user's, the name is anybody's: together they must not keep a repair waiting."""
    pattern = "*".join(["a"] * 40) + "b"
    long = Resource("a" * 2000, "a" * 2000, "AWS::CloudTrail::Trail", ACCOUNT, "us-east-1")

    began = time.process_time()
    assert not entry(resource=pattern).matches(long, None)
    assert time.process_time() - began < 1


@given(st.text("ab*", max_size=8), st.text("ab", max_size=8))
def test_a_pattern_matches_what_its_regular_expression_matches(pattern: str, name: str) -> None:
    wanted = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None

    assert entry(actor=pattern).matches(TRAIL, name) is wanted
