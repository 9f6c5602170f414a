"""Write docs/matrix.md from what the tests have proven, or check that it still says so.

The reports of the last run of each layer are read: `python -m tools.run_tests` leaves them. With `--check`
nothing is written, and what is out of date, failed, or missing without a reason is named.
"""

from __future__ import annotations

import argparse
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import matrix
from tests.support.matrix import COLUMNS, DOORS, ROWS, Column, Reason, Row
from tools import state
from tools.docs import table

TARGET = state.ROOT / "docs" / "matrix.md"
RESULTS = state.TOOLS / "results"
INTRODUCTION = """\
# The matrix

Each row is a call with which somebody blinds CloudTrail. A proof is a test that passes only if the change was
detected through the door, repaired, verified and told; at the layers that run the function, the verdict is
read from AWS's state by a client that is not Rearm's. *Event* is the call's own event, *sweep* the schedule
with all events cut off. This page is written by `python -m tools.matrix` from the results of `make test`,
which fails when they differ.

- **Unit**: the function's code, with AWS's answers from moto or made up.
- **Pattern**: the event is matched by the automation's rule, and by no other automation's.
- **Permission**: the plan grants what the repair calls in mode `remediate`, and not in `notify`.
- **End to end**: the deployed zip on [AWS on this machine](testing.md#aws-on-this-machine), with the role's
  permissions.

What the repairs call is besides held against the grants, and made to fail in every way: the
[layers](testing.md#the-layers) `privilege` and `faults`.
"""


@dataclass
class Results:
    """What marked tests have shown, by layer, row and door.

    Attributes
    ----------
    passed : set of tuple of str
        `(layer, row, door)` of tests that passed.
    failed : dict
        From such a key to the names of the tests that did not.
    """

    passed: set[tuple[str, str, str]] = field(default_factory=set)
    failed: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def proven(self, column: Column, row: Row, door: str) -> bool:
        """Tell whether a test of the column has passed for a row and door, and none has failed."""
        keys = [(folder, row.id, door) for folder in column.folders]
        return any(key in self.passed for key in keys) and not any(key in self.failed for key in keys)


def read(folder: Path) -> Results:
    """Read the reports of a folder.

    Parameters
    ----------
    folder : Path
        With pytest's JUnit reports, named by layer as `tools.run_tests` does.

    Returns
    -------
    Results
        Empty when there is no report.
    """
    results = Results()
    for report in sorted(folder.glob("*.xml")):
        layer = report.stem.partition("-")[0]
        for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 (pytest wrote it)
            passed = all(case.find(end) is None for end in ("failure", "error", "skipped"))
            for mark in case.iter("property"):
                if mark.get("name") != matrix.PROPERTY:
                    continue
                row, _, door = mark.get("value", "").partition(" ")
                if passed:
                    results.passed.add((layer, row, door))
                else:
                    name = f"{case.get('classname')}::{case.get('name')}"
                    results.failed.setdefault((layer, row, door), []).append(name)
    return results


def _doors(results: Results, row: Row, columns: Sequence[Column]) -> list[str]:
    return [door for door in DOORS if any(results.proven(column, row, door) for column in columns)]


def render(results: Results, reasons: Sequence[Reason] = matrix.REASONS) -> str:
    """Give the page.

    Parameters
    ----------
    results : Results
        What the tests have shown.
    reasons : sequence of Reason
        Why proofs are missing.

    Returns
    -------
    str
        Markdown.
    """
    running = [column for column in COLUMNS if column.title in ("Unit", "End to end")]
    rows = []
    for row in ROWS:
        doors = _doors(results, row, running)
        cells = [", ".join(_doors(results, row, [column])) or "-" for column in COLUMNS]
        seen, done = ", ".join(doors) or "none", "yes" if doors else "no"
        rows.append((f"`{row.id}`", row.call, row.repair, seen, done, done, *cells))
    titles = [column.title for column in COLUMNS]
    header = ("Row", "The attacker's call", "The repair", "Doors", "Repaired", "Verified", *titles)
    parts = [INTRODUCTION, table(header, rows), "", "## In numbers", "", _numbers(results)]
    if missing := _explained(results, reasons):
        parts += ["", "## What is not proven, and why", "", *missing]
    return "\n".join(parts) + "\n"


