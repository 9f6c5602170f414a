from __future__ import annotations

import sys

import pytest

from tools import run_checks
from tools.run_checks import Check


def test_a_failed_check_shows_its_output_and_a_passed_one_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    selected = [
        Check("good", (sys.executable, "-c", "print('quiet')")),
        Check("bad", (sys.executable, "-c", "print('here is why'); raise SystemExit(1)")),
    ]

    results = run_checks.run(selected)

    output = capsys.readouterr().out
    assert [result.passed for result in results] == [True, False]
    assert "FAILED  bad" in output
    assert "here is why" in output
    assert "quiet" not in output


def test_a_check_whose_program_is_missing_has_failed() -> None:
    result = run_checks.run_one(Check("gone", ("no-such-program-anywhere",)))

    assert not result.passed
    assert "no-such-program-anywhere" in result.output


def test_one_failed_check_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    good = Check("good", (sys.executable, "-c", ""))
    bad = Check("bad", (sys.executable, "-c", "raise SystemExit(1)"))

    monkeypatch.setattr(run_checks, "checks", lambda: [good])
    assert run_checks.main([]) == 0
    monkeypatch.setattr(run_checks, "checks", lambda: [good, bad])
    assert run_checks.main([]) == 1


def test_every_checker_of_the_project_is_run() -> None:
    names = {check.name for check in run_checks.checks()}

    assert names == {
        "docs",
        "format",
        "hcl",
        "lint",
        "manifests",
        "package",
        "terraform format",
        "text",
        "types",
    }
