"""The functions' calls, as another layer of tests reads them."""

from __future__ import annotations

from typing import Any

from tests.local_aws.calls import FunctionCall


def described(call: FunctionCall) -> dict[str, Any]:
    """Return a call as JSON can hold it.

    Returns
    -------
    dict
        ``function``; ``caller`` (``function``, or ``lambda`` or ``sns`` for what these do under its role);
        ``service``, ``operation``, ``region``; ``action`` and ``resources`` as IAM decided about them;
        ``allowed``; and ``error``, AWS's error code or nothing.
    """
    return {
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
