"""The deployment's DynamoDB table: what outlives the process.

An item is a key of two texts, a JSON text, a count and, where it may go some day, the time after which
DynamoDB removes it. The group starts with the automation's name: its role can write no other's items.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rearm.aws import Answer, Aws, AwsError, items_of, malformed

# A repair waits for at most two tries of so many seconds: a table that hangs must not keep a safeguard off.
READ_TIMEOUT_S = 2
ATTEMPTS = 2
HANGING = frozenset({"ConnectTimeoutError", "ReadTimeoutError"})
TAKEN = "ConditionalCheckFailedException"


@dataclass(frozen=True, eq=False, repr=False)
class Item:
    """One item; `content` is what its JSON text holds."""

    group: str
    key: str
    content: Mapping[str, Any]
    count: int = 0


class Table:
    """The table of one deployment, as one automation may use it.

    Every method raises AwsError where the table does not answer, or answers what nobody has written.
    """

    def __init__(self, aws: Aws, name: str, region: str) -> None:
        self._aws = aws
        self._name = name
        self._region = region
        self._hung: AwsError | None = None

    def get(self, group: str, key: str) -> Item | None:
        """Read one item, consistently; None if there is none."""
        answer = self._call("GetItem", {"Key": _key(group, key), "ConsistentRead": True})
        found = answer.get("Item")
        return _item(found, "GetItem") if found else None

    def query(self, group: str, after: str | None = None, newest: int | None = None) -> Iterator[Item]:
        """Yield the items of a group in the order of their keys, consistently.

        Parameters
        ----------
        after
            Only keys that sort behind it.
        newest
            Only so many, from the last key backwards.
        """
        wanted: dict[str, object] = {
            "KeyConditionExpression": "#g = :g" + (" AND #k > :k" if after else ""),
            "ExpressionAttributeNames": {"#g": "group", **({"#k": "key"} if after else {})},
            "ExpressionAttributeValues": {":g": {"S": group}, **({":k": {"S": after}} if after else {})},
            "ConsistentRead": True,
            **({"ScanIndexForward": False, "Limit": newest} if newest else {}),
        }
        start: object = None
        while True:
            answer = self._call("Query", {**wanted, **({"ExclusiveStartKey": start} if start else {})})
            for found in items_of(answer, "dynamodb", "Query", "Items"):
                yield _item(found, "Query")
            start = answer.get("LastEvaluatedKey")
            if not start or newest:
                return

    def put(
        self,
        group: str,
        key: str,
        content: Mapping[str, Any],
        *,
        until: datetime | None = None,
        new: bool = False,
        replaces: int | None = None,
        count: int = 0,
    ) -> bool:
        """Write one item.

        Parameters
        ----------
        until
            When it may be removed; None for never.
        new
            Only if there is none.
        replaces
            Only if the item that is there has this count.
        count
            The count that it gets.

        Returns
        -------
        bool
            Whether it was written, False if the item that is there did not allow it. Where the answer to the
            first try was lost, the next one meets what the first has written: that is told apart by a mark.
        """
        mark = os.urandom(8).hex() if new or replaces is not None else ""
        wanted: dict[str, object] = {
            "Item": {
                **_key(group, key),
                "content": {"S": json.dumps(content, default=str, separators=(",", ":"))},
                "count": {"N": str(count)},
                **({"expires": {"N": str(int(until.timestamp()))}} if until else {}),
                **({"mark": {"S": mark}} if mark else {}),
            }
        }
        if new:
            wanted["ConditionExpression"] = "attribute_not_exists(#g)"
            wanted["ExpressionAttributeNames"] = {"#g": "group"}
        elif replaces is not None:
            wanted["ConditionExpression"] = "#c = :c"
            wanted["ExpressionAttributeNames"] = {"#c": "count"}
            wanted["ExpressionAttributeValues"] = {":c": {"N": str(replaces)}}
        try:
            self._call("PutItem", wanted)
        except AwsError as error:
            if error.code != TAKEN:
                raise
            return error.again and self._has_mark(group, key, mark)
        return True

    def _has_mark(self, group: str, key: str, mark: str) -> bool:
        answer = self._call("GetItem", {"Key": _key(group, key), "ConsistentRead": True})
        found = answer.get("Item")
        return isinstance(found, dict) and found.get("mark") == {"S": mark}

    def add(self, group: str, key: str, content: Mapping[str, Any], until: datetime) -> int:
        """Count one up and return the new count; the item is made, with its content, where there is none.

        Where the answer to the first try was lost, the next one counts a second time.
        """
        answer = self._call(
            "UpdateItem",
            {
                "Key": _key(group, key),
                "UpdateExpression": "SET content = if_not_exists(content, :c), expires = :e ADD #n :one",
                "ExpressionAttributeNames": {"#n": "count"},
                "ExpressionAttributeValues": {
                    ":c": {"S": json.dumps(content, default=str, separators=(",", ":"))},
                    ":e": {"N": str(int(until.timestamp()))},
                    ":one": {"N": "1"},
                },
                "ReturnValues": "UPDATED_NEW",
            },
        )
        try:
            return int(answer["Attributes"]["count"]["N"])
        except (KeyError, TypeError, ValueError) as error:
            raise malformed("dynamodb", "UpdateItem", "the count is missing") from error

    def delete(self, group: str, key: str) -> None:
        """Remove one item, if it is there."""
        self._call("DeleteItem", {"Key": _key(group, key)})

    def _call(self, operation: str, parameters: Mapping[str, object]) -> Answer:
        """Call DynamoDB; a table that has let one call wait in vain is not asked again in this invocation."""
        if self._hung:
            failure = replace(self._hung.failure, call=f"dynamodb:{operation}")
            raise AwsError(failure, passing=True)
        wanted = {"TableName": self._name, **parameters}
        try:
            return self._aws.call(
                "dynamodb", self._region, operation, wanted, attempts=ATTEMPTS, read_timeout_s=READ_TIMEOUT_S
            )
        except AwsError as error:
            self._hung = error if error.code in HANGING else None
            raise


def _key(group: str, key: str) -> dict[str, object]:
    return {"group": {"S": group}, "key": {"S": key}}


def _item(found: Answer, operation: str) -> Item:
    try:
        content = json.loads(found["content"]["S"])
        if not isinstance(content, dict):
            raise TypeError("no object")
        count = int(found.get("count", {}).get("N", 0))
        return Item(str(found["group"]["S"]), str(found["key"]["S"]), content, count)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise malformed("dynamodb", operation, "an item holds no JSON object") from error
