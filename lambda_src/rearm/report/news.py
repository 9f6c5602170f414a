"""What of a response is news: what it is told under, and how soon it would be told again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from rearm.alarm import Door
from rearm.model import Ending, Outcome, Response, Severity
from rearm.responses import hour_of, who_of

# A finding that stands, such as an excused one, is found by every sweep; people are reminded.
REMINDER = timedelta(days=1)
# What is only recommended is not urgent.
RECOMMENDED_AGAIN = timedelta(days=30)
# A failure beside the findings, such as a table that does not answer, meets every sweep.
PROBLEM_AGAIN = timedelta(hours=1)
STANDING = frozenset({Outcome.NOTIFIED, Outcome.EXCEPTED})


@dataclass(frozen=True)
class News:
    """Something to tell: its key, and after what time it is told again, None for never."""

    key: str
    again_after: timedelta | None = None


def news_of(response: Response) -> tuple[News, ...]:
    """Return what a response has to tell, if nobody has been told yet.

    The same call or event, delivered once more or tried again by Lambda, has the same keys; a sweep that
    finds the same finding still standing has too.
    """
    alarm = response.alarm
    if alarm.denied:
        return (
            ()
            if any(ending.quiet for ending in response.endings)
            else (News(f"denied {who_of(alarm.actor)} {hour_of(response.started)}"),)
        )
    told = [_of(ending, response) for ending in response.endings if not _silent(ending)]
    told += [_problem(f"{failure.call} {failure.code}", response) for failure in response.problems]
    nothing_found = not response.endings and alarm.door is Door.API and not (response.own or response.quiet)
    # What was told about a call is all there is to tell: delivered again, it finds nothing to do.
    if nothing_found or (told and alarm.door is Door.API):
        told.append(News(f"alarm {alarm.key}"))
    return tuple(told)


def is_worth_telling(news: tuple[News, ...], claimed: tuple[News, ...]) -> bool:
    """Whether what nobody has told yet is worth a message: a call alone is, if nothing else was to tell."""
    beside = [one for one in news if not one.key.startswith("alarm ")]
    return bool(claimed) and (not beside or any(one in claimed for one in beside))


def _of(ending: Ending, response: Response) -> News:
    # What went off again since it was told is another finding: the time that AWS gives it is part of the key.
    what = f"{ending.outcome} {ending.finding.key} {ending.finding.since}"
    if response.alarm.door is Door.API or ending.outcome not in STANDING:
        return News(f"{response.alarm.key} {what}")
    if ending.finding.rule == REFUSALS:
        return News(f"{REFUSALS} {ending.finding.problem}")
    minor = ending.finding.severity is Severity.INFORMATIONAL
    return News(f"standing {what}", RECOMMENDED_AGAIN if minor else REMINDER)


def _problem(what: str, response: Response) -> News:
    if response.alarm.door is Door.API:
        return News(f"{response.alarm.key} problem {what}")
    return News(f"problem {what}", PROBLEM_AGAIN)


def _silent(ending: Ending) -> bool:
    return ending.outcome is Outcome.EXCEPTED and ending.quiet


REFUSALS = "denied-attempts"
