"""CloudTrail Lake: event data stores that are stopped, deleted or weakened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.events.envelopes import api_event, scheduled
from tests.events.identities import assumed_role
from tests.scenarios.account import ORGANIZATION, STOPPED_AGO, Account, Event, client
from tests.scenarios.stage import Scenario
from tests.scenarios.verdicts import BASELINES, MESSAGE, Check, tells_nothing, told
from tests.support.fake_event_data_stores import EventDataStores, identity_of
from tests.support.planned import ACCOUNT
from tests.support.variants import BY_DEFAULT, CHINA, VARIANTS

AUTOMATION = "cloudtrail_lake"
WHO = ("admin", "Session: maintenance")
# The stores that an earlier sweep has learned, in the order in which they are made.
NAMES = ("audit", "deleted", "weak", "far")
SETTINGS = {"RetentionPeriod": 400}


class Regions:
    """The Account API, as far as it lists regions."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def ListRegions(self, _parameters: Mapping[str, Any], _region: str) -> dict[str, Any]:  # noqa: N802
        """https://docs.aws.amazon.com/accounts/latest/reference/API_ListRegions.html."""
        return {"Regions": [{"RegionName": name, "RegionOptStatus": "ENABLED"} for name in self._names]}


def scenarios() -> Iterator[Scenario]:
    """Return every scenario, of every variant."""
    for variant in BY_DEFAULT:
        yield from _everywhere(variant)
    yield from _event_door()
    yield from _other_findings()
    yield from _excepted()


def _scenario(
    name: str,
    arrange: Callable[[Account], Event],
    *checks: Check,
    variant: str = "default",
    earlier: Callable[[Account], Event] | None = None,
) -> Scenario:
    return Scenario(name, variant, arrange, checks, AUTOMATION, earlier or _learned)


def _everywhere(variant: str) -> Iterator[Scenario]:
    """Give what every deployment meets."""
    yield _scenario(
        "a store is stopped",
        lambda account: _stopped(account, "audit"),
        _takes_events("audit", variant),
        told("remediated", "does not take events", *WHO, "start-event-data-store-ingestion"),
        variant=variant,
    )
    yield _scenario(
        "a sweep finds stores stopped, deleted and weakened",
        _sweep_over_wrecks,
        *(_takes_events(name, variant) for name in NAMES),
        _is("deleted", variant, TerminationProtectionEnabled=True),
        _is("weak", variant, RetentionPeriod=400),
        told("remediated", *WHO, "does not take events", "was deleted", "for 7 days instead of 400"),
        variant=variant,
    )


def _event_door() -> Iterator[Scenario]:
    restored = (
        _takes_events("deleted"),
        _is("deleted", TerminationProtectionEnabled=True),
        told("remediated", "was deleted", *WHO, "restore-event-data-store"),
    )
    yield _scenario("a store is deleted", lambda account: _deleted(account, "deleted"), *restored)
    yield _scenario(
        "a store of another region is stopped",
        lambda account: _stopped(account, "far"),
        _takes_events("far"),
        told("remediated", *WHO),
    )
    yield _scenario(
        "a store loses its protection",
        lambda account: _changed(account, "weak", TerminationProtectionEnabled=False),
        _is("weak", TerminationProtectionEnabled=True),
        told("remediated", "termination protection was switched off", *WHO),
    )
    yield _scenario(
        "a store's retention is shortened",
        lambda account: _changed(account, "weak", RetentionPeriod=7),
        _is("weak", RetentionPeriod=400),
        told("remediated", "keeps events for 7 days", *WHO),
    )
    yield _scenario(
        "a store's retention is lengthened and its regions are limited",
        lambda account: _changed(account, "weak", RetentionPeriod=800, MultiRegionEnabled=False),
        _is("weak", RetentionPeriod=800, MultiRegionEnabled=True),
        _recorded("weak", RetentionPeriod=800, MultiRegionEnabled=True),
        told("remediated", "of its own region only", *WHO),
    )
    yield _scenario(
        "a stop names no store",
        lambda account: _stopped(account, "audit", parameters=None),
        _takes_events("audit"),
        told("remediated", "does not take events"),
    )
    yield _scenario(
        "a store that nobody has seen is stopped",
        lambda account: _stopped(account, "audit"),
        _takes_events("audit"),
        told("remediated", *WHO),
        earlier=_unlearned,
    )
    yield _scenario(
        "a store that takes events was stopped before",
        lambda account: _call(account, "StopEventDataStoreIngestion", _arn(account, "audit")),
        _takes_events("audit"),
        told("compliant", "Session: maintenance"),
    )


