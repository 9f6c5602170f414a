"""Whatever comes in: no unhandled error, no action on something that is fine, none on a denied call."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.events.envelopes import api_event, config_change, custom_rule_invocation, scheduled, stop_logging
from tests.events.identities import ACCOUNT
from tests.events.routes import IDENTITIES, TRAIL_CALLS
from tests.unit import ecs, emf
from tests.unit.world import Run, World

ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/"
# Words that mean something to Rearm, where another word or no text at all is expected.
WORDS = [
    "null", "", "management", "stopped", f"{ARN}management", f"{ARN}stopped", "arn:aws:s3:::bucket",
    "arn:aws:cloudtrail:eu-west-1:999988887777:trail/foreign", "arn:aws:cloudtrail:::trail/", ":trail/",
    "arn:x:y:z:w:trail/v", "us-east-1", "eu-west-1", "mars-1", ACCOUNT, "AccessDenied", "StopLogging",
    "aws.cloudtrail", "aws.config", "aws.events", "cloudtrail.amazonaws.com", "NON_COMPLIANT", "COMPLIANT",
    "AWS API Call via CloudTrail", "Config Rules Compliance Change", "Scheduled Event", "AssumedRole",
    "ResourceDeleted", "ScheduledNotification", "TESTMODE", "2026-11-24T09:30:00Z", "1900-01-01", "true",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "AWS::CloudTrail::Trail", "AWS::::Account",
    "\ud800", "\x00",
]  # fmt: skip
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=20)
)
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
keys = st.sampled_from(
    ["detail-type", "source", "detail", "account", "region", "id", "time", "invokingEvent", "resultToken"]
)
REAL: dict[str, Any] = {
    **{name: api_event(name, parameters={"name": "management"}) for name in TRAIL_CALLS},
    **{kind: stop_logging("stopped", identity=identity) for kind, identity in IDENTITIES.items()},
    "of all": stop_logging(None),
    "denied": stop_logging("stopped", error="AccessDenied"),
    "config": config_change("rearm-cloudtrail-enabled"),
    "config of a trail": config_change("x", resource_type="AWS::CloudTrail::Trail", resource_id="stopped"),
    "custom rule": custom_rule_invocation(),
    "custom rule with an item": custom_rule_invocation(
        message={
            "messageType": "ConfigurationItemChangeNotification",
            "configurationItem": {"resourceType": "AWS::CloudTrail::Trail", "resourceId": "stopped"},
        }
    ),
    "sweep": scheduled(),
}
many = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an event in AWS's shape in which a few values are others, missing or too many."""
    event: dict[str, Any] = copy.deepcopy(REAL[draw(st.sampled_from(sorted(REAL)))])
    for _ in range(draw(st.integers(min_value=1, max_value=4))):
        places = list(containers(event))
        place = draw(st.sampled_from(places))
        key = draw(st.sampled_from(sorted(place)) if place else st.sampled_from(WORDS))
        if draw(st.booleans()) or key not in place:
            place[key] = draw(anything)
        else:
            del place[key]
    return event


