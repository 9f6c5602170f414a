"""Run every check that is not a test: format, lint, types, generated files and the project's own rules."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tools.state import ROOT

PYTHON = sys.executable
# Paths that may not be there yet in a part of the history are left out of the type check.
TYPED = tuple(name for name in ("lambda_src", "tools", "tests", "bench") if (ROOT / name).is_dir())


@dataclass(frozen=True)
class Check:
    """One check: its name and the command, which exits with 0 when all is well."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """How a check ended: its output, and the time it took in seconds."""

    name: str
    passed: bool
    output: str
    seconds: float


def checks() -> list[Check]:
    """List the checks, the slowest first, so that two at a time end soonest."""
    terraform = os.environ.get("REARM_TERRAFORM", "terraform")
    own = ("check_manifests", "check_hcl", "check_text")
    return [
        Check("types", (PYTHON, "-m", "mypy", "--no-error-summary", *TYPED)),
        Check("lint", (PYTHON, "-m", "ruff", "check", "--quiet", ".")),
        Check("format", (PYTHON, "-m", "ruff", "format", "--check", "--quiet", ".")),
        Check("terraform format", (terraform, "fmt", "-check", "-recursive", "-diff", ".")),
        *(Check(name.removeprefix("check_"), (PYTHON, "-m", f"tools.{name}")) for name in own),
        Check("docs", (PYTHON, "-m", "tools.docs", "--check")),
        Check("package", (PYTHON, "-m", "tools.package", "--check")),
    ]


def fixes() -> list[Check]:
    """List the commands that put right what can be put right without a person."""
    terraform = os.environ.get("REARM_TERRAFORM", "terraform")
    return [
        Check("lint", (PYTHON, "-m", "ruff", "check", "--fix", "--quiet", ".")),
        Check("format", (PYTHON, "-m", "ruff", "format", "--quiet", ".")),
        Check("terraform format", (terraform, "fmt", "-recursive", ".")),
    ]


def run_one(check: Check) -> Result:
    """Run one check and keep what it prints."""
    begin = time.monotonic()
    try:
        done = subprocess.run(
            check.command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        passed, output = done.returncode == 0, done.stdout
    except OSError as error:
        passed, output = False, f"{check.command[0]}: {error}\n"
    return Result(check.name, passed, output, time.monotonic() - begin)


def run(selected: Sequence[Check], workers: int = 2) -> list[Result]:
    """Run checks and print one line for each as it ends, with its output when it failed.

    Parameters
    ----------
    selected : sequence of Check
        What to run.
    workers : int
        How many at a time.

    Returns
    -------
    list of Result
        In the order of `selected`.
    """
    with ThreadPoolExecutor(workers) as pool:
        results = []
        for result in pool.map(run_one, selected):
            print(
                f"{'ok' if result.passed else 'FAILED':<7} {result.name} ({result.seconds:.1f} s)", flush=True
            )
            if not result.passed:
                print(result.output, flush=True)
            results.append(result)
    return results


def main(arguments: Sequence[str]) -> int:
    """Run all checks, or with `--fix` put right what can be.

    Parameters
    ----------
    arguments : sequence of str
        Nothing, or `--fix`.

    Returns
    -------
    int
        0, or 1 when one of them failed.
    """
    parser = argparse.ArgumentParser(description="Run every check that is not a test.")
    parser.add_argument("--fix", action="store_true", help="format and fix instead")
    results = run(fixes(), workers=1) if parser.parse_args(arguments).fix else run(checks())
    return 0 if all(result.passed for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
