"""The functions' calls, as another layer of tests reads them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.local_aws.calls import FunctionCall

CALLS: list[dict[str, Any]] = []
"""All calls of this process's accounts that are closed."""


def keep(calls: Iterable[FunctionCall]) -> None:
    """Keep calls as JSON can hold them.

    Each becomes an object with ``function``; ``caller`` (``function``, or ``lambda`` or ``sns`` for what
    these do under its role); ``service``, ``operation``, ``region``; ``action`` and ``resources`` as IAM
    decided about them; ``allowed``; and ``error``, AWS's error code or nothing.
    """
    CALLS.extend(
        {
            "function": call.function,
            "caller": call.caller,
            "service": call.service,
            "operation": call.operation,
            "region": call.region,
            "action": call.action,
            "resources": list(call.resources),
            "allowed": call.decision.allowed,
            "error": call.error,
        }
        for call in calls
    )
