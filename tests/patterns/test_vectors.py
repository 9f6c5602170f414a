"""The matcher against known vectors: pattern, event, and what EventBridge or its open rule engine said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.local_aws import patterns
from tests.patterns import corpus
from tests.patterns.manifests import all_event_patterns

CONFIG_OPERATORS = frozenset({"equals", "prefix"})
"""Operators of the patterns that Terraform makes for Config rules: whole names, and starts of names."""


def verdict(vector: Mapping[str, Any]) -> str:
    try:
        return "match" if patterns.matches(vector["pattern"], vector["event"]) else "no-match"
    except patterns.InvalidPattern:
        return "invalid"


def operators_in_use() -> set[str]:
    """Name the operators of our patterns, those of the manifests and those of Terraform."""
    return set(CONFIG_OPERATORS).union(*(patterns.operators(one) for one in all_event_patterns().values()))


def only_uses(node: object, operators: set[str]) -> bool:
    """Tell whether a pattern, which may be invalid, has no operator but these."""
    if isinstance(node, Mapping):
        return all(
            (key != "$or" or key in operators) and only_uses(one, operators) for key, one in node.items()
        )
    if not isinstance(node, list):
        return True
    tests = [element for element in node if isinstance(element, Mapping)]
    return all(operator_of(test) & operators for test in tests)


def operator_of(test: Mapping[str, Any]) -> set[str]:
    """Name what one element of a field's list uses, as `patterns.operators` would."""
    names = set(test)
    for outer, operand in test.items():
        if isinstance(operand, Mapping):
            names = {f"{outer} {inner}" for inner in operand}
    return names


def test_every_vector_of_the_operators_in_use_passes() -> None:
    vectors = corpus.load("eventbridge-pattern-vectors.json")
    in_use = [vector for vector in vectors if only_uses(vector["pattern"], operators_in_use())]
    wrong = [vector["name"] for vector in in_use if verdict(vector) != vector["expected"]]
    assert {vector["expected"] for vector in in_use} == {"match", "no-match", "invalid"}
    assert not wrong, f"{len(in_use) - len(wrong)} of {len(in_use)} vectors of {operators_in_use()} pass"


def test_every_operator_in_use_has_a_vector_that_matches_and_one_that_does_not() -> None:
    vectors = corpus.load("eventbridge-pattern-vectors.json")
    proven: dict[str, set[str]] = {"match": set(), "no-match": set()}
    for vector in vectors:
        if vector["expected"] in proven and verdict(vector) == vector["expected"]:
            proven[vector["expected"]] |= patterns.operators(vector["pattern"])
    assert operators_in_use() <= proven["match"] & proven["no-match"]


def test_every_vector_of_every_operator_passes() -> None:
    vectors = corpus.load("eventbridge-pattern-vectors.json")
    wrong = [vector["name"] for vector in vectors if verdict(vector) != vector["expected"]]
    assert not wrong, f"{len(vectors) - len(wrong)} of {len(vectors)} vectors pass"
