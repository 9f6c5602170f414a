from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.programs import program, terraform
from tools import embedded_terraform
from tools.setup import terraform as setup_terraform
from tools.state import ROOT


def test_the_first_terraform_on_path_that_is_new_enough_is_taken(tmp_path: Path) -> None:
    terraform(tmp_path / "old" / "terraform", "1.8.5")
    program(tmp_path / "broken" / "terraform", "exit 1")
    new = terraform(tmp_path / "new" / "terraform", "1.9.0")
    path = os.pathsep.join(str(tmp_path / name) for name in ("old", "broken", "new"))

    assert setup_terraform.find_on_path({"PATH": path}) == new


def test_a_terraform_that_is_too_old_is_not_taken(tmp_path: Path) -> None:
    terraform(tmp_path / "terraform", "1.8.5")

    assert setup_terraform.find_on_path({"PATH": str(tmp_path)}) is None


@pytest.mark.parametrize("body", ["echo nonsense", "echo '[]'", "echo '{}'", "exit 3"])
def test_what_does_not_answer_as_terraform_has_no_version(tmp_path: Path, body: str) -> None:
    assert setup_terraform.version(program(tmp_path / "terraform", body), {}) is None


def test_settings_that_change_what_terraform_does_are_left_out() -> None:
    given = {"TF_VAR_name": "x", "TF_CLI_ARGS_plan": "-refresh=false", "TF_WORKSPACE": "x", "HOME": "h"}

    cleaned = setup_terraform.clean_environment(given)

    assert not given.keys() - {"HOME"} & cleaned.keys()
    assert cleaned["HOME"] == "h"
    assert cleaned["CHECKPOINT_DISABLE"] == "1"


def test_the_embedded_terraform_is_newer_and_behaves_as_the_program(tmp_path: Path) -> None:
    script = ROOT / "tools" / "embedded_terraform.py"
    newer = setup_terraform.write_embedded(Path(sys.executable), script, tmp_path / "a b" / "terraform")
    (tmp_path / "main.tf").write_text('variable "x" {\n  type = string\n}\n', encoding="utf-8")
    environment = setup_terraform.clean_environment(os.environ)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(newer), *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    known = setup_terraform.version(newer, environment)
    assert known is not None
    assert known >= (1, 15)
    assert run("no-such-command").returncode == 1
    failed = run("plan", "-input=false")
    assert failed.returncode == 1
    assert "No value for required variable" in failed.stderr
    assert "\x1b" not in failed.stdout + failed.stderr
    assert run("plan", "-input=false", "-var", "x=1").returncode == 0


@pytest.mark.parametrize(
    ("given", "terminal", "expected"),
    [
        (["plan", "-out=p"], False, ["plan", "-no-color", "-out=p"]),
        (["-chdir=x", "apply"], False, ["-chdir=x", "apply", "-no-color"]),
        (["plan", "-no-color"], False, ["plan", "-no-color"]),
        (["plan"], True, ["plan"]),
        (["version", "-json"], False, ["version", "-json"]),
        (["-help"], False, ["-help"]),
    ],
)
def test_colours_are_left_out_when_no_terminal_shows_them(
    given: list[str], terminal: bool, expected: list[str]
) -> None:
    assert embedded_terraform.arguments(given, terminal) == expected