def containers(value: object) -> Iterator[dict[str, Any]]:
    """Yield every object within a JSON value, itself included."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from containers(inner)


def is_denied(event: object) -> bool:
    """Whether an event says, by its own words, that AWS refused the call."""
    if not isinstance(event, dict) or not isinstance(event.get("detail"), dict):
        return False
    code = event["detail"].get("errorCode")
    return (
        event.get("detail-type") == "AWS API Call via CloudTrail"
        and "invokingEvent" not in event
        and isinstance(code, str)
        and code not in ("", "null")
    )


@pytest.fixture
def accounts(world: World) -> tuple[World, str, str]:
    """Give an account with a trail that logs and one that is stopped, and their ARNs."""
    healthy, stopped = world.trail("management"), world.trail("stopped")
    world.stop(stopped)
    return world, healthy, stopped


def check(world: World, event: object, healthy: str, stopped: str) -> Run:
    """Handle an event, see that it did nothing wrong, and stop the stopped trail again."""
    run = world.handle(event)
    assert {made.name for made in run.changes} <= {"cloudtrail:StartLogging"}
    assert {made.parameters["Name"] for made in run.changes} <= {stopped}
    assert world.logs(healthy)
    if is_denied(event):
        assert run.changes == []
        assert not world.logs(stopped)
    assert run.journal
    assert [problem for line in run.journal for problem in ecs.problems(line)] == []
    assert [problem for line in run.metrics for problem in emf.problems(line)] == []
    if run.changes:
        world.stop(stopped)
    return run


@many
@given(event=anything | st.dictionaries(keys, anything))
def test_any_json_ends_well_and_changes_nothing_that_is_fine(
    accounts: tuple[World, str, str], event: object
) -> None:
    world, healthy, stopped = accounts

    check(world, event, healthy, stopped)


@many
@given(event=mutated())
def test_any_change_of_a_real_event_ends_well_and_changes_nothing_that_is_fine(
    accounts: tuple[World, str, str], event: dict[str, Any]
) -> None:
    world, healthy, stopped = accounts

    check(world, event, healthy, stopped)


@many
@given(event=mutated())
def test_no_change_of_a_real_event_lets_rearm_act_when_every_trail_logs(
    world: World, event: dict[str, Any]
) -> None:
    if not world.history.records:
        world.history.add(stop_logging())
        world.trail("management")
        world.trail("stopped")

    assert world.handle(event).changes == []


@many
@given(event=mutated(), code=st.sampled_from(["AccessDenied", "Client.X", "a"]))
def test_no_change_of_a_denied_call_lets_rearm_act(
    accounts: tuple[World, str, str], event: dict[str, Any], code: str
) -> None:
    world, healthy, stopped = accounts
    if isinstance(event.get("detail"), dict):
        event["detail"]["errorCode"] = code

    run = check(world, event, healthy, stopped)

    assert not (is_denied(event) and run.changes)


@many
@given(
    mode=st.sampled_from(["notify", "remediate"]),
    exceptions=st.dictionaries(
        st.sampled_from(["a", "b"]),
        st.fixed_dictionaries(
            {
                "match": st.dictionaries(
                    st.sampled_from(["resource", "account", "actor", "tag:x", "other"]),
                    st.sampled_from(["*", "stopped", ACCOUNT, "x"]),
                ),
                "reason": st.just("why"),
                "expires": st.sampled_from(["never", "2000-01-01", "soon"]),
                "quiet": st.booleans(),
            }
        ),
    ),
    event=st.sampled_from(sorted(REAL)),
)
def test_a_finding_never_disappears_whatever_the_mode_and_the_exceptions(
    accounts: tuple[World, str, str], mode: str, exceptions: dict[str, Any], event: str
) -> None:
    """A stopped trail that an alarm leads to has one line and one outcome, and only a repair makes it log."""
    world, healthy, stopped = accounts
    world.deploy(mode=mode, exceptions=exceptions)

    run = world.handle(REAL[event])

    about = [line["rearm"] for line in run.journal if line["rearm"].get("finding") == "trail-not-logging"]
    looked = any(made.parameters.get("Name") == stopped for made in run.called("cloudtrail:GetTrailStatus"))
    assert [line["resource"]["arn"] for line in about] == ([stopped] if looked else [])
    assert world.logs(stopped) is ("remediated" in [line["outcome"] for line in about])
    assert world.logs(healthy)
    if world.logs(stopped):
        assert mode == "remediate"
        world.stop(stopped)


@pytest.mark.parametrize("depth", [1_000, 20_000])
@pytest.mark.parametrize("where", ["event", "detail", "parameters", "identity"])
def test_deep_nesting_ends_well(world: World, depth: int, where: str) -> None:
    arn = world.trail("management")
    deep: dict[str, Any] = {}
    for _ in range(depth):
        deep = {"name": deep}
    event = api_event("UpdateTrail", parameters={"name": "management"})
    if where == "event":
        event = deep
    elif where == "detail":
        event["detail"] = deep
    elif where == "parameters":
        event["detail"]["requestParameters"]["deep"] = deep
    else:
        event["detail"]["userIdentity"] = deep

    run = world.handle(event)

    assert run.journal
    assert run.changes == []
    assert world.logs(arn)
