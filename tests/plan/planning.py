"""Real plans of Terraform, through python-terraform, as data that tests can ask."""

from __future__ import annotations

import base64
import fcntl
import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from python_terraform import IsFlagged
from python_terraform import Terraform as Program

Values = Mapping[str, Any]

REGION = "eu-central-1"
ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Resource:
    """One resource that a plan creates, or one data source that it leaves for later.

    Attributes
    ----------
    address
        Its address below the module that was asked for.
    type
        Its type, such as ``aws_sqs_queue``.
    values
        What is known of it. Unknown attributes are missing.
    unknown
        The attributes that are known only after apply, in Terraform's form.
    """

    address: str
    type: str
    values: Values
    unknown: Values


@dataclass(frozen=True)
class Plan:
    """A plan and what Terraform said while it made it.

    Attributes
    ----------
    errors, warnings
        The diagnostics' texts, without the line that names the rule in the code. With an error, the plan is
        empty.
    raw
        The plan as ``terraform show -json`` gives it.
    prefix
        The address of the module this is limited to, with a full stop at its end, or nothing.
    """

    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    raw: Values
    prefix: str = ""

    def module(self, name: str) -> Plan:
        """Limit the plan to one module that the root calls."""
        return Plan(self.errors, self.warnings, self.raw, f"module.{name}.")

    def automation(self, name: str) -> Plan:
        """Limit the plan of a module further, to one of its automations."""
        return Plan(self.errors, self.warnings, self.raw, f'{self.prefix}module.automation["{name}"].')

    def changes(self, mode: str = "managed") -> Iterator[Resource]:
        """Go through what is planned, in the order of the plan."""
        for change in self.raw["resource_changes"]:
            if change["mode"] == mode and change["address"].startswith(self.prefix):
                yield Resource(
                    address=change["address"].removeprefix(self.prefix),
                    type=change["type"],
                    values=change["change"]["after"],
                    unknown=change["change"]["after_unknown"],
                )

    def of(self, kind: str) -> dict[str, Resource]:
        """Find the resources of a type, by the name that AWS will know them by, else by address."""
        found = {}
        for resource in self.changes():
            if resource.type == kind:
                found[_name(resource)] = resource
        return found

    def one(self, kind: str) -> Resource:
        """Return the only resource of a type."""
        (resource,) = self.of(kind).values()
        return resource

    def at(self, address: str) -> Resource:
        """Return the resource at an address."""
        return {resource.address: resource for resource in self.changes()}[address]

    def addresses(self) -> set[str]:
        """Name everything that is planned."""
        return {resource.address for resource in self.changes()}

    def outputs(self) -> Values:
        """Return the outputs of the module this is limited to, which the harness gives out under its name."""
        change = self.raw["output_changes"][self.prefix.removeprefix("module.").removesuffix(".")]
        values: Values = change["after"]
        return values


def _name(resource: Resource) -> str:
    for attribute in ("function_name", "alarm_name", "name", "rule", "statement_id"):
        # Several permissions and targets belong to one function.
        if attribute == "function_name" and resource.type == "aws_lambda_permission":
            continue
        if resource.values.get(attribute):
            return str(resource.values[attribute])
    return resource.address


def references(plan: Plan, path: str, attribute: str) -> list[str]:
    """Return what an attribute refers to, for values that are known only after apply.

    Parameters
    ----------
    plan
        The plan.
    path
        The modules from the root and the resource, such as ``defaults/automation/aws_lambda_function.this``.
    attribute
        The attribute's name, with ``.`` between blocks: ``dead_letter_config.arn``.
    """
    *calls, address = path.split("/")
    module = plan.raw["configuration"]["root_module"]
    for call in calls:
        module = module["module_calls"][call]["module"]
    (resource,) = (one for one in module["resources"] if one["address"] == address)
    expression: Any = resource["expressions"]
    for part in attribute.split("."):
        expression = expression[part]
        if isinstance(expression, list):
            (expression,) = expression
    found: list[str] = expression["references"]
    return found


def deferred_statements(plan: Plan) -> dict[str, tuple[list[str], list[Any]]]:
    """Read the policy documents that wait for apply: actions and resources by sid, None for unknown ones."""
    found: dict[str, tuple[list[str], list[Any]]] = {}
    for document in plan.changes("data"):
        if document.type == "aws_iam_policy_document":
            for statement in document.values.get("statement", ()):
                found[statement["sid"]] = (sorted(statement["actions"]), statement["resources"])
    return found


