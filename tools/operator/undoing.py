"""Which calls undo a response, and whether each is still right."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import jmespath  # type: ignore[import-untyped]

from rearm.aws import Aws, AwsError
from rearm.model import Action, Check, Resource
from tools.operator.records import Recorded

# How services say that there is nothing of the kind, which is a state and not a failure.
NOTHING = re.compile(
    r"^(404|NoSuch\w+|\w*NotFound\w*|ReplicationConfigurationNotFoundError|InsightNotEnabledException)$"
)


class Standing(Enum):
    """What the present state says of an undo."""

    RIGHT = "still as Rearm left it"
    CHANGED = "changed since, left alone"
    UNCHECKED = "has no check, left alone"


@dataclass(frozen=True, eq=False, repr=False)
class Step:
    """One call of Rearm's and the call that takes it back, with the automation whose finding it was."""

    automation: str
    resource: Resource
    made: Action
    undo: Action


@dataclass(frozen=True, eq=False, repr=False)
class Final:
    """One call of Rearm's that nothing takes back."""

    resource: Resource
    made: Action


def steps(tries: Sequence[Recorded]) -> tuple[list[Step], list[Final]]:
    """Return what undoes a response, newest first, and which of its calls have no undo.

    A call that AWS refused changed nothing. The same call in several tries is undone once.
    """
    undone: dict[str, Step] = {}
    final: dict[str, Final] = {}
    for one in reversed(tries):
        for found in reversed(one.found):
            for done in reversed(found.done):
                if done.error:
                    continue
                action = done.action
                key = _key(action)
                if action.undo:
                    undone.setdefault(key, Step(one.automation, found.resource, action, action.undo))
                else:
                    final.setdefault(key, Final(found.resource, action))
    return list(undone.values()), list(final.values())


def standing(aws: Aws, undo: Action) -> Standing:
    """Compare the present state with what the repair has set.

    Raises
    ------
    AwsError
        It could not be read.
    """
    check = undo.check
    if check is None:
        return Standing.UNCHECKED
    return Standing.RIGHT if same(_present(aws, check), check.value) else Standing.CHANGED


def same(present: object, wanted: object) -> bool:
    """Whether two values are the same, where text that is JSON counts as what it holds."""
    return _plain(present) == _plain(wanted)


def _present(aws: Aws, check: Check) -> object:
    try:
        answer: Mapping[str, Any] = aws.call(check.service, check.region, check.operation, check.parameters)
    except AwsError as error:
        if NOTHING.match(error.code):
            return None
        raise
    return jmespath.search(check.path, answer)


def _plain(value: object) -> object:
    """Return a value as JSON holds it: no tuples, times as text, text that is JSON as what it says."""
    if isinstance(value, str):
        return _parsed(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)


def _parsed(text: str) -> object:
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return _plain(json.loads(text))
    except (ValueError, RecursionError):
        return text


def _key(action: Action) -> str:
    undo = action.undo
    told = [
        (one.service, one.operation, one.region, one.parameters) for one in (action, undo) if one is not None
    ]
    return json.dumps(told, sort_keys=True, default=str)
