"""Exceptions at work: an excused finding changes nothing, is logged and, unless quiet, told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.events.envelopes import api_event, config_change, custom_rule_invocation, scheduled, stop_logging
from tests.events.identities import ACCOUNT, assumed_role, aws_service, iam_user, other_account
from tests.unit.deployment import exception
from tests.unit.world import World, ago, cloudtrail, stamp

ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/management"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/patching"


def day(offset: int) -> str:
    """Return a date so many days from today, in UTC."""
    return (datetime.now(UTC) + timedelta(days=offset)).date().isoformat()


@pytest.mark.parametrize(
    "match",
    [
        {"resource": "management"},
        {"resource": ARN},
        {"resource": "manage*"},
        {"account": ACCOUNT},
        {"resource": "manage*", "account": ACCOUNT},
    ],
    ids=str,
)
@pytest.mark.parametrize("make", [stop_logging, scheduled, custom_rule_invocation])
def test_an_excused_finding_changes_nothing_and_is_told_with_the_exceptions_name(
    world: World, match: dict[str, str], make: Callable[[], dict[str, Any]]
) -> None:
    world.deploy(exceptions={"rebuild": exception(match, reason="new bucket, CHG-7")})
    arn = world.trail("management")
    world.stop(arn)

    run = world.handle(make())

    assert not world.logs(arn)
    assert not run.changes
    assert run.error is None
    assert run.outcomes == ["excepted"]
    assert run.line["rearm"]["exception"] == "rebuild"
    assert "Excused by the exception 'rebuild': new bucket, CHG-7" in run.message.lines
    assert run.message.attributes["outcome"] == "excepted"
    assert "WHAT WOULD BE DONE (nothing was changed: exception 'rebuild')" in run.message.lines


def test_a_quiet_exception_tells_nobody_but_the_journal_has_the_finding(world: World) -> None:
    world.deploy(exceptions={"rebuild": exception(resource="management", quiet=True)})
    arn = world.trail("management")
    world.stop(arn)

    run = world.handle(stop_logging())

    assert not world.logs(arn)
    assert not run.messages
    assert run.outcomes == ["excepted"]
    assert run.line["rearm"]["exception"] == "rebuild"
    assert [line["Findings"] for line in run.metrics] == [1]


def test_a_quiet_exception_does_not_silence_the_other_findings_of_the_response(world: World) -> None:
    world.deploy(exceptions={"rebuild": exception(resource="alpha", quiet=True)})
    excused, other = world.trail("alpha"), world.trail("beta")
    world.stop(excused)
    world.stop(other)

    run = world.handle(scheduled())

    assert (world.logs(excused), world.logs(other)) == (False, True)
    assert run.message.attributes["outcome"] == "remediated"
    assert f"ARN: {excused}" in run.message.lines


@pytest.mark.parametrize(
    "match",
    [
        {"resource": "other"},
        {"account": "210987654321"},
        {"resource": "management", "account": "210987654321"},
        {"resource": "management", "actor": "arn:aws:iam::*:role/other"},
        {"tag:guard": "off"},
        {"tag:guard": "*", "resource": "management"},
        {"region": "us-east-1"},
    ],
    ids=str,
)
def test_an_exception_that_does_not_match_in_everything_excuses_nothing(
    world: World, match: dict[str, str]
) -> None:
    world.deploy(exceptions={"rebuild": exception(match)})
    arn = world.trail("management")

    run = world.handle(world.stop_event(arn))

    assert world.logs(arn)
    assert run.outcomes == ["remediated"]


def test_a_tag_never_excuses_a_trail_whoever_set_it(world: World) -> None:
    """Whoever can tag could switch the guard off; so tags are not even read."""
    world.deploy(exceptions={"tagged": exception({"tag:rearm": "ignore"})})
    arn = world.trail("management")
    cloudtrail("us-east-1").add_tags(ResourceId=arn, TagsList=[{"Key": "rearm", "Value": "ignore"}])

    run = world.handle(world.stop_event(arn))

    assert world.logs(arn)
    assert not run.called("cloudtrail:ListTags")


@pytest.mark.parametrize(("offset", "excused"), [(-1, False), (1, True)], ids=["yesterday", "tomorrow"])
def test_an_expired_exception_does_not_apply(world: World, offset: int, excused: bool) -> None:
    world.deploy(exceptions={"rebuild": exception(resource="management", expires=day(offset))})
    arn = world.trail("management")

    run = world.handle(world.stop_event(arn))

    assert world.logs(arn) is not excused
    assert run.outcomes == ["excepted" if excused else "remediated"]


def test_an_exception_that_cannot_be_read_does_not_apply_and_the_message_says_so(world: World) -> None:
    world.deploy(exceptions={"rebuild": {"match": {"resource": "*"}, "reason": "why", "expires": "soon"}})
    arn = world.trail("management")

    run = world.handle(world.stop_event(arn))

    assert world.logs(arn)
    assert run.outcomes == ["remediated"]
    assert "Note: Exception 'rebuild' cannot be read and does not apply." in run.message.lines


def test_somebodys_call_is_told_even_if_an_exception_cannot_be_read(world: World) -> None:
    """The note about the exception must not be taken for the note that Rearm made the call itself."""
    world.deploy(exceptions={"rebuild": None})
    world.trail("management")

    run = world.handle(stop_logging(time=stamp(ago(600))))

    assert run.outcomes == ["compliant"]
    assert "StopLogging was called, and nothing is left to put right." in run.message.lines


@pytest.mark.parametrize("scope", ["s3", "cloudtrails", ""])
def test_an_exception_of_another_automation_does_not_apply(world: World, scope: str) -> None:
    world.deploy(exceptions={"rebuild": exception(resource="management", scope=scope)})
    arn = world.trail("management")

    world.handle(world.stop_event(arn))

    assert world.logs(arn)


def test_a_denied_call_of_an_excepted_role_is_told_as_excused(world: World) -> None:
    world.deploy(exceptions={"scanner": exception(actor=ROLE)})

    run = world.handle(stop_logging(error="AccessDenied", identity=assumed_role("patching")))

    assert run.outcomes == ["excepted"]
    assert run.line["rearm"]["exception"] == "scanner"
    assert len(run.messages) == 1


def test_a_denied_call_of_anybody_else_is_not_excused(world: World) -> None:
    world.deploy(exceptions={"scanner": exception(actor=ROLE, quiet=True)})

    run = world.handle(stop_logging(error="AccessDenied", identity=assumed_role("admin", "patching")))

    assert run.outcomes == ["notified"]
    assert len(run.messages) == 1


def test_an_excused_trail_stays_non_compliant_for_the_custom_rule(world: World) -> None:
    world.deploy(exceptions={"rebuild": exception(resource="management")})
    world.stop(world.trail("management"))

    world.handle(custom_rule_invocation())

    assert world.config.compliance() == {"management": "NON_COMPLIANT"}


def test_an_excused_finding_is_told_once_a_day_by_sweeps(world: World) -> None:
    world.deploy(exceptions={"rebuild": exception(resource="management")})
    world.stop(world.trail("management"))

    runs = [world.handle(scheduled(time=stamp(ago(900 * number)))) for number in range(3)]

    assert [len(run.messages) for run in runs] == [1, 0, 0]
    assert [run.outcomes for run in runs] == [["excepted"]] * 3


def test_a_stop_by_the_excepted_role_is_excused(world: World) -> None:
    world.deploy(exceptions={"patching": exception(actor=ROLE)})
    arn = world.trail("management")

    run = world.handle(world.stop_event(arn, identity=assumed_role("patching", "night-shift")))

    assert not world.logs(arn)
    assert run.outcomes == ["excepted"]
    assert f"Role: {ROLE}" in run.message.lines
    assert "Session: night-shift (chosen by the caller)" in run.message.lines


@pytest.mark.parametrize(
    "identity",
    [
        assumed_role("admin", "patching"),
        assumed_role("admin", "role/patching"),
        assumed_role("patching", account="210987654321"),
        assumed_role("patching", path="/other/"),
        iam_user("patching"),
        other_account(),
        aws_service("patching.amazonaws.com"),
        None,
    ],
    ids=["session", "session like a role", "account", "path", "user", "no arn", "service", "nobody"],
)
@pytest.mark.parametrize("pattern", [ROLE, "arn:*:iam::123456789012:role/patching"])
def test_a_stop_by_anybody_else_is_not_excused(
    world: World, identity: dict[str, object] | None, pattern: str
) -> None:
    """A session's name is chosen by its maker and never matches."""
    world.deploy(exceptions={"patching": exception(actor=pattern)})
    arn = world.trail("management")
    event = world.stop_event(arn, identity=identity)
    event["detail"]["userIdentity"] = identity

    run = world.handle(event)

    assert world.logs(arn)
    assert run.outcomes == ["remediated"]


