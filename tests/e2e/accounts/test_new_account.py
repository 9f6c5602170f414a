"""An account without AWS Config, and in an organization: the recorder comes first, and the history lags."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from tests.e2e.account import BUCKET
from tests.e2e.world import World
from tests.local_aws.trails import ForeignTrail

ROOT = "examples/new-account"
MANAGEMENT = "999988887777"


def test_the_example_switches_config_on_before_it_makes_rules(new_account: World) -> None:
    config = new_account.account.client("config")
    (recorder,) = config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    assert recorder["recording"] is True
    rules = config.describe_config_rules()["ConfigRules"]
    assert {rule["ConfigRuleName"] for rule in rules} == {
        "rearm-cloudtrail-enabled",
        "rearm-cloudtrail-logging",
    }


def test_a_trail_that_is_stopped_logs_again(new_account: World) -> None:
    trail = new_account.account.trail("main")
    new_account.account.user("contractor").stop(trail)
    new_account.aws.wait_idle()
    assert new_account.account.logs(trail)
    assert new_account.said.mail().field("Actor") == "contractor (IAMUser)"


def test_a_sweep_that_comes_before_the_history_repairs_and_says_that_it_does_not_know_who(
    new_account: World,
) -> None:
    trail = new_account.account.trail("main")
    with new_account.account.unseen():
        new_account.account.user("contractor").stop(trail)
    new_account.sweep()
    assert new_account.account.logs(trail)
    mail = new_account.said.mail()
    assert mail.section("WHO") == [
        "Unknown: CloudTrail's event history does not say (it lags by minutes).",
        "No exception for an actor was applied.",
    ]


@contextmanager
def _seen(world: World, trail: ForeignTrail) -> Iterator[None]:
    """Have a member account see an organization trail, which its owner starts afterwards."""
    world.aws.plant_organization_trail(trail)
    try:
        yield
    finally:
        trail.logging = True


def test_an_organization_trail_is_reported_and_left_to_its_account(new_account: World) -> None:
    stopped = datetime.now(UTC) - timedelta(hours=1)
    trail = ForeignTrail("organization", MANAGEMENT, new_account.account.region, BUCKET, False, stopped)
    own = new_account.account.trail("own")
    with _seen(new_account, trail):
        new_account.sweep()
        new_account.sweep()
        assert not trail.logging
    assert new_account.account.logs(own)
    assert new_account.calls("StartLogging") == []
    mail = new_account.said.mail()
    assert mail.attributes["outcome"] == "notified"
    assert mail.attributes["account"] == MANAGEMENT
    assert f"It belongs to account {MANAGEMENT}, which alone can start it." in mail.body
    assert new_account.said.failures() == []


def test_a_second_plan_of_the_example_finds_nothing_to_change(new_account: World) -> None:
    assert new_account.terraform.plan(ROOT).changes == {}


def test_destroying_leaves_nothing_behind(new_account: World) -> None:
    assert new_account.made <= new_account.account.names()
    new_account.destroy()
    assert new_account.made & new_account.account.names() == set()
