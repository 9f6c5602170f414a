"""Every automation's own events reach it by the rules that Terraform plans, and what resembles them does not.

A module of `tests.events` that is called as an automation says which: `must_reach` and `must_not_reach` give
events by what is special about them.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest

from tests import events
from tests.local_aws.patterns import matches
from tests.patterns.manifests import manifests
from tests.support.planned import deployments

VARIANT = "others"
ROUTED = sorted({found.name for found in iter_modules(events.__path__)} & manifests().keys())


def routes(function: str) -> list[Any]:
    """Give every automation's events of one kind as parameters of a test.

    A sweep that must reach it is left out: its rule has a schedule and no pattern.
    """
    return [
        pytest.param(automation, event, id=f"{automation}: {name}")
        for automation in ROUTED
        for name, event in getattr(import_module(f"tests.events.{automation}"), function)().items()
        if function == "must_not_reach" or event["detail-type"] != "Scheduled Event"
    ]


def reached(automation: str, event: dict[str, Any]) -> list[str]:
    """Name the automation's rules that deliver an event to it."""
    patterns = deployments()[VARIANT][automation].patterns
    return [rule for rule, pattern in patterns.items() if matches(pattern, event)]


@pytest.mark.parametrize(("automation", "event"), routes("must_reach"))
def test_event_reaches_its_automation(automation: str, event: dict[str, Any]) -> None:
    assert reached(automation, event)


@pytest.mark.parametrize(("automation", "event"), routes("must_not_reach"))
def test_event_beside_reaches_no_rule_of_the_automation(automation: str, event: dict[str, Any]) -> None:
    assert reached(automation, event) == []


def test_every_automation_that_is_off_by_default_says_which_events_are_its_own() -> None:
    known = manifests()
    off = {name for name, manifest in known.items() if manifest["default_mode"] == "off"}

    assert {name for name in off if known[name]["triggers"].get("events")} <= set(ROUTED)


@pytest.mark.parametrize("automation", ROUTED)
def test_every_rule_of_an_automation_has_an_event_that_reaches_it(automation: str) -> None:
    given = import_module(f"tests.events.{automation}").must_reach().values()
    written = {f"-{automation}-{key}" for key in manifests()[automation]["triggers"].get("events", {})}
    reaching = {rule for event in given for rule in reached(automation, event)}

    assert {key for key in written if not any(rule.endswith(key) for rule in reaching)} == set()
