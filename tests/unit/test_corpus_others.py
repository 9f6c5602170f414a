"""The wider corpus and what is off by default: it is told as the corpus says, and nothing is done beside."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

from tests.local_aws.patterns import matches
from tests.unit.deployment import AUTOMATIONS, manifest
from tests.unit.test_corpus import ENTRIES, VARIABLE, Entry, check
from tests.unit.world import World, client
from tests.unit.world import world as new_world

NAMES = {
    "A2": "s3_encryption",
    "A3": "rds_encryption",
    "A4": "security_groups",
    "A5": "iam_user_anomaly",
    "A6": "root_usage",
    "A7": "iam_authority",
    "A8": "ec2_traffic",
    "A9": "eks_pods",
}
OFF = sorted(
    path.parent.name
    for path in AUTOMATIONS.glob("*/automation.yaml")
    if manifest(path.parent.name)["default_mode"] == "off"
)
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
CALL = "AWS API Call via CloudTrail"
# Doors behind which everything is looked at, whatever the event says.
LOOKING = ("aws.config", "aws.events")
needs_corpus = pytest.mark.skipif(
    not os.environ.get(VARIABLE), reason=f"{VARIABLE} names no corpus of public sample events"
)


@pytest.fixture(scope="module", params=OFF)
def deployed(request: pytest.FixtureRequest) -> Iterator[tuple[str, World]]:
    """Give an account in which much is wrong that no sample is about, and one automation that acts."""
    name = str(request.param)
    with new_world(automation=name) as world:
        group = client("ec2").create_security_group(GroupName="open", Description="open")["GroupId"]
        world_to_ssh = {
            "IpProtocol": "tcp",
            "FromPort": 22,
            "ToPort": 22,
            "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
        }
        client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[world_to_ssh])
        policy = client("iam").create_policy(PolicyName="wide", PolicyDocument=json.dumps(EVERYTHING))
        client("iam").create_user(UserName="wide")
        client("iam").attach_user_policy(UserName="wide", PolicyArn=policy["Policy"]["Arn"])
        client("iam").create_access_key(UserName="wide")
        yield name, world


def looks_at_everything(automation: str, event: object) -> bool:
    """Whether an event may lead to what is wrong although it is not about it, told by its own words.

    A call of the automation's own service that names no resource is one, if somebody invokes the function
    with it: no rule delivers another call than the automation's own.
    """
    if not isinstance(event, dict):
        return False
    called = event.get("detail-type") == CALL and not event["detail"].get("errorCode")
    if called and not reaches(automation, event):
        triggers = manifest(automation)["triggers"].get("events", {}).values()
        return any(event.get("source") in trigger["pattern"]["source"] for trigger in triggers)
    return "invokingEvent" in event or event.get("source") in LOOKING


def reaches(automation: str, event: object) -> bool:
    """Whether one of the automation's own rules delivers an event to it."""
    triggers = manifest(automation)["triggers"].get("events", {}).values()
    return isinstance(event, dict) and any(matches(trigger["pattern"], event) for trigger in triggers)


@needs_corpus
def test_no_sample_changes_anything_that_it_is_not_about(deployed: tuple[str, World]) -> None:
    name, world = deployed
    changed = []
    for entry in ENTRIES:
        event = entry.event()
        if looks_at_everything(name, event):
            continue
        run = world.handle(event)
        check(run)
        changed += [f"{entry.file}: {made.name}" for made in run.changes]

    assert changed == []


@needs_corpus
def test_a_sample_that_is_told_by_a_strict_verdict_reaches_its_automation_and_is_told(
    deployed: tuple[str, World],
) -> None:
    name, world = deployed
    untold = []
    for entry in _of(name):
        if not entry.strict or entry.expected == "ignore":
            continue
        event = entry.event()
        world.forget()
        run = world.handle(event)
        if not reaches(name, event) or "notified" not in run.outcomes or not run.messages:
            untold.append(entry.file)

    assert untold == []


@needs_corpus
def test_a_sample_that_is_ignored_by_a_strict_verdict_is_only_told_where_it_was_denied(
    deployed: tuple[str, World],
) -> None:
    name, world = deployed
    loud = []
    for entry in _of(name):
        if not entry.strict or entry.expected != "ignore":
            continue
        event = entry.event()
        world.forget()
        run = world.handle(event) if reaches(name, event) else None
        if run and (run.changes or run.findings not in ([], [None], ["denied-call"])):
            loud.append(entry.file)

    assert loud == []


@needs_corpus
def test_nothing_of_another_matter_is_told_by_an_automation_that_it_reaches(
    deployed: tuple[str, World],
) -> None:
    """What is ignored by a strict verdict may come near: it may be told for having been denied."""
    name, world = deployed
    told = []
    for entry in ENTRIES:
        event = entry.event()
        if not (entry.strict and entry.expected == "ignore" and reaches(name, event)):
            continue
        world.forget()
        run = world.handle(event)
        if run.changes or not set(run.findings) <= {None, "denied-call"}:
            told.append(f"{entry.file}: {run.findings}")

    assert told == []


@needs_corpus
def test_the_corpus_has_strict_verdicts_that_are_told() -> None:
    told = [entry for entry in ENTRIES if entry.strict and entry.expected != "ignore"]

    assert {NAMES.get(entry.automation[:2]) for entry in told} & set(OFF)
    assert all(entry.automation[:2] in {*NAMES, "A1", "ou"} for entry in ENTRIES)


def _of(automation: str) -> Iterator[Entry]:
    return (entry for entry in ENTRIES if NAMES.get(entry.automation[:2]) == automation)
