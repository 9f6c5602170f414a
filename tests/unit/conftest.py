"""What every unit test stands on."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.unit.world import World
from tests.unit.world import world as new_world


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Live in UTC: moto takes its own times, which are in UTC, for local ones."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def world() -> Iterator[World]:
    """Give a new account with Rearm deployed in it, as the manifest has it."""
    with new_world() as made:
        yield made
