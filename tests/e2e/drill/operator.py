"""An operator with a terminal: starts the commands as a process, with the credentials of a role."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from tests.e2e.world import World
from tests.support.operations import policies
from tools.state import ROOT

ROLE = "operator"
# Every command ends within it, in seconds, on a busy machine too.
LIMIT_S = 400


@dataclass(frozen=True)
class Row:
    """A line of the drill's table."""

    name: str
    detected: float | None
    repaired: float | None
    verdict: str
    said: str


class Operator:
    """The operator of a deployment, whose role has the documented policies and no more."""

    def __init__(self, world: World) -> None:
        self._world = world
        account = world.account
        values = {
            "ACCOUNT": account.id,
            "NAME": account.name,
            "PARTITION": "aws",
            "REGION": account.region,
        }
        self._policies = policies(values)
        account.role(ROLE, "nobody", ["sts:GetCallerIdentity"])

    def may(self, command: str, *more: Mapping[str, object]) -> None:
        """Give the role the policies of one command, and nothing else beside `more`."""
        iam = self._world.account.client("iam")
        for name in iam.list_role_policies(RoleName=ROLE)["PolicyNames"]:
            iam.delete_role_policy(RoleName=ROLE, PolicyName=name)
        documents = [self._policies[command][0], *more]
        for number, document in enumerate(documents):
            policy = {"PolicyName": f"{command}-{number}", "PolicyDocument": json.dumps(document)}
            iam.put_role_policy(RoleName=ROLE, **policy)

    def start(self, command: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", f"tools.operator.{command}", *arguments],
            cwd=ROOT,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str, *arguments: str) -> tuple[int, str]:
        """Run a command to its end; its exit code, and what it says."""
        with self.start(command, *arguments) as process:
            try:
                said, _ = process.communicate(timeout=LIMIT_S)
            finally:
                process.kill()
        return process.returncode, said

    def _environment(self) -> dict[str, str]:
        sts = self._world.account.client("sts")
        arn = f"arn:aws:iam::{self._world.account.id}:role/{ROLE}"
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="night-shift")["Credentials"]
        return {
            **os.environ,
            **self._world.aws.environment,
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        }


def rows(said: str) -> dict[str, Row]:
    """Read the drill's table."""
    lines = [line.split(maxsplit=3) for line in said.splitlines()]
    found = {}
    for line in lines:
        if len(line) == 4 and "." in line[0] and not line[0].endswith("."):
            verdict = next((one for one in ("ok", "failed", "not run") if line[3].startswith(one)), "")
            detected, repaired = (None if cell == "-" else float(cell) for cell in line[1:3])
            said_of_it = line[3].removeprefix(verdict).strip()
            found[line[0]] = Row(line[0], detected, repaired, verdict, said_of_it)
    return found
