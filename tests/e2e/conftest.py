"""Keeps the tests of one account together, and writes down what its function has called.

Each folder is one account on AWS on this machine with one deployment, which is applied once and changed by
applying the next root module over it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.e2e import recorded


class ByFolder(LoadScopeScheduling):  # type: ignore[misc]  # xdist brings no types
    """Gives all tests of a folder to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0].rpartition("/")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder:
    """Spread folders, not tests, over pytest-xdist's workers."""
    return ByFolder(config, log)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the functions' calls to the file in `REARM_RECORDED_CALLS`."""
    output = getattr(session.config, "workeroutput", None)
    path = os.environ.get("REARM_RECORDED_CALLS")
    if output is not None:
        output["recorded"] = recorded.CALLS
    elif path:
        Path(path).write_text(json.dumps(recorded.CALLS, indent=1) + "\n", encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Put a worker's calls to those of the others."""
    recorded.CALLS.extend(node.workeroutput.get("recorded", []))
