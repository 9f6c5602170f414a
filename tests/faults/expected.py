"""What a fault may cost. Whatever is not written here, or for an automation in its own module, must hold."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from tests.faults import expectations
from tests.faults.aim import Target
from tests.scenarios.core import PLACE
from tests.scenarios.verdicts import BASELINES, EVALUATIONS, MESSAGE, QUIET, RULES

ITSELF = "the resource that is named in the call"
RESOURCES = "whatever is checked of any resource"
KINDS = frozenset({EVALUATIONS, MESSAGE, QUIET, RULES})

# What a call that keeps failing may cost, beside the quiet: the failure is raised, told and journalled. These
# are the calls of the core; each automation has its own in a module of its name, as LOST and KNOWN.
LOST: Mapping[str, frozenset[str]] = {
    "config:DescribeConfigRules": frozenset({RULES}),
    "config:GetComplianceDetailsByConfigRule": frozenset({EVALUATIONS}),
    "config:PutEvaluations": frozenset({EVALUATIONS}),
    "config:StartConfigRulesEvaluation": frozenset({RULES}),
    "sns:GetTopicAttributes": frozenset(),
    "sns:Publish": frozenset({MESSAGE}),
    # Nothing of what the table keeps is worth a repair or a message.
    "dynamodb:DeleteItem owed": frozenset({MESSAGE}),
    # A table that hangs is asked once, so what is owed waits for the next invocation.
    "dynamodb:GetItem denied": frozenset({MESSAGE}),
    "dynamodb:GetItem sweep": frozenset(),
    "dynamodb:GetItem told": frozenset(),
    "dynamodb:PutItem attempt on condition": frozenset(),
    "dynamodb:PutItem baseline on condition": frozenset({MESSAGE, BASELINES}),
    # A containment does not happen when nobody knows how many have, within the hour.
    "dynamodb:PutItem limit on condition": frozenset({MESSAGE, RULES, RESOURCES}),
    "dynamodb:PutItem repair": frozenset(),
    "dynamodb:PutItem response": frozenset(),
    "dynamodb:PutItem sweep": frozenset({PLACE}),
    "dynamodb:PutItem tampering": frozenset(),
    "dynamodb:PutItem told": frozenset(),
    "dynamodb:PutItem told on condition": frozenset(),
    "dynamodb:PutItem version": frozenset({MESSAGE, BASELINES}),
    "dynamodb:Query denied": frozenset(),
    # What only the table excuses is put right.
    "dynamodb:Query exception": frozenset({MESSAGE, RULES, RESOURCES}),
    "dynamodb:Query limit": frozenset({MESSAGE, RULES, RESOURCES}),
    "dynamodb:Query owed": frozenset(),
    "dynamodb:Query repair": frozenset(),
    "dynamodb:UpdateItem denied": frozenset(),
}


@dataclass(frozen=True)
class Known:
    """A fault that fails nothing, although it keeps coming.

    Attributes
    ----------
    call
        The call, as a target's label has it.
    faults
        A regular expression for the faults' names.
    reason
        Why the response is no failure.
    lost
        What does not hold then.
    said
        What the message says about it, if there is something to say.
    asked
        What is found in what was asked, a regular expression: the same call of another resource may fail.
    raised
        What is raised all the same, of which the call is not the cause that is named; None where that depends
        on what the call is about.
    """

    call: str
    faults: str
    reason: str
    lost: frozenset[str] = frozenset()
    said: str = ""
    asked: str = ""
    raised: str | None = ""


KNOWN = (
    Known(
        "dynamodb:GetItem sweep",
        "connect timeout|read timeout",
        "A table that hangs is asked once: what is asked of it later fails, is raised and told.",
        lost=frozenset({QUIET, MESSAGE}),
        raised=None,
    ),
    Known(
        "dynamodb:GetItem sweep",
        ".*",
        "Where the last sweep has stopped saves time only: this one begins at the beginning.",
    ),
    Known(
        "dynamodb:GetItem told",
        "missing members|truncated answer",
        "An answer without an item is what DynamoDB says where there is none: rather told again than never.",
        lost=frozenset({QUIET, MESSAGE}),
    ),
    Known(
        "dynamodb:GetItem denied",
        "missing members|truncated answer",
        "An answer without an item is what DynamoDB says where there is none.",
    ),
    *(
        Known(
            call,
            "missing members|truncated answer",
            "DynamoDB has done it, and nothing of its answer is needed.",
        )
        for call in (
            "dynamodb:DeleteItem owed",
            "dynamodb:PutItem repair",
            "dynamodb:PutItem response",
            "dynamodb:PutItem sweep",
            "dynamodb:PutItem tampering",
            "dynamodb:PutItem told",
            "dynamodb:PutItem version",
        )
    ),
    *(
        Known(call, "missing members", "DynamoDB has done it, and nothing of its answer is needed.")
        for call in (
            "dynamodb:PutItem attempt on condition",
            "dynamodb:PutItem baseline on condition",
            "dynamodb:PutItem limit on condition",
            "dynamodb:PutItem told on condition",
        )
    ),
    Known(
        "config:StartConfigRulesEvaluation",
        "conflict",
        "ResourceInUseException: the rule is being evaluated already.",
        lost=frozenset({RULES}),
    ),
    Known(
        "config:StartConfigRulesEvaluation",
        "truncated answer",
        "Config has begun the evaluation; its answer has no members.",
    ),
    Known(
        "config:PutEvaluations",
        "missing members|truncated answer",
        "Config has taken the evaluations; without a list of those that it refused there are none.",
    ),
)


def known(target: Target, fault: str) -> Known | None:
    """Return why a fault fails nothing, if that is known."""
    own: tuple[Known, ...] = _own(target, "KNOWN", ())
    for one in (*own, *KNOWN):
        if one.call != target.label or not re.search(one.asked, target.key):
            continue
        if re.fullmatch(one.faults, fault):
            return one
    return None


def may_be_lost(target: Target, about: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return what a call that keeps failing may cost; of a call that nobody has thought about, nothing.

    Parameters
    ----------
    about
        What the scenario's checks are about.
    """
    own: Mapping[str, frozenset[str]] = _own(target, "LOST", {})
    lost = own.get(target.label, LOST.get(target.label, frozenset())) | {QUIET}
    if ITSELF in lost:
        lost |= {target.about}
    if RESOURCES in lost:
        lost |= about - KINDS
    return lost - {ITSELF, RESOURCES}


@cache
def expected_by() -> dict[str, ModuleType]:
    """Return the module of each automation that has expectations of its own."""
    found = sorted(module.name for module in pkgutil.iter_modules(expectations.__path__))
    return {name: import_module(f"{expectations.__name__}.{name}") for name in found}


def _own(target: Target, name: str, otherwise: Any) -> Any:
    return getattr(expected_by().get(target.scenario.automation), name, otherwise)
