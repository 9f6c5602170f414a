"""Metrics in CloudWatch's embedded metric format: a log line becomes a metric without a call.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rearm.model import Outcome, Response
from rearm.settings import Settings

NAMESPACE = "Rearm"

Line = dict[str, object]


def lines(response: Response, settings: Settings) -> list[Line]:
    """Return one line per outcome: the number of findings, and the seconds without the safeguard."""
    told = []
    for outcome in Outcome:
        endings = [ending for ending in response.endings if ending.outcome is outcome]
        if not endings:
            continue
        values: dict[str, object] = {"Findings": len(endings)}
        units = {"Findings": "Count"}
        seconds = [ending.seconds for ending in endings if ending.seconds is not None]
        if seconds:
            values["SecondsWithoutSafeguard"] = seconds
            units["SecondsWithoutSafeguard"] = "Seconds"
        names = {"deployment": settings.name, "automation": settings.automation, "outcome": str(outcome)}
        sets = [["deployment", "automation", "outcome"], ["deployment", "automation"]]
        told.append(_line(response.finished, names, sets, units, values))
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
