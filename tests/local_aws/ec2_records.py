"""How CloudTrail records EC2's calls on security groups: lists stand in `items`, answers are told.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitor-with-cloudtrail.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from tests.local_aws.answers import Answer
from tests.local_aws.requests import AwsRequest

RULES = frozenset(
    {
        "AuthorizeSecurityGroupEgress",
        "AuthorizeSecurityGroupIngress",
        "RevokeSecurityGroupEgress",
        "RevokeSecurityGroupIngress",
    }
)
# The younger of EC2's calls are recorded as the query that they were.
QUERIES = frozenset({"ModifySecurityGroupRules"})
RECORDED = RULES | QUERIES

_SOURCES = {
    "groups": "UserIdGroupPairs",
    "ipRanges": "IpRanges",
    "ipv6Ranges": "Ipv6Ranges",
    "prefixListIds": "PrefixListIds",
}
_NUMBERS = frozenset({"fromPort", "toPort"})


def request_parameters(request: AwsRequest) -> dict[str, Any]:
    """Give a record's requestParameters."""
    asked = request.parameters
    if request.operation in QUERIES:
        rules = [
            {**rule, "tag": number} for number, rule in enumerate(asked.get("SecurityGroupRules") or [], 1)
        ]
        shown = {"GroupId": asked.get("GroupId"), "SecurityGroupRule": rules[0] if len(rules) == 1 else rules}
        return {f"{request.operation}Request": shown}
    given = dict(asked)
    permissions = given.pop("IpPermissions", None) or _simple(given)
    shown = {_lower(key): _items(value) for key, value in given.items()}
    shown["ipPermissions"] = {"items": [_permission(one) for one in permissions]} if permissions else {}
    return shown


def response(request: AwsRequest, answer: Answer) -> dict[str, Any] | None:
    """Give a record's responseElements."""
    try:
        told = _told(fromstring(answer.body))  # noqa: S314 (moto wrote it)
    except ParseError:
        return None
    if request.operation in QUERIES:
        return {f"{request.operation}Response": told}
    return {f"_{key}" if key == "return" else key: value for key, value in told.items()}


def _simple(given: dict[str, Any]) -> list[dict[str, Any]]:
    """Take the form of a call that gives one rule without a list."""
    if "IpProtocol" not in given:
        return []
    one: dict[str, Any] = {
        key: given.pop(key) for key in ("IpProtocol", "FromPort", "ToPort") if key in given
    }
    if "CidrIp" in given:
        one["IpRanges"] = [{"CidrIp": given.pop("CidrIp")}]
    return [one]


def _permission(one: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        _lower(key): value for key, value in one.items() if key in ("IpProtocol", "FromPort", "ToPort")
    }
    return shown | {name: _items(one.get(member) or []) for name, member in _SOURCES.items()}


def _items(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_lower(key): _items(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return {"items": [_items(inner) for inner in value]} if value else {}
    return value


def _told(element: Element) -> Any:
    """Read an element of an answer: a list of items, members, or a text."""
    children = list(element)
    if not children:
        text = element.text or ""
        name = _name(element)
        if name in _NUMBERS:
            return int(text)
        return text == "true" if text in ("true", "false") else text or {}
    if all(_name(child) == "item" for child in children):
        return {"items": [_told(child) for child in children]}
    return {_name(child): _told(child) for child in children}


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
