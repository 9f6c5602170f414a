"""What faults of the calls about misused credentials may cost."""

from __future__ import annotations

from collections.abc import Mapping

from tests.faults.expected import RESOURCES, Known
from tests.scenarios.verdicts import MESSAGE, RULES

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

KNOWN = tuple(
    Known(
        f"iam:{call}",
        "read timeout|truncated answer",
        "IAM has done it; nothing of its answer is needed. Looking again shows it.",
    )
    for call in ("AttachRolePolicy", "AttachUserPolicy", "UpdateAccessKey")
)
