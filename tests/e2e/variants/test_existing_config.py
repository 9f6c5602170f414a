"""An organisation's own Config rules are listened to, whatever has been put around their names."""

from __future__ import annotations

import pytest

from tests.e2e.variants.rules import CONFORMANCE_RULE, OWN_RULES, SECURITY_HUB_RULE, SIMILAR_RULE
from tests.e2e.world import World


def test_no_config_rule_is_made_beside_the_organisations_own(existing_config: World) -> None:
    rules = existing_config.account.client("config").describe_config_rules()["ConfigRules"]
    assert {rule["ConfigRuleName"] for rule in rules} == set(OWN_RULES)


def test_a_second_plan_of_the_example_finds_nothing_to_change(existing_config: World) -> None:
    assert existing_config.terraform.plan("examples/existing-config").changes == {}


@pytest.mark.parametrize("rule", [CONFORMANCE_RULE, SECURITY_HUB_RULE])
def test_a_change_of_their_rule_starts_the_trail_and_the_rule_is_asked_again(
    existing_config: World, rule: str
) -> None:
    account = existing_config.account
    trail = account.trail("main", multi_region=True)
    account.evaluate(rule)
    with account.unseen():
        account.user("contractor").stop(trail)
    existing_config.aws.end_processes()
    account.evaluate(rule)
    assert account.logs(trail)
    assert account.compliance(rule)[account.id]["ComplianceType"] == "COMPLIANT"
    assert existing_config.said.mail().field("Arrived by") == f"Config: {rule} became NON_COMPLIANT"


def test_a_rule_of_a_similar_name_is_not_listened_to(existing_config: World) -> None:
    account = existing_config.account
    trail = account.trail("main")
    account.evaluate(SIMILAR_RULE)
    with account.unseen():
        account.user("contractor").stop(trail)
    account.evaluate(SIMILAR_RULE)
    assert not account.logs(trail)
    assert existing_config.calls() == []


def test_a_repair_that_came_by_an_api_event_makes_all_of_their_rules_compliant(
    existing_config: World,
) -> None:
    account = existing_config.account
    trail = account.trail("main", multi_region=True)
    with account.unseen():
        account.user("contractor").stop(trail)
        account.client("events").disable_rule(Name="rearm-cloudtrail-config")
        account.evaluate(CONFORMANCE_RULE, SECURITY_HUB_RULE)
        account.client("events").enable_rule(Name="rearm-cloudtrail-config")
        account.client("cloudtrail").start_logging(Name=trail)
    existing_config.aws.end_processes()
    account.user("contractor").stop(trail)
    existing_config.aws.wait_idle()
    assert account.logs(trail)
    for rule in (CONFORMANCE_RULE, SECURITY_HUB_RULE):
        assert account.compliance(rule)[account.id]["ComplianceType"] == "COMPLIANT"
