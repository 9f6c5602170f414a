"""Events of the sign-in service: "AWS Console Sign In via CloudTrail".

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tests.events.envelopes import REGION, TIME, envelope
from tests.events.identities import ACCOUNT, root

SIGN_IN = "AWS Console Sign In via CloudTrail"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def root_at_the_door(account: str = ACCOUNT, partition: str = "aws") -> dict[str, Any]:
    """Be root at the sign-in page: there is no session yet."""
    return {
        "type": "Root",
        "principalId": account,
        "arn": f"arn:{partition}:iam::{account}:root",
        "accountId": account,
        "accessKeyId": "",
    }


def sign_in_event(
    name: str = "ConsoleLogin",
    *,
    identity: Mapping[str, Any] | None = None,
    succeeded: bool = True,
    mfa: str | None = "Yes",
    message: str | None = None,
    account: str = ACCOUNT,
    region: str = REGION,
    time: str = TIME,
    source_ip: str = "203.0.113.7",
    detail_type: str = SIGN_IN,
    number: int = 1,
) -> dict[str, Any]:
    """Build an event of the sign-in service.

    Parameters
    ----------
    name
        What happened, such as ``ConsoleLogin``, ``PasswordUpdated`` or ``CheckMfa``.
    identity
        A ``userIdentity``; root before a session if not given.
    succeeded, message
        The result, and ``errorMessage`` of a failed sign-in.
    mfa
        ``MFAUsed``; absent if None.
    number
        Tells events apart that are otherwise alike.
    """
    more = {"LoginTo": "https://console.aws.amazon.com/console/home", "MobileVersion": "No"}
    told = json.dumps([name, identity, succeeded, mfa, account, region, time, source_ip, number], default=str)
    detail: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": dict(identity) if identity is not None else root_at_the_door(account),
        "eventTime": time,
        "eventSource": "signin.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": source_ip,
        "userAgent": BROWSER,
        "requestParameters": None,
        "responseElements": {name: "Success" if succeeded else "Failure"},
        "additionalEventData": more | ({"MFAUsed": mfa} if mfa is not None else {}),
        "eventID": str(uuid5(NAMESPACE_URL, f"sign-in {told}")),
        "readOnly": False,
        "eventType": "AwsConsoleSignIn",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
    }
    if not succeeded:
        detail["errorMessage"] = message or "Failed authentication"
    return envelope("aws.signin", detail_type, detail, account=account, region=region, time=time)


def root_with_key(key: str = "AKIAIOSFODNN7EXAMPLE", *, partition: str = "aws") -> dict[str, Any]:
    """Be root with an access key that lasts: there is no session."""
    return {
        name: value
        for name, value in (root(partition=partition) | {"accessKeyId": key}).items()
        if name != "sessionContext"
    }
