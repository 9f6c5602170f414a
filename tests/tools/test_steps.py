from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.tools.programs import terraform
from tools import state
from tools.setup import emulator, environments, interpreters, provider, steps
from tools.setup.interpreters import Interpreter


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty checkout in which every step of the set-up succeeds without doing much."""
    root = tmp_path / "checkout"
    (root / "tools" / "setup").mkdir(parents=True)
    for name in ("requirements.txt", "requirements-oldest.txt", "tools/state.py", "tools/setup/steps.py"):
        (root / name).write_text(f"{name}\n", encoding="utf-8")
    program = terraform(tmp_path / "bin" / "terraform", "1.11.4")
    monkeypatch.setattr(state, "ROOT", root)
    monkeypatch.setattr(state, "TOOLS", root / ".tools")
    monkeypatch.setattr(steps, "fingerprint", lambda: "fingerprint")
    monkeypatch.setattr(state.load, "__defaults__", (root / ".tools",))
    monkeypatch.setattr(state.save, "__defaults__", (root / ".tools",))
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setattr(
        interpreters, "find", lambda: [Interpreter("3.13", "python3.13"), Interpreter("3.11", "python3.11")]
    )

    def make(_: Interpreter, directory: Path, __: Path) -> Path:
        return terraform(directory / "bin" / "python", "1.15.5")

    monkeypatch.setattr(environments, "make", make)
    monkeypatch.setattr(provider, "find", lambda *_: (tmp_path, "remembered"))
    monkeypatch.setattr(emulator, "fetch", lambda *_: None)
    return root


def test_the_set_up_remembers_what_it_found_and_does_nothing_the_second_time(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert steps.main() == 0
    assert "AWS's provider from" in capsys.readouterr().out

    assert steps.is_current()
    assert steps.main() == 0
    assert capsys.readouterr().out == ""

    known = state.load()
    assert known is not None
    assert list(known.pythons) == ["3.13", "3.11"]
    assert known.pythons["3.11"] == str(checkout / ".venv-oldest" / "bin" / "python")
    assert known.terraform.endswith("bin/terraform")
    assert known.terraform_newer == str(checkout / ".tools" / "terraform-newer")


def test_a_set_up_whose_mirror_is_gone_is_not_current(checkout: Path) -> None:
    assert steps.main() == 0
    known = state.load()
    assert known is not None

    state.save(replace(known, provider_mirror=str(checkout / "gone")))

    assert not steps.is_current()


@pytest.mark.usefixtures("checkout")
def test_without_a_provider_one_line_says_so_and_no_environment_is_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[object] = []
    monkeypatch.setattr(provider, "find", lambda *_: None)
    monkeypatch.setattr(environments, "make", lambda *plan: made.append(plan))

    assert steps.main() == 1

    assert capsys.readouterr().err == f"setup: {provider.MISSING}\n"
    assert made == []
    assert state.load() is None


@pytest.mark.usefixtures("checkout")
def test_without_terraform_on_path_the_embedded_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr("tools.setup.terraform.find_on_path", lambda _: None)

    assert steps.main() == 0

    known = state.load()
    assert known is not None
    assert known.terraform == known.terraform_newer


def test_without_any_terraform_one_line_says_what_to_install(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.setup.terraform.find_on_path", lambda _: None)
    monkeypatch.setattr("tools.setup.terraform.version", lambda *_: None)

    assert steps.main() == 1

    error = capsys.readouterr().err
    assert "install Terraform 1.9 or newer" in error
    assert error.count("\n") == 1
    assert not (checkout / ".tools" / "setup.json").exists()


@pytest.mark.usefixtures("checkout")
def test_a_package_that_cannot_be_had_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> Path:
        raise environments.InstallError("no such package")

    monkeypatch.setattr(environments, "make", fail)

    assert steps.main() == 1
    assert capsys.readouterr().err == "setup: no such package\n"


@pytest.mark.usefixtures("checkout")
def test_without_a_second_python_the_set_up_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(interpreters, "find", lambda: [Interpreter("3.13", "python3.13")])

    assert steps.main() == 0

    assert "unit tests run on 3.13 alone" in capsys.readouterr().out
    known = state.load()
    assert known is not None
    assert list(known.pythons) == ["3.13"]


def test_the_fingerprint_follows_requirements_and_set_up(tmp_path: Path) -> None:
    (tmp_path / "tools" / "setup").mkdir(parents=True)
    files = [tmp_path / name for name in ("requirements.txt", "tools/setup/steps.py", "tools/state.py")]
    for path in files:
        path.write_text("1\n", encoding="utf-8")
    seen = {steps.fingerprint(tmp_path)}

    for path in files:
        path.write_text("2\n", encoding="utf-8")
        seen.add(steps.fingerprint(tmp_path))

    assert len(seen) == 4
