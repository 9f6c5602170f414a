"""Exceptions and baselines: whose change is excused, whose becomes the baseline, and what only waits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from rearm.alarm import Actor, Alarm, Call, Door
from rearm.model import Outcome, Response
from tests.events.envelopes import api_event
from tests.events.identities import ACCOUNT, assumed_role
from tests.unit.deployment import exception
from tests.unit.lamps import NOW, SWEEP, Lamps, api_alarm, finding, outcomes, resource

PIPELINE = f"arn:aws:iam::{ACCOUNT}:role/pipeline"
EXCEPTIONS = {"pipeline": exception(actor=PIPELINE, reason="Changes come from here")}
HALL = resource("hall").arn
BASELINE = "cloudtrail#baseline"
STATE = {"Bulb": "bright", "Shade": "red"}


def changed(name: str) -> list[Any]:
    """Find a lamp whose bulb is not the baseline's."""
    return [finding(name, causes=("SwitchOff",), accepts={"Bulb": "dim"}, rule="lamp-dimmed")]


@pytest.fixture
def lamps() -> Lamps:
    made = Lamps({"hall": False}, findings=changed)
    learned(made, STATE)
    return made


def learned(lamps: Lamps, state: Mapping[str, object]) -> None:
    content = {"state": dict(state), "recorded": NOW.isoformat(), "origin": "first-seen"}
    lamps.records.items[BASELINE, HALL] = {
        "group": {"S": BASELINE},
        "key": {"S": HALL},
        "content": {"S": json.dumps(content)},
        "count": {"N": "1"},
    }


def given(lamps: Lamps, name: str, entry: object) -> None:
    """Give an exception in the table."""
    text = entry if isinstance(entry, str) else json.dumps(entry)
    lamps.records.items["exception", name] = {
        "group": {"S": "exception"},
        "key": {"S": name},
        "content": {"S": text},
    }


def baseline(lamps: Lamps) -> tuple[int, Any]:
    item = lamps.records.items[BASELINE, HALL]
    return int(item["count"]["N"]), json.loads(item["content"]["S"])["state"]


