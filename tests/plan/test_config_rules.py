"""Config's rules: those that the module creates, and those that it listens to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plan.planning import Plan, configuration, references
from tests.plan.variants import EVERYTHING


def listened(plan: Plan, name: str) -> list[Any]:
    """Return the names in the pattern of a deployment's rule for Config, after a look at the rest of it."""
    pattern = json.loads(
        plan.of("aws_cloudwatch_event_rule")[f"{name}-cloudtrail-config"].values["event_pattern"]
    )
    names: list[Any] = pattern["detail"].pop("configRuleName")
    assert pattern == {
        "source": ["aws.config"],
        "detail-type": ["Config Rules Compliance Change"],
        "detail": {
            "messageType": ["ComplianceChangeNotification"],
            "newEvaluationResult": {"complianceType": ["NON_COMPLIANT"]},
        },
    }
    return names


def test_the_managed_rule_of_the_setting_is_created_and_listened_to(variants: Plan) -> None:
    plan = variants.module("defaults")
    rule = plan.of("aws_config_config_rule")["rearm-cloudtrail-enabled"]

    (source,) = rule.values["source"]
    assert (source["owner"], source["source_identifier"]) == ("AWS", "CLOUD_TRAIL_ENABLED")
    assert rule.values["maximum_execution_frequency"] == "Six_Hours"
    assert listened(plan, "rearm") == ["rearm-cloudtrail-enabled"]
    assert configuration(plan.automation("cloudtrail").one("aws_lambda_function"))["config_rules"] == [
        "rearm-cloudtrail-enabled"
    ]


def test_the_other_managed_rule_can_be_chosen_with_its_frequency(variants: Plan) -> None:
    plan, name = variants.module("everything"), EVERYTHING["name"]
    rules = plan.of("aws_config_config_rule")

    assert set(rules) == {f"{name}-multi-region-cloudtrail-enabled", f"{name}-cloudtrail-logging"}
    managed = rules[f"{name}-multi-region-cloudtrail-enabled"]
    assert managed.values["source"][0]["source_identifier"] == "MULTI_REGION_CLOUD_TRAIL_ENABLED"
    assert managed.values["maximum_execution_frequency"] == "One_Hour"
    assert listened(plan, name) == [f"{name}-multi-region-cloudtrail-enabled"]


def test_the_function_is_a_custom_rule_that_runs_periodically(variants: Plan) -> None:
    plan = variants.module("defaults")
    rule = plan.of("aws_config_config_rule")["rearm-cloudtrail-logging"]

    (source,) = rule.values["source"]
    assert source["owner"] == "CUSTOM_LAMBDA"
    assert source["source_detail"] == [
        {
            "event_source": "aws.config",
            "message_type": "ScheduledNotification",
            "maximum_execution_frequency": "Six_Hours",
        }
    ]
    path = "defaults/automation/aws_config_config_rule.custom"
    assert "aws_lambda_function.this.arn" in references(variants, path, "source.source_identifier")
    assert (
        configuration(plan.automation("cloudtrail").one("aws_lambda_function"))["custom_config_rule"]
        == "rearm-cloudtrail-logging"
    )


def test_existing_rules_are_listened_to_in_all_their_forms_and_none_is_created(variants: Plan) -> None:
    plan = variants.module("existing")

    assert listened(plan, "existing") == [
        "ct-enabled",
        {"prefix": "ct-enabled-conformance-pack-"},
        {"prefix": "securityhub-ct-enabled-"},
        "ct_all",
        {"prefix": "ct_all-conformance-pack-"},
        {"prefix": "securityhub-ct_all-"},
    ]
    assert set(plan.of("aws_config_config_rule")) == {"existing-cloudtrail-logging"}
    settings = configuration(plan.automation("cloudtrail").one("aws_lambda_function"))
    assert settings["config_rules"] == []
    assert settings["existing_config_rules"] == ["ct-enabled", "ct_all"]


def test_without_config_nothing_of_config_is_created(variants: Plan) -> None:
    plan = variants.module("without_config")

    assert plan.of("aws_config_config_rule") == {}
    assert set(plan.of("aws_cloudwatch_event_rule")) == {
        "no-config-cloudtrail-calls",
        "no-config-cloudtrail-sweep",
    }
    assert set(plan.of("aws_lambda_permission")) == {"rule-calls", "rule-sweep"}
    settings = configuration(plan.automation("cloudtrail").one("aws_lambda_function"))
    assert settings["config_rules"] == []
    assert settings["custom_config_rule"] is None


def test_without_config_existing_rules_are_still_listened_to(variants: Plan) -> None:
    plan = variants.module("existing_only")

    assert plan.of("aws_config_config_rule") == {}
    assert "ct-enabled" in listened(plan, "existing-only")


def test_the_custom_rule_can_be_left_out(variants: Plan) -> None:
    plan = variants.module("without_custom_rule")

    assert set(plan.of("aws_config_config_rule")) == {"no-custom-cloudtrail-enabled"}
    assert "config-cloudtrail-logging" not in plan.of("aws_lambda_permission")
    assert (
        configuration(plan.automation("cloudtrail").one("aws_lambda_function"))["custom_config_rule"] is None
    )


@pytest.mark.parametrize("name", ["two", "two_defaults"])
def test_an_automation_without_config_rules_has_none(variants: Plan, name: str) -> None:
    rules = variants.module(name).of("aws_cloudwatch_event_rule")

    assert {rule.rpartition("-")[2] for rule in rules if "-added-" in rule} == {"first", "second", "sweep"}
