"""The steps of the set-up, in the order in which a missing thing is found soonest."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tools import state
from tools.setup import emulator, environments, interpreters, provider, terraform
from tools.setup.interpreters import Interpreter


class MissingError(Exception):
    """Something that the project needs cannot be had; the message says in a line what to install."""


def fingerprint(root: Path = state.ROOT) -> str:
    """Give the text that changes whenever the set-up has to run again.

    Parameters
    ----------
    root : Path
        The checkout.

    Returns
    -------
    str
        A SHA-256 of where the checkout is, of its requirements and of the set-up itself.
    """
    digest = hashlib.sha256(str(root).encode())
    parts = [
        *root.glob("requirements*.txt"),
        *(root / "tools" / "setup").glob("*.py"),
        root / "tools" / "state.py",
    ]
    for path in sorted(parts):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    """Tell whether the last set-up still holds: nothing has changed and everything it found is there."""
    known = state.load()
    if known is None or known.fingerprint != fingerprint():
        return False
    needed = [*known.pythons.values(), known.terraform, known.terraform_newer, known.provider_mirror]
    return all(Path(path).exists() for path in [*needed, *([known.emulator] if known.emulator else [])])


def say(text: str) -> None:
    """Print one line about the progress."""
    print(f"setup: {text}", flush=True)


@contextmanager
def alone(tools: Path) -> Iterator[None]:
    """Let one set-up at a time run in a checkout; another one waits."""
    tools.mkdir(parents=True, exist_ok=True)
    with (tools / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def make_environments(main: Interpreter, oldest: Interpreter | None) -> dict[str, str]:
    """Make the virtual environments, both at a time.

    Parameters
    ----------
    main : Interpreter
        The Python that everything runs on.
    oldest : Interpreter or None
        The oldest supported one, for the unit tests.

    Returns
    -------
    dict of str to str
        From a version to the interpreter in its environment.

    Raises
    ------
    MissingError
        When a package cannot be had.
    """
    root = state.ROOT
    plans = [(main, root / ".venv", root / "requirements.txt")]
    if oldest is not None:
        plans.append((oldest, root / ".venv-oldest", root / "requirements-oldest.txt"))
    else:
        say(f"no other Python ({', '.join(interpreters.OLDEST)}); unit tests run on {main.version} alone")
    for interpreter, directory, requirements in plans:
        done = environments.is_complete(interpreter, directory, requirements)
        source = "" if done else f", installing {requirements.name}"
        say(f"Python {interpreter.version} in {directory.name}{source}")
    with ThreadPoolExecutor(len(plans)) as pool:
        try:
            made = list(pool.map(lambda plan: str(environments.make(*plan)), plans))
        except environments.InstallError as error:
            raise MissingError(str(error)) from error
    return {plan[0].version: python for plan, python in zip(plans, made, strict=True)}


def find_provider(program: Path) -> Path:
    """Find AWS's provider and say where it comes from.

    Parameters
    ----------
    program : Path
        The Terraform to ask.

    Returns
    -------
    Path
        The root of the mirror.

    Raises
    ------
    MissingError
        When there is none.
    """
    found = provider.find(program, os.environ, Path.home(), state.TOOLS)
    if found is None:
        raise MissingError(provider.MISSING)
    say(f"AWS's provider from {found[0]} ({found[1]})")
    return found[0]


def run() -> None:
    """Set the checkout up, from what is there already.

    Raises
    ------
    MissingError
        When something cannot be had; the steps that were finished are kept for the next time.
    """
    found = interpreters.find()
    main = interpreters.choose_main(found)
    if main is None:
        raise MissingError(interpreters.MISSING)
    program = terraform.find_on_path(os.environ)
    # What is missing is said before the long step, where that is possible.
    mirror = find_provider(program) if program else None
    pythons = make_environments(main, interpreters.choose_oldest(found, main))
    python = Path(pythons[main.version])
    script = state.ROOT / "tools" / "embedded_terraform.py"
    newer = terraform.write_embedded(python, script, state.TOOLS / "terraform-newer")
    newer_version = terraform.version(newer, os.environ)
    if newer_version is None:
        raise MissingError(terraform.MISSING)
    chosen = program or newer
    for path in dict.fromkeys((chosen, newer)):
        say(f"Terraform {'.'.join(map(str, terraform.version(path, os.environ) or ()))} from {path}")
    mirror = mirror or find_provider(chosen)
    rie = emulator.fetch(python, state.TOOLS / "aws-lambda-rie")
    source = f"from {emulator.PACKAGE}" if rie else "cannot be had; going on without"
    say(f"Lambda runtime interface emulator {source}")
    state.save(
        state.State(
            fingerprint=fingerprint(),
            pythons=pythons,
            terraform=str(chosen),
            terraform_newer=str(newer),
            provider_mirror=str(mirror),
            emulator=str(rie) if rie else None,
        )
    )


def main() -> int:
    """Run the set-up unless it is current.

    Returns
    -------
    int
        0 when everything is in place, 1 when something is missing, which is then said in a line.
    """
    with alone(state.TOOLS):
        # Another set-up may have done it while this one waited.
        if is_current():
            return 0
        try:
            run()
        except MissingError as error:
            print(f"setup: {error}", file=sys.stderr)
            return 1
    return 0
