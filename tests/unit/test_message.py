"""The message: what a person reads on a phone, with everything the issue promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rearm.model import Action
from rearm.report.message import command
from tests.events.envelopes import api_event, config_change, custom_rule_invocation, scheduled, stop_logging
from tests.events.identities import ACCOUNT, assumed_role, iam_user, root
from tests.unit.deployment import exception
from tests.unit.world import World, ago


def test_a_repair_is_told_with_everything_a_person_asks_for(world: World) -> None:
    # Given a stop by a session with MFA
    arn = world.trail("management", region="eu-west-1")
    at = ago(75)
    event = world.stop_event(
        arn,
        at,
        identity=assumed_role("admin", "eve", path="/ops/", mfa=True),
        source_ip="198.51.100.9",
        user_agent="aws-cli/2.31.0",
    )

    run = world.handle(event)
    lines, line = run.message.lines, run.line

    # Then: what happened, trail, account, region
    assert lines[0] == "REMEDIATED - CRITICAL"
    assert "Trail management does not log." in lines
    assert "StopLogging was called by admin (AssumedRole)." in lines
    assert "Trail: management" in lines
    assert f"ARN: {arn}" in lines
    assert f"Account: {ACCOUNT}" in lines
    assert "Region: eu-west-1" in lines
    # who, from where and with what
    assert f"Role: arn:aws:iam::{ACCOUNT}:role/ops/admin" in lines
    assert "Session: eve (chosen by the caller)" in lines
    assert "MFA: yes" in lines
    assert "Source IP: 198.51.100.9" in lines
    assert "User agent: aws-cli/2.31.0" in lines
    # when, and for how long
    repaired = datetime.fromisoformat(line["event"]["end"])
    assert f"Call: StopLogging at {at:%Y-%m-%d %H:%M:%S} UTC" in lines
    assert f"Repair: {repaired:%Y-%m-%d %H:%M:%S} UTC" in lines
    assert f"Without the safeguard: {line['rearm']['seconds_without_safeguard']:.0f} s" in lines
    # what was done, how to allow the change instead, what is left to do
    done = lines.index("WHAT WAS DONE")
    assert lines[done + 1] == f"aws cloudtrail start-logging --name {arn} --region eu-west-1"
    assert lines[done + 2].startswith("  succeeded at ")
    allow = lines.index("HOW TO ALLOW IT")
    assert any('match = { resource = "management" }' in line for line in lines[allow:])
    assert "HOW TO UNDO IT" not in lines
    assert "stop-logging" not in run.message.body
    assert lines.index("LEFT TO DO") > allow
    # and the id that finds it in the logs
    assert f"In the logs: {event['id']}" in lines
    assert line["rearm"]["response"] == event["id"]


def test_the_attributes_filter_by_automation_outcome_severity_and_account(world: World) -> None:
    world.stop(world.trail("management"))

    run = world.handle(stop_logging())

    assert run.message.attributes == {
        "automation": "cloudtrail",
        "outcome": "remediated",
        "severity": "CRITICAL",
        "account": ACCOUNT,
    }


def test_the_subject_says_automation_resource_and_outcome(world: World) -> None:
    world.stop(world.trail("management"), ago(60))

    run = world.handle(scheduled())

    seconds = run.line["rearm"]["seconds_without_safeguard"]
    wanted = f"[rearm] CRITICAL cloudtrail: management remediated after {seconds:.0f} s"
    assert run.message.subject == wanted


@pytest.mark.parametrize("name", ["a" * 128, "a-b.c_d" * 18, "abc"])
@pytest.mark.parametrize("deployment", ["r", "rearm", "a" * 32])
def test_the_subject_keeps_automation_and_outcome_however_long_the_names_are(
    world: World, name: str, deployment: str
) -> None:
    world.deploy(name=deployment)
    world.stop(world.trail(name))

    subject = world.handle(scheduled()).message.subject

    assert len(subject) <= 100
    assert subject.isascii()
    assert "cloudtrail: " in subject
    assert " remediated after " in subject
    assert name[:3] in subject


@pytest.mark.parametrize(
    ("identity", "shown"),
    [
        (root(mfa=False), ["Actor: the root user", "MFA: no"]),
        (iam_user("eve"), ["Actor: eve (IAMUser)", "MFA: not recorded"]),
        (assumed_role("admin", "eve"), [f"Role: arn:aws:iam::{ACCOUNT}:role/admin", "MFA: no"]),
    ],
)
def test_who_is_told_in_words(world: World, identity: dict[str, Any], shown: list[str]) -> None:
    arn = world.trail("management")

    lines = world.handle(world.stop_event(arn, identity=identity)).message.lines

    assert set(shown) <= set(lines)


def test_what_an_event_does_not_record_is_said(world: World) -> None:
    arn = world.trail("management")
    event = world.stop_event(arn)
    event["detail"] |= {"sourceIPAddress": None, "userAgent": ""}

    lines = world.handle(event).message.lines

    assert "Source IP: not recorded" in lines
    assert "User agent: not recorded" in lines


@pytest.mark.parametrize(
    ("event", "arrival"),
    [
        (stop_logging(), "Arrived by: API event StopLogging"),
        (config_change("one"), "Arrived by: Config: one became NON_COMPLIANT"),
        (custom_rule_invocation("two"), "Arrived by: custom Config rule, evaluation of two"),
        (scheduled(), "Arrived by: sweep"),
    ],
)
def test_the_door_is_told(world: World, event: dict[str, Any], arrival: str) -> None:
    world.config.rules += ["one"]
    world.stop(world.trail("management"))

    assert arrival in world.handle(event).message.lines


def test_a_failure_is_told_with_its_error_and_that_the_safeguard_is_off(world: World) -> None:
    world.stop(world.trail("management"))
    world.endpoint.fail("cloudtrail:StartLogging", "ThrottlingException")

    message = world.handle(scheduled()).message

    assert message.lines[0] == "FAILED - CRITICAL"
    assert "Error: cloudtrail:StartLogging: ThrottlingException: made by the test" in message.lines
    assert "WHAT WAS DONE" in message.lines
    assert any(line.startswith("  failed at ") for line in message.lines)
    assert "Repair:" not in message.body
    assert "Still off when this was written." in message.lines
    assert message.attributes["outcome"] == "failed"


def test_the_loudest_finding_comes_first_and_names_the_message(world: World) -> None:
    # Given one of each: excused, repaired, failed
    world.deploy(exceptions={"planned": exception(resource="alpha")})
    for name in ("alpha", "beta", "gamma"):
        world.stop(world.trail(name))
    world.endpoint.fail(
        "cloudtrail:StartLogging", "Conflict", when=lambda made: "gamma" in made.parameters["Name"]
    )

    message = world.handle(scheduled()).message

    assert "gamma failed (+2)" in message.subject
    assert message.attributes["outcome"] == "failed"
    trails = [line for line in message.lines if line.startswith("Trail: ")]
    assert trails == ["Trail: gamma", "Trail: beta", "Trail: alpha"]
    assert message.lines.count("----------") == 2


def test_a_repair_whose_config_rule_cannot_be_asked_is_told_as_repaired_with_what_failed_beside_it(
    world: World,
) -> None:
    world.stop(world.trail("management"))
    world.endpoint.fail("config:StartConfigRulesEvaluation", "AccessDenied")

    message = world.handle(scheduled()).message

    assert message.attributes["outcome"] == "remediated"
    assert (
        "Failed beside it: config:StartConfigRulesEvaluation: AccessDenied: made by the test" in message.lines
    )


def test_a_call_that_left_nothing_to_repair_is_told_with_its_actor(world: World) -> None:
    world.trail("management")

    message = world.handle(stop_logging(identity=iam_user("eve"))).message

    assert message.subject == "[rearm] LOW cloudtrail: StopLogging compliant"
    assert "StopLogging was called, and nothing is left to put right." in message.lines
    assert "Resource: management" in message.lines
    assert "Actor: eve (IAMUser)" in message.lines


def test_a_very_long_message_is_cut_and_says_so(world: World) -> None:
    """SNS takes 256 KB."""
    arns = [f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{number:0128}" for number in range(120)]
    world.endpoint.edit(
        "cloudtrail:ListTrails", lambda _, answer: answer.update(Trails=[{"TrailARN": arn} for arn in arns])
    )
    world.deploy(mode="notify")
    world.endpoint.answer("cloudtrail:GetTrailStatus", lambda _: {"IsLogging": False})

    message = world.handle(scheduled()).message

    assert len(message.body.encode()) < 256_000
    assert "… cut. The journal has the rest." in message.lines


def test_a_cut_message_still_says_where_it_is_in_the_logs(world: World) -> None:
    arns = [f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{number:0128}" for number in range(120)]
    world.endpoint.edit(
        "cloudtrail:ListTrails", lambda _, answer: answer.update(Trails=[{"TrailARN": arn} for arn in arns])
    )
    world.deploy(mode="notify")
    world.endpoint.answer("cloudtrail:GetTrailStatus", lambda _: {"IsLogging": False})
    event = scheduled()

    assert event["id"] in world.handle(event).message.body


@pytest.mark.parametrize(
    ("action", "typed"),
    [
        (
            Action("cloudtrail", "StartLogging", {"Name": "it's"}, "us-east-1", "why"),
            """aws cloudtrail start-logging --name 'it'"'"'s' --region us-east-1""",
        ),
        (
            Action("s3", "PutBucketVersioning", {"VersioningConfiguration": {"a": True}}, "eu-west-1", "w"),
            """aws s3api put-bucket-versioning --versioning-configuration '{"a": true}' --region eu-west-1""",
        ),
        (
            Action("rds", "ModifyDBInstance", {"DBInstanceIdentifier": "a b"}, "eu-west-1", "why"),
            "aws rds modify-db-instance --db-instance-identifier 'a b' --region eu-west-1",
        ),
        (
            Action(
                "cloudtrail",
                "UpdateTrail",
                {"Name": "a", "IsMultiRegionTrail": True, "EnableLogFileValidation": False},
                "eu-west-1",
                "why",
            ),
            (
                "aws cloudtrail update-trail --name a --is-multi-region-trail "
                "--no-enable-log-file-validation --region eu-west-1"
            ),
        ),
    ],
)
def test_a_call_is_told_as_the_command_that_a_person_would_type(action: Action, typed: str) -> None:
    assert command(action) == typed


def test_times_are_in_utc(world: World) -> None:
    arn = world.trail("management")
    stopped = world.stop(arn, ago(600))

    body = world.handle(scheduled()).message.body

    assert f"Safeguard off since: {stopped.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" in body


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0 s"), (7, "7 s"), (75, "75 s"), (90_000, "90000 s")])
def test_seconds_are_told_in_seconds(world: World, seconds: int, shown: str) -> None:
    arn = world.trail("management")
    stopped = world.stop(arn, ago(100_000))
    world.endpoint.edit(
        "cloudtrail:GetTrailStatus",
        lambda _, answer: answer.update(StartLoggingTime=stopped + timedelta(seconds=seconds)),
    )

    assert f"Without the safeguard: {shown}" in world.handle(scheduled()).message.lines


def test_a_changed_trail_is_told_as_such(world: World) -> None:
    world.trail("management")

    message = world.handle(api_event("PutEventSelectors", parameters={"trailName": "management"})).message

    assert message.lines[0] == "NOTIFIED - HIGH"
    assert "Nothing was changed: there is no repair that Rearm may make here." in message.lines
    assert "LEFT TO DO" in message.lines
