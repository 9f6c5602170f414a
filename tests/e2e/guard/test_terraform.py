"""Terraform's own changes with the guard on: quiet, not fought, and nothing left behind."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tests.e2e.guard.conftest import ROOT, Attacked

AUTOMATION = "module.automation["
REPAIRS = {"EnableRule", "PutRule", "PutTargets", "AddPermission", "CreateLogGroup", "PutFunctionConcurrency"}


def repairs(attacked: Attacked) -> set[str]:
    """Return what the guard has put right."""
    return {call.operation for call in attacked.world.calls()} & REPAIRS


def test_an_upgrade_is_neither_told_nor_fought(attacked: Attacked) -> None:
    checkout = attacked.world.checkout
    _new_version(checkout / "dist" / "rearm.zip", "99.0.2")
    _edit(checkout / "modules/automation/parts.tf", "retries = 185", "retries = 100")
    manifest = checkout / "lambda_src/rearm/automations/cloudtrail/automation.yaml"
    _edit(manifest, "eventName: [StopLogging, ", "eventName: [StartLogging, StopLogging, ")
    changes = attacked.world.apply(ROOT).changes
    assert any("aws_lambda_function.this" in address for address in changes)
    assert any("aws_cloudwatch_event_rule.this" in address for address in changes)
    assert attacked.subjects() == []
    assert repairs(attacked) == set()
    assert attacked.world.terraform.plan(ROOT).changes == {}
    attacked.world.sweep()
    assert attacked.subjects() == []


def test_a_rule_that_a_new_version_lacks_is_not_made_again(attacked: Attacked) -> None:
    main = attacked.world.checkout / ROOT / "main.tf"
    text = main.read_text(encoding="utf-8")
    main.write_text(text.replace('source = "../.."', 'source = "../.."\n  config = false'), encoding="utf-8")
    attacked.world.apply(ROOT)
    assert attacked.subjects() == []
    names = [rule["Name"] for rule in attacked.observer("events").list_rules(NamePrefix="rearm-")["Rules"]]
    assert "rearm-cloudtrail-config" not in names
    assert attacked.world.terraform.plan(ROOT).changes == {}


def test_an_automation_that_is_switched_off_leaves_nothing_and_is_told_once(attacked: Attacked) -> None:
    main = attacked.world.checkout / ROOT / "main.tf"
    off = 'source = "../.."\n  automations = { cloudtrail_lake = { mode = "off" } }'
    text = main.read_text(encoding="utf-8")
    main.write_text(text.replace('source = "../.."', off), encoding="utf-8")
    attacked.world.apply(ROOT)
    (subject,) = attacked.subjects()
    assert "/rearm/cloudtrail_lake/deployed" in subject
    assert [name for name in attacked.world.account.names() if "rearm-cloudtrail_lake" in name] == []
    attacked.world.sweep()
    assert attacked.world.terraform.plan(ROOT).changes == {}


def test_destroying_leaves_nothing_behind(attacked: Attacked) -> None:
    attacked.world.destroy()
    attacked.wait()
    left = [name for name in attacked.world.account.names() if "rearm-" in name]
    assert left == []
    assert attacked.observer("ssm").describe_parameters()["Parameters"] == []


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path} has no {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def _new_version(package: Path, version: str) -> None:
    with zipfile.ZipFile(package) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    before = files["rearm/__init__.py"].decode()
    files["rearm/__init__.py"] = (before + f'\n__version__ = "{version}"\n').encode()
    with zipfile.ZipFile(package, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
