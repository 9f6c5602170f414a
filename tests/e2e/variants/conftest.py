"""An account whose owner deploys Config rules by themselves, and what is deployed in it in turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.account import Account
from tests.e2e.variants.rules import OWN_RULES
from tests.e2e.world import World, played
from tests.local_aws import Options


def _prepare(account: Account) -> None:
    account.make_recorder()
    for name, identifier in OWN_RULES.items():
        source = {"Owner": "AWS", "SourceIdentifier": identifier}
        account.client("config").put_config_rule(ConfigRule={"ConfigRuleName": name, "Source": source})


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give the account; functions run on AWS's runtime client alone, without the emulator."""
    options = Options(enforce_for_all=True, evaluation_interval_s=0, emulator=None)
    with World(tmp_path_factory.mktemp("variants"), options, _prepare) as opened:
        yield opened


@pytest.fixture
def existing_config(world: World) -> Iterator[World]:
    """Give the account with `examples/existing-config` in it."""
    yield from played(world, "examples/existing-config")


@pytest.fixture
def notify(world: World) -> Iterator[World]:
    """Give the account with `roots/notify` in it."""
    yield from played(world, "tests/e2e/roots/notify")


@pytest.fixture
def exceptions(world: World) -> Iterator[World]:
    """Give the account with `roots/exceptions` in it."""
    yield from played(world, "tests/e2e/roots/exceptions")


@pytest.fixture
def off(world: World) -> Iterator[World]:
    """Give the account with `roots/off` in it, after another mode."""
    if world.root is None:
        with world.account.unseen():
            world.apply("tests/e2e/roots/notify")
    yield from played(world, "tests/e2e/roots/off")
