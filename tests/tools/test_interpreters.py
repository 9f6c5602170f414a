from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.programs import interpreter, program
from tools.setup import interpreters
from tools.setup.interpreters import Interpreter
from tools.state import ROOT


@pytest.fixture
def only_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what is installed on this machine."""
    real = interpreters.candidates
    monkeypatch.setattr(
        interpreters,
        "candidates",
        lambda environment, home: (path for path in real(environment, home) if not path.startswith("/usr")),
    )


def test_a_running_interpreter_gives_its_version_and_real_path() -> None:
    asked = interpreters.ask(sys.executable)

    assert asked is not None
    assert asked.version == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert Path(asked.path).exists()


def test_a_shim_that_fails_is_no_interpreter(tmp_path: Path) -> None:
    assert interpreters.ask(str(program(tmp_path / "python3.13", "echo '3.13|x'; exit 127"))) is None
    assert interpreters.ask(str(program(tmp_path / "python3.12", "echo nonsense"))) is None
    assert interpreters.ask(str(tmp_path / "absent")) is None


@pytest.mark.usefixtures("only_here")
def test_interpreters_are_found_on_path_in_pyenv_and_from_uv(tmp_path: Path) -> None:
    interpreter(tmp_path / "bin" / "python3.11", "3.11")
    interpreter(tmp_path / "pyenv" / "versions" / "3.12.9" / "bin" / "python", "3.12")
    uv = tmp_path / "home" / ".local" / "share" / "uv" / "python"
    interpreter(uv / "cpython-3.13.1-linux" / "bin" / "python3.13", "3.13")
    environment = {"PATH": str(tmp_path / "bin"), "PYENV_ROOT": str(tmp_path / "pyenv")}

    found = interpreters.find(environment, str(tmp_path / "home"))

    assert [one.version for one in found] == ["3.13", "3.12", "3.11"]


@pytest.mark.usefixtures("only_here")
def test_a_shim_that_fails_does_not_hide_the_interpreter_behind_it(tmp_path: Path) -> None:
    program(tmp_path / "shims" / "python3.13", "exit 127")
    real = interpreter(tmp_path / ".pyenv" / "versions" / "3.13.0" / "bin" / "python", "3.13")

    found = interpreters.find({"PATH": str(tmp_path / "shims")}, str(tmp_path))

    assert found == [Interpreter("3.13", str(real))]


@pytest.mark.usefixtures("only_here")
def test_an_unnumbered_python3_counts_by_what_it_answers(tmp_path: Path) -> None:
    interpreter(tmp_path / "old" / "python3", "3.9")
    interpreter(tmp_path / "new" / "python3", "3.12")

    found = interpreters.find({"PATH": f"{tmp_path / 'old'}:{tmp_path / 'new'}"}, str(tmp_path))

    assert [one.version for one in found] == ["3.12"]


def choice(*versions: str) -> tuple[str | None, str | None]:
    found = [Interpreter(version, version) for version in versions]
    main = interpreters.choose_main(found)
    oldest = interpreters.choose_oldest(found, main) if main else None
    return main.version if main else None, oldest.version if oldest else None


@pytest.mark.parametrize(
    ("versions", "main", "oldest"),
    [
        (("3.14", "3.13", "3.12", "3.11"), "3.13", "3.11"),
        (("3.12", "3.13"), "3.13", "3.12"),
        (("3.12", "3.11"), "3.12", "3.11"),
        (("3.11",), "3.11", None),
        (("3.14",), "3.14", None),
        ((), None, None),
    ],
)
def test_the_functions_own_version_is_chosen_first_and_the_oldest_beside_it(
    versions: tuple[str, ...], main: str | None, oldest: str | None
) -> None:
    assert choice(*versions) == (main, oldest)


def test_without_a_new_enough_python_the_set_up_says_what_to_install() -> None:
    # An isolated process whose search finds nothing, on the interpreter that starts the set-up.
    code = (
        "import sys; from tools.setup import __main__, interpreters; "
        "sys.version_info = (3, 6); interpreters.find = lambda: []; sys.exit(__main__.main())"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == f"setup: {interpreters.MISSING}\n"
    assert "install Python 3.13" in done.stderr
