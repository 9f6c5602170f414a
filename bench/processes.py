"""Handlers in processes of their own: started cold, or kept warm."""

from __future__ import annotations

import compileall
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from bench.world import ROOT

CHILD = ROOT / "bench" / "child.py"
PACKAGE = ROOT / "dist" / "rearm.zip"
HANDLERS = ("rearm", "comparison")
LIBRARIES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


@contextmanager
def unpacked() -> Iterator[Path]:
    """Unpack the committed package as Lambda does."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(PACKAGE) as package:
            package.extractall(folder)
        yield Path(folder)


def compile_libraries() -> None:
    """Write the byte code of boto3 and what it needs: Lambda's runtime brings it, a new checkout lacks it."""
    for name in LIBRARIES:
        found = find_spec(name)
        if found is None or found.origin is None:
            raise RuntimeError(f"{name} is not installed; run make setup")
        origin = Path(found.origin)
        if origin.name == "__init__.py":
            compileall.compile_dir(origin.parent, quiet=2)
        else:
            compileall.compile_file(origin, quiet=2)


def environment(code: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Return a function's environment: its code on the path, without byte code, which it could not write."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1", **given}


def cold(
    name: str, event: Mapping[str, object], code: Path, given: Mapping[str, str]
) -> tuple[float, float, float]:
    """Run a handler once in a new process.

    Returns
    -------
    tuple
        Seconds by the clock, seconds of the processor, peak memory in MiB.

    Raises
    ------
    RuntimeError
        The process failed; the message has what it said.
    """
    with tempfile.TemporaryDirectory() as folder:
        file, said = Path(folder) / "event.json", Path(folder) / "said"
        file.write_text(json.dumps(event), encoding="utf-8")
        command = [sys.executable, str(CHILD), name, "cold", str(file)]
        with said.open("wb") as output:
            start = time.perf_counter()
            process = subprocess.Popen(command, env=environment(code, given), stdout=output, stderr=output)
            _, status, used = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{name} failed: {said.read_text(encoding='utf-8', errors='replace')[-2000:]}")
    # Linux gives kibibytes, macOS bytes.
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / unit


class Warm:
    """A process that has been started and handles one event after another."""

    def __init__(
        self, name: str, code: Path, given: Mapping[str, str], output: IO[bytes], how: str = "warm"
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(CHILD), name, how],
            env=environment(code, given),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
        self._output = output

    def handle(self, event: Mapping[str, object]) -> float:
        """Handle one event; return the seconds that the handler took."""
        return float(self._answer(event))

    def count(self, event: Mapping[str, object]) -> tuple[float, list[str]]:
        """Handle one event; return the seconds and the calls, as in ``cloudtrail:ListTrails``."""
        answer = json.loads(self._answer(event))
        return float(answer["seconds"]), [str(call) for call in answer["calls"]]

    def _answer(self, event: Mapping[str, object]) -> str:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the process has no pipes")
        stdin.write(json.dumps(event) + "\n")
        stdin.flush()
        answer = stdout.readline()
        if not answer:
            raise RuntimeError(f"the handler ended: see {self._output.name}")
        return answer

    def close(self) -> None:
        """End the process."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(timeout=30)


@contextmanager
def warm(name: str, code: Path, given: Mapping[str, str], how: str = "warm") -> Iterator[Warm]:
    """Keep a handler warm, with what it says in a file."""
    with tempfile.NamedTemporaryFile() as output:
        process = Warm(name, code, given, output.file, how)
        try:
            yield process
        finally:
            process.close()


def import_ms(code: Path, statement: str, first: str = "import boto3") -> float:
    """Return the milliseconds that an import takes after `first` has been imported, in a new process."""
    program = (
        f"import time\n{first}\nstart = time.perf_counter()\n{statement}\n"
        "print((time.perf_counter() - start) * 1000)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(code, {}),
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)
