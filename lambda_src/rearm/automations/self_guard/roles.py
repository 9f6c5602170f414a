"""What is wrong with a role of Rearm. Only told: power over IAM would be the way to everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rearm.automations import Look
from rearm.automations.self_guard.parts import (
    Deviation,
    Kind,
    Part,
    found,
    hashed_policy,
    in_words,
    read,
    told,
)
from rearm.aws import Answer, AwsError, malformed
from rearm.model import Severity


def check_role(part: Part, look: Look) -> Iterator[Deviation]:
    """Look at a role: who may assume it, what bounds it, and what its policies say.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
    """
    answer = found(look, "iam", "GetRole", {"RoleName": part.name}, "Role")
    if answer is None:
        yield told(
            part,
            look,
            "role-deleted",
            f"The role {part.name} was deleted: its function can do nothing.",
            ("DeleteRole",),
            severity=Severity.CRITICAL,
            kind=Kind.MISSING,
        )
        return
    role: Mapping[str, Any] = answer.get("Role") or {}
    if _hash(role.get("AssumeRolePolicyDocument"), "GetRole") != part.wanted["trust"]:
        yield told(
            part,
            look,
            "role-trust-changed",
            f"Other than was deployed may assume the role {part.name}.",
            ("UpdateAssumeRolePolicy",),
            severity=Severity.CRITICAL,
        )
    boundary = (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    if boundary != part.wanted.get("boundary"):
        yield told(
            part,
            look,
            "role-boundary-changed",
            f"The permissions boundary of the role {part.name} is {boundary or 'none'}, "
            f"not {part.wanted.get('boundary') or 'none'}.",
            ("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
        )
    yield from _policies(part, look)


def _policies(part: Part, look: Look) -> Iterator[Deviation]:
    wanted: Mapping[str, str | None] = part.wanted["policies"]
    there = set(_listed(part, look, "ListRolePolicies", "PolicyNames"))
    attached = _listed(part, look, "ListAttachedRolePolicies", "AttachedPolicies")
    gone = [f"{name} is gone" for name in wanted if name not in there]
    wrong = [f"{name} was added" for name in there - set(wanted)]
    for name in (name for name in sorted(wanted) if wanted[name] and name in there):
        named = {"RoleName": part.name, "PolicyName": name}
        policy = found(look, "iam", "GetRolePolicy", named, "PolicyDocument")
        if policy and _hash(policy.get("PolicyDocument"), "GetRolePolicy") != wanted[name]:
            wrong.append(f"{name} says something else")
    wrong += [f"{one.get('PolicyArn')} was attached" for one in attached]
    if gone or wrong:
        yield told(
            part,
            look,
            "role-policies-changed",
            f"The policies of the role {part.name} are not the deployed ones: {in_words([*gone, *wrong])}.",
            ("PutRolePolicy", "DeleteRolePolicy", "AttachRolePolicy"),
            severity=Severity.CRITICAL,
            # Policies that are only gone may be about to go with the role.
            kind=Kind.TOLD if wrong else Kind.MISSING,
        )


def _listed(part: Part, look: Look, operation: str, member: str) -> list[Any]:
    items: list[Any] = []
    marker: object = None
    while True:
        asked = {"RoleName": part.name, **({"Marker": marker} if marker else {})}
        answer: Answer = read(look, "iam", operation, asked)
        page = answer.get(member)
        if not isinstance(page, list):
            raise malformed("iam", operation, f"{member} is missing")
        items += page
        marker = answer.get("Marker")
        if not marker:
            return items


def _hash(document: object, operation: str) -> str:
    try:
        return hashed_policy(document)
    except ValueError as error:
        failure: AwsError = malformed("iam", operation, "a policy is no JSON")
        raise failure from error
