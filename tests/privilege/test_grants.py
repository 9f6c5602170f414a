"""What the role may do is what the function does: nothing more, nothing less, and nothing without effect."""

from __future__ import annotations

import json

import pytest

from tests.privilege.recorded import (
    LAMBDA_ITSELF,
    Recording,
    allows,
    covering,
    granted,
    listed,
    planned,
    play,
    recordings,
    used_in,
    without,
)
from tests.support.planned import Deployment, automations, deployments

DEPLOYMENTS = planned()


def _different() -> list[Deployment]:
    """Leave out deployments of an automation whose role may do exactly what another's may."""
    seen: dict[tuple[str, str], Deployment] = {}
    for deployment in DEPLOYMENTS:
        seen.setdefault((deployment.automation, json.dumps(deployment.policies, sort_keys=True)), deployment)
    return list(seen.values())


# Deployments of an automation that are granted the same need no proof each that all of it is used.
DIFFERENT = {
    (deployment.automation, frozenset(granted(deployment))): deployment
    for deployment in reversed(DEPLOYMENTS)
}
GRANTS = [
    pytest.param(deployment, action, id=f"{deployment.variant}-{deployment.automation}-{action}")
    for deployment in DIFFERENT.values()
    for action in sorted(granted(deployment) - LAMBDA_ITSELF.keys())
]


def by_variant(deployment: Deployment) -> str:
    return f"{deployment.variant}-{deployment.automation}"


def test_every_automation_is_deployed_by_some_variant() -> None:
    deployed = {name for automation in deployments().values() for name in automation}
    assert deployed == set(automations())


@pytest.mark.parametrize("recording", recordings(), ids=lambda recording: recording.scenario.id)
def test_a_scenario_ends_as_it_must_with_what_is_granted(recording: Recording) -> None:
    assert not recording.refused
    assert not recording.problems


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=by_variant)
def test_what_is_granted_is_what_is_called(deployment: Deployment) -> None:
    called = {used.action for used in used_in(deployment)}
    assert granted(deployment) - LAMBDA_ITSELF.keys() == called


def test_whatever_lambda_does_itself_is_granted_somewhere_and_called_by_no_function() -> None:
    everything = set().union(*(granted(deployment) for deployment in DEPLOYMENTS))
    called = {used.action for deployment in DEPLOYMENTS for used in used_in(deployment)}
    assert LAMBDA_ITSELF.keys() <= everything
    assert not LAMBDA_ITSELF.keys() & called


@pytest.mark.parametrize(("deployment", "action"), GRANTS)
def test_without_one_granted_action_a_scenario_fails_and_names_it(
    deployment: Deployment, action: str
) -> None:
    policies = without(deployment.policies, action)
    needing = [
        recording.scenario
        for recording in recordings()
        if recording.scenario.deployment == deployment
        and any(used.action == action for used in recording.used)
    ]

    failed = next((played for one in needing if (played := play(one, policies)).problems), None)

    assert failed, f"{action} can be taken away and every scenario still ends as it must"
    assert action in failed.refused
    assert any(action in problem for problem in failed.problems), f"nothing names {action}: {failed.problems}"


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=by_variant)
def test_every_call_is_allowed_on_just_its_resources(deployment: Deployment) -> None:
    for used in used_in(deployment):
        for resource in used.resources:
            patterns = covering(deployment, used, resource)
            assert len(patterns) == 1, f"{used.action} on {resource} is allowed by {patterns}"
            assert patterns != ["*"] or resource == "*", f"{used.action} on {resource} is allowed everywhere"


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=by_variant)
def test_every_resource_that_is_granted_is_used(deployment: Deployment) -> None:
    used = used_in(deployment)
    for statement in allows(deployment):
        if set(listed(statement["Action"])) <= LAMBDA_ITSELF.keys():
            continue
        for pattern in listed(statement["Resource"]):
            hit = any(
                pattern in covering(deployment, one, resource) for one in used for resource in one.resources
            )
            assert hit, f"{statement['Sid']} grants {pattern}, which no call touches"
