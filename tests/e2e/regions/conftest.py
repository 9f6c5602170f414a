"""The account for `examples/other-regions`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.account import Account
from tests.e2e.world import World, played
from tests.local_aws import Options


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give the account; functions run on AWS's runtime client alone, without the emulator."""
    options = Options(enforce_for_all=True, evaluation_interval_s=0, emulator=None)
    with World(tmp_path_factory.mktemp("regions"), options, Account.make_recorder) as opened:
        yield opened


@pytest.fixture
def regions(world: World) -> Iterator[World]:
    """Give the account with `examples/other-regions` in it."""
    yield from played(world, "examples/other-regions")
