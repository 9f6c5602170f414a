"""Metrics in CloudWatch's embedded metric format: a log line becomes a metric without a call.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rearm.model import Ending, Outcome, Response
from rearm.settings import Settings

NAMESPACE = "Rearm"
# With more values of one metric in a line CloudWatch drops it.
VALUES_A_LINE = 100

Line = dict[str, object]


def lines(response: Response, settings: Settings) -> list[Line]:
    """Return a line per outcome, or more for very many: number of findings, seconds without the safeguard."""
    told = []
    for outcome in Outcome:
        endings = [ending for ending in response.endings if ending.outcome is outcome]
        told += [
            _of_outcome(outcome, endings[start : start + VALUES_A_LINE], response, settings)
            for start in range(0, len(endings), VALUES_A_LINE)
        ]
    return told


def subscribers(confirmed: int, settings: Settings, now: datetime) -> Line:
    """Return the line that says how many confirmed subscribers the notification topic has."""
    return _line(
        now,
        {"deployment": settings.name},
        [["deployment"]],
        {"ConfirmedSubscribers": "Count"},
        {"ConfirmedSubscribers": confirmed},
    )


def heartbeat(settings: Settings, now: datetime) -> Line:
    """Return the line that says that a sweep came to its end: an alarm watches for its absence."""
    return _line(
        now,
        {"deployment": settings.name, "automation": settings.automation},
        [["deployment", "automation"]],
        {"Sweeps": "Count"},
        {"Sweeps": 1},
    )


def _of_outcome(outcome: Outcome, endings: Sequence[Ending], response: Response, settings: Settings) -> Line:
    values: dict[str, object] = {"Findings": len(endings)}
    units = {"Findings": "Count"}
    seconds = [ending.seconds for ending in endings if ending.seconds is not None]
    if seconds:
        values["SecondsWithoutSafeguard"] = seconds
        units["SecondsWithoutSafeguard"] = "Seconds"
    names = {"deployment": settings.name, "automation": settings.automation, "outcome": str(outcome)}
    sets = [["deployment", "automation", "outcome"], ["deployment", "automation"]]
    return _line(response.finished, names, sets, units, values)


def _line(
    now: datetime,
    dimensions: dict[str, str],
    sets: Sequence[Sequence[str]],
    units: dict[str, str],
    values: dict[str, object],
) -> Line:
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(names) for names in sets],
        "Metrics": [{"Name": name, "Unit": unit} for name, unit in units.items()],
    }
    return {
        "_aws": {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [directive]},
        **dimensions,
        **values,
    }
