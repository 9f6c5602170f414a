"""The account for the matrix: one deployment, which has learned what everything looks like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.account import Account
from tests.e2e.matrix.attacks import ACTIONS, ATTACKS, AUTOMATIONS, Clients, clients
from tests.e2e.matrix.safeguards import Safeguards, State
from tests.e2e.world import World
from tests.local_aws import Options

ROOT = "examples/basic"


@dataclass(frozen=True)
class Besieged:
    """An account that somebody attacks.

    Attributes
    ----------
    before
        The state that the automations have learned.
    """

    world: World
    safeguards: Safeguards
    attacker: Clients
    before: State

    def sweep(self, automation: str) -> None:
        """Run one automation's sweep, and wait for what follows."""
        self.world.aws.run_schedule(f"rearm-{automation}-sweep")
        self.world.aws.wait_idle()

    def attack(self, row: str) -> str:
        """Do what a row says, and return the automation that must put it right."""
        ATTACKS[row](self.attacker)
        return AUTOMATIONS[row.partition(".")[0]]

    def must_be_told(self, automation: str) -> None:
        """Require one message, which says that it was put right, and by whom it was done."""
        told = [mail for mail in self.world.said.mails() if mail.attributes["automation"] == automation]
        assert [mail.attributes["outcome"] for mail in told] == ["remediated"], [mail.body for mail in told]
        assert told[0].field("Actor") == "contractor (IAMUser)"
        assert self.world.said.failures() == []


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give the account with the example in it; functions run on AWS's runtime client alone."""
    options = Options(enforce_for_all=True, evaluation_interval_s=0, emulator=None)
    with World(tmp_path_factory.mktemp("matrix"), options, Account.make_recorder) as opened:
        with opened.account.unseen():
            opened.apply(ROOT)
        yield opened


@pytest.fixture(scope="package")
def learned(world: World) -> Besieged:
    """Give the account after the first sweep of everything."""
    safeguards = Safeguards(world.account)
    with world.account.unseen():
        safeguards.make()
        elsewhere = {"LocationConstraint": world.account.region}
        world.account.client("s3").create_bucket(Bucket="elsewhere", CreateBucketConfiguration=elsewhere)
    attacker = clients(world.account.user("contractor", ACTIONS), world.account, safeguards)
    found = Besieged(world, safeguards, attacker, safeguards.state())
    for automation in sorted(set(AUTOMATIONS.values())):
        found.sweep(automation)
    assert [mail.subject for mail in world.said.mails()] == []
    assert safeguards.state() == found.before
    return found


@pytest.fixture
def besieged(learned: Besieged) -> Iterator[Besieged]:
    """Give the account to one test, as it was learned."""
    learned.world.begin(clear=False)
    yield learned
    learned.world.check()
