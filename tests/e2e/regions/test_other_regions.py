"""What is done in a region with a forwarder is repaired at once, elsewhere by the sweep."""

from __future__ import annotations

import json

import pytest

from tests.e2e.world import World

ROOT = "examples/other-regions"
FORWARDED = ("us-east-1", "eu-west-1")
# Has no forwarder.
ALONE = "eu-west-2"


@pytest.mark.parametrize("region", FORWARDED)
def test_a_trail_of_a_region_with_a_forwarder_is_started_when_its_event_comes(
    regions: World, region: str
) -> None:
    trail = regions.account.trail("there", region=region)
    regions.account.user("contractor").stop(trail)
    regions.aws.wait_idle()
    assert regions.account.logs(trail)
    assert [(call.region, call.resources) for call in regions.calls("StartLogging")] == [(region, (trail,))]
    mail = regions.said.mail()
    assert mail.field("Region") == region
    assert mail.field("Arrived by") == "API event StopLogging"
    assert mail.field("Actor") == "contractor (IAMUser)"


def test_a_trail_of_a_region_without_one_is_started_by_the_sweep_and_told(regions: World) -> None:
    trail = regions.account.trail("alone", region=ALONE)
    regions.account.user("contractor").stop(trail)
    regions.aws.wait_idle()
    assert not regions.account.logs(trail)
    assert regions.calls() == []
    regions.sweep()
    assert regions.account.logs(trail)
    mail = regions.said.mails()[0]
    assert mail.attributes["outcome"] == "remediated"
    assert mail.field("Region") == ALONE
    assert mail.field("Arrived by") == "sweep"


def test_an_event_that_its_forwarder_may_not_forward_is_made_up_for_by_the_sweep(regions: World) -> None:
    trail = regions.account.trail("there", region=FORWARDED[0])
    iam = regions.account.client("iam")
    role = {"RoleName": f"rearm-forward-{FORWARDED[0]}", "PolicyName": "forward"}
    before = iam.get_role_policy(**role)["PolicyDocument"]
    with regions.account.unseen():
        iam.delete_role_policy(**role)
    regions.account.user("contractor").stop(trail)
    regions.aws.wait_idle()
    assert not regions.account.logs(trail)
    with regions.account.unseen():
        iam.put_role_policy(**role, PolicyDocument=json.dumps(before))
    regions.sweep()
    assert regions.account.logs(trail)


def test_a_second_plan_of_the_example_finds_nothing_to_change(regions: World) -> None:
    assert regions.terraform.plan(ROOT).changes == {}


def test_destroying_takes_the_forwarders_away(regions: World) -> None:
    events = {region: regions.account.client("events", region) for region in FORWARDED}
    assert all(client.list_rules(NamePrefix="rearm-forward-")["Rules"] for client in events.values())
    regions.destroy()
    assert not any(client.list_rules(NamePrefix="rearm-")["Rules"] for client in events.values())
