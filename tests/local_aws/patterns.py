"""EventBridge event patterns: what is valid, what matches, how long a pattern is.

Follows the open rule engine behind EventBridge (https://github.com/aws/event-ruler) where the
documentation is silent: a pattern and an event are flattened to paths, and the values that satisfy
a pattern must be consistent about which element of each array they came from.

Operators: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

MAX_COMBINATIONS = 1000
"""How many plain patterns the ``$or`` of one pattern may expand to."""

MAX_WILDCARDS = 5
"""How many ``*`` one wildcard value may hold; AWS bounds a complexity that it does not publish."""

_LITERAL = "equals"
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}


class InvalidPattern(ValueError):
    """A pattern that EventBridge would reject; the message names the field and the operator."""


@dataclass(frozen=True)
class _Test:
    """One element of a field's list: an operator and what it accepts."""

    operator: str
    accepts: Callable[[object], bool]


@dataclass(frozen=True)
class _Value:
    """One scalar of an event, with the array elements it lies in (array number to index)."""

    value: object
    membership: Mapping[int, int]


_Alternative = dict[str, tuple[_Test, ...]]


def matches(pattern: Mapping[str, object], event: Mapping[str, object]) -> bool:
    """Tell whether an event matches a pattern.

    Parameters
    ----------
    pattern
        The event pattern, as parsed from its JSON.
    event
        The whole event (``source``, ``detail-type``, ``detail``...), as parsed from its JSON.

    Raises
    ------
    InvalidPattern
        When EventBridge would reject the pattern.
    """
    values = _Flattener().flatten(event)
    return any(_satisfied(sorted(fields.items()), values, {}) for fields in _compile(pattern))


def check(pattern: Mapping[str, object]) -> None:
    """Raise `InvalidPattern`, naming field and operator, when EventBridge would reject the pattern."""
    _compile(pattern)


def operators(pattern: Mapping[str, object]) -> set[str]:
    """Name the operators a pattern uses.

    Returns
    -------
    set of str
        ``equals`` for a plain value, the operator's name otherwise; ``anything-but`` with an operator
        inside is ``anything-but prefix`` and the like, a prefix or suffix without regard to case is
        ``prefix equals-ignore-case``; ``$or`` where it is used.

    Raises
    ------
    InvalidPattern
        When EventBridge would reject the pattern.
    """
    found = {test.operator for fields in _compile(pattern) for tests in fields.values() for test in tests}
    return found | ({"$or"} if _uses_or(pattern) else set())


def length(pattern: Mapping[str, object]) -> int:
    """Count the characters of a pattern as compact JSON, the form in which Terraform sends it.

    The quota is 2,048 characters: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
    """
    return len(json.dumps(pattern, separators=(",", ":"), ensure_ascii=False))


def _uses_or(node: object) -> bool:
    return isinstance(node, Mapping) and ("$or" in node or any(_uses_or(child) for child in node.values()))


def _satisfied(
    fields: Sequence[tuple[str, tuple[_Test, ...]]],
    values: Mapping[str, Sequence[_Value]],
    membership: Mapping[int, int],
) -> bool:
    if not fields:
        return True
    (path, tests), *rest = fields
    candidates = [
        (value.value, merged)
        for value in values.get(path, ())
        if (merged := _merge(membership, value.membership)) is not None
    ]
    if not candidates and any(test.operator == "exists" and test.accepts(_ABSENT) for test in tests):
        return _satisfied(rest, values, membership)
    return any(
        _satisfied(rest, values, merged)
        for value, merged in candidates
        if any(test.accepts(value) for test in tests)
    )


def _merge(one: Mapping[int, int], other: Mapping[int, int]) -> Mapping[int, int] | None:
    """Join two sets of array elements, or None when they name different elements of one array."""
    if any(one.get(array, index) != index for array, index in other.items()):
        return None
    return {**one, **other}


@dataclass
class _Flattener:
    """Turns an event into its scalars by path; an empty array or object leaves nothing behind."""

    arrays: int = 0
    values: dict[str, list[_Value]] = field(default_factory=dict)

    def flatten(self, event: Mapping[str, object]) -> Mapping[str, Sequence[_Value]]:
        self._walk("", event, {})
        return self.values

    def _walk(self, path: str, node: object, membership: Mapping[int, int]) -> None:
        if isinstance(node, Mapping):
            for key, child in node.items():
                self._walk(f"{path}.{key}" if path else key, child, membership)
        elif isinstance(node, Sequence) and not isinstance(node, str):
            array = self.arrays = self.arrays + 1
            for index, child in enumerate(node):
                nested = isinstance(child, (Mapping, list, tuple))
                # Plain values of one array never exclude each other, only its objects do.
                self._walk(path, child, {**membership, array: index} if nested else membership)
        else:
            self.values.setdefault(path, []).append(_Value(node, membership))


