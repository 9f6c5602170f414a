"""What the demo shows: numbered steps with times, on a terminal or in a file."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import threading
import time
from collections.abc import Iterable
from typing import TextIO

WIDTH = 96
_STYLES = {"bold": "1", "good": "32", "bad": "31", "dim": "2"}


class Screen:
    """Writes lines that fit; colours and a line that changes only where a terminal shows them.

    Parameters
    ----------
    stream
        Where to; standard output by default.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._terminal = self._stream.isatty()
        self._coloured = self._terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        self._width = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns - 1)
        self._began = time.monotonic()
        self._steps = 0
        self._passing = False
        self._told_at = 0.0
        # The timeline tells of calls, events and invocations in the threads that make them.
        self._lock = threading.RLock()

    @property
    def seconds(self) -> float:
        """How long the demo has run."""
        return time.monotonic() - self._began

    def step(self, title: str) -> None:
        """Begin the next numbered step."""
        with self._lock:
            self._steps += 1
            head = f"{self._steps}. {title}"
            self._write("")
            self._write(f"{self._styled(head, 'bold')}{f'{self.seconds:.0f} s':>{self._width - len(head)}}")

    def say(self, text: str = "", indent: int = 3, style: str = "") -> None:
        """Write a paragraph."""
        with self._lock:
            for line in self._wrapped(text, indent) or [""]:
                self._write(self._styled(line, style))

    def entry(self, at: str, kind: str, text: str) -> None:
        """Write one line of what happens, with its time and its kind before it."""
        head = f"   {at:>7}  {kind:<9} "
        with self._lock:
            lines = self._wrapped(text, 0, self._width - len(head)) or [""]
            for number, line in enumerate(lines):
                self._write((head if number == 0 else " " * len(head)) + line)

    def block(self, lines: Iterable[str]) -> None:
        """Write text as it is, such as a mail or a file, with a line at its side."""
        with self._lock:
            for line in lines:
                for part in self._wrapped(line, 0, self._width - 5) or [""]:
                    self._write(f"   | {part}".rstrip())

    def verdict(self, holds: bool, text: str) -> None:
        """Write whether something is as it must be."""
        with self._lock:
            mark = self._styled("   [ok]", "good") if holds else self._styled("   [FAILED]", "bad")
            first, *rest = self._wrapped(text, 0, self._width - 10) or [""]
            self._write(f"{mark} {first}")
            for line in rest:
                self._write(" " * 8 + line)

    def progress(self, text: str) -> None:
        """Show how far something is: in place on a terminal, every few seconds in a file."""
        with self._lock:
            if self._terminal:
                self._stream.write(f"\r   {text[: self._width - 3]:<{self._width - 3}}")
                self._stream.flush()
                self._passing = True
            elif self.seconds - self._told_at >= 5:
                self._write(f"   {text}")
                self._told_at = self.seconds

    def _wrapped(self, text: str, indent: int, width: int | None = None) -> list[str]:
        before = " " * indent
        follow = before + (" " * (len(text) - len(text.lstrip())) + "  " if text.strip() else "")
        return textwrap.wrap(
            text,
            width or self._width,
            initial_indent=before,
            subsequent_indent=follow if indent == 0 else before,
            break_on_hyphens=False,
            drop_whitespace=True,
        )

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if style and self._coloured else text

    def _write(self, line: str) -> None:
        if self._passing:
            self._stream.write("\r" + " " * self._width + "\r")
            self._passing = False
        self._stream.write(line + "\n")
        self._stream.flush()
