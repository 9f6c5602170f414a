"""Telling people: what is worth a message, and sending it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rearm.alarm import Door
from rearm.aws import Aws, AwsError, malformed
from rearm.model import Ending, Failure, Outcome, Response
from rearm.report import metrics
from rearm.report.message import Message
from rearm.settings import Settings

# A finding that stands, such as an excused one, is found by every sweep; people are reminded once a day.
REMINDER = timedelta(days=1)
REMEMBERED = 2048
# As often as Lambda tries an event: then it waits in the failure queue.
TRIES = 3
MOST_OWED = 100
STANDING = frozenset({Outcome.NOTIFIED, Outcome.EXCEPTED})


@dataclass(frozen=True)
class Owed:
    """A message that is still to be sent; `keys` are what it counts as told for."""

    message: Message
    keys: tuple[str, ...]
    tries: int = 0


class Memory:
    """What this process has told already, and what it owes.

    A new process remembers nothing and tells again: repeated news is better than none.
    """

    def __init__(self) -> None:
        self._told: dict[str, datetime] = {}
        self._owed: list[Owed] = []

    def owe(self, message: Message, response: Response, now: datetime) -> None:
        """Keep a message until it is sent, and count it as told.

        When Lambda tries the event again the safeguard is on, and there would be nothing to tell any more.
        """
        keys = () if response.failures else _keys(response)
        for key in keys:
            self._told.pop(key, None)
            self._told[key] = now
        while len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]
        self._owed = [*self._owed, Owed(message, keys)][-MOST_OWED:]

    def pay(self, send: Callable[[Message], Failure | None]) -> Failure | None:
        """Send what is owed, oldest first, until something fails; what has failed too often is given up."""
        while self._owed:
            first, *rest = self._owed
            failure = send(first.message)
            if failure:
                tried = replace(first, tries=first.tries + 1)
                if tried.tries < TRIES:
                    rest = [tried, *rest]
                else:
                    for key in tried.keys:
                        self._told.pop(key, None)
            self._owed = rest
            if failure:
                return failure
        return None

    def worth_telling(self, response: Response, now: datetime) -> bool:
        """Whether a response has something to tell that has not been told within the day."""
        if response.problems:
            return True
        if any(self._is_news(ending, response, now) for ending in response.endings):
            return True
        # A call that somebody made and that left nothing to repair is news; Rearm's own is none.
        nothing_found = not response.endings and response.alarm.door is Door.API and not response.own
        return nothing_found and self._unseen(f"alarm {response.alarm.id}", now)

    def _is_news(self, ending: Ending, response: Response, now: datetime) -> bool:
        if ending.outcome is Outcome.EXCEPTED and ending.quiet:
            return False
        return ending.outcome not in STANDING or self._unseen(_key(ending, response), now)

    def _unseen(self, key: str, now: datetime) -> bool:
        told = self._told.get(key)
        return told is None or now - told >= REMINDER


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


def _region(topic_arn: str, settings: Settings) -> str:
    parts = topic_arn.split(":")
    return parts[3] if len(parts) > 3 and parts[3] else settings.region


def _keys(response: Response) -> tuple[str, ...]:
    standing = (_key(ending, response) for ending in response.endings if ending.outcome in STANDING)
    return (f"alarm {response.alarm.id}", *standing)


def _key(ending: Ending, response: Response) -> str:
    """Return what an ending is remembered by: a repeated event by its id, a standing finding by itself.

    What went off again since it was told is another finding: the time that AWS gives it is part of the key.
    """
    where = response.alarm.id if response.alarm.door is Door.API else "standing"
    return f"{where} {ending.outcome} {ending.finding.key} {ending.finding.since}"
