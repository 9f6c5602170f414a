"""One account with one deployment in it, from its first apply to its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.e2e import recorded
from tests.e2e.account import Account
from tests.e2e.said import Said
from tests.e2e.terraform import Summary, Terraform, copy_checkout
from tests.local_aws import LocalAws, Options
from tests.local_aws.calls import FunctionCall

EMAIL = "security@example.com"


class World:
    """AWS on this machine, the account's people, and Terraform; a context manager.

    Attributes
    ----------
    checkout
        The copy of the checkout that is deployed from.
    root
        The root module that is deployed; None before the first.
    made
        What Terraform has made, see `Account.names`.
    denials
        The actions that IAM may refuse to the function in this test, because the test took them away.
    """

    def __init__(
        self, folder: Path, options: Options, prepare: Callable[[Account], None], name: str = "rearm"
    ) -> None:
        self.checkout = copy_checkout(folder / "checkout")
        self.aws = LocalAws(options)
        self.root: str | None = None
        self.made: set[str] = set()
        self.denials: set[str] = set()
        self._prepare = prepare
        self._name = name
        self._played = ""
        self._calls_before = 0
        self._problems_before = 0

    def __enter__(self) -> Self:
        """Start AWS and let the account's owner make what they have before Rearm."""
        self.aws.__enter__()
        self.account = Account(self.aws, self._name)
        self.said = Said(self.account)
        self.terraform = Terraform(self.checkout, self.aws.environment)
        self.account.make_bucket()
        self._prepare(self.account)
        self.aws.wait_idle()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End AWS."""
        self.aws.__exit__(kind, error, trace)

    def apply(self, root: str, **variables: object) -> Summary:
        """Apply a root module and have its messages read."""
        before = self.account.names()
        summary = self.terraform.apply(root, variables=variables)
        self.made |= self.account.names() - before
        self.root = root
        self.said.subscribe()
        return summary

    def destroy(self) -> Summary:
        """Destroy what is deployed."""
        assert self.root is not None
        # The guard would look at each of its parts that goes, and those come before its permissions or after.
        with self.account.unseen():
            summary = self.terraform.destroy(self.root)
        self.root = None
        return summary

    def begin(self, *, clear: bool = True) -> None:
        """Start a test: nothing told, nothing recorded, and, to start clear, no trails or records."""
        self.aws.wait_idle()
        if clear:
            self.account.clear()
            self.account.forget_records()
        self.said.forget()
        self.denials = set()
        self._played = str(self.root)
        self._calls_before = len(self.aws.calls)
        self._problems_before = len(self.aws.problems)

    def check(self) -> None:
        """End a test: whatever it was about, nothing was beyond this imitation, and IAM refused nothing."""
        self.aws.wait_idle()
        problems = [entry.text for entry in self.aws.problems[self._problems_before :]]
        assert not problems, f"beyond this imitation of AWS: {problems}"
        recorded.keep(self.calls(), self._played, self.account.config_rules())
        refused = {call.action for call in self.calls() if not call.decision.allowed}
        assert refused == self.denials, f"IAM refused {refused}, not {self.denials}"

    def calls(self, operation: str | None = None) -> list[FunctionCall]:
        """Return the calls with the function's role since the test has begun, of one operation or of all."""
        calls = self.aws.calls[self._calls_before :]
        return [call for call in calls if operation in (None, call.operation)]

    def sweep(self) -> None:
        """Deliver the sweep's scheduled event, and wait for what follows."""
        self.aws.run_schedule(f"{self.account.function}-sweep")
        self.aws.wait_idle()

    @contextmanager
    def without(self, action: str) -> Iterator[None]:
        """Take an action out of the deployed policies of the function's role for a while."""
        iam = self.account.client("iam")
        role = self.account.function
        before = {
            name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
        }
        less = {name: _without(document, action) for name, document in before.items()}
        assert less != before, f"the role of {role} has no {action}"
        self.denials.add(action)
        try:
            for name, document in less.items():
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
            yield
            self.aws.wait_idle()
        finally:
            for name, document in before.items():
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))

    @contextmanager
    def denying(self, action: str, resource: str) -> Iterator[None]:
        """Deny an action on one resource to the function's role for a while."""
        iam = self.account.client("iam")
        statement = {"Effect": "Deny", "Action": action, "Resource": resource}
        policy = {"RoleName": self.account.function, "PolicyName": "denied-for-a-while"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(**policy, PolicyDocument=document)
        self.denials.add(action)
        try:
            yield
            self.aws.wait_idle()
        finally:
            iam.delete_role_policy(**policy)


def _without(document: Mapping[str, Any], action: str) -> dict[str, Any]:
    """Return a policy whose Allow statements lack an action."""
    statements = []
    for statement in document["Statement"]:
        actions = statement["Action"]
        listed = [actions] if isinstance(actions, str) else list(actions)
        if statement["Effect"] == "Allow" and action in listed:
            listed.remove(action)
        if listed:
            statements.append({**statement, "Action": listed})
    return {**document, "Statement": statements}


def played(world: World, root: str) -> Iterator[World]:
    """Give a world to one test, with a root module deployed; it is applied unless it is the one that is."""
    if world.root != root:
        # What the guard makes of a deployment has tests of its own.
        with world.account.unseen():
            world.apply(root)
    world.begin()
    yield world
    world.check()
