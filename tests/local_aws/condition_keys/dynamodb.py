"""What a call to DynamoDB says for the conditions of a policy."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tests.local_aws.condition_keys.said import PartitionKey

if TYPE_CHECKING:
    from tests.local_aws.conditions import Context
    from tests.local_aws.requests import AwsRequest

LEADING_KEYS = "dynamodb:LeadingKeys"


def keys(request: AwsRequest, partition_key: PartitionKey) -> Context:
    """Return the condition keys that come from the request's own parameters."""
    leading = [_text(value) for value in _leading(request, partition_key)]
    return {LEADING_KEYS: list(dict.fromkeys(leading))} if leading else {}


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
