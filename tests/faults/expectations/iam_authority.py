"""What faults of the calls about administrators' rights may cost."""

from __future__ import annotations

from collections.abc import Mapping

from tests.faults.expected import RESOURCES, Known
from tests.scenarios.verdicts import BASELINES, MESSAGE, RULES

DETACHING = frozenset({MESSAGE, RULES, RESOURCES})

LOST: Mapping[str, frozenset[str]] = {
    # The one call that shows everything: without it nothing is judged, detached or recorded.
    "iam:GetAccountAuthorizationDetails": frozenset({MESSAGE, BASELINES, RULES, RESOURCES}),
    "iam:DetachGroupPolicy": DETACHING,
    "iam:DetachRolePolicy": DETACHING,
    "iam:DetachUserPolicy": DETACHING,
    # What is taken away from people waits for everything that may speak against it.
    "dynamodb:Query baseline": frozenset({MESSAGE, BASELINES, RULES, RESOURCES}),
    "dynamodb:Query exception": DETACHING,
}

KNOWN = (
    Known(
        "cloudtrail:LookupEvents",
        ".*",
        "Who did it is worth less than the repair; no exception for an actor applies.",
        lost=frozenset({MESSAGE}),
        said="could not be asked (cloudtrail:LookupEvents",
    ),
    *(
        Known(
            f"iam:Detach{kind}Policy",
            "read timeout|truncated answer",
            "IAM has done it; nothing of its answer is needed. Looking again shows it.",
        )
        for kind in ("Group", "Role", "User")
    ),
)
