"""What every test of this automation stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.iam_user_anomaly.suspected import Suspected, opened


@pytest.fixture
def suspected() -> Iterator[Suspected]:
    """Give a new account with GuardDuty, and Rearm deployed to contain whose credentials are misused."""
    with opened() as made:
        yield made
