"""Deployed rules, their targets and dead-letter queues."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.local import LocalAws
from tests.local_aws_tests.deploy import ECHO, Deploy

STOPPED = {"source": ["aws.cloudtrail"], "detail": {"eventName": ["StopLogging"]}}
ORDERS = {"source": ["shop"]}


def put_order(aws: LocalAws, detail: dict[str, Any] | None = None) -> dict[str, Any]:
    entry = {"Source": "shop", "DetailType": "Order", "Detail": json.dumps(detail or {"number": 7})}
    return dict(aws.client("events").put_events(Entries=[entry]))


def test_a_matching_event_invokes_the_function_and_another_does_not(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    deploy.rule(deploy.function(), STOPPED)
    cloudtrail = aws.client("cloudtrail")
    cloudtrail.stop_logging(Name="main")
    cloudtrail.start_logging(Name="main")
    aws.wait_idle()
    (invocation,) = aws.invocations
    assert invocation.event["detail"]["eventName"] == "StopLogging"
    assert [entry.detail["rule"] for entry in aws.timeline.entries("rule")] == ["rule"]


@pytest.mark.parametrize("by", ["state", "call"])
def test_a_disabled_rule_delivers_nothing(aws: LocalAws, deploy: Deploy, by: str) -> None:
    deploy.rule(deploy.function(), ORDERS)
    events = aws.client("events")
    if by == "call":
        events.disable_rule(Name="rule")
    else:
        events.put_rule(Name="rule", EventPattern=json.dumps(ORDERS), State="DISABLED")
    put_order(aws)
    aws.wait_idle()
    assert aws.invocations == []
    events.enable_rule(Name="rule")
    put_order(aws)
    aws.wait_idle()
    assert len(aws.invocations) == 1


def test_a_changed_pattern_counts_from_then_on(aws: LocalAws, deploy: Deploy) -> None:
    deploy.rule(deploy.function(), {"source": ["nobody"]})
    put_order(aws)
    aws.client("events").put_rule(Name="rule", EventPattern=json.dumps(ORDERS))
    put_order(aws, {"number": 8})
    aws.wait_idle()
    assert [invocation.event["detail"] for invocation in aws.invocations] == [{"number": 8}]


def test_a_queue_whose_policy_lets_it_gets_the_event(aws: LocalAws, deploy: Deploy) -> None:
    url, arn = deploy.queue("events", services=["events.amazonaws.com"])
    deploy.rule(arn, ORDERS)
    put_order(aws)
    aws.wait_idle()
    (message,) = deploy.received(url)
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"], event["detail"]) == ("shop", "Order", {"number": 7})


@pytest.mark.parametrize("missing", ["permission", "function"])
def test_an_event_that_cannot_be_delivered_is_in_the_dead_letter_queue(
    aws: LocalAws, deploy: Deploy, missing: str
) -> None:
    url, queue = deploy.queue("failures", services=["events.amazonaws.com"])
    function = deploy.function()
    rule = deploy.rule(function, ORDERS, permit=missing != "permission", DeadLetterConfig={"Arn": queue})
    if missing == "function":
        aws.client("lambda").delete_function(FunctionName="function")
    put_order(aws)
    aws.wait_idle()
    assert aws.invocations == []
    (message,) = deploy.received(url)
    assert json.loads(message["Body"])["detail"] == {"number": 7}
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes.pop("ERROR_MESSAGE")
    assert attributes == {
        "RULE_ARN": rule,
        "TARGET_ARN": function,
        "ERROR_CODE": "NO_PERMISSIONS" if missing == "permission" else "NO_RESOURCE",
    }


def test_a_permission_for_another_rule_is_none(aws: LocalAws, deploy: Deploy) -> None:
    function = deploy.function()
    deploy.rule(function, {"source": ["nobody"]}, name="other")
    deploy.rule(function, ORDERS, permit=False)
    put_order(aws)
    aws.wait_idle()
    assert aws.invocations == []
    (undelivered,) = aws.timeline.entries("undelivered")
    assert undelivered.detail["code"] == "NO_PERMISSIONS"


def test_a_dead_letter_queue_that_lets_nobody_send_gets_nothing(aws: LocalAws, deploy: Deploy) -> None:
    url, queue = deploy.queue("failures")
    deploy.rule(deploy.function(), ORDERS, permit=False, DeadLetterConfig={"Arn": queue})
    put_order(aws)
    aws.wait_idle()
    assert deploy.received(url) == []
    (undelivered, lost) = aws.timeline.entries("undelivered")
    assert "gets nothing" in lost.text
    assert undelivered.detail["code"] == "NO_PERMISSIONS"


def test_a_target_can_be_given_something_else_than_the_event(aws: LocalAws, deploy: Deploy) -> None:
    function = deploy.function()
    deploy.rule(function, ORDERS, name="constant", Input='{"sweep": true}')
    deploy.rule(function, ORDERS, name="part", InputPath="$.detail")
    deploy.rule(
        function,
        ORDERS,
        name="made",
        InputTransformer={"InputPathsMap": {"n": "$.detail.number"}, "InputTemplate": '{"order": <n>}'},
    )
    put_order(aws)
    aws.wait_idle()
    got = sorted((invocation.event for invocation in aws.invocations), key=str)
    assert got == [{"number": 7}, {"order": 7}, {"sweep": True}]


def test_nobody_can_put_an_event_of_aws(aws: LocalAws, deploy: Deploy) -> None:
    deploy.rule(deploy.function(ECHO), {"detail-type": ["Order"]})
    entries = [
        {"Source": "aws.cloudtrail", "DetailType": "Order", "Detail": "{}"},
        {"Source": "shop", "DetailType": "Order", "Detail": "no json"},
        {"Source": "shop", "DetailType": "Order", "Detail": "{}"},
    ]
    answer = aws.client("events").put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 2
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == [
        "NotAuthorizedForSourceException",
        "MalformedDetail",
        None,
    ]
    aws.wait_idle()
    assert len(aws.invocations) == 1


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        (json.dumps({"source": "shop"}), "InvalidEventPatternException"),
        (json.dumps({"source": [{"no-such-operator": "x"}]}), "InvalidEventPatternException"),
        (json.dumps({"source": ["x" * 2048]}), "ValidationException"),
    ],
)
def test_a_pattern_that_eventbridge_would_not_take_is_refused(aws: LocalAws, pattern: str, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        aws.client("events").put_rule(Name="rule", EventPattern=pattern)
    assert refused.value.response["Error"]["Code"] == code
    assert aws.client("events").list_rules()["Rules"] == []


def test_a_pattern_of_exactly_the_quota_is_taken(aws: LocalAws) -> None:
    frame = len(json.dumps({"source": [""]}))
    pattern = json.dumps({"source": ["x" * (2048 - frame)]})
    assert len(pattern) == 2048
    aws.client("events").put_rule(Name="rule", EventPattern=pattern)


def test_a_scheduled_rule_runs_on_demand(aws: LocalAws, deploy: Deploy) -> None:
    rule = deploy.rule(deploy.function(), name="sweep", schedule="rate(15 minutes)")
    aws.run_schedule("sweep")
    aws.wait_idle()
    (invocation,) = aws.invocations
    event = invocation.event
    assert (event["source"], event["detail-type"]) == ("aws.events", "Scheduled Event")
    assert (event["resources"], event["detail"]) == ([rule], {})


def test_a_rule_without_a_schedule_cannot_be_run(aws: LocalAws, deploy: Deploy) -> None:
    deploy.rule(deploy.function(), ORDERS)
    deploy.rule(deploy.function(name="other"), name="sweep", schedule="rate(1 hour)")
    aws.client("events").disable_rule(Name="sweep")
    for name in ("rule", "sweep", "absent"):
        with pytest.raises(LookupError, match=name):
            aws.run_schedule(name)
