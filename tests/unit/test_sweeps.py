"""Sweeps over many resources: they stop in time, and the next one goes on where the last one stopped."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from rearm.alarm import Alarm
from rearm.automations import Look
from rearm.aws import Aws
from rearm.model import Assessment, Failure, Healthy, Learned, Mode, Outcome, Response, Unreadable
from rearm.sweeps import CHUNK, MOST_FINDINGS, STOP_S, in_turn, joined
from tests.unit.deployment import role
from tests.unit.lamps import NOW, SWEEP, Lamps, api_alarm, finding, resource

GROUP = "cloudtrail#sweep"


def names(number: int) -> list[str]:
    return [f"lamp-{one:04d}" for one in range(number)]


@dataclass
class Street(Lamps):
    """So many lamps that a sweep goes in turn.

    Attributes
    ----------
    seen
        The lamps that were looked at, in order, one list for each look.
    """

    seen: list[list[str]] = field(default_factory=list)
    each_takes: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def assess(self, alarm: Alarm, look: Look) -> Assessment:
        """Look at the lamps of an alarm in turn, all of them where it names none."""
        self.seen.append([])
        named = [arn.rpartition(":")[2] for arn in alarm.resources]
        items = named or list(self.on)
        return in_turn(alarm, look, items, str, self._one)

    def _one(self, name: str) -> Assessment:
        with self.lock:
            self.seen[-1].append(name)
            self.clock += self.each_takes
        if self.on[name]:
            return Assessment(healthy=(Healthy(resource(name)),))
        return Assessment(findings=tuple(self.findings(name)))

    def sweep(self, *, available_s: float = 60, **choices: object) -> Response:
        """Sweep once, in a new invocation, and hold that nothing was looked at twice."""
        self.clock, before = 0.0, len(self.seen)
        response = self.respond(SWEEP, available_s=available_s, **choices)
        assert len(self.seen[before]) == len(set(self.seen[before]))
        return response

    @property
    def swept(self) -> list[list[str]]:
        """What each sweep has looked at, in order of the names."""
        return [sorted(look) for look in self.seen if len(look) > 1]

    @property
    def place(self) -> str | None:
        """The place that the table remembers."""
        item = self.records.group(GROUP).get("left-off")
        return item["content"]["S"] if item else None


def street(number: int, **changes: object) -> Street:
    # In an order of its own: AWS lists as it likes.
    return Street(dict.fromkeys(reversed(names(number)), True), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK])
def test_a_sweep_that_has_the_time_looks_at_everything(number: int) -> None:
    lamps = street(number)

    response = lamps.sweep()

    assert sorted(lamps.seen[0]) == names(number)
    assert [healthy.resource.name for healthy in response.healthy] == names(number)
    # There is nothing to go on from: the table is not written to for it.
    assert lamps.place is None


def test_a_sweep_stops_in_time_and_says_where() -> None:
    # One chunk takes 32 of 60 seconds; what is left after the second would not do for a third.
    lamps = street(4 * CHUNK, each_takes=0.5)

    lamps.sweep(available_s=2 * CHUNK * 0.5 + STOP_S - 1)

    assert lamps.swept == [names(2 * CHUNK)]
    assert lamps.place == f'{{"after":"{names(2 * CHUNK)[-1]}","left":{2 * CHUNK}}}'


def test_the_next_sweep_goes_on_and_the_one_after_begins_again() -> None:
    every = names(4 * CHUNK)
    lamps = street(len(every), each_takes=0.5)

    def sweep() -> None:
        lamps.sweep(available_s=2 * CHUNK * 0.5 + STOP_S - 1)

    sweep()
    sweep()
    assert lamps.swept == [every[: 2 * CHUNK], every[2 * CHUNK :]]
    assert lamps.place == "{}"

    sweep()
    assert lamps.swept[2] == every[: 2 * CHUNK]


def test_a_sweep_looks_at_one_chunk_however_little_time_is_left() -> None:
    """It would never come to an end if a slow start kept it from going on."""
    lamps = street(3 * CHUNK)

    lamps.sweep(available_s=STOP_S - 1)

    assert lamps.swept == [names(CHUNK)]


def test_what_is_made_behind_the_place_is_seen_by_the_next_sweep_and_the_rest_by_the_one_after() -> None:
    lamps = street(3 * CHUNK)
    lamps.sweep(available_s=STOP_S - 1)
    lamps.on |= {"lamp-0000a": True, "lamp-0070a": True}

    lamps.sweep()
    lamps.sweep()

    assert "lamp-0070a" in lamps.swept[1]
    assert "lamp-0000a" not in lamps.swept[1]
    assert "lamp-0000a" in lamps.swept[2]


def test_a_place_behind_everything_is_the_beginning() -> None:
    """What was left to look at has been deleted since."""
    lamps = street(3 * CHUNK)
    lamps.sweep(available_s=STOP_S - 1)
    lamps.on = dict.fromkeys(names(CHUNK), True)

    lamps.sweep()

    assert lamps.swept[1] == names(CHUNK)


@pytest.mark.parametrize(
    "place", ['{"after":3}', '{"after":null}', '{"after":["lamp"]}', '{"before":"x"}', "{}", "[]", "no JSON"]
)
def test_a_place_that_cannot_be_read_is_the_beginning(place: str) -> None:
    lamps = street(2 * CHUNK)
    key = {"group": {"S": GROUP}, "key": {"S": "left-off"}}
    lamps.records.items[GROUP, "left-off"] = {**key, "content": {"S": place}}

    lamps.sweep()

    assert lamps.swept == [names(2 * CHUNK)]


def test_much_that_is_found_is_put_right_before_more_is_looked_for() -> None:
    lamps = street(3 * CHUNK)
    lamps.on = dict.fromkeys(lamps.on, False)

    response = lamps.sweep()

    assert CHUNK >= MOST_FINDINGS
    assert [ending.outcome for ending in response.endings] == [Outcome.REMEDIATED] * CHUNK
    assert [name for name, on in sorted(lamps.on.items()) if on] == names(CHUNK)

    lamps.sweep()
    lamps.sweep()
    assert all(lamps.on.values())
    assert lamps.place == "{}"


def test_few_findings_do_not_stop_it() -> None:
    lamps = street(3 * CHUNK)
    lamps.on |= dict.fromkeys(names(MOST_FINDINGS - 1), False)

    lamps.sweep(mode=str(Mode.NOTIFY))

    assert lamps.swept == [names(3 * CHUNK)]
    assert lamps.place is None


def test_an_alarm_that_names_resources_knows_no_place() -> None:
    lamps = street(3 * CHUNK)
    lamps.sweep(available_s=STOP_S - 1)
    place = lamps.place

    lamps.respond(api_alarm("lamp-0000"))

    # It is looked at again before it is believed that the call left no trace.
    assert lamps.seen[1:] == [["lamp-0000"]] * 2
    assert lamps.place == place


def test_looking_again_at_a_repair_moves_no_place() -> None:
    lamps = street(3 * CHUNK)
    lamps.on["lamp-0001"] = False

    lamps.sweep(available_s=STOP_S - 1)

    assert lamps.seen[1] == ["lamp-0001"]
    assert lamps.on["lamp-0001"]
    assert lamps.place == f'{{"after":"{names(CHUNK)[-1]}","left":{2 * CHUNK}}}'


def test_a_table_that_does_not_answer_for_the_place_costs_no_sweep() -> None:
    lamps = street(2 * CHUNK)
    lamps.on["lamp-0001"] = False
    lamps.records.errors = {"GetItem": "InternalServerError"}

    response = lamps.sweep()

    assert lamps.swept == [names(2 * CHUNK)]
    assert lamps.on["lamp-0001"]
    assert response.failures == ()


def test_a_place_that_cannot_be_kept_is_raised_after_the_repairs() -> None:
    lamps = street(2 * CHUNK)
    lamps.on["lamp-0001"] = False
    lamps.records.errors = {"PutItem": "InternalServerError"}

    response = lamps.sweep(available_s=STOP_S - 1)

    assert lamps.on["lamp-0001"]
    assert [failure.call for failure in response.failures] == ["dynamodb:PutItem"]


def test_the_place_is_read_once_an_invocation() -> None:
    lamps = street(3 * CHUNK)
    lamps.sweep(available_s=STOP_S - 1)
    lamps.records.asked.clear()

    lamps.sweep()

    assert [asked for asked in lamps.records.asked if asked[1] == GROUP] == [
        ("GetItem", GROUP),
        ("PutItem", GROUP),
    ]


def test_resources_of_a_chunk_are_looked_at_side_by_side() -> None:
    together = threading.Barrier(4, timeout=10)

    def one(_: str) -> Assessment:
        # It would never come back if one waited for the other.
        together.wait()
        return Assessment()

    look = Look(
        aws=Aws(),
        account="123456789012",
        region="us-east-1",
        partition="aws",
        settings={},
        baselines=dict,
        now=lambda: NOW,
        name=role("x"),
    )
    assert in_turn(SWEEP, look, names(CHUNK), str, one).left_off == {}


def test_joining_keeps_everything_in_order() -> None:
    failure = Failure("Code", "message", "test:Look")
    parts = [
        Assessment(
            findings=(finding(name),),
            healthy=(Healthy(resource(name)),),
            unreadable=(Unreadable(resource(name), failure),),
            learned=(Learned(resource(name), {}, "first-seen"),),
            problems=(failure,),
        )
        for name in ("one", "two")
    ]

    whole = joined(iter(parts))

    for member in ("findings", "healthy", "unreadable", "learned"):
        found = cast("Sequence[Healthy]", getattr(whole, member))
        assert [one.resource.name for one in found] == ["one", "two"]
    assert whole.problems == (failure, failure)
    assert whole.left_off is None


@pytest.mark.parametrize(
    ("quiet", "together"), [([], False), ([True], True), ([True, True], True), ([True, False], False)]
)
def test_joined_is_quiet_if_all_of_it_is(quiet: list[bool], together: bool) -> None:
    assert joined(Assessment(quiet=one) for one in quiet).quiet is together


def test_joined_goes_on_from_the_last_place() -> None:
    places = [None, {"after": "b"}, None, {"after": "a"}, None]

    whole = joined(replace(Assessment(), left_off=place) for place in places)

    assert whole.left_off == {"after": "a"}
