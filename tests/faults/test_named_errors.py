"""Errors of AWS that mean something to Rearm, each by its name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.awsrequest import AWSResponse

from rearm.automations.cloudtrail.findings import BEYOND_REACH
from tests.faults.judge import judge
from tests.scenarios.catalogue import of_automation
from tests.scenarios.stage import Stage
from tests.support.answers import AwsError, answered, operation_model
from tests.support.clock import Clock
from tests.support.wire import Forward, Layer, Sent

BY_NAME = {one.name: one for one in of_automation("cloudtrail") if one.variant == "default"}
STOPPED = BY_NAME["a trail is stopped"]
BY_ARN = BY_NAME["a trail is stopped by its ARN"]
SEVERAL = BY_NAME["a sweep finds stopped trails"]


def refusing(action: str, code: str, about: str = "") -> Callable[[Clock], Layer]:
    """Make a layer that answers a call, perhaps only about one resource, with an error for good."""

    def layer(_clock: Clock) -> Layer:
        def refuse(sent: Sent, forward: Forward) -> AWSResponse:
            if sent.action != action or about not in sent.key:
                return forward()
            return answered(sent, AwsError(code, "made by the test"))

        return refuse

    return layer


def test_a_rule_that_is_evaluated_already_is_no_failure_and_costs_no_time() -> None:
    with Stage(STOPPED) as stage:
        stage.account.config.evaluating.add("rearm-cloudtrail-enabled")

        invocation = stage.invoke()

        assert invocation.error is None
        asked = [sent for sent in stage.recorder.sent if sent.action == "config:StartConfigRulesEvaluation"]
        assert len(asked) == 1
        assert stage.clock.now_s < 1
        (message,) = stage.account.messages()
        assert "LimitExceeded" not in message.body


@pytest.mark.parametrize("code", sorted(BEYOND_REACH))
def test_a_trail_that_is_not_this_accounts_to_start_is_told_and_not_tried_again(code: str) -> None:
    with Stage(SEVERAL, fault=refusing("cloudtrail:StartLogging", code, "audit")) as stage:
        invocation = stage.invoke()

        judge(stage, invocation, 0)
        assert invocation.error is None
        assert stage.account.logs(stage.account.arn("management"))
        assert stage.account.logs(stage.account.arn("everywhere"))
        outcomes = {
            line["rearm"]["resource"]["name"]: line["rearm"]["outcome"] for line in invocation.finding_lines
        }
        assert outcomes == {"audit": "notified", "management": "remediated", "everywhere": "remediated"}
        (message,) = stage.account.messages()
        assert f"not this account's to change ({code})" in message.body


@pytest.mark.parametrize(
    "code",
    sorted(
        {shape.name for shape in operation_model("cloudtrail", "StartLogging").error_shapes} - BEYOND_REACH
    ),
)
def test_every_other_error_of_a_start_fails_that_trail_alone(code: str) -> None:
    with Stage(SEVERAL, fault=refusing("cloudtrail:StartLogging", code, "audit")) as stage:
        invocation = stage.invoke()

        judge(stage, invocation, 0)
        assert f"cloudtrail:StartLogging: {code}" in str(invocation.error)
        assert not stage.account.logs(stage.account.arn("audit"))
        assert stage.account.logs(stage.account.arn("management"))
        assert stage.account.logs(stage.account.arn("everywhere"))
        assert any(f"cloudtrail:StartLogging: {code}" in one.body for one in stage.account.messages())


@pytest.mark.parametrize(
    "code", sorted(shape.name for shape in operation_model("cloudtrail", "LookupEvents").error_shapes)
)
def test_whatever_the_event_history_says_the_repair_happens_and_the_message_names_it(code: str) -> None:
    with Stage(SEVERAL, fault=refusing("cloudtrail:LookupEvents", code)) as stage:
        invocation = stage.invoke()

        judge(stage, invocation, 0)
        assert invocation.error is None
        assert all(line["rearm"]["outcome"] == "remediated" for line in invocation.finding_lines)
        assert all(code in line["rearm"]["attribution_error"] for line in invocation.finding_lines)
        (message,) = stage.account.messages()
        assert f"could not be asked (cloudtrail:LookupEvents: {code}" in message.body


def test_a_trail_that_is_gone_when_rearm_looks_is_told_as_gone() -> None:
    def gone(clock: Clock) -> Layer:
        return refusing("cloudtrail:GetTrailStatus", "TrailNotFoundException")(clock)

    with Stage(BY_ARN, fault=gone) as stage:
        invocation = stage.invoke()

        judge(stage, invocation, 0)
        assert invocation.error is None
        assert [line["rearm"]["finding"] for line in invocation.finding_lines] == ["trail-gone"]
        (message,) = stage.account.messages()
        assert "does not exist" in message.body


@pytest.mark.parametrize("code", ["NotFound", "AuthorizationError", "KMSAccessDenied"])
def test_a_message_that_the_topic_does_not_take_is_kept_for_whoever_comes_next(code: str) -> None:
    refused = [True]

    def late(clock: Clock) -> Layer:
        inner = refusing("sns:Publish", code)(clock)
        return lambda sent, forward: inner(sent, forward) if refused[0] else forward()

    with Stage(SEVERAL, fault=late) as stage:
        # Each of Lambda's attempts fails, so that the event ends in the failure queue
        for _ in range(3):
            assert code in str(stage.invoke().error)
            stage.new_process()
        refused[0] = False

        assert stage.invoke().error is None

        assert not stage.problems()
        assert len(stage.account.messages()) == 1
        assert stage.invoke().error is None
        assert len(stage.account.messages()) == 1


def test_a_message_that_the_topic_will_never_take_holds_up_no_other() -> None:
    def particular(_clock: Clock) -> Layer:
        def refuse(sent: Sent, forward: Forward) -> AWSResponse:
            if sent.action != "sns:Publish" or sent.call.parameters["Message"] != "Never.":
                return forward()
            return answered(sent, AwsError("InvalidParameter", "made by the test"))

        return refuse

    with Stage(SEVERAL, fault=particular) as stage:
        stage.account.put_item("cloudtrail#owed", "2026-01-01 first", {"subject": "No", "body": "Never."})
        stage.account.put_item(
            "cloudtrail#owed", "2026-01-02 second", {"subject": "An older one", "body": "It waited."}
        )

        first = stage.invoke()

        assert "sns:Publish" in str(first.error)
        bodies = [message.body for message in stage.account.messages()]
        assert "It waited." in bodies
        assert not stage.account.items("cloudtrail#owed")
        assert not stage.problems()


def test_a_message_that_the_topic_takes_late_is_told_once() -> None:
    refused = [True]

    def late(clock: Clock) -> Layer:
        inner = refusing("sns:Publish", "InternalFailure")(clock)
        return lambda sent, forward: inner(sent, forward) if refused[0] else forward()

    with Stage(SEVERAL, fault=late) as stage:
        assert stage.invoke().error
        refused[0] = False

        assert stage.invoke().error is None
        assert stage.invoke().error is None

        assert not stage.problems()
        assert len(stage.account.messages()) == 1


def test_messages_that_the_topic_takes_late_are_all_told() -> None:
    refused = [True]

    def late(clock: Clock) -> Layer:
        inner = refusing("sns:Publish", "InternalFailure")(clock)
        return lambda sent, forward: inner(sent, forward) if refused[0] else forward()

    with Stage(SEVERAL, fault=late) as stage:
        sweep = stage.event
        assert stage.invoke().error
        stage.event = stage.account.stop(stage.account.arn("healthy"))
        assert stage.invoke().error
        refused[0] = False
        stage.event = sweep

        assert stage.invoke().error is None

        first, second = stage.account.messages()
        assert "Trail: management" in first.body
        assert "Trail: healthy" in second.body


def test_a_rule_that_cannot_be_asked_is_asked_again_by_lambdas_next_attempts_alone() -> None:
    with Stage(
        STOPPED, fault=refusing("config:StartConfigRulesEvaluation", "NoSuchConfigRuleException")
    ) as stage:
        attempts = [stage.invoke() for _ in range(4)]

        assert [bool(attempt.error) for attempt in attempts] == [True, True, True, False]
