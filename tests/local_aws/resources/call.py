"""One call, as the services' resolvers of resources see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.local_aws.requests import AwsRequest

Lookup = Callable[[str, str, str], str | None]
"""Finds the ARN of a resource whose name in a call is not the one in its ARN.

Called with the service's IAM prefix, the type (``config-rule``, ``alias``, ``role``...) and the name;
returns None when there is no such resource.
"""


class UnknownResource(ValueError):
    """It is not known here which resource IAM checks for a call; the message names the call."""


@dataclass(frozen=True)
class Call:
    """One call, and what finds the ARNs that it does not hold."""

    request: AwsRequest
    account: str
    partition: str
    lookup: Lookup | None

    @property
    def operation(self) -> str:
        """The operation, as AWS spells it."""
        return self.request.operation

    def text(self, *names: str) -> str:
        """Give the first of the parameters that is there, as a text; empty if none is."""
        return next((str(found) for name in names if (found := self.request.parameters.get(name))), "")

    def texts(self, *names: str) -> list[str]:
        """Give what the first of the parameters that is there holds, one text or a list of them."""
        for name in names:
            found = self.request.parameters.get(name)
            if found:
                return [found] if isinstance(found, str) else [str(one) for one in found]
        return []

    def arn(self, resource: str, *, region: str | None = None, service: str | None = None) -> str:
        """Make an ARN of the caller's account, in the request's region unless told otherwise."""
        where = self.request.region if region is None else region
        return f"arn:{self.partition}:{service or self.request.service}:{where}:{self.account}:{resource}"

    def named(self, prefix: str, name: str) -> str:
        """Make an ARN of a name, which may be one already."""
        return name if name.startswith("arn:") else self.arn(f"{prefix}{name}")

    def found(self, kind: str, name: str, *, otherwise: str) -> str:
        """Look up the ARN of a name."""
        if name.startswith("arn:"):
            return name
        if self.lookup is None:
            raise UnknownResource(f"the ARN of {self.request.service} {kind} {name} must be looked up")
        return self.lookup(self.request.service, kind, name) or otherwise


Resolver = Callable[[Call], Iterator[str]]
"""Yields the ARNs that a call is about; none where it does not know."""


@dataclass(frozen=True)
class Named:
    """A resource that parameters name, each by its whole ARN or by what follows the prefix in it."""

    prefix: str
    parameters: tuple[str, ...]
    operations: frozenset[str] | None = None


def by_name(*resources: Named) -> Resolver:
    """Take the first kind of resource of which the call has a parameter."""

    def resolve(call: Call) -> Iterator[str]:
        for resource in resources:
            names = call.texts(*resource.parameters)
            if names and (resource.operations is None or call.operation in resource.operations):
                yield from (call.named(resource.prefix, name) for name in names)
                return

    return resolve
