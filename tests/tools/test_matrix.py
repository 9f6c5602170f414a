from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.matrix import COLUMNS, REASONS, ROWS, Reason, Row, proofs
from tools import matrix
from tools.layers import LAYERS
from tools.matrix import Results
from tools.state import ROOT

FOLDERS = [folder for column in COLUMNS for folder in column.folders]


def everything() -> Results:
    """Give the results of a run in which every row is proven everywhere."""
    keys = {
        (folder, row.id, door)
        for row in ROWS
        for column in COLUMNS
        for folder in column.folders
        for door in column.doors
    }
    return Results(keys)


def report(folder: Path, layer: str, cases: str) -> None:
    folder.mkdir(exist_ok=True)
    text = f"<testsuites><testsuite>{cases}</testsuite></testsuites>"
    (folder / f"{layer}.xml").write_text(text, encoding="utf-8")


def case(name: str, proof: str, end: str = "") -> str:
    properties = f'<properties><property name="matrix" value="{proof}"/></properties>'
    return f'<testcase classname="c" name="{name}">{properties}{end}</testcase>'


def test_rows_are_named_once_and_columns_count_layers_that_there_are() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)
    assert {row.on for row in ROWS} == {"trail", "bucket", "key", "lake"}
    assert set(FOLDERS) <= {layer.name for layer in LAYERS}


def test_reasons_name_rows_and_columns_that_there_are() -> None:
    titles = {column.title: column for column in COLUMNS}

    assert [reason for reason in REASONS if reason.door not in titles[reason.column].doors] == []
    assert {reason.row for reason in REASONS} <= {row.id for row in ROWS}


def test_a_mark_is_read_by_position_or_name() -> None:
    marks = [
        pytest.mark.matrix("trail.delete", door="event").mark,
        pytest.mark.matrix("trail.delete", "sweep").mark,
    ]

    assert proofs(marks) == ["trail.delete event", "trail.delete sweep"]


@pytest.mark.parametrize(
    ("row", "door", "said"), [("trail.nothing", "event", "no row"), ("trail.delete", "window", "no door")]
)
def test_a_mark_for_something_that_is_not_there_is_refused(row: str, door: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        proofs([pytest.mark.matrix(row, door=door).mark])


def test_marked_tests_are_read_out_of_pytests_own_report(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n", encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n    matrix(row, door): a proof\n", encoding="utf-8"
    )
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\n"
        "@pytest.mark.matrix('trail.delete', door='event')\n"
        "@pytest.mark.matrix('trail.delete', door='sweep')\n"
        "def test_good(): pass\n\n"
        "@pytest.mark.matrix('key.policy', door='event')\n"
        "def test_bad(): assert False\n\n"
        "@pytest.fixture\n"
        "def broken():\n    yield\n    assert False\n\n"
        "@pytest.mark.matrix('key.disabled', door='event')\n"
        "def test_broken_afterwards(broken): pass\n",
        encoding="utf-8",
    )
    for workers in ("-n0", "-n2"):
        results = tmp_path / f"results{workers}"
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", workers, f"--rootdir={tmp_path}",
             f"--junit-xml={results}/unit-Python-3.13.xml", str(tmp_path)],
            cwd=ROOT,
            env=dict(os.environ),
            capture_output=True,
            check=False,
        )  # fmt: skip
        found = matrix.read(results)

        assert {("unit", "trail.delete", "event"), ("unit", "trail.delete", "sweep")} <= found.passed
        assert set(found.failed) == {("unit", "key.policy", "event"), ("unit", "key.disabled", "event")}


def test_a_row_with_every_proof_has_no_problem_and_is_counted() -> None:
    assert matrix.problems(everything(), ()) == []

    page = matrix.render(everything(), ())

    assert f"| Unit | {len(ROWS)} of {len(ROWS)} | {len(ROWS)} of {len(ROWS)} |" in page
    assert f"| Pattern | {len(ROWS)} of {len(ROWS)} | - |" in page
    assert "why" not in page


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_missing_proof_is_named_unless_there_is_a_reason(row: Row) -> None:
    results = everything()
    results.passed.remove(("e2e", row.id, "sweep"))
    reason = Reason(row.id, "End to end", "sweep", "Nothing here can hold that state.")

    assert matrix.problems(results, ()) == [f"{row.id}, sweep: no proof at End to end, and no reason"]
    assert matrix.problems(results, (reason,)) == []
    assert f"- End to end, sweep: `{row.id}`. {reason.text}" in matrix.render(results, (reason,))


def test_a_reason_for_a_proof_that_there_is_is_named() -> None:
    reason = Reason("trail.delete", "Unit", "event", "Nobody has written it.")

    (problem,) = matrix.problems(everything(), (reason,))

    assert problem == "trail.delete, event: a reason is given for Unit, where nothing is missing"
    assert reason.text not in matrix.render(everything(), (reason,))


def test_a_failed_test_takes_the_proof_away_that_another_has_given(tmp_path: Path) -> None:
    report(tmp_path, "unit-Python-3.13", case("good", "trail.delete event"))
    report(tmp_path, "unit-Python-3.11", case("bad", "trail.delete event", '<failure message="no"/>'))

    results = matrix.read(tmp_path)

    assert "trail.delete, event: failed in unit: c::bad" in matrix.problems(results)
    (line,) = [line for line in matrix.render(results).splitlines() if line.startswith("| `trail.delete`")]
    assert line.endswith("| none | no | no | - | - | - | - |")


def test_the_page_is_written_and_then_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(tmp_path / "results", "plan", case("good", "trail.delete event"))
    target = tmp_path / "matrix.md"

    assert matrix.main([], tmp_path / "results", target) == 0
    assert "is not what the tests have shown" not in capsys.readouterr().out
    assert "| `trail.delete` |" in target.read_text(encoding="utf-8")
    assert matrix.main(["--check"], tmp_path / "results", target) == 1
    assert "trail.stop-logging, event: no proof at Unit, and no reason" in capsys.readouterr().out


def test_a_page_that_says_something_else_is_out_of_date(tmp_path: Path) -> None:
    target = tmp_path / "matrix.md"
    target.write_text(matrix.render(everything(), ()), encoding="utf-8")

    assert matrix.check(everything(), target, ()) == []

    target.write_text(matrix.render(everything(), ()).replace("StopLogging", "Nothing"), encoding="utf-8")

    (problem,) = matrix.check(everything(), target, ())
    assert problem.startswith("matrix.md is not what the tests have shown")
