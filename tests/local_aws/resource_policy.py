"""Whether a resource's own policy lets a service of AWS act on it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.local_aws.conditions import Condition, Context, Text


def allows(policy: Mapping[str, Any], principal: str, action: str, resource: str, context: Context) -> bool:
    """Decide for a service principal.

    Parameters
    ----------
    policy
        The resource's policy, or a role's trust policy.
    principal
        Such as ``events.amazonaws.com``.
    action
        Such as ``lambda:InvokeFunction``.
    resource
        The ARN that the statement's Resource must match, if it has one.
    context
        The condition keys of the request.
    """
    statements = policy.get("Statement") or []
    listed = [statements] if isinstance(statements, Mapping) else statements
    applying = [one for one in listed if _applies(one, principal, action, resource, context)]
    return bool(applying) and all(one.get("Effect") == "Allow" for one in applying)


def _applies(
    statement: Mapping[str, Any], principal: str, action: str, resource: str, context: Context
) -> bool:
    who = statement.get("Principal")
    services = _listed(who.get("Service")) if isinstance(who, Mapping) else []
    anybody = who == "*" or (isinstance(who, Mapping) and "*" in _listed(who.get("AWS")))
    if principal not in services and not anybody:
        return False
    actions = [Text(one, variables=False) for one in _listed(statement.get("Action"))]
    if not any(one.like(action, context, ignore_case=True) for one in actions):
        return False
    resources = [Text(one) for one in _listed(statement.get("Resource"))]
    if resources and not any(one.like(resource, context) for one in resources):
        return False
    conditions = statement.get("Condition") or {}
    return all(
        Condition(operator, key, tuple(Text(value) for value in _listed(values))).holds(context)
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def _listed(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    return [str(one) for one in value] if isinstance(value, Iterable) else [str(value)]
