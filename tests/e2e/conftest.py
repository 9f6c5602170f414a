"""The worlds that the tests play in: each is one account with one deployment, and one is open at a time.

Tests of one world stay together (`xdist_group`): its deployment is applied once, and changed by applying the
next root module over it.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.account import Account
from tests.e2e.recorded import described
from tests.e2e.world import World
from tests.local_aws import Options

RECORDED = "REARM_RECORDED_CALLS"

_recorded: list[dict[str, Any]] = []


class Worlds:
    """Opens a world and keeps it until another one is wanted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._world: World | None = None
        self._name = ""

    def open(self, name: str) -> World:
        """Return the world of a name, see `WORLDS`."""
        if self._name != name:
            self.close()
            # A folder of its own each time, however often a world is opened.
            folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._folder))
            self._world = WORLDS[name](folder).__enter__()
            self._name = name
        assert self._world is not None
        return self._world

    def close(self) -> None:
        """End the open world and keep what its functions have called."""
        if self._world:
            _recorded.extend(described(call) for call in self._world.aws.calls)
            self._world.__exit__(None, None, None)
        self._world, self._name = None, ""


def _with_rules_of_their_own(account: Account) -> None:
    """Make what an organisation has that deploys its Config rules by itself."""
    account.make_recorder()
    for name, identifier in OWN_RULES.items():
        source = {"Owner": "AWS", "SourceIdentifier": identifier}
        account.client("config").put_config_rule(ConfigRule={"ConfigRuleName": name, "Source": source})


def _bare(_: Account) -> None:
    """Leave the account as new."""


CONFORMANCE_RULE = "cloudtrail-enabled-conformance-pack-x1y2z3abc"
SECURITY_HUB_RULE = "securityhub-multi-region-cloudtrail-enabled-5f1d2c3b"
OWN_RULES = {
    CONFORMANCE_RULE: "CLOUD_TRAIL_ENABLED",
    SECURITY_HUB_RULE: "MULTI_REGION_CLOUD_TRAIL_ENABLED",
    "cloudtrail-enabled-by-hand": "CLOUD_TRAIL_ENABLED",
}

# Everybody's permissions count, and Config may be asked as often as there are tests.
WORLDS: dict[str, Callable[[Path], World]] = {
    # Functions run under AWS's emulator where the set-up found it.
    "basic": lambda folder: World(
        folder, Options(enforce_for_all=True, evaluation_interval_s=0), Account.make_recorder
    ),
    # Functions run on AWS's runtime client alone.
    "variants": lambda folder: World(
        folder,
        Options(enforce_for_all=True, evaluation_interval_s=0, emulator=None),
        _with_rules_of_their_own,
    ),
    # The event history lags, as it does for minutes on AWS.
    "accounts": lambda folder: World(
        folder, Options(enforce_for_all=True, evaluation_interval_s=0, lookup_lag_s=3600), _bare
    ),
}


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """Give the worlds, and end the last one."""
    made = Worlds(tmp_path_factory.mktemp("worlds"))
    yield made
    made.close()


def _deployed(worlds: Worlds, world: str, root: str) -> Iterator[World]:
    opened = worlds.open(world).deploy(root)
    opened.begin()
    yield opened
    opened.check()


@pytest.fixture
def basic(worlds: Worlds) -> Iterator[World]:
    """Give an account with `examples/basic` in it."""
    yield from _deployed(worlds, "basic", "examples/basic")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write down the functions' calls, for the test that compares them with what the roles may do."""
    path = os.environ.get(RECORDED)
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["recorded"] = _recorded
    elif path:
        Path(path).write_text(json.dumps(_recorded, indent=1) + "\n", encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take a worker's calls to those of the others."""
    _recorded.extend(node.workeroutput.get("recorded", []))
