"""The function's environment as the module writes it, derived from the automation's real manifest."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.events.envelopes import REGION
from tests.events.identities import ACCOUNT

AUTOMATIONS = Path(__file__).resolve().parents[2] / "lambda_src" / "rearm" / "automations"
NAME = "rearm"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-notifications"
TABLE = f"{NAME}-records"
RETENTION_DAYS = 365


@cache
def manifest(automation: str = "cloudtrail") -> Mapping[str, Any]:
    """Return an automation's manifest as it stands in its folder; it is read once, so do not change it."""
    loaded = yaml.safe_load((AUTOMATIONS / automation / "automation.yaml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def role(automation: str) -> str:
    """Return the ARN of an automation's role."""
    return f"arn:aws:iam::{ACCOUNT}:role/{NAME}-{automation}"


ROLE = role("cloudtrail")


def exception(
    criteria: Mapping[str, str] | None = None,
    /,
    *,
    expires: object = "never",
    reason: object = "a planned change",
    quiet: bool = False,
    scope: str = "all",
    **match: str,
) -> dict[str, object]:
    """Return one exception as Terraform passes it on; criteria as a map, as keyword arguments, or both."""
    return {
        "match": {**(criteria or {}), **match},
        "reason": reason,
        "expires": expires,
        "quiet": quiet,
        "scope": scope,
    }


def configuration(
    *,
    automation: str = "cloudtrail",
    mode: str | None = None,
    settings: Mapping[str, object] | None = None,
    exceptions: object = None,
    **changes: object,
) -> dict[str, Any]:
    """Return what the module puts into ``REARM_CONFIG``, before it is packed.

    Parameters
    ----------
    automation, mode, settings, exceptions
        As a user gives them; mode and settings default to the manifest's.
    changes
        Keys of the result to replace as they are.
    """
    known = manifest(automation)
    values = {name: setting["default"] for name, setting in known.get("settings", {}).items()}
    values |= dict(settings or {})
    triggers = known.get("triggers", {})
    rules = triggers.get("config_rules", {})
    managed = rules.get("managed", {})
    created = [f"{NAME}-{rule}" for rule, entry in managed.items() if _holds(entry.get("when", {}), values)]
    custom = triggers.get("custom_config_rule")
    judges = custom and _holds(custom.get("when", {}), values)
    existing = values[rules["existing"]] if "existing" in rules else []
    return {
        "version": 1,
        "name": NAME,
        "automation": automation,
        "title": known["title"],
        "kind": known["kind"],
        "mode": mode or _mode(known),
        "role_arn": role(automation),
        "table": TABLE,
        "retention_days": RETENTION_DAYS,
        "records_tampering": False,
        "settings": values,
        "resource_parameters": known.get("resource_parameters", []),
        "sources": _sources(known),
        "exceptions": {} if exceptions is None else exceptions,
        "controls": known.get("controls", {}),
        "config_rules": [] if existing else created,
        "existing_config_rules": existing,
        "custom_config_rule": f"{NAME}-{custom['name']}" if judges else None,
        **changes,
    }


def pack(raw: object) -> str:
    """Return a value as Terraform's ``base64gzip(jsonencode(...))`` writes it."""
    return base64.b64encode(gzip.compress(json.dumps(raw).encode())).decode()


def environment(raw: Mapping[str, object], *, topic: str = TOPIC, region: str = REGION) -> dict[str, str]:
    """Return the function's own variables, and the region that Lambda adds."""
    return {"REARM_CONFIG": pack(raw), "REARM_TOPIC_ARN": topic, "AWS_REGION": region}


def _mode(known: Mapping[str, Any]) -> str:
    """Return the manifest's mode; what is off by default is deployed as one that acts."""
    return "remediate" if known["default_mode"] == "off" else str(known["default_mode"])


def _sources(known: Mapping[str, Any]) -> list[str]:
    events = known.get("triggers", {}).get("events", {}).values()
    named = [source for event in events for source in event["pattern"]["source"]]
    return sorted({source for source in named if isinstance(source, str)})


def _holds(when: Mapping[str, object], values: Mapping[str, object]) -> bool:
    """Whether every setting has the wanted value, compared as Terraform's text."""
    return all(_text(values[key]) == wanted for key, wanted in when.items())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def names(entries: Sequence[Mapping[str, object]], key: str) -> list[object]:
    """Return one field of each entry, in order."""
    return [entry[key] for entry in entries]
