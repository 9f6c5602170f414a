from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.programs import program
from tools.setup import environments
from tools.setup.interpreters import Interpreter


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("something==1.0\n", encoding="utf-8")
    return path


def fake(tmp_path: Path, pip: str) -> Interpreter:
    """Give an interpreter that makes an environment whose Python does `pip` when it is asked to install."""
    made = f'mkdir -p "$3/bin"; printf "#!/bin/sh\\necho made >> {tmp_path}/log; {pip}\\n" > "$3/bin/python"'
    path = program(tmp_path / "python", f'{made}; chmod +x "$3/bin/python"')
    return Interpreter("3.13", str(path))


def test_an_environment_is_made_once_and_again_when_its_requirements_change(
    tmp_path: Path, requirements: Path
) -> None:
    interpreter = fake(tmp_path, "exit 0")
    log = tmp_path / "log"

    for _ in range(2):
        python = environments.make(interpreter, tmp_path / "venv", requirements)
        assert log.read_text(encoding="utf-8").count("made") == 1
    requirements.write_text("something==1.1\n", encoding="utf-8")
    environments.make(interpreter, tmp_path / "venv", requirements)

    assert python == tmp_path / "venv" / "bin" / "python"
    assert log.read_text(encoding="utf-8").count("made") == 2


def test_a_package_that_cannot_be_had_leaves_nothing_half_made(tmp_path: Path, requirements: Path) -> None:
    interpreter = fake(tmp_path, "echo no such package >&2; exit 1")

    with pytest.raises(environments.InstallError, match="no such package"):
        environments.make(interpreter, tmp_path / "venv", requirements)

    assert not (tmp_path / "venv").exists()


def test_an_environment_whose_python_is_gone_is_not_complete(tmp_path: Path, requirements: Path) -> None:
    interpreter = fake(tmp_path, "exit 0")
    python = environments.make(interpreter, tmp_path / "venv", requirements)
    assert environments.is_complete(interpreter, tmp_path / "venv", requirements)

    python.unlink()

    assert not environments.is_complete(interpreter, tmp_path / "venv", requirements)


def test_a_moved_checkout_needs_a_new_environment(tmp_path: Path, requirements: Path) -> None:
    interpreter = Interpreter("3.13", "python3.13")

    here = environments.key(interpreter, tmp_path / "here", requirements)

    assert here != environments.key(interpreter, tmp_path / "there", requirements)
