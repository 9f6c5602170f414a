"""Responses in the table: what is recorded, for how long, and what is known of repairs before."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rearm import handler
from rearm.endings import unread
from rearm.model import (
    Action,
    Attempt,
    Attributed,
    Check,
    Earlier,
    Ending,
    Failure,
    Learned,
    Outcome,
    Response,
    Severity,
    Unreadable,
)
from rearm.report import journal, message
from rearm.report.news import news_of
from rearm.responses import CONTENT_LIMIT, Responses, content_of
from rearm.settings import Settings, from_environment
from rearm.table import Table
from tests.events.envelopes import REGION, scheduled, stop_logging
from tests.unit.deployment import RETENTION_DAYS, TABLE
from tests.unit.lamps import NOW, SWEEP, action, api_alarm, finding, resource
from tests.unit.world import World, ago, client

CHECK = Check("test", "DescribeLamp", {"Name": "hall"}, "us-east-1", "Lamp.Bulb", "bright")
UNDO = Action("test", "ChangeBulb", {"Name": "hall", "Bulb": "dim"}, "us-east-1", "dim it", check=CHECK)


@pytest.fixture
def settings(world: World) -> Settings:
    return from_environment()


@pytest.fixture
def responses(world: World, settings: Settings) -> Responses:
    return Responses(Table(handler._aws, TABLE, REGION), settings)


def ending(name: str = "hall", outcome: Outcome = Outcome.REMEDIATED, **changes: Any) -> Ending:
    done = action(name, "ChangeBulb", undo=UNDO)
    made = Ending(
        finding=finding(name, done, since=NOW - timedelta(seconds=30)),
        outcome=outcome,
        attributed=Attributed("not-asked"),
        attempts=(Attempt(done, NOW),),
        restored=NOW,
        seconds=30.0,
    )
    return replace(made, **changes)


def response(*endings: Ending, id: str = "first", at: datetime = NOW, **changes: Any) -> Response:  # noqa: A002
    return replace(Response(replace(SWEEP, id=id), at, at, endings), **changes)


def test_a_response_is_recorded_with_everything_an_undo_needs(world: World, responses: Responses) -> None:
    responses.record(response(ending()), NOW)

    ((key, item),) = world.items("cloudtrail#response").items()
    assert key == f"first {NOW.isoformat()}"
    assert item["response"] == "first"
    assert item["mode"] == "remediate"
    (told,) = item["findings"]
    assert told["rule"] == "lamp-off"
    assert told["outcome"] == "remediated"
    assert told["resource"]["arn"] == resource("hall").arn
    assert told["seconds"] == 30.0
    (done,) = told["actions"]
    assert (done["service"], done["operation"], done["error"]) == ("test", "ChangeBulb", None)
    assert done["undo"]["parameters"] == {"Name": "hall", "Bulb": "dim"}
    assert done["undo"]["check"] == {
        "service": "test",
        "operation": "DescribeLamp",
        "parameters": {"Name": "hall"},
        "region": "us-east-1",
        "path": "Lamp.Bulb",
        "value": "bright",
    }


def test_a_repair_without_undo_is_recorded_without_one(world: World, responses: Responses) -> None:
    responses.record(response(ending(attempts=(Attempt(action("hall"), NOW),))), NOW)

    (item,) = world.items("cloudtrail#response").values()
    assert item["findings"][0]["actions"][0]["undo"] is None


def test_a_response_may_go_when_the_retention_is_over(responses: Responses) -> None:
    responses.record(response(ending()), NOW)

    items: Any = client("dynamodb").scan(TableName=TABLE)["Items"]
    expires = {item["group"]["S"].split("#")[1]: int(item["expires"]["N"]) for item in items}
    assert expires["response"] == int((NOW + timedelta(days=RETENTION_DAYS)).timestamp())
    assert expires["repair"] == int((NOW + timedelta(days=7)).timestamp())


def test_every_try_of_lambda_is_a_record_of_its_own(world: World, responses: Responses) -> None:
    responses.record(response(ending()), NOW)
    later = NOW + timedelta(minutes=1)
    responses.record(response(ending(), at=later), later)

    assert len(world.items("cloudtrail#response")) == 2


@pytest.mark.parametrize(("number", "length"), [(1, 500_000), (40, 50_000), (3000, 200)])
def test_a_record_is_bounded_and_says_what_it_left_out(
    world: World, responses: Responses, settings: Settings, number: int, length: int
) -> None:
    """An item of DynamoDB holds 400 KB, and é takes six characters in JSON."""
    long = [
        ending(str(one), finding=finding(str(one), problem="é" * (length // 6), rule=f"rule {one}"))
        for one in range(number)
    ]
    told = response(*(replace(one, attempts=()) for one in long))

    content = content_of(told, settings)
    responses.record(told, NOW)

    assert len(json.dumps(content)) <= CONTENT_LIMIT
    assert content["left_out"] == number - len(content["findings"])
    assert len(world.items("cloudtrail#response")) == 1


def test_a_repair_knows_those_of_the_hour_before(responses: Responses) -> None:
    for minutes in (90, 50, 10):
        at = NOW - timedelta(minutes=minutes)
        once = ending(finding=finding("hall", since=at - timedelta(seconds=30)))
        responses.record(response(once, id=f"{minutes} ago", at=at), at)
    responses.record(response(ending("kitchen"), id="kitchen", at=NOW - timedelta(minutes=5)), NOW)

    (known,) = responses.with_earlier(response(ending(), id="now"), NOW).endings

    assert [one.response for one in known.earlier] == ["50 ago", "10 ago"]
    assert [one.seconds for one in known.earlier] == [30.0, 30.0]


def test_lambdas_next_try_is_no_repetition(responses: Responses) -> None:
    responses.record(response(ending()), NOW)

    (known,) = responses.with_earlier(response(ending(), at=NOW + timedelta(minutes=1)), NOW).endings

    assert not known.earlier


def test_a_sweep_that_met_the_same_outage_is_no_repetition(responses: Responses) -> None:
    """It was on its way while the event of the call was."""
    responses.record(response(ending(), id="event"), NOW)

    (known,) = responses.with_earlier(response(ending(), id="sweep"), NOW).endings

    assert not known.earlier


def test_what_was_not_repaired_is_no_repetition(world: World, responses: Responses) -> None:
    stands = ending(outcome=Outcome.NOTIFIED, attempts=())
    responses.record(response(stands), NOW)
    responses.record(response(ending(outcome=Outcome.FAILED, attempts=())), NOW)

    assert not world.items(f"cloudtrail#repair#{resource('hall').arn}")
    (known,) = responses.with_earlier(response(stands, id="second"), NOW).endings
    assert not known.earlier


def test_the_severity_of_a_repetition_is_a_step_higher_and_never_above_critical() -> None:
    earlier = (Earlier(NOW, "first", "lamp-off", "remediated"),)
    for severity, raised in (
        (Severity.MEDIUM, Severity.HIGH),
        (Severity.HIGH, Severity.CRITICAL),
        (Severity.CRITICAL, Severity.CRITICAL),
    ):
        one = ending(finding=finding("hall", severity=severity))
        assert one.severity is severity
        assert replace(one, earlier=earlier).severity is raised


def test_a_second_stop_within_an_hour_is_told_as_one_with_those_before_it(world: World) -> None:
    arn = world.trail("management")
    first = world.handle(world.stop_event(arn, ago(300)))
    assert "within an hour" not in first.message.subject
    world.new_process()

    second = world.handle(world.stop_event(arn, ago(20)))
    world.new_process()
    third = world.handle(world.stop_event(arn, ago(5)))

    assert "2nd time within an hour" in second.message.subject
    assert "3rd time within an hour" in third.message.subject
    body = third.message.body
    assert "REPEATED: 3rd time within an hour" in body
    assert len([line for line in third.message.lines if "trail-not-logging remediated" in line]) == 2
    lines = [run.line["rearm"]["seconds_without_safeguard"] for run in (first, second, third)]
    (total,) = [line for line in third.message.lines if line.startswith("Without the safeguard in all: ")]
    assert abs(float(total.split(": ")[1].removesuffix(" s")) - sum(lines)) < 1.1
    assert third.line["rearm"]["repeated"] == 2
    assert [world.logs(arn), third.outcomes] == [True, ["remediated"]]


def test_a_repair_of_a_safeguard_is_never_given_up(world: World) -> None:
    arn = world.trail("management")

    outcomes = [world.handle(world.stop_event(arn, ago(100 - number))).outcomes for number in range(60)]

    assert outcomes == [["remediated"]] * 60


def test_a_sweep_says_that_it_came_to_its_end(world: World) -> None:
    world.trail("management")

    swept, called = world.handle(scheduled()), world.handle(stop_logging())

    assert [line["Sweeps"] for line in swept.metrics if "Sweeps" in line] == [1]
    assert not [line for line in called.metrics if "Sweeps" in line]


def test_a_sweep_that_could_not_look_came_to_its_end_too(world: World) -> None:
    world.endpoint.fail("cloudtrail:DescribeTrails", "AccessDenied")
    world.endpoint.fail("cloudtrail:ListTrails", "AccessDenied")
    world.endpoint.fail("dynamodb:Query", "AccessDenied")

    run = world.handle(scheduled())

    assert run.error
    assert [line["Sweeps"] for line in run.metrics if "Sweeps" in line] == [1]


def test_a_recorded_baseline_is_in_the_journal_in_full(settings: Settings) -> None:
    state = {"Policy": "x" * 20_000, "Tags": {f"key {number}": "value" * 50 for number in range(50)}}
    learned = Learned(resource("hall"), state, "stronger", 3)

    (line,) = journal.baselines(response(learned=(learned,)), settings)
    written = json.loads(journal.encode(line))

    assert written["event"]["action"] == "baseline-recorded"
    assert written["rearm"]["baseline"]["version"] == 4
    assert written["rearm"]["baseline"]["origin"] == "stronger"
    assert json.loads(written["rearm"]["baseline"]["state"]) == state
    assert written["rearm"]["resource"] == {"arn": resource("hall").arn}


def test_a_quiet_call_is_told_to_nobody_unless_something_failed() -> None:
    quiet = replace(response(quiet=True), alarm=api_alarm())
    assert not news_of(quiet)
    assert news_of(replace(quiet, quiet=False))
    assert news_of(replace(quiet, problems=(Failure("Code", "message", "test:Call"),)))


def test_a_recommendation_is_told_again_only_after_a_month() -> None:
    minor = ending(
        outcome=Outcome.NOTIFIED, attempts=(), finding=finding("hall", severity=Severity.INFORMATIONAL)
    )
    (news,) = news_of(response(minor))

    assert news.again_after == timedelta(days=30)
    assert news_of(response(replace(minor, finding=finding("hall"))))[0].again_after == timedelta(days=1)


def test_what_could_not_be_read_is_told_with_its_own_severity_and_advice(
    world: World, settings: Settings
) -> None:
    failure = Failure("AccessDenied", "no", "s3:GetBucketPolicy")
    shut_out = Unreadable(resource("hall"), failure, Severity.CRITICAL, ("Only root can open it.",))

    told = message.compose(response(unread(shut_out)), settings)

    assert told.attributes["severity"] == "CRITICAL"
    assert "- Only root can open it." in told.body.split("\n")
    plain = message.compose(response(unread(Unreadable(resource("hall"), failure))), settings)
    assert plain.attributes["severity"] == "HIGH"
    assert "cannot say whether this safeguard is on" in plain.body
