"""Request parameters that nobody sends by accident: whoever may invoke a function can forge the event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from rearm.settings import from_environment
from tests.events.envelopes import api_event
from tests.events.identities import root
from tests.unit.cloudtrail_lake.lake import Lake
from tests.unit.deployment import AUTOMATIONS, manifest
from tests.unit.world import Run
from tests.unit.world import world as new_world

NAMES = sorted(path.parent.name for path in AUTOMATIONS.glob("*/automation.yaml"))
LONG = "x" * 100_000
# CloudWatch Logs cuts what is longer, and SNS takes no more.
LIMIT = 256 * 1024
FORGED = "SAFEGUARD IS ON AGAIN, NOTHING TO DO"
# The Account API has one endpoint for all regions.
REGIONS = frozenset({"us-east-1", "eu-central-1", "aws-global"})

TEXTS = {
    "dots": "../../../../etc/passwd",
    "dots within": "management/../../other",
    "two dots": "..",
    "encoded dots": "%2e%2e%2f%2e%2e%2f",
    "slashes": "//////",
    "space": " ",
    "star": "*",
    "policy variable": "${aws:username}",
    "format": "{0.__class__} %s %n",
    "zero": "a\x00b",
    "new lines": f"a\n{FORGED}\r\n{FORGED}",
    "other line breaks": f"a\u2028{FORGED}\u0085{FORGED}\u000b{FORGED}",
    "right to left": "a\u202eevil\u202c",
    "not latin": "名前-имя-😀",
    "lone surrogate": "a\ud800b",
    "very long": LONG,
    "empty ARN": "arn:::::",
    "ARN of nothing": "arn:aws:s3:::",
    "ARN with a host for its region": "arn:aws:cloudtrail:evil.example/:123456789012:trail/x",
    "ARN of a store with a host": "arn:aws:cloudtrail:evil.example/:123456789012:eventdatastore/0f1e2d3c",
    "ARN with dots": "arn:aws:cloudtrail:us-east-1:123456789012:trail/../../x",
    "ARN of a key with a host": "arn:aws:kms:evil.example/:123456789012:key/0f1e2d3c",
    "ARN of another partition": "arn:aws-cn:cloudtrail:us-east-1:123456789012:trail/x",
    "long ARN": f"arn:aws:cloudtrail:us-east-1:123456789012:trail/{LONG}",
}
OTHERS: dict[str, Any] = {
    "nothing": None,
    "number": 7,
    "yes": True,
    "list": ["management", "other"],
    "empty list": [],
    "nested list": [[[["management"]]]],
    "object": {"name": "management", "arn": {"name": 1}},
    "empty text": "",
    "null": "null",
}
WHOLE: dict[str, Any] = {
    "nothing": None,
    "null": "null",
    "text": "management",
    "number": 5,
    "list": [],
    "list of objects": [{"name": "management"}],
    "empty": {},
    "empty key": {"": ""},
    "wide": {f"key{number}": number for number in range(5000)},
}


def calls(automation: str) -> list[tuple[str, str]]:
    """Return the calls that reach an automation: the service and the call's name; some of any if all do."""
    patterns = [event["pattern"] for event in manifest(automation)["triggers"]["events"].values()]
    return [
        (source.removeprefix("aws."), name if isinstance(name, str) else name["prefix"])
        for pattern in patterns
        for source in pattern["source"]
        for name in pattern.get("detail", {}).get("eventName", ())
    ] or [("iam", "CreateAccessKey"), ("cloudtrail", "StopLogging")]


def representative(automation: str) -> list[tuple[str, str]]:
    """Return the first and the last of the calls, which are on different kinds of resources if any are."""
    every = calls(automation)
    return [every[0], every[-1]]


@pytest.fixture(scope="module", params=NAMES)
def lake(request: pytest.FixtureRequest) -> Iterator[Lake]:
    """Deploy each automation into an account in which a trail and a store are as they must be.

    One account serves all tests: each of them shows that it is left as it was.
    """
    with new_world(automation=request.param) as world:
        made = Lake(world)
        made.install()
        made.create()
        world.trail("management", multi_region=True)
        yield made


def deployed() -> str:
    """Return the automation that is deployed."""
    return from_environment().automation


def judge(run: Run) -> None:
    """Check what holds whatever an event says."""
    # Nothing was wrong, so nothing is changed
    assert not run.changes, [(made.name, made.parameters) for made in run.changes]
    # No call leaves the regions that there are
    assert {made.region for made in run.calls} <= REGIONS
    # One outcome at least, on lines that a log takes
    assert run.outcomes
    assert all(len(json.dumps(line)) < LIMIT for line in run.journal)
    # What was forged is not taken for what Rearm says
    for message in run.messages:
        assert len(message.body.encode("utf-8", "surrogatepass")) < LIMIT
        assert len(message.subject) <= 100
        assert message.subject.isascii()
        assert message.subject.isprintable()
        assert not any(line.strip().startswith(FORGED) for line in message.body.splitlines())
        assert "\u202e" not in message.body


@pytest.mark.parametrize("value", [*TEXTS.values(), *OTHERS.values()], ids=[*TEXTS, *OTHERS])
def test_no_value_of_a_parameter_makes_a_change_or_leads_astray(lake: Lake, value: Any) -> None:
    automation = deployed()
    for service, name in representative(automation):
        for parameter in manifest(automation)["resource_parameters"][:2]:
            event = api_event(name, service=service, parameters={parameter: value}, identity=root())

            judge(lake.handle(event))


@pytest.mark.parametrize("parameters", WHOLE.values(), ids=WHOLE)
def test_no_form_of_the_parameters_makes_a_change(lake: Lake, parameters: Any) -> None:
    for service, name in representative(deployed()):
        judge(lake.handle(api_event(name, service=service, parameters=parameters, identity=root())))


@pytest.mark.parametrize("value", ["../..", ["management"]], ids=str)
def test_no_call_that_reaches_an_automation_is_stumbled_over(lake: Lake, value: Any) -> None:
    automation = deployed()
    parameters = dict.fromkeys(manifest(automation)["resource_parameters"], value)
    for service, name in calls(automation):
        judge(lake.handle(api_event(name, service=service, parameters=parameters, identity=root())))


@pytest.mark.parametrize("value", TEXTS.values(), ids=TEXTS)
def test_a_refused_call_with_such_a_name_is_told_and_nothing_else(lake: Lake, value: str) -> None:
    automation = deployed()
    service, name = calls(automation)[0]
    parameter = manifest(automation)["resource_parameters"][0]
    run = lake.handle(api_event(name, service=service, parameters={parameter: value}, error="AccessDenied"))

    judge(run)
    assert run.findings == ["denied-call"]
    assert run.error is None


@pytest.mark.parametrize("value", TEXTS.values(), ids=TEXTS)
def test_an_actor_with_such_a_name_says_nothing_in_rearms_name(lake: Lake, value: str) -> None:
    service, name = calls(deployed())[0]
    identity = dict.fromkeys(("type", "userName", "arn", "accountId", "accessKeyId"), value)
    event = api_event(name, service=service, identity=identity, source_ip=value, user_agent=value)

    judge(lake.handle(event))
