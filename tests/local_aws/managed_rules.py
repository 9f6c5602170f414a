"""The managed Config rules that are evaluated here, from the trails as the endpoint shows them.

https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _a_trail_logs(cloudtrail: Any) -> bool:
    return any(_logs(cloudtrail, trail["TrailARN"]) for trail in cloudtrail.describe_trails()["trailList"])


def _a_multi_region_trail_logs(cloudtrail: Any) -> bool:
    return any(
        trail["IsMultiRegionTrail"] and _logs(cloudtrail, trail["TrailARN"])
        for trail in cloudtrail.describe_trails()["trailList"]
    )


def _logs(cloudtrail: Any, arn: str) -> bool:
    return bool(cloudtrail.get_trail_status(Name=arn)["IsLogging"])


MANAGED: dict[str, Callable[[Any], bool]] = {
    "CLOUD_TRAIL_ENABLED": _a_trail_logs,
    "MULTI_REGION_CLOUD_TRAIL_ENABLED": _a_multi_region_trail_logs,
}
"""By identifier: from a region's CloudTrail client to whether the account complies."""
