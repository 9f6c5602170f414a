"""What every test of this automation stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.trail_storage.storage import Storage, opened


@pytest.fixture
def storage() -> Iterator[Storage]:
    """Give a new account with a trail, its bucket and its key, and Rearm deployed to keep them."""
    with opened() as made:
        yield made
