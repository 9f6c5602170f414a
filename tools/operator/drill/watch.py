"""Watching one attack: when Rearm began its response, and when the state was as before."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rearm.aws import AwsError
from rearm.doors import timestamp
from rearm.model import Outcome
from tools.operator import records
from tools.operator.drill import state
from tools.operator.drill.own import Own
from tools.operator.drill.rows import Row
from tools.operator.drill.state import State

# Clocks that differ by less are no reason to miss a response.
SLACK = timedelta(minutes=10)
PAUSE_S = 1.0
# How long the record of a response may come after the repair: it is written when all was verified and told.
RECORDED_S = 90.0


@dataclass(frozen=True)
class Result:
    """How one row went; seconds are counted from the attacker's call, None where there are none.

    `verdict` is ``ok``, ``failed`` or ``not run``.
    """

    row: str
    verdict: str
    said: str
    detected_s: float | None = None
    repaired_s: float | None = None


@dataclass(frozen=True)
class Response:
    """A response to the attack: when it began, its id and its outcomes."""

    started: datetime
    id: str
    outcomes: tuple[str, ...]


class Watch:
    """Plays one row and watches what comes of it.

    Parameters
    ----------
    own
        The drill's resources.
    limit_s
        How long the repair may take.
    repairs
        Whether Rearm repairs, or only tells.
    """

    def __init__(
        self, own: Own, limit_s: float, *, repairs: bool, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._own = own
        self._limit_s = limit_s
        self._repairs = repairs
        self._sleep = sleep

    def play(self, row: Row) -> Result:
        """Make the attacker's call, and wait for the repair.

        Raises
        ------
        AwsError
            The state before could not be read.
        """
        before, known = state.read(self._own, row.kind), self._known(row)
        began, clock = datetime.now(UTC), time.monotonic()
        try:
            row.attack(self._own)
        except AwsError as error:
            return Result(row.id, "not run", f"AWS refused the call: {error.failure}")
        if not self._repairs:
            told = self._wait(lambda: self._response(row, known), self._limit_s)
            if told is None:
                return Result(row.id, "failed", f"nothing was told within {self._limit_s:.0f} s")
            return Result(row.id, "ok", f"told, response {told.id}", _between(began, told.started))
        left, repaired_s = self._restored(row, before, known, clock)
        # The record comes when everything has been verified and told.
        limit_s = PAUSE_S if left else RECORDED_S
        response = self._wait(lambda: self._response(row, known), limit_s)
        detected_s = _between(began, response.started) if response else None
        if left:
            said = f"not as before after {self._limit_s:.0f} s: {', '.join(left)}"
            return Result(row.id, "failed", said if response else f"{said}; no response", detected_s)
        if response is None:
            return Result(row.id, "failed", "as before, but no response is recorded", None, repaired_s)
        if Outcome.REMEDIATED not in response.outcomes:
            said = f"as before, but the outcome is {', '.join(response.outcomes)}"
            return Result(row.id, "failed", said, detected_s, repaired_s)
        early = ", which had begun before the call" if response.started < began else ""
        return Result(row.id, "ok", f"response {response.id}{early}", detected_s, repaired_s)

    def _restored(
        self, row: Row, before: State, known: frozenset[str], clock: float
    ) -> tuple[list[str], float]:
        """Wait until the state is as before: what is not, and the seconds it took."""
        left = ["the state could not be read"]
        changed, same_at = False, self._limit_s
        while (passed := time.monotonic() - clock) < self._limit_s:
            try:
                left = state.differences(before, state.read(self._own, row.kind))
            except AwsError as error:
                # A rebuild comes in steps, and AWS may be busy: the next look says more.
                left = [str(error.failure)]
            changed = changed or bool(left)
            same_at = self._limit_s if left else min(same_at, passed)
            # What was not seen to change may not have arrived yet: then the response says that it is over.
            if not left and (changed or self._response(row, known)):
                return [], same_at
            self._sleep(PAUSE_S)
        return left or ["nothing was seen to change, and no response came"], self._limit_s

    def _wait(self, asked: Callable[[], Response | None], limit_s: float) -> Response | None:
        end = time.monotonic() + limit_s
        while True:
            response = asked()
            if response or time.monotonic() > end:
                return response
            self._sleep(PAUSE_S)

    def _known(self, row: Row) -> frozenset[str]:
        """Return the keys of the responses before the attack, whatever the clocks say."""
        return frozenset(key for key, _ in self._responses(row))

    def _response(self, row: Row, known: frozenset[str]) -> Response | None:
        """Return the first response since the attack, if there is any."""
        try:
            new = [response for key, response in self._responses(row) if key not in known]
        except AwsError:
            return None
        if not new:
            return None
        outcomes = tuple(outcome for response in new for outcome in response.outcomes)
        return Response(new[0].started, new[0].id, outcomes)

    def _responses(self, row: Row) -> list[tuple[str, Response]]:
        """Return what Rearm did, or told, about the resource, oldest first.

        Repairs are noted under the resource. What was only told is in the responses, which are all read.
        """
        table, arn = self._own.access.table, self._own.arn_of(row.kind)
        if not self._repairs:
            return [
                (f"{one.id} {one.started}", Response(one.started, one.id, (found.outcome,)))
                for one in records.read(table, [row.automation]).responses
                for found in one.found
                if found.resource.arn == arn and found.outcome == Outcome.NOTIFIED
            ]
        since = (datetime.now(UTC) - SLACK - timedelta(seconds=self._limit_s)).isoformat()
        found = []
        for item in table.query(f"{row.automation}#repair#{arn}", after=since):
            at = timestamp(item.content.get("at"))
            if at is not None:
                outcome = str(item.content.get("outcome", ""))
                found.append((item.key, Response(at, str(item.content.get("response", "")), (outcome,))))
        return found


def _between(began: datetime, at: datetime) -> float:
    """Return the seconds between two clocks' times: never less than none."""
    return max(0.0, (at - began).total_seconds())
