"""What every test of this automation stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.cloudtrail_lake.lake import Lake, opened


@pytest.fixture
def lake() -> Iterator[Lake]:
    """Give a new account with event data stores to come, and Rearm deployed to keep them."""
    with opened() as made:
        yield made
