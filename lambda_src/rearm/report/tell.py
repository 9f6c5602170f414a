"""Telling people: sending a message once, and what is still to be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from rearm.aws import Aws, AwsError, malformed
from rearm.model import Failure, Response
from rearm.report import metrics
from rearm.report.message import Message
from rearm.report.news import News, is_worth_telling, news_of
from rearm.responses import Responses
from rearm.settings import Settings

REMEMBERED = 2048
# As often as Lambda tries an event: then it waits in the failure queue.
TRIES = 3
MOST_OWED = 100


@dataclass(frozen=True)
class Owed:
    """A message that is still to be sent; `keys` are what it counts as told for."""

    message: Message
    keys: tuple[str, ...]
    tries: int = 0


class Memory:
    """What this process has told already, and what it owes where the table cannot keep it.

    It saves asking the table, and stands in for it where that does not answer: then a new process remembers
    nothing and tells again, since repeated news is better than none.
    """

    def __init__(self) -> None:
        self.told: dict[str, datetime] = {}
        self.owed: list[Owed] = []

    def remember(self, keys: tuple[str, ...], now: datetime) -> None:
        """Count keys as told."""
        for key in keys:
            self.told.pop(key, None)
            self.told[key] = now
        while len(self.told) > REMEMBERED:
            del self.told[next(iter(self.told))]

    def knows(self, news: News, now: datetime) -> bool:
        """Whether something has been told, and it is not yet time to tell it again."""
        told = self.told.get(news.key)
        return told is not None and (news.again_after is None or now - told < news.again_after)

    def owe(self, owed: Owed) -> None:
        """Keep a message in this process."""
        self.owed = [*self.owed, owed][-MOST_OWED:]

    def pay(self, send: Callable[[Message], Failure | None], now: datetime) -> Failure | None:
        """Send what is owed, oldest first, until something fails; what has failed too often is given up."""
        while self.owed:
            first, *rest = self.owed
            failure = send(first.message)
            if failure is None:
                self.remember(first.keys, now)
                self.owed = rest
                continue
            tried = replace(first, tries=first.tries + 1)
            self.owed = [tried, *rest] if tried.tries < TRIES else rest
            return failure
        return None


class Teller:
    """Tells of responses, each once, whichever process has told.

    Parameters
    ----------
    memory
        The process's.
    responses
        The table's.
    send
        Sends one message and returns what failed.
    """

    def __init__(
        self, memory: Memory, responses: Responses, send: Callable[[Message], Failure | None]
    ) -> None:
        self._memory = memory
        self._responses = responses
        self._send = send

    def tell(self, response: Response, compose: Callable[[], Message], now: datetime) -> tuple[Failure, ...]:
        """Send the message about a response, if nobody has been told, and what could not be sent before.

        Returns
        -------
        tuple
            What failed: the topic, the table.
        """
        failures = [*self._pay(now)]
        news = news_of(response)
        claimed, failure = self._claim(news, now)
        failures += [failure] if failure else []
        if not is_worth_telling(news, claimed):
            return tuple(failures)
        keys = tuple(one.key for one in claimed)
        message = compose()
        # A topic that has just failed is not asked again.
        unsent = next((one for one in failures if one.call.startswith("sns:")), None) or self._send(message)
        if unsent is None:
            self._memory.remember(keys, now)
            failures += self._settle(keys, now, told=True)
            return tuple(failures)
        failures += [unsent] if unsent not in failures else []
        failures += self._owe(message, keys, response, now)
        return tuple(failures)

    def _claim(self, news: tuple[News, ...], now: datetime) -> tuple[tuple[News, ...], Failure | None]:
        fresh = tuple(one for one in news if not self._memory.knows(one, now))
        try:
            return tuple(one for one in fresh if self._responses.claim(one.key, now, one.again_after)), None
        except AwsError as error:
            return fresh, error.failure

    def _settle(self, keys: tuple[str, ...], now: datetime, *, told: bool) -> tuple[Failure, ...]:
        try:
            (self._responses.told if told else self._responses.untold)(keys, now)
        except AwsError as error:
            return (error.failure,)
        return ()

    def _owe(
        self, message: Message, keys: tuple[str, ...], response: Response, now: datetime
    ) -> tuple[Failure, ...]:
        """Keep a message in the table, or where that does not answer in this process.

        It counts as told: whoever comes next sends what is owed, and has nothing to tell of its own.
        """
        try:
            self._responses.owe(response.alarm.key, _kept(message), now)
        except AwsError as error:
            self._memory.owe(Owed(message, keys))
            return (error.failure,)
        self._memory.remember(keys, now)
        return self._settle(keys, now, told=True)

    def _pay(self, now: datetime) -> tuple[Failure, ...]:
        failure = self._memory.pay(self._send, now)
        if failure:
            return (failure,)
        try:
            for item in self._responses.owed():
                failure = self._send(_message(item.content))
                if failure:
                    return (failure,)
                self._responses.paid(item.key)
        except AwsError as error:
            return (error.failure,)
        return ()


def publish(message: Message, settings: Settings, aws: Aws) -> Failure | None:
    """Send a message to the notification topic; return what failed, if anything.

    Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    """
    parameters = {
        "TopicArn": settings.topic_arn,
        "Subject": message.subject,
        "Message": message.body,
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items()
        },
    }
    try:
        # The time that every other call has left over is for this one.
        answer = aws.call("sns", _region(settings.topic_arn, settings), "Publish", parameters, reserve_s=0.0)
    except AwsError as error:
        return error.failure
    # Without one nobody knows whether SNS has taken the message.
    return None if answer.get("MessageId") else malformed("sns", "Publish", "MessageId is missing").failure


def count_subscribers(
    settings: Settings, aws: Aws, now: datetime
) -> tuple[metrics.Line | None, Failure | None]:
    """Count the topic's confirmed subscribers; None for a topic of another account, which may not say.

    Source: https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
    """
    topic = settings.topic_arn
    if topic.count(":") >= 5 and topic.split(":")[4] != settings.account:
        return None, None
    try:
        answer = aws.call("sns", _region(topic, settings), "GetTopicAttributes", {"TopicArn": topic})
        confirmed = int(answer["Attributes"]["SubscriptionsConfirmed"])
    except AwsError as error:
        return None, error.failure
    except (KeyError, TypeError, ValueError):
        return None, malformed("sns", "GetTopicAttributes", "SubscriptionsConfirmed is missing").failure
    return metrics.subscribers(confirmed, settings, now), None


def _kept(message: Message) -> dict[str, object]:
    return {
        "subject": message.subject,
        "body": message.body,
        "attributes": dict(message.attributes),
    }


def _message(content: Mapping[str, object]) -> Message:
    attributes = content.get("attributes")
    told = {str(k): str(v) for k, v in attributes.items()} if isinstance(attributes, Mapping) else {}
    return Message(str(content.get("subject", "Rearm")), str(content.get("body", "")), told)


def _region(topic_arn: str, settings: Settings) -> str:
    parts = topic_arn.split(":")
    return parts[3] if len(parts) > 3 and parts[3] else settings.region
