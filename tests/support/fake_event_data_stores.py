"""CloudTrail Lake's event data stores, which moto lacks: their states, and what AWS refuses in each.

Written from the API's model and https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-eds-disable-termination.html.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.local_aws.answers import AwsError

WAITS = timedelta(days=7)
PER_REGION = 10
LONGEST = {"EXTENDABLE_RETENTION_PRICING": 3653, "FIXED_RETENTION_PRICING": 2557}
USUAL = {"EXTENDABLE_RETENTION_PRICING": 366, "FIXED_RETENTION_PRICING": 2557}
STARTABLE = frozenset({"Management", "Data", "NetworkActivity", "ConfigurationItem"})
CATEGORIES = STARTABLE | {"ActivityAuditLog", "Evidence", "Insight"}
MANAGEMENT = [
    {"Name": "Default", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
]
SHORT = {"STARTING_INGESTION": "ENABLED", "STOPPING_INGESTION": "STOPPED_INGESTION"}
ATTRIBUTES = (
    "Name",
    "AdvancedEventSelectors",
    "MultiRegionEnabled",
    "OrganizationEnabled",
    "RetentionPeriod",
    "TerminationProtectionEnabled",
    "KmsKeyId",
    "BillingMode",
)
_NAME = re.compile(r"[a-zA-Z0-9._\-]{3,128}")


def identity_of(name: str, region: str, number: int = 0) -> str:
    """Return the id of a store: that of the same one is the same in every run, and no other has it.

    Parameters
    ----------
    number
        How many stores have been made before it.
    """
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{number} {region} {name}"))


@dataclass
class Kept:
    """One event data store; `reads` is how often its state is read before a short one is over."""

    arn: str
    attributes: dict[str, Any]
    status: str
    created: datetime
    updated: datetime
    reads: int = 0
    before: str = "ENABLED"
    deleted: datetime | None = None

    @property
    def region(self) -> str:
        """Where it is."""
        return self.arn.split(":")[3]

    def described(self) -> dict[str, Any]:
        """Return what GetEventDataStore says of it."""
        return {
            "EventDataStoreArn": self.arn,
            "Status": self.status,
            **{key: value for key, value in self.attributes.items() if value is not None},
            "CreatedTimestamp": self.created,
            "UpdatedTimestamp": self.updated,
        }

    def can_ingest(self) -> bool:
        """Whether its events are of a kind that is taken as they happen."""
        return bool(_categories(self.attributes["AdvancedEventSelectors"]) & STARTABLE)


@dataclass
class EventDataStores:
    """The event data stores that an account sees.

    Attributes
    ----------
    account, partition
        Of the account that asks.
    manages
        Whether it is an organization's management account.
    lag
        How often a short state is seen.
    unsupported
        The regions without CloudTrail Lake.
    now
        The time.
    """

    account: str
    partition: str = "aws"
    manages: bool = False
    lag: int = 1
    unsupported: set[str] = field(default_factory=set)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    kept: dict[str, Kept] = field(default_factory=dict)
    made: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def CreateEventDataStore(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateEventDataStore.html."""
        with self._at(region):
            billing = parameters.get("BillingMode", "EXTENDABLE_RETENTION_PRICING")
            attributes = {
                "Name": parameters["Name"],
                "AdvancedEventSelectors": parameters.get("AdvancedEventSelectors") or MANAGEMENT,
                "MultiRegionEnabled": parameters.get("MultiRegionEnabled", True),
                "OrganizationEnabled": parameters.get("OrganizationEnabled", False),
                "RetentionPeriod": parameters.get("RetentionPeriod", USUAL.get(billing, 0)),
                "TerminationProtectionEnabled": parameters.get("TerminationProtectionEnabled", True),
                "KmsKeyId": parameters.get("KmsKeyId"),
                "BillingMode": billing,
            }
            if len(self._in(region)) >= PER_REGION:
                raise AwsError("EventDataStoreMaxLimitExceededException", "10 event data stores are allowed")
            self._check(attributes, region, None)
            now = self.now()
            identity = identity_of(parameters["Name"], region, self.made)
            self.made += 1
            arn = f"arn:{self.partition}:cloudtrail:{region}:{self.account}:eventdatastore/{identity}"
            starts = parameters.get("StartIngestion", True)
            made = Kept(arn, attributes, "ENABLED" if starts else "STOPPED_INGESTION", now, now)
            self.kept[arn] = made
            return {**made.described(), "Status": "CREATED"}

    def GetEventDataStore(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventDataStore.html."""
        with self._at(region):
            store = self._find(parameters, region)
            described = store.described()
            if store.status in SHORT:
                store.reads -= 1
                if store.reads <= 0:
                    store.status = SHORT[store.status]
            return described

    def ListEventDataStores(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListEventDataStores.html."""
        with self._at(region):
            if not 1 <= parameters.get("MaxResults", 1) <= 1000:
                raise AwsError("InvalidMaxResultsException", "MaxResults is not between 1 and 1000")
            stores = self._in(region)
            token = parameters.get("NextToken", "from-0")
            start = int(token.removeprefix("from-")) if re.fullmatch(r"from-[0-9]{1,3}", token) else -1
            if start < 0 or start > max(0, len(stores) - 1):
                raise AwsError("InvalidNextTokenException", f"{token} is not a token of this list")
            # Two a page, so that whoever forgets the token loses stores.
            end = start + 2
            # The other members are deprecated, and AWS leaves them out.
            page: dict[str, Any] = {
                "EventDataStores": [
                    {"EventDataStoreArn": one.arn, "Name": one.attributes["Name"]}
                    for one in stores[start:end]
                ]
            }
            return page | ({"NextToken": f"from-{end}"} if len(stores) > end else {})

    def UpdateEventDataStore(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateEventDataStore.html."""
        with self._at(region):
            store = self._own(parameters, region)
            changes = {key: parameters[key] for key in ATTRIBUTES if key in parameters}
            if not changes:
                raise AwsError("InvalidParameterException", "At least one parameter must be specified.")
            if store.status == "PENDING_DELETION":
                raise AwsError("InactiveEventDataStoreException", "The event data store is inactive.")
            attributes = {**store.attributes, **changes}
            self._check(attributes, region, store)
            store.attributes = attributes
            store.updated = self.now()
            return store.described()

    def DeleteEventDataStore(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DeleteEventDataStore.html."""
        with self._at(region):
            store = self._own(parameters, region)
            if store.status == "PENDING_DELETION":
                raise AwsError("InactiveEventDataStoreException", "The event data store is inactive.")
            if store.attributes["TerminationProtectionEnabled"]:
                raise AwsError(
                    "EventDataStoreTerminationProtectedException", "Termination protection is enabled for it."
                )
            store.before = SHORT.get(store.status, store.status)
            store.status, store.deleted = "PENDING_DELETION", self.now()
            return {}

    def RestoreEventDataStore(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_RestoreEventDataStore.html."""
        with self._at(region):
            store = self._own(parameters, region)
            self._must_be(store, "PENDING_DELETION")
            store.status, store.deleted = store.before, None
            return store.described()

    def StartEventDataStoreIngestion(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartEventDataStoreIngestion.html."""
        return self._ingest(parameters, region, "STOPPED_INGESTION", "STARTING_INGESTION")

    def StopEventDataStoreIngestion(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StopEventDataStoreIngestion.html."""
        return self._ingest(parameters, region, "ENABLED", "STOPPING_INGESTION")

    def _ingest(self, parameters: Mapping[str, Any], region: str, needed: str, then: str) -> dict[str, Any]:
        with self._at(region):
            store = self._own(parameters, region)
            if not store.can_ingest():
                raise AwsError(
                    "InvalidEventDataStoreCategoryException", "The event categories do not allow it."
                )
            self._must_be(store, needed)
            store.reads = self.lag
            store.status = then if self.lag else SHORT[then]
            return {}

    def _at(self, region: str) -> threading.RLock:
        """Forget what has waited for its end long enough, and let nobody else in."""
        with self.lock:
            if region in self.unsupported:
                raise AwsError("UnsupportedOperationException", "The operation is not supported here.")
            now = self.now()
            for arn, store in list(self.kept.items()):
                if store.deleted and now - store.deleted >= WAITS:
                    del self.kept[arn]
        return self.lock

    def _in(self, region: str) -> list[Kept]:
        return sorted(
            (store for store in self.kept.values() if store.region == region), key=lambda store: store.arn
        )

    def _find(self, parameters: Mapping[str, Any], region: str) -> Kept:
        name = parameters["EventDataStore"]
        if not re.fullmatch(r"[a-zA-Z0-9._/\-:]{3,256}", name) or (
            ":" in name and not name.startswith(f"arn:{self.partition}:cloudtrail:")
        ):
            raise AwsError("EventDataStoreARNInvalidException", f"{name} is not an event data store's ARN")
        found = [store for store in self._in(region) if name in (store.arn, store.arn.rpartition("/")[2])]
        if not found:
            raise AwsError("EventDataStoreNotFoundException", "The specified event data store was not found.")
        return found[0]

    def _own(self, parameters: Mapping[str, Any], region: str) -> Kept:
        """Find a store to change, which only its owner may."""
        store = self._find(parameters, region)
        if store.arn.split(":")[4] != self.account:
            raise AwsError("NotOrganizationMasterAccountException", "Only the management account may.")
        return store

    def _must_be(self, store: Kept, status: str) -> None:
        if store.status != status:
            raise AwsError(
                "InvalidEventDataStoreStatusException",
                f"The event data store is {store.status}, which does not support the operation.",
            )

    def _check(self, wanted: Mapping[str, Any], region: str, store: Kept | None) -> None:
        for code, problem in self._problems(wanted, region, store):
            raise AwsError(code, problem)

    def _problems(
        self, wanted: Mapping[str, Any], region: str, store: Kept | None
    ) -> Iterator[tuple[str, str]]:
        before = store.attributes if store else {}
        invalid = "InvalidParameterException"
        if not _NAME.fullmatch(wanted["Name"]):
            yield invalid, f"{wanted['Name']} is not a name"
        if any(one is not store and one.attributes["Name"] == wanted["Name"] for one in self._in(region)):
            yield "EventDataStoreAlreadyExistsException", "An event data store with that name already exists."
        billing = wanted["BillingMode"]
        if not 7 <= wanted["RetentionPeriod"] <= LONGEST.get(billing, 0):
            yield invalid, f"{wanted['RetentionPeriod']} days are not allowed with {billing}"
        if before and billing != before["BillingMode"] and billing == "FIXED_RETENTION_PRICING":
            yield invalid, "The billing mode cannot be changed to FIXED_RETENTION_PRICING."
        if before.get("KmsKeyId") and wanted["KmsKeyId"] != before["KmsKeyId"]:
            yield invalid, "The KMS key cannot be removed or changed."
        if wanted["OrganizationEnabled"] != before.get("OrganizationEnabled", False) and not self.manages:
            yield "NotOrganizationMasterAccountException", "The account is not the management account."
        selected = _categories(wanted["AdvancedEventSelectors"])
        if not 1 <= len(wanted["AdvancedEventSelectors"]) <= 5 or not selected or not selected <= CATEGORIES:
            yield "InvalidEventSelectorsException", "The advanced event selectors are not valid."


def _categories(selectors: list[Mapping[str, Any]]) -> set[str]:
    """Return the event categories that selectors name; nothing if one of them names none."""
    named = [
        {
            value
            for one in selector["FieldSelectors"]
            if one["Field"] == "eventCategory"
            for value in one["Equals"]
        }
        for selector in selectors
    ]
    return set().union(*named) if named and all(named) else set()
