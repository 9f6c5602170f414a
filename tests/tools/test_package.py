from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import package

# Bytes that the core may take, and each automation on the average: nothing is compressed.
CORE_LIMIT = 200_000
AUTOMATION_LIMIT = 60_000


def entries(content: bytes) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return archive.infolist()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a small package with files that do not belong into the zip."""
    folder = tmp_path / "lambda_src"
    for name in (
        "rearm/b.py",
        "rearm/__init__.py",
        "rearm/a/__init__.py",
        "rearm/a/automation.yaml",
        "other.py",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n", encoding="utf-8")
    (folder / "rearm" / "__pycache__").mkdir()
    (folder / "rearm" / "__pycache__" / "b.py").touch()
    return folder


def test_the_committed_zip_is_what_the_sources_give() -> None:
    assert package.TARGET.read_bytes() == package.build(package.SOURCE), "run `make package`"


def test_the_committed_zip_is_small_and_has_only_python_of_the_package() -> None:
    names = [entry.filename for entry in entries(package.TARGET.read_bytes())]

    automations = {
        name.split("/")[2] for name in names if name.startswith("rearm/automations/") and name.count("/") == 3
    }

    assert package.TARGET.stat().st_size < CORE_LIMIT + AUTOMATION_LIMIT * len(automations)
    assert all(name.startswith("rearm/") and name.endswith(".py") for name in names)
    assert "rearm/handler.py" in names


def test_the_lambda_imports_nothing_but_the_runtime() -> None:
    allowed = sys.stdlib_module_names | {"rearm", "boto3", "botocore"}
    foreign = {}
    for path in package.sources(package.SOURCE):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                if name.partition(".")[0] not in allowed and not _for_types_only(path, name):
                    foreign[str(path)] = name

    assert foreign == {}


def _for_types_only(path: Path, name: str) -> bool:
    """Tell whether an import stands below `if TYPE_CHECKING:`, where the Lambda never comes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            inner = [part for statement in node.body for part in ast.walk(statement)]
            return any(isinstance(part, ast.ImportFrom) and part.module == name for part in inner)
    return False


def test_entries_are_sorted_stored_and_the_same_on_every_system(source: Path) -> None:
    found = entries(package.build(source))

    assert [entry.filename for entry in found] == ["rearm/__init__.py", "rearm/a/__init__.py", "rearm/b.py"]
    for entry in found:
        assert entry.compress_type == zipfile.ZIP_STORED
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert entry.external_attr >> 16 == 0o100644
        assert entry.create_system == 3
        assert entry.extra == b""


def test_times_modes_and_line_ends_of_the_checkout_do_not_matter(source: Path) -> None:
    before = package.build(source)
    path = source / "rearm" / "b.py"

    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    path.chmod(0o700)
    os.utime(path, (0, 2_000_000_000))

    assert package.build(source) == before


def test_every_installed_python_gives_the_same_zip() -> None:
    code = "import zlib; from tools import package; print(zlib.crc32(package.build(package.SOURCE)))"
    pythons = [part.partition("=")[2] for part in os.environ["REARM_PYTHONS"].split(",")]

    sums = {
        subprocess.run(
            [python, "-c", code], cwd=package.ROOT, capture_output=True, text=True, check=True
        ).stdout
        for python in pythons
    }

    assert len(sums) == 1


def test_nothing_to_package_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no Python files"):
        package.build(tmp_path)


def test_check_tells_that_the_zip_is_out_of_date_and_changes_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "dist" / "rearm.zip"
    monkeypatch.setattr(package, "SOURCE", source)
    monkeypatch.setattr(package, "TARGET", target)

    assert package.main(["--check"]) == 1
    assert "run `make package`" in capsys.readouterr().err
    assert not target.exists()

    assert package.main([]) == 0
    assert package.main(["--check"]) == 0
