"""An account with event data stores, and Rearm deployed to keep them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.events.envelopes import REGION, api_event, scheduled
from tests.events.identities import ACCOUNT
from tests.local_aws.answers import AwsError
from tests.support.fake_event_data_stores import EventDataStores, Kept
from tests.unit.endpoint import ApiError, Made
from tests.unit.world import Run, World, ago, stamp
from tests.unit.world import world as new_world

AUTOMATION = "cloudtrail_lake"
OTHER_REGION = "eu-central-1"
ORGANIZATION = "999988887777"
OPERATIONS = [name for name in dir(EventDataStores) if name.endswith(("DataStore", "Stores", "Ingestion"))]


@dataclass
class Lake:
    """The stores, as an independent client reads and changes them, and the alarms about them."""

    world: World
    service: EventDataStores = field(default_factory=lambda: EventDataStores(ACCOUNT))
    regions: list[str] = field(default_factory=lambda: [REGION, OTHER_REGION])

    def install(self) -> None:
        """Answer the calls that moto lacks."""
        for name in OPERATIONS:
            self.world.endpoint.answer(f"cloudtrail:{name}", self._answer)
        self.world.endpoint.answer("account:ListRegions", self._list_regions)

    def create(self, name: str = "audit", *, region: str = REGION, **parameters: Any) -> str:
        """Make a store and return its ARN."""
        made = self.service.CreateEventDataStore({"Name": name, **parameters}, region)
        return str(made["EventDataStoreArn"])

    def learnt(self, name: str = "audit", *, region: str = REGION, **parameters: Any) -> str:
        """Make a store that a sweep has seen, and return its ARN."""
        arn = self.create(name, region=region, **parameters)
        run = self.sweep()
        assert arn in self.baselines(), run.journal
        return arn

    def foreign(self, status: str = "ENABLED", *, region: str = REGION) -> str:
        """Show an organization's store of the management account, as to a delegated administrator."""
        mine = self.create("organization", region=region)
        kept = self.service.kept.pop(mine)
        kept.arn = mine.replace(ACCOUNT, ORGANIZATION)
        kept.status = status
        self.service.kept[kept.arn] = kept
        return kept.arn

    def store(self, arn: str) -> Kept:
        """Return a store as it really is."""
        return self.service.kept[arn]

    def status(self, arn: str) -> str:
        """Return a store's state, after the short ones."""
        asked = {"EventDataStore": arn}
        while (now := self.service.GetEventDataStore(asked, arn.split(":")[3])["Status"]).endswith(
            "ING_INGESTION"
        ):
            pass
        return str(now)

    def status_or_gone(self, arn: str) -> str:
        """Return a store's state, or ``gone``."""
        return self.status(arn) if arn in self.service.kept else "gone"

    def update(self, arn: str, **changes: Any) -> None:
        """Change a store as somebody else does."""
        self.service.UpdateEventDataStore({"EventDataStore": arn, **changes}, arn.split(":")[3])

    def stop(self, arn: str) -> None:
        """Stop a store as somebody else does, who waits until it has."""
        self.service.StopEventDataStoreIngestion({"EventDataStore": arn}, arn.split(":")[3])
        self.status(arn)

    def delete(self, arn: str) -> None:
        """Delete a store as somebody else does, who first switches off what is in his way."""
        if self.store(arn).attributes["TerminationProtectionEnabled"]:
            self.update(arn, TerminationProtectionEnabled=False)
        self.service.DeleteEventDataStore({"EventDataStore": arn}, arn.split(":")[3])

    def later(self, days: float) -> None:
        """Let time pass for the service."""
        now = datetime.now(UTC) + timedelta(days=days)
        self.service.now = lambda: now

    def event(self, name: str, arn: str, set_to: Mapping[str, Any] | None = None, **changes: Any) -> Any:
        """Return the API event of a call, 42 seconds ago; `set_to` are parameters beside the store."""
        told = {"eventDataStore": arn, **(set_to or {})}
        region = arn.split(":")[3] if arn.startswith("arn:") else REGION
        return api_event(name, **{"parameters": told, "region": region, "time": stamp(ago(42)), **changes})

    def handle(self, event: object) -> Run:
        """Give Rearm an event."""
        return self.world.handle(event)

    def sweep(self) -> Run:
        """Let Rearm look at everything."""
        return self.world.handle(scheduled("rearm-cloudtrail_lake-sweep"))

    def baselines(self) -> dict[str, dict[str, Any]]:
        """Return the newest baseline of each store."""
        return self.world.items(f"{AUTOMATION}#baseline")

    def fail_table(self, code: str = "ResourceNotFoundException") -> None:
        """Let the table answer nothing about baselines."""

        def of_baselines(made: Made) -> bool:
            values = made.parameters.get("ExpressionAttributeValues", {})
            return bool(values.get(":g", {}).get("S", "").endswith("#baseline"))

        self.world.endpoint.fail("dynamodb:Query", code, when=of_baselines)

    def _answer(self, made: Made) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = getattr(self.service, made.operation)(made.parameters, made.region)
        except AwsError as error:
            raise ApiError(error.code, error.message) from error
        return answer

    def _list_regions(self, made: Made) -> Mapping[str, Any]:
        """Source: https://docs.aws.amazon.com/accounts/latest/reference/API_ListRegions.html."""
        assert set(made.parameters["RegionOptStatusContains"]) == {"ENABLED", "ENABLED_BY_DEFAULT"}
        start = int(made.parameters.get("NextToken", 0))
        page: dict[str, Any] = {
            "Regions": [
                {"RegionName": name, "RegionOptStatus": "ENABLED_BY_DEFAULT"}
                for name in self.regions[start : start + 2]
            ]
        }
        return page | ({"NextToken": str(start + 2)} if start + 2 < len(self.regions) else {})


@contextmanager
def opened(**choices: Any) -> Iterator[Lake]:
    """Make a new account with the automation freshly deployed in it."""
    with new_world(automation=AUTOMATION, **choices) as world:
        lake = Lake(world)
        lake.install()
        yield lake
