"""Lifecycle rules: which of them let a trail's log files go too soon.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Rule = Mapping[str, Any]


def offending(
    configuration: Mapping[str, Any] | None, prefixes: Sequence[str] | None, minimum_days: int
) -> list[Rule]:
    """Return the rules under which log files, or older versions of them, can go before the minimum.

    A filter by tags or size spares nothing: whoever may tag an object decides what it matches.

    Parameters
    ----------
    prefixes
        The prefixes under which trails write into the bucket, "" for none; None where nobody knows them.
    """
    rules: Sequence[Rule] = (configuration or {}).get("Rules", ())
    return [rule for rule in rules if _expires(rule, minimum_days) and _reaches(_prefix(rule), prefixes)]


def without(configuration: Mapping[str, Any], rules: Sequence[Rule]) -> dict[str, Any] | None:
    """Return a configuration without some of its rules, the others as they are; None if none is left."""
    kept = [rule for rule in configuration.get("Rules", ()) if rule not in rules]
    return {**configuration, "Rules": kept} if kept else None


def named(rule: Rule, minimum_days: int) -> str:
    """Return a rule in a few words."""
    told = []
    expiration = rule.get("Expiration") or {}
    if "Date" in expiration:
        told.append(f"everything on {str(expiration['Date'])[:10]}")
    if _below(expiration.get("Days"), minimum_days):
        told.append(f"objects after {expiration['Days']} days")
    older = (rule.get("NoncurrentVersionExpiration") or {}).get("NoncurrentDays")
    if _below(older, minimum_days):
        told.append(f"older versions after {older} days")
    return f"{rule.get('ID') or 'a rule without a name'} ({', '.join(told)})"


def _expires(rule: Rule, minimum_days: int) -> bool:
    if rule.get("Status") != "Enabled":
        return False
    expiration = rule.get("Expiration") or {}
    older = rule.get("NoncurrentVersionExpiration") or {}
    # From its date on, such a rule takes every object, however young.
    return (
        "Date" in expiration
        or _below(expiration.get("Days"), minimum_days)
        or _below(older.get("NoncurrentDays"), minimum_days)
    )


def _below(days: object, minimum: int) -> bool:
    return isinstance(days, int) and days < minimum


def _prefix(rule: Rule) -> str:
    wanted = rule.get("Filter") or {}
    prefix = wanted.get("Prefix", (wanted.get("And") or {}).get("Prefix", rule.get("Prefix")))
    return str(prefix or "")


def _reaches(prefix: str, prefixes: Sequence[str] | None) -> bool:
    return prefixes is None or any(_meets(prefix, written) for written in prefixes)


def _meets(prefix: str, written: str) -> bool:
    """Whether a filter's prefix can match what a trail with the given prefix writes.

    Its files are below ``AWSLogs/ACCOUNT/CloudTrail…/``, those of an organization below
    ``AWSLogs/ORGANIZATION/ACCOUNT/CloudTrail…/``.
    """
    root = f"{written.rstrip('/')}/AWSLogs/" if written else "AWSLogs/"
    if root.startswith(prefix):
        return True
    if not prefix.startswith(root):
        return False
    parts = prefix.removeprefix(root).split("/")
    if parts[0].startswith("o-"):
        parts = parts[1:]
    service = parts[1] if len(parts) > 1 else ""
    return service.startswith("CloudTrail") or "CloudTrail".startswith(service)
