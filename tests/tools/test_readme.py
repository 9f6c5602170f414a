from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import hcl2
import pytest

from tools import check_hcl
from tools.state import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```hcl\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def _variables() -> dict[str, Mapping[str, Any]]:
    parsed = hcl2.loads((ROOT / "variables.tf").read_text(encoding="utf-8"))
    return dict(check_hcl.blocks(parsed, "variable"))


def _attributes(variable: str) -> set[str]:
    """Name the attributes of the objects in a variable's type, however deep."""
    return set(re.findall(r"(\w+)\s*=", check_hcl.plain(_variables()[variable]["type"])))


def _calls() -> Iterator[Mapping[str, Any]]:
    for block in BLOCKS:
        yield from (body for _, body in check_hcl.blocks(hcl2.loads(block), "module"))


def _exceptions(call: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from call.get("exceptions", {}).values()
    for given in call.get("automations", {}).values():
        yield from given.get("exceptions", {}).values()


def test_there_are_examples_to_check() -> None:
    assert len(BLOCKS) >= 3
    assert len(list(_calls())) == len(BLOCKS)
    assert any(list(_exceptions(call)) for call in _calls())


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_an_example_is_formatted_as_terraform_formats_it(block: str) -> None:
    terraform = os.environ.get("REARM_TERRAFORM") or shutil.which("terraform")
    assert terraform, "there is no Terraform: put one on PATH, or set REARM_TERRAFORM, as `make test` does"

    done = subprocess.run([terraform, "fmt", "-"], input=block, capture_output=True, text=True, check=True)

    assert done.stdout == block


def test_an_example_gives_only_inputs_that_there_are() -> None:
    for call in _calls():
        assert {key for key in call if not key.startswith("__")} - {"source"} <= set(_variables())


def test_an_example_gives_only_attributes_that_terraform_would_not_drop() -> None:
    for call in _calls():
        for given in call.get("automations", {}).values():
            assert set(given) <= _attributes("automations")
        for exception in _exceptions(call):
            assert {"match", "reason", "expires"} <= set(exception) <= _attributes("exceptions")


def test_the_source_of_each_example_names_the_version_of_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (newest, *_) = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)

    assert {check_hcl.plain(call["source"]).rpartition("?ref=")[2] for call in _calls()} == {f"v{newest}"}
