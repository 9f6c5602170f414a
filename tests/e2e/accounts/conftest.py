"""The account for `examples/new-account`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.account import Account
from tests.e2e.world import World, played
from tests.local_aws import Options

# Longer than the tests take, as it is on AWS; in seconds.
LAG = 3600


def _nothing(_: Account) -> None:
    """Leave the account as new."""


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give the account, without a recorder."""
    options = Options(enforce_for_all=True, evaluation_interval_s=0, lookup_lag_s=LAG)
    with World(tmp_path_factory.mktemp("accounts"), options, _nothing) as opened:
        yield opened


@pytest.fixture
def new_account(world: World) -> Iterator[World]:
    """Give the account with `examples/new-account` in it."""
    yield from played(world, "examples/new-account")
