"""A deployment that is as it was declared, and calls that are none of the guard's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.self_guard import declared as d
from tests.unit.self_guard.deployed import PARAMETER, SHARED, Deployed, opened


def test_a_deployment_as_it_is_declared_is_healthy(deployed: Deployed) -> None:
    run = deployed.sweep()
    assert (run.error, run.messages, run.changes) == (None, [], [])
    assert run.outcomes == ["compliant"]
    assert run.sleeps == []


def test_the_first_sweep_remembers_what_is_declared() -> None:
    with opened() as deployed:
        assert deployed.remembered() == {}
        deployed.learn()
        assert deployed.remembered(PARAMETER) == {"value": d.packed(d.automation_parts())}
        assert deployed.remembered(SHARED) == {"value": d.packed(d.shared_parts())}


def test_an_event_remembers_nothing_at_first() -> None:
    with opened() as deployed:
        deployed.called("PutParameter", "ssm", name=PARAMETER)
        assert deployed.remembered() == {}


@pytest.mark.parametrize(
    ("call", "service", "parameters"),
    [
        ("DisableRule", "events", {"name": "somebody-elses"}),
        ("DeleteFunction20150331", "lambda", {"functionName": "billing"}),
        ("PutRolePolicy", "iam", {"roleName": "deploy", "policyName": "own"}),
        ("DeleteAlarms", "monitoring", {"alarmNames": ["disk-full"]}),
        ("PutParameter", "ssm", {"name": "/billing/key"}),
        ("DeleteTopic", "sns", None),
    ],
)
def test_a_call_that_does_not_name_the_deployment_ends_without_a_look(
    deployed: Deployed, call: str, service: str, parameters: dict[str, Any] | None
) -> None:
    run = deployed.called(call, service, **(parameters or {}))
    assert (run.looks, run.messages, run.sleeps) == ([], [], [])
    assert run.outcomes == ["compliant"]


@pytest.mark.parametrize(
    ("call", "service", "parameters"),
    [
        ("DisableRule", "events", {"name": "rearm-but-not-of-this-deployment"}),
        ("DeleteFunction20150331", "lambda", {"functionName": "rearm-drill"}),
        ("DeleteQueue", "sqs", {"queueUrl": f"https://sqs.us-east-1.amazonaws.com/{'1' * 12}/rearm-inbox"}),
        ("DisableRule", "iam", {"name": d.CALLS}),
    ],
)
def test_a_call_on_what_is_not_declared_reads_the_declarations_only(
    deployed: Deployed, call: str, service: str, parameters: dict[str, Any]
) -> None:
    run = deployed.called(call, service, **parameters)
    assert {made.name for made in run.looks} == {"ssm:GetParametersByPath"}
    assert (run.messages, run.outcomes) == ([], ["compliant"])


def test_a_call_that_takes_something_away_and_left_nothing_wrong_is_told(deployed: Deployed) -> None:
    run = deployed.called("DisableRule", "events", name=d.CALLS)
    assert run.sleeps == [2.0]
    assert "DisableRule was called, and nothing is left to put right." in run.message.body


def test_a_call_that_takes_nothing_away_and_left_nothing_wrong_is_not_told(deployed: Deployed) -> None:
    run = deployed.called("PutRule", "events", name=d.CALLS)
    assert run.sleeps == [2.0]
    assert run.messages == []
