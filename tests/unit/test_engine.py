"""The engine, whatever the automation: decide, act, look again, in bounded time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from rearm.alarm import Actor, Alarm, Call
from rearm.automations import Look
from rearm.aws import RESERVE_S, AwsError
from rearm.endings import denied
from rearm.engine import VERIFY_WAITS_S
from rearm.model import Assessment, Failure, Finding, Outcome, Unreadable
from tests.unit.deployment import ROLE, exception
from tests.unit.lamps import NOW, SWEEP, Lamps, action, api_alarm, finding, outcomes, resource


def test_what_is_healthy_is_left_alone() -> None:
    lamps = Lamps({"hall": True})

    response = lamps.respond()

    assert response.endings == ()
    assert [healthy.resource.name for healthy in response.healthy] == ["hall"]
    assert not lamps.calls


def test_a_finding_is_acted_on_and_looked_at_again_by_its_arn() -> None:
    lamps = Lamps({"hall": False})

    response = lamps.respond()

    assert lamps.on["hall"]
    assert outcomes(response) == [Outcome.REMEDIATED]
    assert lamps.looks == [(), (resource("hall").arn,)]
    assert not lamps.slept


@pytest.mark.parametrize("lag", range(1, len(VERIFY_WAITS_S) + 1))
def test_a_repair_that_shows_late_is_waited_for(lag: int) -> None:
    """AWS is eventually consistent."""
    lamps = Lamps({"hall": False}, lag=lag)

    response = lamps.respond()

    assert outcomes(response) == [Outcome.REMEDIATED]
    assert lamps.slept == list(VERIFY_WAITS_S[:lag])


def test_a_finding_that_is_still_there_after_bounded_looks_has_failed() -> None:
    lamps = Lamps({"hall": False}, lag=100)

    response = lamps.respond()

    assert outcomes(response) == [Outcome.FAILED]
    assert [failure.code for failure in response.failures] == ["StillThere"]
    assert sum(lamps.slept) == sum(VERIFY_WAITS_S)
    assert len(lamps.calls) == 1


def test_another_finding_of_the_same_resource_does_not_undo_the_verdict() -> None:
    lamps = Lamps({"hall": False})
    dim = finding("hall", rule="lamp-dim", actions=())

    def found(name: str) -> list[Finding]:
        return [dim] if lamps.calls else [finding(name), dim]

    lamps.findings = found
    lamps.lag = 1

    response = lamps.respond()

    assert outcomes(response) == [Outcome.REMEDIATED, Outcome.NOTIFIED]


def test_a_failed_call_fails_the_finding_without_waiting() -> None:
    lamps = Lamps({"hall": False}, errors={"hall": "AccessDenied"})

    response = lamps.respond()

    assert outcomes(response) == [Outcome.FAILED]
    assert [failure.code for failure in response.failures] == ["AccessDenied"]
    assert not lamps.slept


def test_a_failed_call_whose_finding_is_gone_all_the_same_is_a_repair_and_says_so() -> None:
    """Somebody else was faster, or the answer was lost on the way."""
    lamps = Lamps({"hall": False}, errors={"hall": "ReadTimeoutError"})
    lamps.findings = lambda name: [finding(name)] if not lamps.calls else []
    lamps.hidden["hall"] = 1
    lamps.on["hall"] = True

    response = lamps.respond()

    assert outcomes(response) == [Outcome.REMEDIATED]
    assert response.endings[0].notes == ("test:SwitchOn failed (ReadTimeoutError), yet the safeguard is on.",)
    assert not response.failures


def test_a_call_that_is_beyond_reach_is_notified_and_not_tried_again() -> None:
    lamps = Lamps({"hall": False}, errors={"hall": "NotYours"})
    lamps.findings = lambda name: [finding(name, action(name, beyond_reach=frozenset({"NotYours"})))]

    response = lamps.respond()

    assert outcomes(response) == [Outcome.NOTIFIED]
    assert not response.failures
    assert len(lamps.calls) == 1


def test_the_first_action_that_fails_is_the_last() -> None:
    lamps = Lamps({"hall": False}, errors={"fuse": "Blown"})
    lamps.findings = lambda name: [finding(name, action("plug", "Plug"), action("fuse"), action(name))]

    response = lamps.respond()

    assert [name for name, _ in lamps.calls] == ["Plug", "SwitchOn"]
    assert [attempt.error.code if attempt.error else None for attempt in response.endings[0].attempts] == [
        None,
        "Blown",
    ]
    assert outcomes(response) == [Outcome.FAILED]


def test_a_finding_without_actions_is_notified_in_mode_remediate() -> None:
    lamps = Lamps({"hall": False})
    lamps.findings = lambda name: [replace(finding(name), actions=())]

    assert outcomes(lamps.respond()) == [Outcome.NOTIFIED]
    assert not lamps.calls


def test_mode_notify_makes_no_call() -> None:
    lamps = Lamps({"hall": False, "cellar": False})

    assert outcomes(lamps.respond(mode="notify")) == [Outcome.NOTIFIED] * 2
    assert not lamps.calls


def test_an_excepted_finding_is_left_and_the_others_are_not() -> None:
    lamps = Lamps({"hall": False, "cellar": False})

    response = lamps.respond(exceptions={"dark": exception(resource="cellar")})

    assert lamps.on == {"hall": True, "cellar": False}
    assert [(ending.finding.resource.name, ending.outcome) for ending in response.endings] == [
        ("hall", Outcome.REMEDIATED),
        ("cellar", Outcome.EXCEPTED),
    ]


def test_one_failure_does_not_keep_the_others_from_being_repaired() -> None:
    lamps = Lamps({"hall": False, "cellar": False, "attic": False}, errors={"cellar": "Throttling"})

    response = lamps.respond()

    assert lamps.on == {"hall": True, "cellar": False, "attic": True}
    assert [failure.code for failure in response.failures] == ["Throttling"]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("a bug"),
        KeyError("key"),
        RecursionError(),
        AwsError(Failure("Throttling", "slow", "a:B")),
    ],
    ids=repr,
)
def test_an_automation_that_stumbles_ends_in_a_failure_and_not_in_an_exception(error: Exception) -> None:
    lamps = Lamps({"hall": False})

    def stumble(_: str) -> Sequence[Finding]:
        raise error

    lamps.findings = stumble

    response = lamps.respond()

    assert outcomes(response) == [Outcome.FAILED]
    assert len(response.failures) == 1


def test_a_look_that_fails_after_the_repair_is_tried_again() -> None:
    lamps = Lamps({"hall": False})
    looks = iter([True, False, True])

    class Flaky(Lamps):
        def assess(self, alarm: Alarm, look: Look) -> Assessment:
            if next(looks):
                return super().assess(alarm, look)
            return Assessment(unreadable=(Unreadable(resource("hall"), Failure("Slow", "", "test:Get")),))

    lamps = Flaky({"hall": False})

    assert outcomes(lamps.respond()) == [Outcome.REMEDIATED]
    assert lamps.slept == [VERIFY_WAITS_S[0]]


def test_a_call_that_leaves_nothing_to_find_is_looked_at_once_more() -> None:
    """The event can be faster than the state."""
    lamps = Lamps({"hall": True})
    looks: list[int] = []

    class Late(Lamps):
        def assess(self, alarm: Alarm, look: Look) -> Assessment:
            looks.append(1)
            if len(looks) == 2:
                self.on["hall"] = False
            return super().assess(alarm, look)

    lamps = Late({"hall": True})

    response = lamps.respond(api_alarm())

    assert outcomes(response) == [Outcome.REMEDIATED]
    assert lamps.slept == [2.0]


def test_a_finding_that_the_call_did_not_cause_does_not_spare_the_second_look() -> None:
    """A lamp that flickers anyway must not hide that it was switched off a moment ago."""
    flicker = replace(finding("hall", rule="flickers"), actions=())

    class Late(Lamps):
        def assess(self, alarm: Alarm, look: Look) -> Assessment:
            seen = super().assess(alarm, look)
            off = [finding("hall", causes=("SwitchOff",))] if len(self.looks) == 2 else []
            return Assessment((*off, flicker), seen.healthy)

    lamps = Late({"hall": True})

    response = lamps.respond(api_alarm())

    assert Outcome.REMEDIATED in outcomes(response)


def test_a_healthy_sweep_is_not_looked_at_twice() -> None:
    lamps = Lamps({"hall": True})

    lamps.respond()

    assert len(lamps.looks) == 1


def test_a_resource_that_is_gone_after_the_repair_was_not_repaired() -> None:
    lamps = Lamps({"hall": False})

    class Vanishing(Lamps):
        def assess(self, alarm: Alarm, look: Look) -> Assessment:
            return super().assess(alarm, look) if not self.calls else Assessment()

    lamps = Vanishing({"hall": False})

    response = lamps.respond()

    assert outcomes(response) == [Outcome.FAILED]
    assert [failure.code for failure in response.failures] == ["Gone"]


def test_no_call_is_begun_when_the_functions_time_is_nearly_over() -> None:
    """What is left is for telling: a function that is killed tells nobody."""
    lamps = Lamps({"hall": False})

    lamps.look_takes = 5
    response = lamps.respond(available_s=RESERVE_S + 4)

    assert not lamps.calls
    assert outcomes(response) == [Outcome.FAILED]
    assert [failure.code for failure in response.failures] == ["OutOfTime"]


def test_slow_calls_end_in_time_and_say_what_was_not_done() -> None:
    lamps = Lamps({f"lamp-{number}": False for number in range(10)}, call_takes=20)

    response = lamps.respond(available_s=60)

    assert lamps.clock < 60 + 20
    assert sum(lamps.on.values()) == 3
    assert set(outcomes(response)) == {Outcome.FAILED}
    assert {failure.code for failure in response.failures} == {"OutOfTime"}


def test_waiting_for_a_repair_to_show_ends_in_time() -> None:
    lamps = Lamps({f"lamp-{number}": False for number in range(20)}, lag=100)

    lamps.respond(available_s=30)

    assert lamps.clock <= 30 - RESERVE_S


def test_looking_again_ends_in_time_too() -> None:
    lamps = Lamps({f"lamp-{number}": False for number in range(20)}, look_takes=10)

    response = lamps.respond(available_s=60)

    assert lamps.clock <= 60
    assert all(lamps.on.values())
    assert outcomes(response).count(Outcome.REMEDIATED) >= 3
    assert {failure.code for failure in response.failures} == {"OutOfTime"}


def test_a_denied_call_is_never_acted_on_and_nothing_is_even_looked_at() -> None:
    lamps = Lamps({"hall": False})
    call = Call("test.amazonaws.com", "SwitchOff", "event", NOW, error_code="AccessDenied")

    response = lamps.respond(api_alarm(call=call))

    assert outcomes(response) == [Outcome.NOTIFIED]
    assert not lamps.calls
    assert not lamps.looks


def test_only_a_call_can_be_denied() -> None:
    with pytest.raises(ValueError, match="only a call"):
        denied(SWEEP)


def test_rearm_does_not_act_on_its_own_calls() -> None:
    lamps = Lamps({"hall": False})
    actor = Actor("AssumedRole", role_arn=ROLE, session_name="rearm-cloudtrail")
    call = Call("test.amazonaws.com", "SwitchOn", "event", NOW)

    response = lamps.respond(api_alarm(call=call, actor=actor))

    assert not lamps.calls
    assert response.endings == ()
    assert response.own


def test_whoever_switches_off_with_rearms_own_role_is_not_rearm() -> None:
    lamps = Lamps({"hall": False}, findings=lambda name: [finding(name, causes=("SwitchOff",))])
    actor = Actor("AssumedRole", role_arn=ROLE, session_name="rearm-cloudtrail")
    call = Call("test.amazonaws.com", "SwitchOff", "event", NOW)

    response = lamps.respond(api_alarm(call=call, actor=actor))

    assert lamps.on["hall"]
    assert outcomes(response) == [Outcome.REMEDIATED]
    assert not response.own


@pytest.mark.parametrize(
    "actor",
    [
        Actor("AssumedRole", role_arn=f"{ROLE}-2"),
        Actor("AssumedRole", role_arn=ROLE.replace("123456789012", "210987654321")),
        Actor(
            "AssumedRole", role_arn="arn:aws:iam::123456789012:role/other", session_name="rearm-cloudtrail"
        ),
        Actor("IAMUser", arn=ROLE.replace(":role/", ":user/")),
        Actor("AssumedRole", arn=ROLE),
    ],
    ids=["longer", "account", "session", "user", "arn"],
)
def test_whoever_only_looks_like_rearm_is_somebody_else(actor: Actor) -> None:
    lamps = Lamps({"hall": False})

    assert outcomes(lamps.respond(api_alarm(actor=actor))) == [Outcome.REMEDIATED]


def test_a_call_that_rearms_role_was_refused_is_told() -> None:
    """Rearm makes no call that its role may not: somebody else tried with its credentials."""
    lamps = Lamps({"hall": False})
    call = Call("test.amazonaws.com", "SwitchOff", "event", NOW, error_code="AccessDenied")

    response = lamps.respond(api_alarm(call=call, actor=Actor("AssumedRole", role_arn=ROLE)))

    assert outcomes(response) == [Outcome.NOTIFIED]
    assert not response.own


def test_the_seconds_are_between_the_resources_own_times() -> None:
    since, until = NOW - timedelta(seconds=90), NOW - timedelta(seconds=30)
    lamps = Lamps({"hall": False})
    lamps.findings = lambda name: [finding(name, since=since)]

    class Timed(Lamps):
        def assess(self, alarm: Alarm, look: Look) -> Assessment:
            seen = super().assess(alarm, look)
            return replace(seen, healthy=tuple(replace(healthy, since=until) for healthy in seen.healthy))

    lamps = Timed({"hall": False}, findings=lambda name: [finding(name, since=since)])

    ending = lamps.respond().endings[0]

    assert ending.restored == until
    assert ending.seconds == 60
