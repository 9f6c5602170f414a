"""SNS: messages and the confirmation of e-mail subscriptions."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.local import LocalAws


def topic(aws: LocalAws, name: str = "topic") -> str:
    return str(aws.client("sns").create_topic(Name=name)["TopicArn"])


def counts(aws: LocalAws, arn: str) -> tuple[int, int]:
    attributes = aws.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    return int(attributes["SubscriptionsConfirmed"]), int(attributes["SubscriptionsPending"])


def test_an_email_subscription_is_pending_until_its_owner_confirms(aws: LocalAws) -> None:
    sns = aws.client("sns")
    arn = topic(aws)
    assert counts(aws, arn) == (0, 0)
    answer = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="a@example.com")
    assert answer["SubscriptionArn"] == "pending confirmation"
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    assert counts(aws, arn) == (0, 1)
    assert aws.confirm_subscription("b@example.com") == 0
    assert aws.confirm_subscription("a@example.com") == 1
    assert aws.confirm_subscription("a@example.com") == 0
    assert counts(aws, arn) == (1, 0)
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert listed["SubscriptionArn"].startswith(f"{arn}:")


def test_the_arn_is_given_to_whoever_asks_for_it(aws: LocalAws) -> None:
    sns = aws.client("sns")
    arn = topic(aws)
    given = sns.subscribe(
        TopicArn=arn, Protocol="email", Endpoint="a@example.com", ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    attributes = sns.get_subscription_attributes(SubscriptionArn=given)["Attributes"]
    assert attributes["PendingConfirmation"] == "true"
    again = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="a@example.com")
    assert again["SubscriptionArn"] == "pending confirmation"
    assert counts(aws, arn) == (0, 1)
    aws.confirm_subscription("a@example.com")
    attributes = sns.get_subscription_attributes(SubscriptionArn=given)["Attributes"]
    assert attributes["PendingConfirmation"] == "false"


def test_a_subscription_that_is_ended_counts_no_more(aws: LocalAws) -> None:
    sns = aws.client("sns")
    arn = topic(aws)
    given = sns.subscribe(
        TopicArn=arn, Protocol="email", Endpoint="a@example.com", ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    aws.confirm_subscription("a@example.com")
    sns.unsubscribe(SubscriptionArn=given)
    assert counts(aws, arn) == (0, 0)


def test_a_message_is_kept_with_those_who_get_it(aws: LocalAws) -> None:
    sns = aws.client("sns")
    arn = topic(aws)
    policies = {"all@example.com": {}, "high@example.com": {"FilterPolicy": '{"severity": ["high"]}'}}
    for address, attributes in policies.items():
        sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=address, Attributes=attributes)
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="late@example.com")
    for address in policies:
        aws.confirm_subscription(address)
    for severity in ("low", "high"):
        sns.publish(
            TopicArn=arn,
            Subject="subject",
            Message=f"it is {severity}",
            MessageAttributes={"severity": {"DataType": "String", "StringValue": severity}},
        )
    low, high = aws.messages
    assert (low.topic, low.subject, low.body) == (arn, "subject", "it is low")
    assert low.attributes == {"severity": "low"}
    assert low.recipients == ("all@example.com",)
    assert set(high.recipients) == {"all@example.com", "high@example.com"}
    assert low.publisher == aws.client("sts").get_caller_identity()["Arn"]


def test_a_message_that_is_refused_is_not_kept(aws: LocalAws) -> None:
    with pytest.raises(ClientError):
        aws.client("sns").publish(TopicArn=f"{topic(aws)}-absent", Message="m")
    assert aws.messages == []


def test_a_queue_needs_no_confirmation(aws: LocalAws) -> None:
    sqs, sns = aws.client("sqs"), aws.client("sns")
    url = sqs.create_queue(QueueName="queue")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    arn = topic(aws)
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)
    assert counts(aws, arn) == (1, 0)
    sns.publish(TopicArn=arn, Message="m")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["Message"] == "m"
    assert aws.messages[0].recipients == (queue,)


def test_a_function_as_subscriber_is_refused_loudly(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="not imitated here"):
        aws.client("sns").subscribe(
            TopicArn=topic(aws),
            Protocol="lambda",
            Endpoint="arn:aws:lambda:eu-central-1:123456789012:function:f",
        )
