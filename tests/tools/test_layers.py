from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import layers, matrix, run_tests, state
from tools.layers import Layer, Outcome

PASSED = '<testcase classname="c" name="passes"/>'
FAILED = '<testcase classname="c" name="fails"><failure message="no"/></testcase>'
BROKEN = '<testcase classname="c" name="breaks"><error message="no"/></testcase>'


def skipped(reason: str) -> str:
    return f'<testcase classname="c" name="skips"><skipped message="{reason}"/></testcase>'


def read(tmp_path: Path, code: int, *cases: str) -> Outcome:
    report = tmp_path / "report.xml"
    text = f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"
    report.write_text(text, encoding="utf-8")
    return layers.read("unit", report, code, 1.5)


def test_passed_tests_are_counted(tmp_path: Path) -> None:
    assert read(tmp_path, 0, PASSED, PASSED) == Outcome("unit", passed=2, seconds=1.5)


def test_failures_and_errors_are_failed_tests(tmp_path: Path) -> None:
    outcome = read(tmp_path, 1, PASSED, FAILED, BROKEN)

    assert (outcome.passed, outcome.failed, outcome.problems) == (1, 2, ())


def test_a_layer_without_tests_has_failed(tmp_path: Path) -> None:
    outcome = read(tmp_path, 5)

    assert outcome.failed == 1
    assert outcome.problems == ("no test ran",)


def test_a_skipped_test_fails_the_layer_and_is_named(tmp_path: Path) -> None:
    outcome = read(tmp_path, 0, PASSED, skipped("no terraform"))

    assert outcome.failed == 1
    assert outcome.problems == ("skipped: c::skips: no terraform",)


def test_only_the_corpus_that_is_no_part_of_the_project_may_be_missing(tmp_path: Path) -> None:
    outcome = read(tmp_path, 0, PASSED, skipped("REARM_EVENT_CORPUS is not set"))

    assert (outcome.passed, outcome.failed, outcome.problems) == (1, 0, ())
    assert outcome.skipped == ("c::skips: REARM_EVENT_CORPUS is not set",)


@pytest.mark.parametrize("code", [2, 3, 4, -9])
def test_a_pytest_that_breaks_off_has_failed(tmp_path: Path, code: int) -> None:
    outcome = read(tmp_path, code, PASSED)

    assert outcome.failed == 1
    assert outcome.problems == (f"pytest ended with {code}",)


def test_a_missing_report_is_a_failure(tmp_path: Path) -> None:
    outcome = layers.read("unit", tmp_path / "absent.xml", 3, 1.0)

    assert outcome.failed == 1
    assert "left no report" in outcome.problems[0]


def test_the_table_closes_with_the_sums() -> None:
    outcomes = [
        Outcome("checks", passed=9, seconds=12.0),
        Outcome("unit", passed=3, failed=1, skipped=("a: REARM_EVENT_CORPUS",), seconds=2.0),
        Outcome("plan", failed=1, problems=("no test ran",)),
    ]

    lines = layers.table(outcomes).splitlines()

    assert lines[-1] == "12 passed, 2 failed, 1 skipped"
    assert "problem in plan: no test ran" in lines
    assert "skipped in unit: a: REARM_EVENT_CORPUS" in lines
    assert layers.table(outcomes[:1]).splitlines()[-1] == "9 passed, 0 failed"