def test_an_unrelated_call_of_the_excepted_role_does_not_excuse_anothers_stop(world: World) -> None:
    # Given a trail that somebody stopped, and a change of the same trail by the excepted role a moment later
    world.deploy(exceptions={"patching": exception(actor=ROLE)})
    arn = world.trail("management")
    stopped = world.stop(arn)
    event = api_event(
        "UpdateTrail",
        parameters={"name": arn},
        identity=assumed_role("patching"),
        time=stamp(stopped + timedelta(seconds=5)),
    )

    run = world.handle(event)

    # Then the change is excused, the stop is not
    assert world.logs(arn)
    assert dict(zip(run.findings, run.outcomes, strict=True)) == {
        "trail-changed": "excepted",
        "trail-not-logging": "remediated",
    }


def test_a_stop_of_one_trail_by_the_excepted_role_does_not_excuse_anothers_stop_of_all_others(
    world: World,
) -> None:
    """The call names no trail that AWS shows: then all are looked at, and it proves nothing about them."""
    world.deploy(exceptions={"patching": exception(actor=ROLE)})
    arn = world.trail("management")
    event = world.stop_event(arn, identity=assumed_role("patching"), parameters=None)

    run = world.handle(event)

    assert world.logs(arn)
    assert run.outcomes == ["remediated"]


