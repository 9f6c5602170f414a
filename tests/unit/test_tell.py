"""Telling: what is worth a message, what a topic that fails does, and how many people listen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from rearm import report
from rearm.report.tell import MOST_OWED, REMEMBERED, Owed
from tests.events.envelopes import api_event, custom_rule_invocation, scheduled, stop_logging
from tests.events.identities import ACCOUNT, assumed_role
from tests.unit.deployment import TOPIC, exception
from tests.unit.endpoint import ApiError, Made
from tests.unit.world import World, ago

FAULTS = [
    ApiError("AuthorizationError", "no", 403),
    ApiError("NotFound", "no topic", 404),
    ApiError("KMSAccessDenied", "the key"),
    ApiError("InternalFailure", "later", 500),
    ApiError("Throttled", "slow down", 429),
    TimeoutError("no answer"),
    ConnectionError("no way"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_failing_topic_stops_no_repair_and_is_raised(world: World, fault: Exception) -> None:
    arn = world.trail("management")
    world.stop(arn)
    world.endpoint.fail("sns:Publish", fault)

    run = world.handle(stop_logging())

    # Then the trail logs, the journal has the finding and the failure, and Lambda sees it
    assert world.logs(arn)
    assert run.outcomes == ["remediated"]
    assert run.error
    assert "sns:Publish" in str(run.error)
    assert [line["event"]["action"] for line in run.journal] == ["StopLogging", "message-failed"]
    assert run.journal[-1]["log"]["level"] == "error"
    assert not run.messages


def test_an_answer_without_a_message_id_is_not_taken_for_success(world: World) -> None:
    """An answer that broke off on its way looks like one without members."""
    arn = world.trail("management")
    world.stop(arn)
    world.endpoint.answer("sns:Publish", lambda _: {})

    run = world.handle(stop_logging())

    assert world.logs(arn)
    assert "sns:Publish: MalformedAnswer" in str(run.error)


def test_what_could_not_be_told_is_told_in_full_when_lambda_tries_again(world: World) -> None:
    """By then the trail logs: without a memory of the first message there would be nothing to tell."""
    arn = world.trail("management")
    event = world.stop_event(arn)
    world.endpoint.fail("sns:Publish", "InternalFailure", times=1)
    world.handle(event)

    again = world.handle(event)

    assert again.error is None
    assert again.message.attributes["outcome"] == "remediated"
    assert again.message.lines[0] == "REMEDIATED - CRITICAL"
    assert not world.handle(event).messages


def test_what_could_not_be_told_is_told_with_the_next_alarm_whatever_it_is(world: World) -> None:
    arn = world.trail("management")
    world.endpoint.fail("sns:Publish", "InternalFailure", times=1)
    world.handle(world.stop_event(arn))

    (message,) = world.handle(scheduled()).messages

    assert message.attributes["outcome"] == "remediated"


def test_a_message_that_no_topic_takes_is_given_up_and_blocks_no_other(world: World) -> None:
    # Given a message that SNS refuses every time
    arn = world.trail("management")
    event = world.stop_event(arn)
    refused: list[str] = []

    def refuse(made: Made) -> None:
        if "remediated" in made.parameters["Subject"]:
            refused.append(made.parameters["Subject"])
            raise ApiError("InvalidParameter")

    world.endpoint.answer("sns:Publish", refuse)

    # When Lambda has tried its event again, and something else happens
    runs = [world.handle(event) for _ in range(3)]
    after = world.handle(stop_logging(error="AccessDenied"))

    # Then it has failed for Lambda to see until it was given up, and the other message has come through
    assert ["InvalidParameter" in str(run.error) for run in runs] == [True, True, False]
    assert len(refused) == 2
    assert after.error is None
    assert after.message.attributes["outcome"] == "notified"


def denied_by(number: int) -> dict[str, Any]:
    return stop_logging(error="AccessDenied", identity=assumed_role(f"role-{number}"))


def test_messages_that_wait_are_told_in_their_order(world: World) -> None:
    world.endpoint.fail("sns:Publish", "InternalFailure", times=2)

    told = [world.handle(denied_by(number)).messages for number in range(2)]
    told.append(world.handle(scheduled()).messages)

    assert [len(messages) for messages in told[:2]] == [0, 0]
    roles = [line for message in told[2] for line in message.lines if line.startswith("Role: ")]
    assert [role.rpartition("/")[2] for role in roles] == ["role-0", "role-1"]


def test_what_neither_topic_nor_table_takes_waits_in_the_process_but_not_without_end(world: World) -> None:
    world.trail("management")
    world.endpoint.fail("sns:Publish", "InternalFailure")
    world.endpoint.fail("dynamodb:PutItem", "InternalServerError")
    memory = report.memory
    memory.owed = [Owed(report.message.Message("s", "b", {}), (), -1000)] * (MOST_OWED + 50)

    world.handle(denied_by(0))

    assert len(memory.owed) == MOST_OWED


def test_a_message_that_cannot_be_written_is_raised_after_the_repair(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = world.trail("management")
    world.stop(arn)

    def stumble(*_: object) -> Any:
        raise ValueError("a bug")

    monkeypatch.setattr(report.message, "compose", stumble)

    run = world.handle(stop_logging())

    assert world.logs(arn)
    assert run.outcomes == ["remediated"]
    assert "ValueError" in str(run.error)


@pytest.mark.parametrize(
    "topic",
    ["", "rearm-notifications", "arn:aws:sns", "arn:aws:sns:us-east-1", f"arn:aws:sns::{ACCOUNT}:lost"],
)
@pytest.mark.parametrize("make", [stop_logging, scheduled], ids=["api", "sweep"])
def test_a_topic_that_cannot_be_stops_no_repair_and_is_raised(world: World, topic: str, make: Any) -> None:
    """Fail towards safety: without a topic a repair still happens, and is on record."""
    world.deploy(topic=topic)
    arn = world.trail("management")
    world.stop(arn)

    run = world.handle(make())

    assert world.logs(arn)
    assert "remediated" in run.outcomes
    assert run.error


def test_a_topic_of_another_region_is_published_to_there(world: World) -> None:
    world.deploy(topic=f"arn:aws:sns:eu-west-1:{ACCOUNT}:rearm-notifications")
    world.stop(world.trail("management"))

    run = world.handle(stop_logging())

    assert [made.region for made in run.called("sns:Publish")] == ["eu-west-1"]


def test_rearms_own_calls_are_told_to_nobody(world: World) -> None:
    world.trail("management")
    own = assumed_role("rearm-cloudtrail", "rearm-cloudtrail")

    run = world.handle(api_event("StartLogging", parameters={"name": "management"}, identity=own))

    assert not run.messages
    assert not run.changes
    assert run.outcomes == ["compliant"]


def test_a_call_that_was_refused_to_rearms_role_is_told(world: World) -> None:
    """Rearm never tries to stop a trail, and its role may not: somebody has its credentials."""
    own = assumed_role("rearm-cloudtrail", "rearm-cloudtrail")

    run = world.handle(stop_logging(error="AccessDenied", identity=own))

    assert run.outcomes == ["notified"]
    assert f"Role: arn:aws:iam::{ACCOUNT}:role/rearm-cloudtrail" in run.message.lines


def test_a_sweep_that_finds_nothing_tells_nobody(world: World) -> None:
    world.trail("management")

    run = world.handle(scheduled())

    assert not run.messages
    assert run.outcomes == ["compliant"]


def test_a_repeated_denied_attempt_is_told_once(world: World) -> None:
    event = stop_logging(error="AccessDenied")

    assert [len(world.handle(event).messages) for _ in range(3)] == [1, 0, 0]


def test_a_standing_finding_is_told_by_the_first_sweep_and_again_a_day_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy(mode="notify")
    world.stop(world.trail("management"))
    start = datetime.now(UTC)
    told = []
    for hours in (0, 1, 23, 24, 25):
        clock = Mock(now=lambda tz, later=timedelta(hours=hours): (start + later).astimezone(tz))
        monkeypatch.setattr(report, "datetime", clock)
        told.append(len(world.handle(scheduled()).messages))

    assert told == [1, 0, 0, 1, 0]


def test_a_new_stop_of_a_trail_is_news_even_if_an_earlier_one_was_told(world: World) -> None:
    """Between two sweeps somebody started the trail and stopped it again: that is another finding."""
    world.deploy(mode="notify")
    arn = world.trail("management")
    world.stop(arn, ago(7200))
    first = world.handle(scheduled())
    world.stop(arn, ago(60))

    second = world.handle(scheduled())

    assert len(first.messages) == len(second.messages) == 1


def test_a_failure_is_told_by_every_sweep(world: World) -> None:
    world.stop(world.trail("management"))
    world.endpoint.fail("cloudtrail:StartLogging", "AccessDenied")

    runs = [world.handle(scheduled(time=f"2026-11-24T09:{minute}:00Z")) for minute in (15, 30, 45)]

    assert [len(run.messages) for run in runs] == [1, 1, 1]
    assert all(run.error for run in runs)


def test_something_new_is_told_with_what_stands(world: World) -> None:
    world.deploy(exceptions={"planned": exception(resource="excused")})
    excused, other = world.trail("excused"), world.trail("other")
    world.stop(excused)
    world.handle(scheduled())
    world.stop(other)

    message = world.handle(scheduled()).message

    assert f"ARN: {other}" in message.lines
    assert f"ARN: {excused}" in message.lines


def test_a_problem_beside_a_quiet_finding_is_told(world: World) -> None:
    world.deploy(exceptions={"planned": exception(resource="management", quiet=True)})
    world.stop(world.trail("management"))
    world.endpoint.fail("config:PutEvaluations", "InternalFailure")

    run = world.handle(custom_rule_invocation())

    assert "Failed beside it: config:PutEvaluations: InternalFailure: made by the test" in run.message.lines
    assert run.error


def test_a_problem_without_a_finding_is_told_as_a_failure(world: World) -> None:
    world.trail("management")
    world.endpoint.fail("config:PutEvaluations", "InternalFailure")

    run = world.handle(custom_rule_invocation())

    assert run.message.attributes["outcome"] == "failed"
    assert run.message.attributes["severity"] == "HIGH"
    assert run.line["event"]["outcome"] == "failure"
    assert run.line["error"]["code"] == "InternalFailure"


def test_the_memory_of_what_was_told_does_not_grow_without_end(world: World) -> None:
    world.trail("management")
    memory = report.memory
    now = datetime.now(UTC)
    memory.told = {(f"alarm {number}", ""): now for number in range(REMEMBERED + 50)}
    event = stop_logging()

    world.handle(event)

    # Then the oldest are forgotten, not the newest
    assert len(memory.told) == REMEMBERED
    assert (f"alarm {event['detail']['eventID']}", "") in memory.told
    assert (f"alarm {REMEMBERED + 49}", "") in memory.told
    assert ("alarm 0", "") not in memory.told


@pytest.mark.parametrize("confirmed", [0, 1, 17])
def test_a_sweep_counts_the_confirmed_subscribers(world: World, confirmed: int) -> None:
    world.trail("management")
    world.endpoint.answer(
        "sns:GetTopicAttributes",
        lambda _: {"Attributes": {"SubscriptionsConfirmed": str(confirmed), "SubscriptionsPending": "3"}},
    )

    run = world.handle(scheduled())

    (line,) = [one for one in run.metrics if "ConfirmedSubscribers" in one]
    assert line["ConfirmedSubscribers"] == confirmed
    assert line["deployment"] == "rearm"


@pytest.mark.parametrize("make", [stop_logging, custom_rule_invocation], ids=["api", "custom rule"])
def test_only_a_sweep_counts_subscribers(world: World, make: Any) -> None:
    world.trail("management")

    assert not world.handle(make()).called("sns:GetTopicAttributes")


@pytest.mark.parametrize("attributes", [{}, {"SubscriptionsConfirmed": ""}, {"SubscriptionsConfirmed": "x"}])
def test_a_malformed_count_is_raised(world: World, attributes: dict[str, str]) -> None:
    world.trail("management")
    world.endpoint.answer("sns:GetTopicAttributes", lambda _: {"Attributes": attributes})

    run = world.handle(scheduled())

    assert "SubscriptionsConfirmed is missing" in str(run.error)
    assert run.outcomes == ["compliant"]


def test_a_count_that_fails_stops_no_repair_and_is_told(world: World) -> None:
    arn = world.trail("management")
    world.stop(arn)
    world.endpoint.fail("sns:GetTopicAttributes", "AuthorizationError")

    run = world.handle(scheduled())

    assert world.logs(arn)
    assert "sns:GetTopicAttributes: AuthorizationError" in str(run.error)
    assert run.message.attributes["outcome"] == "remediated"


def test_a_topic_of_another_account_is_not_asked_for_its_subscribers(world: World) -> None:
    world.deploy(topic=TOPIC.replace(ACCOUNT, "210987654321"))
    world.trail("management")

    run = world.handle(scheduled())

    assert not run.called("sns:GetTopicAttributes")
    assert run.error is None
