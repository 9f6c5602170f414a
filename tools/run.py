"""Run a command in the environment that the set-up has made: `python -m tools.run -- COMMAND …`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tools import state


def main(arguments: Sequence[str]) -> int:
    """Replace this process by the command.

    Parameters
    ----------
    arguments : sequence of str
        The command and its arguments, with or without a `--` before them.

    Returns
    -------
    int
        Only when the command was not started: 1 without a set-up, 2 without a command.
    """
    command = list(arguments[1:] if arguments[:1] == ["--"] else arguments)
    known = state.load()
    if known is None:
        print("run: nothing is set up here; run `make setup`", file=sys.stderr)
        return 1
    if not command:
        print("usage: python -m tools.run -- COMMAND …", file=sys.stderr)
        return 2
    settings = state.environment(known, os.environ)
    # The program is looked up on the PATH of the new environment, where the main Python comes first.
    os.execvpe(command[0], command, settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
