"""The account for `examples/other-safeguards`, in the region where IAM's events are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.account import Account
from tests.e2e.world import World, played
from tests.local_aws import Options


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give the account."""
    options = Options(region="us-east-1", enforce_for_all=True, evaluation_interval_s=0)
    with World(tmp_path_factory.mktemp("others"), options, Account.make_recorder) as opened:
        yield opened


@pytest.fixture
def others(world: World) -> Iterator[World]:
    """Give the account with `examples/other-safeguards` in it."""
    yield from played(world, "examples/other-safeguards")
