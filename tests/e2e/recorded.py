"""The functions' calls, as the tests of privilege read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.local_aws.calls import FunctionCall

CALLS: list[dict[str, Any]] = []
"""The calls of this process's accounts."""

# The root modules whose inputs are those of a planned variant, see tests.support.variants.
VARIANTS: Mapping[str, str] = {
    "examples/basic": "default",
    "examples/new-account": "default",
    "examples/other-regions": "default",
    "tests/e2e/roots/notify": "notify",
}


def keep(calls: Iterable[FunctionCall], root: str, config_rules: Mapping[str, str]) -> None:
    """Keep calls as JSON can hold them.

    Each becomes an object with ``variant``, the planned one with the same inputs, null if there is none or if
    the call is not one that a grant must answer for: Lambda's own, or one that a test had forbidden;
    ``root``, the root module; ``function``, the function's name; ``said``, the condition keys that come from
    what is asked for; ``caller``, ``function``, or ``lambda`` or ``sns`` for what these do under its
    role; ``operation``; ``action`` and ``resources`` as IAM decided about them; ``config_rules``, the names
    of those among the resources by ARN; ``allowed``; and ``error``, AWS's error code or nothing.

    Parameters
    ----------
    calls
        What the functions called.
    root
        The root module that was deployed.
    config_rules
        From the ARN of each Config rule to its name.
    """
    CALLS.extend(
        {
            "variant": VARIANTS.get(root) if call.caller != "lambda" and call.decision.allowed else None,
            "root": root,
            "function": call.function,
            "said": dict(call.said),
            "caller": call.caller,
            "operation": call.operation,
            "action": call.action,
            "resources": list(call.resources),
            "config_rules": {arn: config_rules[arn] for arn in call.resources if arn in config_rules},
            "allowed": call.decision.allowed,
            "error": call.error,
        }
        for call in calls
    )
