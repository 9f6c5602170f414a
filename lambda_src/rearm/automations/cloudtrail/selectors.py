"""Event selectors: which events a trail records, and whether it records all that it recorded before.

Basic selectors are rewritten into the advanced form. A selector is a set of conditions that must all hold,
one per field; a trail records an event that any of its selectors selects. Covering is proven, never guessed:
where it cannot be, the answer is no.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["is", "starts", "ends"]

CATEGORY, READ_ONLY, SOURCE, TYPE, ARN = (
    "eventCategory",
    "readOnly",
    "eventSource",
    "resources.type",
    "resources.ARN",
)
MANAGEMENT = "Management"
# What a trail records for which nobody has ever set selectors.
# Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
DEFAULT: tuple[Mapping[str, Any], ...] = (
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    },
)
# How many pieces of one selector are looked at: with more, it counts as not covered.
PIECES = 2000
OPERATORS: Mapping[str, tuple[Kind, bool]] = {
    "Equals": ("is", True),
    "StartsWith": ("starts", True),
    "EndsWith": ("ends", True),
    "NotEquals": ("is", False),
    "NotStartsWith": ("starts", False),
    "NotEndsWith": ("ends", False),
}


@dataclass(frozen=True)
class Text:
    """A set of texts: one text, or all that start or end with it."""

    kind: Kind
    value: str

    def holds(self, text: str) -> bool:
        """Whether a text is one of them."""
        if self.kind == "is":
            return text == self.value
        return text.startswith(self.value) if self.kind == "starts" else text.endswith(self.value)

    def within(self, other: Text) -> bool:
        """Whether all of them are among the others."""
        if self.kind == "is":
            return other.holds(self.value)
        return self.kind == other.kind and other.holds(self.value)

    def apart(self, other: Text) -> bool:
        """Whether none of them is among the others."""
        if "is" in (self.kind, other.kind):
            one, many = (self, other) if self.kind == "is" else (other, self)
            return not many.holds(one.value)
        return self.kind == other.kind and not (self.within(other) or other.within(self))


@dataclass(frozen=True)
class Condition:
    """What one field must be: in one of `among`, if there are any, and in none of `without`.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html
    """

    among: frozenset[Text] = frozenset()
    without: frozenset[Text] = frozenset()

    def holds(self, text: str | None) -> bool:
        """Whether a field with this text, or without any, fulfils it."""
        if text is None:
            return not self.among
        return (not self.among or any(one.holds(text) for one in self.among)) and not any(
            one.holds(text) for one in self.without
        )

    def implies(self, other: Condition) -> bool:
        """Whether whatever fulfils this one fulfils the other."""
        if other.among and not self.among:
            return False
        inside = all(any(mine.within(theirs) for theirs in other.among) for mine in self.among if other.among)
        return inside and all(self._avoids(theirs) for theirs in other.without)

    def _avoids(self, text: Text) -> bool:
        if any(text.within(mine) for mine in self.without):
            return True
        return bool(self.among) and all(mine.apart(text) for mine in self.among)


ANYTHING = Condition()
Selector = Mapping[str, Condition]
READS = {"true": True, "false": False}


def normal(basic: object, advanced: object) -> tuple[Selector, ...]:
    """Return a trail's selectors, as GetEventSelectors gives them, in the one form.

    Raises
    ------
    ValueError
        They are not of the form that AWS documents.
    """
    if not _list(advanced) and not _list(basic):
        basic = DEFAULT
    try:
        given = [_advanced(one) for one in _list(advanced)]
        return (*given, *(made for one in _list(basic) for made in _basic(one)))
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"event selectors are not of AWS's form: {error}") from error


def covers(present: Sequence[Selector], baseline: Sequence[Selector]) -> bool:
    """Whether it is proven that every event of the baseline is recorded."""
    return all(_covered(selector, present) for selector in baseline)


def uncovered(present: Sequence[Selector], baseline: Sequence[Selector]) -> list[str]:
    """Say in words what of the baseline is not recorded any more."""
    lost = [selector for selector in baseline if not _covered(selector, present)]
    management = [selector for selector in lost if MANAGEMENT in _only(selector, CATEGORY)]
    said = _lost_management(management, present) if management else []
    for selector in lost:
        if selector in management:
            continue
        what = _name(selector)
        rest = [one for one in present if _name(one) == what]
        said.append(f"{what} are recorded of fewer" if rest else f"{what} are not recorded any more")
    return list(dict.fromkeys(said))


def _lost_management(lost: Sequence[Selector], present: Sequence[Selector]) -> list[str]:
    rest = [one for one in present if MANAGEMENT in _only(one, CATEGORY)]
    if not rest:
        return ["management events are not recorded any more"]
    said = []
    for value, word in (("true", "read"), ("false", "write")):
        wanted = any(one.get(READ_ONLY, ANYTHING).holds(value) for one in lost)
        if wanted and not any(one.get(READ_ONLY, ANYTHING).holds(value) for one in rest):
            other = "write" if word == "read" else "read"
            said.append(f"only {other} management events are recorded")
    before = {text.value for one in lost for text in one.get(SOURCE, ANYTHING).without}
    now = {text.value for one in rest for text in one.get(SOURCE, ANYTHING).without}
    if now - before:
        said.append(f"management events of {', '.join(sorted(now - before))} are left out")
    return said or ["fewer management events are recorded"]


def _name(selector: Selector) -> str:
    category = " and ".join(sorted(_only(selector, CATEGORY))) or "Some"
    of = sorted(_only(selector, TYPE) or _only(selector, SOURCE))
    words = {"NetworkActivity": "network activity"}.get(category, category.lower())
    return f"{words} events" + (f" of {', '.join(of)}" if of else "")


def _only(selector: Selector, field: str) -> set[str]:
    """Return the texts that a field must be one of, if that is what its condition says."""
    return {text.value for text in selector.get(field, ANYTHING).among if text.kind == "is"}


def _covered(selector: Selector, present: Sequence[Selector]) -> bool:
    """Whether each piece of a selector is covered by one of the present selectors.

    The selector is cut only where it is not covered as it stands: one text of a field after the other, and
    reads apart from writes, which every management and data event is one of.
    """
    left = [PIECES]

    def covered(piece: Selector) -> bool:
        left[0] -= 1
        if any(_implies(piece, other) for other in present):
            return True
        pieces = _cut(piece) if left[0] > 0 else None
        return pieces is not None and all(covered(one) for one in pieces)

    return covered(selector)


def _implies(one: Selector, other: Selector) -> bool:
    return all(one.get(field, ANYTHING).implies(condition) for field, condition in other.items())


def _cut(selector: Selector) -> Iterator[Selector] | None:
    for field in sorted(selector):
        condition = selector[field]
        if len(condition.among) > 1:
            parts = sorted(condition.among, key=lambda text: (text.kind, text.value))
            return ({**selector, field: Condition(frozenset({part}), condition.without)} for part in parts)
    categories = _only(selector, CATEGORY)
    if categories and categories <= {MANAGEMENT, "Data"} and READ_ONLY not in selector:
        return ({**selector, READ_ONLY: Condition(frozenset({Text("is", value)}))} for value in READS)
    return None


def _advanced(given: Mapping[str, Any]) -> Selector:
    selector: dict[str, Condition] = {}
    for entry in given["FieldSelectors"]:
        among: set[Text] = set()
        without: set[Text] = set()
        for operator, (kind, positive) in OPERATORS.items():
            texts = {Text(kind, _text(value)) for value in entry.get(operator) or ()}
            (among if positive else without).update(texts)
        field = _text(entry["Field"])
        if field in selector:
            raise ValueError(f"event selectors are not of AWS's form: {field} is given twice")
        selector[field] = Condition(frozenset(among), frozenset(without))
    return selector


def _basic(given: Mapping[str, Any]) -> Iterator[Selector]:
    """Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html."""
    kind = given.get("ReadWriteType") or "All"
    reads: dict[str, Condition] = {}
    if kind != "All":
        reads = {READ_ONLY: _one_of([{"ReadOnly": "true", "WriteOnly": "false"}[kind]])}
    if given.get("IncludeManagementEvents", True):
        excluded = given.get("ExcludeManagementEventSources") or ()
        without = frozenset(Text("is", _text(source)) for source in excluded)
        sources = {SOURCE: Condition(without=without)} if without else {}
        yield {CATEGORY: _one_of([MANAGEMENT]), **reads, **sources}
    for resource in given.get("DataResources") or ():
        of = _text(resource["Type"])
        texts = frozenset(_data(of, _text(value)) for value in resource.get("Values") or ())
        if not texts:
            continue
        arns = {} if None in texts else {ARN: Condition(frozenset(text for text in texts if text))}
        yield {CATEGORY: _one_of(["Data"]), TYPE: _one_of([of]), **reads, **arns}


def _data(of: str, value: str) -> Text | None:
    """Return which ARNs a value of a data resource names; None if all of its type.

    Objects are named by how their ARN starts; functions and tables by their whole ARN.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DataResource.html
    """
    if len([part for part in value.split(":") if part]) <= 3:
        return None
    return Text("starts" if of == "AWS::S3::Object" else "is", value)


def _one_of(values: Iterable[str]) -> Condition:
    return Condition(frozenset(Text("is", value) for value in values))


def _list(given: object) -> Sequence[Any]:
    if given is None:
        return ()
    if not isinstance(given, list | tuple):
        raise ValueError(f"event selectors are {type(given).__name__}, not a list")
    return given


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
