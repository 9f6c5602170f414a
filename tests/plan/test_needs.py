"""What an automation needs to see anything: a plan that knows it is missing warns, and goes on."""

from __future__ import annotations

import re

import pytest

from rearm.automations import GLOBAL_REGIONS
from tests.plan.harness import MANIFESTS, ON, ROOT
from tests.plan.planning import REGION, Plan

GLOBAL = ", ".join(name for name, one in MANIFESTS.items() if one.get("global_events"))
NEED_GUARDDUTY = [name for name, one in MANIFESTS.items() if "guardduty" in one.get("needs", [])]
NO_DETECTOR = "reading this account's single GuardDuty Detector: empty result"


def missed(automations: str) -> str:
    """Return what is said of automations whose events do not come here."""
    return (
        f"Some events for {automations} are in us-east-1 only, and this is {REGION}: until they are brought "
        "here, the sweep alone sees what they would tell. Put modules/forwarder into us-east-1 and give "
        "global_events_forwarded = true, or deploy there."
    )


def warned(plan: Plan, module: str, name: str) -> list[str]:
    """Return what a check of a module has found, wherever in it."""
    return [
        problem["message"]
        for check in plan.raw["checks"]
        if check["address"]["kind"] == "check" and check["address"]["name"] == name
        for instance in check.get("instances", ())
        if f"{instance['address'].get('module', '')}.".startswith(f"module.{module}.")
        for problem in instance.get("problems", ())
    ]


def test_the_global_regions_are_those_that_the_function_knows() -> None:
    text = (ROOT / "needs.tf").read_text(encoding="utf-8")

    assert dict(re.findall(r'^    (aws[a-z-]*) += "([a-z0-9-]+)"$', text, re.MULTILINE)) == GLOBAL_REGIONS


def test_events_that_are_only_in_the_global_region_are_missed_elsewhere(variants: Plan) -> None:
    assert GLOBAL
    for variant in ("notify", "others", "security_hub"):
        assert warned(variants, variant, "global_events_arrive") == [missed(GLOBAL)]
    assert warned(variants, "without_config_rules", "global_events_arrive") == [missed("added")]
    assert missed(GLOBAL) in variants.warnings


@pytest.mark.parametrize("variant", ["virginia", "gov", "china", "forwarded"])
def test_nothing_is_missed_in_the_global_region_or_with_a_forwarder(variants: Plan, variant: str) -> None:
    assert warned(variants, variant, "global_events_arrive") == []


@pytest.mark.parametrize("variant", ["defaults", "everything", "off"])
def test_what_is_on_by_default_misses_nothing(variants: Plan, variant: str) -> None:
    assert not [name for name, one in ON.items() if one.get("global_events") or one.get("needs")]
    for name in ("global_events_arrive", "config_judges", "guardduty_looks"):
        assert warned(variants, variant, name) == []


def test_guardduty_is_missed_where_it_is_needed_and_has_no_detector(variants: Plan) -> None:
    assert NEED_GUARDDUTY
    for variant in ("notify", "others", "forwarded"):
        assert warned(variants, variant, "guardduty_looks") == [NO_DETECTOR] * len(NEED_GUARDDUTY)
    assert NO_DETECTOR in variants.warnings


def test_guardduty_that_looks_is_not_missed(variants: Plan) -> None:
    assert warned(variants, "virginia", "guardduty_looks") == []
    looked_for = [one.address for one in variants.module("virginia").changes("data")]
    assert [one for one in looked_for if "guardduty" in one] == [
        f'module.guardduty["{name}"].data.aws_guardduty_detector.needed' for name in NEED_GUARDDUTY
    ]


def test_a_suspended_guardduty_is_missed(variants: Plan) -> None:
    assert warned(variants, "gov", "guardduty_looks") == [
        "GuardDuty is suspended here, without whose findings iam_user_anomaly sees less."
    ]


def test_nobody_is_asked_for_detectors_that_no_automation_needs(variants: Plan) -> None:
    for variant in ("defaults", "everything", "off", "two"):
        data = {one.type for one in variants.module(variant).changes("data")}
        assert "aws_guardduty_detector" not in data


def test_rules_of_config_are_missed_where_they_are_needed(variants: Plan) -> None:
    said = (
        "Without rules of Config the sweep alone sees what happens for added: config is false, and "
        "existing_config_rules is empty."
    )

    assert warned(variants, "without_config_rules", "config_judges") == [said]
    assert warned(variants, "two", "config_judges") == []
    assert variants.warnings.count(said) == 1
