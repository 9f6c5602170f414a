"""Virtual environments with exact versions of what the tools and the tests need."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from tools.setup.interpreters import Interpreter

_COMPLETE = ".complete"


class InstallError(Exception):
    """A virtual environment could not be made; the message says why in a few lines."""


def key(interpreter: Interpreter, directory: Path, requirements: Path) -> str:
    """Give the text that changes whenever the environment has to be made anew.

    Parameters
    ----------
    interpreter : Interpreter
        The Python that the environment is made with.
    directory : Path
        Where the environment is; its scripts hold this path, so a moved checkout needs a new one.
    requirements : Path
        The file with the exact versions.

    Returns
    -------
    str
        A SHA-256 in hexadecimal.
    """
    parts = (interpreter.version, interpreter.path, str(directory), requirements.read_text(encoding="utf-8"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def python_of(directory: Path) -> Path:
    """Give the interpreter inside an environment."""
    return directory / "bin" / "python"


def is_complete(interpreter: Interpreter, directory: Path, requirements: Path) -> bool:
    """Tell whether the environment was made to its end, from these requirements, and its Python is there."""
    marker = directory / _COMPLETE
    return (
        marker.is_file()
        and marker.read_text(encoding="utf-8") == key(interpreter, directory, requirements)
        and python_of(directory).exists()
    )


def make(interpreter: Interpreter, directory: Path, requirements: Path) -> Path:
    """Make an environment, or keep the one that is there when nothing has changed.

    Parameters
    ----------
    interpreter : Interpreter
        The Python to make it with.
    directory : Path
        Where to make it; what is there already is removed unless it is complete.
    requirements : Path
        The file with the exact versions; pip's own configuration says where they come from.

    Returns
    -------
    Path
        The interpreter of the environment.

    Raises
    ------
    InstallError
        When the environment or one of the packages cannot be had. Nothing half made is left.
    """
    if is_complete(interpreter, directory, requirements):
        return python_of(directory)
    shutil.rmtree(directory, ignore_errors=True)
    python = python_of(directory)
    commands = (
        [interpreter.path, "-m", "venv", str(directory)],
        [
            str(python),
            "-m",
            "pip",
            "install",
            # Most of what is installed is never imported; what is compiles then, in a second or two.
            "--no-compile",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            str(requirements),
        ],
    )
    for command in commands:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            shutil.rmtree(directory, ignore_errors=True)
            last = "\n".join((done.stderr or done.stdout).strip().splitlines()[-6:])
            raise InstallError(f"`{' '.join(command)}` failed:\n{last}")
    (directory / _COMPLETE).write_text(key(interpreter, directory, requirements), encoding="utf-8")
    return python
