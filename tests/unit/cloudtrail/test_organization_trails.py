"""Organization trails seen from a member account: only the management account can start them."""

from __future__ import annotations

import pytest

from tests.events.envelopes import api_event, config_change, custom_rule_invocation, scheduled
from tests.unit.world import ORGANIZATION, World, ago

# What AWS has been seen to say about a trail of another account, depending on the call and on who asks.
NOT_OURS = [
    "AccessDenied",
    "AccessDeniedException",
    "CloudTrailARNInvalidException",
    "NotOrganizationMasterAccountException",
    "TrailNotFoundException",
]


def test_a_stopped_organization_trail_is_reported_and_not_touched(world: World) -> None:
    # Given a member account that sees the stopped trail of its organization
    own = world.trail("own")
    trail = world.organization_trail(logging=False, stopped=ago(60))

    run = world.handle(scheduled())

    # Then it is told who can start it, nothing is tried, and nothing failed
    assert not run.changes
    assert run.error is None
    assert run.outcomes == ["notified"]
    assert run.findings == ["trail-out-of-reach"]
    assert f"It belongs to account {ORGANIZATION}, which alone can start it." in run.message.body
    assert f"aws cloudtrail start-logging --name {trail.arn}" in run.message.body
    assert run.message.attributes["account"] == ORGANIZATION
    assert world.logs(own)


def test_an_organization_trail_that_logs_is_as_it_must_be(world: World) -> None:
    world.organization_trail()

    run = world.handle(scheduled())

    assert run.outcomes == ["compliant"]
    assert not run.messages


def test_an_organization_trail_alone_means_that_there_is_a_trail(world: World) -> None:
    world.organization_trail()

    assert world.handle(config_change("rearm-cloudtrail-enabled")).findings == [None]


def test_a_multi_region_organization_trail_serves_the_multi_region_rule(world: World) -> None:
    world.deploy(settings={"config_rule": "multi-region-cloudtrail-enabled"})
    world.organization_trail(multi_region=True)

    assert world.handle(scheduled()).findings == [None]


@pytest.mark.parametrize("code", NOT_OURS)
def test_an_organization_trail_whose_status_the_member_may_not_read_is_no_failure(
    world: World, code: str
) -> None:
    own = world.trail("own")
    world.stop(own)
    trail = world.organization_trail(status_error=code)

    run = world.handle(scheduled())

    # Then it is asked once, nothing is raised, and the account's own trail is repaired
    assert run.error is None
    asked = [made for made in run.called("cloudtrail:GetTrailStatus") if made.parameters["Name"] == trail.arn]
    assert len(asked) == 1
    assert world.logs(own)
    assert "failed" not in run.outcomes


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalFailure", "ReadTimeoutError"])
def test_an_organization_trail_that_cannot_be_read_for_another_reason_is_a_failure(
    world: World, code: str
) -> None:
    world.trail("own")
    world.organization_trail(status_error=code)

    run = world.handle(scheduled())

    assert code in str(run.error)
    assert run.outcomes == ["failed"]


@pytest.mark.parametrize("code", NOT_OURS[:2])
def test_an_own_trail_whose_status_is_denied_is_a_failure(world: World, code: str) -> None:
    """Only a foreign trail is excused: a role that lost its permission must not look like health."""
    world.trail("own")
    world.endpoint.fail("cloudtrail:GetTrailStatus", code)

    run = world.handle(scheduled())

    assert code in str(run.error)
    assert run.outcomes == ["failed"]


@pytest.mark.parametrize(
    "code",
    ["NotOrganizationMasterAccountException", "InsufficientDependencyServiceAccessPermissionException"],
)
def test_a_start_that_only_the_management_account_may_make_is_reported_once_and_not_retried(
    world: World, code: str
) -> None:
    arn = world.trail("organization")
    world.stop(arn)
    world.endpoint.fail("cloudtrail:StartLogging", code)

    run = world.handle(scheduled())

    assert run.error is None
    assert run.outcomes == ["notified"]
    assert len(run.called("cloudtrail:StartLogging")) == 1
    assert not run.sleeps
    assert f"AWS says that this is not this account's to change ({code})." in run.message.body


@pytest.mark.parametrize("code", NOT_OURS)
@pytest.mark.parametrize("call", ["StopLogging", "DeleteTrail", "UpdateTrail"])
def test_a_call_in_another_account_whose_event_comes_here_is_told_and_is_no_failure(
    world: World, call: str, code: str
) -> None:
    """Organizations forward events of all accounts to one bus; only the trail's account can start it."""
    own = world.trail("management")
    world.endpoint.fail(
        "cloudtrail:GetTrailStatus", code, when=lambda made: ORGANIZATION in made.parameters["Name"]
    )

    run = world.handle(api_event(call, parameters={"name": "management"}, account=ORGANIZATION))

    assert run.error is None
    assert run.changes == []
    assert "failed" not in run.outcomes
    assert f"Account: {ORGANIZATION}" in run.message.lines
    assert world.logs(own)


def test_a_stopped_organization_trail_is_non_compliant_for_the_members_custom_rule(world: World) -> None:
    world.trail("own")
    trail = world.organization_trail(logging=False, region="eu-west-1")

    world.handle(custom_rule_invocation())

    assert world.config.compliance() == {"own": "COMPLIANT", trail.arn: "NON_COMPLIANT"}


def test_in_the_management_account_the_organization_trail_is_started_like_any_other(world: World) -> None:
    arn = world.trail("organization", multi_region=True)
    world.stop(arn)

    run = world.handle(scheduled())

    assert world.logs(arn)
    assert run.outcomes == ["remediated"]
