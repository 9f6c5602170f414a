"""Run the checks and the layers of the tests, and say how many tests ran at each and how long it took.

`python -m tools.run_tests` runs everything, `--quick` the checks and the unit tests on the main Python, and
names of layers run these alone. A failing layer does not keep the next one from running.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from tools import layers, matrix, run_checks, state
from tools.layers import LAYERS, Layer, Outcome

RESULTS = state.TOOLS / "results"
# Names the file in which e2e leaves its calls for the layer that holds them against the grants.
RECORDED = "REARM_RECORDED_CALLS"
# No layer takes this long; it ends one that hangs, in seconds.
LIMIT = 2400


def pythons() -> dict[str, str]:
    """Give the interpreters by version, the main one first, as `REARM_PYTHONS` lists them."""
    listed = os.environ.get("REARM_PYTHONS", "")
    pairs = (part.partition("=") for part in listed.split(",") if part)
    return {version: path for version, _, path in pairs}


def plan(selected: Sequence[Layer], quick: bool) -> list[tuple[str, Layer, str]]:
    """List the runs: a name for people, the layer and the interpreter.

    Parameters
    ----------
    selected : sequence of Layer
        The layers to run.
    quick : bool
        Leave the oldest Python out.

    Returns
    -------
    list of tuple
        In order; a layer that runs on several Pythons comes once for each.
    """
    known = pythons() or {f"{sys.version_info[0]}.{sys.version_info[1]}": sys.executable}
    main, *others = known.items()
    runs = []
    for layer in selected:
        chosen = [main, *others] if layer.oldest and not quick else [main]
        named = layer.oldest and len(known) > 1
        runs += [
            (f"{layer.name} (Python {version})" if named else layer.name, layer, path)
            for version, path in chosen
        ]
    return runs


def run_layer(name: str, layer: Layer, python: str) -> Outcome:
    """Run one layer with one interpreter; pytest's own output goes to the terminal.

    Parameters
    ----------
    name : str
        What to call this run.
    layer : Layer
        The layer.
    python : str
        The interpreter.

    Returns
    -------
    Outcome
        What pytest's report says, or a problem when the folder is missing or pytest hangs.
    """
    folder = state.ROOT / "tests" / layer.name
    if not folder.is_dir():
        return Outcome(name, failed=1, problems=(f"tests/{layer.name} is missing",))
    report = RESULTS / f"{name.replace(' ', '-').strip(')').replace('(', '')}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    recorded = RESULTS / "calls.json"
    if layer.name == "e2e":
        recorded.unlink(missing_ok=True)
    environment = dict(os.environ)
    if layer.name == "e2e" or recorded.exists():
        environment[RECORDED] = str(recorded)
    print(f"\n{name}", flush=True)
    begin = time.monotonic()
    command = [python, "-m", "pytest", "-q", *layer.workers, f"--junit-xml={report}", str(folder)]
    # A group of its own, so that servers that tests have started go down with a run that hangs.
    with subprocess.Popen(
        command, cwd=state.ROOT, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            code = process.wait(timeout=LIMIT)
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            if sys.exc_info()[0] is not subprocess.TimeoutExpired:
                raise
            return Outcome(name, failed=1, problems=(f"did not end within {LIMIT} seconds",), seconds=LIMIT)
    return layers.read(name, report, code, time.monotonic() - begin)


def run_the_checks() -> Outcome:
    """Run the checks and count them like tests."""
    print("checks", flush=True)
    begin = time.monotonic()
    results = run_checks.run(run_checks.checks())
    failed = sum(1 for result in results if not result.passed)
    return Outcome("checks", len(results) - failed, failed, seconds=time.monotonic() - begin)


def matrix_of_the_run() -> Outcome:
    """Hold docs/matrix.md against what the layers have just shown."""
    problems = tuple(matrix.check(matrix.read(RESULTS), matrix.TARGET))
    return Outcome("matrix", 0 if problems else 1, 1 if problems else 0, problems=problems)


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for and print the table.

    Parameters
    ----------
    arguments : sequence of str
        `--quick`, or names of layers, or nothing for everything.

    Returns
    -------
    int
        0 when every layer ran tests and all of them passed.
    """
    parser = argparse.ArgumentParser(description="Run the checks and the layers of the tests.")
    parser.add_argument("--quick", action="store_true", help="only the checks and the unit tests")
    parser.add_argument("layers", nargs="*", metavar="LAYER", help="only these layers, without the checks")
    options = parser.parse_args(arguments)
    by_name = {layer.name: layer for layer in LAYERS}
    wrong = [name for name in options.layers if name not in by_name]
    if wrong:
        parser.error(f"no such layer: {', '.join(wrong)}; there are {', '.join(by_name)}")
    selected = [by_name[name] for name in options.layers] or (
        [by_name["unit"]] if options.quick else list(LAYERS)
    )

    whole = not options.layers and not options.quick
    if whole:
        # What an earlier run has shown is no result of this one.
        for report in RESULTS.glob("*.xml"):
            report.unlink()
    outcomes = [] if options.layers else [run_the_checks()]
    outcomes += [run_layer(*run) for run in plan(selected, options.quick)]
    lost = layers.unknown_folders(state.ROOT / "tests")
    if lost:
        problem = f"tests in {', '.join(lost)} belong to no layer of tools/layers.py"
        outcomes.append(Outcome("layers", failed=1, problems=(problem,)))
    if whole:
        outcomes.append(matrix_of_the_run())
    print("\n" + layers.table(outcomes), flush=True)
    return 1 if any(outcome.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
