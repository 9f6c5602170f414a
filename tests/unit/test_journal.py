"""The journal: one line per finding, in the field names of the Elastic Common Schema."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rearm import handler
from rearm.report.journal import encode, stamp
from tests.events import identities
from tests.events.envelopes import api_event, config_change, custom_rule_invocation, scheduled, stop_logging
from tests.events.identities import ACCOUNT, assumed_role
from tests.unit import ecs
from tests.unit.deployment import exception
from tests.unit.world import Context, Run, World, ago

EVENTS: dict[str, Any] = {
    "stop": stop_logging(),
    "stop of all": stop_logging(None),
    "stop by nobody": api_event("StopLogging", identity=identities.other_account()),
    "denied": stop_logging(error="AccessDenied"),
    "delete": api_event("DeleteTrail", parameters={"name": "gone"}),
    "update": api_event("UpdateTrail", parameters={"name": "management"}),
    "from a service": stop_logging(source_ip="cloudformation.amazonaws.com"),
    "config": config_change("rearm-cloudtrail-enabled"),
    "compliant": config_change("rearm-cloudtrail-enabled", compliance="COMPLIANT"),
    "custom rule": custom_rule_invocation(),
    "sweep": scheduled(),
    "foreign": {"Records": []},
}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
@pytest.mark.parametrize(
    "state", ["logging", "stopped", "failing", "excepted", "expired", "unreadable", "none"]
)
def test_every_line_is_taken_by_elk_as_it_is(world: World, event: dict[str, Any], state: str) -> None:
    # Given trails in every state that ends differently
    if state != "none":
        arn = world.trail("management")
    if state in ("stopped", "failing", "excepted", "expired"):
        world.stop(arn)
    if state == "failing":
        world.endpoint.fail("cloudtrail:StartLogging", "AccessDenied")
    if state == "unreadable":
        world.endpoint.fail("cloudtrail:GetTrailStatus", "InternalFailure")
    expires = {"excepted": "never", "expired": "2026-01-01"}.get(state)
    if expires:
        world.deploy(exceptions={"planned": exception(resource="*", expires=expires)})

    run = world.handle(event)

    assert run.journal
    assert {line["message"]: ecs.problems(line) for line in run.journal if ecs.problems(line)} == {}


def test_the_check_itself_finds_what_elk_would_not_take() -> None:
    line = {
        "@timestamp": "yesterday",
        "event": {"kind": "alarm", "severity": "4"},
        "trail": "management",
        "cloud.region": "us-east-1",
    }

    found = ecs.problems(line)

    for problem in ("trail is no field of ECS", "event.severity is '4'", "event.kind is 'alarm'"):
        assert problem in found
    assert "ecs.version is missing" in found
    assert "a name has a dot: fields must be nested" in found


def test_a_finding_has_one_line_with_what_where_who_and_how_it_ended(world: World) -> None:
    arn = world.trail("management")
    event = world.stop_event(arn, identity=assumed_role("admin", "eve", mfa=True), source_ip="2001:db8::7")

    line = world.handle(event).line

    assert line["event"]["id"] == event["id"]
    assert line["event"]["action"] == "StopLogging"
    assert line["event"]["outcome"] == "success"
    assert line["event"]["reason"] == "Trail management does not log."
    assert line["cloud"] == {"provider": "aws", "account": {"id": ACCOUNT}, "region": "us-east-1"}
    assert line["rule"] == {
        "id": "trail-not-logging",
        "name": "CloudTrail logging",
        "ruleset": "cloudtrail",
    }
    assert line["user"] == {"id": "AROAIDPPEZS35WEXAMPLE:eve", "name": "eve", "domain": ACCOUNT}
    assert line["source"] == {"address": "2001:db8::7", "ip": "2001:db8::7"}
    assert line["user_agent"]["original"].startswith("aws-cli/")
    assert line["labels"] == {"deployment": "rearm"}
    rearm = line["rearm"]
    assert (rearm["automation"], rearm["mode"], rearm["door"]) == ("cloudtrail", "remediate", "api")
    assert rearm["outcome"] == "remediated"
    assert rearm["severity"] == "CRITICAL"
    assert rearm["actor"]["role"] == f"arn:aws:iam::{ACCOUNT}:role/admin"
    assert rearm["actor"]["mfa"] is True
    assert 42 <= rearm["seconds_without_safeguard"] < 600
    assert "CIS AWS Foundations Benchmark 3.0.0 3.1" in rearm["controls"]
    (action,) = rearm["actions"]
    assert action["operation"] == "StartLogging"
    assert action["done"] is True


def test_a_response_without_findings_has_one_line_that_says_what_was_examined(world: World) -> None:
    arns = [world.trail("alpha"), world.trail("beta")]

    line = world.handle(scheduled()).line

    assert line["rearm"]["outcome"] == "compliant"
    assert line["rearm"]["examined"] == arns
    assert line["event"]["kind"] == "event"


def test_an_ignored_event_has_one_line_with_the_reason(world: World) -> None:
    run = world.handle({"Records": []})

    assert run.line["event"]["action"] == "ignored"
    assert run.line["rearm"]["response"] == Context().aws_request_id
    assert run.result == {"response": Context().aws_request_id, "ignored": run.line["message"]}


@pytest.mark.parametrize(
    ("address", "is_ip"),
    [
        ("203.0.113.7", True),
        ("2001:db8::1", True),
        ("::ffff:203.0.113.7", True),
        ("fe80::1%eth0", False),
        ("cloudformation.amazonaws.com", False),
        ("AWS Internal", False),
        ("203.0.113.7:443", False),
        ("203.0.113", False),
        ("0203.0.113.7", False),
        ("203.0.113.0/24", False),
        ("<script>", False),
    ],
)
def test_source_ip_is_an_address_and_nothing_else(world: World, address: str, is_ip: bool) -> None:
    """CloudTrail also puts a service's name there; a field of type ip would refuse the whole document."""
    world.trail("management")

    line = world.handle(stop_logging(source_ip=address)).line

    assert line["source"]["address"] == address
    assert ("ip" in line["source"]) is is_ip