def configuration(function: Resource) -> dict[str, Any]:
    """Read a function's configuration as the function itself does."""
    (environment,) = function.values["environment"]
    packed = base64.b64decode(environment["variables"]["REARM_CONFIG"])
    found: dict[str, Any] = json.loads(gzip.decompress(packed))
    return found


def statements(document: str) -> dict[str, dict[str, Any]]:
    """Read an IAM policy: its statements by sid, with actions and resources as sorted lists."""
    found: dict[str, dict[str, Any]] = {}
    for statement in json.loads(document)["Statement"]:
        sid = str(statement.pop("Sid"))
        assert sid not in found
        for key in ("Action", "Resource"):
            value = statement[key]
            statement[key] = sorted([value] if isinstance(value, str) else value)
        found[sid] = statement
    return found


class Terraform:
    """One Terraform program, which plans each directory once, however many processes ask for it.

    Parameters
    ----------
    program
        Path of the executable.
    endpoint
        Where AWS is.
    folder
        Where it keeps providers and plans; the same one in every process of a test run.
    """

    def __init__(self, program: str, endpoint: str, folder: Path) -> None:
        self._program = program
        self._endpoint = endpoint
        self._folder = folder
        self._plans: dict[Path, Plan] = {}

    def plan(self, directory: Path) -> Plan:
        """Plan the root module in a directory.

        Raises
        ------
        AssertionError
            `terraform init` failed, or `plan` failed without a diagnostic.
        """
        if directory not in self._plans:
            key = hashlib.sha256(str(directory).encode()).hexdigest()[:12]
            # Two programs do not plan in one directory at the same time either: its lock file is theirs both.
            with locked(self._folder.parent / f"{key}.lock"):
                kept = once(
                    self._folder / f"{key}.json",
                    lambda part: part.write_text(json.dumps(self._plan(directory, key)), encoding="utf-8"),
                )
            errors, warnings, raw = json.loads(kept.read_text(encoding="utf-8"))
            self._plans[directory] = Plan(tuple(errors), tuple(warnings), raw)
        return self._plans[directory]

    def _plan(self, directory: Path, key: str) -> tuple[tuple[str, ...], tuple[str, ...], Values]:
        file = self._folder / f"{key}.tfplan"
        environment = {
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_REGION": REGION,
            "TF_DATA_DIR": str(self._folder / f"data-{key}"),
            "TF_IN_AUTOMATION": "1",
        }
        with patch.dict(os.environ, environment):
            os.environ.pop("TF_CLI_CONFIG_FILE", None)
            self._run(directory, "init", input=False, no_color=IsFlagged)
            code, said = self._run(
                directory, "plan", may_fail=True, input=False, json=IsFlagged, out=str(file)
            )
            lines = [json.loads(line) for line in said.splitlines()]
            diagnostics = [line["diagnostic"] for line in lines if "diagnostic" in line]
            errors = _texts(diagnostics, "error")
            assert code == 0 or errors, said
            raw = json.loads(self._run(directory, "show", str(file), json=IsFlagged)[1]) if code == 0 else {}
        return errors, _texts(diagnostics, "warning"), raw

    def _run(
        self, directory: Path, command: str, *arguments: str, may_fail: bool = False, **options: Any
    ) -> tuple[int, str]:
        program = Program(working_dir=str(directory), terraform_bin_path=self._program)
        code, out, err = program.cmd(command, *arguments, **options)
        assert code == 0 or may_fail, f"terraform {command} in {directory.name}:\n{out}\n{err}"
        return int(code), str(out)


def once(target: Path, make: Callable[[Path], object]) -> Path:
    """Make a file or folder unless another process of this test run has, and return its path.

    Parameters
    ----------
    target
        What to make.
    make
        Makes it under the name that it gets, which is beside the target.
    """
    with locked(target.with_name(f"{target.name}.lock")):
        if not target.exists():
            part = target.with_name(f"{target.name}.part")
            make(part)
            part.rename(target)
    return target


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Wait until no other process of this test run holds the lock, and hold it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _texts(diagnostics: list[dict[str, Any]], severity: str) -> tuple[str, ...]:
    return tuple(
        (one.get("detail") or one["summary"]).partition("\n\nThis was checked by")[0]
        for one in diagnostics
        if one["severity"] == severity
    )
