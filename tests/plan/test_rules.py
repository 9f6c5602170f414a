"""What makes a function run: EventBridge's rules, their targets, and the permissions for them."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.plan.harness import ADDED, MANIFESTS, OFF, ON, rules_of
from tests.plan.planning import ACCOUNT, Plan, references
from tests.plan.variants import EVERYTHING, VARIANTS, deployed


@pytest.mark.parametrize("automation", MANIFESTS)
def test_a_rule_has_the_pattern_of_the_manifest(variants: Plan, automation: str) -> None:
    events = MANIFESTS[automation]["triggers"]["events"]
    rules = variants.module(deployed(automation)).of("aws_cloudwatch_event_rule")

    assert events
    for key, event in events.items():
        rule = rules[f"rearm-{automation}-{key}"]
        pattern = json.dumps(event["pattern"]).replace("{name}", "rearm")
        assert json.loads(rule.values["event_pattern"]) == json.loads(pattern)
        assert rule.values["schedule_expression"] is None
        assert rule.values["description"] == f"Rearm: {event['description']}"


def test_a_pattern_about_the_deployment_has_its_name(variants: Plan) -> None:
    patterns = {
        rule.values["event_pattern"]
        for rule in variants.module("everything").of("aws_cloudwatch_event_rule").values()
        if rule.values["event_pattern"]
    }

    assert not [pattern for pattern in patterns if "{name}" in pattern]
    assert any(f'{{"prefix":"{EVERYTHING["name"]}-"}}' in pattern for pattern in patterns)


def test_there_is_a_rule_for_each_event_for_config_and_for_the_sweep(variants: Plan) -> None:
    for variant, automations in {"defaults": ON, "others": OFF}.items():
        expected = {f"rearm-{name}-{key}" for name in automations for key in rules_of(name)}
        assert set(variants.module(variant).of("aws_cloudwatch_event_rule")) == expected


def test_operators_and_numbers_of_a_pattern_arrive_as_they_are(variants: Plan) -> None:
    pattern = yaml.safe_load(ADDED)["triggers"]["events"]["second"]["pattern"]
    rule = variants.module("two").of("aws_cloudwatch_event_rule")["two-added-second"]

    assert json.loads(rule.values["event_pattern"]) == pattern


def test_no_rule_takes_events_that_anybody_could_send(variants: Plan) -> None:
    for rule in variants.of("aws_cloudwatch_event_rule").values():
        if rule.values["event_pattern"]:
            sources = json.loads(rule.values["event_pattern"])["source"]
            assert sources
            starts = [source["prefix"] if isinstance(source, dict) else source for source in sources]
            assert all(start.startswith("aws.") for start in starts)


@pytest.mark.parametrize("automation", MANIFESTS)
def test_only_rules_that_ask_for_it_get_calls_that_only_read(variants: Plan, automation: str) -> None:
    rules = variants.module(deployed(automation)).automation(automation).of("aws_cloudwatch_event_rule")
    reading = {
        f"rearm-{automation}-{key}"
        for key, event in MANIFESTS[automation]["triggers"]["events"].items()
        if event.get("read_only_calls")
    }

    assert reading <= set(rules)
    for name, rule in rules.items():
        reads = rule.values["state"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
        assert reads is (name in reading)
        assert reads or rule.values["state"] == "ENABLED"


def test_a_manifest_asks_for_calls_that_only_read() -> None:
    assert any(
        event.get("read_only_calls") for event in MANIFESTS["root_usage"]["triggers"]["events"].values()
    )


def test_the_sweep_runs_at_the_rate_of_the_manifest_or_of_the_user(variants: Plan) -> None:
    defaults = {
        **variants.module("defaults").of("aws_cloudwatch_event_rule"),
        **variants.module("others").of("aws_cloudwatch_event_rule"),
    }
    chosen = variants.module("everything").of("aws_cloudwatch_event_rule")[
        f"{EVERYTHING['name']}-cloudtrail-sweep"
    ]

    for name, manifest in MANIFESTS.items():
        default = defaults[f"rearm-{name}-sweep"]
        assert default.values["schedule_expression"] == manifest["default_sweep_rate"]
        assert default.values["event_pattern"] is None
    assert chosen.values["schedule_expression"] == "cron(0/5 * * * ? *)"


def test_every_rule_has_one_target_that_is_tried_again_and_then_kept(variants: Plan) -> None:
    for name in VARIANTS:
        rules = variants.module(name).of("aws_cloudwatch_event_rule")
        targets = variants.module(name).of("aws_cloudwatch_event_target")
        assert set(targets) == set(rules)
        for target in targets.values():
            assert target.values["retry_policy"] == [
                {"maximum_event_age_in_seconds": 3600, "maximum_retry_attempts": 185}
            ]
            assert target.unknown["dead_letter_config"] == [{"arn": True}]


def test_targets_are_the_function_and_the_queue(variants: Plan) -> None:
    path = "defaults/automation/aws_cloudwatch_event_target.this"

    assert "aws_lambda_function.this.arn" in references(variants, path, "arn")
    assert references(variants, path, "dead_letter_config.arn") == ["var.queue_arn"]
    assert "aws_cloudwatch_event_rule.this" in references(variants, path, "rule")


def test_the_queue_of_an_automation_is_the_queue_for_failures(variants: Plan) -> None:
    call = variants.raw["configuration"]["root_module"]["module_calls"]["defaults"]["module"]["module_calls"]

    assert "aws_sqs_queue.failures.arn" in call["automation"]["expressions"]["queue_arn"]["references"]


def test_each_rule_may_run_the_function_and_nothing_else_of_eventbridge_may(variants: Plan) -> None:
    plan = variants.module("defaults").automation("cloudtrail")
    rules = plan.of("aws_cloudwatch_event_rule")
    permissions = {
        name: permission
        for name, permission in plan.of("aws_lambda_permission").items()
        if permission.values["principal"] == "events.amazonaws.com"
    }

    assert set(permissions) == {name.replace("rearm-cloudtrail", "rule") for name in rules}
    for permission in permissions.values():
        assert permission.values["action"] == "lambda:InvokeFunction"
        assert permission.unknown["source_arn"] is True
    bound = references(variants, "defaults/automation/aws_lambda_permission.event_rule", "source_arn")
    assert {"aws_cloudwatch_event_rule.this", "each.key"} <= set(bound)


def test_config_may_run_the_function_for_this_account_only(variants: Plan) -> None:
    permission = variants.module("defaults").of("aws_lambda_permission")["config-cloudtrail-logging"]

    assert permission.values["principal"] == "config.amazonaws.com"
    assert permission.values["source_account"] == ACCOUNT
    assert permission.values["source_arn"] is None


def test_nobody_else_may_run_a_function(variants: Plan) -> None:
    for permission in variants.changes():
        if permission.type == "aws_lambda_permission":
            bound = permission.unknown.get("source_arn") is True or permission.values["source_account"]
            assert bound, permission.address
            assert permission.values["principal"] in {"events.amazonaws.com", "config.amazonaws.com"}


def test_what_a_function_fails_at_is_tried_again_and_then_kept(variants: Plan) -> None:
    for name in MANIFESTS:
        plan = variants.module(deployed(name)).automation(name)
        invocation = plan.one("aws_lambda_function_event_invoke_config")
        assert invocation.values["maximum_retry_attempts"] == 2
        assert invocation.unknown["destination_config"] == [
            {"on_failure": [{"destination": True}], "on_success": []}
        ]
    path = "defaults/automation/aws_lambda_function_event_invoke_config.this"
    assert references(variants, path, "destination_config.on_failure.destination") == ["var.queue_arn"]