@pytest.mark.parametrize("address", [None, "", "null"])
def test_without_an_address_there_is_no_source(world: World, address: str | None) -> None:
    world.trail("management")
    event = stop_logging()
    event["detail"]["sourceIPAddress"] = address

    assert "source" not in world.handle(event).line


@pytest.mark.parametrize(
    ("outcome", "severity", "level"),
    [("remediated", "CRITICAL", "warn"), ("failed", "CRITICAL", "error"), ("compliant", None, "info")],
)
def test_the_level_says_how_loud_a_line_is(
    world: World, outcome: str, severity: str | None, level: str
) -> None:
    arn = world.trail("management")
    if outcome != "compliant":
        world.stop(arn)
    if outcome == "failed":
        world.endpoint.fail("cloudtrail:StartLogging", "AccessDenied")

    line = world.handle(scheduled()).line

    assert line["rearm"]["outcome"] == outcome
    assert line["rearm"].get("severity") == severity
    assert line["log"]["level"] == level
    assert (line["event"]["outcome"] == "failure") is (outcome == "failed")


LONG = "x" * 100_000
WIDE = "😀" * 25_000


@pytest.mark.parametrize(
    "event",
    [
        stop_logging(LONG),
        stop_logging(LONG, error="InvalidTrailNameException", error_message=LONG),
        stop_logging(f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{LONG}", error="AccessDenied"),
        stop_logging(error=LONG),
        stop_logging(user_agent=LONG),
        stop_logging(source_ip=LONG),
        stop_logging(region=LONG),
        stop_logging(identity=assumed_role(LONG, LONG)),
        stop_logging() | {"id": LONG},
        stop_logging() | {"account": LONG},
        stop_logging() | {"detail-type": LONG},
        api_event(LONG, parameters={"name": "management"}),
        api_event("UpdateTrail", parameters={"name": "management", "s3KeyPrefix": LONG, LONG: LONG}),
        config_change(LONG),
        config_change(LONG, compliance="COMPLIANT"),
        custom_rule_invocation(LONG),
        custom_rule_invocation(message={"messageType": LONG}),
        custom_rule_invocation(
            message={"messageType": "x", "configurationItem": {"resourceId": LONG, "resourceType": LONG}}
        ),
    ],
    ids=range(18),
)
def test_a_line_stays_far_below_what_cloudwatch_takes_however_long_an_event_is(
    world: World, event: dict[str, Any]
) -> None:
    """A log event is cut at 256 KB, and half a line is no JSON."""
    world.stop(world.trail("management"))
    with redirect_stdout(io.StringIO()) as stdout, suppress(handler.ResponseFailedError):
        handler.handle(event, Context())

    lines = stdout.getvalue().splitlines()
    assert lines
    assert max(len(line) for line in lines) < 64_000
    assert all(json.loads(line) for line in lines)


@pytest.mark.parametrize(
    "event",
    [
        stop_logging(WIDE, error="InvalidTrailNameException", error_message=WIDE, user_agent=WIDE),
        api_event("UpdateTrail", parameters={"name": "management", WIDE: WIDE}, user_agent=WIDE),
        config_change(WIDE),
    ],
    ids=range(3),
)
def test_characters_that_json_writes_with_twelve_do_not_make_a_line_too_long(
    world: World, event: dict[str, Any]
) -> None:
    world.trail("management")

    assert all(len(json.dumps(line)) < 200_000 for line in world.handle(event).journal)


def test_many_healthy_trails_do_not_make_a_line_too_long(world: World) -> None:
    arns = [f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{number:0128}" for number in range(300)]
    world.endpoint.edit(
        "cloudtrail:ListTrails", lambda _, answer: answer.update(Trails=[{"TrailARN": arn} for arn in arns])
    )
    world.endpoint.answer("cloudtrail:GetTrailStatus", lambda _: {"IsLogging": True})

    run: Run = world.handle(scheduled())

    assert run.journal
    assert all(len(json.dumps(line)) < 64_000 for line in run.journal)


def test_what_json_does_not_know_becomes_text_on_one_line() -> None:
    line = {"time": datetime(2026, 1, 1, tzinfo=UTC), "set": frozenset({1}), "text": "a\nb\u2028c\ud800d\x00"}

    encoded = encode(line)

    assert encoded.isascii()
    assert len(encoded.splitlines()) == 1
    assert json.loads(encoded)["text"] == line["text"]


def test_times_are_in_utc_with_milliseconds() -> None:
    time = datetime(2026, 11, 24, 10, 30, 0, 123_456, tzinfo=UTC) + timedelta(0)

    assert stamp(time) == "2026-11-24T10:30:00.123Z"


def test_an_expired_exception_is_reported_once_per_sweep_and_nowhere_else(world: World) -> None:
    world.deploy(
        exceptions={
            "old": exception(resource="x", expires="2026-01-31"),
            "new": exception(resource="y", expires="2099-01-31"),
            "always": exception(resource="z"),
        }
    )
    world.trail("management")

    sweep, other = world.handle(scheduled()), world.handle(stop_logging(time="2026-11-24T01:00:00Z"))

    expired = [line for line in sweep.journal if line["event"]["action"] == "exception-expired"]
    assert [line["message"] for line in expired] == [
        "exception 'old' expired on 2026-01-31 and does not apply"
    ]
    assert expired[0]["log"]["level"] == "warn"
    assert [line["event"]["action"] for line in sweep.journal if "outcome" in line["rearm"]] == ["sweep"]
    assert [line["event"]["action"] for line in other.journal] == ["StopLogging"]


def test_lines_are_written_before_the_message_is_sent(world: World) -> None:
    """A topic that hangs until Lambda ends the function cannot take the record with it."""
    world.stop(world.trail("management"), ago(60))
    with redirect_stdout(io.StringIO()) as stdout:
        written: list[str] = []
        world.endpoint.answer("sns:Publish", lambda _: written.append(stdout.getvalue()))
        handler.handle(scheduled(), Context())

    assert "trail-not-logging" in written[0]
