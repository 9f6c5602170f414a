"""SNS: what is published is kept, and an e-mail subscription waits for its confirmation."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.sns.models import sns_backends

from tests.local_aws.answers import Answer, AwsError
from tests.local_aws.calls import Incoming, Overlay
from tests.local_aws.identity import ACCOUNT
from tests.local_aws.timeline import Timeline

_TO_CONFIRM = frozenset({"email", "email-json", "http", "https"})


@dataclass(frozen=True)
class Message:
    """One published message.

    Attributes
    ----------
    topic
        The topic's ARN.
    attributes
        The message attributes' values by name.
    recipients
        Endpoints of the confirmed subscriptions whose filter lets it pass.
    publisher
        ARN of the identity that published it.
    """

    at: datetime
    topic: str
    subject: str | None
    body: str
    attributes: Mapping[str, str]
    recipients: tuple[str, ...]
    publisher: str


class Subscriptions:
    """Overlays of the ``sns`` service."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._lock = threading.Lock()
        self._messages: list[Message] = []

    @property
    def messages(self) -> list[Message]:
        """What has been published so far."""
        with self._lock:
            return list(self._messages)

    def overlays(self) -> dict[tuple[str, str], Overlay]:
        """Give the operations that are answered here."""
        return {
            ("sns", "GetTopicAttributes"): self._topic_attributes,
            ("sns", "ListSubscriptions"): self._list,
            ("sns", "ListSubscriptionsByTopic"): self._list,
            ("sns", "Publish"): self._publish,
            ("sns", "Subscribe"): self._subscribe,
        }

    def confirm(self, endpoint: str) -> int:
        """Confirm all pending subscriptions of an endpoint, as its owner does with the link in the mail.

        Returns
        -------
        int
            How many there were.
        """
        confirmed = 0
        for backend in list(sns_backends[ACCOUNT].values()):
            for subscription in list(backend.subscriptions.values()):
                if subscription.endpoint == endpoint and _pending(subscription):
                    subscription.attributes["PendingConfirmation"] = False
                    confirmed += 1
        self._timeline.add("note", f"{endpoint} has confirmed {confirmed} subscriptions")
        return confirmed

    def _subscribe(self, incoming: Incoming) -> Answer:
        """Leave a new subscription pending, and its ARN unsaid unless asked for."""
        protocol, endpoint = incoming.parameters["Protocol"], incoming.parameters.get("Endpoint")
        if protocol == "lambda":
            raise AwsError("InternalFailure", "subscriptions of functions are not imitated here", 501)
        topic = incoming.parameters["TopicArn"]
        backend = sns_backends[ACCOUNT][incoming.region]
        before = set(backend.subscriptions)
        answer = incoming.forward()
        if protocol not in _TO_CONFIRM or answer.status != 200:
            return answer
        for arn, subscription in list(backend.subscriptions.items()):
            ours = (subscription.topic_arn, subscription.protocol, subscription.endpoint)
            if ours != (topic, protocol, endpoint):
                continue
            if arn not in before:
                subscription.attributes["PendingConfirmation"] = True
                subscription.attributes["ConfirmationWasAuthenticated"] = False
            if _pending(subscription) and not incoming.parameters.get("ReturnSubscriptionArn"):
                body = answer.body.replace(arn.encode(), b"pending confirmation")
                return Answer(answer.status, answer.headers, body)
        return answer

    def _list(self, incoming: Incoming) -> Answer:
        answer = incoming.forward()
        body = answer.body
        for arn, subscription in list(sns_backends[ACCOUNT][incoming.region].subscriptions.items()):
            if _pending(subscription):
                body = body.replace(arn.encode(), b"PendingConfirmation")
        return Answer(answer.status, answer.headers, body)

    def _topic_attributes(self, incoming: Incoming) -> Answer:
        backend = sns_backends[ACCOUNT][incoming.region]
        topic = backend.topics.get(incoming.parameters["TopicArn"])
        if topic is not None:
            states = [
                _pending(subscription)
                for subscription in list(backend.subscriptions.values())
                if subscription.topic_arn == topic.arn
            ]
            topic.subscriptions_pending = sum(states)
            topic.subscriptions_confimed = len(states) - sum(states)
        return incoming.forward()

    def _publish(self, incoming: Incoming) -> Answer:
        answer = incoming.forward()
        topic = incoming.parameters.get("TopicArn") or incoming.parameters.get("TargetArn")
        if answer.status != 200 or not topic:
            return answer
        given = incoming.parameters.get("MessageAttributes") or {}
        attributes = {name: str(value.get("StringValue", "")) for name, value in given.items()}
        body = str(incoming.parameters["Message"])
        message = Message(
            at=datetime.now(UTC),
            topic=topic,
            subject=incoming.parameters.get("Subject"),
            body=body,
            attributes=attributes,
            recipients=_recipients(topic, body, given),
            publisher=incoming.identity.arn,
        )
        with self._lock:
            self._messages.append(message)
        to = ", ".join(message.recipients) or "nobody"
        self._timeline.add("message", f"{message.subject} (to {to})", message=message)
        return answer


def _pending(subscription: Any) -> bool:
    return str(subscription.attributes.get("PendingConfirmation")).lower() == "true"


def _recipients(topic: str, body: str, attributes: Mapping[str, Any]) -> tuple[str, ...]:
    seen = {
        name: {"Type": value.get("DataType", "String"), "Value": value.get("StringValue", "")}
        for name, value in attributes.items()
    }
    recipients = []
    for subscription in list(sns_backends[ACCOUNT][topic.split(":")[3]].subscriptions.values()):
        matcher = subscription._filter_policy_matcher
        lets_pass = matcher is None or matcher.matches(seen, body)
        if subscription.topic_arn == topic and not _pending(subscription) and lets_pass:
            recipients.append(str(subscription.endpoint))
    return tuple(recipients)
