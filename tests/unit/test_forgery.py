"""Whoever stops a trail chooses names, user agents, error messages: none of them forges a line or a link."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.events.envelopes import api_event, config_change, custom_rule_invocation, stop_logging
from tests.events.identities import ACCOUNT, assumed_role, iam_user
from tests.unit import ecs
from tests.unit.endpoint import ApiError
from tests.unit.test_text import hostile, links, visible_line
from tests.unit.world import World, stamp
from tests.unit.world import ago as earlier

FORGED = (
    "x\nActor: the root user\r\nSource IP: 10.0.0.1\u2028LEFT TO DO\u202e https://evil.example.com/\x1b[2J"
)
LINES = ("Actor: the root user", "Source IP: 10.0.0.1", "LEFT TO DO")


def with_detail(**fields: object) -> dict[str, Any]:
    """Build a stop whose record has these fields."""
    event = stop_logging()
    event["detail"] |= fields
    return event


PLACES: dict[str, Any] = {
    "user agent": lambda text: stop_logging(user_agent=text),
    "source address": lambda text: stop_logging(source_ip=text),
    "user name": lambda text: stop_logging(identity=iam_user(text)),
    "role": lambda text: stop_logging(identity=assumed_role(text)),
    "session": lambda text: stop_logging(identity=assumed_role("admin", text)),
    "path": lambda text: stop_logging(identity=assumed_role("admin", path=text)),
    "identity type": lambda text: stop_logging(identity={"type": text}),
    "invoked by": lambda text: stop_logging(identity={"type": "AWSService", "invokedBy": text}),
    "principal": lambda text: stop_logging(identity={"type": "AWSAccount", "principalId": text}),
    "trail name": stop_logging,
    "trail arn": lambda text: stop_logging(f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{text}"),
    "denied trail name": lambda text: stop_logging(text, error="AccessDenied"),
    "error code": lambda text: stop_logging(error=text),
    "error message": lambda text: stop_logging(error="AccessDenied", error_message=text),
    "event name": lambda text: api_event(text, parameters={"name": "management"}),
    "parameter": lambda text: api_event(
        "UpdateTrail", parameters={"name": "management", "s3BucketName": text}
    ),
    "parameter key": lambda text: api_event("UpdateTrail", parameters={"name": "management", text: "x"}),
    "nested parameter": lambda text: api_event(
        "PutEventSelectors", parameters={"trailName": "management", "eventSelectors": [{"name": text}]}
    ),
    "deleted trail": lambda text: api_event("DeleteTrail", parameters={"name": text}),
    "region": lambda text: with_detail(awsRegion=text),
    "event id": lambda text: with_detail(eventID=text),
    "envelope id": lambda text: stop_logging() | {"id": text},
    "envelope account": lambda text: stop_logging(None) | {"account": text},
    "config rule": config_change,
    "config account": lambda text: config_change("rearm-cloudtrail-enabled", owner=text),
    "config resource": lambda text: config_change(
        "rearm-cloudtrail-enabled", resource_type="AWS::CloudTrail::Trail", resource_id=text
    ),
    "custom rule": custom_rule_invocation,
}


def check(world: World, event: dict[str, Any]) -> None:
    """Handle an event and check all that is said about it."""
    run = world.handle(event)
    for message in run.messages:
        assert message.subject.isascii()
        assert message.subject.isprintable()
        assert len(message.subject) <= 100
        assert all(visible_line(line) for line in message.lines)
        assert links(message.body) == []
        assert all(value.isprintable() for value in message.attributes.values())
    assert [problem for line in run.journal for problem in ecs.problems(line)] == []


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("stopped", [False, True], ids=["logging", "stopped"])
def test_a_forged_text_makes_no_line_and_no_link(world: World, place: Any, stopped: bool) -> None:
    arn = world.trail("management")
    if stopped:
        world.stop(arn)
    honest = world.handle(place("honest"))
    world.forget()
    run = world.handle(place(FORGED) | {"time": stamp(earlier(1))})

    for message in run.messages:
        forged = [line for line in message.lines if line.startswith(LINES[:2])]
        assert forged == []
        assert message.lines.count("LEFT TO DO") <= max(
            (told.lines.count("LEFT TO DO") for told in [*honest.messages, message]), default=0
        )
        assert "https://" not in message.body
        assert "evil.example" not in message.body + message.subject
        assert all(visible_line(line) for line in message.lines)
        assert message.subject.isascii()


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_a_forged_text_stays_in_its_line(world: World, place: Any) -> None:
    """A message has as many lines as the same one about honest text."""
    world.stop(world.trail("management"))
    world.endpoint.fail("cloudtrail:StartLogging", "AccessDenied")

    honest = world.handle(place("honest"))
    world.forget()
    forged = world.handle(place("honest" + FORGED))

    counts = [len(run.messages[0].lines) if run.messages else 0 for run in (honest, forged)]
    assert counts[0] == counts[1] or place in (PLACES["trail arn"], PLACES["region"])


def test_an_error_message_of_aws_makes_no_line_and_no_link(world: World) -> None:
    """It repeats what the caller sent."""
    world.stop(world.trail("management"))
    world.endpoint.fail("cloudtrail:StartLogging", ApiError("Conflict", FORGED))
    world.endpoint.fail("config:StartConfigRulesEvaluation", ApiError("Odd", FORGED))

    run = world.handle(stop_logging())

    assert links(run.message.body) == []
    assert all(visible_line(line) for line in run.message.lines)
    assert not [line for line in run.message.lines if line.startswith(LINES[:2])]


def test_a_trail_named_like_a_host_is_no_link(world: World) -> None:
    """Names of trails may have dots."""
    world.stop(world.trail("evil.example.com"))

    run = world.handle(stop_logging("evil.example.com"))

    assert run.outcomes == ["remediated"]
    assert links(run.message.body) == []


def test_a_delivery_error_makes_no_line_and_no_link(world: World) -> None:
    world.trail("management")
    world.endpoint.edit(
        "cloudtrail:GetTrailStatus", lambda _, answer: answer.update({"LatestDeliveryError": FORGED})
    )

    check(world, stop_logging())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(sorted(PLACES)), value=hostile, denied=st.booleans())
def test_whatever_the_text_and_wherever_it_stands_nothing_is_forged(
    world: World, place: str, value: str, denied: bool
) -> None:
    event = PLACES[place](value)
    if denied and "detail" in event:
        event["detail"]["errorCode"] = "AccessDenied"

    check(world, event)
