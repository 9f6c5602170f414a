"""What every test of this automation stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.iam_authority.directory import Directory, opened


@pytest.fixture
def directory() -> Iterator[Directory]:
    """Give a new account with users, groups and roles to come, and Rearm deployed to watch them."""
    with opened() as made:
        yield made
