"""Reading event data stores: which there are, what they are called, what AWS says of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from rearm.alarm import Alarm
from rearm.automations import Look
from rearm.aws import Answer, AwsError, items_of, malformed
from rearm.model import Resource

STORE_TYPE = "AWS::CloudTrail::EventDataStore"

# Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-eds-disable-termination.html
CREATED = "CREATED"
ENABLED = "ENABLED"
STARTING = "STARTING_INGESTION"
STOPPING = "STOPPING_INGESTION"
STOPPED = "STOPPED_INGESTION"
PENDING_DELETION = "PENDING_DELETION"
STATUSES = frozenset({CREATED, ENABLED, STARTING, STOPPING, STOPPED, PENDING_DELETION})
# A store that is only stopping cannot be started yet; the state is short, so it is waited for, in seconds.
STOPPING_WAITS_S = (1.0, 2.0, 4.0)

# What AWS says of a store that is not there: deleted for good, or never known.
# Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventDataStore.html
NOT_FOUND = frozenset(
    {
        "EventDataStoreARNInvalidException",
        "EventDataStoreNotFoundException",
        "InactiveEventDataStoreException",
    }
)

_ID = re.compile(r"[A-Za-z0-9-]{3,64}")
_REGION = re.compile(r"[a-z]{2,8}(-[a-z]{2,16}){1,3}-[0-9]{1,2}")
_ACCOUNT = re.compile(r"[0-9]{12}")


@dataclass(frozen=True)
class Store:
    """One event data store, as AWS describes it.

    `retention` is in days. `selectors` are its advanced event selectors as AWS spells them; `key` and
    `billing` are None where AWS gives none, `recorded_name` where there is no baseline.
    """

    arn: str
    name: str
    status: str
    protected: bool
    multi_region: bool
    organization: bool
    retention: int
    selectors: tuple[Mapping[str, object], ...]
    key: str | None = None
    billing: str | None = None
    recorded_name: str | None = None

    @property
    def known_as(self) -> str:
        """What it is called: the name of the baseline, since whoever may rename it could excuse it so."""
        return self.recorded_name or self.name

    @property
    def region(self) -> str:
        """Where it is, and the only region in which it can be changed."""
        return self.arn.split(":")[3]

    @property
    def owner(self) -> str:
        """The account that it belongs to; an organization's store is the management account's."""
        return self.arn.split(":")[4]

    @property
    def resource(self) -> Resource:
        """The store as a resource."""
        return Resource(self.arn, self.known_as, STORE_TYPE, self.owner, self.region)

    @property
    def stopped(self) -> bool:
        """Whether it takes no events, or will not in a moment."""
        return self.status in (STOPPED, STOPPING)

    @property
    def settled(self) -> bool:
        """Whether its state is one that lasts."""
        return self.status in (ENABLED, STOPPED)

    @property
    def state(self) -> dict[str, object]:
        """What a baseline holds of it, in the names of CreateEventDataStore's parameters."""
        return {
            "Name": self.name,
            "StartIngestion": not self.stopped,
            "TerminationProtectionEnabled": self.protected,
            "MultiRegionEnabled": self.multi_region,
            "OrganizationEnabled": self.organization,
            "RetentionPeriod": self.retention,
            "AdvancedEventSelectors": [dict(selector) for selector in self.selectors],
            "KmsKeyId": self.key,
            "BillingMode": self.billing,
        }


def is_store_arn(text: object, partition: str) -> bool:
    """Whether a text is the ARN of an event data store of this partition, each part of the right form."""
    parts = text.split(":") if isinstance(text, str) else []
    if len(parts) != 6 or parts[:3] != ["arn", partition, "cloudtrail"]:
        return False
    kind, _, identity = parts[5].partition("/")
    return bool(
        kind == "eventdatastore"
        and _REGION.fullmatch(parts[3])
        and _ACCOUNT.fullmatch(parts[4])
        and _ID.fullmatch(identity)
    )


def is_region(text: object) -> bool:
    """Whether a text has the form of a region's name."""
    return isinstance(text, str) and _REGION.fullmatch(text) is not None


def arn_of(name: str, alarm: Alarm, look: Look) -> str | None:
    """Return the ARN of the store that a call named, by its ARN or by the id at its end; None for neither."""
    if is_store_arn(name, look.partition):
        return name
    arn = f"arn:{look.partition}:cloudtrail:{alarm.region}:{look.account}:eventdatastore/{name}"
    return arn if is_store_arn(arn, look.partition) else None


def resource_of(arn: str, name: object = None) -> Resource:
    """Return a store of which only the ARN is known, and perhaps its name, as a resource."""
    _, _, _, region, owner, identity = arn.split(":")
    known = name if isinstance(name, str) and name else identity.partition("/")[2]
    return Resource(arn, known, STORE_TYPE, owner, region)


def stores_in(region: str, look: Look) -> list[str]:
    """Return the ARNs of a region's stores, those that wait for their deletion included.

    Raises
    ------
    AwsError
        The call failed.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListEventDataStores.html
    """
    found: dict[str, None] = {}
    for page in look.aws.pages("cloudtrail", region, "ListEventDataStores"):
        for item in items_of(page, "cloudtrail", "ListEventDataStores", "EventDataStores"):
            arn = item.get("EventDataStoreArn")
            if not isinstance(arn, str) or not is_store_arn(arn, look.partition):
                raise malformed("cloudtrail", "ListEventDataStores", "a store has no EventDataStoreArn")
            found[arn] = None
    return list(found)


def read(arn: str, look: Look) -> Store:
    """Ask for a store, in its region.

    Raises
    ------
    AwsError
        The call failed; one of `NOT_FOUND` if there is no such store.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventDataStore.html
    """
    answer = look.aws.call("cloudtrail", arn.split(":")[3], "GetEventDataStore", {"EventDataStore": arn})
    store = _store(answer, arn)
    if store.status not in STATUSES:
        raise malformed("cloudtrail", "GetEventDataStore", f"the status {store.status!r} is not known")
    return store


def read_settled(arn: str, look: Look) -> Store:
    """Ask for a store, and wait a bounded time while it is stopping: until it has, it cannot be started.

    Raises
    ------
    AwsError
        The call failed.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartEventDataStoreIngestion.html
    """
    store = read(arn, look)
    for wait in STOPPING_WAITS_S:
        if store.status != STOPPING:
            break
        look.aws.sleep(wait)
        try:
            store = read(arn, look)
        except AwsError:
            break
    return store


def _store(answer: Answer, arn: str) -> Store:
    selectors = items_of(answer, "cloudtrail", "GetEventDataStore", "AdvancedEventSelectors")
    read_as = {
        "Name": str,
        "Status": str,
        "TerminationProtectionEnabled": bool,
        "MultiRegionEnabled": bool,
        "OrganizationEnabled": bool,
        "RetentionPeriod": int,
    }
    for key, kind in read_as.items():
        if not isinstance(answer.get(key), kind):
            raise malformed("cloudtrail", "GetEventDataStore", f"{key} is missing")
    store = Store(
        arn=arn,
        name=answer["Name"],
        status=answer["Status"],
        protected=answer["TerminationProtectionEnabled"],
        multi_region=answer["MultiRegionEnabled"],
        organization=answer["OrganizationEnabled"],
        retention=answer["RetentionPeriod"],
        selectors=tuple(selectors),
    )
    encrypted_with, billed_as = answer.get("KmsKeyId"), answer.get("BillingMode")
    return replace(
        store,
        key=str(encrypted_with) if encrypted_with else None,
        billing=str(billed_as) if billed_as else None,
    )
