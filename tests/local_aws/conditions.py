"""The texts and the ``Condition`` element of an IAM policy: wildcards, variables, operators.

Operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
Set operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
Variables: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

Context = Mapping[str, str | Sequence[str]]
"""Condition keys of a request, such as ``aws:PrincipalArn``; a list is a key with several values."""

_T = TypeVar("_T")
_VARIABLE = re.compile(r"\$\{\s*(?P<name>[^},\s]+)\s*(?:,\s*'(?P<default>[^']*)'\s*)?\}")


class UnsupportedPolicy(ValueError):
    """A policy that is malformed or uses something that is not evaluated here; the message names it."""


class _Unresolved(Exception):
    """A policy variable has no value in this request, so what holds it matches nothing."""


@dataclass(frozen=True)
class Text:
    """One text of a policy: wildcards and, from version 2012-10-17 on, ``${variables}``."""

    text: str
    variables: bool = True

    def like(
        self, value: str, context: Context, *, ignore_case: bool = False, in_segments: bool = False
    ) -> bool:
        """Tell whether a value matches, ``*`` and ``?`` being wildcards.

        Parameters
        ----------
        value
            The action, the resource's ARN, or one value of a condition key.
        context
            The request's condition keys, for the variables.
        ignore_case
            Compare as actions are compared.
        in_segments
            Compare as the ARNs of ``Resource``: a wildcard stays between two colons, unless it is a ``*``
            that ends what stands between them.
            https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
        """
        expression = ""
        position = 0
        while position < len(self.text):
            variable = _VARIABLE.match(self.text, position) if self.variables else None
            if variable:
                try:
                    expression += re.escape(_resolve(variable, context))
                except _Unresolved:
                    return False
                position = variable.end()
                continue
            character = self.text[position]
            position += 1
            if character not in "*?":
                expression += re.escape(character)
                continue
            ends = self.text[position : position + 1] in ("", ":")
            any_one = "[^:]" if in_segments and not (character == "*" and ends) else "."
            expression += any_one + ("*" if character == "*" else "")
        flags = re.DOTALL | (re.IGNORECASE if ignore_case else re.NOFLAG)
        return re.fullmatch(expression, value, flags) is not None

    def filled(self, context: Context) -> str | None:
        """Fill in the variables; None when one of them has no value in this request."""
        if not self.variables:
            return self.text
        try:
            return _VARIABLE.sub(lambda variable: _resolve(variable, context), self.text)
        except _Unresolved:
            return None


def _resolve(variable: re.Match[str], context: Context) -> str:
    name, default = variable["name"], variable["default"]
    if name in ("*", "?", "$"):
        return name
    found = lookup(context, name)
    # A key with several values cannot stand in for one text.
    if found is not None and len(found) == 1:
        return found[0]
    if default is None:
        raise _Unresolved(name)
    return default


def lookup(context: Context, key: str) -> Sequence[str] | None:
    """Give the values of a condition key, whose name is case-insensitive; None when it is absent."""
    for name, value in context.items():
        if name.lower() == key.lower():
            return [value] if isinstance(value, str) else value
    return None


_Compare = Callable[[str, Text, Context], bool]


def _equals(value: str, wanted: Text, context: Context) -> bool:
    return wanted.filled(context) == value


def _equals_ignore_case(value: str, wanted: Text, context: Context) -> bool:
    text = wanted.filled(context)
    return text is not None and text.lower() == value.lower()


def _like(value: str, wanted: Text, context: Context) -> bool:
    return wanted.like(value, context)


def _arn_like(value: str, wanted: Text, context: Context) -> bool:
    # Each of an ARN's six parts is compared on its own; the colon in a variable's name parts nothing.
    text = wanted.text
    hidden = (
        _VARIABLE.sub(lambda variable: variable[0].replace(":", "\0"), text) if wanted.variables else text
    )
    wanted_parts = [part.replace("\0", ":") for part in hidden.split(":", 5)]
    if len(wanted_parts) == 1:
        return wanted.like(value, context)
    parts = value.split(":", 5)
    return len(parts) == len(wanted_parts) and all(
        Text(each, wanted.variables).like(part, context)
        for each, part in zip(wanted_parts, parts, strict=True)
    )


def _ordered(parse: Callable[[str], _T], holds: Callable[[_T, _T], bool]) -> _Compare:
    def compare(value: str, wanted: Text, context: Context) -> bool:
        bound = _parsed(parse, wanted, context)
        try:
            return bound is not None and holds(parse(value), bound)
        except ValueError:
            return False

    return compare


def _parsed(parse: Callable[[str], _T], wanted: Text, context: Context) -> _T | None:
    text = wanted.filled(context)
    if text is None:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise UnsupportedPolicy(f"condition value {text!r}: {error}") from error


def _in_network(value: str, wanted: Text, context: Context) -> bool:
    network = _parsed(lambda text: ipaddress.ip_network(text, strict=False), wanted, context)
    try:
        return network is not None and ipaddress.ip_address(value) in network
    except ValueError:
        return False


def _moment(text: str) -> datetime:
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return datetime.fromtimestamp(float(text), UTC)
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


_COMPARISONS: dict[str, _Compare] = {
    "StringEquals": _equals,
    "StringEqualsIgnoreCase": _equals_ignore_case,
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "BinaryEquals": _equals,
    "Bool": _equals_ignore_case,
    "IpAddress": _in_network,
    "NumericEquals": _ordered(float, operator.eq),
    "NumericLessThan": _ordered(float, operator.lt),
    "NumericLessThanEquals": _ordered(float, operator.le),
    "NumericGreaterThan": _ordered(float, operator.gt),
    "NumericGreaterThanEquals": _ordered(float, operator.ge),
    "DateEquals": _ordered(_moment, operator.eq),
    "DateLessThan": _ordered(_moment, operator.lt),
    "DateLessThanEquals": _ordered(_moment, operator.le),
    "DateGreaterThan": _ordered(_moment, operator.gt),
    "DateGreaterThanEquals": _ordered(_moment, operator.ge),
}
_NEGATIONS = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}
_OPERATOR = re.compile(r"(?:(?P<set>ForAllValues|ForAnyValue):)?(?P<name>[A-Za-z]+?)(?P<optional>IfExists)?")


@dataclass(frozen=True)
class Condition:
    """One operator on one condition key, with the values of which one must do."""

    operator: str
    key: str
    values: tuple[Text, ...]

    def __post_init__(self) -> None:
        """Raise `UnsupportedPolicy` for an operator that is not evaluated here."""
        parsed = _OPERATOR.fullmatch(self.operator)
        known = parsed and (parsed["name"] in _COMPARISONS or parsed["name"] in _NEGATIONS)
        if not known and self.operator != "Null":
            raise UnsupportedPolicy(f"condition operator {self.operator!r} is not evaluated here")

    def holds(self, context: Context) -> bool:
        """Tell whether the condition is true for a request."""
        found = lookup(context, self.key)
        if self.operator == "Null":
            return any(_equals_ignore_case(str(not found), value, context) for value in self.values)
        parsed = _OPERATOR.fullmatch(self.operator)
        assert parsed is not None, "checked when the condition was made"
        name, negated = parsed["name"], parsed["name"] in _NEGATIONS
        compare = _COMPARISONS[_NEGATIONS.get(name, name)]
        if not found:
            # A negated operator is true of a key that is not there; ForAnyValue needs a value to be true of.
            return (
                bool(parsed["optional"]) or parsed["set"] == "ForAllValues" or (negated and not parsed["set"])
            )
        hits = [any(compare(value, wanted, context) for wanted in self.values) for value in found]
        if parsed["set"] == "ForAllValues":
            return not any(hits) if negated else all(hits)
        if parsed["set"] == "ForAnyValue":
            return not all(hits) if negated else any(hits)
        return any(hits) is not negated
