"""What becomes the baseline of a trail, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.envelopes import REGION, api_event, config_change, custom_rule_invocation, scheduled
from tests.events.identities import ACCOUNT
from tests.unit.cloudtrail.rows import (
    INSIGHTS,
    NAME,
    advanced,
    basic,
    change,
    deletion,
    full_trail,
    learned,
    put,
    recorded,
    state,
)
from tests.unit.world import World, client

BASELINES = "cloudtrail#baseline"


def versions(world: World, arn: str) -> list[dict[str, Any]]:
    """Return every version of a trail's baseline, the oldest first."""
    older = world.items(f"cloudtrail#version#{arn}")
    return [*(older[key] for key in sorted(older)), world.items(BASELINES)[arn]]


@pytest.mark.parametrize(
    "event",
    [
        config_change("rearm-cloudtrail-enabled"),
        custom_rule_invocation(),
        api_event("UpdateTrail", parameters={"name": NAME}),
        api_event("PutEventSelectors", parameters={"trailName": NAME}),
        api_event("DeleteTrail", parameters={"name": NAME}),
        api_event("UpdateTrail"),
    ],
    ids=["config", "custom rule", "update", "selectors", "deletion", "unnamed"],
)
def test_only_a_sweep_learns_a_trail_that_was_not_known(world: World, event: dict[str, Any]) -> None:
    full_trail(world)

    world.handle(event)

    assert world.items(BASELINES) == {}


def test_a_trail_that_is_off_is_not_learned_before_it_is_on_again(world: World) -> None:
    arn = full_trail(world)
    world.stop(arn)

    first = world.handle(scheduled())

    assert first.findings == ["trail-not-logging"]
    assert world.items(BASELINES) == {}
    world.handle(scheduled())
    assert list(world.items(BASELINES)) == [arn]


def test_a_trail_whose_delivery_fails_is_not_learned(world: World) -> None:
    full_trail(world)
    world.endpoint.edit(
        "cloudtrail:GetTrailStatus", lambda _, answer: answer.update(LatestDeliveryError="AccessDenied")
    )

    world.handle(scheduled())

    assert world.items(BASELINES) == {}


@pytest.mark.parametrize("call", ["GetEventSelectors", "GetInsightSelectors", "ListTags"])
def test_a_trail_that_could_not_be_read_in_full_is_not_learned_and_that_is_a_failure(
    world: World, call: str
) -> None:
    arn = full_trail(world)
    world.endpoint.fail(f"cloudtrail:{call}", "InternalFailure")

    run = world.handle(scheduled())

    assert world.items(BASELINES) == {}
    assert run.findings == ["unreadable"]
    assert "InternalFailure" in str(run.error)
    assert world.logs(arn)


@pytest.mark.parametrize(
    ("call", "hollow"),
    [
        ("GetEventSelectors", {"EventSelectors": [None]}),
        ("GetEventSelectors", {"EventSelectors": [{}]}),
        ("GetEventSelectors", {"AdvancedEventSelectors": [None]}),
        ("GetEventSelectors", {"AdvancedEventSelectors": [{"Name": "all", "FieldSelectors": []}]}),
        (
            "GetEventSelectors",
            {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": []}]}]},
        ),
        ("GetInsightSelectors", {"InsightSelectors": [None]}),
        ("GetInsightSelectors", {"InsightSelectors": [{}]}),
        ("GetInsightSelectors", {"InsightSelectors": [{"EventCategories": ["Management"]}]}),
    ],
)
def test_a_trail_whose_selectors_say_nothing_is_not_learned_and_that_is_a_failure(
    world: World, call: str, hollow: dict[str, Any]
) -> None:
    arn = full_trail(world)
    world.endpoint.answer(f"cloudtrail:{call}", lambda _: {"TrailARN": arn, **hollow})

    run = world.handle(scheduled())

    assert world.items(BASELINES) == {}
    assert run.findings == ["unreadable"]
    assert f"cloudtrail:{call}: MalformedAnswer" in str(run.error)


STRONGER: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("IsMultiRegionTrail", {"IsMultiRegionTrail": False}, {"IsMultiRegionTrail": True}),
    (
        "IncludeGlobalServiceEvents",
        {"IsMultiRegionTrail": False, "IncludeGlobalServiceEvents": False},
        {"IncludeGlobalServiceEvents": True},
    ),
    ("LogFileValidationEnabled", {"EnableLogFileValidation": False}, {"EnableLogFileValidation": True}),
    ("IsOrganizationTrail", {"IsOrganizationTrail": False}, {"IsOrganizationTrail": True}),
    ("SnsTopicARN", {"SnsTopicName": ""}, {"SnsTopicName": "trails"}),
    (
        "CloudWatchLogsLogGroupArn",
        {"CloudWatchLogsLogGroupArn": "", "CloudWatchLogsRoleArn": ""},
        {
            "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail:*",
            "CloudWatchLogsRoleArn": f"arn:aws:iam::{ACCOUNT}:role/trail",
        },
    ),
]


