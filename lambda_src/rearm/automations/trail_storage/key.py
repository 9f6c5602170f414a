"""Reading a key: its state, its policy, whether it is rotated."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rearm.automations import Look
from rearm.aws import Answer, AwsError, malformed

NOT_FOUND = "NotFoundException"
# Only symmetric keys with AWS's own material rotate by themselves.
# Source: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
ROTATES = ("AWS_KMS", "SYMMETRIC_DEFAULT")
NO_ROTATION = frozenset({"UnsupportedOperationException", "KMSInvalidStateException"})


@dataclass(frozen=True)
class Key:
    """A key of this account.

    Attributes
    ----------
    state
        Such as ``Enabled``, ``Disabled``, ``PendingDeletion``.
    origin
        Where its material comes from, such as ``AWS_KMS``.
    managed
        Whether AWS manages it, so that nobody can change it.
    deletion
        When AWS will delete it, if somebody has asked for that.
    """

    arn: str
    state: str
    origin: str
    spec: str
    managed: bool
    deletion: datetime | None

    @property
    def rotates(self) -> bool:
        """Whether AWS can rotate its material."""
        return (self.origin, self.spec) == ROTATES and not self.managed


def describe(arn: str, look: Look) -> Key:
    """Ask for a key's state.

    Raises
    ------
    AwsError
        The call failed; ``NotFoundException`` if there is no such key.

    Sources: https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html,
    https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
    """
    answer = look.aws.call("kms", arn.split(":")[3], "DescribeKey", {"KeyId": arn})
    found = answer.get("KeyMetadata")
    if not isinstance(found, dict) or not isinstance(found.get("KeyState"), str):
        raise malformed("kms", "DescribeKey", "KeyState is missing")
    deletion = found.get("DeletionDate")
    return Key(
        arn=arn,
        state=found["KeyState"],
        origin=str(found.get("Origin") or "AWS_KMS"),
        spec=str(found.get("KeySpec") or "SYMMETRIC_DEFAULT"),
        managed=found.get("KeyManager") == "AWS",
        deletion=deletion if isinstance(deletion, datetime) else None,
    )


def read(key: Key, attributes: Iterable[str], look: Look) -> tuple[dict[str, Any], dict[str, AwsError]]:
    """Read attributes of a key.

    Returns
    -------
    tuple
        What was read by attribute, as JSON can hold it, and what failed.
    """
    state: dict[str, Any] = {"Origin": key.origin}
    failed: dict[str, AwsError] = {}
    region = key.arn.split(":")[3]
    if "Policy" in attributes:
        try:
            asked = {"KeyId": key.arn, "PolicyName": "default"}
            state["Policy"] = _policy(look.aws.call("kms", region, "GetKeyPolicy", asked))
        except AwsError as error:
            failed["Policy"] = error
    if "Rotation" in attributes and key.rotates:
        try:
            answer = look.aws.call("kms", region, "GetKeyRotationStatus", {"KeyId": key.arn})
            state["Rotation"] = _rotation(answer)
            if isinstance(answer.get("RotationPeriodInDays"), int):
                state["RotationPeriodInDays"] = answer["RotationPeriodInDays"]
        except AwsError as error:
            if error.code not in NO_ROTATION:
                failed["Rotation"] = error
    return state, failed


def _policy(answer: Answer) -> dict[str, Any]:
    try:
        policy = json.loads(answer["Policy"])
    except (KeyError, TypeError, ValueError) as error:
        raise malformed("kms", "GetKeyPolicy", "Policy is no JSON") from error
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise malformed("kms", "GetKeyPolicy", "Policy has no statements")
    return policy


def _rotation(answer: Answer) -> bool:
    enabled = answer.get("KeyRotationEnabled")
    if not isinstance(enabled, bool):
        raise malformed("kms", "GetKeyRotationStatus", "KeyRotationEnabled is missing")
    return enabled
