"""One process with one handler: the cold start that is timed, or the warm loop.

    python bench/child.py rearm|comparison cold EVENT_FILE
    python bench/child.py rearm|comparison warm
    python bench/child.py rearm counted

A warm process takes an event per line on stdin and answers with a result per line on stdout: the seconds that
the handler took, or, counted, an object with them and with the calls that it made. What the handler says goes
to stderr.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, cast

Handler = Callable[[object, object], object]
MODULES = {"rearm": "rearm.handler", "comparison": "comparison"}


class Context:
    """What Rearm uses of Lambda's context."""

    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        """Return a minute, as a new invocation has it."""
        return 60_000


def load(name: str) -> Handler:
    """Import one of the two handlers as Lambda would."""
    return cast("Handler", import_module(MODULES[name]).handle)


def warm(handler: Handler) -> None:
    """Handle an event per line; answer with the seconds that the handler took."""
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        event = json.loads(line)
        start = time.perf_counter()
        handler(event, Context())
        results.write(f"{time.perf_counter() - start}\n")
        results.flush()


def counted(handler: Handler) -> None:
    """Handle an event per line; answer with the seconds that the handler took and the calls it made."""
    from rearm.aws import Aws

    made: list[str] = []
    call = Aws.call

    def counting(self: Aws, service: str, region: str, operation: str, *rest: Any, **more: Any) -> object:  # noqa: ANN401 - passed on as given
        made.append(f"{service}:{operation}")
        return call(self, service, region, operation, *rest, **more)

    setattr(Aws, "call", counting)  # noqa: B010 - a method of a class may not be assigned to
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        made.clear()
        start = time.perf_counter()
        handler(json.loads(line), Context())
        results.write(json.dumps({"seconds": time.perf_counter() - start, "calls": made}) + "\n")
        results.flush()


def main() -> None:
    """Run one handler cold or warm."""
    name, how = sys.argv[1:3]
    if how in ("warm", "counted"):
        (warm if how == "warm" else counted)(load(name))
        return
    event = json.loads(Path(sys.argv[3]).read_text(encoding="utf-8"))
    load(name)(event, Context())


if __name__ == "__main__":
    main()
