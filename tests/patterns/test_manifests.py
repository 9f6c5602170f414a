"""The manifests' event patterns are ones that EventBridge takes and that the matcher is proven for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_aws import patterns
from tests.patterns.manifests import all_event_patterns, manifests

QUOTA = 2048
"""Characters of an event pattern: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html."""


@pytest.mark.parametrize("pattern", all_event_patterns().values(), ids=all_event_patterns())
def test_pattern_is_valid_and_short_enough(pattern: dict[str, Any]) -> None:
    patterns.check(pattern)
    assert patterns.length(pattern) <= QUOTA


@pytest.mark.parametrize("pattern", all_event_patterns().values(), ids=all_event_patterns())
def test_pattern_names_an_aws_source_so_that_nobody_can_forge_its_events(pattern: dict[str, Any]) -> None:
    assert pattern.get("source")
    starts = [one["prefix"] if isinstance(one, dict) else one for one in pattern["source"]]
    assert all(start.startswith("aws.") for start in starts)


def test_every_automation_with_events_has_a_pattern() -> None:
    with_events = {name for name, manifest in manifests().items() if manifest["triggers"].get("events")}
    assert {name.partition("-")[0] for name in all_event_patterns()} == with_events


@pytest.mark.parametrize("operator", ["regex", "contains", "equals"])
def test_pattern_with_an_operator_that_is_not_proven_is_rejected(operator: str) -> None:
    pattern = {
        **all_event_patterns()["cloudtrail-calls"],
        "detail": {"eventName": [{operator: "StopLogging"}]},
    }
    with pytest.raises(
        patterns.InvalidPattern, match=rf"detail\.eventName: unrecognized operator '{operator}'"
    ):
        patterns.check(pattern)
