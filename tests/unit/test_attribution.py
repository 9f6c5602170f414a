"""Who did it: the alarm where it proves it, otherwise CloudTrail's event history."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.events import identities
from tests.events.envelopes import api_event, scheduled, stop_logging
from tests.events.identities import ACCOUNT, assumed_role, iam_user
from tests.events.routes import IDENTITIES
from tests.unit.endpoint import ApiError
from tests.unit.world import World, ago, stamp

EVE = iam_user("eve")


@pytest.mark.parametrize("identity", IDENTITIES.values(), ids=IDENTITIES.keys())
def test_a_stop_is_repaired_whoever_made_it(world: World, identity: dict[str, Any]) -> None:
    """Identities without an ARN, services, sessions, root: none is skipped and none stumbles."""
    arn = world.trail("management")

    run = world.handle(world.stop_event(arn, identity=identity))

    assert world.logs(arn)
    assert run.outcomes == ["remediated"]
    assert run.line["rearm"]["actor"]["type"] == identity["type"]


def test_a_stop_in_the_console_is_not_taken_for_a_services_call(world: World) -> None:
    """Console calls have invokedBy signin.amazonaws.com: skipping them misses an attacker in the console."""
    arn = world.trail("management")

    run = world.handle(world.stop_event(arn, identity=identities.console_user("eve"), from_console=True))

    assert world.logs(arn)
    assert "Actor: eve (IAMUser)" in run.message.lines
    assert "Invoked by: signin[.]amazonaws[.]com" in run.message.lines
    assert "MFA: yes" in run.message.lines
    assert run.line["rearm"]["actor"]["invoked_by"] == "signin.amazonaws.com"


def test_a_stop_through_a_service_names_role_session_and_service(world: World) -> None:
    arn = world.trail("management")
    identity = assumed_role("deploy", "stack", invoked_by="cloudformation.amazonaws.com")

    run = world.handle(world.stop_event(arn, identity=identity))

    assert f"Role: arn:aws:iam::{ACCOUNT}:role/deploy" in run.message.lines
    assert "Session: stack (chosen by the caller)" in run.message.lines
    assert "Invoked by: cloudformation[.]amazonaws[.]com" in run.message.lines


def test_an_identity_without_arn_is_told_by_what_there_is(world: World) -> None:
    arn = world.trail("management")
    service = world.handle(world.stop_event(arn, identity=identities.aws_service("backup.amazonaws.com")))
    account = world.handle(world.stop_event(arn, ago(7), identity=identities.other_account("210987654321")))

    assert "Actor: backup[.]amazonaws[.]com" in service.message.lines
    assert "Actor: AIDAQRSTUVWXYZEXAMPLE (AWSAccount)" in account.message.lines


def test_an_event_without_an_identity_says_that_it_names_nobody(world: World) -> None:
    arn = world.trail("management")
    event = world.stop_event(arn)
    event["detail"]["userIdentity"] = None

    run = world.handle(event)

    assert world.logs(arn)
    assert "Unknown: the event names nobody." in run.message.lines


def test_a_sweeps_finding_is_attributed_through_the_history(world: World) -> None:
    # Given a stop that somebody made, and others that must not be confused with it
    arn, other = world.trail("management"), world.trail("other")
    event = world.stop_event(arn, identity=assumed_role("admin", "eve", mfa=True))
    beside = world.stop_event(other, identity=iam_user("beside"))
    for record in (beside, event, api_event("UpdateTrail", parameters={"name": arn})):
        world.history.add(record)

    run = world.handle(scheduled())

    # Then each finding has its own actor, time and call
    by_arn = {line["rearm"]["resource"]["arn"]: line for line in run.journal}
    assert by_arn[arn]["rearm"]["attribution"] == "lookup"
    assert by_arn[arn]["rearm"]["actor"]["role"] == f"arn:aws:iam::{ACCOUNT}:role/admin"
    assert by_arn[arn]["rearm"]["cloudtrail_event"] == event["detail"]["eventID"]
    assert by_arn[arn]["event"]["action"] == "StopLogging"
    assert by_arn[other]["rearm"]["actor"]["arn"] == f"arn:aws:iam::{ACCOUNT}:user/beside"
    assert "Found in CloudTrail's event history." in run.message.lines


def test_the_history_is_asked_in_the_trails_home_region(world: World) -> None:
    """Trail calls must be made in the trail's home region, so their events are only there."""
    arn = world.trail("everywhere", region="eu-west-1", multi_region=True)
    world.history.add(world.stop_event(arn, identity=EVE))

    run = world.handle(scheduled())

    assert [made.region for made in run.called("cloudtrail:LookupEvents")] == ["eu-west-1"]
    assert run.line["rearm"]["actor"]["arn"] == EVE["arn"]


@pytest.mark.parametrize("parameters", [{"name": "management"}, None], ids=["name", "arn"])
def test_a_call_in_the_history_names_the_trail_by_name_or_arn(
    world: World, parameters: dict[str, str] | None
) -> None:
    arn = world.trail("management")
    world.history.add(world.stop_event(arn, identity=EVE, parameters=parameters or {"name": arn}))

    assert world.handle(scheduled()).line["rearm"]["actor"]["arn"] == EVE["arn"]


