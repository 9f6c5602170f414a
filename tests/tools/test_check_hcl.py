from __future__ import annotations

from pathlib import Path

import pytest

from tools import check_hcl
from tools.state import ROOT

GOOD = """\
terraform {
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.83"
    }
  }
}

# A region such as eu-west-1 and an ARN such as arn:aws:iam::aws:policy/X may be named in a comment.
variable "alarms" {
  description = "ARNs (`arn. Like this`) of what is told, at most four."
  type        = map(object({ arn = string, quiet = optional(bool, false) }))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for one in values(var.alarms) : can(regex("^arn:aws[a-z-]*:sns:", one.arn))])
    error_message = "Not \\"${join(", ", keys(var.alarms))}\\"."
  }
}

variable "key" {
  description = "`kms` key."
  type        = string
  default     = null
}

variable "name" {
  description = "Name of this deployment."
  type        = string
  nullable    = false
}

output "function" {
  description = "ARN of the function."
  value       = aws_lambda_function.this.arn
}

resource "aws_lambda_function" "this" {
  function_name = var.name
}
"""


def problems(tmp_path: Path, text: str, example: bool = False) -> list[str]:
    path = tmp_path / "main.tf"
    path.write_text(text, encoding="utf-8")
    return check_hcl.check_file(path, example)


def test_what_follows_the_rules_is_not_complained_about(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('variable "alarms"', 'variable "zone"', "variable key stands before zone; they are alphabetical"),
        ('description = "Name of this deployment."', "", "variable name has no description"),
        ("this deployment.", "this deployment", "variable name: its description is not one sentence"),
        ("this deployment.", "it. Choose well.", "variable name: its description is not one sentence"),
        ("Name of this", "name of this", "variable name: its description is not one sentence"),
        ("ARN of the function.", "", "output function has no description"),
        (
            "map(object({ arn = string, quiet = optional(bool, false) }))",
            "map(any)",
            "variable alarms has `any`",
        ),
        ("type        = map(", "kind = map(", "variable alarms has no type"),
        (
            "default     = {}\n  nullable    = false",
            "default     = {}",
            "variable alarms needs `nullable = false`",
        ),
        ("default     = null", "default     = null\n  nullable = false", "variable key cannot be null"),
        ("hashicorp/aws", "hashicorp/random", "provider aws: only hashicorp/aws may be required"),
        (">= 5.83", "~> 5.83", "provider aws: `~> 5.83` is not a floor"),
        (">= 1.9", ">= 1.9, < 2", "Terraform: `>= 1.9, < 2` is not a floor"),
        ("= var.name", '= "arn:aws:lambda:x"', "line 42: an ARN names its partition"),
        ("= var.name", '= "arn:aws-cn:lambda:x"', "line 42: an ARN names its partition"),
        ("= var.name", '= "us-gov-west-1"', "line 42: the region us-gov-west-1 is written out"),
        ("= var.name", '= "ap-southeast-2"', "line 42: the region ap-southeast-2 is written out"),
        ("aws_lambda_function", "null_resource", "null_resource does something while planning"),
        ('resource "aws_lambda_function" "this"', 'provider "aws"', "provider aws is configured in a module"),
        ("terraform {", "terraform {{", "cannot be read"),
    ],
)
def test_each_broken_rule_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD

    found = problems(tmp_path, GOOD.replace(old, new))

    assert any(problem.startswith(message) for problem in found), found


def test_an_example_may_configure_a_provider(tmp_path: Path) -> None:
    text = 'provider "aws" {}\n'

    assert problems(tmp_path, text, example=True) == []
    assert problems(tmp_path, text) == ["provider aws is configured in a module"]


def test_only_the_provider_of_an_example_may_be_for_a_region(tmp_path: Path) -> None:
    provider = 'provider "aws" {\n  region = "us-east-1"\n}\n'
    elsewhere = 'locals {\n  where = "us-east-1"\n}\n'
    said = "line 2: the region us-east-1 is written out"

    assert problems(tmp_path, provider, example=True) == []
    assert said in problems(tmp_path, provider)
    assert problems(tmp_path, elsewhere, example=True) == [said]


def test_a_map_of_partitions_has_the_region_of_each(tmp_path: Path) -> None:
    regions = 'locals {\n  home = {\n    aws    = "us-east-1"\n    aws-cn = "cn-north-1"\n  }\n}\n'
    one = regions.replace("aws   ", "west  ")

    assert problems(tmp_path, regions) == []
    assert problems(tmp_path, one) == ["line 3: the region us-east-1 is written out"]


def test_root_modules_and_examples_are_all_checked(tmp_path: Path) -> None:
    for folder in ("", "modules/inner", "examples/basic"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "main.tf").write_text('variable "x" {}\n', encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "main.tf").write_text('variable "x" {}\n', encoding="utf-8")

    places = {problem.partition(":")[0] for problem in check_hcl.check(tmp_path)}

    assert places == {"main.tf", "modules/inner/main.tf", "examples/basic/main.tf"}


def test_the_hcl_of_this_project_follows_the_rules() -> None:
    assert check_hcl.modules(ROOT)[0] == ROOT
    assert check_hcl.check(ROOT) == []
