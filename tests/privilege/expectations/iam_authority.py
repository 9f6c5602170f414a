"""What the role of the automation for administrators' rights may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.scenarios.account import ORGANIZATION
from tests.support.planned import ACCOUNT

SERVICES: frozenset[str] = frozenset({"cloudtrail", "iam"})
# IAM has some hundred writes; what is not granted under a condition is out of reach.
JUDGED: frozenset[str] = frozenset()
WRITES: Mapping[str, str] = {
    "iam:DetachGroupPolicy": "A group loses a policy that makes administrators, and no other.",
    "iam:DetachRolePolicy": "A role loses a policy that makes an administrator, and no other.",
    "iam:DetachUserPolicy": "A user loses a policy that makes an administrator, and no other.",
}
NEVER = frozenset(
    {
        "iam:AddUserToGroup",
        "iam:AttachGroupPolicy",
        "iam:AttachRolePolicy",
        "iam:AttachUserPolicy",
        "iam:CreateAccessKey",
        "iam:CreatePolicyVersion",
        "iam:DeleteRolePermissionsBoundary",
        "iam:DeleteRolePolicy",
        "iam:PassRole",
        "iam:PutRolePolicy",
        "iam:PutUserPolicy",
        "iam:RemoveUserFromGroup",
        "iam:SetDefaultPolicyVersion",
        "iam:UpdateAssumeRolePolicy",
    }
)
HARMLESS: Mapping[str, str] = {}


def foreign(partition: str, region: str, other: str) -> Mapping[str, Sequence[str]]:
    """Return what is out of reach: without a policy that the conditions name, everything is."""
    kinds = {"iam:DetachGroupPolicy": "group", "iam:DetachRolePolicy": "role", "iam:DetachUserPolicy": "user"}
    return {
        action: [
            f"arn:{partition}:iam::{ACCOUNT}:{kind}/any",
            f"arn:{partition}:iam::{ORGANIZATION}:{kind}/any",
            f"arn:{other}:iam::{ACCOUNT}:{kind}/any",
        ]
        for action, kind in kinds.items()
    }
