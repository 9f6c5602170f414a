"""What a call to IAM says for the conditions of a policy.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.local_aws.condition_keys.said import PartitionKey

if TYPE_CHECKING:
    from tests.local_aws.conditions import Context
    from tests.local_aws.requests import AwsRequest

_ATTACHING = ("AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy")
_DETACHING = ("DetachGroupPolicy", "DetachRolePolicy", "DetachUserPolicy")
_BOUNDING = ("CreateRole", "CreateUser", "PutRolePermissionsBoundary", "PutUserPermissionsBoundary")


def keys(request: AwsRequest, partition_key: PartitionKey) -> Context:
    """Return the condition keys that come from the request's own parameters."""
    asked = request.parameters
    if request.operation in (*_ATTACHING, *_DETACHING):
        return {"iam:PolicyARN": str(asked["PolicyArn"])}
    if request.operation in _BOUNDING and (boundary := asked.get("PermissionsBoundary")):
        return {"iam:PermissionsBoundary": str(boundary)}
    return {}
