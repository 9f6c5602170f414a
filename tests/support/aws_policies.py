"""Policies that AWS manages, brought into moto, which leaves them out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends

from tests.events.identities import ACCOUNT

REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1"}


def bring_in(names: Iterable[str], partition: str = "aws") -> list[str]:
    """Let a partition's account have policies of AWS's, and return their ARNs."""
    backend = iam_backends[ACCOUNT][partition]
    made = [AWSManagedPolicy.from_data(name, ACCOUNT, REGIONS[partition], texts()[name]) for name in names]
    for policy in made:
        backend.aws_managed_policies.append(policy)
        backend.managed_policies[policy.arn] = policy
    return [str(policy.arn) for policy in made]


@cache
def texts() -> dict[str, Any]:
    """Return what moto knows of each policy of AWS's, by its name."""
    return dict(json.loads(aws_managed_policies_data))


def as_aws(answer: dict[str, Any], partition: str = "aws") -> None:
    """Edit GetAccountAuthorizationDetails: add ids, and leave out what nobody has.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    """
    backend = iam_backends[ACCOUNT][partition]
    answer["Policies"] = [
        one for one in answer["Policies"] if one["AttachmentCount"] or one["Arn"].split(":")[4] != "aws"
    ]
    for policy in answer["Policies"]:
        policy["PolicyId"] = backend.managed_policies[policy["Arn"]].id
