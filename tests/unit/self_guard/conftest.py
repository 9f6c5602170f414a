"""What every test of this automation stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.self_guard.deployed import Deployed, opened


@pytest.fixture
def deployed() -> Iterator[Deployed]:
    """Give a new account with a deployment of Rearm, guarded by itself, and remembered by the guard."""
    with opened() as made:
        made.learn()
        yield made
