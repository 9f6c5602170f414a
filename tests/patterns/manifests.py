"""The event patterns of the automations' manifests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

AUTOMATIONS = Path(__file__).parents[2] / "lambda_src" / "rearm" / "automations"


def manifests() -> dict[str, dict[str, Any]]:
    """Read each automation's manifest, by the automation's name."""
    found = {
        path.parent.name: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted(AUTOMATIONS.glob("*/automation.yaml"))
    }
    assert found, f"no manifest in {AUTOMATIONS}"
    return found


def event_patterns(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give a manifest's event patterns, by their key among its triggers."""
    return {key: trigger["pattern"] for key, trigger in manifest["triggers"].get("events", {}).items()}


def all_event_patterns() -> dict[str, dict[str, Any]]:
    """Give the event patterns of all manifests, by automation and key."""
    return {
        f"{automation}-{key}": pattern
        for automation, manifest in manifests().items()
        for key, pattern in event_patterns(manifest).items()
    }
