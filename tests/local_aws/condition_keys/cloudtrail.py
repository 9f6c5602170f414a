"""What a call to CloudTrail needs beside its own action."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.local_aws.condition_keys.said import Implied, passed

if TYPE_CHECKING:
    from tests.local_aws.requests import AwsRequest


def needs(request: AwsRequest) -> Iterator[Implied]:
    """Yield what a caller must be allowed beside the request's own action.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html
    """
    if request.operation in ("CreateTrail", "UpdateTrail"):
        yield from passed(request, "CloudWatchLogsRoleArn", "cloudtrail.amazonaws.com")
    if request.operation == "CreateTrail" and request.parameters.get("TagsList"):
        yield Implied("cloudtrail:AddTags")
