"""The deployment's configuration, as Terraform wrote it into the function's environment."""

from __future__ import annotations

import base64
import gzip
import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rearm.exceptions import ExceptionEntry, parse_exceptions
from rearm.model import Mode

CONFIG_VARIABLE = "REARM_CONFIG"
TOPIC_VARIABLE = "REARM_TOPIC_ARN"


class ConfigurationError(Exception):
    """The environment of the function is not what the module writes; the message names the variable."""


@dataclass(frozen=True, eq=False, repr=False)
class Settings:
    """Everything the module decides for one automation. Values are those of the manifest's types.

    `sources` are those of the events it listens to, such as ``aws.guardduty``. `table` is the name of the
    deployment's table, `retention_days` how long it keeps responses, and `records_tampering` whether it keeps
    for another automation who tampered.
    """

    name: str
    automation: str
    title: str
    kind: str
    mode: Mode
    role_arn: str
    region: str
    topic_arn: str
    table: str
    retention_days: int
    values: Mapping[str, object]
    resource_parameters: tuple[str, ...]
    exceptions: tuple[ExceptionEntry, ...]
    unreadable_exceptions: tuple[str, ...]
    controls: Mapping[str, tuple[str, ...]]
    config_rules: tuple[str, ...]
    existing_config_rules: tuple[str, ...]
    custom_config_rule: str | None
    records_tampering: bool
    sources: tuple[str, ...]

    @property
    def partition(self) -> str:
        """The partition the function runs in, such as ``aws``."""
        return self.role_arn.split(":")[1]

    @property
    def account(self) -> str:
        """The id of the account the function runs in."""
        return self.role_arn.split(":")[4]


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the function's settings.

    Parameters
    ----------
    environment
        The variables to read; the process's own by default.

    Raises
    ------
    ConfigurationError
        A variable is missing or not what the module writes.
    """
    env = os.environ if environment is None else environment
    try:
        return _parse(env[CONFIG_VARIABLE], env[TOPIC_VARIABLE], env["AWS_REGION"])
    except KeyError as missing:
        raise ConfigurationError(
            f"the environment variable {missing} is missing; the module sets it, run terraform apply again"
        ) from None


@lru_cache(maxsize=1)
def _parse(packed: str, topic: str, region: str) -> Settings:
    """Parse the settings, once while the process is warm."""
    try:
        raw = json.loads(gzip.decompress(base64.b64decode(packed)))
        exceptions, unreadable = parse_exceptions(raw.get("exceptions") or {}, raw["automation"])
        if len(raw["role_arn"].split(":")) < 6:
            raise ValueError(f"role_arn is {raw['role_arn']!r}")
        return Settings(
            name=raw["name"],
            automation=raw["automation"],
            title=raw["title"],
            kind=raw["kind"],
            mode=Mode(raw["mode"]),
            role_arn=raw["role_arn"],
            region=region,
            topic_arn=topic,
            table=raw["table"],
            retention_days=int(raw["retention_days"]),
            values=raw["settings"],
            resource_parameters=tuple(raw["resource_parameters"]),
            exceptions=exceptions,
            unreadable_exceptions=unreadable,
            controls={framework: tuple(ids) for framework, ids in raw["controls"].items()},
            config_rules=tuple(raw["config_rules"]),
            existing_config_rules=tuple(raw["existing_config_rules"]),
            custom_config_rule=raw["custom_config_rule"],
            records_tampering=raw["records_tampering"] is True,
            sources=tuple(raw["sources"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, OSError, zlib.error) as error:
        raise ConfigurationError(
            f"{CONFIG_VARIABLE} cannot be read ({type(error).__name__}: {error}); "
            "it was not written by this version of the module, run terraform apply again"
        ) from error