def _other_findings() -> Iterator[Scenario]:
    yield _scenario(
        "a sweep sees stores for the first time",
        _sweep_over_new,
        *(_recorded(name) for name in NAMES),
        told("notified", "has no termination protection"),
        earlier=_unlearned,
    )
    yield _scenario("a sweep finds nothing wrong", _sweep, _takes_events("audit"), tells_nothing())
    yield _scenario(
        "a store is gone for good",
        _gone,
        told("notified", "is gone for good", "create-event-data-store", "--retention-period 400"),
    )
    yield _scenario(
        "the organization's store is stopped",
        _organizations,
        told("notified", f"In account {ORGANIZATION}", "start-event-data-store-ingestion"),
    )


def _excepted() -> Iterator[Scenario]:
    yield _scenario(
        "an excused role has deleted a store",
        _patched,
        _status("deleted", "PENDING_DELETION", "exceptions"),
        _recorded("deleted", "exceptions", deleted=True),
        told("excepted", "'patching'"),
        variant="exceptions",
    )


def lake(account: Account) -> EventDataStores:
    """Return the stores of an account; there are none at first."""
    for fake in account.fakes["cloudtrail"]:
        if isinstance(fake, EventDataStores):
            return fake
    made = EventDataStores(ACCOUNT, account.partition)
    account.fake("cloudtrail", made)
    account.fake("account", Regions((account.region, account.other_region)))
    return made


def _learned(account: Account) -> Event:
    for name in NAMES:
        lake(account).CreateEventDataStore({"Name": name, **SETTINGS}, _region(account, name))
    return _sweep(account)


def _unlearned(account: Account) -> Event:
    """Make the stores after Rearm has looked for them."""
    _learned(account)
    lake(account).unsupported = {account.region, account.other_region}
    return _sweep(account)


def _region(account: Account, name: str) -> str:
    return account.other_region if name == "far" else account.region


def _arn(account: Account, name: str) -> str:
    (found,) = [arn for arn, store in lake(account).kept.items() if store.attributes["Name"] == name]
    return found


def identity(name: str, variant: str) -> str:
    """Return the id of a store, which a fault's target is named by."""
    region = VARIANTS[variant].region
    far = "cn-northwest-1" if region == CHINA else "us-east-1"
    return identity_of(name, far if name == "far" else region, NAMES.index(name))


def _sweep(account: Account) -> Event:
    return scheduled("rearm-cloudtrail_lake-sweep", region=account.region)