def _numbers(results: Results) -> str:
    lines = []
    for column in COLUMNS:
        counts = [
            f"{sum(results.proven(column, row, door) for row in ROWS)} of {len(ROWS)}"
            if door in column.doors
            else "-"
            for door in DOORS
        ]
        lines.append((column.title, *counts))
    return table(("Proven at", "By its event", "By the sweep"), lines)


def _explained(results: Results, reasons: Sequence[Reason]) -> list[str]:
    given = {(reason.row, reason.column, reason.door): reason.text for reason in reasons}
    lines: dict[tuple[str, str, str], list[str]] = {}
    for row, column, door in _missing(results):
        if text := given.get((row.id, column.title, door)):
            lines.setdefault((column.title, door, text), []).append(f"`{row.id}`")
    return [f"- {title}, {door}: {', '.join(ids)}. {text}" for (title, door, text), ids in lines.items()]


def _missing(results: Results) -> list[tuple[Row, Column, str]]:
    return [
        (row, column, door)
        for row in ROWS
        for column in COLUMNS
        for door in column.doors
        if not results.proven(column, row, door)
    ]


def problems(results: Results, reasons: Sequence[Reason] = matrix.REASONS) -> list[str]:
    """Say what is missing or failed.

    Parameters
    ----------
    results : Results
        What the tests have shown.
    reasons : sequence of Reason
        Why proofs are missing.

    Returns
    -------
    list of str
        One line each; also for a reason that is given for a proof that there is.
    """
    given = {(reason.row, reason.column, reason.door) for reason in reasons}
    missing = {(row.id, column.title, door) for row, column, door in _missing(results)}
    lines = [
        f"{row}, {door}: failed in {layer}: {', '.join(names)}"
        for (layer, row, door), names in _sorted(results.failed)
    ]
    lines += [
        f"{row}, {door}: no proof at {title}, and no reason" for row, title, door in sorted(missing - given)
    ]
    lines += [
        f"{row}, {door}: a reason is given for {title}, where nothing is missing"
        for row, title, door in sorted(given - missing)
    ]
    return lines


def _sorted(found: Mapping[tuple[str, str, str], list[str]]) -> list[tuple[tuple[str, str, str], list[str]]]:
    return sorted(found.items())


def check(results: Results, target: Path, reasons: Sequence[Reason] = matrix.REASONS) -> list[str]:
    """Say what keeps the page from being what the tests have shown.

    Parameters
    ----------
    results : Results
        What the tests have shown.
    target : Path
        The page.
    reasons : sequence of Reason
        Why proofs are missing.

    Returns
    -------
    list of str
        One line each; none when all is well.
    """
    lines = problems(results, reasons)
    written = target.read_text(encoding="utf-8") if target.is_file() else ""
    if written != render(results, reasons):
        lines.append(f"{target.name} is not what the tests have shown: run `python -m tools.matrix`")
    return lines


def main(arguments: Sequence[str], results: Path = RESULTS, target: Path = TARGET) -> int:
    """Write or check the page.

    Parameters
    ----------
    arguments : sequence of str
        `--check` or nothing.
    results : Path
        The folder with the layers' reports.
    target : Path
        The page.

    Returns
    -------
    int
        1 when something is missing, failed or out of date; writing alone returns 0.
    """
    parser = argparse.ArgumentParser(description="Write docs/matrix.md from the tests' results.")
    parser.add_argument("--check", action="store_true", help="only say what is missing or out of date")
    options = parser.parse_args(arguments)
    shown = read(results)
    if not options.check:
        target.write_text(render(shown), encoding="utf-8")
    lines = check(shown, target) if options.check else problems(shown)
    for line in lines:
        print(line)
    return 1 if options.check and lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
