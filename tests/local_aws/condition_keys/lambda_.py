"""What a call to Lambda says for the conditions of a policy, and needs beside its own action."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.local_aws.condition_keys.said import Implied, PartitionKey, passed

if TYPE_CHECKING:
    from tests.local_aws.conditions import Context
    from tests.local_aws.requests import AwsRequest


def keys(request: AwsRequest, partition_key: PartitionKey) -> Context:
    """Return the condition keys that come from the request's own parameters."""
    if request.operation == "AddPermission":
        return {"lambda:Principal": str(request.parameters["Principal"])}
    return {}


def needs(request: AwsRequest) -> Iterator[Implied]:
    """Yield what a caller must be allowed beside the request's own action."""
    if request.operation in ("CreateFunction", "UpdateFunctionConfiguration"):
        yield from passed(request, "Role", "lambda.amazonaws.com")
