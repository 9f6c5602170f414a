"""Modes, and the promise that a new automation is a new folder and nothing else."""

from __future__ import annotations

import filecmp
from pathlib import Path

import pytest

from tests.plan.harness import MANIFESTS, OFF, ON, rules_of
from tests.plan.planning import Plan, configuration
from tests.plan.variants import VARIANTS

SHARED = {
    "aws_cloudwatch_metric_alarm.failures",
    "aws_cloudwatch_metric_alarm.no_subscriber",
    "aws_dynamodb_resource_policy.records",
    "aws_dynamodb_table.records",
    "aws_sns_topic.alarms",
    "aws_sns_topic.notifications[0]",
    "aws_sqs_queue.failures",
    "aws_ssm_parameter.deployed",
    "aws_ssm_parameter.parts",
}
ADDED = {
    'aws_cloudwatch_event_rule.this["first"]',
    'aws_cloudwatch_event_rule.this["second"]',
    'aws_cloudwatch_event_rule.this["sweep"]',
    'aws_cloudwatch_event_target.this["first"]',
    'aws_cloudwatch_event_target.this["second"]',
    'aws_cloudwatch_event_target.this["sweep"]',
    "aws_cloudwatch_log_group.this",
    "aws_cloudwatch_metric_alarm.errors",
    'aws_cloudwatch_metric_alarm.failed_invocations["first"]',
    'aws_cloudwatch_metric_alarm.failed_invocations["second"]',
    'aws_cloudwatch_metric_alarm.failed_invocations["sweep"]',
    "aws_cloudwatch_metric_alarm.no_sweep[0]",
    "aws_cloudwatch_metric_alarm.throttles",
    "aws_iam_role.this",
    "aws_iam_role_policy.this",
    "aws_lambda_function.this",
    "aws_lambda_function_event_invoke_config.this",
    'aws_lambda_permission.event_rule["first"]',
    'aws_lambda_permission.event_rule["second"]',
    'aws_lambda_permission.event_rule["sweep"]',
    "aws_ssm_parameter.deployed",
    "aws_ssm_parameter.parts",
}


def test_an_automation_that_is_off_has_nothing(variants: Plan) -> None:
    plan = variants.module("off")

    assert plan.addresses() == SHARED
    assert plan.outputs()["modes"] == dict.fromkeys(MANIFESTS, "off")
    assert plan.outputs()["functions"] == {}


def test_a_new_folder_alone_is_a_new_automation(variants: Plan) -> None:
    one, two = variants.module("defaults").addresses(), variants.module("two_defaults").addresses()

    assert one < two
    assert two - one == {f'module.automation["added"].{address}' for address in ADDED}


def test_the_new_folder_is_all_that_was_added(checkout: Path, extended_checkout: Path) -> None:
    def differences(compared: filecmp.dircmp[str]) -> list[str]:
        found = [*compared.left_only, *compared.right_only, *compared.diff_files]
        return found + [name for inner in compared.subdirs.values() for name in differences(inner)]

    # The other tests plan the examples of one of the two, where Terraform leaves its lock files.
    compared = filecmp.dircmp(checkout, extended_checkout, ignore=["examples"])
    assert differences(compared) == ["added"]


def test_an_automation_that_is_not_named_has_the_mode_of_its_manifest(variants: Plan) -> None:
    default = {name: manifest["default_mode"] for name, manifest in MANIFESTS.items()}

    assert variants.module("two_defaults").outputs()["modes"] == {**default, "added": "notify"}
    assert variants.module("two").outputs()["modes"] == {
        **default,
        "added": "remediate",
        "cloudtrail": "notify",
    }


def test_what_is_off_by_default_has_nothing_until_somebody_asks_for_it(variants: Plan) -> None:
    assert OFF
    made = {name for name in MANIFESTS if list(variants.module("defaults").automation(name).changes())}

    assert made == set(ON)


def test_one_line_has_what_is_recommended_say_what_it_would_do(variants: Plan) -> None:
    modes = variants.module("recommended").outputs()["modes"]
    advised = {name for name, manifest in MANIFESTS.items() if manifest.get("recommended")}

    assert {"iam_authority", "s3_encryption", "security_groups"} <= advised <= set(OFF)
    # What somebody names has the mode that he gives, be it more or less.
    assert (modes["s3_encryption"], modes["iam_authority"]) == ("remediate", "off")
    for name, manifest in MANIFESTS.items():
        if name not in ("s3_encryption", "iam_authority"):
            assert modes[name] == ("notify" if name in advised else manifest["default_mode"])


def test_who_tampers_is_written_down_when_an_automation_reads_it(variants: Plan) -> None:
    for variant, written in {"defaults": False, "others": True, "recommended": True, "two": True}.items():
        functions = variants.module(variant).of("aws_lambda_function").values()
        assert {configuration(one)["records_tampering"] for one in functions} == {written}


@pytest.mark.parametrize(
    ("name", "automation", "mode"),
    [
        ("defaults", "cloudtrail", "remediate"),
        ("notify", "cloudtrail", "notify"),
        ("two_defaults", "added", "notify"),
        ("two", "added", "remediate"),
    ],
)
def test_the_function_knows_its_mode(variants: Plan, name: str, automation: str, mode: str) -> None:
    deployment = VARIANTS[name].inputs.get("name", "rearm")
    function = variants.module(name).of("aws_lambda_function")[f"{deployment}-{automation}"]

    assert configuration(function)["mode"] == mode


def test_outputs_name_everything_by_automation(variants: Plan) -> None:
    outputs = variants.module("two").outputs()
    rules = {name: rules_of(name) for name in ON} | {"added": ["first", "second", "sweep"]}

    assert {key: names for key, names in outputs.items() if key != "modes"} == {
        "functions": {name: {"name": f"two-{name}"} for name in rules},
        "iam_deny_policy": None,
        "roles": {name: {"name": f"two-{name}"} for name in rules},
        "log_groups": {name: {"name": f"/aws/lambda/two-{name}"} for name in rules},
        "rules": {name: {key: {"name": f"two-{name}-{key}"} for key in keys} for name, keys in rules.items()},
        "service_control_policy": None,
        "table": {"name": "two-records"},
        "config_rules": {name: {} for name in rules}
        | {
            "cloudtrail": {
                key: {"name": f"two-{key}"} for key in ("cloudtrail-enabled", "cloudtrail-logging")
            },
        },
    }
    pending = variants.raw["output_changes"]["two"]["after_unknown"]
    assert pending["functions"]["added"] == {"arn": True}
    assert {key for key, unknown in pending.items() if unknown is True} == {
        "alarm_topic_arn",
        "notification_topic_arn",
        "queue_arn",
        "queue_url",
    }
