"""CloudWatch's embedded metric format, as its specification has it.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# Units of a MetricDatum that Rearm has a use for; a misspelt unit loses the metric.
UNITS = frozenset({"Count", "Seconds", "Milliseconds", "Bytes", "Percent", "None"})
MOST_VALUES = 100
MOST_DIMENSIONS = 30
MOST_METRICS = 100


def problems(line: Mapping[str, Any]) -> list[str]:
    """Say what would keep CloudWatch from making metrics of a line."""
    return list(_problems(line))


def _problems(line: Mapping[str, Any]) -> Iterator[str]:
    meta = line.get("_aws")
    if not isinstance(meta, Mapping) or set(meta) != {"Timestamp", "CloudWatchMetrics"}:
        yield "_aws must have Timestamp and CloudWatchMetrics"
        return
    stamp = meta["Timestamp"]
    if not isinstance(stamp, int) or not 10**12 < stamp < 10**13:
        yield f"Timestamp {stamp!r} is not in milliseconds"
    for directive in meta["CloudWatchMetrics"]:
        yield from _directive(directive, line)


def _directive(directive: Mapping[str, Any], line: Mapping[str, Any]) -> Iterator[str]:
    if set(directive) != {"Namespace", "Dimensions", "Metrics"}:
        yield f"a directive has {sorted(directive)}"
        return
    namespace = directive["Namespace"]
    if not isinstance(namespace, str) or not 1 <= len(namespace) <= 1024:
        yield f"Namespace {namespace!r}"
    for names in directive["Dimensions"]:
        if len(names) > MOST_DIMENSIONS:
            yield f"{len(names)} dimensions"
        for name in names:
            value = line.get(name)
            if not isinstance(value, str) or not 1 <= len(value) <= 1024 or not value.isascii():
                yield f"dimension {name} is {value!r}"
    metrics = directive["Metrics"]
    if not 1 <= len(metrics) <= MOST_METRICS:
        yield f"{len(metrics)} metrics"
    for metric in metrics:
        if not set(metric) <= {"Name", "Unit", "StorageResolution"} or not 1 <= len(metric["Name"]) <= 1024:
            yield f"metric {metric}"
        if metric.get("Unit", "None") not in UNITS:
            yield f"unit {metric.get('Unit')}"
        yield from _values(metric["Name"], line.get(metric["Name"]))


def _values(name: str, value: object) -> Iterator[str]:
    values = value if isinstance(value, list) else [value]
    if not 1 <= len(values) <= MOST_VALUES:
        yield f"{name} has {len(values)} values"
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in values):
        yield f"{name} is {value!r}"
