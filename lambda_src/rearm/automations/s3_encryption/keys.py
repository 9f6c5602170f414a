"""Keys of KMS by whatever name: which key it is, whose, and whether it can be used."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rearm.automations import Look
from rearm.aws import AwsError, malformed
from rearm.model import Failure

# What S3 takes where KMS is asked for and no key is named: AWS manages it, and it cannot be shared.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
MANAGED = "alias/aws/s3"
NOT_FOUND = "NotFoundException"
SAID_OF_A_KEY = ("Arn", "KeySpec", "KeyState")


@dataclass(frozen=True, eq=False, repr=False)
class Target:
    """The key that buckets must use.

    `arn` is None where any will do. `trouble` is why it cannot be used, and `failure` what AWS said where
    that has to be mended.
    """

    arn: str | None = None
    trouble: str | None = None
    failure: Failure | None = None


class Keys:
    """What KMS says of keys in one response; each is asked for once, by whatever thread comes first."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._known: dict[str, Mapping[str, Any] | AwsError] = {}

    def arn(self, name: str) -> str | None:
        """Return the ARN of a key by its ARN, id or alias; None if there is no such key.

        Raises
        ------
        AwsError
            KMS does not say.
        """
        if name.startswith("arn:") and ":key/" in name:
            return name
        try:
            return str(self._described(name)["Arn"])
        except AwsError as error:
            if error.code == NOT_FOUND:
                return None
            raise

    def target(self, name: str) -> Target:
        """Say which key a setting means, and whether S3 can encrypt new objects with it.

        Another account's key is taken as it is named: that account says who may use it.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html
        """
        if not name:
            return Target()
        region = name.split(":")[3] if name.startswith("arn:") else self._look.region
        if region != self._look.region:
            said = f"The key {name} is of {region}; a bucket needs one of its own region."
            return Target(trouble=said)
        if owner_of(name) not in (None, self._look.account) and ":key/" in name:
            return Target(name)
        try:
            key = self._described(name)
        except AwsError as error:
            return Target(trouble=f"The key {name} cannot be looked at.", failure=error.failure)
        arn, state = str(key["Arn"]), str(key["KeyState"])
        if key["KeySpec"] != "SYMMETRIC_DEFAULT":
            return Target(arn, f"The key {name} is not one that S3 can use.")
        if state != "Enabled":
            return Target(arn, f"The key {name} is {state}: nobody could write new objects.")
        return Target(arn)

    def _described(self, name: str) -> Mapping[str, Any]:
        """Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html."""
        with self._lock:
            if name not in self._known:
                self._known[name] = self._ask(name)
            known = self._known[name]
        if isinstance(known, AwsError):
            raise known
        return known

    def _ask(self, name: str) -> Mapping[str, Any] | AwsError:
        try:
            answer = self._look.aws.call("kms", self._look.region, "DescribeKey", {"KeyId": name})
            key = answer.get("KeyMetadata")
            if not isinstance(key, dict) or not all(key.get(name) for name in SAID_OF_A_KEY):
                raise malformed("kms", "DescribeKey", f"the key has not all of {', '.join(SAID_OF_A_KEY)}")
        except AwsError as error:
            return error
        return key


def owner_of(key: str | None) -> str | None:
    """Return the account that a key's or alias's ARN names; an id or a bare alias names none."""
    parts = (key or "").split(":")
    return parts[4] if len(parts) == 6 and parts[2] == "kms" else None
