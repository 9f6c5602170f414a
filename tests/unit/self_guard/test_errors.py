"""What cannot be read hides nothing else, and nothing ends in silence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.events.envelopes import api_event
from tests.unit.self_guard import declared as d
from tests.unit.self_guard.deployed import PARAMETER, SEAL, Deployed
from tests.unit.self_guard.spoils import _disabled, _enabled, _reserved, _unreserved
from tests.unit.self_guard.test_repairs import changes

READS = (
    "cloudwatch:DescribeAlarms",
    "config:DescribeConfigRules",
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeTimeToLive",
    "dynamodb:GetResourcePolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "lambda:GetFunctionConcurrency",
    "lambda:GetFunctionConfiguration",
    "lambda:GetFunctionEventInvokeConfig",
    "lambda:GetPolicy",
    "logs:DescribeLogGroups",
    "sns:GetSubscriptionAttributes",
    "sns:ListSubscriptionsByTopic",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
)


@pytest.mark.parametrize("call", READS)
def test_a_part_that_cannot_be_read_is_told_and_the_others_are_put_right(
    deployed: Deployed, call: str
) -> None:
    _disabled(deployed)
    deployed.world.endpoint.fail(call, "AccessDenied")
    if call == "sns:GetSubscriptionAttributes":
        (one,) = deployed.client("sns").list_subscriptions_by_topic(TopicArn=d.TOPIC_ARN)["Subscriptions"]
        assert one["SubscriptionArn"].startswith(d.TOPIC_ARN)
    run = deployed.sweep()
    assert {"rule-disabled", "unreadable"} == set(run.findings)
    assert _enabled(deployed)
    assert f"{call}: AccessDenied" in str(run.error)
    assert len(run.messages) == 1


@pytest.mark.parametrize("call", ["events:DescribeRule", "events:ListTargetsByRule"])
def test_a_rule_that_cannot_be_read_hides_no_other_part(deployed: Deployed, call: str) -> None:
    _reserved(0)(deployed)
    deployed.world.endpoint.fail(call, "AccessDenied")
    run = deployed.sweep()
    assert set(run.findings) == {"function-concurrency-changed", "unreadable"}
    assert _unreserved(deployed)


def test_declarations_that_cannot_be_read_are_told(deployed: Deployed) -> None:
    deployed.world.endpoint.fail("ssm:GetParametersByPath", "AccessDeniedException")
    run = deployed.sweep()
    assert (run.findings, run.outcomes) == (["unreadable"], ["failed"])
    assert "ssm:GetParametersByPath: AccessDeniedException" in run.message.body


def test_without_the_table_everything_is_still_compared_with_its_declaration(deployed: Deployed) -> None:
    _disabled(deployed)
    deployed.world.endpoint.fail(
        "dynamodb:Query",
        "ProvisionedThroughputExceededException",
        when=lambda made: "baseline" in str(made.parameters),
    )
    run = deployed.sweep()
    assert (run.findings, run.outcomes) == (["rule-disabled"], ["remediated"])
    assert _enabled(deployed)
    assert "could not be compared with its baseline" in run.message.body


def test_without_the_table_nothing_is_made_again_for_an_automation_that_may_be_going(
    deployed: Deployed,
) -> None:
    deployed.remove(PARAMETER + SEAL)
    deployed.date(PARAMETER, since=timedelta(minutes=1))
    deployed.client("events").remove_targets(Rule=d.CALLS, Ids=["function"])
    deployed.world.endpoint.fail("dynamodb:Query", "InternalServerError")
    run = deployed.sweep()
    assert changes(run) == []


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("lambda:GetPolicy", {"Policy": "nonsense"}),
        ("lambda:GetPolicy", {"Policy": '{"Statement": "all"}'}),
        ("iam:GetRole", {"Role": {"AssumeRolePolicyDocument": "nonsense"}}),
        ("iam:GetRole", {}),
        ("iam:GetRolePolicy", {}),
        ("iam:ListRolePolicies", {}),
        ("events:DescribeRule", {}),
        ("lambda:GetFunctionConfiguration", {}),
        ("lambda:GetFunctionEventInvokeConfig", {}),
        ("dynamodb:DescribeTable", {}),
        ("dynamodb:DescribeContinuousBackups", {}),
        ("dynamodb:DescribeTimeToLive", {}),
        ("dynamodb:GetResourcePolicy", {}),
        ("sns:ListSubscriptionsByTopic", {}),
        ("sqs:GetQueueUrl", {}),
        ("sqs:GetQueueAttributes", {}),
        ("config:DescribeConfigRules", {}),
        ("events:ListTargetsByRule", {}),
        ("logs:DescribeLogGroups", {}),
        ("cloudwatch:DescribeAlarms", {}),
        ("sns:GetTopicAttributes", {"Attributes": {"Policy": "{", "SubscriptionsConfirmed": "1"}}),
        ("sqs:GetQueueAttributes", {"Attributes": {"Policy": "{"}}),
    ],
)
def test_an_answer_that_lacks_what_is_promised_is_not_taken_for_right(
    deployed: Deployed, call: str, answer: dict[str, object]
) -> None:
    deployed.world.endpoint.answer(call, lambda _: answer)
    run = deployed.sweep()
    assert set(run.findings) == {"unreadable"}
    assert "MalformedAnswer" in str(run.error)


def test_a_repair_that_is_refused_is_told(deployed: Deployed) -> None:
    _disabled(deployed)
    deployed.world.endpoint.fail("events:EnableRule", "AccessDeniedException")
    run = deployed.called("DisableRule", "events", name=d.CALLS)
    assert run.outcomes == ["failed"]
    assert "events:EnableRule: AccessDeniedException" in run.message.body


def test_a_denied_attempt_is_told_and_nothing_is_looked_at(deployed: Deployed) -> None:
    event = api_event("DisableRule", service="events", parameters={"name": d.CALLS}, error="AccessDenied")
    run = deployed.told(event)
    assert run.looks == [made for made in run.looks if made.service == "sns"]
    assert "was refused by AWS" in run.message.body
