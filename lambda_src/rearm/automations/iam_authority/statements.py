"""Policy documents as statements: what each allows or denies, on what, and under which condition."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from urllib.parse import unquote

from rearm.aws import malformed

OPERATION = "GetAccountAuthorizationDetails"


class Holds(IntEnum):
    """Whether something holds: never as far as can be proven, under a condition, or always."""

    NO = 0
    SOMETIMES = 1
    ALWAYS = 2


# Condition keys that say who calls, when, from where and how, but not what may be done on what: a right under
# such a condition is the whole right as soon as it is met.
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
CIRCUMSTANCES = frozenset(
    {
        "aws:currenttime",
        "aws:epochtime",
        "aws:federatedprovider",
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principaltype",
        "aws:referer",
        "aws:securetransport",
        "aws:sourceidentity",
        "aws:sourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:tokenissuetime",
        "aws:useragent",
        "aws:userid",
        "aws:username",
        "aws:viaawsservice",
        "aws:vpcsourceip",
    }
)
CIRCUMSTANCES_OF_TAGS = "aws:principaltag/"
# Operators for which a value of `*` excludes nothing.
LIKE = ("stringlike", "arnlike", "arnequals")


@dataclass(frozen=True, eq=False, repr=False)
class Statement:
    """One statement. Patterns of actions are in lower case; with `but_…` they are what is left out.

    `condition` says when it holds: ``NO`` for a condition that narrows what may be done, or that nobody here
    knows.
    """

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Holds
    but_actions: bool = False
    but_resources: bool = False

    def is_about(self, action: str) -> bool:
        """Whether an action, in lower case, is one of the statement's."""
        return any(matches(pattern, action) for pattern in self.actions) is not self.but_actions

    def covers(self, resource: str, variables: Mapping[str, str]) -> bool:
        """Whether a resource is one of the statement's, with a principal's own values for variables."""
        patterns = (_filled(pattern, variables) for pattern in self.resources)
        return any(matches(pattern, resource) for pattern in patterns) is not self.but_resources


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern of a policy, with ``*`` and ``?``, covers a text."""
    head, compiled = _compiled(pattern)
    if compiled is None:
        return text == head
    return text.startswith(head) and compiled.fullmatch(text) is not None


@lru_cache(maxsize=8192)
def _compiled(pattern: str) -> tuple[str, re.Pattern[str] | None]:
    """Return what a pattern begins with, up to its first wildcard, and the pattern if it has one."""
    head = re.split(r"[*?]", pattern, maxsplit=1)[0]
    if head == pattern:
        return head, None
    told = "".join({"*": ".*", "?": "."}.get(letter) or re.escape(letter) for letter in pattern)
    return head, re.compile(told, re.DOTALL)


def statements_of(document: object) -> tuple[Statement, ...]:
    """Read a policy document, as an object or as the text of one.

    Raises
    ------
    AwsError
        It is none.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    return tuple(_statement(one) for one in raw_statements(document))


def raw_statements(document: object) -> list[Mapping[str, object]]:
    """Return the statements of a document as they stand; a single one need not be in a list.

    Raises
    ------
    AwsError
        It is no policy document.
    """
    if isinstance(document, str):
        try:
            document = json.loads(unquote(document))
        except (ValueError, RecursionError):
            document = None
    found = document.get("Statement") if isinstance(document, Mapping) else None
    listed = [found] if isinstance(found, Mapping) else found
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) for one in listed):
        raise malformed("iam", OPERATION, "a policy has no statements")
    return listed


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of an element that may be one value or a list of them."""
    listed = value if isinstance(value, list) else [value]
    return tuple(str(one) for one in listed if isinstance(one, str | int | bool))


def conditions_of(statement: Mapping[str, object]) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    """Yield each condition of a statement: operator and key in lower case, and the values."""
    block = statement.get("Condition")
    for operator, keys in block.items() if isinstance(block, Mapping) else ():
        for key, values in keys.items() if isinstance(keys, Mapping) else ():
            yield str(operator).lower(), str(key).lower(), texts(values)


def _statement(raw: Mapping[str, object]) -> Statement:
    but_actions, but_resources = "NotAction" in raw, "NotResource" in raw
    return Statement(
        allows=raw.get("Effect") == "Allow",
        actions=tuple(text.lower() for text in texts(raw.get("NotAction" if but_actions else "Action"))),
        resources=texts(raw.get("NotResource" if but_resources else "Resource")),
        condition=_condition(raw),
        but_actions=but_actions,
        but_resources=but_resources,
    )


def _condition(raw: Mapping[str, object]) -> Holds:
    if not raw.get("Condition"):
        return Holds.ALWAYS
    found = list(conditions_of(raw))
    return Holds.SOMETIMES if found and all(_leaves_whole(*one) for one in found) else Holds.NO


def _leaves_whole(operator: str, key: str, values: tuple[str, ...]) -> bool:
    if key in CIRCUMSTANCES or key.startswith(CIRCUMSTANCES_OF_TAGS):
        return True
    return operator.rpartition(":")[2].removesuffix("ifexists") in LIKE and "*" in values


def _filled(pattern: str, variables: Mapping[str, str]) -> str:
    """Fill in what is known of a principal; another variable stays and matches nothing that is looked for."""
    if "${" not in pattern:
        return pattern
    for name, value in variables.items():
        pattern = value.join(re.split(re.escape(f"${{{name}}}"), pattern, flags=re.IGNORECASE))
    return pattern
