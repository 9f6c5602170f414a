"""What holds for every resource: tags, names, partitions, and that planning itself does nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.plan.harness import ROOT
from tests.plan.planning import Plan, configuration
from tests.plan.variants import EVERYTHING, LONGEST_NAME, PROVIDERS, TAGS, VARIANTS

HCL = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.tf", "modules/**/*.tf", "examples/**/*.tf")
    for path in ROOT.glob(pattern)
    if ".terraform" not in path.parts
)
# Attributes that name a resource in AWS, and the greatest length that AWS takes.
LIMITS = {
    "aws_cloudwatch_event_rule": ("name", 64),
    "aws_cloudwatch_log_group": ("name", 512),
    "aws_cloudwatch_metric_alarm": ("alarm_name", 255),
    "aws_config_config_rule": ("name", 128),
    "aws_dynamodb_table": ("name", 255),
    "aws_iam_role": ("name", 64),
    "aws_iam_role_policy": ("name", 128),
    "aws_lambda_function": ("function_name", 64),
    "aws_sns_topic": ("name", 256),
    "aws_sqs_queue": ("name", 80),
}
UNTAGGED = {
    "aws_cloudwatch_event_target",
    "aws_dynamodb_resource_policy",
    "aws_iam_role_policy",
    "aws_lambda_function_event_invoke_config",
    "aws_lambda_permission",
    "aws_sns_topic_subscription",
}


def test_everything_that_can_have_tags_has_them(variants: Plan) -> None:
    tagged, untagged = set(), set()
    for resource in variants.module("everything").changes():
        if "tags_all" in resource.values or "tags_all" in resource.unknown:
            assert resource.values["tags"] == TAGS, resource.address
            tagged.add(resource.type)
        else:
            untagged.add(resource.type)

    # A parameter's name is a path.
    assert tagged == (set(LIMITS) - UNTAGGED) | {"aws_ssm_parameter"}
    assert untagged == UNTAGGED


@pytest.mark.parametrize("name", VARIANTS)
def test_names_begin_with_the_deployments_and_fit(variants: Plan, name: str) -> None:
    deployment = VARIANTS[name].inputs.get("name", "rearm")
    named = 0
    for resource in variants.module(name).changes():
        if resource.type in LIMITS:
            attribute, limit = LIMITS[resource.type]
            given = resource.values[attribute].removeprefix("/aws/lambda/")
            assert given.startswith(f"{deployment}-"), resource.address
            assert len(resource.values[attribute]) <= limit
            named += 1
    assert named >= 5


def test_the_longest_name_just_fits(variants: Plan) -> None:
    rules = variants.module("everything").of("aws_cloudwatch_event_rule")

    assert EVERYTHING["name"] == LONGEST_NAME
    assert max(map(len, rules)) == 64


@pytest.mark.parametrize(("name", "partition"), [("gov", "aws-us-gov"), ("china", "aws-cn")])
def test_every_arn_is_of_the_partition_and_region_where_the_module_is_deployed(
    variants: Plan, name: str, partition: str
) -> None:
    plan = variants.module(name)
    text = json.dumps([resource.values for resource in plan.changes()])
    text += json.dumps(configuration(plan.automation("cloudtrail").one("aws_lambda_function")))
    arns = re.findall(r"arn:(aws[a-z-]*):([a-z0-9-]+):([a-z0-9*-]*):", text)

    assert {found for found, _, _ in arns} == {partition}
    assert {region for _, _, region in arns} == {PROVIDERS[name], "", "*"}
    assert {"logs", "sns", "sqs", "cloudtrail", "cloudwatch", "dynamodb", "events"} <= {
        service for _, service, _ in arns
    }


def test_a_name_of_a_service_has_the_same_form_in_every_partition(variants: Plan) -> None:
    for name in ("defaults", *PROVIDERS):
        principals = {
            resource.values["principal"]
            for resource in variants.module(name).changes()
            if resource.type == "aws_lambda_permission"
        }
        assert principals == {"config.amazonaws.com", "events.amazonaws.com"}


@pytest.mark.parametrize("file", HCL)
def test_no_code_names_a_partition_or_a_region(file: str) -> None:
    code = re.sub(r"#.*", "", (ROOT / file).read_text(encoding="utf-8"))
    # The one thing that is of a region is a provider for it; a map of all partitions is of none.
    code = re.sub(r'^    aws(-[a-z-]+)? += "[a-z0-9-]+"$', "", code, flags=re.MULTILINE)
    code = re.sub(r'^provider "aws" \{.*?^\}', "", code, flags=re.MULTILINE | re.DOTALL)

    assert not re.search(r"arn:aws(-[a-z-]+)?:", code)
    assert not re.search(r"\b[a-z]{2}(-gov|-iso[a-z]?)?-(north|south|east|west|central)[a-z]*-[0-9]\b", code)


@pytest.mark.parametrize("file", [file for file in HCL if not file.startswith("examples/")])
def test_a_module_configures_no_provider_and_no_backend(file: str) -> None:
    code = (ROOT / file).read_text(encoding="utf-8")

    assert not re.search(r'^\s*(provider\s+"|backend\s+"|cloud\s*\{)', code, re.MULTILINE)


def test_nothing_but_aws_is_needed_and_planning_changes_no_file(variants: Plan, checkout: Path) -> None:
    assert {change["provider_name"].rpartition("/")[2] for change in variants.raw["resource_changes"]} == {
        "aws",
        "terraform",
    }
    types = {change["type"] for change in variants.raw["resource_changes"]} - {"terraform_data"}
    assert all(kind.startswith("aws_") for kind in types)
    module = [path for path in checkout.rglob("*") if "examples" not in path.parts and path.is_file()]
    assert {
        path.relative_to(checkout) for path in module if not (ROOT / path.relative_to(checkout)).exists()
    } == set()
