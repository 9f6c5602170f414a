"""Real-shaped events reach the CloudTrail automation, and no other event does.

The pattern of the Config rules is made by Terraform from names that only a plan knows, so the plan's tests
route `compliance_changes` and `changes_beside` through the pattern in the plan. What is tested here about
them is that they tell a right pattern from wrong ones.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.routes import TRAIL_CALLS, calls_beside, changes_beside, compliance_changes, trail_calls
from tests.local_aws.patterns import matches
from tests.patterns import corpus
from tests.patterns.manifests import all_event_patterns

CALLS = all_event_patterns()["cloudtrail-calls"]
CREATED, EXISTING = ["rearm-cloudtrail-enabled"], ["cloudtrail-enabled"]


def config_pattern(*names: object) -> dict[str, Any]:
    return {
        "source": ["aws.config"],
        "detail-type": ["Config Rules Compliance Change"],
        "detail": {
            "messageType": ["ComplianceChangeNotification"],
            "configRuleName": list(names),
            "newEvaluationResult": {"complianceType": ["NON_COMPLIANT"]},
        },
    }


RIGHT = config_pattern(
    "rearm-cloudtrail-enabled",
    "cloudtrail-enabled",
    {"prefix": "cloudtrail-enabled-conformance-pack-"},
    {"prefix": "securityhub-cloudtrail-enabled-"},
)


@pytest.mark.parametrize("event", trail_calls().values(), ids=trail_calls())
def test_call_on_a_trail_reaches_the_automation(event: dict[str, Any]) -> None:
    assert matches(CALLS, event)


@pytest.mark.parametrize("event", calls_beside().values(), ids=calls_beside())
def test_event_beside_does_not_reach_the_automation(event: dict[str, Any]) -> None:
    assert not matches(CALLS, event)


def test_the_calls_of_the_manifest_are_the_ones_routed_here() -> None:
    assert set(CALLS["detail"]["eventName"]) == set(TRAIL_CALLS)


@pytest.mark.parametrize(
    "event", compliance_changes(CREATED, EXISTING).values(), ids=compliance_changes(CREATED, EXISTING)
)
def test_compliance_change_reaches_a_right_pattern(event: dict[str, Any]) -> None:
    assert matches(RIGHT, event)


@pytest.mark.parametrize(
    "event", changes_beside(CREATED, EXISTING).values(), ids=changes_beside(CREATED, EXISTING)
)
def test_change_beside_does_not_reach_a_right_pattern(event: dict[str, Any]) -> None:
    assert not matches(RIGHT, event)


@pytest.mark.parametrize(
    "wrong",
    [
        config_pattern({"prefix": "rearm-cloudtrail-enabled"}, {"prefix": "cloudtrail-enabled"}),
        config_pattern({"wildcard": "*cloudtrail-enabled*"}),
        {**RIGHT, "source": [{"exists": True}]},
        {**RIGHT, "detail-type": [{"exists": True}]},
        {
            **RIGHT,
            "detail": {**RIGHT["detail"], "newEvaluationResult": {"complianceType": [{"exists": True}]}},
        },
        {**RIGHT, "detail": {**RIGHT["detail"], "messageType": [{"exists": True}]}},
    ],
    ids=["prefixes", "wildcard", "any source", "any detail type", "any compliance", "any message"],
)
def test_changes_beside_find_a_pattern_that_takes_too_much(wrong: dict[str, Any]) -> None:
    assert any(matches(wrong, event) for event in changes_beside(CREATED, EXISTING).values())


@pytest.mark.parametrize(
    "wrong",
    [config_pattern("rearm-cloudtrail-enabled", "cloudtrail-enabled"), config_pattern(*EXISTING)],
    ids=["without suffixes", "without the created rule"],
)
def test_compliance_changes_find_a_pattern_that_takes_too_little(wrong: dict[str, Any]) -> None:
    assert not all(matches(wrong, event) for event in compliance_changes(CREATED, EXISTING).values())


def test_public_events_reach_the_automation_exactly_when_they_are_its_calls() -> None:
    wrong: list[str] = []
    reached = looked_at = 0
    for entry in corpus.load("INDEX.json"):
        if entry["form"] not in ("eventbridge", "cloudtrail-record"):
            continue
        event = corpus.load(entry["file"])
        if entry["form"] == "cloudtrail-record":
            source = str(event.get("eventSource", "")).removesuffix(".amazonaws.com")
            event = {
                "source": f"aws.{source}",
                "detail-type": entry.get("detail_type") or "AWS API Call via CloudTrail",
                "detail": event,
            }
        detail = event.get("detail")
        expected = (
            isinstance(detail, dict)
            and detail.get("eventSource") == "cloudtrail.amazonaws.com"
            and detail.get("eventName") in TRAIL_CALLS
        )
        looked_at += 1
        reached += expected
        if matches(CALLS, event) is not expected:
            wrong.append(entry["file"])
    assert not wrong
    assert reached, f"none of {looked_at} events is one of the automation's calls"
