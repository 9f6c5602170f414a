"""Show what Rearm did: `python -m tools.operator.history`, or `make history`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from rearm.aws import AwsError
from rearm.model import Outcome
from tools.operator import records, shown
from tools.operator.access import Access, OperatorError, add_arguments, automations, explain, open_access
from tools.operator.records import Recorded

DAYS = 30
HEADER = ("when (UTC)", "automation", "resource", "finding", "actor", "outcome", "seconds", "response")


def lines(responses: Sequence[Recorded]) -> Iterator[tuple[str, ...]]:
    """Yield a line for each finding of each response, in the order given.

    A call that left nothing to put right was told, so it is asked for as well: a line without a finding.
    """
    for one in responses:
        if not one.found:
            named = ", ".join(name.rpartition("/")[2] for name in one.resources) or "-"
            outcome = str(Outcome.FAILED if one.problems else Outcome.COMPLIANT)
            yield (shown.moment(one.started), one.automation, named, "-", "-", outcome, "-", one.id)
        for found in one.found:
            yield (
                shown.moment(one.started),
                one.automation,
                found.resource.name,
                found.rule,
                found.actor or "-",
                found.outcome,
                shown.seconds(found.seconds),
                one.id,
            )


def show(access: Access, days: int, as_json: bool, now: datetime) -> None:
    """Print the responses of the last days, newest first.

    Parameters
    ----------
    days
        How far to look back.
    as_json
        Print what the table holds, one JSON array, instead of the table.

    Raises
    ------
    OperatorError
        The deployment's table does not answer.
    """
    try:
        reading = records.read(access.table, automations())
    except AwsError as error:
        raise OperatorError(explain(error, access.name, access.region)) from error
    since = now - timedelta(days=days)
    newest = [one for one in reversed(reading.responses) if one.started >= since]
    if as_json:
        print(json.dumps([one.content for one in newest], indent=2))
    elif newest:
        print(shown.columns(HEADER, lines(newest)))
    else:
        print(f"{access.name} in {access.region} has no response of the last {days} days (DAYS={days}).")
    if reading.unreadable:
        print(f"{reading.unreadable} items of the table cannot be read and are left out.", file=sys.stderr)


def main(arguments: Sequence[str]) -> int:
    """Show the history and return the exit code: 0, or 2 with a line that says what to change."""
    parser = argparse.ArgumentParser(prog="make history", description="Show what Rearm did.")
    add_arguments(parser)
    parser.add_argument("--days", type=_days, default=DAYS, help="how far to look back (DAYS)")
    parser.add_argument("--json", action="store_true", help="everything, as JSON (FORMAT=json)")
    options = parser.parse_args(arguments)
    try:
        show(open_access(options.name, options.region), options.days, options.json, datetime.now(UTC))
    except OperatorError as error:
        print(f"history: {error}", file=sys.stderr)
        return 2
    return 0


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 36_500:
        raise argparse.ArgumentTypeError(f"DAYS is {text!r}; it must be a whole number of days, such as 30")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
