"""What every test of this automation stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.rds_encryption.rds import Rds, opened


@pytest.fixture
def rds() -> Iterator[Rds]:
    """Give a new account with databases to come, and Rearm deployed to look after them."""
    with opened() as made:
        yield made
