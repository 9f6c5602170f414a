"""An account's users, groups, roles and policies, and Rearm deployed to watch who gets an administrator's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.events.envelopes import api_event, config_change, scheduled
from tests.support.aws_policies import as_aws, bring_in
from tests.unit.endpoint import Made
from tests.unit.world import Run, World, ago, client, stamp
from tests.unit.world import world as new_world

AUTOMATION = "iam_authority"
FOREIGN = "999988887777"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
IAM_FULL = "arn:aws:iam::aws:policy/IAMFullAccess"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
POWER_USER = "arn:aws:iam::aws:policy/PowerUserAccess"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
KNOWN_TO_AWS = (ADMINISTRATOR, IAM_FULL, DENY_ALL, POWER_USER, READ_ONLY)
RULE = "rearm-iam-policy-no-statements-with-admin-access"

Document = Mapping[str, Any]


def allow(
    action: str | Sequence[str] = "*", resource: str | Sequence[str] = "*", **more: Any
) -> dict[str, Any]:
    """Return a statement that allows something."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(
    action: str | Sequence[str] = "*", resource: str | Sequence[str] = "*", **more: Any
) -> dict[str, Any]:
    """Return a statement that denies something."""
    return {**allow(action, resource, **more), "Effect": "Deny"}


def document(*statements: Document) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trusting(principal: Any, **more: Any) -> dict[str, Any]:
    """Return a trust policy of one statement."""
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more})


LAMBDA = {"Service": "lambda.amazonaws.com"}
EVERYTHING = document(allow())


@dataclass
class Directory:
    """The identities, as an independent client reads and changes them, and the alarms about them."""

    world: World

    @property
    def iam(self) -> Any:
        """The tests' own client."""
        return client("iam")

    def install(self) -> None:
        """Bring in the policies that AWS manages, which moto leaves out."""
        bring_in(arn.rpartition("/")[2] for arn in KNOWN_TO_AWS)
        self.world.endpoint.edit("iam:GetAccountAuthorizationDetails", lambda _, answer: as_aws(answer))

    def user(self, name: str = "deploy", *groups: str) -> str:
        """Make a user in groups, and return its ARN."""
        arn = str(self.iam.create_user(UserName=name)["User"]["Arn"])
        for group in groups:
            self.iam.add_user_to_group(GroupName=group, UserName=name)
        return arn

    def group(self, name: str = "operators") -> str:
        """Make a group, and return its ARN."""
        return str(self.iam.create_group(GroupName=name)["Group"]["Arn"])

    def role(self, name: str = "build", trust: Document | None = None, path: str = "/", **more: Any) -> str:
        """Make a role, and return its ARN."""
        told = json.dumps(trust or trusting(LAMBDA))
        made = self.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=told, **more)
        return str(made["Role"]["Arn"])

    def policy(self, *statements: Document, name: str = "tools") -> str:
        """Make a managed policy of the account's own, and return its ARN."""
        told = json.dumps(document(*statements))
        return str(self.iam.create_policy(PolicyName=name, PolicyDocument=told)["Policy"]["Arn"])

    def attached(self, role: str = "build") -> set[str]:
        """Return what is attached to a role."""
        found = self.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        return {one["PolicyArn"] for one in found}

    def event(self, name: str, parameters: Any, **changes: Any) -> Any:
        """Return the API event of a call, 42 seconds ago."""
        return api_event(name, service="iam", parameters=parameters, **{"time": stamp(ago(42)), **changes})

    def attach(self, arn: str, role: str = "build") -> Any:
        """Attach a policy to a role as somebody does, and return the event of it."""
        self.iam.attach_role_policy(RoleName=role, PolicyArn=arn)
        return self.event("AttachRolePolicy", {"roleName": role, "policyArn": arn})

    def put(self, *statements: Document, role: str = "build", name: str = "inline") -> Any:
        """Write an inline policy of a role as somebody does, and return the event of it."""
        told = json.dumps(document(*statements))
        self.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=told)
        parameters = {"roleName": role, "policyName": name, "policyDocument": told}
        return self.event("PutRolePolicy", parameters)

    def trust(self, trust: Document, role: str = "build") -> Any:
        """Change who may assume a role as somebody does, and return the event of it."""
        told = json.dumps(trust)
        self.iam.update_assume_role_policy(RoleName=role, PolicyDocument=told)
        return self.event("UpdateAssumeRolePolicy", {"roleName": role, "policyDocument": told})

    def verdict(self, policy_arn: str) -> Any:
        """Return Config's verdict on a policy, which it names by its id."""
        identity = self.iam.get_policy(PolicyArn=policy_arn)["Policy"]["PolicyId"]
        return config_change(RULE, resource_type="AWS::IAM::Policy", resource_id=identity)

    def handle(self, event: object) -> Run:
        """Give Rearm an event."""
        return self.world.handle(event)

    def sweep(self) -> Run:
        """Let Rearm look at everything."""
        return self.world.handle(scheduled("rearm-iam_authority-sweep"))

    def learnt(self) -> None:
        """Let the first sweep record what there is."""
        run = self.sweep()
        assert run.findings == ["administrators-first-seen"], run.journal

    def known(self, arn: str) -> dict[str, Any]:
        """Return what is recorded of an identity or policy; nothing where there is no baseline."""
        found = self.world.items(f"{AUTOMATION}#baseline").get(arn, {})
        state: dict[str, Any] = found.get("state", {})
        return state

    def fail_table(self) -> None:
        """Let the table answer nothing about baselines."""

        def of_baselines(made: Made) -> bool:
            values = made.parameters.get("ExpressionAttributeValues", {})
            return bool(values.get(":g", {}).get("S", "").endswith("#baseline"))

        self.world.endpoint.fail("dynamodb:Query", "ResourceNotFoundException", when=of_baselines)


@contextmanager
def opened(**choices: Any) -> Iterator[Directory]:
    """Make a new account with the automation freshly deployed in it."""
    with new_world(automation=AUTOMATION, **choices) as world:
        directory = Directory(world)
        directory.install()
        yield directory
