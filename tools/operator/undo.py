"""Undo a response of Rearm's: `python -m tools.operator.undo --id ID`, or `make undo ID=…`.

Rearm's functions have no right to undo anything. Everything here is called with the operator's own
credentials, after an exception for a bounded time was recorded: without it Rearm would put it right again.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rearm.aws import AwsError
from rearm.report.message import command
from rearm.report.text import one_line
from tools.operator import excepting, records, shown
from tools.operator.access import Access, OperatorError, add_arguments, automations, explain, open_access
from tools.operator.excepting import Given
from tools.operator.undoing import Final, Standing, Step, standing, steps

DAYS = 1
LINE = 4000

Say = Callable[[str], None]


@dataclass
class Undone:
    """How the undo went: calls that were made, that were left alone, and that failed."""

    made: int = 0
    left: int = 0
    failed: int = 0
    given: list[Given] = field(default_factory=list)


def undo(
    access: Access, response: str, days: int, agreed: Callable[[], bool], say: Say, now: datetime
) -> int:
    """Undo what can be undone of a response.

    Parameters
    ----------
    response
        Its id, as the message has it.
    days
        How many days beyond today the exception lasts.
    agreed
        Asks the operator, after everything that would be done has been listed.
    say
        Prints a line.

    Returns
    -------
    int
        0 when each undo was made or left alone, 1 when one failed or the operator did not agree.

    Raises
    ------
    OperatorError
        There is no such response, the table does not answer, or the exception cannot be recorded, in which
        case nothing was undone.
    """
    try:
        reading = records.find(access.table, automations(), response)
    except AwsError as error:
        raise OperatorError(explain(error, access.name, access.region)) from error
    if not reading.responses:
        unreadable = " There is an entry with this ID that cannot be read." if reading.unreadable else ""
        raise OperatorError(
            f"{access.name} in {access.region} has recorded no response {response!r}.{unreadable} "
            "`make history` shows those that it has; ID is its last column, and in the message."
        )
    wanted, final = steps(reading.responses)
    first = reading.responses[0]
    when = f"{shown.moment(first.started)} UTC"
    say(f"Response {response} of {first.automation} at {when}: {_one(first.title)}")
    _tell_final(final, say)
    if not wanted:
        say("Nothing of it can be undone.")
        return 0
    right = _list(access, wanted, say)
    if not right:
        say("Nothing is left to undo, and no exception was given.")
        return 0
    until = (now + timedelta(days=days)).date()
    say(f"First an exception for each of these resources is recorded, until the end of {until} (UTC).")
    if not agreed():
        say("Nothing was changed.")
        return 1
    return _close(access, _carry_out(access, right, wanted, response, days, say, now), say)


def _list(access: Access, wanted: Sequence[Step], say: Say) -> list[Step]:
    """Say of each undo whether it is still right, and return those that may be."""
    right = []
    for step in wanted:
        say(f"  {_one(command(step.undo))}")
        say(f"    takes back: {_one(command(step.made))}")
        try:
            now = standing(access.aws, step.undo)
        except AwsError as error:
            say(f"    the present state could not be read ({_one(str(error))})")
            right.append(step)
            continue
        say(f"    {now.value}")
        if now is Standing.RIGHT:
            right.append(step)
    return right


def _carry_out(
    access: Access,
    right: Sequence[Step],
    wanted: Sequence[Step],
    response: str,
    days: int,
    say: Say,
    now: datetime,
) -> Undone:
    done = Undone(left=len(wanted) - len(right))
    done.given = _except(access, right, wanted, response, days, now)
    for given in done.given:
        say(f"Exception {given.name} is recorded, until {given.until}.")
    for step in right:
        said = _one(command(step.undo))
        try:
            # Asked again right before the call: since it was listed somebody can have changed it.
            if (found := standing(access.aws, step.undo)) is not Standing.RIGHT:
                say(f"  left alone, {found.value.removesuffix(', left alone')}: {said}")
                done.left += 1
                continue
            access.aws.call(step.undo.service, step.undo.region, step.undo.operation, step.undo.parameters)
        except AwsError as error:
            say(f"  FAILED: {said}")
            say(f"    {_one(explain(error, access.name, access.region))}")
            done.failed += 1
        else:
            say(f"  undone: {said}")
            done.made += 1
    return done


def _except(
    access: Access, right: Sequence[Step], wanted: Sequence[Step], response: str, days: int, now: datetime
) -> list[Given]:
    """Record the exceptions before anything is undone; the names are the same in a second run."""
    every = sorted({(step.resource.arn, step.automation) for step in wanted})
    given = []
    for arn, automation in sorted({(step.resource.arn, step.automation) for step in right}):
        number = every.index((arn, automation)) + 1
        name = f"undo-{response}" if len(every) == 1 else f"undo-{response}-{number}"
        why = f"undo of response {response}"
        try:
            given.append(excepting.give(access, name, arn, why, days, now, scope=automation))
        except AwsError as error:
            told = explain(error, access.name, access.region)
            before = [f"Exceptions recorded so far: {', '.join(one.name for one in given)}."] if given else []
            raise OperatorError(" ".join([told, "Nothing was undone.", *before])) from error
    return given


def _close(access: Access, done: Undone, say: Say) -> int:
    say(f"{done.made} undone, {done.left} left alone, {done.failed} failed.")
    if done.made:
        say("Rearm leaves these resources alone until the exception ends, then it puts them right again.")
        say("To allow it for longer, give an exception in `exceptions` of the module.")
        say("To end the exception sooner:")
    else:
        say("Nothing was undone, but the exception stands: Rearm leaves the resource alone. To end it now:")
    for given in done.given:
        say(f"  {excepting.removal(access, given)}")
    return 1 if done.failed else 0


def _tell_final(final: Sequence[Final], say: Say) -> None:
    for one in final:
        say(f"  {_one(command(one.made))}")
        say("    a restart or a rebuild, which has no undo: nothing is stopped or deleted for you.")
    for name in sorted({one.resource.name for one in final}):
        say(
            f"To allow the change to {_one(name)}, give an exception in the module, apply, and make it again:"
        )
        say(f'  exceptions = {{ NAME = {{ match = {{ resource = "{_one(name)}" }},')
        say('    reason = "WHY", expires = "YYYY-MM-DD" } }')


def _one(text: str) -> str:
    return one_line(text, LINE)


def ask() -> bool:
    """Ask on the terminal; without one nobody agrees.

    Raises
    ------
    OperatorError
        There is nobody to ask.
    """
    if not sys.stdin.isatty():
        raise OperatorError("this is no terminal, so nobody can agree: give YES=1. Nothing was changed.")
    return input("Do it? [yes/no] ").strip().lower() in ("y", "yes")


def main(arguments: Sequence[str]) -> int:
    """Undo a response and return the exit code, which is 2 when the operator has to change something."""
    parser = argparse.ArgumentParser(prog="make undo", description="Undo a response of Rearm's.")
    add_arguments(parser)
    parser.add_argument("--id", default="", help="the response's id (ID)")
    parser.add_argument("--days", type=_days, default=DAYS, help="days that the exception lasts (DAYS)")
    parser.add_argument("--yes", action="store_true", help="do not ask (YES=1)")
    options = parser.parse_args(arguments)
    agreed = (lambda: True) if options.yes else ask
    try:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{7,127}", options.id):
            given = f"ID is {options.id!r}" if options.id else "ID is missing"
            raise OperatorError(
                f"{given}: give ID=…, the response's id from its message or from `make history`."
            )
        access = open_access(options.name, options.region)
        return undo(access, options.id, options.days, agreed, print, datetime.now(UTC))
    except OperatorError as error:
        print(f"undo: {error}", file=sys.stderr)
        return 2


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 90:
        raise argparse.ArgumentTypeError(f"DAYS is {text!r}; it must be a whole number from 1 to 90")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
