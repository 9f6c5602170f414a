"""The automations: one folder each, found by its name. `assess` only reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import cast

from rearm.alarm import Alarm
from rearm.aws import Aws
from rearm.model import Assessment, Baseline
from rearm.settings import ConfigurationError

# Source: https://docs.aws.amazon.com/general/latest/gr/iam-service.html
GLOBAL_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


@dataclass(frozen=True, eq=False, repr=False)
class Look:
    """What an automation may look at the world with.

    `baselines` gives what was recorded for this automation, by the resource's ARN; it asks the table once an
    invocation and raises AwsError where that does not answer. `now` is the time, in UTC, and `name` the
    deployment's. `left_off` gives where the last sweep stopped, {} if it came to its end. `tampering` gives
    what every automation of the deployment has recorded of tampering after a time, see
    `rearm.responses.tampering`; a manifest says with `reads_tampering` that its role may. `remaining_s` is
    what is left of the function's time, in seconds.
    """

    aws: Aws
    account: str
    region: str
    partition: str
    settings: Mapping[str, object]
    baselines: Callable[[], Mapping[str, Baseline]]
    now: Callable[[], datetime]
    name: str
    left_off: Callable[[], Mapping[str, object]] = dict
    tampering: Callable[[datetime], Sequence[Mapping[str, object]]] = lambda _: ()
    remaining_s: Callable[[], float] = lambda: float("inf")

    @property
    def global_region(self) -> str:
        """The region in which global services, such as IAM, record their calls.

        Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html
        """
        return GLOBAL_REGIONS.get(self.partition, self.region)


Assess = Callable[[Alarm, Look], Assessment]


def names() -> tuple[str, ...]:
    """Name every automation of the package."""
    from pkgutil import iter_modules

    return tuple(sorted(module.name for module in iter_modules(__path__) if module.ispkg))


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
