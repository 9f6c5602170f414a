"""The account's root user: its password, MFA and access keys, and its sign-ins to the console.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html
"""

from __future__ import annotations

import secrets
import string
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.iam.models import iam_backends

from tests.local_aws.answers import Answer, AwsError
from tests.local_aws.calls import Incoming, Overlay
from tests.local_aws.deployed import region_partition
from tests.local_aws.identity import ACCOUNT, Identity
from tests.local_aws.records import GLOBAL_REGIONS, event

SIGN_IN = "AWS Console Sign In via CloudTrail"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
ALPHABET = string.ascii_uppercase + string.digits
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MOST_KEYS = 2

Keys = Mapping[str, str]


@dataclass
class RootUser:
    """What the root user has, and what a person does with it.

    Attributes
    ----------
    register
        Makes an identity known by its access key.
    deliver
        Takes a record and the event of it, as of a call.
    has_password, has_mfa
        What IAM's summary says of it.
    """

    region: str
    register: Callable[[Identity], None]
    deliver: Callable[[Mapping[str, Any], Mapping[str, Any]], None]
    has_password: bool = True
    has_mfa: bool = True
    _keys: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The root user's ARN."""
        return f"arn:{region_partition(self.region)}:iam::{ACCOUNT}:root"

    def sign_in(self, *, mfa: bool | None = None, succeeded: bool = True) -> Keys:
        """Sign in to the console, and return the keys of the session; without success they are nobody's.

        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
        """
        used = self.has_mfa if mfa is None else mfa
        self._tell("ConsoleLogin", succeeded=succeeded, more={"MFAUsed": "Yes" if used else "No"})
        keys = _made("ASIA")
        if succeeded:
            self._known(keys["AccessKeyId"], mfa=used)
        return keys

    def reset_password(self) -> None:
        """Ask for a new password, and choose it: whoever reads root's mailbox can."""
        self._tell("PasswordRecoveryRequested")
        self._tell("PasswordRecoveryCompleted")

    def overlays(self) -> dict[tuple[str, str], Overlay]:
        """Give the operations of IAM that are about root where it calls them itself."""
        own = {
            "CreateAccessKey": self._create_key,
            "DeleteAccessKey": self._delete_key,
            "ListAccessKeys": self._list_keys,
            "UpdateAccessKey": self._update_key,
        }
        about_self = {("iam", name): _for_root(answer) for name, answer in own.items()}
        return {**about_self, ("iam", "GetAccountSummary"): self._summary}

    def _summary(self, incoming: Incoming) -> Mapping[str, Any]:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html."""
        summary = iam_backends[ACCOUNT][region_partition(incoming.region)].account_summary.summary_map
        return {
            "SummaryMap": {
                **{name: number for name, number in summary.items() if isinstance(number, int)},
                "AccountAccessKeysPresent": int(bool(self._keys)),
                "AccountMFAEnabled": int(self.has_mfa),
                "AccountPasswordPresent": int(self.has_password),
            }
        }

    def _create_key(self, _: Incoming) -> Mapping[str, Any]:
        if len(self._keys) >= MOST_KEYS:
            raise AwsError("LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {MOST_KEYS}", 409)
        made = _made("AKIA")
        key = {"AccessKeyId": made["AccessKeyId"], "Status": "Active", "CreateDate": datetime.now(UTC)}
        self._keys[made["AccessKeyId"]] = key
        self._known(made["AccessKeyId"])
        return {"AccessKey": {**key, "UserName": "", "SecretAccessKey": made["SecretAccessKey"]}}

    def _delete_key(self, incoming: Incoming) -> Mapping[str, Any]:
        del self._keys[self._named(incoming)]
        return {}

    def _update_key(self, incoming: Incoming) -> Mapping[str, Any]:
        self._keys[self._named(incoming)]["Status"] = incoming.parameters["Status"]
        return {}

    def _list_keys(self, _: Incoming) -> Mapping[str, Any]:
        return {"AccessKeyMetadata": list(self._keys.values()), "IsTruncated": False}

    def _named(self, incoming: Incoming) -> str:
        name = str(incoming.parameters["AccessKeyId"])
        if name not in self._keys:
            raise AwsError("NoSuchEntity", f"The Access Key with id {name} cannot be found.", 404)
        return name

    def _known(self, key: str, *, mfa: bool = False) -> None:
        self.register(Identity("Root", key, self.arn, ACCOUNT, "root", since=datetime.now(UTC), with_mfa=mfa))

    def _tell(self, name: str, *, succeeded: bool = True, more: Mapping[str, str] | None = None) -> None:
        entry: dict[str, Any] = {
            "eventVersion": "1.11",
            # Before a session there is no key.
            "userIdentity": {
                "type": "Root",
                "principalId": ACCOUNT,
                "arn": self.arn,
                "accountId": ACCOUNT,
                "accessKeyId": "",
            },
            "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": "signin.amazonaws.com",
            "eventName": name,
            "awsRegion": GLOBAL_REGIONS[region_partition(self.region)],
            "sourceIPAddress": "127.0.0.1",
            "userAgent": BROWSER,
            "requestParameters": None,
            "responseElements": {name: "Success" if succeeded else "Failure"},
            "additionalEventData": {"MobileVersion": "No", **(more or {})},
            "eventID": str(uuid.uuid4()),
            "readOnly": False,
            "eventType": "AwsConsoleSignIn",
            "managementEvent": True,
            "recipientAccountId": ACCOUNT,
            "eventCategory": "Management",
        }
        if not succeeded:
            entry["errorMessage"] = "Failed authentication"
        self.deliver(entry, {**event(entry), "detail-type": SIGN_IN})


def _for_root(answer: Overlay) -> Overlay:
    """Answer a call that root makes about itself, and leave every other one to moto."""

    def overlaid(incoming: Incoming) -> Answer | Mapping[str, Any]:
        own = incoming.identity.kind == "Root" and not incoming.parameters.get("UserName")
        return answer(incoming) if own else incoming.forward()

    return overlaid


def _made(prefix: str) -> Keys:
    name = prefix + "".join(secrets.choice(ALPHABET) for _ in range(16))
    return {"AccessKeyId": name, "SecretAccessKey": secrets.token_hex(20)}
