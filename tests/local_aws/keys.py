"""KMS keys where moto is laxer than AWS: ARNs, and what a key's state forbids.

https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.kms.models import Key, kms_backends

from tests.local_aws.answers import AwsError
from tests.local_aws.calls import Incoming, Overlay
from tests.local_aws.deployed import region_partition
from tests.local_aws.identity import ACCOUNT
from tests.local_aws.requests import AwsRequest

PENDING = "PendingDeletion"


def arn(request: AwsRequest) -> str | None:
    """Give the ARN of the key that a call names; None where it names none, or an alias."""
    named = request.parameters.get("KeyId")
    if not isinstance(named, str) or "alias/" in named:
        return None
    if named.startswith("arn:"):
        return named
    return f"arn:{region_partition(request.region)}:kms:{request.region}:{ACCOUNT}:key/{named}"


def overlays() -> dict[tuple[str, str], Overlay]:
    """Give the operations that are answered here."""
    answered: dict[str, Overlay] = {
        "CancelKeyDeletion": _cancel_deletion,
        "DisableKey": _disable,
        "EnableKey": _enable,
        "ScheduleKeyDeletion": _schedule_deletion,
    }
    return {("kms", name): overlay for name, overlay in answered.items()}


def _key(incoming: Incoming) -> Key:
    named = arn(incoming.request) or str(incoming.parameters["KeyId"])
    for key in kms_backends[ACCOUNT][incoming.region].keys.values():
        if key.arn == named:
            return key
    raise AwsError("NotFoundException", f"Key '{named}' does not exist")


def _not_pending(incoming: Incoming) -> Key:
    key = _key(incoming)
    if key.key_state == PENDING:
        raise AwsError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    return key


def _enable(incoming: Incoming) -> Mapping[str, Any]:
    key = _not_pending(incoming)
    key.enabled, key.key_state = True, "Enabled"
    return {}


def _disable(incoming: Incoming) -> Mapping[str, Any]:
    key = _not_pending(incoming)
    key.enabled, key.key_state = False, "Disabled"
    return {}


def _schedule_deletion(incoming: Incoming) -> Mapping[str, Any]:
    key = _not_pending(incoming)
    days = int(incoming.parameters.get("PendingWindowInDays", 30))
    if not 7 <= days <= 30:
        raise AwsError("ValidationException", "PendingWindowInDays must be from 7 to 30.")
    at = datetime.now(UTC) + timedelta(days=days)
    # moto keeps naive times in UTC.
    key.enabled, key.key_state, key.deletion_date = False, PENDING, at.replace(tzinfo=None)
    return {"KeyId": key.arn, "DeletionDate": at, "KeyState": PENDING, "PendingWindowInDays": days}


def _cancel_deletion(incoming: Incoming) -> Mapping[str, Any]:
    key = _key(incoming)
    if key.key_state != PENDING:
        raise AwsError("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
    key.enabled, key.key_state, key.deletion_date = False, "Disabled", None
    return {"KeyId": key.arn}
