"""CloudTrail Lake, which moto lacks, and the regions in which an account may have something of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.local_aws.answers import AwsError
from tests.local_aws.calls import Incoming, Overlay
from tests.local_aws.deployed import region_partition
from tests.local_aws.identity import ACCOUNT
from tests.support.fake_event_data_stores import EventDataStores

OPERATIONS = (
    "CreateEventDataStore",
    "DeleteEventDataStore",
    "GetEventDataStore",
    "ListEventDataStores",
    "RestoreEventDataStore",
    "StartEventDataStoreIngestion",
    "StopEventDataStoreIngestion",
    "UpdateEventDataStore",
)
# The regions of a partition that are enabled by default.
# Source: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
ENABLED = {
    "aws": (
        "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
        "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2",
        "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
    ),
    "aws-cn": ("cn-north-1", "cn-northwest-1"),
    "aws-us-gov": ("us-gov-east-1", "us-gov-west-1"),
}  # fmt: skip
STATUS = "ENABLED_BY_DEFAULT"


class Lake:
    """Overlays of CloudTrail Lake's calls, and of the Account API's ListRegions."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._partition = region_partition(region)
        self.stores = EventDataStores(ACCOUNT, self._partition)

    def overlays(self) -> dict[tuple[str, str], Overlay]:
        """Give the operations that are answered here."""
        answered = {("cloudtrail", name): _answering(getattr(self.stores, name)) for name in OPERATIONS}
        return {**answered, ("account", "ListRegions"): self._list_regions}

    def _list_regions(self, incoming: Incoming) -> Mapping[str, Any]:
        """Source: https://docs.aws.amazon.com/accounts/latest/reference/API_ListRegions.html."""
        parameters = incoming.parameters
        names = sorted({*ENABLED.get(self._partition, ()), self._region})
        wanted = parameters.get("RegionOptStatusContains") or [STATUS]
        shown = names if STATUS in wanted else []
        size = parameters.get("MaxResults", 50)
        if not 1 <= size <= 50:
            raise AwsError("ValidationException", f"MaxResults {size} is not between 1 and 50")
        token = parameters.get("NextToken", "0")
        if not token.isdigit():
            raise AwsError("ValidationException", "NextToken is not valid")
        page = shown[int(token) : int(token) + size]
        more = {"NextToken": str(int(token) + size)} if int(token) + size < len(shown) else {}
        return {"Regions": [{"RegionName": name, "RegionOptStatus": STATUS} for name in page], **more}


def _answering(operation: Callable[[Mapping[str, Any], str], Mapping[str, Any]]) -> Overlay:
    return lambda incoming: operation(incoming.parameters, incoming.region)
