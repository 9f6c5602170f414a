"""What the modules of the services give: condition keys, and what a request needs beside its own action."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.local_aws.conditions import Context
    from tests.local_aws.requests import AwsRequest

PartitionKey = Callable[[str], str | None]
"""Finds the name of a table's partition key by the table's name or ARN; None where there is no such table."""


@dataclass(frozen=True)
class Implied:
    """An action that a request needs beside its own.

    Attributes
    ----------
    action
        The IAM action.
    resource
        What it is checked against; empty for the resources of the request itself.
    context
        Condition keys that only this action has.
    """

    action: str
    resource: str = ""
    context: Mapping[str, str] = field(default_factory=dict)


def passed(request: AwsRequest, parameter: str, service: str) -> Iterator[Implied]:
    """Yield what handing the role of a parameter to a service needs.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    if role := request.parameters.get(parameter):
        yield Implied("iam:PassRole", str(role), {"iam:PassedToService": service})


Keys = Callable[["AwsRequest", PartitionKey], "Context"]
"""Gives the condition keys that come from a request's own parameters: `keys` of a service's module."""

Needs = Callable[["AwsRequest"], Iterator[Implied]]
"""Yields what a caller must be allowed beside the request's own action: `needs` of a service's module."""
