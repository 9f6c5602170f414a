"""Limits: how much a containment may take away within an hour, and what holds it up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rearm.aws import Aws
from rearm.baselines import Baselines
from rearm.engine import CONTAINMENT
from rearm.excuses import Excuses
from rearm.limits import KEPT, WITHIN, Limits
from rearm.model import Outcome, Response, Severity
from rearm.report import journal, message
from rearm.report.news import news_of
from rearm.settings import Settings, from_environment
from rearm.table import Table
from tests.unit.deployment import TABLE, configuration, environment, exception
from tests.unit.lamps import NOW, Lamps, api_alarm, finding, outcomes
from tests.unit.records import Answer, Records

GROUP = "cloudtrail#limit"


def contained(lamps: Lamps, limit: object = 2, **choices: Any) -> Response:
    """Let lamps respond as an automation that contains people."""
    return lamps.respond(kind=CONTAINMENT, settings={"containments_per_hour": limit}, **choices)


def dark(number: int) -> Lamps:
    return Lamps({f"lamp-{one}": False for one in range(number)})


def settings_of(limit: object = 2, **choices: Any) -> Settings:
    raw = configuration(kind=CONTAINMENT, settings={"containments_per_hour": limit}, **choices)
    return from_environment(environment(raw))


def limits_of(records: Records, limit: int, now: Callable[[], datetime] = lambda: NOW) -> Limits:
    """Make the limits of one function beside others."""

    class Clients(Aws):
        def call(
            self,
            service: str,
            region: str,
            operation: str,
            parameters: Mapping[str, object] | None = None,
            *_: object,
            **__: object,
        ) -> Answer:
            assert service == "dynamodb"
            return records.call(operation, parameters or {})

    settings = settings_of(limit)
    table = Table(Clients(), TABLE, settings.region)
    excuses = Excuses(settings, table, Baselines(table, settings.automation), now)
    return Limits(settings, table, excuses, now)


@pytest.mark.parametrize(("limit", "number"), [(1, 1), (2, 2), (3, 2)])
def test_what_is_within_the_limit_happens(limit: int, number: int) -> None:
    lamps = dark(number)

    response = contained(lamps, limit)

    assert outcomes(response) == [Outcome.REMEDIATED] * number
    assert len(lamps.records.group(GROUP)) == number


def test_what_is_beyond_the_limit_is_refused_and_untouched() -> None:
    lamps = dark(5)

    response = contained(lamps)

    assert outcomes(response) == [Outcome.REMEDIATED] * 2 + [Outcome.REFUSED] * 3
    assert sum(lamps.on.values()) == len(lamps.calls) == 2
    (note,) = {ending.notes for ending in response.endings[2:]}
    assert note == ("Refused: 2 within an hour, the limit of containments_per_hour, are reached.",)
    # A limit that does its work is no failure: Lambda need not try again.
    assert response.failures == ()


def test_a_safeguard_knows_no_limit() -> None:
    lamps = dark(5)

    response = lamps.respond(settings={"containments_per_hour": 1})

    assert outcomes(response) == [Outcome.REMEDIATED] * 5
    assert lamps.records.group(GROUP) == {}


@pytest.mark.parametrize("limit", [None, "2", True, [], {}, -1, 0])
def test_a_limit_that_is_no_number_lets_nothing_through(limit: object) -> None:
    lamps = dark(1)

    assert outcomes(contained(lamps, limit)) == [Outcome.REFUSED]
    assert not lamps.calls


def test_the_hour_slides() -> None:
    """A slot is free again when an hour has passed since it was taken, not when the clock strikes."""
    lamps = Lamps({"first": False})
    contained(lamps, now := 2)
    lamps.on["second"], lamps.now = False, NOW + timedelta(minutes=40)
    contained(lamps, now)

    def outcome_at(minutes: int, name: str) -> list[Outcome]:
        lamps.on[name], lamps.now = False, NOW + timedelta(minutes=minutes)
        done = outcomes(contained(lamps, now))
        lamps.on[name] = True
        return done

    assert outcome_at(59, "third") == [Outcome.REFUSED]
    assert outcome_at(60, "third") == [Outcome.REMEDIATED]
    assert outcome_at(61, "fourth") == [Outcome.REFUSED]
    assert outcome_at(99, "fourth") == [Outcome.REFUSED]
    assert outcome_at(100, "fourth") == [Outcome.REMEDIATED]


@pytest.mark.parametrize("before", [1, 3, 4, 6])
def test_what_was_contained_under_a_higher_limit_counts_under_a_lower_one(before: int) -> None:
    lamps = dark(10)
    lamps.on = {f"lamp-{one}": False for one in range(before)}
    contained(lamps, 8)
    lamps.on |= {f"lamp-{one}": False for one in range(before, 10)}
    lamps.now += timedelta(minutes=30)

    response = contained(lamps, 3)

    assert outcomes(response).count(Outcome.REMEDIATED) == max(0, 3 - before)


def test_slots_above_the_limit_count_until_their_hour_is_over() -> None:
    """Those in between were free when the limit was lowered: they are not all to be taken."""
    lamps = Lamps({})
    for number, minutes in ((0, 0), (1, 0), (2, 40), (3, 50)):
        lamps.now = NOW + timedelta(minutes=minutes)
        lamps.on[f"lamp-{number}"] = False
        contained(lamps, 8)

    def contained_at(minutes: int) -> int:
        lamps.now = NOW + timedelta(minutes=minutes)
        lamps.on |= {f"later-{minutes}-{one}": False for one in range(4)}
        done = outcomes(contained(lamps, 3)).count(Outcome.REMEDIATED)
        lamps.on = dict.fromkeys(lamps.on, True)
        return done

    # Then those of minutes 40 and 50 are two of three.
    assert contained_at(61) == 1
    assert contained_at(99) == 0
    assert contained_at(101) == 1


def test_a_second_try_of_the_same_finding_takes_no_second_slot() -> None:
    """Lambda tries again when a function has failed half way."""
    lamps = Lamps({"hall": False}, errors={"hall": "ThrottlingException"})
    assert outcomes(contained(lamps, 1)) == [Outcome.FAILED]
    lamps.errors.clear()
    lamps.now += timedelta(minutes=1)

    assert outcomes(contained(lamps, 1)) == [Outcome.REMEDIATED]
    assert len(lamps.records.group(GROUP)) == 1

    lamps.on["stairs"] = False
    assert outcomes(contained(lamps, 1)) == [Outcome.REFUSED]


def test_another_finding_of_the_same_resource_takes_a_slot_of_its_own() -> None:
    lamps = Lamps({"hall": False})
    lamps.findings = lambda name: [finding(name), finding(name, rule="lamp-dim")]

    assert outcomes(contained(lamps, 1)) == [Outcome.REMEDIATED, Outcome.REFUSED]


@pytest.mark.parametrize(
    "changes",
    [{"mode": "notify"}, {"exceptions": {"hall": exception(resource="hall")}}],
    ids=["notify", "excepted"],
)
def test_what_is_not_acted_upon_takes_no_slot(changes: dict[str, Any]) -> None:
    lamps = Lamps({"hall": False})
    contained(lamps, **changes)

    assert lamps.records.group(GROUP) == {}


def test_a_finding_without_actions_takes_no_slot_and_is_only_told() -> None:
    lamps = Lamps({"hall": False})
    lamps.findings = lambda name: [replace(finding(name), actions=())]

    assert outcomes(contained(lamps)) == [Outcome.NOTIFIED]
    assert lamps.records.group(GROUP) == {}


def test_slots_go_by_themselves_when_they_have_long_been_free() -> None:
    lamps = Lamps({"hall": False})
    contained(lamps)

    (slot,) = lamps.records.group(GROUP).values()
    assert int(slot["expires"]["N"]) == int((NOW + KEPT).timestamp())
    assert KEPT > WITHIN


@dataclass
class Meeting(Records):
    """A table that several functions read before the first of them writes."""

    parties: int = 8
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Wait for so many."""
        self.all_have_read = threading.Barrier(self.parties, timeout=10)

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """Answer one call; DynamoDB takes one write of an item after the other."""
        with self.lock:
            answer = super().call(operation, parameters)
        if operation == "Query":
            self.all_have_read.wait()
        return answer