def _call(
    account: Account,
    name: str,
    arn: str,
    parameters: object = "as usual",
    identity: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Event:
    told = {"eventDataStore": arn, **{key[:1].lower() + key[1:]: value for key, value in changes.items()}}
    event = api_event(
        name,
        identity=identity or assumed_role(partition=account.partition),
        parameters=told if parameters == "as usual" else parameters,
        region=arn.split(":")[3],
        time=(datetime.now(UTC) - STOPPED_AGO).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    return account.happened(event)


def _stopped(account: Account, name: str, parameters: object = "as usual") -> Event:
    lake(account).unsupported = set()
    arn = _arn(account, name)
    lake(account).StopEventDataStoreIngestion({"EventDataStore": arn}, arn.split(":")[3])
    _settled(arn)
    return _call(account, "StopEventDataStoreIngestion", arn, parameters)


def _deleted(account: Account, name: str, **told: Any) -> Event:
    arn = _arn(account, name)
    _changed(account, name, TerminationProtectionEnabled=False)
    lake(account).DeleteEventDataStore({"EventDataStore": arn}, arn.split(":")[3])
    return _call(account, "DeleteEventDataStore", arn, **told)


def _changed(account: Account, name: str, **changes: Any) -> Event:
    arn = _arn(account, name)
    lake(account).UpdateEventDataStore({"EventDataStore": arn, **changes}, arn.split(":")[3])
    return _call(account, "UpdateEventDataStore", arn, **changes)


def _sweep_over_wrecks(account: Account) -> Event:
    _stopped(account, "audit")
    _stopped(account, "far")
    _deleted(account, "deleted")
    _changed(account, "weak", RetentionPeriod=7)
    return _sweep(account)


def _sweep_over_new(account: Account) -> Event:
    lake(account).unsupported = set()
    _changed(account, "weak", TerminationProtectionEnabled=False)
    return _sweep(account)


def _gone(account: Account) -> Event:
    _deleted(account, "deleted")
    del lake(account).kept[_arn(account, "deleted")]
    return _sweep(account)


def _organizations(account: Account) -> Event:
    """Show the management account's store, as to a delegated administrator."""
    made = lake(account).CreateEventDataStore({"Name": "organization"}, account.region)
    store = lake(account).kept.pop(made["EventDataStoreArn"])
    store.arn, store.status = store.arn.replace(ACCOUNT, ORGANIZATION), "STOPPED_INGESTION"
    lake(account).kept[store.arn] = store
    return _sweep(account)


def _patched(account: Account) -> Event:
    patching = assumed_role("patching", "night", path="/ops/", partition=account.partition)
    arn = _arn(account, "deleted")
    lake(account).UpdateEventDataStore(
        {"EventDataStore": arn, "TerminationProtectionEnabled": False}, account.region
    )
    lake(account).DeleteEventDataStore({"EventDataStore": arn}, account.region)
    off = {"TerminationProtectionEnabled": False}
    _call(account, "UpdateEventDataStore", arn, identity=patching, **off)
    _call(account, "DeleteEventDataStore", arn, identity=patching)
    return _sweep(account)


def _settled(arn: str) -> dict[str, Any]:
    """Read a store with the independent client, until its state is one that lasts."""
    while True:
        store: dict[str, Any] = client("cloudtrail", arn.split(":")[3]).get_event_data_store(
            EventDataStore=arn
        )
        if not store["Status"].endswith("ING_INGESTION"):
            return store


def _takes_events(name: str, variant: str = "default") -> Check:
    return _status(name, "ENABLED", variant)


def _status(name: str, wanted: str, variant: str = "default") -> Check:
    def problem(account: Account) -> str | None:
        now = _settled(_arn(account, name))["Status"]
        return None if now == wanted else f"it is {now}"

    return Check(f"{name} is {wanted}", problem, identity(name, variant))


def _is(name: str, variant: str = "default", **wanted: Any) -> Check:
    def problem(account: Account) -> str | None:
        store = _settled(_arn(account, name))
        now = {key: store[key] for key in wanted}
        return None if now == wanted else f"it has {now}"

    return Check(f"{name} has {wanted}", problem, identity(name, variant))


def _recorded(name: str, variant: str = "default", **wanted: Any) -> Check:
    def problem(account: Account) -> str | None:
        found = [state for arn, state in account.baselines().items() if arn.endswith(identity(name, variant))]
        if not found:
            return "it has no baseline"
        now = {key: found[0].get(key) for key in wanted}
        return None if now == wanted else f"its baseline has {now}"

    return Check(f"the baseline of {name} has {wanted}", problem, BASELINES)


__all__ = ["MESSAGE", "lake", "scenarios"]
