"""Resource policies: whether one is another in other words, and what a change lets anybody do.

Statements are compared as IAM reads them: their order, their ids, and whether one value stands alone or in a
list, mean nothing; actions and the names of conditions are the same in any case.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

Statement = Mapping[str, Any]

CLOUDTRAIL = "cloudtrail.amazonaws.com"
ANYBODY = "*"
# How IAM names an identity in a policy once it has been deleted.
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
DELETED = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
ACCOUNT = re.compile(r"(?:arn:[^:]*:(?:iam|sts)::)?(\d{12})(?::.*)?")
ROOT = re.compile(r"arn:[^:]*:iam::(\d{12}):root")
# Conditions that keep a statement for everybody within an account or an organization.
BOUNDS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "kms:calleraccount",
    }
)
UNSECURED = {"bool": {"aws:securetransport": ["false"]}}


def statements(policy: Mapping[str, Any] | None) -> dict[str, Statement]:
    """Return the statements of a policy in one form, each by its text in that form; none without a policy."""
    found = (policy or {}).get("Statement", [])
    listed = [found] if isinstance(found, Mapping) else found
    canonical = [_canonical(one) for one in listed if isinstance(one, Mapping)]
    return {json.dumps(one, sort_keys=True): one for one in canonical}


def changed(
    before: Mapping[str, Any] | None, now: Mapping[str, Any] | None
) -> tuple[list[Statement], list[Statement]]:
    """Return which statements are missing, and which have been added."""
    old, new = statements(before), statements(now)
    missing = [one for text, one in old.items() if text not in new]
    return missing, [one for text, one in new.items() if text not in old]


def allows(statement: Statement, *actions: str) -> bool:
    """Whether a statement is about one of the actions, given in lower case."""
    if "NotAction" in statement:
        kept = statement["NotAction"]
        return any(not any(fnmatchcase(action, pattern) for pattern in kept) for action in actions)
    return any(fnmatchcase(action, pattern) for action in actions for pattern in statement.get("Action", ()))


def denies_unsecured(statement: Statement) -> bool:
    """Whether a statement denies what does not come over TLS, and nothing else."""
    return statement.get("Effect") == "Deny" and statement.get("Condition") == UNSECURED


def names_only_deleted(statement: Statement) -> bool:
    """Whether a statement allows something to identities only that do not exist any more."""
    names = list(principals(statement))
    return (
        statement.get("Effect") == "Allow"
        and bool(names)
        and all(kind == "AWS" and DELETED.fullmatch(name) for kind, name in names)
    )


def spares_cloudtrail(statement: Statement, account: str) -> bool:
    """Whether CloudTrail certainly does not need a statement: it allows something to others only.

    Policies from before 2014 name CloudTrail by AWS's own accounts: another account as a whole may be it.
    """
    names = list(principals(statement))
    return (
        statement.get("Effect") == "Allow"
        and bool(names)
        and all(_is_not_cloudtrail(kind, name, account) for kind, name in names)
    )


def only_foreign(statement: Statement, account: str) -> bool:
    """Whether a statement allows something to other accounts only."""
    names = list(principals(statement))
    return (
        statement.get("Effect") == "Allow"
        and bool(names)
        and all(kind == "AWS" and _account_of(name) not in (None, account) for kind, name in names)
    )


def lets_cloudtrail(policy: Mapping[str, Any] | None, account: str, *actions: str) -> bool:
    """Whether CloudTrail may make the calls: something allows them to it, and nothing denies them always.

    A policy from before 2014 allows them to AWS's own accounts, which look like any other.
    """
    found = list(statements(policy).values())
    return all(
        any(
            _may_name_cloudtrail(one, account) and one["Effect"] == "Allow" and allows(one, action)
            for one in found
        )
        and not any(
            _concerns_cloudtrail(one)
            and one["Effect"] == "Deny"
            and not one.get("Condition")
            and allows(one, action)
            for one in found
        )
        for action in actions
    )


def others(found: Iterable[Statement], account: str) -> list[str]:
    """Return who else than the account's own identities and AWS's services is allowed something, in words."""
    named: set[str] = set()
    for statement in found:
        if statement.get("Effect") != "Allow":
            continue
        if "NotPrincipal" in statement:
            named.add("everybody")
        for kind, name in principals(statement):
            owner = _account_of(name) if kind == "AWS" else None
            if name == ANYBODY and not _bounded(statement):
                named.add("everybody")
            elif owner not in (None, account):
                named.add(f"account {owner}")
            elif kind == "CanonicalUser":
                named.add(f"the S3 user {name}")
    return sorted(named)


def principals(statement: Statement) -> Iterator[tuple[str, str]]:
    """Yield whom a statement is about, as kind and name."""
    for kind, names in statement.get("Principal", {}).items():
        for name in names:
            yield kind, name


def _canonical(statement: Mapping[str, Any]) -> Statement:
    made: dict[str, Any] = {"Effect": str(statement.get("Effect", ""))}
    for key in ("Principal", "NotPrincipal"):
        if key in statement:
            made[key] = _principal(statement[key])
    for key in ("Action", "NotAction"):
        if key in statement:
            made[key] = sorted({text.lower() for text in _texts(statement[key])})
    for key in ("Resource", "NotResource"):
        if key in statement:
            made[key] = sorted(set(_texts(statement[key])))
    condition = statement.get("Condition")
    if isinstance(condition, Mapping) and condition:
        made["Condition"] = {
            str(test).lower(): {
                str(key).lower(): sorted(set(_texts(values)))
                for key, values in (asked if isinstance(asked, Mapping) else {}).items()
            }
            for test, asked in condition.items()
        }
    return made


def _principal(value: object) -> dict[str, list[str]]:
    # For a policy on a resource, "*" and {"AWS": "*"} are the same, as are an account and its root.
    found = value if isinstance(value, Mapping) else {"AWS": value}
    return {
        str(kind): sorted({ROOT.sub(r"\1", text) for text in _texts(names)}) for kind, names in found.items()
    }


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def _account_of(name: str) -> str | None:
    match = ACCOUNT.fullmatch(name)
    return match.group(1) if match else None


def _is_not_cloudtrail(kind: str, name: str, account: str) -> bool:
    if kind != "AWS":
        return kind == "Service" and name not in (CLOUDTRAIL, ANYBODY)
    whole_account = name.isdigit() and name != account
    return name != ANYBODY and not whole_account


def _concerns_cloudtrail(statement: Statement) -> bool:
    if "NotPrincipal" in statement:
        return CLOUDTRAIL not in statement["NotPrincipal"].get("Service", ())
    return any(
        name == ANYBODY or (kind == "Service" and name == CLOUDTRAIL) for kind, name in principals(statement)
    )


def _may_name_cloudtrail(statement: Statement, account: str) -> bool:
    named = principals(statement)
    whole_account = any(kind == "AWS" and name.isdigit() and name != account for kind, name in named)
    return whole_account or _concerns_cloudtrail(statement)


def _bounded(statement: Statement) -> bool:
    return any(key in BOUNDS for asked in statement.get("Condition", {}).values() for key in asked)