@pytest.mark.parametrize("limit", [1, 3, 7, 8])
@pytest.mark.parametrize("taken_before", [False, True], ids=["new", "over"])
def test_functions_side_by_side_cannot_pass_the_limit_together(limit: int, taken_before: bool) -> None:
    records = Meeting()
    if taken_before:
        # The slots of an hour that is over are taken over, not made.
        for number in range(limit):
            earlier = Records(records.items)
            limits_of(earlier, limit, lambda: NOW - WITHIN).refusal(finding(f"before-{number}"))
        assert len(records.items) == limit
    passed: list[str] = []

    def contain(name: str) -> None:
        if limits_of(records, limit).refusal(finding(name)) is None:
            passed.append(name)

    threads = [threading.Thread(target=contain, args=(f"lamp-{one}",)) for one in range(records.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(passed) == limit
    assert len(records.group(GROUP)) == limit


@pytest.mark.parametrize("operation", ["Query", "PutItem"])
def test_a_table_that_does_not_answer_holds_a_containment_up_and_is_raised(operation: str) -> None:
    lamps = dark(1)
    # The exceptions are read before: only the slots are not.
    lamps.records = _Down(down=operation)

    response = contained(lamps)

    assert outcomes(response) == [Outcome.REFUSED]
    assert not lamps.calls
    assert [failure.code for failure in response.failures] == ["InternalServerError"]
    (ending,) = response.endings
    assert ending.notes[0].startswith("Refused: how much was contained within the hour cannot be read (")


@dataclass
class _Down(Records):
    down: str = ""

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """Fail for the slots alone."""
        key = parameters.get("Item") or {"group": parameters.get("ExpressionAttributeValues", {}).get(":g")}
        self.errors = {operation: "InternalServerError"} if self._is_slot(operation, key) else {}
        return super().call(operation, parameters)

    def _is_slot(self, operation: str, key: Mapping[str, Any]) -> bool:
        return operation == self.down and key["group"] == {"S": GROUP}


def test_exceptions_of_the_table_that_cannot_be_read_hold_a_containment_up_and_are_raised() -> None:
    lamps = dark(1)
    lamps.records.errors["Query"] = "InternalServerError"

    response = contained(lamps)

    assert outcomes(response) == [Outcome.REFUSED]
    assert not lamps.calls
    assert [failure.code for failure in response.failures] == ["InternalServerError"]
    assert "the exceptions in the table cannot be read" in response.endings[0].notes[0]


@pytest.mark.parametrize("given", [{"lab": {"reason": "no match"}}, "all", {"lab": None}])
def test_a_written_exception_that_cannot_be_read_holds_a_containment_up(given: object) -> None:
    lamps = dark(1)

    response = contained(lamps, exceptions=given)

    assert outcomes(response) == [Outcome.REFUSED]
    assert not lamps.calls
    assert response.endings[0].notes[0].endswith("cannot be read, and it may excuse this.")
    assert response.failures == ()


def test_an_exception_in_the_table_that_cannot_be_read_holds_a_containment_up() -> None:
    lamps = dark(1)
    lamps.records.items["exception", "lab"] = {
        "group": {"S": "exception"},
        "key": {"S": "lab"},
        "content": {"S": '{"reason": "no match"}'},
    }

    response = contained(lamps)

    assert outcomes(response) == [Outcome.REFUSED]
    assert "'lab'" in response.endings[0].notes[0]
    assert not lamps.calls


def test_a_repair_of_a_safeguard_waits_for_none_of_this() -> None:
    lamps = dark(1)
    lamps.records.errors["Query"] = "InternalServerError"

    assert outcomes(lamps.respond()) == [Outcome.REMEDIATED]


def test_a_slot_whose_time_cannot_be_read_counts_as_taken() -> None:
    lamps = dark(1)
    slot = {"group": {"S": GROUP}, "key": {"S": "0000"}, "content": {"S": '{"at": "soon"}'}}
    lamps.records.items[GROUP, "0000"] = slot

    assert outcomes(contained(lamps, 1)) == [Outcome.REFUSED]


def test_a_refusal_is_critical_and_its_message_has_the_commands() -> None:
    lamps = dark(2)
    settings = settings_of(1)
    response = contained(lamps, 1)

    told = message.compose(response, settings)

    refused = response.endings[1]
    assert refused.severity is Severity.CRITICAL
    assert finding("lamp-1").severity is Severity.HIGH
    assert told.attributes["outcome"] == "refused"
    assert told.attributes["severity"] == "CRITICAL"
    assert "refused, see above" in told.body
    assert "Refused: 1 within an hour" in told.body
    assert "aws test switch-on" in told.body
    assert "Do it by hand now" in told.body


def test_a_refusal_is_on_its_own_line_of_the_journal() -> None:
    response = contained(dark(2), 1)

    lines = journal.lines(response, settings_of(1))

    told = [rearm["outcome"] for line in lines if isinstance(rearm := line["rearm"], dict)]
    assert told == ["remediated", "refused"]


def test_a_refusal_is_told_once_an_hour_however_often_it_is_found() -> None:
    lamps = dark(1)
    response = contained(lamps, 0)
    (news,) = news_of(response)
    (again,) = news_of(contained(lamps, 0))
    assert (news.key, news.what) == (again.key, again.what)

    assert news.again_after == timedelta(hours=1)


def test_a_refusal_of_a_call_is_told_for_that_call() -> None:
    lamps = dark(1)

    response = contained(lamps, 0, alarm=api_alarm("lamp-0"))

    assert outcomes(response) == [Outcome.REFUSED]
    assert [news.key for news in news_of(response)] == ["alarm event"]
