"""Partitions other than ``aws``: every ARN that Rearm makes is of the partition it runs in."""

from __future__ import annotations

import pytest

from tests.events.envelopes import api_event, scheduled
from tests.events.identities import ACCOUNT
from tests.unit.world import World, client

PLACES = [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")]


@pytest.fixture(params=PLACES, ids=[partition for partition, _ in PLACES])
def place(request: pytest.FixtureRequest, world: World) -> tuple[str, str]:
    """Deploy Rearm in another partition, with the topic there."""
    partition, region = request.param
    topic = client("sns", region).create_topic(Name="rearm-notifications")["TopicArn"]
    world.deploy(region=region, topic=topic, role_arn=f"arn:{partition}:iam::{ACCOUNT}:role/rearm-cloudtrail")
    return partition, region


def test_a_trail_named_by_its_short_name_is_started_there(world: World, place: tuple[str, str]) -> None:
    partition, region = place
    arn = world.trail("management", region=region)
    world.stop(arn)

    run = world.handle(api_event("StopLogging", parameters={"name": "management"}, region=region))

    assert world.logs(arn)
    assert arn.startswith(f"arn:{partition}:")
    assert {made.region for made in run.calls} == {region}
    assert run.called("sns:Publish")
    assert run.outcomes == ["remediated"]


def test_an_account_without_a_trail_is_named_in_its_partition(world: World, place: tuple[str, str]) -> None:
    partition, _ = place

    run = world.handle(scheduled())

    assert run.line["rearm"]["resource"]["arn"] == f"arn:{partition}:iam::{ACCOUNT}:root"
