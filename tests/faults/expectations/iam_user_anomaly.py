"""What faults of the calls about misused credentials may cost."""

from __future__ import annotations

from collections.abc import Mapping

from tests.faults.expected import RESOURCES, Known
from tests.scenarios.verdicts import MESSAGE, QUIET, RULES

# Nobody is contained of whom AWS does not say what there is to know; the failure is raised and told.
UNSEEN = frozenset({MESSAGE, RULES, RESOURCES})

LOST: Mapping[str, frozenset[str]] = {
    "guardduty:GetFindings": UNSEEN,
    "guardduty:ListDetectors": frozenset({MESSAGE}),
    "iam:GetAccessKeyLastUsed": UNSEEN,
    "iam:GetRole": UNSEEN,
    "iam:GetUser": UNSEEN,
    "iam:ListAccessKeys": UNSEEN,
    "iam:ListAttachedRolePolicies": UNSEEN,
    "iam:ListAttachedUserPolicies": UNSEEN,
    "iam:AttachRolePolicy": UNSEEN,
    "iam:AttachUserPolicy": UNSEEN,
    "iam:UpdateAccessKey": UNSEEN,
    "cloudtrail:LookupEvents": UNSEEN,
    "dynamodb:Query tampering": UNSEEN,
}

KNOWN = (
    Known(
        "guardduty:ListDetectors",
        "hollow lists",
        "A list without a detector is what GuardDuty says where it is off: then it is recommended.",
        lost=frozenset({MESSAGE, QUIET}),
    ),
    *(
        Known(
            f"iam:Get{kind}",
            "not found",
            "Who is not there is told, and nothing is done; if it was there before, that is raised.",
            lost=frozenset({MESSAGE, who}),
            raised=None,
        )
        for kind, who in (("User", "deploy"), ("Role", "build"))
    ),
    *(
        Known(
            f"iam:{call}",
            "read timeout|truncated answer",
            "IAM has done it; nothing of its answer is needed. Looking again shows it.",
        )
        for call in ("AttachRolePolicy", "AttachUserPolicy", "UpdateAccessKey")
    ),
)
