"""Root modules for the tests: one plan then answers for many ways to call the module."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("dist", "examples", "lambda_src", "modules")

# What every automation of the project says of itself, by its name.
MANIFESTS: Mapping[str, Mapping[str, Any]] = {
    path.parent.name: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "lambda_src" / "rearm" / "automations").glob("*/automation.yaml"))
}

# Everything that a manifest may say and the first automation's does not. Read like any other manifest.
ADDED = """\
title: Made up
summary: A second automation, for the tests.
kind: containment
default_mode: notify
default_sweep_rate: cron(0 6 * * ? *)
global_events: true
needs: [config]
reads_tampering: true
tags_excuse: true
settings:
  colours:
    type: list
    description: Which colours.
    default: [red, green]
    allowed: [red, green, blue]
  kinds:
    type: objects
    description: What each kind is like.
    default: {}
    attributes: {label: string, loud: bool, parts: list, weight: number}
  limit:
    type: number
    description: How many an hour.
    default: 5
    minimum: 1
    maximum: 10
  ratio:
    type: number
    description: How much of it.
    default: 0.5
    minimum: 0
  word:
    type: string
    description: One word.
    default: "5"
    pattern: ^[a-z0-9]+$
resource_parameters: [id]
triggers:
  events:
    first:
      description: The first kind of event.
      pattern:
        source: [aws.ec2]
        detail-type: [One]
    second:
      description: The second kind of event.
      pattern:
        source: [aws.ec2]
        detail-type: [Two]
        detail: {count: [{numeric: [">", 5]}], gone: [{exists: false}]}
permissions:
  - sid: Read
    actions: [ec2:DescribeInstances]
    resources: ["*"]
  - sid: Stop
    mode: remediate
    actions: [ec2:StopInstances]
    resources: ["arn:{partition}:ec2:{region}:{account}:instance/*"]
    conditions:
      - {test: StringEquals, variable: "aws:ResourceAccount", values: ["{account}"]}
  - sid: OnlyForFive
    when: {word: "5"}
    actions: [ec2:DescribeTags]
    resources: ["*"]
  - sid: OnlyForSix
    when: {word: "6"}
    actions: [ec2:DescribeVpcs]
    resources: ["*"]
controls:
  A framework: ["1.1"]
"""


# Those that run unless somebody switches them off, and those that run only for who asks for them.
ON = {name: one for name, one in MANIFESTS.items() if one["default_mode"] != "off"}
OFF = {name: one for name, one in MANIFESTS.items() if one["default_mode"] == "off"}


def rules_of(automation: str, security_hub: bool = False) -> list[str]:
    """Name the EventBridge rules that an automation has when all its settings are the defaults."""
    triggers = MANIFESTS[automation]["triggers"]
    further = ["config"] if "config_rules" in triggers else []
    further += ["security-hub"] if security_hub and security_controls(automation) else []
    return [*sorted(triggers["events"]), *further, "sweep"]


def security_controls(automation: str) -> list[str]:
    """Name the controls of Security Hub that an automation serves."""
    found: list[str] = MANIFESTS[automation]["controls"].get("AWS Foundational Security Best Practices", [])
    return found


class Expression(str):
    """Text that is HCL and not a string."""

    __slots__ = ()


@dataclass(frozen=True)
class Variant:
    """One call of the module.

    Attributes
    ----------
    inputs
        Its inputs; an `Expression` is written as it is.
    source
        Which copy of the module: ``module`` as it is, or ``extended`` by one automation.
    provider
        Alias of the provider to use instead of the default one.
    """

    inputs: Mapping[str, Any] = field(default_factory=dict)
    source: str = "module"
    provider: str | None = None


def copy_module(target: Path) -> Path:
    """Copy what a person who uses the module gets, and return where it is."""
    target.mkdir()
    for file in ROOT.glob("*.tf"):
        shutil.copy(file, target)
    for part in PARTS:
        shutil.copytree(
            ROOT / part, target / part, ignore=shutil.ignore_patterns("__pycache__", ".terraform*")
        )
    return target


def add_automation(copy: Path) -> None:
    """Add the folder of a second automation, called ``added``, to a copy of the module."""
    folder = copy / "lambda_src" / "rearm" / "automations" / "added"
    folder.mkdir()
    (folder / "automation.yaml").write_text(ADDED, encoding="utf-8")


def write_root(
    folder: Path, sources: Mapping[str, Path], variants: Mapping[str, Variant], providers: Mapping[str, str]
) -> Path:
    """Write a root module that calls the module once for each variant and gives out what it gives out.

    Parameters
    ----------
    folder
        Where to write it.
    sources
        Where the copies of the module are, by the name that a `Variant` uses.
    variants
        The calls, by name.
    providers
        The region of each provider alias.
    """
    folder.mkdir()
    parts = [
        f'provider "aws" {{\n  alias = "{alias}"\n  region = "{region}"\n}}'
        for alias, region in providers.items()
    ]
    # A value that a plan does not know, as of a resource that the same configuration creates.
    parts.append(
        'resource "terraform_data" "later" {\n  input = "arn:aws:sns:eu-central-1:123456789012:later"\n}'
    )
    for name, variant in variants.items():
        lines = [f"source = {_hcl(os.path.relpath(sources[variant.source], folder))}"]
        lines += [f"{key} = {_hcl(value)}" for key, value in variant.inputs.items()]
        if variant.provider:
            lines.append(f"providers = {{ aws = aws.{variant.provider} }}")
        parts.append(f'module "{name}" {{\n  ' + "\n  ".join(lines) + "\n}")
        parts.append(f'output "{name}" {{\n  value = module.{name}\n}}')
    (folder / "main.tf").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return folder


def _hcl(value: Any) -> str:
    if isinstance(value, Expression):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_hcl(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_hcl, value)) + "]"
    return json.dumps(value)