def test_a_folder_with_tests_that_no_layer_runs_is_named(tmp_path: Path) -> None:
    for name in ("unit/test_a.py", "new/deep/test_b.py", "helpers/data.py", "test_c.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    assert layers.unknown_folders(tmp_path, [Layer("unit")]) == [".", "new"]


def test_every_folder_with_tests_belongs_to_a_layer() -> None:
    assert layers.unknown_folders(state.ROOT / "tests") == []


def test_unit_tests_run_on_every_python_and_the_quick_ones_on_the_main_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REARM_PYTHONS", "3.13=/main,3.11=/oldest")
    chosen = [Layer("unit", oldest=True), Layer("plan")]

    everything = [(name, python) for name, _, python in run_tests.plan(chosen, quick=False)]
    quick = [(name, python) for name, _, python in run_tests.plan(chosen[:1], quick=True)]

    assert everything == [
        ("unit (Python 3.13)", "/main"),
        ("unit (Python 3.11)", "/oldest"),
        ("plan", "/main"),
    ]
    assert quick == [("unit (Python 3.13)", "/main")]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty checkout that the runner takes for its own."""
    monkeypatch.setattr(state, "ROOT", tmp_path)
    monkeypatch.setattr(run_tests, "RESULTS", tmp_path / "results")
    monkeypatch.setenv("REARM_PYTHONS", f"3.13={sys.executable}")
    return tmp_path


def test_a_missing_layer_has_failed(checkout: Path) -> None:
    outcome = run_tests.run_layer("unit", Layer("unit"), sys.executable)

    assert outcome.problems == ("tests/unit is missing",)
    assert not (checkout / "results").exists()


def test_a_failing_layer_does_not_keep_the_next_one_from_running(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, body in (("unit", "assert False"), ("e2e", "pass")):
        folder = checkout / "tests" / name
        folder.mkdir(parents=True)
        (folder / f"test_{name}.py").write_text(f"def test_it():\n    {body}\n", encoding="utf-8")
    monkeypatch.setattr(run_tests, "LAYERS", (Layer("unit"), Layer("e2e")))

    assert run_tests.main(["unit", "e2e"]) == 1
    assert capfd.readouterr().out.rstrip().endswith("\n1 passed, 1 failed")

    assert run_tests.main(["e2e"]) == 0
    assert capfd.readouterr().out.rstrip().endswith("\n1 passed, 0 failed")


def test_the_calls_that_e2e_records_reach_the_layer_that_holds_them_against_the_grants(
    checkout: Path,
) -> None:
    variable = f"os.environ['{run_tests.RECORDED}']"
    bodies = {
        "e2e": f"open({variable}, 'x').write('calls')",
        "privilege": f"assert open({variable}).read() == 'calls'",
    }
    for name, body in bodies.items():
        folder = checkout / "tests" / name
        folder.mkdir(parents=True)
        text = f"import os\n\ndef test_it():\n    {body}\n"
        (folder / f"test_{name}.py").write_text(text, encoding="utf-8")

    # The second time the calls of the first one are gone.
    for _ in range(2):
        for name in bodies:
            assert run_tests.run_layer(name, Layer(name), sys.executable).passed == 1


def test_a_layer_that_hangs_is_ended(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = checkout / "tests" / "unit"
    folder.mkdir(parents=True)
    text = "import time\n\ndef test_it():\n    time.sleep(60)\n"
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(run_tests, "LIMIT", 1)

    outcome = run_tests.run_layer("unit", Layer("unit"), sys.executable)

    assert outcome.problems == ("did not end within 1 seconds",)


def test_only_a_whole_run_holds_the_matrix_against_its_results(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = checkout / "tests" / "unit"
    folder.mkdir(parents=True)
    (folder / "test_it.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
    (checkout / "results").mkdir()
    stale = checkout / "results" / "plan.xml"
    stale.touch()
    monkeypatch.setattr(run_tests, "LAYERS", (Layer("unit"),))
    monkeypatch.setattr(run_tests, "run_the_checks", lambda: Outcome("checks", passed=1))
    monkeypatch.setattr(matrix, "TARGET", checkout / "docs" / "matrix.md")

    assert run_tests.main(["unit"]) == 0
    assert stale.exists()
    assert "matrix" not in capfd.readouterr().out

    assert run_tests.main([]) == 1
    assert not stale.exists()
    said = capfd.readouterr().out
    assert "problem in matrix: matrix.md is not what the tests have shown" in said
    assert "problem in matrix: key.policy, event: no proof at Unit, and no reason" in said


def test_an_unknown_layer_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run_tests.main(["nonsense"])

    assert "no such layer: nonsense" in capsys.readouterr().err