@pytest.mark.parametrize(("key", "weak", "strong"), STRONGER, ids=[case[0] for case in STRONGER])
@pytest.mark.parametrize("door", ["event", "sweep"])
def test_what_makes_a_trail_stronger_becomes_the_baseline_and_is_left(
    world: World, key: str, weak: dict[str, Any], strong: dict[str, Any], door: str
) -> None:
    arn = full_trail(world, **weak)
    world.trail("everywhere")
    world.handle(scheduled())
    event = change(world, arn, "UpdateTrail", **strong)
    after = state(arn)

    run = world.handle(event if door == "event" else scheduled())

    assert not run.changes
    assert state(arn) == after
    first, second = versions(world, arn)
    assert (first["origin"], second["origin"]) == ("first-seen", "stronger")
    assert (first["count"], second["count"]) == (1, 2)
    assert second["state"][key] == after[key]
    assert first["state"].get(key) != after[key]


@pytest.mark.parametrize("door", ["event", "sweep"])
def test_more_selected_events_become_the_baseline(world: World, door: str) -> None:
    arn, _ = learned(world)
    more = advanced("arn:aws:s3:::orders/", "arn:aws:s3:::invoices/")
    event = change(world, arn, "PutEventSelectors", AdvancedEventSelectors=more)

    run = world.handle(event if door == "event" else scheduled())

    assert not run.changes
    assert versions(world, arn)[-1]["origin"] == "stronger"
    assert versions(world, arn)[-1]["state"]["AdvancedEventSelectors"] == more


def test_the_same_events_selected_in_another_way_are_neither_weaker_nor_learned(world: World) -> None:
    arn, _ = learned(world)
    event = change(world, arn, "PutEventSelectors", EventSelectors=[basic()])

    run = world.handle(event)

    assert not run.changes
    assert run.outcomes == ["compliant"]
    assert len(versions(world, arn)) == 1


@pytest.mark.parametrize("door", ["event", "sweep"])
def test_more_insights_become_the_baseline(world: World, door: str) -> None:
    arn = full_trail(world)
    put(arn, "PutInsightSelectors", InsightSelectors=INSIGHTS[:1])
    world.handle(scheduled())
    event = change(world, arn, "PutInsightSelectors", InsightSelectors=INSIGHTS)

    run = world.handle(event if door == "event" else scheduled())

    assert not run.changes
    assert versions(world, arn)[-1]["state"]["InsightSelectors"] == INSIGHTS


def test_what_was_learned_as_stronger_is_what_later_changes_are_put_back_to(world: World) -> None:
    arn = full_trail(world, EnableLogFileValidation=False)
    world.handle(scheduled())
    put(arn, "UpdateTrail", EnableLogFileValidation=True)
    world.handle(scheduled())
    put(arn, "UpdateTrail", EnableLogFileValidation=False)

    run = world.handle(scheduled())

    assert run.findings == ["trail-no-validation"]
    assert state(arn)["LogFileValidationEnabled"] is True


