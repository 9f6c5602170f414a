"""Metrics: log lines in CloudWatch's embedded metric format."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rearm.alarm import Alarm, Door
from rearm.model import Attributed, Ending, Finding, Outcome, Resource, Response, Severity
from rearm.report import metrics
from rearm.settings import from_environment
from tests.events.envelopes import custom_rule_invocation, scheduled, stop_logging
from tests.unit import emf
from tests.unit.deployment import configuration, environment, exception
from tests.unit.world import World, ago

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def metric(line: dict[str, Any], name: str) -> object:
    """Return a metric's value from the line that defines it."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert name in [each["Name"] for each in directive["Metrics"]]
    return line[name]


def test_findings_are_counted_by_automation_and_outcome(world: World) -> None:
    # Given one finding of each of three outcomes
    world.deploy(exceptions={"planned": exception(resource="excused")})
    for name in ("repaired", "repaired-too", "stuck", "excused"):
        world.stop(world.trail(name), ago(60))
    world.endpoint.fail(
        "cloudtrail:StartLogging", "Conflict", when=lambda made: "stuck" in made.parameters["Name"]
    )

    run = world.handle(custom_rule_invocation())

    assert {line["outcome"]: metric(line, "Findings") for line in run.metrics} == {
        "remediated": 2,
        "excepted": 1,
        "failed": 1,
    }
    assert all(line["automation"] == "cloudtrail" for line in run.metrics)
    assert all(line["deployment"] == "rearm" for line in run.metrics)


def test_the_seconds_without_the_safeguard_are_a_metric_of_repairs_only(world: World) -> None:
    world.stop(world.trail("repaired"), ago(60))
    world.stop(world.trail("stuck"), ago(60))
    world.endpoint.fail(
        "cloudtrail:StartLogging", "Conflict", when=lambda made: "stuck" in made.parameters["Name"]
    )

    run = world.handle(custom_rule_invocation())

    (timed,) = [line for line in run.metrics if "SecondsWithoutSafeguard" in line]
    assert timed["outcome"] == "remediated"
    (seconds,) = timed["SecondsWithoutSafeguard"]
    assert 60 <= seconds < 600


@pytest.mark.parametrize("make", [stop_logging, custom_rule_invocation, scheduled])
@pytest.mark.parametrize("mode", ["notify", "remediate"])
def test_every_line_follows_the_specification(world: World, make: Any, mode: str) -> None:
    world.deploy(mode=mode)
    world.stop(world.trail("management"))

    run = world.handle(make())

    assert run.metrics
    assert [problem for line in run.metrics for problem in emf.problems(line)] == []


def test_the_check_itself_finds_what_cloudwatch_would_not_take() -> None:
    directive = {"Namespace": "Rearm", "Dimensions": [["a"]], "Metrics": [{"Name": "b", "Unit": "Apples"}]}
    line = {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}, "a": 3, "b": ["x"] * 101}

    found = " ".join(emf.problems(line))

    for problem in ("milliseconds", "dimension a", "Apples", "101 values", "b is"):
        assert problem in found
    assert emf.problems({}) != []


def test_dimensions_are_those_that_dashboards_and_alarms_ask_for(world: World) -> None:
    world.stop(world.trail("management"))

    by_metric = {
        each["Name"]: (directive["Namespace"], directive["Dimensions"], each["Unit"])
        for line in world.handle(scheduled()).metrics
        for directive in line["_aws"]["CloudWatchMetrics"]
        for each in directive["Metrics"]
    }

    both = [["deployment", "automation", "outcome"], ["deployment", "automation"]]
    assert by_metric == {
        "Findings": ("Rearm", both, "Count"),
        "SecondsWithoutSafeguard": ("Rearm", both, "Seconds"),
        "Sweeps": ("Rearm", [["deployment", "automation"]], "Count"),
        "ConfirmedSubscribers": ("Rearm", [["deployment"]], "Count"),
    }


def test_a_response_without_findings_has_no_metric(world: World) -> None:
    world.trail("management")

    assert world.handle(custom_rule_invocation()).metrics == []


@pytest.mark.parametrize("count", [1, 100, 101, 250])
def test_more_values_than_a_metric_may_have_are_spread_over_lines(count: int) -> None:
    """A metric has at most 100 values in a line; with more CloudWatch drops it."""
    resource = Resource("arn", "name", "type", "123456789012", "us-east-1")
    endings = tuple(
        Ending(
            Finding("rule", resource, "problem", Severity.HIGH),
            Outcome.REMEDIATED,
            Attributed("not-asked"),
            seconds=float(number),
        )
        for number in range(count)
    )
    alarm = Alarm("id", Door.SWEEP, "sweep", "123456789012", "us-east-1")
    settings = from_environment(environment(configuration()))

    lines = metrics.lines(Response(alarm, NOW, NOW, endings), settings)

    assert [problem for line in lines for problem in emf.problems(line)] == []
    findings = [value for line in lines if isinstance(value := line.get("Findings"), int)]
    seconds = [value for line in lines for value in _list(line.get("SecondsWithoutSafeguard"))]
    assert sum(findings) == count
    assert sorted(seconds) == [float(number) for number in range(count)]


def _list(value: object) -> list[float]:
    return value if isinstance(value, list) else []
