"""The examples, as people copy them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.plan.harness import MANIFESTS, OFF, ON, ROOT
from tests.plan.planning import Plan, Terraform, configuration

EXAMPLES = sorted(path.name for path in (ROOT / "examples").iterdir() if path.is_dir())


@pytest.fixture(params=EXAMPLES)
def example(request: pytest.FixtureRequest) -> str:
    """Give the name of each example."""
    return str(request.param)


def source(name: str) -> str:
    return (ROOT / "examples" / name / "main.tf").read_text(encoding="utf-8")


def planned(terraform: Terraform, checkout: Path, name: str) -> Plan:
    plan = terraform.plan(checkout / "examples" / name)
    assert plan.errors == ()
    return plan


def test_there_are_the_six_examples() -> None:
    assert EXAMPLES == [
        "basic",
        "complete",
        "existing-config",
        "new-account",
        "other-regions",
        "other-safeguards",
    ]


def test_an_example_plans_as_it_is_and_warns_of_nothing(
    terraform: Terraform, checkout: Path, example: str
) -> None:
    plan = planned(terraform, checkout, example)
    missing = [re.sub(r" for .*", "", one, flags=re.DOTALL) for one in plan.warnings]

    # The safeguards that are about IAM belong into another region than the one where tests plan.
    expected = ["Some events", "reading this account's single GuardDuty Detector: empty result"]
    assert sorted(missing) == (expected if example == "other-safeguards" else [])
    functions = MANIFESTS if example == "other-safeguards" else ON
    assert len(plan.module("rearm").of("aws_lambda_function")) == len(functions)


def test_the_other_safeguards_all_act_and_those_that_only_tell_tell() -> None:
    (block,) = re.findall(
        r"^  automations = \{\n(.*?)^  \}", source("other-safeguards"), re.MULTILINE | re.DOTALL
    )
    named = dict(re.findall(r'^    (\w+)\s+= \{ mode = "(\w+)"', block, re.MULTILINE))

    assert named == {
        name: "notify" if manifest["kind"] == "detection" else "remediate" for name, manifest in OFF.items()
    }


def test_an_example_says_how_to_use_it_from_another_repository(example: str) -> None:
    text = source(example)

    assert '  source = "../.."\n' in text
    assert '# source = "git::https://example.com/your-org/terraform-aws-rearm.git?ref=v0.1.0"\n' in text
    assert re.search(r'required_version = ">= [0-9.]+"', text)
    assert re.search(r'source  = "hashicorp/aws"\n\s+version = ">= [0-9.]+"', text)


def test_the_basic_example_gives_an_address_and_nothing_else() -> None:
    (block,) = re.findall(r'^module "rearm" \{\n(.*?)^\}', source("basic"), re.MULTILINE | re.DOTALL)
    given = [line.strip() for line in block.splitlines() if line.strip() and not line.strip().startswith("#")]

    assert given == ['source = "../.."', 'notification_emails = ["security@example.com"]']


def test_the_complete_example_gives_every_input() -> None:
    declared = re.findall(
        r'^variable "(\w+)"', (ROOT / "variables.tf").read_text(encoding="utf-8"), re.MULTILINE
    )
    (block,) = re.findall(r'^module "rearm" \{\n(.*?)^\}', source("complete"), re.MULTILINE | re.DOTALL)
    given = re.findall(r"^  (\w+)\s+=", block, re.MULTILINE)

    assert sorted(set(given) - {"source"}) == declared


def test_in_the_complete_example_everything_is_of_the_organisation(
    terraform: Terraform, checkout: Path
) -> None:
    plan = planned(terraform, checkout, "complete").module("rearm")

    assert plan.automation("cloudtrail").one("aws_iam_role").values["path"] == "/security/"
    assert plan.automation("cloudtrail").one("aws_iam_role").unknown["permissions_boundary"] is True
    assert plan.of("aws_sns_topic")["rearm-complete-alarms"].unknown["kms_master_key_id"] is True
    # Whom the table and the policies know is decided by roles that the example makes.
    assert plan.one("aws_dynamodb_resource_policy").unknown["policy"] is True
    assert plan.raw["output_changes"]["service_control_policy"]["after_unknown"] is True


def test_with_existing_config_no_rule_of_config_is_created(terraform: Terraform, checkout: Path) -> None:
    plan = planned(terraform, checkout, "existing-config")

    assert plan.of("aws_config_config_rule") == {}
    assert configuration(plan.module("rearm").automation("cloudtrail").one("aws_lambda_function"))[
        "existing_config_rules"
    ] == [
        "cloudtrail-enabled",
        "multi-region-cloudtrail-enabled",
    ]
    assert "rearm-cloudtrail-config" in plan.of("aws_cloudwatch_event_rule")


def test_in_a_new_account_the_recorder_comes_first(terraform: Terraform, checkout: Path) -> None:
    plan = planned(terraform, checkout, "new-account")

    assert plan.of("aws_config_configuration_recorder_status").keys() == {"rearm"}
    assert "rearm-cloudtrail-enabled" in plan.of("aws_config_config_rule")
    call = plan.raw["configuration"]["root_module"]["module_calls"]["rearm"]
    assert call["depends_on"] == ["module.recorder"]
