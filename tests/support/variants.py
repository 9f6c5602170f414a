"""The inputs of the module that the scenarios run with, one deployment for each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

REGION = "eu-central-1"
CHINA = "cn-north-1"
KEY = f"arn:aws:kms:{REGION}:123456789012:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
FOREIGN_TOPIC = f"arn:aws:sns:{REGION}:210987654321:security"
EXCUSED_ROLE = "arn:aws:iam::123456789012:role/ops/patching"


@dataclass(frozen=True)
class Variant:
    """One set of inputs.

    Attributes
    ----------
    inputs
        What a user writes into the module's block.
    region, partition
        Where it is deployed.
    alias
        Of the provider's configuration for that region; empty for the default one.
    """

    inputs: Mapping[str, Any] = field(default_factory=dict)
    region: str = REGION
    partition: str = "aws"
    alias: str = ""

    @property
    def name(self) -> str:
        """The deployment's name."""
        return str(self.inputs.get("name", "rearm"))


def _cloudtrail(mode: str = "remediate", **settings: str) -> dict[str, Any]:
    return {"automations": {"cloudtrail": {"mode": mode, "settings": settings}}}


_EXISTING = {"existing_config_rules": json.dumps(["cloudtrail-enabled"])}
_EXCEPTIONS = {
    "lab": {"match": {"resource": "lab-*"}, "reason": "A laboratory.", "expires": "never"},
    "patching": {"match": {"actor": EXCUSED_ROLE}, "reason": "Patching.", "expires": "2099-12-31"},
    "over": {"match": {"resource": "management"}, "reason": "Migration.", "expires": "2024-01-31"},
}

_MANIFESTS = Path(__file__).resolve().parents[2] / "lambda_src" / "rearm" / "automations"


def _others(mode: str) -> dict[str, Any]:
    """Switch on what is off by default, in one mode, and everything else off."""
    files = sorted(_MANIFESTS.glob("*/automation.yaml"))
    off = {file.parent.name: yaml.safe_load(file.read_text())["default_mode"] == "off" for file in files}
    return {name: {"mode": mode if is_off else "off"} for name, is_off in off.items()}


def _only(automation: str, **settings: str) -> dict[str, Any]:
    """Switch on one automation that is off by default, with settings, and everything else off."""
    return {"automations": {**_others("off"), automation: {"mode": "remediate", "settings": settings}}}


VARIANTS: dict[str, Variant] = {
    "default": Variant(),
    "notify": Variant(_cloudtrail("notify")),
    "existing": Variant(_cloudtrail(**_EXISTING)),
    "existing_notify": Variant(_cloudtrail("notify", **_EXISTING)),
    "multi_region": Variant(_cloudtrail(config_rule="multi-region-cloudtrail-enabled")),
    "no_custom_rule": Variant(_cloudtrail(custom_config_rule="false")),
    "no_config": Variant({"config": False}),
    "exceptions": Variant({"exceptions": _EXCEPTIONS}),
    "encrypted": Variant(
        {"name": "guard", "role_path": "/security/", "tracing": True, "kms_key_arn": KEY, "timeout": 120}
    ),
    "foreign_topic": Variant({"notification_topic": {"arn": FOREIGN_TOPIC}}),
    "china": Variant(region=CHINA, partition="aws-cn", alias="china"),
    "others": Variant({"automations": _others("remediate")}),
    "others_notify": Variant({"automations": _others("notify")}),
    "others_china": Variant(
        {"automations": _others("remediate")}, region=CHINA, partition="aws-cn", alias="china"
    ),
    "others_own_policies": Variant(_only("iam_authority", detach_own_policies="true")),
    "others_kms": Variant(_only("s3_encryption", algorithm="aws:kms", key="alias/data")),
}
"""By the name of the module's block in the root that is planned."""

BY_DEFAULT = tuple(name for name in VARIANTS if not name.startswith("others"))
"""Those in which everything runs that is on by default, and nothing else."""
