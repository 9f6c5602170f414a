"""The doors for findings of Security Hub, which are there when somebody asks for them."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.local_aws import patterns
from tests.plan.harness import MANIFESTS, rules_of, security_controls
from tests.plan.planning import ACCOUNT, REGION, Plan, configuration

SERVING = [name for name in MANIFESTS if security_controls(name)]
FINDING = {
    "Id": f"arn:aws:securityhub:{REGION}:{ACCOUNT}:security-control/X.1/finding/1",
    "AwsAccountId": ACCOUNT,
    "Compliance": {"Status": "FAILED", "SecurityControlId": "X.1"},
    "RecordState": "ACTIVE",
    "Workflow": {"Status": "NEW"},
    "Resources": [{"Type": "AwsEc2SecurityGroup", "Id": "arn"}],
}


def event(kind: str, *findings: dict[str, Any]) -> dict[str, Any]:
    """Build an event as Security Hub sends it."""
    return {
        "source": "aws.securityhub",
        "detail-type": f"Security Hub Findings - {kind}",
        "account": ACCOUNT,
        "region": REGION,
        "detail": {"findings": list(findings)},
    }


def finding(control: str, **changes: object) -> dict[str, Any]:
    """Build a finding that fails a control, then change some of it: `Workflow__Status="RESOLVED"`."""
    built = copy.deepcopy(FINDING)
    for path, value in {"Compliance__SecurityControlId": control, **changes}.items():
        *outer, last = path.split("__")
        target: Any = built
        for part in outer:
            target = target[part]
        target[last] = value
    return built


def pattern(plan: Plan, automation: str) -> dict[str, Any]:
    """Return the pattern of an automation's rule for Security Hub."""
    rule = plan.module("security_hub").of("aws_cloudwatch_event_rule")[f"hub-{automation}-security-hub"]
    found: dict[str, Any] = json.loads(rule.values["event_pattern"])
    return found


def test_there_is_one_rule_for_each_automation_that_serves_controls(variants: Plan) -> None:
    rules = variants.module("security_hub").of("aws_cloudwatch_event_rule")

    assert {"cloudtrail", "s3_encryption", "security_groups"} <= set(SERVING)
    assert set(rules) == {f"hub-{name}-{rule}" for name in MANIFESTS for rule in rules_of(name, True)}


def test_without_being_asked_nothing_listens_to_security_hub(variants: Plan) -> None:
    for variant in ("defaults", "others", "notify"):
        assert "aws.securityhub" not in json.dumps(
            [one.values for one in variants.module(variant).of("aws_cloudwatch_event_rule").values()]
        )


@pytest.mark.parametrize("automation", SERVING)
def test_findings_of_each_control_arrive_in_both_ways(variants: Plan, automation: str) -> None:
    rule = pattern(variants, automation)
    patterns.check(rule)

    for control in security_controls(automation):
        for kind in ("Imported", "Custom Action"):
            assert patterns.matches(rule, event(kind, finding(control)))


@pytest.mark.parametrize("automation", SERVING)
def test_imported_findings_that_ask_for_nothing_do_not_arrive(variants: Plan, automation: str) -> None:
    rule, control = pattern(variants, automation), security_controls(automation)[0]
    harmless = [
        finding(control, Compliance__Status="PASSED"),
        finding(control, Compliance__Status="WARNING"),
        finding(control, Workflow__Status="SUPPRESSED"),
        finding(control, Workflow__Status="RESOLVED"),
        finding(control, Workflow__Status="NOTIFIED"),
        finding(control, RecordState="ARCHIVED"),
        finding("Account.1"),
        finding(f"{control}0"),
    ]

    assert not [one for one in harmless if patterns.matches(rule, event("Imported", one))]
    # What is true of two findings together is true of neither.
    assert not patterns.matches(
        rule, event("Imported", finding(control, Compliance__Status="PASSED"), finding("Account.1"))
    )
    assert not patterns.matches(rule, event("Insight Results", finding(control)))


@pytest.mark.parametrize("automation", SERVING)
def test_a_custom_action_is_a_persons_decision(variants: Plan, automation: str) -> None:
    rule, control = pattern(variants, automation), security_controls(automation)[0]
    taken_up = finding(control, Workflow__Status="NOTIFIED")

    assert patterns.matches(rule, event("Custom Action", taken_up))
    assert patterns.matches(rule, event("Custom Action", finding("Account.1"), taken_up))
    assert not patterns.matches(rule, event("Custom Action", finding("Account.1")))


@pytest.mark.parametrize("automation", MANIFESTS)
def test_the_function_opens_the_door_that_its_rule_leads_to(variants: Plan, automation: str) -> None:
    plan = variants.module("security_hub").automation(automation)
    sources = configuration(plan.one("aws_lambda_function"))["sources"]

    assert ("aws.securityhub" in sources) is (automation in SERVING)
    assert sources == sorted(set(sources))


def test_rules_and_their_patterns_fit(variants: Plan) -> None:
    rules = variants.module("security_hub").of("aws_cloudwatch_event_rule")

    for automation in SERVING:
        rule = rules[f"hub-{automation}-security-hub"].values
        assert len(rule["event_pattern"]) <= 2048
        assert len(rule["description"]) <= 512
        assert rule["state"] == "ENABLED"
