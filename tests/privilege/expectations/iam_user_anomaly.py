"""What the role of the automation for misused credentials may do: take away, and give nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.scenarios.account import ORGANIZATION
from tests.support.planned import ACCOUNT

SERVICES: frozenset[str] = frozenset({"cloudtrail", "guardduty", "iam"})
# IAM has some hundred writes; what is not granted under a condition is out of reach.
JUDGED: frozenset[str] = frozenset()
WRITES: Mapping[str, str] = {
    "iam:AttachRolePolicy": "A role is denied everything, by the one policy that may be attached.",
    "iam:AttachUserPolicy": "A user is denied everything, by the one policy that may be attached.",
    "iam:UpdateAccessKey": "A user's access key becomes inactive.",
}
NEVER = frozenset(
    {
        "iam:AddUserToGroup",
        "iam:AttachGroupPolicy",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:CreatePolicyVersion",
        "iam:DeleteAccessKey",
        "iam:DeleteUser",
        "iam:DetachRolePolicy",
        "iam:DetachUserPolicy",
        "iam:PassRole",
        "iam:PutRolePolicy",
        "iam:PutUserPolicy",
        "iam:SetDefaultPolicyVersion",
        "iam:UpdateAssumeRolePolicy",
    }
)
HARMLESS: Mapping[str, str] = {}


def foreign(partition: str, region: str, other: str) -> Mapping[str, Sequence[str]]:
    """Return what is out of reach: without the policy that the conditions name, everything is."""
    of_keys = [
        f"arn:{partition}:iam::{ORGANIZATION}:user/any",
        f"arn:{other}:iam::{ACCOUNT}:user/any",
        f"arn:{partition}:iam::{ACCOUNT}:role/any",
    ]
    return {
        "iam:AttachUserPolicy": [f"arn:{partition}:iam::{ACCOUNT}:user/any", *of_keys],
        "iam:AttachRolePolicy": [
            f"arn:{partition}:iam::{ACCOUNT}:role/any",
            f"arn:{partition}:iam::{ACCOUNT}:role/rearm-cloudtrail",
            f"arn:{partition}:iam::{ORGANIZATION}:role/any",
        ],
        "iam:UpdateAccessKey": of_keys,
    }