def _compile(pattern: Mapping[str, object]) -> list[_Alternative]:
    if not isinstance(pattern, Mapping):
        raise InvalidPattern("an event pattern is a JSON object")
    return _compile_object(pattern, "", [{}], inside_or=False)


def _compile_object(
    node: Mapping[str, object], path: str, alternatives: list[_Alternative], *, inside_or: bool
) -> list[_Alternative]:
    if not node:
        raise InvalidPattern(f"{path or 'the pattern'}: an empty object is not allowed")
    for key, child in node.items():
        child_path = f"{path}.{key}" if path else key
        if key == "$or":
            alternatives = _compile_or(child, path, alternatives)
        elif inside_or and key in _RESERVED_IN_OR:
            raise InvalidPattern(f"{child_path}: {key} cannot be the name of a field inside $or")
        elif isinstance(child, Mapping):
            alternatives = _compile_object(child, child_path, alternatives, inside_or=inside_or)
        elif isinstance(child, Sequence) and not isinstance(child, str):
            tests = _compile_field(child, child_path)
            if any(child_path in fields for fields in alternatives):
                raise InvalidPattern(f"{child_path}: the field is given more than once")
            alternatives = [{**fields, child_path: tests} for fields in alternatives]
        else:
            raise InvalidPattern(f"{child_path}: must be an object or an array, not {child!r}")
    return alternatives


def _compile_or(node: object, path: str, alternatives: list[_Alternative]) -> list[_Alternative]:
    where = f"{path}.$or" if path else "$or"
    if not isinstance(node, Sequence) or isinstance(node, str) or len(node) < 2:
        raise InvalidPattern(f"{where}: must be an array of at least two objects")
    expanded: list[_Alternative] = []
    for choice in node:
        if not isinstance(choice, Mapping):
            raise InvalidPattern(f"{where}: must be an array of at least two objects")
        expanded += _compile_object(choice, path, alternatives, inside_or=True)
        if len(expanded) > MAX_COMBINATIONS:
            raise InvalidPattern(f"{where}: expands to more than {MAX_COMBINATIONS} combinations")
    return expanded


def _compile_field(node: Sequence[object], path: str) -> tuple[_Test, ...]:
    if not node:
        raise InvalidPattern(f"{path}: an empty array is not allowed")
    return tuple(_compile_test(element, path) for element in node)


def _compile_test(element: object, path: str) -> _Test:
    if isinstance(element, Mapping):
        operator, operand = _single(element, path)
        compiler = _OPERATORS.get(operator)
        if compiler is None:
            raise InvalidPattern(f"{path}: unrecognized operator {operator!r}")
        return compiler(operand, f"{path}: {operator}")
    if isinstance(element, (list, tuple)):
        raise InvalidPattern(f"{path}: a value must be a string, number, true, false or null, not an array")
    return _Test(_LITERAL, lambda value: _same(value, element))


def _single(node: Mapping[str, object], where: str) -> tuple[str, object]:
    if len(node) != 1:
        raise InvalidPattern(f"{where}: an object must hold exactly one operator, not {sorted(node)}")
    return next(iter(node.items()))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _same(one: object, other: object) -> bool:
    """Compare as JSON does: 1 and 1.0 are the same, 1 and true and "1" are not."""
    if _is_number(one) and _is_number(other):
        return one == other
    return type(one) is type(other) and one == other


def _text(operand: object, where: str, *, empty: bool = True) -> str:
    if not isinstance(operand, str):
        raise InvalidPattern(f"{where} takes a string, not {operand!r}")
    if not operand and not empty:
        raise InvalidPattern(f"{where} takes a string that is not empty")
    return operand


def _compile_affix(operator: str, touches: Callable[[str, str], bool]) -> Callable[[object, str], _Test]:
    def compiler(operand: object, where: str) -> _Test:
        if isinstance(operand, Mapping):
            inner, affix = _single(operand, where)
            if inner != "equals-ignore-case":
                raise InvalidPattern(f"{where}: unrecognized operator {inner!r}")
            folded = _text(affix, f"{where} {inner}").lower()
            return _Test(
                f"{operator} equals-ignore-case",
                lambda value: isinstance(value, str) and touches(value.lower(), folded),
            )
        text = _text(operand, where)
        return _Test(operator, lambda value: isinstance(value, str) and touches(value, text))

    return compiler


def _compile_equals_ignore_case(operand: object, where: str) -> _Test:
    folded = _text(operand, where).lower()
    return _Test("equals-ignore-case", lambda value: isinstance(value, str) and value.lower() == folded)


def _compile_wildcard(operand: object, where: str) -> _Test:
    text = _text(operand, where)
    expression = re.compile("".join(_wildcard_parts(text, where)), re.DOTALL)
    return _Test("wildcard", lambda value: isinstance(value, str) and expression.fullmatch(value) is not None)


