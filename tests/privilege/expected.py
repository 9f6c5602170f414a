"""What is said of each automation's own permissions, in a module of its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from tests.privilege import expectations

WHERE = "tests/privilege/expectations/NAME.py"


class Expected(Protocol):
    """What a module says.

    Attributes
    ----------
    SERVICES
        Services, by IAM prefix, of which calls are allowed beside those of the core.
    WRITES
        The only calls beside those of the core that change anything, and what for.
    NEVER
        Calls that are denied whatever else somebody allows: they only weaken.
    JUDGED
        Services of which every write is granted, denied, or known to be harmless.
    HARMLESS
        Writes that are neither granted nor denied, and why they can do no harm.
    """

    SERVICES: frozenset[str]
    WRITES: Mapping[str, str]
    NEVER: frozenset[str]
    JUDGED: frozenset[str]
    HARMLESS: Mapping[str, str]

    @staticmethod
    def foreign(partition: str, region: str, other: str) -> Mapping[str, Sequence[str]]:
        """Return what is out of reach: actions, and ARNs on which they are never allowed.

        Parameters
        ----------
        partition, region
            Where the deployment is.
        other
            Another partition.
        """


@cache
def expected(automation: str) -> Expected:
    """Return what is said of an automation."""
    return cast("Expected", import_module(f"{expectations.__name__}.{automation}"))
