"""What a request says for the conditions of a policy, and the actions that it needs beside its own."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.local_aws.conditions import Context
    from tests.local_aws.requests import AwsRequest

PartitionKey = Callable[[str], str | None]
"""Finds the name of a table's partition key by the table's name or ARN; None where there is no such table."""

LEADING_KEYS = "dynamodb:LeadingKeys"
# Parameters that hand a role to a service, and the service.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
PASSED = {
    ("cloudtrail", "CreateTrail", "CloudWatchLogsRoleArn"): "cloudtrail.amazonaws.com",
    ("cloudtrail", "UpdateTrail", "CloudWatchLogsRoleArn"): "cloudtrail.amazonaws.com",
    ("lambda", "CreateFunction", "Role"): "lambda.amazonaws.com",
    ("lambda", "UpdateFunctionConfiguration", "Role"): "lambda.amazonaws.com",
}


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


def condition_keys(request: AwsRequest, partition_key: PartitionKey) -> Context:
    """Return the condition keys that come from a request's own parameters."""
    asked = (request.service, request.operation)
    if asked == ("events", "PutTargets"):
        return {"events:TargetArn": [str(target["Arn"]) for target in request.parameters["Targets"]]}
    if asked == ("lambda", "AddPermission"):
        return {"lambda:Principal": str(request.parameters["Principal"])}
    if request.service != "dynamodb":
        return {}
    leading = [_text(value) for value in _leading(request, partition_key)]
    return {LEADING_KEYS: list(dict.fromkeys(leading))} if leading else {}


def implied(request: AwsRequest) -> tuple[Implied, ...]:
    """Return what a caller must be allowed beside the request's own action.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html
    """
    needed = [
        Implied("iam:PassRole", str(role), {"iam:PassedToService": service})
        for (asked, operation, parameter), service in PASSED.items()
        if (asked, operation) == (request.service, request.operation)
        and (role := request.parameters.get(parameter))
    ]
    if (request.service, request.operation) == ("cloudtrail", "CreateTrail") and request.parameters.get(
        "TagsList"
    ):
        needed.append(Implied("cloudtrail:AddTags"))
    return tuple(needed)


def _leading(request: AwsRequest, partition_key: PartitionKey) -> Iterator[Mapping[str, Any]]:
    """Yield the values of the partition keys of every item that a request touches.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    asked = request.parameters
    if items := asked.get("RequestItems"):
        for table, wanted in items.items():
            for one in wanted.get("Keys", ()) if isinstance(wanted, Mapping) else wanted:
                parts = one.values() if {"PutRequest", "DeleteRequest"} & one.keys() else [{"Key": one}]
                yield from (value for part in parts for value in _of_item(part, partition_key(table)))
    elif items := asked.get("TransactItems"):
        for one in items:
            for part in one.values():
                yield from _of_item(part, partition_key(part["TableName"]))
    elif table := asked.get("TableName"):
        name = partition_key(table)
        yield from _of_item(asked, name)
        yield from _of_query(asked, name)


def _of_item(part: Mapping[str, Any], name: str | None) -> Iterator[Mapping[str, Any]]:
    for member in ("Key", "Item"):
        value = (part.get(member) or {}).get(name)
        if value:
            yield value


def _of_query(asked: Mapping[str, Any], name: str | None) -> Iterator[Mapping[str, Any]]:
    """Yield what the partition key must equal; an index has a key of its own, which is not known here."""
    if asked.get("IndexName"):
        return
    if name in (conditions := asked.get("KeyConditions") or {}):
        yield from conditions[name]["AttributeValueList"]
    names, values = asked.get("ExpressionAttributeNames") or {}, asked.get("ExpressionAttributeValues") or {}
    for left, right in re.findall(r"([#\w]+)\s*=\s*(:\w+)", asked.get("KeyConditionExpression") or ""):
        if names.get(left, left) == name and right in values:
            yield values[right]


def _text(value: Mapping[str, Any]) -> str:
    """Return a key's value, which is a text, a number or bytes, as a policy gives it."""
    ((_, told),) = value.items()
    return base64.b64encode(told).decode() if isinstance(told, bytes) else str(told)
