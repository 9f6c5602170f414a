"""Who is told, and where what went wrong is kept: topics, subscriptions, the queue and the alarms."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plan.harness import ON, rules_of, security_controls
from tests.plan.planning import ACCOUNT, REGION, Plan, references
from tests.plan.variants import EMAILS, EVERYTHING, KEY, ON_CALL, TOPIC

NAME = EVERYTHING["name"]


def by_sid(document: str) -> dict[str, dict[str, Any]]:
    return {statement.pop("Sid"): statement for statement in json.loads(document)["Statement"]}


def only_tls(action: str, resource: str) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_notifications_are_encrypted_under_a_key_that_costs_nothing(variants: Plan) -> None:
    topic = variants.module("defaults").of("aws_sns_topic")["rearm-notifications"].values

    assert topic["kms_master_key_id"] == "alias/aws/sns"
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:rearm-notifications"
    assert by_sid(topic["policy"]) == {"OnlyTls": only_tls("sns:Publish", arn)}


def test_the_alarms_topic_has_no_key_under_which_alarms_could_not_publish(variants: Plan) -> None:
    assert variants.module("defaults").of("aws_sns_topic")["rearm-alarms"].values["kms_master_key_id"] is None


def test_only_the_alarms_of_this_deployment_may_publish_to_the_alarms_topic(variants: Plan) -> None:
    topic = variants.module("defaults").of("aws_sns_topic")["rearm-alarms"].values
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:rearm-alarms"

    assert by_sid(topic["policy"]) == {
        "OnlyTls": only_tls("sns:Publish", arn),
        "OnlyAlarmsOfThisDeployment": {
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": arn,
            "Condition": {
                "StringEquals": {"aws:SourceAccount": ACCOUNT},
                "ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:rearm-*"},
            },
        },
    }


def test_both_topics_use_the_users_key(variants: Plan) -> None:
    topics = variants.module("everything").of("aws_sns_topic")

    assert {name: topic.values["kms_master_key_id"] for name, topic in topics.items()} == {
        f"{NAME}-notifications": KEY,
        f"{NAME}-alarms": KEY,
    }


def test_every_address_is_subscribed_to_both_topics(variants: Plan) -> None:
    plan = variants.module("everything")
    subscriptions = [resource for resource in plan.changes() if resource.type == "aws_sns_topic_subscription"]

    assert sorted(one.address for one in subscriptions) == sorted(
        f'aws_sns_topic_subscription.{topic}["{email}"]'
        for topic in ("alarms", "notifications")
        for email in EMAILS
    )
    assert {(one.values["protocol"], one.values["endpoint"]) for one in subscriptions} == {
        ("email", email) for email in EMAILS
    }
    path = "everything/aws_sns_topic_subscription"
    assert "aws_sns_topic.alarms.arn" in references(variants, f"{path}.alarms", "topic_arn")
    assert references(variants, f"{path}.notifications", "topic_arn") == ["local.notification_topic_arn"]


def test_nothing_is_made_for_a_topic_that_the_user_brings_but_subscriptions(variants: Plan) -> None:
    plan = variants.module("own_topic")

    assert set(plan.of("aws_sns_topic")) == {"own-alarms"}
    for email in EMAILS:
        assert plan.at(f'aws_sns_topic_subscription.notifications["{email}"]').values["topic_arn"] == TOPIC
    (environment,) = plan.automation("cloudtrail").one("aws_lambda_function").values["environment"]
    assert environment["variables"]["REARM_TOPIC_ARN"] == TOPIC
    assert plan.outputs()["notification_topic_arn"] == TOPIC


def test_a_topic_may_be_one_that_the_same_configuration_creates(variants: Plan) -> None:
    plan = variants.module("topic_to_come")

    assert set(plan.of("aws_sns_topic")) == {"later-alarms"}
    assert plan.automation("cloudtrail").one("aws_lambda_function").unknown["environment"] == [
        {"variables": True}
    ]


def test_the_queue_is_encrypted_keeps_for_two_weeks_and_takes_from_its_rules_only(variants: Plan) -> None:
    queue = variants.module("defaults").one("aws_sqs_queue").values
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:rearm-failures"

    assert queue["name"] == "rearm-failures"
    assert queue["sqs_managed_sse_enabled"] is True
    assert queue["kms_master_key_id"] is None
    assert queue["message_retention_seconds"] == 14 * 24 * 60 * 60
    assert by_sid(queue["policy"]) == {
        "OnlyTls": only_tls("sqs:*", arn),
        "UndeliveredEventsOfThisDeployment": {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/rearm-*"}},
        },
    }


ALARMS = {
    "rearm-failures": (
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        {"QueueName": "rearm-failures"},
        "notBreaching",
    ),
    "rearm-no-subscriber": ("Rearm", "ConfirmedSubscribers", {"deployment": "rearm"}, "ignore"),
    **{
        f"rearm-{name}-{metric.lower()}": (
            "AWS/Lambda",
            metric,
            {"FunctionName": f"rearm-{name}"},
            "notBreaching",
        )
        for name in ON
        for metric in ("Errors", "Throttles")
    },
    **{
        f"rearm-{name}-{rule}-failed-invocations": (
            "AWS/Events",
            "FailedInvocations",
            {"RuleName": f"rearm-{name}-{rule}"},
            "notBreaching",
        )
        for name in ON
        for rule in rules_of(name)
    },
}


def test_there_is_an_alarm_for_each_way_to_fail(variants: Plan) -> None:
    alarms = variants.module("defaults").of("aws_cloudwatch_metric_alarm")

    # test_sweeps.py has those of a sweep that does not come.
    assert {
        name: tuple(
            alarm.values[key] for key in ("namespace", "metric_name", "dimensions", "treat_missing_data")
        )
        for name, alarm in alarms.items()
        if not name.endswith("-no-sweep")
    } == ALARMS


@pytest.mark.parametrize("name", ALARMS)
def test_one_failure_is_enough_for_an_alarm(variants: Plan, name: str) -> None:
    alarm = variants.module("defaults").of("aws_cloudwatch_metric_alarm")[name].values

    assert alarm["evaluation_periods"] == 1
    if name == "rearm-no-subscriber":
        # The lowest count of subscribers, none of whom is left.
        expected = ("Minimum", "LessThanThreshold", 1)
    else:
        expected = ("Maximum" if name == "rearm-failures" else "Sum", "GreaterThanThreshold", 0)
    assert (alarm["statistic"], alarm["comparison_operator"], alarm["threshold"]) == expected


def test_alarms_go_to_the_alarms_topic_and_wherever_the_user_says(variants: Plan) -> None:
    alarms = variants.module("everything").of("aws_cloudwatch_metric_alarm").values()

    hub = [name for name in ON if security_controls(name)]
    assert len(alarms) == len(ALARMS) + len(ON) + len(hub)
    for alarm in alarms:
        assert sorted(alarm.values["alarm_actions"]) == [
            f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-alarms",
            ON_CALL,
        ]
