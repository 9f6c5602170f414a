"""Text for a terminal. What comes from events can be anybody's words: control characters are taken out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rearm.report.text import one_line


def columns(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay a table out in columns as wide as what is in them, the last one open."""
    lines = [list(header), *([one_line(cell, 300) for cell in row] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def moment(time: datetime) -> str:
    """Write a time in UTC, to the second."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def seconds(value: float | None) -> str:
    """Write a duration in seconds, or ``-`` where nobody knows it."""
    return "-" if value is None else f"{value:.1f}"
