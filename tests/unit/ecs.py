"""The part of the Elastic Common Schema that Rearm's lines may use, with each field's type.

Source: https://www.elastic.co/docs/reference/ecs/ecs-field-reference
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any


def _keyword(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _keywords(value: object) -> bool:
    return isinstance(value, list) and all(map(_keyword, value))


def _long(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _date(value: object) -> bool:
    shape = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    return (
        isinstance(value, str)
        and re.fullmatch(shape, value) is not None
        and bool(datetime.fromisoformat(value))
    )


def _ip(value: object) -> bool:
    """Elasticsearch takes no zone behind an IPv6 address, and drops the whole document."""
    return isinstance(value, str) and "%" not in value and bool(ipaddress.ip_address(value))


def _one_of(*allowed: str) -> Callable[[object], bool]:
    return lambda value: value in allowed


def _some_of(*allowed: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and bool(value) and set(value) <= set(allowed)


FIELDS: Mapping[str, Callable[[object], bool]] = {
    "@timestamp": _date,
    "cloud.account.id": _keyword,
    "cloud.provider": _one_of("aws"),
    "cloud.region": _keyword,
    "ecs.version": _keyword,
    "error.code": _keyword,
    "error.message": _keyword,
    "event.action": _keyword,
    "event.category": _some_of("api", "configuration"),
    "event.code": _keyword,
    "event.created": _date,
    "event.duration": _long,
    "event.end": _date,
    "event.id": _keyword,
    "event.kind": _one_of("alert", "event"),
    "event.outcome": _one_of("success", "failure", "unknown"),
    "event.provider": _one_of("rearm"),
    "event.reason": _keyword,
    "event.severity": _long,
    "event.start": _date,
    "event.type": _some_of("access", "change", "creation", "deletion", "denied", "info"),
    "labels.deployment": _keyword,
    "log.level": _one_of("info", "warn", "error"),
    "message": _keyword,
    "rule.id": _keyword,
    "rule.name": _keyword,
    "rule.ruleset": _keyword,
    "source.address": _keyword,
    "source.ip": _ip,
    "user.domain": _keyword,
    "user.id": _keyword,
    "user.name": _keyword,
    "user_agent.original": _keyword,
}
"""Each ECS field that a line may have. Whatever else Rearm says is below ``rearm``."""

REQUIRED = (
    "@timestamp",
    "ecs.version",
    "event.kind",
    "event.provider",
    "event.action",
    "log.level",
    "message",
)


def flat(line: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every field of nested objects by its dotted name."""
    for key, value in line.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def problems(line: Mapping[str, Any]) -> list[str]:
    """Say what keeps a line from being taken as it is: unknown fields, wrong types, dots in names."""
    found = [f"{name} is missing" for name in REQUIRED if name not in dict(flat(line))]
    for name, value in flat({key: value for key, value in line.items() if key != "rearm"}):
        check = FIELDS.get(name)
        if check is None:
            found.append(f"{name} is no field of ECS")
        elif not check(value):
            found.append(f"{name} is {value!r}")
    if any("." in key for key in line):
        found.append("a name has a dot: fields must be nested")
    return found
