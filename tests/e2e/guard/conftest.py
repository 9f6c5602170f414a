"""The account for `examples/basic`, seen from its guard, and somebody who attacks the deployment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.account import Account, Person
from tests.e2e.world import World
from tests.local_aws import Options

ROOT = "examples/basic"
GUARD = "rearm-self_guard"
VICTIM = "rearm-cloudtrail"
RULE = f"{VICTIM}-calls"
# What is deleted is looked for again after 15 seconds, one event after the other.
PATIENCE_S = 120.0


@dataclass
class Attacked:
    """The account with a deployment that somebody attacks."""

    world: World
    attacker: Person

    def client(self, service: str) -> Any:
        """Give the attacker's client of a service."""
        return self.world.aws.client(service, None, self.attacker.keys)

    def observer(self, service: str) -> Any:
        """Give the client that verdicts are read with."""
        return self.world.account.client(service)

    def wait(self) -> None:
        """Wait for everything that follows."""
        self.world.aws.wait_idle(PATIENCE_S)

    def subjects(self) -> list[str]:
        """Return the subjects of the guard's messages once all is over."""
        self.wait()
        return [
            mail.subject for mail in self.world.said.mails() if mail.attributes["automation"] == "self_guard"
        ]


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give the account; what is said is what the guard says."""
    options = Options(enforce_for_all=True, evaluation_interval_s=0)
    with World(tmp_path_factory.mktemp("guard"), options, Account.make_recorder) as opened:
        opened.account.function = GUARD
        opened.apply(ROOT)
        opened.aws.wait_idle(PATIENCE_S)
        yield opened


@pytest.fixture
def attacked(world: World) -> Iterator[Attacked]:
    """Give the deployment as it was deployed, remembered by its guard."""
    if world.root is None:
        world.apply(ROOT)
    world.aws.wait_idle(PATIENCE_S)
    world.begin()
    world.sweep()
    yield Attacked(world, world.account.user("intruder", ["*"]))
    world.aws.wait_idle(PATIENCE_S)
    world.check()
