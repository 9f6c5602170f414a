"""Package the Lambda: the same sources give the same zip, byte for byte, on any machine and Python.

`python3 -m tools.package` writes `dist/rearm.zip`; with `--check` it only tells whether the committed one is
what the sources give. It needs nothing but Python 3.8, so that people who only deploy need no set-up.
"""

from __future__ import annotations

import argparse
import io
import sys
import zipfile
from pathlib import Path
from typing import Sequence

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "lambda_src"
TARGET = ROOT / "dist" / "rearm.zip"

# The earliest time that a zip can hold, in its own format.
_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644
_UNIX = 3


def sources(directory: Path) -> list[Path]:
    """List what goes into the zip, in its order.

    Parameters
    ----------
    directory : Path
        The directory that holds the package `rearm`.

    Returns
    -------
    list of Path
        The Python files of `rearm`, sorted by their names in the zip.
    """
    found = (path for path in (directory / "rearm").rglob("*.py") if "__pycache__" not in path.parts)
    return sorted(found, key=lambda path: path.relative_to(directory).as_posix())


def build(directory: Path) -> bytes:
    """Make the zip in memory.

    Parameters
    ----------
    directory : Path
        The directory that holds the package `rearm`.

    Returns
    -------
    bytes
        The zip: entries stored, not compressed, since compressors differ; with fixed dates, modes and system.

    Raises
    ------
    FileNotFoundError
        When there is nothing to package.
    """
    paths = sources(directory)
    if not paths:
        raise FileNotFoundError(f"no Python files in {directory / 'rearm'}")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in paths:
            entry = zipfile.ZipInfo(path.relative_to(directory).as_posix(), _DATE)
            entry.create_system = _UNIX
            entry.external_attr = _MODE << 16
            # A checkout with Windows line ends gives the same zip.
            archive.writestr(entry, path.read_bytes().replace(b"\r\n", b"\n"))
    return target.getvalue()


def main(arguments: Sequence[str]) -> int:
    """Write or check the zip.

    Parameters
    ----------
    arguments : sequence of str
        Nothing, or `--check`.

    Returns
    -------
    int
        0, or 1 when `--check` finds a difference.
    """
    parser = argparse.ArgumentParser(description="Package the Lambda.")
    parser.add_argument("--check", action="store_true", help="only tell whether dist/rearm.zip is up to date")
    options = parser.parse_args(arguments)
    wanted = build(SOURCE)
    if options.check:
        if TARGET.is_file() and TARGET.read_bytes() == wanted:
            return 0
        print("package: dist/rearm.zip is not what lambda_src gives; run `make package`", file=sys.stderr)
        return 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(wanted)
    print(f"package: dist/rearm.zip, {len(wanted):,} bytes, {len(sources(SOURCE))} files")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
