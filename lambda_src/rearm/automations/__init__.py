"""The automations: one folder each, found by its name. `assess` only reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import cast

from rearm.alarm import Alarm
from rearm.aws import Aws
from rearm.model import Assessment, Baseline
from rearm.settings import ConfigurationError


@dataclass(frozen=True, eq=False, repr=False)
class Look:
    """What an automation may look at the world with.

    `baselines` gives what was recorded for this automation, by the resource's ARN; it asks the table once an
    invocation and raises AwsError where that does not answer. `now` is the time, in UTC, and `name` the
    deployment's.
    """

    aws: Aws
    account: str
    region: str
    partition: str
    settings: Mapping[str, object]
    baselines: Callable[[], Mapping[str, Baseline]]
    now: Callable[[], datetime]
    name: str


Assess = Callable[[Alarm, Look], Assessment]


def load(name: str) -> Assess:
    """Return the `assess` of the automation in the folder `name`.

    Raises
    ------
    ConfigurationError
        The package has no such automation.
    """
    try:
        module = import_module(f"rearm.automations.{name}")
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the package has no automation {name!r}: package and module are of different versions"
        ) from error
    return cast("Assess", module.assess)
