"""Terraform as people run it: init, apply, plan and destroy of a root module in a copy of the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_terraform import IsFlagged
from python_terraform import Terraform as Program

from tests.plan.harness import ROOT, copy_module

Line = Mapping[str, Any]
Listener = Callable[[Line], None]

# Nothing here takes as long, in seconds; whatever does is stuck.
LIMIT_S = 240
# What an interrupted Terraform gets to end the provider, in seconds.
GRACE_S = 10


class TerraformError(Exception):
    """Terraform failed; the text is what it said."""


@dataclass
class Summary:
    """What one run of Terraform said.

    Attributes
    ----------
    changes
        From a resource's address to what is to be done with it: ``create``, ``update``, ``delete``,
        ``replace``.
    outputs
        The root module's outputs.
    warnings
        The texts of the warnings.
    """

    changes: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def copy_checkout(target: Path) -> Path:
    """Copy what a clone has, with the tests' root modules, so that Terraform leaves nothing in the checkout.

    Parameters
    ----------
    target
        A folder that does not exist yet.
    """
    copy_module(target)
    for roots in ("tests/e2e/roots", "tests/demo/roots"):
        if (ROOT / roots).is_dir():
            shutil.copytree(ROOT / roots, target / roots, ignore=shutil.ignore_patterns(".terraform*"))
    return target


class Terraform:
    """Terraform in one copy of the checkout.

    There is one deployment: applying another root module changes it, as if a person had edited the one
    that was applied before.

    Parameters
    ----------
    checkout
        The copy, see `copy_checkout`.
    environment
        Where AWS is, see `LocalAws.environment`.
    """

    def __init__(self, checkout: Path, environment: Mapping[str, str]) -> None:
        self._checkout = checkout
        self._environment = environment
        self._variables: Mapping[str, str] = {}
        self._initialised: set[str] = set()
        self._applied: str | None = None

    def apply(
        self, root: str, listener: Listener | None = None, variables: Mapping[str, object] | None = None
    ) -> Summary:
        """Apply a root module, such as ``examples/basic``.

        Parameters
        ----------
        root
            Its folder in the checkout.
        listener
            Gets every line of Terraform's JSON output as it comes.
        variables
            The root module's, for this and every later command.

        Raises
        ------
        TerraformError
            It failed.
        """
        self._variables = {f"TF_VAR_{name}": json.dumps(value) for name, value in (variables or {}).items()}
        self._init(root)
        return self._run(root, "apply", listener, auto_approve=IsFlagged)

    def plan(self, root: str) -> Summary:
        """Plan a root module; raises as `apply` does."""
        self._init(root)
        return self._run(root, "plan")

    def destroy(self, root: str, listener: Listener | None = None) -> Summary:
        """Destroy what a root module has made; parameters and errors are those of `apply`."""
        self._init(root)
        return self._run(root, "destroy", listener, auto_approve=IsFlagged)

    def _init(self, root: str) -> None:
        """Initialise a root module, and give it the state of the one before."""
        if self._applied not in (None, root):
            state = self._checkout / str(self._applied) / "terraform.tfstate"
            if state.is_file():
                state.replace(self._checkout / root / "terraform.tfstate")
        self._applied = root
        if root in self._initialised:
            return
        with self._started(root, "init", input=False, no_color=IsFlagged) as process:
            lines = list(_lines(process))
            code = process.wait(LIMIT_S)
        if code:
            raise TerraformError(f"terraform init of {root}:\n{''.join(lines)}")
        self._initialised.add(root)

    def _run(self, root: str, command: str, listener: Listener | None = None, **options: Any) -> Summary:
        summary = Summary()
        said: list[str] = []
        with self._started(root, command, json=IsFlagged, input=False, **options) as process:
            for text in _lines(process):
                line = _json(text)
                if line is None:
                    said.append(text)
                    continue
                said += _read(line, summary)
                if listener:
                    listener(line)
            code = process.wait(LIMIT_S)
        if code:
            raise TerraformError(f"terraform {command} of {root}:\n" + "\n".join(said))
        return summary

    @contextmanager
    def _started(self, root: str, command: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
        """Run a command; when what is done with its lines fails or is interrupted, it is ended."""
        with self._start(root, command, **options) as process:
            try:
                yield process
            except BaseException:
                process.terminate()
                try:
                    process.wait(GRACE_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                raise

    def _start(self, root: str, command: str, **options: Any) -> subprocess.Popen[str]:
        """Start what python-terraform makes of a command; it would neither give an environment nor lines."""
        program = os.environ.get("REARM_TERRAFORM") or shutil.which("terraform")
        if program is None:
            raise TerraformError("there is no Terraform; `make setup` brings one")
        folder = self._checkout / root
        arguments = Program(working_dir=str(folder), terraform_bin_path=program).generate_cmd_string(
            command, **options
        )
        return subprocess.Popen(
            arguments,
            cwd=folder,
            env={**os.environ, **self._environment, **self._variables, "TF_IN_AUTOMATION": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    yield from process.stdout


def _json(text: str) -> Line | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None


def _read(line: Line, summary: Summary) -> list[str]:
    """Take what a line says into the summary, and return the errors in it."""
    kind = line.get("type")
    if kind == "planned_change":
        change = line["change"]
        if change["action"] != "read":
            summary.changes[change["resource"]["addr"]] = str(change["action"])
    elif kind == "outputs":
        summary.outputs |= {name: one.get("value") for name, one in line["outputs"].items()}
    elif kind == "diagnostic":
        told = line["diagnostic"]
        text = f"{told['summary']}\n{told.get('detail', '')}".strip()
        if told["severity"] == "error":
            return [text]
        summary.warnings.append(text)
    return []
