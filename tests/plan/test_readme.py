"""The README's examples and numbers, held against what Terraform plans."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.plan.harness import ON, ROOT, rules_of
from tests.plan.planning import Plan, Terraform

README = (ROOT / "README.md").read_text(encoding="utf-8")
JOURNAL = (ROOT / "docs" / "journal.md").read_text(encoding="utf-8")
COST = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```hcl\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def examples_root(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a root module with all examples, which take the module from the checkout."""
    folder = tmp_path_factory.mktemp("readme")
    source = os.path.relpath(checkout, folder)
    for number, block in enumerate(BLOCKS):
        text, replaced = re.subn(r'(?m)^  source = "[^"]+"', f'  source = "{source}"', block)
        assert replaced == 1
        text = text.replace('module "rearm"', f'module "example_{number}"', 1)
        (folder / f"example_{number}.tf").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def examples(terraform: Terraform, examples_root: Path) -> Plan:
    """Plan all examples at once."""
    return terraform.plan(examples_root)


def test_every_example_can_be_planned(examples: Plan) -> None:
    assert examples.errors == ()
    for number in range(len(BLOCKS)):
        assert examples.module(f"example_{number}").of("aws_lambda_function")


def test_the_number_of_resources_is_as_the_readme_says(examples: Plan) -> None:
    (said,) = re.findall(r"The default plan has (\d+) resources", README)

    assert len(examples.module("example_0").addresses()) == int(said)


def test_the_alarms_are_those_of_the_documented_table(examples: Plan) -> None:
    table = JOURNAL.partition("| Alarm | Says |")[2].partition("\n\n")[0]
    documented = {
        name.replace("AUTOMATION", automation).replace("RULE", rule)
        for name in re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)
        for automation in ON
        for rule in rules_of(automation)
    }

    assert set(examples.module("example_0").of("aws_cloudwatch_metric_alarm")) == documented


def test_the_cost_counts_the_alarms_and_evaluations_that_are_planned(examples: Plan) -> None:
    default = examples.module("example_0")
    (alarms,) = re.findall(r"\| CloudWatch alarms \| (\d+) \S ", COST)
    frequencies = {
        rule.values["maximum_execution_frequency"]
        or rule.values["source"][0]["source_detail"][0]["maximum_execution_frequency"]
        for rule in default.of("aws_config_config_rule").values()
    }

    assert len(default.of("aws_cloudwatch_metric_alarm")) == int(alarms)
    assert len(default.of("aws_config_config_rule")) == 2
    assert frequencies == {"Six_Hours"}
    assert "every 6 hours is 4 \N{MULTIPLICATION SIGN} 30 = 120" in COST
