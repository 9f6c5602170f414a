"""The scenarios of every automation: one module each in `tests/scenarios/automations`."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from tests.scenarios import automations, core
from tests.scenarios.stage import Scenario
from tests.support.planned import deployments


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Return every scenario, of every automation and variant."""
    found: list[Scenario] = []
    for name in told_by():
        own = list(import_module(f"{automations.__name__}.{name}").scenarios())
        assert own, f"{name} has no scenario"
        assert {scenario.automation for scenario in own} == {name}
        found += own
        found += core.beyond_the_limit(own)
    for variant, deployed in deployments().items():
        for name in deployed:
            found += core.scenarios(name, variant)
            found += core.sweeps_in_turn(name, variant)
    assert len({scenario.id for scenario in found}) == len(found)
    return tuple(found)


def told_by() -> list[str]:
    """Name the automations that have scenarios."""
    return sorted(module.name for module in pkgutil.iter_modules(automations.__path__))


def of_automation(name: str) -> tuple[Scenario, ...]:
    """Return the scenarios of one automation."""
    return tuple(scenario for scenario in scenarios() if scenario.automation == name)