def by(role: str = "pipeline") -> Alarm:
    """Tell of the call as its API event does."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    actor = Actor("AssumedRole", arn=None, account=ACCOUNT, role_arn=arn, session_name="deploy")
    return api_alarm(actor=actor)


def happened(lamps: Lamps, role: str = "pipeline", at: datetime = NOW) -> None:
    """Let the event history show the call."""
    identity = assumed_role(role)
    event = api_event(
        "SwitchOff", identity=identity, parameters={"name": HALL}, time=f"{at:%Y-%m-%dT%H:%M:%SZ}"
    )
    lamps.history["SwitchOff"] = [event["detail"]]


def repaired(response: Response) -> bool:
    return outcomes(response) == [Outcome.REMEDIATED]


def test_a_confirmed_change_of_an_excepted_actor_becomes_the_baseline(lamps: Lamps) -> None:
    happened(lamps)

    response = lamps.respond(SWEEP, exceptions=EXCEPTIONS)

    assert outcomes(response) == [Outcome.EXCEPTED]
    assert not lamps.calls
    assert baseline(lamps) == (2, {"Bulb": "dim", "Shade": "red"})
    assert [one.origin for one in response.learned] == ["accepted"]
    assert response.endings[0].exception == "pipeline"
    assert "it is the baseline from now on" in response.endings[0].notes[0]
    assert "Changes come from here" in response.endings[0].notes[0]


def test_a_change_that_only_the_event_attributes_waits_and_is_not_learned(lamps: Lamps) -> None:
    """Whoever may invoke the function can have written the event."""
    response = lamps.respond(by(), exceptions=EXCEPTIONS)

    assert outcomes(response) == [Outcome.EXCEPTED]
    assert not lamps.calls
    assert baseline(lamps) == (1, STATE)
    assert not response.learned
    assert "when the event history confirms" in response.endings[0].notes[0]


def test_a_waiting_change_stands_in_sweeps_that_the_history_does_not_answer(lamps: Lamps) -> None:
    lamps.respond(by(), exceptions=EXCEPTIONS)
    lamps.now = NOW + timedelta(minutes=15)

    response = lamps.respond(SWEEP, exceptions=EXCEPTIONS)

    assert outcomes(response) == [Outcome.EXCEPTED]
    assert response.endings[0].quiet
    assert baseline(lamps) == (1, STATE)
    assert not lamps.calls


def test_a_waiting_change_that_the_history_confirms_becomes_the_baseline(lamps: Lamps) -> None:
    lamps.respond(by(), exceptions=EXCEPTIONS)
    happened(lamps)
    lamps.now = NOW + timedelta(minutes=15)

    response = lamps.respond(SWEEP, exceptions=EXCEPTIONS)

    assert outcomes(response) == [Outcome.EXCEPTED]
    assert baseline(lamps) == (2, {"Bulb": "dim", "Shade": "red"})


def test_a_waiting_change_that_the_history_says_is_somebody_elses_is_put_right(lamps: Lamps) -> None:
    lamps.respond(by(), exceptions=EXCEPTIONS)
    happened(lamps, "eve")
    lamps.now = NOW + timedelta(minutes=15)

    response = lamps.respond(SWEEP, exceptions=EXCEPTIONS)

    assert repaired(response)
    assert baseline(lamps) == (1, STATE)


@pytest.mark.parametrize("repeated", [False, True])
def test_a_change_that_nobody_confirms_is_put_right_after_the_time(lamps: Lamps, repeated: bool) -> None:
    lamps.respond(by(), exceptions=EXCEPTIONS)
    if repeated:
        lamps.now = NOW + timedelta(minutes=20)
        lamps.respond(by(), exceptions=EXCEPTIONS)
    lamps.now = NOW + timedelta(minutes=31)

    assert repaired(lamps.respond(SWEEP, exceptions=EXCEPTIONS))
    assert baseline(lamps) == (1, STATE)


def test_an_event_that_comes_when_the_time_is_over_excuses_nothing(lamps: Lamps) -> None:
    lamps.respond(by(), exceptions=EXCEPTIONS)
    lamps.now = NOW + timedelta(minutes=31)

    assert repaired(lamps.respond(by(), exceptions=EXCEPTIONS))


def test_nothing_waits_for_a_history_that_nobody_has_to_be_found_in(lamps: Lamps) -> None:
    """Without an exception for an actor no answer could change anything."""
    lamps.respond(by(), exceptions=EXCEPTIONS)

    assert repaired(lamps.respond(SWEEP))


def test_a_change_by_somebody_else_is_put_right_at_once(lamps: Lamps) -> None:
    assert repaired(lamps.respond(by("eve"), exceptions=EXCEPTIONS))
    assert baseline(lamps) == (1, STATE)


def test_an_exception_for_the_resource_excuses_and_leaves_the_baseline_alone(lamps: Lamps) -> None:
    happened(lamps)

    response = lamps.respond(SWEEP, exceptions={"hall": exception(resource="hall")})

    assert outcomes(response) == [Outcome.EXCEPTED]
    assert baseline(lamps) == (1, STATE)
    assert not response.learned


@pytest.mark.parametrize("minutes", [0, 31])
def test_an_exception_for_the_resource_holds_beside_one_that_waits(lamps: Lamps, minutes: int) -> None:
    both = {"a-pipeline": EXCEPTIONS["pipeline"], "b-hall": exception(resource="hall")}
    lamps.respond(by(), exceptions=both)
    lamps.now = NOW + timedelta(minutes=minutes)

    response = lamps.respond(by(), exceptions=both)

    assert outcomes(response) == [Outcome.EXCEPTED]
    assert response.endings[0].exception == "b-hall"
    assert baseline(lamps) == (1, STATE)


def test_an_actors_change_of_what_has_no_baseline_is_excused_as_before(lamps: Lamps) -> None:
    lamps.findings = lambda name: [finding(name, causes=("SwitchOff",))]

    response = lamps.respond(by(), exceptions=EXCEPTIONS)

    assert outcomes(response) == [Outcome.EXCEPTED]
    assert not [group for _, group in lamps.records.asked if group != "exception"]


def test_an_exception_that_an_undo_has_given_is_honoured(lamps: Lamps) -> None:
    given(lamps, "undo", exception(resource="hall", reason="Undone by an operator", expires="2026-11-25"))

    response = lamps.respond(SWEEP)

    assert outcomes(response) == [Outcome.EXCEPTED]
    assert response.endings[0].exception == "undo"
    assert "Undone by an operator" in response.endings[0].notes[0]


@pytest.mark.parametrize(
    "entry",
    [
        exception(resource="hall", expires="2026-11-23"),
        exception(resource="kitchen"),
        exception(resource="hall", scope="other"),
    ],
    ids=["expired", "another resource", "another automation"],
)
def test_an_exception_of_the_table_that_does_not_apply_excuses_nothing(
    lamps: Lamps, entry: dict[str, object]
) -> None:
    given(lamps, "undo", entry)

    assert repaired(lamps.respond(SWEEP))


def test_an_exception_of_the_table_that_cannot_be_read_is_named_and_the_others_hold(lamps: Lamps) -> None:
    given(lamps, "broken", {"match": "hall"})
    given(lamps, "undo", exception(resource="hall"))

    response = lamps.respond(SWEEP)

    assert outcomes(response) == [Outcome.EXCEPTED]
    assert response.notes == ("Exception 'broken' cannot be read and does not apply.",)


def test_a_table_that_cannot_be_read_excuses_nothing_and_the_response_says_so(lamps: Lamps) -> None:
    given(lamps, "undo", exception(resource="hall"))
    lamps.records.errors["Query"] = "AccessDeniedException"

    response = lamps.respond(SWEEP)

    assert repaired(response)
    assert {failure.call for failure in response.problems} == {"dynamodb:Query"}
    assert response.failures


def test_an_exception_of_the_settings_holds_without_the_table(lamps: Lamps) -> None:
    lamps.records.errors["Query"] = "AccessDeniedException"

    response = lamps.respond(SWEEP, exceptions={"hall": exception(resource="hall")})

    assert outcomes(response) == [Outcome.EXCEPTED]
    assert response.failures


@pytest.mark.parametrize("operation", ["PutItem", "GetItem"])
def test_what_cannot_be_written_down_to_wait_is_put_right(lamps: Lamps, operation: str) -> None:
    lamps.respond(by(), exceptions=EXCEPTIONS)
    lamps.records.errors[operation] = "InternalServerError"

    response = lamps.respond(by() if operation == "PutItem" else SWEEP, exceptions=EXCEPTIONS)

    assert repaired(response)
    assert [failure.call for failure in response.problems] == [f"dynamodb:{operation}"]


def test_a_confirmed_change_that_cannot_be_recorded_stands_and_is_a_problem(lamps: Lamps) -> None:
    happened(lamps)
    lamps.records.errors["PutItem"] = "InternalServerError"

    response = lamps.respond(SWEEP, exceptions=EXCEPTIONS)

    assert outcomes(response) == [Outcome.EXCEPTED]
    assert not response.learned
    assert [failure.call for failure in response.problems] == ["dynamodb:PutItem"]


def test_the_table_is_asked_for_exceptions_once_a_response(lamps: Lamps) -> None:
    lamps.on |= {"kitchen": False, "stairs": False}

    lamps.respond(SWEEP, exceptions=EXCEPTIONS)

    assert [group for operation, group in lamps.records.asked if operation == "Query"].count("exception") == 1


def test_a_call_that_was_refused_can_be_excused_by_the_table_too(lamps: Lamps) -> None:
    given(lamps, "scanner", exception(actor=PIPELINE, quiet=True))
    alarm = by()
    call = Call("test.amazonaws.com", "SwitchOff", "event", NOW, {}, "AccessDenied")
    refused = Alarm("alarm", Door.API, "SwitchOff", ACCOUNT, "us-east-1", NOW, call, alarm.actor, (HALL,))

    response = lamps.respond(refused)

    assert outcomes(response) == [Outcome.EXCEPTED]
    assert response.endings[0].quiet
