"""What an execution environment is made of, and what an invocation comes to."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Outcome:
    """How one invocation ended.

    Attributes
    ----------
    payload
        What the function returned, or the error as JSON.
    error
        ``Unhandled`` when the function failed, else None.
    lines
        The log: what the function wrote, with Lambda's START, END and REPORT lines.
    request_id
        The id that the function saw.
    seconds
        How long it took.
    """

    payload: bytes
    error: str | None
    lines: list[str]
    request_id: str
    seconds: float


class Environment(Protocol):
    """A warm process that runs one invocation at a time."""

    def invoke(self, payload: bytes, request_id: str) -> Outcome:
        """Run the handler once."""

    def close(self) -> list[str]:
        """End the process, and give its last lines."""


@dataclass(frozen=True)
class Start:
    """How to start a function.

    Attributes
    ----------
    environment
        All variables of the process.
    directory
        Where the zip has been unpacked.
    timeout_s
        The function's timeout.
    """

    python: Path
    handler: str
    directory: Path
    environment: Mapping[str, str]
    function_arn: str
    timeout_s: float
    memory_mb: int


class Program:
    """A process group whose output is read line by line."""

    def __init__(self, command: list[str], directory: Path, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._streams = [stream for stream in (self.process.stdout, self.process.stderr) if stream]
        self._parts = {stream.fileno(): b"" for stream in self._streams}
        for number in self._parts:
            os.set_blocking(number, False)
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with selectors.DefaultSelector() as selector:
            for number in self._parts:
                selector.register(number, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select():
                    with self._changed:
                        if not self._drain(key.fd):
                            selector.unregister(key.fd)

    def _drain(self, number: int) -> bool:
        """Read what is there; False at the stream's end."""
        while True:
            try:
                content = os.read(number, 65536)
            except BlockingIOError:
                return True
            if not content:
                return False
            *whole, self._parts[number] = (self._parts[number] + content).split(b"\n")
            self._lines += [line.decode("utf-8", "replace") for line in whole]
            self._changed.notify_all()

    def take(self) -> list[str]:
        """Give the lines since the last time, with everything that has been written until now."""
        with self._changed:
            for number in self._parts:
                self._drain(number)
            taken, self._lines = self._lines, []
            return taken

    def wait_for_line(self, part: str, timeout_s: float) -> bool:
        """Wait until a line holds something."""
        with self._changed:
            return self._changed.wait_for(lambda: any(part in line for line in self._lines), timeout_s)

    def stop(self) -> list[str]:
        """Kill the whole group, wait for it, and give its last lines."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join(timeout=5)
        last = self.take()
        for stream in self._streams:
            stream.close()
        return last


def free_port() -> int:
    """Give a TCP port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
