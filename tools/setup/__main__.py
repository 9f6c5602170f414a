"""Start the set-up with the best Python of this machine, whichever Python it was started with.

This file and `interpreters` keep to what Python 3.6 understands, so that an old `python3` finds the
newer one beside it, or says what is missing, instead of failing with a syntax error.
"""

import os
import sys

from tools.setup import interpreters


def main() -> int:
    """Find the interpreters and run `tools.setup.steps` with the best of them.

    Returns
    -------
    int
        Exit code: 0 when everything is in place, 1 when something is missing.
    """
    if sys.version_info >= (3, 11):
        from tools.setup import steps

        if steps.is_current():
            return 0
        if os.environ.pop("REARM_SETUP_STARTED", None):
            return steps.main()
    best = interpreters.choose_main(interpreters.find())
    if best is None:
        sys.stderr.write("setup: " + interpreters.MISSING + "\n")
        return 1
    # The repository's root is the working directory; `-m` puts it on the path.
    os.execve(best.path, [best.path, "-m", "tools.setup"], dict(os.environ, REARM_SETUP_STARTED="1"))


if __name__ == "__main__":
    sys.exit(main())
