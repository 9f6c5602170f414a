"""The wider corpus of public sample events: each is given to Rearm, and nothing is done that must not be."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.events.envelopes import envelope
from tests.unit import ecs, emf
from tests.unit.test_text import links, visible_line
from tests.unit.world import Run, World
from tests.unit.world import world as new_world

VARIABLE = "REARM_EVENT_CORPUS"
WITHOUT = pytest.param(
    None, marks=pytest.mark.skip(reason=f"{VARIABLE} names no corpus of public sample events")
)


@dataclass(frozen=True)
class Entry:
    """One sample: its file, its shape, and what must come of it.

    `automation` begins with the letter and number of the one it belongs to. A verdict that is not `strict` is
    a matter of choice; `never_act` is none.
    """

    file: str
    form: str
    detail_type: str
    automation: str
    expected: str
    strict: bool
    never_act: bool

    def event(self) -> object:
        """Return what the function would be invoked with: records and findings in their envelope."""
        loaded = json.loads(Path(os.environ[VARIABLE], self.file).read_text(encoding="utf-8"))
        if self.form == "cloudtrail-record":
            service = str(loaded.get("eventSource", "unknown")).partition(".")[0]
            made = envelope(f"aws.{service}", self.detail_type, loaded)
            return made | {"region": loaded.get("awsRegion"), "account": loaded.get("recipientAccountId")}
        if self.form == "asff-finding":
            detail = {"findings": loaded if isinstance(loaded, list) else [loaded]}
            return envelope("aws.securityhub", "Security Hub Findings - Imported", detail)
        return loaded


def entries() -> list[Entry]:
    """Read the corpus's index; a corpus that is named and not there is an error."""
    directory = os.environ.get(VARIABLE)
    if not directory:
        return []
    index = json.loads(Path(directory, "INDEX.json").read_text(encoding="utf-8"))
    return [
        Entry(
            file=entry["file"],
            form=entry["form"],
            detail_type=entry.get("detail_type") or "AWS API Call via CloudTrail",
            automation=entry["automation"],
            expected=entry["expected"],
            strict=entry["strict"],
            never_act=entry["never_act"],
        )
        for entry in index
    ]


ENTRIES = entries()
each = pytest.mark.parametrize(
    "entry", ENTRIES or [WITHOUT], ids=lambda entry: entry.file if entry else "none"
)


@pytest.fixture(scope="module")
def account() -> Iterator[tuple[World, str, str]]:
    """Give one account for all samples, with a trail that logs; another one is stopped on demand."""
    with new_world() as world:
        yield world, world.trail("healthy"), world.trail("sometimes")


def may_lead_to_trails(event: object) -> bool:
    """Whether an event opens a door behind which all trails are looked at, told by its own words."""
    if not isinstance(event, dict):
        return False
    detail: Any = event.get("detail")
    if event.get("detail-type") == "AWS API Call via CloudTrail":
        return detail["eventSource"] == "cloudtrail.amazonaws.com" and not detail.get("errorCode")
    return "invokingEvent" in event or event.get("source") in ("aws.events", "aws.config")


def check(run: Run) -> None:
    """Check what was said: valid lines, and no line or link that the sample forges."""
    assert run.journal
    assert [problem for line in run.journal for problem in ecs.problems(line)] == []
    assert [problem for line in run.metrics for problem in emf.problems(line)] == []
    for message in run.messages:
        assert message.subject.isascii()
        assert len(message.subject) <= 100
        assert all(visible_line(line) for line in message.lines)
        assert links(message.body) == []


@each
def test_a_sample_changes_nothing_in_an_account_whose_trails_all_log(
    account: tuple[World, str, str], entry: Entry
) -> None:
    world, healthy, other = account
    world.restart(other)

    run = world.handle(entry.event())

    assert run.changes == []
    assert world.logs(healthy)
    assert world.logs(other)
    check(run)


@each
def test_a_sample_that_is_denied_or_none_of_our_business_starts_no_trail_not_even_a_stopped_one(
    account: tuple[World, str, str], entry: Entry
) -> None:
    """A sweep, a scheduled rule or a call to CloudTrail may find the stopped trail, and nothing else."""
    world, healthy, other = account
    event = entry.event()
    world.stop(other)

    run = world.handle(event)

    assert {made.parameters["Name"] for made in run.changes} <= {other}
    if not may_lead_to_trails(event):
        assert run.changes == []
        assert not world.logs(other)
    assert world.logs(healthy)


def test_the_whole_corpus_is_there() -> None:
    if not os.environ.get(VARIABLE):
        pytest.skip(f"{VARIABLE} names no corpus of public sample events")

    assert len(ENTRIES) >= 562
    assert sum(may_lead_to_trails(entry.event()) for entry in ENTRIES) < 60
