"""The corpus of public sample events that `REARM_EVENT_CORPUS` names, if there is one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "REARM_EVENT_CORPUS"


def load(name: str) -> Any:
    """Read a JSON file of the corpus.

    The running test is skipped when the variable is not set, and only then: a corpus that is named and not
    there is an error.
    """
    directory = os.environ.get(VARIABLE)
    if not directory:
        pytest.skip(f"{VARIABLE} names no corpus of public sample events")
    return json.loads(Path(directory, name).read_text(encoding="utf-8"))
