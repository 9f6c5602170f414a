"""What Rearm has said, as those read it whom it is for: mails, log, metrics, and the queue of failures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.e2e.account import Account

INBOX = "inbox"


@dataclass(frozen=True)
class Mail:
    """One message of the notification topic, as a subscriber got it."""

    subject: str
    body: str
    attributes: Mapping[str, str]

    def field(self, name: str) -> str:
        """Return what stands behind a name and a colon.

        Raises
        ------
        KeyError
            The message has no such line.
        """
        for line in self.body.splitlines():
            if line.startswith(f"{name}: "):
                return line.removeprefix(f"{name}: ")
        raise KeyError(f"no {name!r} in:\n{self.body}")

    def section(self, title: str) -> list[str]:
        """Return the lines below a title, up to the next empty one; none if there is no such title."""
        lines = self.body.splitlines()
        if title not in lines:
            return []
        below = lines[lines.index(title) + 1 :]
        return below[: below.index("")] if "" in below else below

    @property
    def response(self) -> str:
        """The id that finds the response in the logs."""
        return self.field("In the logs")


class Said:
    """The readers of what a deployment says; each reads on where the last test has begun.

    Parameters
    ----------
    account
        Where it is deployed.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._inbox = ""
        self._mails: list[Mail] = []
        self._read_lines = 0

    def subscribe(self) -> None:
        """Subscribe a queue to the notification topic, unless it is."""
        account = self._account
        sqs, sns = account.client("sqs"), account.client("sns")
        if not self._inbox:
            self._inbox = sqs.create_queue(QueueName=INBOX)["QueueUrl"]
        topic = f"arn:aws:sns:{account.region}:{account.id}:{account.name}-notifications"
        known = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        inbox = f"arn:aws:sqs:{account.region}:{account.id}:{INBOX}"
        if inbox not in [one["Endpoint"] for one in known]:
            sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=inbox)

    def forget(self) -> None:
        """Read everything there is, so that only what comes now counts."""
        self._fetch()
        self._mails = []
        self.failures()
        self._read_lines = len(self._all_lines())

    def mails(self) -> list[Mail]:
        """Return the messages, oldest first."""
        self._fetch()
        return list(self._mails)

    def mail(self) -> Mail:
        """Return the only message."""
        (mail,) = self.mails()
        return mail

    def lines(self) -> list[dict[str, Any]]:
        """Return the lines of the function's log that are JSON."""
        found = []
        for text in self._all_lines()[self._read_lines :]:
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict):
                found.append(line)
        return found

    def log(self) -> list[str]:
        """Return the lines of the function's log, with Lambda's own."""
        return self._all_lines()[self._read_lines :]

    def journal(self, response: str | None = None) -> list[dict[str, Any]]:
        """Return the journal's lines, of one response or of all."""
        lines = [line for line in self.lines() if "rearm" in line]
        return [line for line in lines if response in (None, line["rearm"].get("response"))]

    def metrics(self, name: str) -> list[dict[str, Any]]:
        """Return the values of a metric with their dimensions, as CloudWatch takes them from the log."""
        found = []
        for line in self.lines():
            for directive in (line.get("_aws") or {}).get("CloudWatchMetrics") or ():
                units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
                if name in units:
                    used = {key for keys in directive["Dimensions"] for key in keys}
                    found.append(
                        {"namespace": directive["Namespace"], "unit": units[name], "value": line[name]}
                        | {key: line[key] for key in sorted(used)}
                    )
        return found

    def failures(self) -> list[dict[str, Any]]:
        """Take the messages of the queue of failures: body, and attributes if there are any."""
        sqs = self._account.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{self._account.name}-failures")["QueueUrl"]
        return [
            {
                "body": json.loads(message["Body"]),
                "attributes": {
                    name: one["StringValue"] for name, one in message.get("MessageAttributes", {}).items()
                },
            }
            for message in self._take(url)
        ]

    def _fetch(self) -> None:
        for message in self._take(self._inbox):
            told = json.loads(message["Body"])
            attributes = {name: one["Value"] for name, one in told["MessageAttributes"].items()}
            self._mails.append(Mail(told["Subject"], told["Message"], attributes))

    def _take(self, url: str) -> list[dict[str, Any]]:
        sqs = self._account.client("sqs")
        found: list[dict[str, Any]] = []
        asked = {"QueueUrl": url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        while batch := sqs.receive_message(**asked).get("Messages"):
            for message in batch:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found += batch
        return found

    def _all_lines(self) -> list[str]:
        logs = self._account.client("logs")
        group = f"/aws/lambda/{self._account.function}"
        groups = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        # Another automation's name may begin with this one's.
        if group not in [one["logGroupName"] for one in groups]:
            return []
        return [
            event["message"].rstrip("\n")
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            for event in page["events"]
        ]