@pytest.mark.parametrize("later", [-3600, 3600], ids=["an hour earlier", "an hour later"])
def test_a_stop_by_the_excepted_role_at_another_time_does_not_excuse_this_stop(
    world: World, later: int
) -> None:
    """StopLogging succeeds on a trail that is stopped already: it can come long after the one that did it."""
    world.deploy(exceptions={"patching": exception(actor=ROLE)})
    arn = world.trail("management")
    stopped = world.stop(arn, ago(7200))
    event = stop_logging(
        arn, identity=assumed_role("patching"), time=stamp(stopped + timedelta(seconds=later))
    )

    run = world.handle(event)

    assert world.logs(arn)
    assert run.outcomes == ["remediated"]
    assert f"What made Rearm look: StopLogging by {ROLE}" in run.message.body


def test_a_stop_by_the_excepted_role_without_a_time_excuses_nothing(world: World) -> None:
    world.deploy(exceptions={"patching": exception(actor=ROLE)})
    arn = world.trail("management")
    event = world.stop_event(arn, identity=assumed_role("patching"))
    del event["detail"]["eventTime"]

    world.handle(event)

    assert world.logs(arn)


@pytest.mark.parametrize("make", [scheduled, lambda: config_change("rearm-cloudtrail-enabled")])
@pytest.mark.parametrize(
    ("identity", "excused"), [(assumed_role("patching"), True), (iam_user("eve"), False)], ids=["role", "eve"]
)
def test_a_finding_without_an_actor_is_attributed_before_exceptions_are_looked_at(
    world: World, make: Callable[[], dict[str, Any]], identity: dict[str, object], excused: bool
) -> None:
    world.deploy(exceptions={"patching": exception(actor=ROLE)})
    arn = world.trail("management")
    world.history.add(world.stop_event(arn, identity=identity))

    run = world.handle(make())

    assert world.logs(arn) is not excused
    assert run.outcomes == ["excepted" if excused else "remediated"]
    order = [made.operation for made in run.calls]
    assert excused or order.index("LookupEvents") < order.index("StartLogging")


@pytest.mark.parametrize("failing", [False, True], ids=["not there yet", "failing"])
def test_an_unanswered_history_means_that_no_exception_for_an_actor_applies_and_the_message_says_so(
    world: World, failing: bool
) -> None:
    world.deploy(exceptions={"patching": exception(actor="*")})
    arn = world.trail("management")
    world.stop(arn)
    if failing:
        world.endpoint.fail("cloudtrail:LookupEvents", "ThrottlingException")

    run = world.handle(scheduled())

    assert world.logs(arn)
    assert run.outcomes == ["remediated"]
    assert run.error is None
    assert run.line["rearm"]["attribution"] == "unanswered"
    why = (
        "could not be asked (cloudtrail:LookupEvents: Thr"
        if failing
        else "does not say (it lags by minutes)."
    )
    assert f"Unknown: CloudTrail's event history {why}" in run.message.body
    assert "No exception for an actor was applied." in run.message.lines


def test_without_an_exception_for_an_actor_a_repair_does_not_wait_for_the_history(world: World) -> None:
    world.deploy(exceptions={"rebuild": exception(resource="other")})
    world.stop(world.trail("management"))

    run = world.handle(scheduled())

    order = [made.operation for made in run.calls]
    assert order.index("StartLogging") < order.index("LookupEvents")


@pytest.mark.parametrize("mode", ["notify", "remediate"])
def test_an_exception_is_named_in_both_modes(world: World, mode: str) -> None:
    world.deploy(mode=mode, exceptions={"rebuild": exception(resource="management")})
    world.stop(world.trail("management"))

    assert world.handle(scheduled()).outcomes == ["excepted"]