def _wildcard_parts(text: str, where: str) -> Iterator[str]:
    stars = position = 0
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 1
            if text[position : position + 1] not in ("*", "\\"):
                raise InvalidPattern(f"{where}: only * and \\ can be escaped, at {position}")
            yield re.escape(text[position])
        elif character == "*":
            if text[position + 1 : position + 2] == "*":
                raise InvalidPattern(f"{where}: consecutive wildcard characters at {position}")
            stars += 1
            yield ".*"
        else:
            yield re.escape(character)
        position += 1
    if stars > MAX_WILDCARDS:
        raise InvalidPattern(f"{where}: too complex, more than {MAX_WILDCARDS} wildcard characters")


def _compile_exists(operand: object, where: str) -> _Test:
    if not isinstance(operand, bool):
        raise InvalidPattern(f"{where} takes true or false, not {operand!r}")
    return _Test("exists", lambda value: (value is not _ABSENT) is operand)


def _compile_cidr(operand: object, where: str) -> _Test:
    text = _text(operand, where)
    try:
        if "/" not in text:
            raise ValueError("one '/' is required")
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise InvalidPattern(f"{where} takes an address block: {error}") from error

    def accepts(value: object) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return _Test("cidr", accepts)


def _compile_numeric(operand: object, where: str) -> _Test:
    if not isinstance(operand, Sequence) or isinstance(operand, str) or len(operand) not in (2, 4):
        raise InvalidPattern(f"{where} takes one or two comparisons, not {operand!r}")
    terms: list[tuple[str, float]] = []
    for sign, bound in zip(operand[::2], operand[1::2], strict=True):
        if not isinstance(sign, str) or sign not in _COMPARISONS:
            raise InvalidPattern(f"{where}: unrecognized comparison {sign!r}")
        if not isinstance(bound, (int, float)) or isinstance(bound, bool):
            raise InvalidPattern(f"{where}: {sign} takes a number, not {bound!r}")
        terms.append((sign, bound))
    if len(terms) == 2:
        (lower_sign, lower), (upper_sign, upper) = terms
        if lower_sign not in (">", ">=") or upper_sign not in ("<", "<="):
            raise InvalidPattern(f"{where}: a range is > or >= followed by < or <=")
        if lower >= upper:
            raise InvalidPattern(f"{where}: the bottom of a range must be less than its top")

    def accepts(value: object) -> bool:
        return (
            isinstance(value, (int, float))
            and not isinstance(value, bool)
            and all(_COMPARISONS[sign](value, bound) for sign, bound in terms)
        )

    return _Test("numeric", accepts)


def _compile_anything_but(operand: object, where: str) -> _Test:
    if isinstance(operand, Mapping):
        inner, choices = _single(operand, where)
        compiler = _INSIDE_ANYTHING_BUT.get(inner)
        if compiler is None:
            raise InvalidPattern(f"{where}: unrecognized operator {inner!r}")
        inside = f"{where} {inner}"
        # Only the list form and the plain string are allowed inside, and only a wildcard or a case-blind
        # comparison may be with the empty string.
        texts = [
            _text(choice, inside, empty=inner in ("wildcard", "equals-ignore-case"))
            for choice in _choices(choices, inside)
        ]
        tests = [compiler(text, inside) for text in texts]
        return _Test(f"anything-but {inner}", lambda value: not any(test.accepts(value) for test in tests))
    excluded = _choices(operand, where)
    if not (all(isinstance(one, str) for one in excluded) or all(_is_number(one) for one in excluded)):
        raise InvalidPattern(f"{where} takes strings or numbers, all of one type, not {operand!r}")
    return _Test("anything-but", lambda value: not any(_same(value, one) for one in excluded))


def _choices(operand: object, where: str) -> Sequence[object]:
    if isinstance(operand, Sequence) and not isinstance(operand, str):
        if not operand:
            raise InvalidPattern(f"{where}: an empty array is not allowed")
        return operand
    return [operand]


_ABSENT = object()
_OPERATORS: dict[str, Callable[[object, str], _Test]] = {
    "anything-but": _compile_anything_but,
    "cidr": _compile_cidr,
    "equals-ignore-case": _compile_equals_ignore_case,
    "exists": _compile_exists,
    "numeric": _compile_numeric,
    "prefix": _compile_affix("prefix", str.startswith),
    "suffix": _compile_affix("suffix", str.endswith),
    "wildcard": _compile_wildcard,
}
_RESERVED_IN_OR = frozenset(_OPERATORS) | {"exactly"}
_INSIDE_ANYTHING_BUT: dict[str, Callable[[object, str], _Test]] = {
    name: _OPERATORS[name] for name in ("equals-ignore-case", "prefix", "suffix", "wildcard")
}
