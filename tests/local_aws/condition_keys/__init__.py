"""What a request says for the conditions of a policy, and the actions that it needs beside its own.

One module for each service, found by its name as those of `tests.local_aws.resources` are. Each may have
`keys` and `needs`, as in `said`; a service without a module says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING

from tests.local_aws.condition_keys.dynamodb import LEADING_KEYS
from tests.local_aws.condition_keys.said import Implied, Keys, Needs, PartitionKey

if TYPE_CHECKING:
    from tests.local_aws.conditions import Context
    from tests.local_aws.requests import AwsRequest

__all__ = ["LEADING_KEYS", "Implied", "PartitionKey", "condition_keys", "implied"]

_NO_SERVICE = frozenset({"said"})


def condition_keys(request: AwsRequest, partition_key: PartitionKey) -> Context:
    """Return the condition keys that come from a request's own parameters."""
    keys: Keys | None = getattr(_services().get(request.service), "keys", None)
    return keys(request, partition_key) if keys else {}


def implied(request: AwsRequest) -> tuple[Implied, ...]:
    """Return what a caller must be allowed beside the request's own action."""
    needs: Needs | None = getattr(_services().get(request.service), "needs", None)
    return tuple(needs(request)) if needs else ()


@cache
def _services() -> Mapping[str, ModuleType]:
    return {
        found.name.rstrip("_").replace("_", "-"): import_module(f"{__name__}.{found.name}")
        for found in iter_modules(__path__)
        if found.name not in _NO_SERVICE
    }
