"""Who else may assume a role: what its trust policy opens to other accounts and to everyone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rearm.automations.iam_authority.statements import conditions_of, matches, raw_statements, texts

EVERYONE = "everyone"
SIGNED_IN = "everyone whom {} signs in"
ASSUMING = ("sts:assumerole", "sts:assumerolewithwebidentity")
# Conditions that say whose account or organization somebody must be of, so that not everyone is meant.
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
WHOSE = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:userid",
    }
)
ONLY = ("stringequals", "stringlike", "arnequals", "arnlike", "stringequalsignorecase")
# A token is bound to somebody if a condition says whose: `aud` is the same for all of a provider's users.
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
AUDIENCE = ":aud"


def openings(document: object, account: str, accepted: frozenset[str]) -> frozenset[str]:
    """Return to whom a trust policy opens a role: ids of other accounts, and words for everyone.

    Parameters
    ----------
    account
        The role's own account.
    accepted
        Other accounts that may be trusted.

    Raises
    ------
    AwsError
        It is no policy document.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    statements = raw_statements(document)
    if any(_closes(one) for one in statements):
        return frozenset()
    return frozenset(found for one in statements for found in _opened(one, account, accepted))


def opening(document: object, account: str, accepted: frozenset[str]) -> tuple[int, ...]:
    """Return which of a trust policy's statements open it, counted from 1."""
    numbered = enumerate(raw_statements(document), start=1)
    return tuple(number for number, one in numbered if list(_opened(one, account, accepted)))


def _opened(statement: Mapping[str, object], account: str, accepted: frozenset[str]) -> Iterator[str]:
    if statement.get("Effect") != "Allow" or not _assumes(statement):
        return
    whose = [*_whose(statement)]
    if "NotPrincipal" in statement:
        yield from _everyone(whose, account, accepted)
        return
    principal = statement.get("Principal")
    named = principal if isinstance(principal, Mapping) else {"AWS": principal}
    for one in texts(named.get("AWS")):
        if one == "*":
            yield from _everyone(whose, account, accepted)
        elif (owner := _account(one)) and owner not in {account, *accepted}:
            yield owner
    for provider in texts(named.get("Federated")):
        if _web_identity(statement) and not _token_is_bound(statement):
            yield SIGNED_IN.format(provider.rpartition("oidc-provider/")[2])


def _everyone(whose: list[str], account: str, accepted: frozenset[str]) -> Iterator[str]:
    """Yield what is open where the principal is everyone: only those whom the conditions let in."""
    if not whose:
        yield EVERYONE
    for value in whose:
        owner = _account(value)
        if owner and owner not in {account, *accepted}:
            yield owner


def _whose(statement: Mapping[str, object]) -> Iterator[str]:
    """Yield the values of conditions that bind a statement to accounts, organizations or identities."""
    for operator, key, values in conditions_of(statement):
        # What else there is, `ForAllValues:` and `IfExists`, holds for whoever has no such key as well.
        kind = operator.removeprefix("foranyvalue:")
        if key in WHOSE and kind in ONLY and values and not any(_is_anybody(value) for value in values):
            yield from values


def _is_anybody(value: str) -> bool:
    """Whether a value leaves the account open."""
    if value.startswith("arn:"):
        parts = value.split(":", 5)
        return len(parts) < 5 or "*" in parts[4] or "?" in parts[4]
    return value.startswith(("*", "?"))


def _assumes(statement: Mapping[str, object]) -> bool:
    actions = [text.lower() for text in texts(statement.get("Action"))]
    excluded = [text.lower() for text in texts(statement.get("NotAction"))]
    if "NotAction" in statement:
        return any(not any(matches(one, action) for one in excluded) for action in ASSUMING)
    return any(matches(one, action) for one in actions for action in ASSUMING)


def _web_identity(statement: Mapping[str, object]) -> bool:
    actions = [text.lower() for text in texts(statement.get("Action"))]
    return any(matches(one, "sts:assumerolewithwebidentity") for one in actions)


def _token_is_bound(statement: Mapping[str, object]) -> bool:
    return any(
        not key.endswith(AUDIENCE) and not all(value == "*" for value in values)
        for _, key, values in conditions_of(statement)
    )


def _closes(statement: Mapping[str, object]) -> bool:
    """Whether a statement keeps everybody out, with no condition."""
    principal = statement.get("Principal")
    named = texts(principal.get("AWS")) if isinstance(principal, Mapping) else texts(principal)
    denies = statement.get("Effect") == "Deny" and not statement.get("Condition")
    actions = [text.lower() for text in texts(statement.get("Action"))]
    return denies and "*" in named and all(any(matches(a, one) for a in actions) for one in ASSUMING)


def _account(principal: str) -> str | None:
    """Return the account of a principal: an id, or the one in an ARN; None for a unique id or a pattern."""
    parts = principal.split(":", 5)
    found = parts[4] if principal.startswith("arn:") and len(parts) == 6 else principal
    return found if re.fullmatch(r"[0-9]{12}", found) else None
