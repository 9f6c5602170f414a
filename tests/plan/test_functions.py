"""The functions: their package, their environment, their limits and their logs."""

from __future__ import annotations

import base64
import hashlib

import pytest
import yaml

from tests.plan.harness import ADDED, MANIFESTS, OFF, ON, ROOT
from tests.plan.planning import ACCOUNT, REGION, Plan, configuration
from tests.plan.variants import EVERYTHING, KEY, KINDS, SIGNING, deployed

NAME = EVERYTHING["name"]


def test_the_committed_package_is_deployed(variants: Plan) -> None:
    function = variants.module("defaults").automation("cloudtrail").one("aws_lambda_function").values
    digest = hashlib.sha256((ROOT / "dist/rearm.zip").read_bytes()).digest()

    assert function["filename"].endswith("dist/rearm.zip")
    assert function["source_code_hash"] == base64.b64encode(digest).decode()
    assert function["s3_bucket"] is None


def test_a_package_from_s3_replaces_the_committed_one(variants: Plan) -> None:
    function = variants.module("everything").automation("cloudtrail").one("aws_lambda_function").values

    assert (function["s3_bucket"], function["s3_key"], function["s3_object_version"]) == (
        "packages",
        "rearm/signed.zip",
        "v3",
    )
    assert function["filename"] is None
    assert function["code_signing_config_arn"] == SIGNING


def test_a_function_has_its_defaults(variants: Plan) -> None:
    function = variants.module("defaults").automation("cloudtrail").one("aws_lambda_function").values

    assert function["function_name"] == "rearm-cloudtrail"
    assert function["handler"] == "rearm.handler.handle"
    assert function["runtime"] == "python3.13"
    assert function["architectures"] == ["arm64"]
    assert function["memory_size"] == 512
    assert function["timeout"] == 60
    assert function["reserved_concurrent_executions"] == -1
    assert function["tracing_config"] == [{"mode": "PassThrough"}]
    assert function["code_signing_config_arn"] is None
    assert function["vpc_config"] == []


def test_a_function_has_what_the_user_chose(variants: Plan) -> None:
    function = variants.module("everything").automation("cloudtrail").one("aws_lambda_function").values

    assert function["function_name"] == f"{NAME}-cloudtrail"
    assert function["runtime"] == "python3.11"
    assert function["architectures"] == ["x86_64"]
    assert function["memory_size"] == 1024
    assert function["timeout"] == 900
    assert function["reserved_concurrent_executions"] == 1
    assert function["tracing_config"] == [{"mode": "Active"}]


def test_the_environment_is_all_there_is_and_known_before_apply(variants: Plan) -> None:
    (environment,) = (
        variants.module("defaults").automation("cloudtrail").one("aws_lambda_function").values["environment"]
    )

    assert set(environment["variables"]) == {"REARM_CONFIG", "REARM_TOPIC_ARN"}
    assert (
        environment["variables"]["REARM_TOPIC_ARN"] == f"arn:aws:sns:{REGION}:{ACCOUNT}:rearm-notifications"
    )


@pytest.mark.parametrize("automation", MANIFESTS)
def test_the_configuration_says_everything_that_the_function_needs(variants: Plan, automation: str) -> None:
    plan, manifest = variants.module(deployed(automation)).automation(automation), MANIFESTS[automation]
    sources = [event["pattern"]["source"] for event in manifest["triggers"]["events"].values()]
    settings = {key: setting["default"] for key, setting in manifest["settings"].items()}
    managed = [
        f"rearm-{name}"
        for name, rule in manifest["triggers"].get("config_rules", {"managed": {}})["managed"].items()
        if all(str(settings[key]) == value for key, value in rule.get("when", {}).items())
    ]
    custom = {"cloudtrail": "rearm-cloudtrail-logging"}

    assert configuration(plan.one("aws_lambda_function")) == {
        "version": 1,
        "name": "rearm",
        "automation": automation,
        "title": manifest["title"],
        "kind": manifest["kind"],
        "mode": manifest["default_mode"] if automation in ON else "remediate",
        "role_arn": f"arn:aws:iam::{ACCOUNT}:role/rearm-{automation}",
        "table": "rearm-records",
        "retention_days": 365,
        "records_tampering": automation in OFF,
        "settings": settings,
        "resource_parameters": manifest.get("resource_parameters", []),
        "sources": sorted({one for listed in sources for one in listed if isinstance(one, str)}),
        "exceptions": {},
        "controls": manifest["controls"],
        "config_rules": sorted(managed),
        "existing_config_rules": [],
        "custom_config_rule": custom.get(automation),
    }


def test_settings_keep_their_types(variants: Plan) -> None:
    chosen = variants.module("two").of("aws_lambda_function")["two-added"]
    default = variants.module("two_defaults").of("aws_lambda_function")["two-defaults-added"]

    # A string that looks like a number stays a string.
    assert configuration(chosen)["settings"] == {
        "colours": ["blue"],
        "kinds": KINDS,
        "limit": 10,
        "ratio": 12.5,
        "word": "5",
    }
    declared = yaml.safe_load(ADDED)["settings"]
    assert configuration(default)["settings"] == {
        key: setting["default"] for key, setting in declared.items()
    }


def test_the_role_in_the_configuration_has_its_path(variants: Plan) -> None:
    function = variants.module("everything").automation("cloudtrail").one("aws_lambda_function")

    assert configuration(function)["role_arn"] == (
        f"arn:aws:iam::{ACCOUNT}:role/security/rearm/{NAME}-cloudtrail"
    )


def test_exceptions_arrive_with_their_scope(variants: Plan) -> None:
    exceptions = configuration(
        variants.module("everything").automation("cloudtrail").one("aws_lambda_function")
    )["exceptions"]

    assert exceptions == {
        "own": {**EVERYTHING["automations"]["cloudtrail"]["exceptions"]["own"], "scope": "cloudtrail"},
        "people": {**EVERYTHING["exceptions"]["people"], "quiet": False, "scope": "all"},
        "tagged.for_all-1": {**EVERYTHING["exceptions"]["tagged.for_all-1"], "quiet": False, "scope": "all"},
    }


def test_an_exception_of_one_automation_does_not_reach_another(variants: Plan) -> None:
    functions = variants.module("two").of("aws_lambda_function")
    of_cloudtrail = configuration(functions["two-cloudtrail"])["exceptions"]
    of_added = configuration(functions["two-added"])["exceptions"]

    assert of_cloudtrail["own"]["match"] == {"resource": "y"}
    assert of_added["own"]["match"] == {"tag:why": "z"}
    assert of_cloudtrail["all"] == of_added["all"]


def test_logs_are_kept_for_a_year_or_as_long_as_the_user_says(variants: Plan) -> None:
    default = variants.module("defaults").automation("cloudtrail").one("aws_cloudwatch_log_group").values
    chosen = variants.module("everything").automation("cloudtrail").one("aws_cloudwatch_log_group").values

    assert default["name"] == "/aws/lambda/rearm-cloudtrail"
    assert (default["retention_in_days"], default["kms_key_id"]) == (365, None)
    assert chosen["name"] == f"/aws/lambda/{NAME}-cloudtrail"
    assert (chosen["retention_in_days"], chosen["kms_key_id"]) == (0, KEY)
