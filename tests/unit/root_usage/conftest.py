"""What every test of this automation stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.root_usage.root import Root, opened


@pytest.fixture
def root() -> Iterator[Root]:
    """Give an account whose root user has a password and MFA and no access key, and Rearm deployed in it."""
    with opened() as made:
        yield made
