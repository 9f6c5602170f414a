"""Sweeps over more than one invocation can look at: side by side, and on where the last one stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from rearm.alarm import Alarm, Door
from rearm.automations import Look
from rearm.aws import RESERVE_S
from rearm.model import Assessment

# Resources of which it is asked side by side before the time is looked at.
CHUNK = 64
# What must be left of the function's time to look at more: what was found is still to be acted upon and told.
STOP_S = 2 * RESERVE_S
# A sweep that has found so much puts it right before it looks further; the next one goes on.
MOST_FINDINGS = 50

Item = TypeVar("Item")


def in_turn(
    alarm: Alarm,
    look: Look,
    items: Iterable[Item],
    name_of: Callable[[Item], str],
    assess: Callable[[Item], Assessment],
) -> Assessment:
    """Assess many resources in the order of their names, as far as the time allows.

    Parameters
    ----------
    name_of
        Gives what the place in the sweep is remembered by: a resource's name or ARN.
    assess
        Assesses one resource; it runs in several threads.

    Returns
    -------
    Assessment
        Of a sweep, with the place where the next one goes on.
    """
    ordered = sorted(items, key=name_of)
    sweep = alarm.door is Door.SWEEP and alarm.about is None
    if not sweep:
        return joined(look.aws.each(assess, ordered))
    after = look.left_off().get("after")
    rest = [item for item in ordered if not isinstance(after, str) or name_of(item) > after] or ordered
    parts: list[Assessment] = []
    place: dict[str, object] = {}
    for start in range(0, len(rest), CHUNK):
        chunk = rest[start : start + CHUNK]
        parts += look.aws.each(assess, chunk)
        last = start + CHUNK >= len(rest)
        if not last and (look.remaining_s() < STOP_S or _found(parts) >= MOST_FINDINGS):
            place = {"after": name_of(chunk[-1]), "left": len(rest) - start - len(chunk)}
            break
    return joined([*parts, Assessment(left_off=place)])


def joined(parts: Iterable[Assessment]) -> Assessment:
    """Return one assessment of what several have seen; it is quiet if all of them are."""
    parts = list(parts)
    places = [part.left_off for part in parts if part.left_off is not None]
    return Assessment(
        findings=tuple(finding for part in parts for finding in part.findings),
        healthy=tuple(healthy for part in parts for healthy in part.healthy),
        unreadable=tuple(unreadable for part in parts for unreadable in part.unreadable),
        learned=tuple(learned for part in parts for learned in part.learned),
        problems=tuple(problem for part in parts for problem in part.problems),
        quiet=bool(parts) and all(part.quiet for part in parts),
        left_off=places[-1] if places else None,
    )


def _found(parts: Sequence[Assessment]) -> int:
    return sum(len(part.findings) for part in parts)
