"""The policy for undoing containment is what the undos of real responses call, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from tests.local_aws.actions import ACTIONS
from tests.operator.test_policies import allowed
from tests.scenarios.catalogue import of_automation
from tests.scenarios.stage import Stage
from tests.support.planned import automations, manifest

CONTAINING = [name for name in automations() if manifest(name)["kind"] == "containment"]
# What a call asks for beside itself, where it makes something with tags.
BESIDE = {"ec2:AuthorizeSecurityGroupIngress": "ec2:CreateTags"}
# An undo of what only a variant of its own may do is of the same calls.
VARIANT = "others"


@cache
def undone(automation: str) -> frozenset[str]:
    """Return the IAM actions of every undo that the scenarios of an automation have recorded."""
    found: set[str] = set()
    for scenario in of_automation(automation):
        if scenario.variant != VARIANT:
            continue
        with Stage(scenario) as stage:
            stage.invoke()
            for response in stage.account.items(f"{automation}#response").values():
                found |= set(_calls(response))
    return frozenset(found)


def _calls(response: Mapping[str, Any]) -> Iterator[str]:
    for finding in response["findings"]:
        for done in finding["actions"]:
            undo = done.get("undo")
            if undo:
                name = _action(undo)
                yield name
                yield from [BESIDE[name]] if name in BESIDE else []
                yield _action(undo["check"])


def _action(call: Mapping[str, Any]) -> str:
    service, operation = call["service"], call["operation"]
    return f"{service}:{ACTIONS.get(service, {}).get(operation, operation)}"


@pytest.mark.parametrize("automation", CONTAINING)
def test_every_containment_has_an_undo(automation: str) -> None:
    assert undone(automation)


def test_the_policy_allows_what_the_undos_call_and_no_other() -> None:
    assert allowed("undo of containment") == frozenset().union(*(undone(name) for name in CONTAINING))
