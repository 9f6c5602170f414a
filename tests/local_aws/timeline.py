"""What has happened, in order, and whether anything is still under way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True)
class Entry:
    """One thing that happened.

    Attributes
    ----------
    kind
        ``call`` (an API call that changes something), ``event`` (put on a bus), ``rule`` (matched),
        ``invocation`` (a function ran), ``function-call`` (a call by a function), ``message`` (published),
        ``undelivered``, ``config`` (a compliance change), ``note``, or ``problem`` (something this imitation
        of AWS cannot do).
    text
        One line for people.
    detail
        What a test may look at.
    """

    at: datetime
    kind: str
    text: str
    detail: Mapping[str, object] = field(default_factory=dict)


class Timeline:
    """A thread-safe journal with a count of the work under way."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._telling = threading.RLock()
        self._entries: list[Entry] = []
        self._listeners: list[Callable[[Entry], None]] = []
        self._under_way = 0

    def add(self, kind: str, text: str, **detail: object) -> None:
        """Note something and wake whoever waits."""
        entry = Entry(datetime.now(UTC), kind, text, detail)
        with self._telling:
            with self._changed:
                self._entries.append(entry)
                listeners = list(self._listeners)
                self._changed.notify_all()
            for listener in listeners:
                listener(entry)

    def listen(self, listener: Callable[[Entry], None]) -> None:
        """Have a function called with each further entry, one at a time and in order."""
        with self._changed:
            self._listeners.append(listener)

    def entries(self, kind: str | None = None) -> list[Entry]:
        """Give the entries so far, of one kind or of all."""
        with self._changed:
            return [entry for entry in self._entries if kind in (None, entry.kind)]

    def begin(self) -> None:
        """Count one piece of work as under way, before it is handed to another thread."""
        with self._changed:
            self._under_way += 1

    def end(self) -> None:
        """Count it as done."""
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    @contextmanager
    def work(self) -> Iterator[None]:
        """Count what happens inside as under way."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def wait_idle(self, timeout_s: float) -> None:
        """Wait until no event, invocation or evaluation is under way.

        Raises
        ------
        TimeoutError
            When something still is.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._under_way == 0, timeout_s):
                raise TimeoutError(
                    f"{self._under_way} pieces of work are still under way after {timeout_s} s"
                )

    def wait_for(self, predicate: Callable[[], bool], timeout_s: float) -> None:
        """Wait until something is true; asked again at each entry and every 50 milliseconds.

        Raises
        ------
        TimeoutError
            When it has not become true.
        """
        end = time.monotonic() + timeout_s
        while not predicate():
            if time.monotonic() > end:
                raise TimeoutError(f"not true within {timeout_s} s")
            with self._changed:
                self._changed.wait(0.05)
