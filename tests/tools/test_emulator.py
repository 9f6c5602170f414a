from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from tests.tools.programs import program
from tools.setup import emulator


def wheel(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "#!/bin/sh\n")
    return path


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [
        ("Linux", "x86_64", "aws-lambda-rie-x86_64"),
        ("Linux", "aarch64", "aws-lambda-rie-arm64"),
        ("Linux", "riscv64", None),
        ("Darwin", "arm64", None),
    ],
)
def test_the_program_for_this_machine_is_named(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, expected: str | None
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)

    assert emulator.member() == expected


def test_only_the_one_program_is_taken_out_and_can_be_started(tmp_path: Path) -> None:
    package = wheel(
        tmp_path / "package.whl", "samcli/__init__.py", "samcli/local/rapid/aws-lambda-rie-x86_64"
    )
    target = tmp_path / ".tools" / "aws-lambda-rie"

    assert emulator.extract(package, "aws-lambda-rie-x86_64", target)

    assert os.access(target, os.X_OK)
    assert list(target.parent.iterdir()) == [target]


def test_a_package_without_the_program_gives_none(tmp_path: Path) -> None:
    package = wheel(tmp_path / "package.whl", "samcli/__init__.py")

    assert not emulator.extract(package, "aws-lambda-rie-x86_64", tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_a_download_that_fails_gives_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator, "member", lambda: "aws-lambda-rie-x86_64")

    assert emulator.fetch(program(tmp_path / "python", "exit 1"), tmp_path / "target") is None


def test_a_program_that_is_there_is_kept_without_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulator, "member", lambda: "aws-lambda-rie-x86_64")
    target = program(tmp_path / "target", "exit 0")

    assert emulator.fetch(program(tmp_path / "python", "exit 1"), target) == target
