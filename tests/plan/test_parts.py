"""What is declared of Rearm's own parts is what the same plan makes, written before them and sealed after."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest

from rearm.automations.self_guard.parts import hashed, hashed_policy
from tests.plan.harness import OFF, ON
from tests.plan.planning import Plan
from tests.plan.variants import EMAILS, EVERYTHING

CHOSEN = ("defaults", "everything")
CASES = [
    *((variant, automation) for variant in (*CHOSEN, "security_hub") for automation in ON),
    *((variant, automation) for variant in ("others", "security_hub") for automation in OFF),
]


def parts(plan: Plan, address: str) -> dict[str, Any]:
    """Read a declaration, which is sealed with its hash and fits into a parameter without charge."""
    value = str(plan.at(f"{address}aws_ssm_parameter.parts").values["insecure_value"])
    seal = plan.at(f"{address}aws_ssm_parameter.deployed").values
    assert seal["insecure_value"] == hashlib.sha256(value.encode()).hexdigest()
    assert len(value) <= 4096
    found: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(value)))
    return found


def declared(plan: Plan, variant: str, automation: str) -> tuple[Plan, dict[str, Any]]:
    """Return an automation's part of a plan, and what is declared of it."""
    return plan.module(variant).automation(automation), parts(
        plan.module(variant), f'module.automation["{automation}"].'
    )


@pytest.mark.parametrize(("variant", "automation"), CASES)
def test_every_rule_alarm_and_config_rule_is_declared(variants: Plan, variant: str, automation: str) -> None:
    planned, said = declared(variants, variant, automation)
    rules = planned.of("aws_cloudwatch_event_rule")
    assert set(said["rules"]) == set(rules)
    for name, rule in said["rules"].items():
        values = rules[name].values
        pattern = values["event_pattern"]
        assert rule["pattern"] == (json.loads(pattern) if pattern else None)
        assert rule["schedule"] == values["schedule_expression"]
        assert rule["state"] == values["state"]
        assert rule["description"] == values["description"]
    assert set(said["alarms"]["names"]) == set(planned.of("aws_cloudwatch_metric_alarm"))
    for alarm in planned.of("aws_cloudwatch_metric_alarm").values():
        assert set(said["alarms"]["actions"]) == set(alarm.values["alarm_actions"])
    assert set(said["config_rules"]) == set(planned.of("aws_config_config_rule"))


@pytest.mark.parametrize(("variant", "automation"), CASES)
def test_the_function_is_declared_as_it_is_planned(variants: Plan, variant: str, automation: str) -> None:
    planned, said = declared(variants, variant, automation)
    function, wanted = planned.one("aws_lambda_function").values, said["function"]
    assert wanted["name"] == function["function_name"]
    assert wanted["code"] == function.get("source_code_hash")
    assert [wanted["architecture"]] == function["architectures"]
    assert wanted["concurrency"] in (function["reserved_concurrent_executions"], None)
    assert wanted["environment"] == hashed(function["environment"][0]["variables"])
    assert (wanted["handler"], wanted["runtime"]) == (function["handler"], function["runtime"])
    assert (wanted["memory"], wanted["timeout"]) == (function["memory_size"], function["timeout"])
    permissions = {
        resource.values["statement_id"]: resource.values
        for resource in planned.changes()
        if resource.type == "aws_lambda_permission"
    }
    assert {key: one["principal"] for key, one in wanted["statements"].items()} == {
        key: one["principal"] for key, one in permissions.items()
    }
    assert {key: one["source_account"] for key, one in wanted["statements"].items()} == {
        key: one["source_account"] for key, one in permissions.items()
    }
    invoke = planned.one("aws_lambda_function_event_invoke_config").values
    assert wanted["invoke"]["age"] == invoke["maximum_event_age_in_seconds"]
    assert wanted["invoke"]["retries"] == invoke["maximum_retry_attempts"]
    for resource in planned.changes():
        if resource.type == "aws_cloudwatch_event_target":
            (retry,) = resource.values["retry_policy"]
            assert said["target"]["age"] == retry["maximum_event_age_in_seconds"]
            assert said["target"]["retries"] == retry["maximum_retry_attempts"]
            assert resource.values["target_id"] == "function"


