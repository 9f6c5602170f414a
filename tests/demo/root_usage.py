"""The demo's steps about the root user: what is done as root is told, what an administrator does is not."""

from __future__ import annotations

from collections.abc import Callable

from tests.demo.screen import Screen
from tests.local_aws import LocalAws
from tests.local_aws.subscriptions import Message

AUTOMATION = "root_usage"


def show(aws: LocalAws, screen: Screen, must: Callable[[bool, str], None]) -> None:
    """Play one true case and one near miss; the automation is deployed, and a trail logs.

    Parameters
    ----------
    must
        Notes a verdict and the words for it.
    """
    region = aws.options.region
    screen.step("Somebody signs in as root and makes a key pair")
    screen.block(['boto3.client("ec2").create_key_pair(KeyName="of-root")'])
    before = _told(aws)
    session = aws.root.sign_in()
    aws.client("ec2", region, session).create_key_pair(KeyName="of-root")
    aws.wait_idle()
    told = _told(aws)[len(before) :]
    for message in told:
        screen.block([f"Subject: {message.subject}", *message.body.splitlines()[3:5]])
    must(any("called ec2:CreateKeyPair" in message.body for message in told), "the call as root is told")
    screen.step("An administrator does the same")
    aws.client("ec2", region).create_key_pair(KeyName="of-an-administrator")
    aws.wait_idle()
    must(len(_told(aws)) == len(before) + len(told), "that is no news")


def _told(aws: LocalAws) -> list[Message]:
    return [message for message in aws.messages if message.attributes.get("automation") == AUTOMATION]
