from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import OutsideConnectionError, is_local
from tools.state import ROOT

# Reserved for documentation, https://www.rfc-editor.org/rfc/rfc5737
OUTSIDE = "192.0.2.1"


@pytest.mark.parametrize(
    "host", [None, "", "localhost", "x.localhost", "127.0.0.1", "127.8.8.8", "::1", b"localhost"]
)
def test_this_machine_is_local(host: object) -> None:
    assert is_local(host)


@pytest.mark.parametrize(
    "host", [OUTSIDE, "10.0.0.1", "2001:db8::1", "sts.amazonaws.com", "localhost.example.com"]
)
def test_everything_else_is_not(host: object) -> None:
    assert not is_local(host)


def test_connections_and_look_ups_beyond_this_machine_are_refused(only_this_machine: list[str]) -> None:
    with socket.socket() as here:
        with pytest.raises(OutsideConnectionError):
            here.connect((OUTSIDE, 443))
        with pytest.raises(OutsideConnectionError):
            here.connect_ex((OUTSIDE, 443))
    with pytest.raises(OutsideConnectionError):
        socket.getaddrinfo("sts.amazonaws.com", 443)

    assert only_this_machine == [OUTSIDE, OUTSIDE, "sts.amazonaws.com"]
    only_this_machine.clear()


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("localhost", port), timeout=5).close()


def test_a_test_fails_even_if_its_code_swallows_the_refusal(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n", encoding="utf-8")
    (tmp_path / "test_it.py").write_text(
        "import contextlib, socket\n\n"
        "def test_it():\n"
        "    with contextlib.suppress(OSError):\n"
        f"        socket.create_connection(('{OUTSIDE}', 443), timeout=1)\n\n"
        "def test_next():\n    pass\n",
        encoding="utf-8",
    )

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(tmp_path),
            str(tmp_path),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert f"connected outside this machine: {OUTSIDE}" in done.stdout
    assert "2 passed, 1 error" in done.stdout


def test_no_test_sees_a_real_account() -> None:
    assert os.environ["AWS_ACCESS_KEY_ID"] == "testing"
    assert "AWS_PROFILE" not in os.environ
    assert "AWS_ENDPOINT_URL" not in os.environ
