"""The deployment's table as a dictionary, for tests that have no AWS at all.

It knows the few expressions that `rearm.table` writes; a test plays the same calls to moto's and compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rearm.aws import AwsError
from rearm.model import Failure

Answer = dict[str, Any]
Attributes = dict[str, Any]


@dataclass
class Records:
    """A table.

    Attributes
    ----------
    items
        By partition key and sort key.
    errors
        What AWS says to an operation, if it does not take it.
    asked
        The operations that were asked for, in order, with the partition key of each.
    """

    items: dict[tuple[str, str], Attributes] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """Answer one call as DynamoDB does."""
        key = parameters.get("Key") or parameters.get("Item") or {"group": _value(parameters, ":g")}
        group = key["group"]["S"]
        self.asked.append((operation, group))
        if operation in self.errors:
            raise _error(self.errors[operation], operation)
        if operation == "Query":
            return self._query(parameters, group)
        at = group, key["key"]["S"]
        if operation == "GetItem":
            return {"Item": dict(self.items[at])} if at in self.items else {}
        if operation == "PutItem":
            self._check(parameters, self.items.get(at))
            self.items[at] = dict(parameters["Item"])
        elif operation == "UpdateItem":
            return self._count(at, parameters)
        elif operation == "DeleteItem":
            self.items.pop(at, None)
        else:
            raise AssertionError(f"Rearm does not call {operation}")
        return {}

    def group(self, name: str) -> dict[str, Attributes]:
        """Return the items of a group by their sort key."""
        return {key: item for (group, key), item in sorted(self.items.items()) if group == name}

    def _query(self, parameters: Mapping[str, Any], group: str) -> Answer:
        after = _value(parameters, ":k").get("S", "")
        found = [item for key, item in self.group(group).items() if key > after]
        start = parameters.get("ExclusiveStartKey")
        if start:
            found = [item for item in found if item["key"]["S"] > start["key"]["S"]]
        # One a page, so that whoever forgets the last key loses items.
        page: Answer = {"Items": [dict(item) for item in found[:1]]}
        if len(found) > 1:
            page["LastEvaluatedKey"] = {"group": found[0]["group"], "key": found[0]["key"]}
        return page

    def _count(self, at: tuple[str, str], parameters: Mapping[str, Any]) -> Answer:
        item = self.items.setdefault(at, {"group": {"S": at[0]}, "key": {"S": at[1]}})
        item.setdefault("content", _value(parameters, ":c"))
        item["expires"] = _value(parameters, ":e")
        item["count"] = {"N": str(int(item.get("count", {"N": "0"})["N"]) + 1)}
        return {"Attributes": {name: item[name] for name in ("count", "content", "expires")}}

    def _check(self, parameters: Mapping[str, Any], item: Attributes | None) -> None:
        condition = parameters.get("ConditionExpression")
        if condition is None:
            return
        wanted = _value(parameters, ":c")
        holds = {
            "attribute_not_exists(#g)": item is None,
            "#c = :c": item is not None and item.get("count") == wanted,
        }[condition]
        if not holds:
            raise _error("ConditionalCheckFailedException", "PutItem")


def _value(parameters: Mapping[str, Any], name: str) -> Mapping[str, str]:
    found: Mapping[str, str] = parameters.get("ExpressionAttributeValues", {}).get(name, {})
    return found


def _error(code: str, operation: str) -> AwsError:
    return AwsError(Failure(code, "made by the test", f"dynamodb:{operation}"))
