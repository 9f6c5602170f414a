"""The layers of the tests, in the order in which they run, and how one layer's result is read."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

# The one reason for which a test may be skipped: a corpus that is not part of the project.
ALLOWED_SKIP = "REARM_EVENT_CORPUS"


@dataclass(frozen=True)
class Layer:
    """One folder of tests and how it runs.

    Attributes
    ----------
    name : str
        The folder's name below `tests`.
    workers : tuple of str
        pytest-xdist's options, where tests can run side by side on two cores.
    oldest : bool
        Whether it runs on the oldest supported Python as well.
    """

    name: str
    workers: tuple[str, ...] = ()
    oldest: bool = False


# From quick to slow, but for the last one, which also holds the calls that e2e has recorded against the
# grants. Plans are shared by the tests of one file, so a file stays on one worker.
LAYERS = (
    Layer("unit", ("-n", "2"), oldest=True),
    Layer("patterns"),
    Layer("tools", ("-n", "2")),
    Layer("operator", ("-n", "2")),
    Layer("local_aws_tests", ("-n", "2")),
    Layer("faults", ("-n", "2")),
    Layer("iam"),
    Layer("plan", ("-n", "2", "--dist", "loadfile")),
    Layer("e2e", ("-n", "2")),
    Layer("privilege"),
)


@dataclass(frozen=True)
class Outcome:
    """How one run of a layer ended.

    Attributes
    ----------
    name : str
        The layer, with the Python version where it ran on more than one.
    passed, failed : int
        Numbers of tests. Something that kept tests from running counts as one failed.
    skipped : tuple of str
        `test: reason` of each skipped or expected-to-fail test.
    problems : tuple of str
        Why the layer failed although no test did.
    seconds : float
        Wall time.
    """

    name: str
    passed: int = 0
    failed: int = 0
    skipped: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=())
    seconds: float = 0.0


def unknown_folders(tests: Path, layers: Sequence[Layer] = LAYERS) -> list[str]:
    """List folders with tests that no layer runs.

    Parameters
    ----------
    tests : Path
        The folder with the layers' folders.
    layers : sequence of Layer
        The known ones.

    Returns
    -------
    list of str
        Names of folders; a test in `tests` itself counts as in the folder `.`.
    """
    known = {layer.name for layer in layers}
    parts = (path.relative_to(tests).parts for path in tests.rglob("test_*.py"))
    return sorted({part[0] if len(part) > 1 else "." for part in parts} - known)


def read(name: str, report: Path, code: int, seconds: float) -> Outcome:
    """Read the result of a layer from pytest's JUnit report.

    Parameters
    ----------
    name : str
        What to call the layer.
    report : Path
        The XML file; it need not exist.
    code : int
        pytest's exit code.
    seconds : float
        Wall time.

    Returns
    -------
    Outcome
        With a problem when no test ran, when a test was skipped for a reason that is not allowed, and when
        pytest failed in another way than by a failed test.
    """
    try:
        cases = list(ET.parse(report).getroot().iter("testcase"))  # noqa: S314 (pytest wrote it)
    except (OSError, ET.ParseError):
        return Outcome(
            name, failed=1, problems=(f"pytest ended with {code} and left no report",), seconds=seconds
        )
    failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
    skipped = tuple(
        f"{case.get('classname')}::{case.get('name')}: {mark.get('message')}"
        for case in cases
        if (mark := case.find("skipped")) is not None
    )
    passed = len(cases) - failed - len(skipped)
    problems = [f"skipped: {text}" for text in skipped if ALLOWED_SKIP not in text.rpartition(": ")[2]]
    if passed + failed == 0:
        problems.append("no test ran")
    if code not in (0, 1, 5) or (code == 1 and failed == 0):
        problems.append(f"pytest ended with {code}")
    return Outcome(
        name, passed, failed + (1 if problems and not failed else 0), skipped, tuple(problems), seconds
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """Give the table of all layers with their counts and times, and what is wrong below it.

    Parameters
    ----------
    outcomes : sequence of Outcome
        In the order in which they ran.

    Returns
    -------
    str
        Lines of text, the last of which is `N passed, N failed`, with `, N skipped` where tests were.
    """
    lines = [f"{'layer':<28}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}"]
    lines += [
        f"{outcome.name:<28}{outcome.passed:>8}{outcome.failed:>8}{len(outcome.skipped):>9}{outcome.seconds:>9.1f}"
        for outcome in outcomes
    ]
    lines += [f"skipped in {outcome.name}: {text}" for outcome in outcomes for text in outcome.skipped]
    lines += [f"problem in {outcome.name}: {text}" for outcome in outcomes for text in outcome.problems]
    passed, failed, skipped = (
        sum(outcome.passed for outcome in outcomes),
        sum(outcome.failed for outcome in outcomes),
        sum(len(outcome.skipped) for outcome in outcomes),
    )
    lines.append(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return "\n".join(lines)
