"""Each row's event is matched by the pattern of the automation that repairs it, and by no other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.events.envelopes import api_event
from tests.local_aws.patterns import matches
from tests.patterns.manifests import event_patterns, manifests
from tests.support.matrix_calls import RowCalls, row_calls

NAME = "rearm"
CASES = [
    pytest.param(calls, id=calls.row, marks=pytest.mark.matrix(calls.row, door="event"))
    for calls in row_calls()
]


def deployed() -> dict[str, dict[str, dict[str, Any]]]:
    """Give the patterns of what is on by default as they are deployed, by automation and key."""
    return {
        automation: {
            key: json.loads(json.dumps(pattern).replace("{name}", NAME))
            for key, pattern in event_patterns(manifest).items()
        }
        for automation, manifest in manifests().items()
        if manifest["default_mode"] != "off"
    }


def taking(event: dict[str, Any]) -> list[str]:
    """Name the automations with a pattern that matches, once for each such pattern."""
    return [
        automation
        for automation, patterns in deployed().items()
        for pattern in patterns.values()
        if matches(pattern, event)
    ]


@pytest.mark.parametrize("calls", CASES)
def test_the_event_reaches_the_automation_that_repairs_it_once_and_no_other(calls: RowCalls) -> None:
    for name in calls.names:
        event = api_event(name, service=calls.service, parameters=dict(calls.parameters))
        assert taking(event) == [calls.automation], name


@pytest.mark.parametrize("calls", row_calls(), ids=lambda calls: calls.row)
def test_a_call_of_another_service_of_that_name_reaches_none(calls: RowCalls) -> None:
    for name in calls.names:
        assert taking(api_event(name, service="acm", parameters=dict(calls.parameters))) == []


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("cloudtrail", "CreateTrail"),
        ("cloudtrail", "StartLogging"),
        ("cloudtrail", "StartEventDataStoreIngestion"),
        ("kms", "Decrypt"),
        ("kms", "EnableKey"),
        ("s3", "CreateBucket"),
        ("s3", "PutBucketTagging"),
        ("s3", "PutObject"),
    ],
)
def test_what_weakens_nothing_reaches_none(service: str, name: str) -> None:
    assert taking(api_event(name, service=service, parameters={"name": "main", "bucketName": "logs"})) == []