@pytest.mark.parametrize(("variant", "automation"), CASES)
def test_role_and_log_group_are_declared_as_they_are_planned(
    variants: Plan, variant: str, automation: str
) -> None:
    planned, said = declared(variants, variant, automation)
    role, wanted = planned.one("aws_iam_role").values, said["role"]
    assert (wanted["name"], wanted["path"]) == (role["name"], role["path"])
    assert wanted["boundary"] == role["permissions_boundary"]
    assert wanted["trust"] == hashed_policy(role["assume_role_policy"])
    policies = planned.of("aws_iam_role_policy")
    assert set(wanted["policies"]) == set(policies)
    assert wanted["policies"][role["name"]] == hashed_policy(policies[role["name"]].values["policy"])
    group = planned.one("aws_cloudwatch_log_group").values
    assert said["log_group"] == {
        "name": group["name"],
        "key": group["kms_key_id"],
        "retention": group["retention_in_days"],
    }


@pytest.mark.parametrize("variant", CHOSEN)
def test_what_all_automations_share_is_declared_as_it_is_planned(variants: Plan, variant: str) -> None:
    plan = variants.module(variant)
    said = parts(plan, "")
    topics = plan.of("aws_sns_topic")
    assert set(said["topics"]) == set(topics)
    for name, topic in said["topics"].items():
        assert topic["key"] == topics[name].values["kms_master_key_id"]
        assert topic["policy"] == hashed_policy(topics[name].values["policy"])
    queue = plan.one("aws_sqs_queue").values
    assert said["queue"]["name"] == queue["name"]
    assert said["queue"]["policy"] == hashed_policy(queue["policy"])
    assert said["queue"]["retention"] == queue["message_retention_seconds"]
    table = plan.one("aws_dynamodb_table").values
    assert said["table"]["name"] == table["name"]
    assert said["table"]["policy"] == hashed_policy(plan.one("aws_dynamodb_resource_policy").values["policy"])
    assert said["table"]["protected"] is table["deletion_protection_enabled"]
    assert [said["table"]["expiry"]] == [ttl["attribute_name"] for ttl in table["ttl"]]
    own = {
        name
        for name, alarm in plan.of("aws_cloudwatch_metric_alarm").items()
        if "module." not in alarm.address
    }
    assert set(said["alarms"]["names"]) == own
    emails = EMAILS if variant == "everything" else []
    assert said["subscriptions"] == [
        hashlib.sha256(f"email {one}".encode()).hexdigest() for one in sorted(emails)
    ]


def modules(plan: Plan, variant: str) -> dict[str, list[Mapping[str, Any]]]:
    """Return the configured resources of the module and of an automation."""
    root = plan.raw["configuration"]["root_module"]["module_calls"][variant]["module"]
    inner = root["module_calls"]["automation"]["module"]
    return {"shared": root["resources"], "automation": inner["resources"]}


@pytest.mark.parametrize("which", ["shared", "automation"])
def test_the_seal_comes_after_everything_else_and_goes_before_it(variants: Plan, which: str) -> None:
    resources = {
        one["address"]: one for one in modules(variants, "defaults")[which] if one["mode"] == "managed"
    }
    seal = resources.pop("aws_ssm_parameter.deployed")
    assert set(seal["depends_on"]) == set(resources)


@pytest.mark.parametrize(
    "address", ["aws_cloudwatch_event_rule.this", "aws_cloudwatch_log_group.this", "aws_lambda_function.this"]
)
def test_the_declaration_is_written_before_what_it_speaks_of(variants: Plan, address: str) -> None:
    resources = {one["address"]: one for one in modules(variants, "defaults")["automation"]}
    assert "aws_ssm_parameter.parts" in resources[address]["depends_on"]


def test_the_guards_patterns_have_the_name_of_the_deployment(variants: Plan) -> None:
    name = EVERYTHING["name"]
    rules = variants.module("everything").automation("self_guard").of("aws_cloudwatch_event_rule")
    for key in ("calls", "shared"):
        pattern = rules[f"{name}-self_guard-{key}"].values["event_pattern"]
        assert f'"{name}-"' in pattern
        assert "{name}" not in pattern
