"""The policies that AWS manages: moto has their text, but leaves them out unless told otherwise."""

from __future__ import annotations

import functools
import json
import re
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends

from tests.local_aws.answers import Answer
from tests.local_aws.calls import Incoming, Overlay
from tests.local_aws.deployed import region_partition
from tests.local_aws.identity import ACCOUNT

_ARN = re.compile(r"arn:[^:]+:iam::aws:policy/(?:.*/)?([^/]+)")
_USING = (
    "AttachGroupPolicy",
    "AttachRolePolicy",
    "AttachUserPolicy",
    "GetPolicy",
    "GetPolicyVersion",
    "ListPolicyVersions",
)


def overlays() -> dict[tuple[str, str], Overlay]:
    """Give the operations before which a policy that they name is brought in."""
    return {("iam", name): _bring for name in _USING}


def _bring(incoming: Incoming) -> Answer:
    arn = str(incoming.parameters.get("PolicyArn", ""))
    named = _ARN.fullmatch(arn)
    if named:
        backend = iam_backends[ACCOUNT][region_partition(incoming.region)]
        text = _texts().get(named[1])
        if arn not in backend.managed_policies and text:
            policy = AWSManagedPolicy.from_data(named[1], ACCOUNT, backend.region_name, text)
            backend.aws_managed_policies.append(policy)
            backend.managed_policies[policy.arn] = policy
    return incoming.forward()


@functools.cache
def _texts() -> dict[str, Any]:
    return dict(json.loads(aws_managed_policies_data))
