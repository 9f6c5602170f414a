"""The responses that a deployment has recorded, read back from its table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rearm.doors import timestamp
from rearm.model import Action, Check, Resource
from rearm.table import Item, Table


@dataclass(frozen=True, eq=False, repr=False)
class Done:
    """One call of a response: its `action` with its undo; `error` is empty where AWS carried it out."""

    action: Action
    error: str


@dataclass(frozen=True, eq=False, repr=False)
class Found:
    """One finding of a response and how it ended; `seconds` is None where nobody knows them."""

    rule: str
    problem: str
    resource: Resource
    outcome: str
    actor: str | None
    seconds: float | None
    exception: str | None
    done: tuple[Done, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Recorded:
    """One response, or one try of it: Lambda tries an alarm again, and each try is recorded.

    `resources` are those that the alarm named, `problems` what failed beside the findings; `content` is what
    the table holds.
    """

    id: str
    automation: str
    mode: str
    title: str
    door: str
    started: datetime
    resources: tuple[str, ...]
    problems: tuple[str, ...]
    found: tuple[Found, ...]
    content: Mapping[str, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Reading:
    """What a table holds: the responses, oldest first, and how many items could not be read."""

    responses: tuple[Recorded, ...]
    unreadable: int


def read(table: Table, automations: Sequence[str]) -> Reading:
    """Read every response of these automations.

    Each automation's responses are one group of the table and are queried by it: a Scan would read, and
    bill, the baselines, their versions and the notes of what has been told as well.

    Raises
    ------
    rearm.aws.AwsError
        The table does not answer.
    """
    return _sorted(item for name in automations for item in table.query(f"{name}#response"))


def find(table: Table, automations: Sequence[str], response: str) -> Reading:
    """Read the response with this id, with every try of it.

    Raises
    ------
    rearm.aws.AwsError
        The table does not answer.
    """
    return _sorted(item for name in automations for item in _tries(table, name, response))


def _tries(table: Table, automation: str, response: str) -> Iterator[Item]:
    """Yield the items whose keys begin with the id; the group is in the order of its keys."""
    start = f"{response} "
    for item in table.query(f"{automation}#response", after=start):
        if not item.key.startswith(start):
            return
        yield item


def _sorted(items: Iterator[Item]) -> Reading:
    read = [_response(item) for item in items]
    known = [one for one in read if one is not None]
    return Reading(tuple(sorted(known, key=lambda one: one.started)), len(read) - len(known))


def _response(item: Item) -> Recorded | None:
    content = item.content
    started = timestamp(content.get("started"))
    if started is None:
        return None
    try:
        return Recorded(
            id=str(content["response"]),
            automation=str(content["automation"]),
            mode=str(content["mode"]),
            title=str(content["alarm"]["title"]),
            door=str(content["alarm"]["door"]),
            started=started,
            resources=tuple(str(name) for name in content["alarm"].get("resources") or ()),
            problems=tuple(str(problem) for problem in content.get("problems") or ()),
            found=tuple(_found(one) for one in content["findings"]),
            content=content,
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _found(content: Mapping[str, Any]) -> Found:
    resource, seconds = content["resource"], content.get("seconds")
    return Found(
        rule=str(content["rule"]),
        problem=str(content["problem"]),
        resource=Resource(
            arn=str(resource["arn"]),
            name=str(resource["name"]),
            type=str(resource["type"]),
            account=str(resource["account"]),
            region=str(resource["region"]),
        ),
        outcome=str(content["outcome"]),
        actor=content.get("actor"),
        seconds=None if seconds is None else float(seconds),
        exception=content.get("exception"),
        done=tuple(Done(_action(one), str(one.get("error") or "")) for one in content["actions"]),
    )


def _action(content: Mapping[str, Any]) -> Action:
    undo, check = content.get("undo"), content.get("check")
    return Action(
        service=str(content["service"]),
        operation=str(content["operation"]),
        parameters=dict(content["parameters"]),
        region=str(content["region"]),
        reason=str(content.get("reason", "")),
        undo=_action(undo) if undo else None,
        check=_check(check) if check else None,
    )


def _check(content: Mapping[str, Any]) -> Check:
    return Check(
        service=str(content["service"]),
        operation=str(content["operation"]),
        parameters=dict(content["parameters"]),
        region=str(content["region"]),
        path=str(content["path"]),
        value=content.get("value"),
    )
