"""What a call to EventBridge says for the conditions of a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.local_aws.condition_keys.said import PartitionKey

if TYPE_CHECKING:
    from tests.local_aws.conditions import Context
    from tests.local_aws.requests import AwsRequest


def keys(request: AwsRequest, partition_key: PartitionKey) -> Context:
    """Return the condition keys that come from the request's own parameters."""
    if request.operation == "PutTargets":
        return {"events:TargetArn": [str(target["Arn"]) for target in request.parameters["Targets"]]}
    return {}
