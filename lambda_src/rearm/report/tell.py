"""Telling people: sending a message once, and what is still to be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rearm.aws import Aws, AwsError, malformed
from rearm.model import Failure, Response
from rearm.report import metrics
from rearm.report.message import Message
from rearm.report.news import News, news_of
from rearm.responses import Claim, Responses
from rearm.settings import Settings

REMEMBERED = 2048
# As often as Lambda tries an event: then it waits in the failure queue.
TRIES = 3
MOST_OWED = 100
# What SNS says of a message that it would never take.
# Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
UNTAKEN = frozenset({"InvalidParameter", "InvalidParameterValue", "ParamValidationError"})


@dataclass(frozen=True)
class Owed:
    """A message that is still to be sent; `news` is what it counts as told for."""

    message: Message
    news: tuple[News, ...]
    tries: int = 0


class Memory:
    """What this process has told already, and what it owes where the table cannot keep it.

    It saves asking the table, and stands in for it where that does not answer: then a new process remembers
    nothing and tells again, since repeated news is better than none.
    """

    def __init__(self) -> None:
        self.told: dict[tuple[str, str], datetime] = {}
        self.owed: list[Owed] = []

    def remember(self, news: tuple[News, ...], now: datetime) -> None:
        """Count news as told."""
        for one in news:
            self.told.pop((one.key, one.what), None)
            self.told[one.key, one.what] = now
            # A call of which something has been told is not told for having left nothing to do.
            self.told.setdefault((one.key, ""), now)
        while len(self.told) > REMEMBERED:
            del self.told[next(iter(self.told))]

    def knows(self, news: News, now: datetime) -> bool:
        """Whether something has been told, and it is not yet time to tell it again."""
        told = self.told.get((news.key, news.what))
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
                self.remember(first.news, now)
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

    def tell(
        self, response: Response, compose: Callable[[Sequence[Failure]], Message], now: datetime
    ) -> tuple[bool, tuple[Failure, ...]]:
        """Send the message about a response, if nobody has been told, and what could not be sent before.

        Parameters
        ----------
        compose
            Writes the message, with what has failed of telling until then.

        Returns
        -------
        tuple
            Whether there was something to tell, and what failed: the topic, the table.
        """
        failures: list[Failure] = []
        news = news_of(response)
        unknown = tuple(one for one in news if not self._memory.knows(one, now))
        due, claims, failure = self._claim(unknown, now)
        failures += [failure] if failure else []
        # The table is asked for what is owed, but not where a call is told for the first time.
        before = response.alarm.call is None or len(due) < len(news)
        before = before or any(claim.number > 1 for claim in claims)
        failures += self._pay(now, from_table=before and failure is None)
        if not due:
            return False, tuple(failures)
        message = compose(failures)
        # A topic that has just failed is not asked again.
        unsent = next((one for one in failures if _is_down(one)), None)
        if unsent is None:
            unsent = self._send(message)
            failures += [unsent] if unsent else []
        try:
            # What is owed counts as told: whoever comes next sends it, and has nothing to tell of its own.
            if unsent:
                self._responses.owe(f"{now.isoformat()} {response.alarm.key}", _kept(message), now)
            self._responses.told(claims, now)
        except AwsError as error:
            failures.append(error.failure)
            if unsent:
                self._memory.owe(Owed(message, due))
                return True, tuple(failures)
        self._memory.remember(due, now)
        return True, tuple(failures)

    def _claim(
        self, news: tuple[News, ...], now: datetime
    ) -> tuple[tuple[News, ...], tuple[Claim, ...], Failure | None]:
        """Return what is to be told, what was claimed of it, and what failed: then all is told."""
        due: list[News] = []
        claims: list[Claim] = []
        for one in news:
            try:
                claim = self._responses.claim(one.key, one.what, now, one.again_after)
            except AwsError as error:
                return news, tuple(claims), error.failure
            if claim:
                due.append(one)
                claims.append(claim)
        return tuple(due), tuple(claims), None

    def _pay(self, now: datetime, *, from_table: bool) -> tuple[Failure, ...]:
        failure = self._memory.pay(self._send, now)
        failures = [failure] if failure else []
        if failure or not from_table:
            return tuple(failures)
        try:
            for item in self._responses.owed():
                failure = self._send(_message(item.content))
                failures += [failure] if failure else []
                if failure and _is_down(failure):
                    break
                # What the topic will never take is given up: it would hold up every message behind it.
                self._responses.paid(item.key)
        except AwsError as error:
            failures.append(error.failure)
        return tuple(failures)


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


def _is_down(failure: Failure) -> bool:
    """Whether the topic takes no message at all, rather than not this one."""
    return failure.call.startswith("sns:") and failure.code not in UNTAKEN


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
