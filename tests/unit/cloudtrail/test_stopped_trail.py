"""The main job: a trail that somebody has stopped logs again, whatever door the alarm came through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.events.envelopes import config_change, custom_rule_invocation, scheduled, stop_logging
from tests.unit.world import World, ago, stamp

Event = dict[str, Any]
WITHOUT_A_NAME: dict[str, Callable[[], Event]] = {
    "config": lambda: config_change("rearm-cloudtrail-enabled"),
    "custom config rule": custom_rule_invocation,
    "sweep": scheduled,
}
DOORS: dict[str, Callable[[], Event]] = {"api": stop_logging, **WITHOUT_A_NAME}


@pytest.fixture(params=list(DOORS))
def event(request: pytest.FixtureRequest) -> Event:
    return DOORS[request.param]()


def test_a_stopped_trail_logs_again_and_the_team_is_told(world: World, event: Event) -> None:
    arn = world.trail("management")
    world.stop(arn)

    run = world.handle(event)

    assert world.logs(arn)
    assert run.outcomes == ["remediated"]
    assert run.message.attributes["outcome"] == "remediated"
    assert run.error is None
    assert [made.operation for made in run.changes] == ["StartLogging"]


def test_a_trail_that_logs_is_left_alone(world: World, event: Event) -> None:
    arn = world.trail("management")

    run = world.handle(event)

    assert world.logs(arn)
    assert not run.changes
    assert run.outcomes == ["compliant"]
    assert run.error is None


def test_in_mode_notify_nothing_is_changed_and_the_message_lists_the_exact_calls(
    world: World, event: Event
) -> None:
    world.deploy(mode="notify")
    arn = world.trail("management")
    world.stop(arn)

    run = world.handle(event)

    assert not world.logs(arn)
    assert not run.changes
    assert not run.called("config:StartConfigRulesEvaluation")
    assert run.outcomes == ["notified"]
    assert f"aws cloudtrail start-logging --name {arn} --region us-east-1" in run.message.lines
    assert "WHAT WOULD BE DONE (nothing was changed: mode notify)" in run.message.lines
    assert run.line["rearm"]["actions"] == [
        {
            "service": "cloudtrail",
            "operation": "StartLogging",
            "parameters": {"Name": arn},
            "region": "us-east-1",
            "done": False,
        }
    ]


def test_notify_and_remediate_find_the_same_and_name_the_same_calls(world: World, event: Event) -> None:
    # Given the same stopped trail
    arn = world.trail("management")
    world.stop(arn, ago(60))

    # When one deployment only notifies and the other one repairs
    world.deploy(mode="notify")
    dry = world.handle(event)
    world.deploy(mode="remediate")
    real = world.handle(event)

    # Then what would have been done is what was done
    def plan(run: Any) -> list[dict[str, Any]]:
        return [
            {key: action[key] for key in ("service", "operation", "parameters", "region")}
            for action in run.line["rearm"]["actions"]
        ]

    assert plan(dry) == plan(real)
    assert dry.findings == real.findings


def test_an_alarm_that_names_a_trail_looks_at_that_trail_only(world: World) -> None:
    # Given five trails of which two are stopped
    arns = [world.trail(f"trail-{number}") for number in range(5)]
    world.stop(arns[0])

    # When the alarm names one of them
    run = world.handle(world.stop_event(arns[1]))

    # Then no other one is looked at or started, and no call lists them
    assert [world.logs(arn) for arn in arns] == [False, True, True, True, True]
    calls = [made for made in run.calls if made.service == "cloudtrail"]
    assert {made.parameters["Name"] for made in calls} == {arns[1]}
    assert len(calls) <= 5


@pytest.mark.parametrize("make", WITHOUT_A_NAME.values(), ids=WITHOUT_A_NAME.keys())
def test_an_alarm_that_names_no_trail_looks_at_all(world: World, make: Callable[[], Event]) -> None:
    arns = [world.trail(f"trail-{number}") for number in range(4)]
    for arn in arns[1:]:
        world.stop(arn)

    run = world.handle(make())

    assert all(world.logs(arn) for arn in arns)
    assert run.outcomes == ["remediated"] * 3
    assert len(run.messages) == 1


def test_a_trail_that_was_never_started_is_started(world: World) -> None:
    arn = world.trail("management", logging=False)

    run = world.handle(scheduled())

    assert world.logs(arn)
    assert "has never logged" in run.message.body
    assert "Without the safeguard: unknown" in run.message.body
    assert "seconds_without_safeguard" not in run.line["rearm"]


def test_several_trails_are_told_in_one_message_with_one_line_each(world: World) -> None:
    arns = [world.trail(f"trail-{number}") for number in range(3)]
    for arn in arns:
        world.stop(arn)

    run = world.handle(scheduled())

    assert len(run.messages) == 1
    assert sorted(line["rearm"]["resource"]["arn"] for line in run.journal) == arns
    assert all(f"ARN: {arn}" in run.message.lines for arn in arns)
    assert run.message.subject.endswith("(+2)")


def test_a_trail_that_cannot_be_started_does_not_keep_the_others_off(world: World) -> None:
    # Given three stopped trails, the first of which AWS refuses to start
    arns = [world.trail(f"trail-{number}") for number in range(3)]
    for arn in arns:
        world.stop(arn)
    world.endpoint.fail(
        "cloudtrail:StartLogging", "ConflictException", when=lambda made: made.parameters["Name"] == arns[0]
    )

    run = world.handle(scheduled())

    # Then the others log again, each finding has its own outcome, and the failure is raised at the end
    assert [world.logs(arn) for arn in arns] == [False, True, True]
    assert sorted(run.outcomes) == ["failed", "remediated", "remediated"]
    assert "ConflictException" in str(run.error)
    assert run.message.attributes["outcome"] == "failed"
    assert run.message.subject.startswith("[rearm] CRITICAL cloudtrail: trail-0 failed")


def test_a_trail_whose_status_cannot_be_read_does_not_keep_the_others_off(world: World) -> None:
    arns = [world.trail(f"trail-{number}") for number in range(3)]
    for arn in arns:
        world.stop(arn)
    world.endpoint.fail(
        "cloudtrail:GetTrailStatus",
        "InternalFailure",
        when=lambda made: made.parameters["Name"] == arns[1],
    )

    run = world.handle(scheduled())

    assert [world.logs(arn) for arn in arns] == [True, False, True]
    assert sorted(run.outcomes) == ["failed", "remediated", "remediated"]
    assert "InternalFailure" in str(run.error)
    (failed,) = [line for line in run.journal if line["rearm"]["outcome"] == "failed"]
    assert failed["rearm"]["finding"] == "unreadable"
    assert failed["rearm"]["resource"]["arn"] == arns[1]
    assert failed["log"]["level"] == "error"
    assert failed["error"]["code"] == "InternalFailure"


def test_a_denied_start_is_told_and_raised(world: World) -> None:
    arn = world.trail("management")
    world.stop(arn)
    world.endpoint.fail("cloudtrail:StartLogging", "AccessDeniedException")

    run = world.handle(stop_logging())

    assert not world.logs(arn)
    assert run.outcomes == ["failed"]
    assert "AccessDeniedException" in str(run.error)
    assert "AccessDeniedException" in run.message.body
    assert "Put it right by hand" in run.message.body
    assert "HOW TO UNDO IT" not in run.message.body


def test_all_repairs_are_made_before_the_first_one_is_verified(world: World) -> None:
    arns = [world.trail(f"trail-{number}") for number in range(3)]
    for arn in arns:
        world.stop(arn)

    run = world.handle(scheduled())

    operations = [made.operation for made in run.calls if made.service == "cloudtrail"]
    first, last = operations.index("StartLogging"), len(operations) - operations[::-1].index("StartLogging")
    assert operations[first:last] == ["StartLogging"] * 3


def test_a_stop_after_the_repair_is_repaired_too(world: World) -> None:
    arn = world.trail("management")
    for seconds in (90, 30):
        run = world.handle(world.stop_event(arn, ago(seconds)))
        assert world.logs(arn)
        assert run.outcomes == ["remediated"]


def test_a_repeated_event_finds_nothing_to_do_and_is_told_once(world: World) -> None:
    # Given an event that was answered
    arn = world.trail("management")
    event = world.stop_event(arn)
    first = world.handle(event)

    # When it is delivered again
    again = world.handle(event)

    # Then nothing is changed and nobody is told twice, but the journal has a line for each delivery
    assert len(first.messages) == 1
    assert not again.changes
    assert not again.messages
    assert again.outcomes == ["compliant"]
    assert world.logs(arn)


def test_a_late_event_finds_nothing_to_do_but_somebodys_call_is_told(world: World) -> None:
    """The trail was started again by a person before the event came."""
    world.trail("management")

    run = world.handle(stop_logging(time=stamp(ago(7200))))

    assert not run.changes
    assert run.outcomes == ["compliant"]
    assert "StopLogging was called, and nothing is left to put right." in run.message.lines
    assert run.message.attributes["severity"] == "LOW"


def test_events_out_of_order_end_with_every_trail_logging(world: World) -> None:
    arns = [world.trail("alpha"), world.trail("beta")]
    events = [world.stop_event(arn, ago(90 - 60 * number)) for number, arn in enumerate(arns)]

    for event in reversed(events):
        world.handle(event)

    assert all(world.logs(arn) for arn in arns)


def test_a_forged_event_about_a_trail_that_logs_changes_nothing(world: World) -> None:
    arn = world.trail("management")

    run = world.handle(stop_logging() | {"source": "custom.forged"})

    assert world.logs(arn)
    assert not run.changes
