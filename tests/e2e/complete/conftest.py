"""The account for `examples/complete`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.account import Account
from tests.e2e.world import World, played
from tests.local_aws import Options


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give the account."""
    options = Options(enforce_for_all=True, evaluation_interval_s=0)
    folder = tmp_path_factory.mktemp("complete")
    with World(folder, options, Account.make_recorder, name="rearm-complete") as opened:
        yield opened


@pytest.fixture
def complete(world: World) -> Iterator[World]:
    """Give the account with `examples/complete` in it."""
    yield from played(world, "examples/complete")
