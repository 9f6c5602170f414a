"""What every test of this automation stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.security_groups.network import Network, opened


@pytest.fixture
def network() -> Iterator[Network]:
    """Give a new account with a VPC, and Rearm deployed to keep its security groups closed."""
    with opened() as made:
        yield made
