"""The engine and what is kept: baselines, findings that are about one attribute, what only root can mend."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rearm.alarm import Alarm
from rearm.model import Assessment, Ending, Learned, Outcome, Severity
from rearm.report.config import _verdicts
from rearm.settings import from_environment
from tests.events.envelopes import api_event
from tests.events.identities import assumed_role
from tests.unit.deployment import configuration, environment
from tests.unit.lamps import NOW, SWEEP, Lamps, api_alarm, finding, outcomes, resource


def test_where_aws_refuses_the_repair_it_is_critical_and_says_who_can_do_it() -> None:
    lamps = Lamps({"hall": False}, errors={"hall": "AccessDenied"})
    lamps.findings = lambda name: [finding(name, if_denied=("Only root can.",), advice=("Look at it.",))]

    (ending,) = lamps.respond().endings

    assert ending.outcome is Outcome.FAILED
    assert ending.severity is Severity.CRITICAL
    assert ending.finding.advice == ("Only root can.", "Look at it.")


@pytest.mark.parametrize("code", ["ThrottlingException", "ConflictException"])
def test_another_error_is_no_reason_to_ask_root(code: str) -> None:
    lamps = Lamps({"hall": False}, errors={"hall": code})
    lamps.findings = lambda name: [finding(name, if_denied=("Only root can.",))]

    (ending,) = lamps.respond().endings

    assert ending.severity is Severity.HIGH
    assert "Only root can." not in ending.finding.advice


def test_verifying_names_the_finding_that_it_is_about() -> None:
    lamps = Lamps({"hall": False})
    asked: list[tuple[str | None, tuple[str, ...]]] = []

    def remember(alarm: Alarm, seen: Assessment) -> Assessment:
        asked.append((alarm.about, alarm.resources))
        return seen

    lamps.sees = remember
    lamps.respond()

    assert asked == [(None, ()), ("lamp-off", (resource("hall").arn,))]


def test_what_assess_proposes_is_recorded_after_the_repair() -> None:
    lamps = Lamps({"hall": False, "stairs": True})
    learned = Learned(resource("stairs"), {"Bulb": "bright"}, "first-seen")
    lamps.sees = lambda _alarm, seen: replace(seen, learned=(learned,))

    response = lamps.respond()

    assert [one.resource.name for one in response.learned] == ["stairs"]
    assert list(lamps.records.group("cloudtrail#baseline")) == [resource("stairs").arn]
    assert lamps.on["hall"]


@pytest.mark.parametrize("operation", ["PutItem", "Query"])
def test_a_baseline_that_cannot_be_recorded_is_a_problem_of_its_own(operation: str) -> None:
    lamps = Lamps({"hall": False})
    learned = Learned(resource("stairs"), {"Bulb": "bright"}, "first-seen")
    lamps.sees = lambda _alarm, seen: replace(seen, learned=(learned,))
    lamps.records.errors[operation] = "InternalServerError"

    response = lamps.respond()

    assert outcomes(response) == [Outcome.REMEDIATED]
    assert not response.learned
    assert f"dynamodb:{operation}" in [failure.call for failure in response.problems]


def test_a_baseline_that_came_in_between_is_left_alone() -> None:
    lamps = Lamps({"hall": True})
    stale = Learned(resource("hall"), {"Bulb": "dim"}, "stronger", 4)
    lamps.sees = lambda _alarm, seen: replace(seen, learned=(stale,))

    response = lamps.respond()

    assert not response.learned
    assert not response.problems
    assert not lamps.records.items


def test_a_call_that_is_accounted_for_is_not_looked_at_twice() -> None:
    lamps = Lamps({})
    lamps.sees = lambda _alarm, seen: replace(seen, quiet=True)

    response = lamps.respond(api_alarm())

    assert response.quiet
    assert len(lamps.looks) == 1


def changed_by(role: str, minute: int, **parameters: Any) -> dict[str, Any]:
    time = f"{NOW - timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}"
    wanted = {"name": resource("hall").arn, **parameters}
    event = api_event("ChangeLamp", identity=assumed_role(role), parameters=wanted, time=time)
    detail: dict[str, Any] = event["detail"]
    return detail


def test_a_change_is_attributed_to_the_call_that_set_it_and_not_to_a_later_one() -> None:
    lamps = Lamps({"hall": False})
    lamps.findings = lambda name: [finding(name, causes=("ChangeLamp",), set_by=("bulb",))]
    lamps.history["ChangeLamp"] = [
        changed_by("nobody", 5, shade="red"),
        changed_by("eve", 10, bulb="dim"),
        changed_by("before", 20, bulb="dark"),
    ]

    (ending,) = lamps.respond().endings

    assert ending.attributed.how == "lookup"
    assert ending.attributed.actor
    assert str(ending.attributed.actor.role_arn).endswith("/eve")


def test_a_call_that_set_something_else_is_not_behind_a_change() -> None:
    lamps = Lamps({"hall": False})
    lamps.findings = lambda name: [finding(name, causes=("SwitchOff",), set_by=("bulb",))]
    call = replace(api_alarm().call, parameters={"shade": "red"})  # type: ignore[type-var]

    (ending,) = lamps.respond(api_alarm(call=call)).endings

    assert ending.attributed.how == "unanswered"


def test_the_alarms_call_is_behind_what_it_set() -> None:
    lamps = Lamps({"hall": False})
    lamps.findings = lambda name: [finding(name, causes=("SwitchOff",), set_by=("bulb", "lamp"))]
    call = replace(api_alarm().call, parameters={"lamp": None})  # type: ignore[type-var]

    (ending,) = lamps.respond(api_alarm(call=call)).endings

    assert ending.attributed.how == "event"


def test_a_recommendation_is_no_breach_for_config() -> None:
    settings = from_environment(environment(configuration()))
    lamps = Lamps({"hall": False, "stairs": False}, errors={"stairs": "AccessDenied"})
    minor = {"hall": Severity.INFORMATIONAL, "stairs": Severity.LOW}
    lamps.findings = lambda name: [
        replace(finding(name, severity=minor[name]), actions=() if name == "hall" else finding(name).actions)
    ]

    response = lamps.respond(SWEEP)
    verdicts = {key[1]: verdict for key, verdict in _verdicts(response, settings).items()}

    by_name: dict[str, Ending] = {one.finding.resource.name: one for one in response.endings}
    assert by_name["hall"].outcome is Outcome.NOTIFIED
    assert verdicts["hall"] == ("COMPLIANT", "Recommended: hall is off.")
    assert verdicts["stairs"][0] == "NON_COMPLIANT"
