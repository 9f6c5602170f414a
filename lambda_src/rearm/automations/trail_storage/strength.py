"""The order of strength: whether what an attribute is now is as strong as what was recorded.

What is not provably stronger is weaker. The tables say how each attribute is compared; `Lifecycle` and `Tags`
are in none: the first is judged by the minimum of days alone, the others guard nothing, and both are recorded
as they are, so that a bucket can be made again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from rearm.automations.trail_storage import policies

State = Mapping[str, Any]
# What JSON can hold: an attribute as it was read, or recorded.
Value = Any

FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
RECORDED = ("Lifecycle", "Tags")
RECORDED_IF_SET = ("RotationPeriodInDays",)
DAYS_OF_A_YEAR = 365


class Order(StrEnum):
    """What came of a comparison."""

    SAME = "same"
    STRONGER = "stronger"
    WEAKER = "weaker"


Compare = Callable[[Value, Value, str], Order]


def _ladder(*steps: object) -> Compare:
    """Compare by place: later steps are stronger; what is no step stands before the first."""

    def compare(before: object, now: object, _: str) -> Order:
        old = steps.index(before) if before in steps else -1
        new = steps.index(now) if now in steps else -1
        return _by_number(old, new)

    return compare


def _flags(before: Value, now: Value, _: str) -> Order:
    lost = any((before or {}).get(flag) is True and (now or {}).get(flag) is not True for flag in FLAGS)
    won = any((before or {}).get(flag) is not True and (now or {}).get(flag) is True for flag in FLAGS)
    return Order.WEAKER if lost else Order.STRONGER if won else Order.SAME


def _encryption(before: Value, now: Value, _: str) -> Order:
    """Another key is never provably as good; the same key used twice over is better.

    Every bucket is encrypted: without a configuration, and with AES256, by S3's own keys.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
    """
    (old, old_key), (new, new_key) = _algorithm(before), _algorithm(now)
    if old_key != new_key or old == new:
        return Order.SAME if (old, old_key) == (new, new_key) else Order.WEAKER
    return Order.STRONGER if (old, new) == ("aws:kms", "aws:kms:dsse") else Order.WEAKER


def _algorithm(encryption: Value) -> tuple[str, str | None]:
    encryption = encryption or {}
    return str(encryption.get("SSEAlgorithm") or "AES256"), encryption.get("KMSMasterKeyID")


def _grants(before: Value, now: Value, _: str) -> Order:
    old, new = grants(before), grants(now)
    return Order.WEAKER if new - old else Order.STRONGER if old - new else Order.SAME


def grants(acl: Value) -> set[tuple[str, str]]:
    """Return whom an ACL grants what."""
    return {
        (str(one["Grantee"].get("ID") or one["Grantee"].get("URI")), str(one["Permission"]))
        for one in (acl or {}).get("Grants", ())
    }


def _lock(before: Value, now: Value, _: str) -> Order:
    if before is None or now is None:
        return _by_number(int(before is not None), int(now is not None))
    old, new = _retention(before), _retention(now)
    if any(is_ < was for was, is_ in zip(old, new, strict=True)):
        return Order.WEAKER
    return Order.STRONGER if new != old else Order.SAME


def _retention(lock: Mapping[str, Any]) -> tuple[int, int]:
    retention = (lock.get("Rule") or {}).get("DefaultRetention") or {}
    mode = {"GOVERNANCE": 1, "COMPLIANCE": 2}.get(str(retention.get("Mode")), 0)
    return mode, int(retention.get("Days") or 0) + DAYS_OF_A_YEAR * int(retention.get("Years") or 0)


def _logging(before: Value, now: Value, _: str) -> Order:
    if before == now:
        return Order.SAME
    return Order.WEAKER if before else Order.STRONGER


def _bucket_policy(before: Value, now: Value, account: str) -> Order:
    missing, added = policies.changed(before, now)
    if not missing and not added:
        return Order.SAME
    harmless = all(policies.denies_unsecured(one) or policies.names_only_deleted(one) for one in added)
    spare = all(policies.spares_cloudtrail(one, account) for one in missing)
    return Order.STRONGER if harmless and spare else Order.WEAKER


def _key_policy(before: Value, now: Value, account: str) -> Order:
    missing, added = policies.changed(before, now)
    if not missing and not added:
        return Order.SAME
    spare = all(policies.only_foreign(one, account) for one in missing)
    return Order.STRONGER if spare and not added else Order.WEAKER


def _by_number(old: int, new: int) -> Order:
    return Order.WEAKER if new < old else Order.STRONGER if new > old else Order.SAME


BUCKET: Mapping[str, Compare] = {
    "Policy": _bucket_policy,
    "Versioning": _ladder("Enabled"),
    "MfaDelete": _ladder("Enabled"),
    "Encryption": _encryption,
    "PublicAccessBlock": _flags,
    "Acl": _grants,
    "Ownership": _ladder("BucketOwnerPreferred", "BucketOwnerEnforced"),
    "ObjectLock": _lock,
    "Logging": _logging,
}
KEY: Mapping[str, Compare] = {
    "Policy": _key_policy,
    "Rotation": _ladder(True),
}


def compared(table: Mapping[str, Compare], before: State, now: State, account: str) -> dict[str, Order]:
    """Compare every attribute that was read, and that was recorded too."""
    return {
        attribute: compare(before[attribute], now[attribute], account)
        for attribute, compare in table.items()
        if attribute in before and attribute in now
    }


def merged(
    table: Mapping[str, Compare], before: State, now: State, account: str, *, follow: bool = True
) -> dict[str, Any]:
    """Return the stronger of both, attribute by attribute.

    Parameters
    ----------
    follow
        Whether what is not compared is taken as it is now, too.
    """
    orders = compared(table, before, now, account)
    stronger = {name: now[name] for name, order in orders.items() if order is Order.STRONGER}
    unknown = {name: now[name] for name in table if name in now and name not in before}
    taken = {name: now[name] for name in RECORDED if name in now and follow}
    taken |= {name: now[name] for name in RECORDED_IF_SET if now.get(name) is not None}
    state = {**before, **stronger, **unknown, **taken}
    if table is BUCKET and "PublicAccessBlock" in orders:
        state["PublicAccessBlock"] = flags(before["PublicAccessBlock"], now["PublicAccessBlock"])
    return state


def flags(before: Value, now: Value) -> dict[str, bool]:
    """Return the flags that are set in either."""
    return {flag: (before or {}).get(flag) is True or (now or {}).get(flag) is True for flag in FLAGS}
