"""What a target gets of an event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local_aws.inputs import shaped

EVENT = {
    "id": "1",
    "source": "shop",
    "time": "2026-11-24T03:00:00Z",
    "detail": {"name": 'a "b"', "items": [{"id": 3}, {"id": 4}], "none": None, "dotted.key": 5},
}


@pytest.mark.parametrize(
    ("template", "paths", "expected"),
    [
        ('{"n": <n>}', {"n": "$.detail.name"}, {"n": 'a "b"'}),
        ('"<s> says <n>"', {"s": "$.source", "n": "$.detail.name"}, 'shop says a "b"'),
        ('{"second": <i>}', {"i": "$.detail.items[1].id"}, {"second": 4}),
        ('{"all": <i>}', {"i": "$.detail.items"}, {"all": [{"id": 3}, {"id": 4}]}),
        ('{"absent": <x>}', {"x": "$.detail.nothing.there"}, {"absent": None}),
        ('"[<x>]"', {"x": "$.detail.absent"}, "[]"),
        ('{"d": <d>}', {"d": "$.detail['dotted.key']"}, {"d": 5}),
        ('{"rule": <aws.events.rule-arn>}', {}, {"rule": "arn"}),
        ('{"whole": <aws.events.event.json>}', {}, {"whole": EVENT}),
    ],
)
def test_a_template_is_filled_in(template: str, paths: dict[str, str], expected: Any) -> None:
    target = {"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}
    assert json.loads(shaped(EVENT, target, "arn", "name")) == expected


def test_a_wrong_path_is_an_error() -> None:
    with pytest.raises(ValueError, match="not a path"):
        shaped(EVENT, {"InputPath": "detail.name"}, "arn", "name")
