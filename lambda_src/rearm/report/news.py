"""What of a response is news: what it is told under, and how soon it would be told again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from rearm.model import Ending, Failure, Outcome, Response, Severity
from rearm.responses import hour_of, who_of

# A finding that stands, such as an excused one, is found by every sweep; people are reminded.
REMINDER = timedelta(days=1)
# What is only recommended is not urgent.
RECOMMENDED_AGAIN = timedelta(days=30)
# A failure beside the findings, such as a table that does not answer, meets every sweep.
PROBLEM_AGAIN = timedelta(hours=1)
# What every sweep is refused, and what many calls have the same to tell of.
ONCE_IN = timedelta(hours=1)
# Denied attempts that were counted and not told.
REFUSALS = "denied-attempts"
STANDING = frozenset({Outcome.NOTIFIED, Outcome.EXCEPTED})


@dataclass(frozen=True)
class News:
    """Something to tell: under which key, what of it, and after what time again, None for never."""

    key: str
    what: str = ""
    again_after: timedelta | None = None


def news_of(response: Response) -> tuple[News, ...]:
    """Return what a response has to tell, if nobody has been told yet.

    The same call or event, delivered once more or tried again by Lambda, has the same key, and something else
    to tell only if it ended in another way; a sweep that finds the same finding still standing has the same.
    """
    alarm = response.alarm
    loud = [ending for ending in response.endings if not _silent(ending)]
    if alarm.denied:
        # Once per actor and hour; the others are counted.
        attempt = News(f"denied {who_of(alarm.actor)} {hour_of(response.started)}")
        return (*((attempt,) if loud else ()), *(_problem(failure) for failure in response.problems))
    if alarm.call is None:
        found = [_of(ending, response) for ending in loud]
        return (*found, *(_problem(failure) for failure in response.problems))
    # What many calls have the same to tell of is told once an hour.
    again = [_of(ending, response) for ending in loud if ending.finding.told_as]
    told = [_told(ending) for ending in loud if not ending.finding.told_as]
    told += [f"{failure.call} {failure.code}" for failure in response.problems]
    if told:
        return (*again, News(f"alarm {alarm.key}", _digest(told)))
    if again:
        return tuple(again)
    # A call that somebody made and that left nothing to repair is news; Rearm's own is none.
    quiet = bool(response.endings) or response.own or response.quiet
    return () if quiet else (News(f"alarm {alarm.key}"),)


def _of(ending: Ending, response: Response) -> News:
    if ending.finding.told_as:
        return News(f"{ending.outcome} {ending.finding.told_as}", again_after=ONCE_IN)
    if ending.outcome is Outcome.REFUSED:
        return News(f"standing {_told(ending)}", again_after=ONCE_IN)
    if ending.outcome not in STANDING:
        return News(f"alarm {response.alarm.key}", _digest([_told(ending)]))
    if ending.finding.rule == REFUSALS:
        return News(f"{REFUSALS} {ending.finding.problem}")
    minor = ending.finding.severity is Severity.INFORMATIONAL
    return News(f"standing {_told(ending)}", again_after=RECOMMENDED_AGAIN if minor else REMINDER)


def _problem(failure: Failure) -> News:
    return News(f"problem {failure.call} {failure.code}", again_after=PROBLEM_AGAIN)


def _told(ending: Ending) -> str:
    # What went off again since it was told is another finding: the time that AWS gives it is part of it.
    return f"{ending.outcome} {ending.finding.key} {ending.finding.since}"


def _silent(ending: Ending) -> bool:
    return ending.outcome is Outcome.EXCEPTED and ending.quiet


def _digest(told: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(told)).encode()).hexdigest()[:16]
