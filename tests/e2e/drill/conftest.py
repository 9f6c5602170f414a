"""The account for the operator's commands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.account import Account
from tests.e2e.drill.operator import Operator
from tests.e2e.world import World, played
from tests.local_aws import Options


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give the account; functions run on AWS's runtime client alone."""
    options = Options(enforce_for_all=True, evaluation_interval_s=0, emulator=None)
    with World(tmp_path_factory.mktemp("drill"), options, Account.make_recorder) as opened:
        yield opened


@pytest.fixture(scope="package")
def operator(world: World) -> Operator:
    """Give the operator."""
    return Operator(world)


@pytest.fixture
def deployed(world: World) -> Iterator[World]:
    """Give the account with `roots/operator` in it."""
    yield from played(world, "tests/e2e/roots/operator")


@pytest.fixture
def notifying(world: World) -> Iterator[World]:
    """Give the account with `roots/operator-notify` in it."""
    yield from played(world, "tests/e2e/roots/operator-notify")
