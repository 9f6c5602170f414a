"""Small programs that stand in for interpreters and for Terraform."""

from __future__ import annotations

from pathlib import Path


def program(path: Path, body: str) -> Path:
    """Write a shell script that can be started.

    Parameters
    ----------
    path : Path
        Where to write it.
    body : str
        Its lines after the first one.

    Returns
    -------
    Path
        The same `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def interpreter(path: Path, version: str) -> Path:
    """Write what answers the set-up's question as a Python of this version does."""
    return program(path, f'echo "{version}|{path}"')


def terraform(path: Path, version: str, init: str = "exit 1") -> Path:
    """Write what answers `version -json` as a Terraform of this version does, and does `init` as told."""
    return program(
        path, f'if [ "$1" = init ]; then {init}; fi\necho \'{{"terraform_version": "{version}"}}\''
    )
