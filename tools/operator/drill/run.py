"""The drill from its beginning to its end: make, learn, attack, watch, remove."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rearm.aws import AwsError
from rearm.model import Mode
from rearm.report.text import one_line
from tools.operator.access import Access, OperatorError, explain
from tools.operator.drill import learning, leftovers, removal
from tools.operator.drill.own import Own
from tools.operator.drill.rows import LEFT_OUT, NEEDS, ROWS, Row
from tools.operator.drill.watch import Result, Watch

WIDTHS = (28, 10, 10, 8)
HEADER = ("row", "detected", "repaired", "verdict")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What the operator wants of the drill.

    `rows` are ids or beginnings of ids; all rows if there are none. `limit_s` is how long a repair may take,
    `pause_s` how long nothing is done after it; `wait` waits for the sweeps of the schedule.
    """

    rows: tuple[str, ...] = ()
    limit_s: float = 300.0
    pause_s: float = 20.0
    wait: bool = False


def chosen(wanted: Sequence[str]) -> list[str]:
    """Return the ids of all rows that were asked for, those that cannot be run included.

    Raises
    ------
    OperatorError
        There is no such row.
    """
    known = [*(row.id for row in ROWS), *LEFT_OUT]
    for one in wanted:
        if not any(_means(one, row) for row in known):
            raise OperatorError(f"ROWS has {one!r}; the rows are {', '.join(sorted(known))}.")
    return [row for row in known if not wanted or any(_means(one, row) for one in wanted)]


def plan(own: Own, ids: Iterable[str], modes: dict[str, Mode]) -> tuple[list[Row], list[Result]]:
    """Return the rows to run, and those that are not, with the reason."""
    rows = {row.id: row for row in ROWS}
    run: list[Row] = []
    left_out: list[Result] = []
    for name in ids:
        row = rows.get(name)
        if row is None:
            left_out.append(Result(name, "not run", LEFT_OUT[name]))
        elif row.automation not in modes:
            left_out.append(Result(name, "not run", f"the automation {row.automation} is off"))
        elif (row.needs == "key" and not own.with_key) or (row.needs == "foreign" and not own.foreign):
            left_out.append(Result(name, "not run", NEEDS[row.needs]))
        else:
            run.append(row)
    return run, left_out


class Drill:
    """One drill in one account.

    Parameters
    ----------
    own
        What it makes.
    wish
        What the operator wants.
    modes
        The mode of each automation that is not off.
    say
        Prints a line.
    """

    def __init__(
        self,
        own: Own,
        wish: Wish,
        modes: dict[str, Mode],
        say: Say,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._own = own
        self._wish = wish
        self._modes = modes
        self._say = say
        self._sleep = sleep
        self.results: list[Result] = []

    def run(self) -> None:
        """Run the rows, after everything they need has been made and learned.

        Raises
        ------
        OperatorError
            It cannot begin, or not go on; `results` holds what there is so far.
        """
        access, say = self._own.access, self._say
        rows, left_out = plan(self._own, chosen(self._wish.rows), self._modes)
        try:
            removal.reserve(access, self._own.names.drill, datetime.now(UTC))
            say(f"Making the trail and the bucket {self._own.names.drill}, and what belongs to them.")
            self._own.make()
            say("Rearm gets to know them in a sweep.")
            learning.learn(self._own, sorted(self._modes), wait=self._wish.wait, sleep=self._sleep)
            say("")
            say(_line(HEADER))
            for row in rows:
                # Rearm's own call becomes an event too. Its response would find the next attack, and not
                # be the one that the attack's own event has brought about.
                self._sleep(self._wish.pause_s)
                self._play(row)
        except AwsError as error:
            raise OperatorError(explain(error, access.name, access.region)) from error
        finally:
            for result in left_out:
                self._tell(result)

    def remove(self) -> list[str]:
        """Remove everything that was made; what could not be is returned."""
        return removal.remove(self._own, sleep=self._sleep) if self._own.made else []

    def _play(self, row: Row) -> None:
        repairs = self._modes[row.automation] is Mode.REMEDIATE
        watch = Watch(self._own, self._wish.limit_s, repairs=repairs, sleep=self._sleep)
        result = watch.play(row)
        self._tell(result)
        if not repairs or result.verdict != "ok":
            # The next row begins from what was learned, whatever has become of this one.
            self._own.make()

    def _tell(self, result: Result) -> None:
        self.results.append(result)
        cells = (
            result.row,
            _seconds(result.detected_s),
            _seconds(result.repaired_s),
            result.verdict,
        )
        self._say(f"{_line(cells)}  {one_line(result.said, 400)}".rstrip())


def clean(access: Access, say: Say, sleep: Callable[[float], None] = time.sleep) -> list[str]:
    """Remove what earlier drills of this deployment have left.

    Returns
    -------
    list of str
        What could not be removed.

    Raises
    ------
    OperatorError
        It could not be looked for.
    """
    try:
        found, doubtful = leftovers.find(access)
    except AwsError as error:
        raise OperatorError(explain(error, access.name, access.region)) from error
    for what in doubtful:
        say(f"{what} is called like a drill's, but has not its tag: it is left alone.")
    if not found:
        say("No drill has left anything.")
    problems = []
    for own in found:
        say(f"Removing what is left of {own.names.drill}.")
        problems += removal.remove(own, sleep=sleep)
    return problems


def _line(cells: Sequence[str]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _means(wanted: str, row: str) -> bool:
    return row == wanted or row.startswith(f"{wanted}.")
