"""What holds for every test: no real AWS account, nothing beyond this machine, the same examples each run."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support import matrix
from tools import state

# A failing example of one run must fail again in the next: they are derived from the test, not from chance.
settings.register_profile(
    "rearm", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
# For a longer search by hand: HYPOTHESIS_PROFILE=search.
settings.register_profile(
    "search", parent=settings.get_profile("rearm"), derandomize=False, max_examples=5000
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "rearm"))


def pytest_configure() -> None:
    """Make the environment safe before any test module is imported, however pytest was started."""
    known = state.load()
    kept = {"PATH": os.environ.get("PATH", os.defpath)}
    safe = state.environment(known, os.environ) if known else state.without_real_aws(os.environ)
    # pytest runs in the environment that it was started with: that is how the oldest Python is tested.
    os.environ.clear()
    os.environ.update(safe | kept)
    guard_sockets()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have each report say of which rows of the matrix its test is a proof."""
    for item in items:
        try:
            proofs = matrix.proofs(item.iter_markers("matrix"))
        except (TypeError, ValueError) as error:
            raise pytest.UsageError(f"{item.nodeid}: {error}") from error
        item.user_properties += [(matrix.PROPERTY, proof) for proof in proofs]


REFUSED: list[str] = []


class OutsideConnectionError(OSError):
    """A test tried to reach something that is not on this machine."""


def is_local(host: object) -> bool:
    """Tell whether a host is this machine's own.

    Parameters
    ----------
    host : object
        A name or an address as `socket` takes it.

    Returns
    -------
    bool
        True for loopback addresses, `localhost`, and "any address".
    """
    if host is None or host in ("", b"", "localhost", b"localhost"):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    if text.endswith(".localhost"):
        return True
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def guard_sockets() -> None:
    """Refuse connections and look-ups beyond this machine in the whole process, and remember them.

    The refusal is remembered because the code under test may swallow the error, or run in another thread.
    """
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(family: int, address: Any) -> None:
        if family in (socket.AF_INET, socket.AF_INET6) and not is_local(address[0]):
            REFUSED.append(str(address[0]))
            raise OutsideConnectionError(f"a test may not connect to {address[0]}")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        check(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        check(self.family, address)
        return connect_ex(self, address)

    def guarded_look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        if not is_local(host):
            REFUSED.append(str(host))
            raise OutsideConnectionError(f"a test may not look up {host}")
        return look_up(host, *arguments, **options)

    # Replacing methods of a class is what a guard does, and what types forbid.
    socket.socket.connect = guarded_connect  # type: ignore[method-assign, assignment]
    socket.socket.connect_ex = guarded_connect_ex  # type: ignore[method-assign, assignment]
    socket.getaddrinfo = guarded_look_up


@pytest.fixture(autouse=True)
def only_this_machine() -> Iterator[list[str]]:
    """Fail a test that tried to reach anything but this machine.

    Yields
    ------
    list of str
        The targets that were refused so far. A test that expects one clears the list.
    """
    yield REFUSED
    refused = sorted(set(REFUSED))
    REFUSED.clear()
    if refused:
        pytest.fail(f"connected outside this machine: {', '.join(refused)}")
