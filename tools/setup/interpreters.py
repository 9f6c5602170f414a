"""The Python interpreters of this machine that really run and can make a virtual environment.

Kept to what Python 3.6 understands, because it runs before a newer Python was found.
"""

import glob
import os
import subprocess
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

# 3.13 is the function's own version on AWS, so it is the best one to test with. 3.14 comes last: the
# tools run on it, but AWS's provider 5 does not know it as a Lambda runtime.
PREFERRED = ("3.13", "3.12", "3.11", "3.14")
# The oldest versions that the function supports, oldest first.
OLDEST = ("3.11", "3.12")

MISSING = (
    "no Python from 3.11 to 3.14 with venv was found; install Python 3.13 "
    "(for example `apt install python3-venv`, `dnf install python3.13`, `brew install python@3.13` "
    "or `uv python install 3.13`) and try again"
)

_QUESTION = (
    "import ensurepip, sys, venv; "
    "base = getattr(sys, '_base_executable', None) or sys.executable; "
    "print('%d.%d|%s' % (sys.version_info[0], sys.version_info[1], base))"
)


class Interpreter(NamedTuple):
    """An interpreter that runs: its version as `major.minor` and the path of its executable."""

    version: str
    path: str


def candidates(environment: Mapping[str, str], home: str) -> Iterator[str]:
    """Give the places where an interpreter may be, the likeliest first.

    Parameters
    ----------
    environment : mapping of str to str
        The environment to read PATH, PYENV_ROOT and UV_PYTHON_INSTALL_DIR from.
    home : str
        The user's home directory.

    Yields
    ------
    str
        Paths of files that exist and are executable; one file can come under several names.
    """
    directories = [part for part in environment.get("PATH", "").split(os.pathsep) if part]
    directories += ["/usr/local/bin", "/usr/bin"]
    pyenv = environment.get("PYENV_ROOT") or os.path.join(home, ".pyenv")
    uv = environment.get("UV_PYTHON_INSTALL_DIR") or os.path.join(home, ".local", "share", "uv", "python")
    for version in PREFERRED:
        names = [os.path.join(directory, "python" + version) for directory in directories]
        names += sorted(
            glob.glob(os.path.join(pyenv, "versions", version + "*", "bin", "python")), reverse=True
        )
        names += sorted(glob.glob(os.path.join(uv, "cpython-" + version + "*", "bin", "python" + version)))
        for name in names:
            if os.access(name, os.X_OK) and not os.path.isdir(name):
                yield name
    for directory in directories:
        name = os.path.join(directory, "python3")
        if os.access(name, os.X_OK) and not os.path.isdir(name):
            yield name


def ask(path: str) -> Optional[Interpreter]:
    """Run an interpreter and ask for its version and its real executable.

    Parameters
    ----------
    path : str
        A file that may be an interpreter, or a shim that fails.

    Returns
    -------
    Interpreter or None
        None when it does not run, hangs for 15 seconds, or cannot make virtual environments.
    """
    try:
        done = subprocess.run(
            [path, "-I", "-c", _QUESTION],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=15,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version, separator, executable = done.stdout.decode("utf-8", "replace").strip().partition("|")
    if done.returncode != 0 or not separator:
        return None
    return Interpreter(version, executable)


def find(environment: Optional[Mapping[str, str]] = None, home: Optional[str] = None) -> List[Interpreter]:
    """Find one interpreter for each supported version.

    Parameters
    ----------
    environment : mapping of str to str, optional
        By default that of this process.
    home : str, optional
        By default the user's.

    Returns
    -------
    list of Interpreter
        At most one for each version in `PREFERRED`, in that order.
    """
    found: Dict[str, Interpreter] = {}
    asked: Set[Tuple[str, str]] = set()
    for path in candidates(
        dict(os.environ) if environment is None else environment, home or os.path.expanduser("~")
    ):
        real = os.path.realpath(path)
        # A shim directory has one real file behind many names, so the name counts as well.
        if (real, os.path.basename(path)) in asked or _version_of(path) in found:
            continue
        asked.add((real, os.path.basename(path)))
        interpreter = ask(path)
        if interpreter is not None and interpreter.version in PREFERRED:
            found.setdefault(interpreter.version, interpreter)
    return [found[version] for version in PREFERRED if version in found]


def _version_of(path: str) -> str:
    return os.path.basename(path)[len("python") :]


def choose_main(found: Sequence[Interpreter]) -> Optional[Interpreter]:
    """Choose the interpreter for the main environment: the function's own version if it is there."""
    by_version = {interpreter.version: interpreter for interpreter in found}
    return next((by_version[version] for version in PREFERRED if version in by_version), None)


def choose_oldest(found: Sequence[Interpreter], main: Interpreter) -> Optional[Interpreter]:
    """Choose the oldest supported interpreter that is not the main one; None if there is no other."""
    by_version = {interpreter.version: interpreter for interpreter in found}
    wanted = [version for version in OLDEST if version in by_version and version != main.version]
    return by_version[wanted[0]] if wanted else None
