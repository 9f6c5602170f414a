"""Which Python a function has run on, as its own calls show it in CloudTrail's history."""

from __future__ import annotations

import os
import re
import sys

from tests.e2e.account import Account


def python_of(account: Account, call: str) -> str:
    """Return the version of Python, such as ``3.13``, that made the function's last call of a name.

    Raises
    ------
    LookupError
        The function has made no such call.
    """
    for record in account.history(call):
        role = record["userIdentity"].get("sessionContext", {}).get("sessionIssuer", {}).get("userName")
        version = re.search(r"lang/python#(\d+\.\d+)", record["userAgent"])
        if role == account.function and version:
            return version[1]
    raise LookupError(f"{account.function} has not called {call}")


def expected_python(wanted: str) -> str:
    """Return the version that a runtime gets on this machine: its own, wherever that is installed."""
    installed = [one.partition("=")[0] for one in os.environ.get("REARM_PYTHONS", "").split(",")]
    return wanted if wanted in installed else f"{sys.version_info.major}.{sys.version_info.minor}"
