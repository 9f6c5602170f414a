"""Which Python runs a function of a runtime such as ``python3.13``."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_NEEDED = "import awslambdaric, botocore, boto3"


@dataclass(frozen=True)
class Interpreter:
    """A Python with boto3 and AWS's runtime client.

    Attributes
    ----------
    exact
        Whether its version is the runtime's.
    """

    path: Path
    exact: bool


def find(runtime: str, named: Mapping[str, Path]) -> Interpreter:
    """Find the interpreter for a runtime.

    Parameters
    ----------
    runtime
        Lambda's name of it, such as ``python3.13``.
    named
        Interpreters by version that are known to do; they are tried first.

    Returns
    -------
    Interpreter
        Of the runtime's version where one is installed that has boto3 and awslambdaric; the one that runs
        this otherwise.
    """
    version = runtime.removeprefix("python")
    if version == f"{sys.version_info.major}.{sys.version_info.minor}" and version not in named:
        return Interpreter(Path(sys.executable), exact=True)
    if version in named:
        return Interpreter(named[version], exact=True)
    found = next((path for path in _installed(version) if _does(path)), None)
    return Interpreter(found, exact=True) if found else Interpreter(Path(sys.executable), exact=False)


def _installed(version: str) -> Iterator[Path]:
    name = f"python{version}"
    on_path = shutil.which(name)
    if on_path:
        yield Path(on_path)
    roots = [Path(os.environ["PYENV_ROOT"])] if os.environ.get("PYENV_ROOT") else []
    for root in [*roots, Path.home() / ".pyenv"]:
        yield from sorted(root.glob(f"versions/{version}*/bin/{name}"))


@functools.cache
def _does(python: Path) -> bool:
    try:
        tried = subprocess.run([python, "-c", _NEEDED], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return tried.returncode == 0
