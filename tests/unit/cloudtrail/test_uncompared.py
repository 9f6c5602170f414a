"""What cannot be read: the rest is put right all the same, and what was not compared is said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.envelopes import scheduled
from tests.unit.cloudtrail.rows import change, deletion, learned, put, state
from tests.unit.world import World

UNREADABLE = "could not be compared with its baseline"


def no_table(world: World) -> None:
    """Let the table answer no question about baselines any more."""
    world.endpoint.fail(
        "dynamodb:Query", "InternalServerError", when=lambda made: "#baseline" in str(made.parameters)
    )


def test_without_the_table_a_stopped_trail_is_started_by_a_sweep_and_what_was_not_compared_is_said(
    world: World,
) -> None:
    arn, _ = learned(world)
    world.stop(arn)
    put(arn, "UpdateTrail", S3KeyPrefix="elsewhere")
    no_table(world)

    run = world.handle(scheduled())

    assert world.logs(arn)
    assert run.findings == ["trail-not-logging"]
    assert run.outcomes == ["remediated"]
    assert UNREADABLE in str(run.error)
    assert UNREADABLE in run.message.body
    assert state(arn)["S3KeyPrefix"] == "elsewhere"


def test_without_the_table_a_stop_is_no_failure_at_all(world: World) -> None:
    arn, _ = learned(world)
    event = world.stop_event(arn)
    no_table(world)

    run = world.handle(event)

    assert world.logs(arn)
    assert run.error is None


def test_without_the_table_a_change_is_told_as_it_is_without_a_baseline(world: World) -> None:
    arn, _ = learned(world)
    event = change(world, arn, "UpdateTrail", S3KeyPrefix="elsewhere")
    no_table(world)

    run = world.handle(event)

    assert run.findings == ["trail-changed"]
    assert f"management {UNREADABLE}" in run.message.body
    assert UNREADABLE in str(run.error)


def test_without_the_table_a_deleted_trail_is_told_and_tried_again_when_it_answers(world: World) -> None:
    arn, _ = learned(world)
    world.trail("other")
    event = deletion(world, arn)
    no_table(world)

    run = world.handle(event)

    assert run.findings == ["trail-deleted"]
    assert not run.changes
    assert UNREADABLE in str(run.error)
    world.endpoint.answers["dynamodb:Query"].pop(0)
    assert world.handle(event).outcomes == ["remediated"]


def test_without_the_table_nothing_is_learned(world: World) -> None:
    world.trail()
    no_table(world)

    world.handle(scheduled())

    assert world.items("cloudtrail#baseline") == {}


def test_a_baseline_that_cannot_be_read_is_said_and_not_replaced(world: World) -> None:
    arn, _ = learned(world)
    world.put_item("cloudtrail#baseline", arn, "no JSON", count=1)

    run = world.handle(scheduled())

    assert UNREADABLE in str(run.error)
    assert not run.changes


READS = ["GetTrail", "GetEventSelectors", "GetInsightSelectors", "ListTags"]


@pytest.mark.parametrize("call", READS[1:])
@pytest.mark.parametrize("code", ["AccessDenied", "InternalFailure", "ThrottlingException"])
def test_what_cannot_be_read_of_a_trail_is_raised_and_the_rest_is_put_back(
    world: World, call: str, code: str
) -> None:
    arn, before = learned(world)
    put(arn, "UpdateTrail", S3KeyPrefix="elsewhere")
    world.endpoint.fail(f"cloudtrail:{call}", code)

    run = world.handle(scheduled())

    assert state(arn) == before
    assert dict(zip(run.findings, run.outcomes, strict=True)) == {
        "trail-prefix-changed": "remediated",
        "unreadable": "failed",
    }
    assert code in str(run.error)
    assert "could not be read" in run.message.body


@pytest.mark.parametrize("spoil", [{}, {"Trail": None}, {"Trail": {}}, {"Trail": {"Name": "management"}}])
def test_a_trail_without_a_bucket_is_malformed_and_not_taken_for_a_change(
    world: World, spoil: dict[str, Any]
) -> None:
    arn, before = learned(world)
    event = change(world, arn, "UpdateTrail", EnableLogFileValidation=True)
    world.endpoint.answer("cloudtrail:GetTrail", lambda _: spoil)

    run = world.handle(event)

    assert not run.changes
    assert "unreadable" in run.findings
    assert "MalformedAnswer" in str(run.error)
    assert state(arn) == before


@pytest.mark.parametrize(
    ("call", "hollow"),
    [
        ("GetEventSelectors", {"EventSelectors": [None]}),
        ("GetEventSelectors", {"AdvancedEventSelectors": [None]}),
        ("GetInsightSelectors", {"InsightSelectors": [None]}),
        ("ListTags", {"ResourceTagList": [None]}),
    ],
)
def test_a_list_that_holds_no_objects_is_not_taken_for_nothing(
    world: World, call: str, hollow: dict[str, Any]
) -> None:
    arn, before = learned(world)
    world.endpoint.answer(f"cloudtrail:{call}", lambda _: {"TrailARN": arn, **hollow})

    run = world.handle(scheduled())

    assert not run.changes
    assert run.findings == ["unreadable"]
    assert state(arn) == before


@pytest.mark.parametrize("call", READS[1:])
def test_an_answer_that_broke_off_is_not_taken_for_nothing(world: World, call: str) -> None:
    arn, before = learned(world)
    world.endpoint.answer(f"cloudtrail:{call}", lambda _: {})

    run = world.handle(scheduled())

    assert not run.changes
    assert run.findings == ["unreadable"]
    assert "MalformedAnswer" in str(run.error)
    assert state(arn) == before


@pytest.mark.parametrize(
    "selectors",
    [
        {"AdvancedEventSelectors": [{"Name": "none"}]},
        {"EventSelectors": [{"DataResources": [{"Values": []}]}]},
        {"EventSelectors": [{"ReadWriteType": "New"}]},
        {"EventSelectors": [{"IncludeManagementEvents": True}]},
        {"EventSelectors": [{"ReadWriteType": "All"}, None]},
        {"AdvancedEventSelectors": [{"FieldSelectors": []}]},
        {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory"}]}]},
        {"AdvancedEventSelectors": [{"FieldSelectors": [{"Equals": ["Management"]}]}]},
    ],
)
def test_selectors_of_a_form_that_nobody_knows_are_raised_and_the_rest_is_put_back(
    world: World, selectors: dict[str, Any]
) -> None:
    arn, before = learned(world)
    put(arn, "UpdateTrail", S3KeyPrefix="elsewhere")
    world.endpoint.answer("cloudtrail:GetEventSelectors", lambda _: {"TrailARN": arn, **selectors})

    run = world.handle(scheduled())

    assert run.findings == ["trail-prefix-changed", "unreadable"]
    assert "event selectors are not of AWS's form" in str(run.error)
    assert state(arn) == before


@pytest.mark.parametrize("call", READS)
def test_the_look_after_a_repair_that_fails_leaves_the_repair_unverified(world: World, call: str) -> None:
    operations: dict[str, tuple[str, dict[str, Any]]] = {
        "GetTrail": ("UpdateTrail", {"S3KeyPrefix": "elsewhere"}),
        "GetEventSelectors": ("PutEventSelectors", {"EventSelectors": [{"ReadWriteType": "ReadOnly"}]}),
        "GetInsightSelectors": ("PutInsightSelectors", {"InsightSelectors": []}),
        "ListTags": ("PutInsightSelectors", {"InsightSelectors": []}),
    }
    arn, before = learned(world)
    operation, parameters = operations[call]
    event = change(world, arn, operation, **parameters)

    def fail_from_now_on(*_: object) -> None:
        world.endpoint.fail(f"cloudtrail:{call}", "InternalFailure")

    world.endpoint.edit(f"cloudtrail:{operation}", fail_from_now_on)

    run = world.handle(event)

    assert state(arn) == before
    # Tags are no part of a repair, and are not looked at again.
    assert run.outcomes == (["remediated"] if call == "ListTags" else ["failed"])


def test_a_trail_that_vanishes_during_the_look_after_a_repair_is_not_put_right(world: World) -> None:
    arn, _ = learned(world)
    event = change(world, arn, "UpdateTrail", S3KeyPrefix="elsewhere")

    def vanish(*_: object) -> None:
        deletion(world, arn)

    world.endpoint.edit("cloudtrail:UpdateTrail", vanish)

    run = world.handle(event)

    assert run.outcomes == ["failed"]
    assert "gone by the time we look again" in str(run.error)