def test_a_trail_that_is_stronger_here_and_weaker_there_is_put_back_and_not_learned(world: World) -> None:
    arn = full_trail(world, EnableLogFileValidation=False)
    world.handle(scheduled())
    put(arn, "UpdateTrail", EnableLogFileValidation=True, S3KeyPrefix="elsewhere")

    run = world.handle(scheduled())

    assert [made.parameters for made in run.changes] == [{"Name": arn, "S3KeyPrefix": "all"}]
    assert state(arn)["LogFileValidationEnabled"] is True
    assert len(versions(world, arn)) == 1
    # The next sweep, with nothing weaker, learns it.
    world.handle(scheduled())
    assert versions(world, arn)[-1]["origin"] == "stronger"


def test_changed_tags_are_learned_as_such(world: World) -> None:
    arn, _ = learned(world)
    client("cloudtrail", REGION).add_tags(ResourceId=arn, TagsList=[{"Key": "stage", "Value": "live"}])

    run = world.handle(scheduled())

    assert run.outcomes == ["compliant"]
    assert versions(world, arn)[-1]["origin"] == "tags"
    assert versions(world, arn)[-1]["state"]["Tags"]["stage"] == "live"


def test_a_baseline_is_never_changed_on_the_word_of_an_event(world: World) -> None:
    """Anybody who may invoke the function can forge one; what AWS shows is what counts."""
    arn, before = learned(world)
    forged = {"name": NAME, "s3BucketName": "attacker", "enableLogFileValidation": False}

    run = world.handle(api_event("UpdateTrail", parameters=forged))

    assert not run.changes
    assert state(arn) == before
    assert len(versions(world, arn)) == 1
    assert run.outcomes == ["compliant"]


def test_a_deletion_that_was_accepted_is_not_undone_and_the_trail_is_learned_anew(world: World) -> None:
    arn, _ = learned(world)
    baseline = world.items(BASELINES)[arn]
    deletion(world, arn)
    content = {**{key: baseline[key] for key in ("recorded", "origin")}, "state": {"deleted": True}}
    world.put_item(BASELINES, arn, content, count=2)
    world.trail("other")

    assert world.handle(scheduled()).outcomes == ["compliant"]

    full_trail(world, S3KeyPrefix="new")
    world.handle(scheduled())
    assert world.items(BASELINES)[arn]["state"]["S3KeyPrefix"] == "new"
    assert world.items(BASELINES)[arn]["count"] == 3


@pytest.mark.parametrize(
    ("attributes", "rules"),
    [
        ({"EnableLogFileValidation": False}, ["trail-recommend-validation"]),
        ({"KmsKeyId": ""}, ["trail-recommend-key"]),
        ({"IsMultiRegionTrail": False}, ["trail-recommend-multi-region"]),
        (
            {"EnableLogFileValidation": False, "KmsKeyId": "", "IsMultiRegionTrail": False},
            ["trail-recommend-validation", "trail-recommend-multi-region", "trail-recommend-key"],
        ),
    ],
)
def test_a_trail_that_is_weak_when_first_seen_is_learned_and_what_would_be_better_is_recommended(
    world: World, attributes: dict[str, Any], rules: list[str]
) -> None:
    arn = full_trail(world, **attributes)
    before = state(arn)

    run = world.handle(scheduled())

    assert run.findings == rules
    assert set(run.outcomes) == {"notified"}
    assert run.message.attributes["severity"] == "INFORMATIONAL"
    assert not run.changes
    assert state(arn) == before
    assert list(world.items(BASELINES)) == [arn]
    # It is said once, and what is recommended does not keep an attack from being found.
    assert not world.handle(scheduled()).messages
    put(arn, "UpdateTrail", S3KeyPrefix="elsewhere")
    assert "trail-prefix-changed" in world.handle(scheduled()).findings


def test_one_region_is_enough_for_a_trail_beside_one_of_all_regions(world: World) -> None:
    world.trail("everywhere")
    full_trail(world, IsMultiRegionTrail=False)

    assert world.handle(scheduled()).outcomes == ["compliant"]


def test_an_event_brings_no_recommendation(world: World) -> None:
    full_trail(world, EnableLogFileValidation=False)
    world.handle(scheduled())

    run = world.handle(
        recorded(world, f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{NAME}", "UpdateTrail", {"name": NAME})
    )

    assert run.outcomes == ["compliant"]
