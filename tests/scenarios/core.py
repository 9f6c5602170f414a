"""What every automation meets, whatever it keeps: refused calls, limits, and what the table remembers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.events.envelopes import api_event, scheduled
from tests.events.identities import assumed_role
from tests.scenarios.account import Account, Event
from tests.scenarios.stage import Scenario
from tests.scenarios.verdicts import (
    BASELINES,
    EVALUATIONS,
    MESSAGE,
    QUIET,
    RULES,
    Check,
    asked_again,
    tells_nothing,
    told,
)
from tests.support.planned import MANIFESTS, manifest

OLDER = "An older message."
OTHERS = "others"
PLACE = "the place of the next sweep"
OWED: Mapping[str, Any] = {"subject": OLDER, "body": OLDER, "attributes": {"outcome": "failed"}}


def scenarios(automation: str, variant: str) -> Iterator[Scenario]:
    """Return the scenarios of one deployment of an automation."""
    calls = _calls(automation)
    if not calls:
        return
    source, name = calls[0]

    def refused(account: Account, number: int = 1) -> Event:
        return _refused(account, source, name, automation, number)

    def refused_again(account: Account) -> Event:
        return refused(account, 2)

    def delivered_again(account: Account) -> Event:
        account.put_item(f"{automation}#owed", "2026-11-24T09:30:00+00:00 before", OWED)
        return refused(account)

    def scenario(called: str, arrange: Any, checks: tuple[Check, ...], earlier: Any = None) -> Scenario:
        return Scenario(called, variant, arrange, (*checks, asked_again()), automation, earlier)

    yield scenario("a call is refused", refused, (told("notified", "was refused by AWS"),))
    yield scenario("a call is refused once more", refused_again, (tells_nothing(), _counted(2)), refused)
    yield scenario(
        "a refused call is delivered again, and a message is still to be sent",
        delivered_again,
        (told("failed", OLDER), _counted(1), _nothing_owed()),
        refused,
    )


def beyond_the_limit(own: Sequence[Scenario]) -> Iterator[Scenario]:
    """Play a scenario in which something is taken away once more, in an hour that has had its share.

    Parameters
    ----------
    own
        The scenarios of one automation.
    """
    known = manifest(own[0].automation)
    if known["kind"] != "containment":
        return
    happens = told("remediated").name
    first = next(one for one in own if any(check.name.startswith(happens) for check in one.checks))
    limit = known["settings"]["containments_per_hour"]["default"]

    def arrange(account: Account) -> Event:
        for number in range(limit):
            content = {"at": datetime.now(UTC).isoformat(), "finding": "somebody else"}
            account.put_item(f"{first.automation}#limit", f"{number:04d}", content)
        return first.arrange(account)

    said = told("refused", f"Refused: {limit} within an hour")
    yield replace(
        first,
        name=f"{first.name}, and so much was taken away within the hour",
        arrange=arrange,
        checks=(said, _still_wrong(first.checks), asked_again()),
    )


def _still_wrong(checks: Sequence[Check]) -> Check:
    """Check that what holds when something was taken away does not: nothing was."""
    of_state = [one for one in checks if one.about not in (BASELINES, EVALUATIONS, MESSAGE, QUIET, RULES)]

    def problem(account: Account) -> str | None:
        return None if any(one.problem(account) for one in of_state) else "it was taken away all the same"

    return Check("nothing is taken away", problem, "what is contained")


def sweeps_in_turn(automation: str, variant: str) -> Iterator[Scenario]:
    """Play a sweep after one that had stopped on its way, for an automation that sweeps in turn."""
    if variant != OTHERS or not any(
        "in_turn(" in file.read_text("utf-8") for file in (MANIFESTS / automation).glob("*.py")
    ):
        return

    def arrange(account: Account) -> Event:
        account.put_item(f"{automation}#sweep", "left-off", {"after": "a", "left": 1})
        return scheduled(f"rearm-{automation}-sweep", region=account.region)

    def problem(account: Account) -> str | None:
        place = account.items(f"{automation}#sweep")["left-off"]
        return f"it goes on from {place}" if "after" in place else None

    checks = (Check("the next sweep begins at the beginning", problem, PLACE),)
    yield Scenario("the last sweep had stopped on its way", variant, arrange, checks, automation)


def _calls(automation: str) -> list[tuple[str, str]]:
    """Return the calls that an automation is told of: the event's source and name.

    One that is told of no call at all can still be invoked with one, by hand.
    """
    patterns = [event["pattern"] for event in manifest(automation)["triggers"].get("events", {}).values()]
    if not any("CloudTrail" in str(pattern["detail-type"]) for pattern in patterns):
        return [("sts.amazonaws.com", "AssumeRole")]
    details: list[tuple[str, Mapping[str, Any]]] = [
        (str(pattern["source"][0]).removeprefix("aws."), pattern.get("detail", {})) for pattern in patterns
    ]
    return [
        (str(detail.get("eventSource", [source])[0]), name)
        for source, detail in details
        for name in detail.get("eventName", ())
        if isinstance(name, str)
    ]


def _refused(account: Account, source: str, name: str, automation: str, number: int) -> Event:
    parameter = next(iter(manifest(automation).get("resource_parameters", ())), "name")
    return api_event(
        name,
        service=source.partition(".")[0],
        identity=assumed_role(partition=account.partition),
        parameters={parameter: f"management-{number}"},
        region=account.region,
        error="AccessDenied",
    )


def _counted(number: int) -> Check:
    def problem(account: Account) -> str | None:
        found = account.items(f"{account.deployment.automation}#denied")
        counts = [item["count"] for item in found.values()]
        return None if counts == [number] else f"counted {counts}"

    return Check(f"{number} refused calls are counted", problem, MESSAGE)


def _nothing_owed() -> Check:
    def problem(account: Account) -> str | None:
        owed = account.items(f"{account.deployment.automation}#owed")
        return f"still owed: {list(owed)}" if owed else None

    return Check("no message is left to be sent", problem, MESSAGE)
