"""The account for `examples/basic`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.account import Account
from tests.e2e.world import World, played
from tests.local_aws import Options


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give the account; functions run under AWS's emulator where the set-up found it."""
    # Config may be asked as often as there are tests.
    options = Options(enforce_for_all=True, evaluation_interval_s=0)
    with World(tmp_path_factory.mktemp("basic"), options, Account.make_recorder) as opened:
        yield opened


@pytest.fixture
def basic(world: World) -> Iterator[World]:
    """Give the account with `examples/basic` in it."""
    yield from played(world, "examples/basic")
