"""The ARNs that IAM checks a call against: one module for each service, found by its name.

A module is called as the service's IAM prefix (``lambda_`` for a word of Python's, ``_`` for ``-``) and has a
`resolve`, which yields the ARNs that a call is about, and ``*`` for one that no resource can be named for, if
`unlimited` does not list it.

What each action can be limited to:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
A call of which this is not known here is an error: taken for ``*`` it would be allowed by statements that
AWS does not apply to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from tests.local_aws.resources.call import Call, Lookup, Resolver, UnknownResource
from tests.local_aws.unlimited import UNLIMITED_OPERATIONS

if TYPE_CHECKING:
    from tests.local_aws.requests import AwsRequest

__all__ = ["Lookup", "UnknownResource", "resource_arns"]

_NO_SERVICE = frozenset({"call"})


def resource_arns(
    request: AwsRequest, account: str, partition: str, lookup: Lookup | None = None
) -> tuple[str, ...]:
    """Give the ARNs of everything that a caller must be allowed to touch for a call.

    Parameters
    ----------
    request
        The call.
    account
        The caller's account, 12 digits; a resource of another account is named by its ARN in the call.
    partition
        ``aws``, ``aws-cn``...
    lookup
        Finds ARNs that hold an id or path that the call does not: Config rules, KMS aliases, IAM entities.
        Where it finds nothing the name stands in the id's place, so that only a wildcard covers it.

    Returns
    -------
    tuple of str
        ``("*",)`` for an operation that no resource can be named for.

    Raises
    ------
    UnknownResource
        When the operation supports resources and it is not known here which the call is about, or `lookup`
        is needed and was not given.
    """
    if request.operation in UNLIMITED_OPERATIONS.get(request.service, ()):
        return ("*",)
    resolver = _resolvers().get(request.service)
    arns = tuple(resolver(Call(request, account, partition, lookup))) if resolver else ()
    if not arns:
        raise UnknownResource(
            f"which resource IAM checks for {request.service} {request.operation} is not known"
        )
    return arns


@cache
def _resolvers() -> Mapping[str, Resolver]:
    return {
        found.name.rstrip("_").replace("_", "-"): import_module(f"{__name__}.{found.name}").resolve
        for found in iter_modules(__path__)
        if found.name not in _NO_SERVICE
    }