@pytest.mark.parametrize(
    "spoil",
    [
        {"errorCode": "AccessDenied"},
        {"requestParameters": {"name": "other"}},
        {"requestParameters": None},
        {"requestParameters": "null"},
        {"requestParameters": {"name": "management-2"}},
        {"userIdentity": None},
        {"awsRegion": "eu-west-1"},
    ],
    ids=str,
)
def test_a_call_that_cannot_be_the_cause_is_not_taken_for_it(world: World, spoil: dict[str, object]) -> None:
    arn = world.trail("management")
    event = world.stop_event(arn, ago(2000), identity=EVE, parameters={"name": "management"})
    event["detail"] |= spoil
    world.history.add(event)

    run = world.handle(scheduled())

    assert run.line["rearm"]["attribution"] == "unanswered"
    assert "actor" not in run.line["rearm"]
    assert world.logs(arn)


@pytest.mark.parametrize("seconds", [-3600, -61, 61, 1900])
def test_a_call_at_another_time_is_not_taken_for_the_cause(world: World, seconds: int) -> None:
    arn = world.trail("management")
    stopped = world.stop(arn, ago(2000))
    world.history.add(stop_logging(arn, identity=EVE, time=stamp(stopped + timedelta(seconds=seconds))))

    assert world.handle(scheduled()).line["rearm"]["attribution"] == "unanswered"


def test_the_last_of_several_calls_is_the_cause(world: World) -> None:
    arn = world.trail("management")
    stopped = world.stop(arn)
    for seconds, name in ((30, "first"), (0, "last"), (45, "earlier")):
        time = stamp(stopped - timedelta(seconds=seconds))
        world.history.add(stop_logging(arn, identity=iam_user(name), time=time))

    assert world.handle(scheduled()).line["user"]["name"] == "last"


def test_many_later_calls_do_not_hide_the_one_that_stopped_the_trail(world: World) -> None:
    """Somebody who floods the history with harmless calls must not stay unknown."""
    arn = world.trail("management")
    world.history.add(world.stop_event(arn, ago(3000), identity=EVE))
    for number in range(400):
        flood = stop_logging("other", identity=iam_user("flood"), time=stamp(ago(2900 - number)))
        world.history.add(flood)

    run = world.handle(scheduled())

    assert run.line["rearm"]["actor"]["arn"] == EVE["arn"]
    assert len(run.called("cloudtrail:LookupEvents")) <= 3


def test_a_trail_stopped_long_ago_is_looked_up_no_further_back_than_the_history_goes(world: World) -> None:
    arn = world.trail("management")
    world.stop(arn, ago(400 * 86_400))

    run = world.handle(scheduled())

    assert world.logs(arn)
    assert run.line["rearm"]["attribution"] == "unanswered"
    assert run.line["rearm"]["seconds_without_safeguard"] > 399 * 86_400


def test_why_the_history_could_not_be_asked_is_in_message_and_journal(world: World) -> None:
    world.stop(world.trail("management"))
    error = ApiError("AccessDeniedException", "x" * 5000 + "\nActor: root https://evil.example.com")
    world.endpoint.fail("cloudtrail:LookupEvents", error)

    run = world.handle(scheduled())

    assert (
        "CloudTrail's event history could not be asked (cloudtrail:LookupEvents: Access" in run.message.body
    )
    assert len(run.line["rearm"]["attribution_error"]) <= 1024
    assert "Actor: root" not in run.message.lines


def test_an_answer_of_the_history_from_another_time_is_not_believed(world: World) -> None:
    arn = world.trail("management")
    stopped = world.stop(arn, ago(7200))
    other = stop_logging(arn, identity=EVE, time=stamp(stopped + timedelta(seconds=300)))["detail"]
    world.endpoint.answer(
        "cloudtrail:LookupEvents", lambda _: {"Events": [{"CloudTrailEvent": json.dumps(other)}]}
    )

    assert world.handle(scheduled()).line["rearm"]["attribution"] == "unanswered"


@pytest.mark.parametrize(
    "packed", [None, "", "null", "[]", "{", '{"eventName": "StopLogging"}', "[" * 100_000]
)
def test_a_record_that_cannot_be_read_is_passed_over(world: World, packed: str | None) -> None:
    arn = world.trail("management")
    world.stop(arn)
    entry = {"EventName": "StopLogging"} | ({} if packed is None else {"CloudTrailEvent": packed})
    world.endpoint.answer("cloudtrail:LookupEvents", lambda _: {"Events": [entry]})

    run = world.handle(scheduled())

    assert world.logs(arn)
    assert run.error is None
    assert run.line["rearm"]["attribution"] == "unanswered"


def test_each_question_to_the_history_is_asked_once_for_all_trails_stopped_together(world: World) -> None:
    """LookupEvents allows two calls a second."""
    stopped = ago(60)
    for number in range(4):
        world.stop(world.trail(f"trail-{number}"), stopped)

    run = world.handle(scheduled())

    assert len(run.called("cloudtrail:LookupEvents")) == 1


def test_an_api_event_that_names_the_trail_needs_no_history(world: World) -> None:
    arn = world.trail("management")

    run = world.handle(world.stop_event(arn))

    assert not run.called("cloudtrail:LookupEvents")
    assert run.line["rearm"]["attribution"] == "event"


def test_the_end_of_the_last_trail_is_attributed_to_who_deleted_it(world: World) -> None:
    world.trail("temporary")
    world.delete(f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/temporary")
    world.history.add(
        api_event("DeleteTrail", parameters={"name": "temporary"}, identity=EVE, time=stamp(ago(300)))
    )

    run = world.handle(scheduled())

    assert run.findings == ["no-trail"]
    assert run.line["rearm"]["actor"]["arn"] == EVE["arn"]


def test_a_delete_that_names_no_trail_is_not_taken_for_the_end_of_the_last_one(world: World) -> None:
    world.history.add(api_event("DeleteTrail", parameters=None, identity=EVE, time=stamp(ago(300))))

    assert world.handle(scheduled()).line["rearm"]["attribution"] == "unanswered"
