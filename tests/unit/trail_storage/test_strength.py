"""The order of strength, attribute by attribute: what is stronger is learned, what is weaker is reverted."""

from __future__ import annotations

from typing import Any

import pytest

from rearm.automations.trail_storage import strength
from rearm.automations.trail_storage.strength import Order
from tests.events.identities import ACCOUNT
from tests.unit.trail_storage.storage import BLOCKED, BUCKET, FOREIGN, OPEN, allow, bucket_policy, key_policy

SAME, STRONGER, WEAKER = Order.SAME, Order.STRONGER, Order.WEAKER
OWNER = {"Grantee": {"ID": "owner", "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
EVERYBODY = {
    "Grantee": {"URI": "http://acs.amazonaws.com/groups/global/AllUsers", "Type": "Group"},
    "Permission": "READ",
}
OWN_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/own"
OTHER_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/other"
TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
READER = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:role/reader"})
STRANGER = allow({"AWS": f"arn:aws:iam::{FOREIGN}:role/reader"})
LEGACY = allow({"AWS": "arn:aws:iam::086441151436:root"}, "s3:PutObject")
USE_KEY = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{FOREIGN}:root"},
    "Action": "kms:Decrypt",
    "Resource": "*",
}
MANAGE_KEY = {**USE_KEY, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/admin"}}


def _acl(*grants: Any) -> dict[str, Any]:
    return {"Owner": {"ID": "owner"}, "Grants": list(grants)}


def _lock(mode: str | None = None, **time: int) -> dict[str, Any]:
    rule = {"Rule": {"DefaultRetention": {"Mode": mode, **time}}} if mode else {}
    return {"ObjectLockEnabled": "Enabled", **rule}


def _encryption(algorithm: str, key: str | None = None, bucket_key: bool = False) -> dict[str, Any]:
    named = {"KMSMasterKeyID": key} if key else {}
    return {"SSEAlgorithm": algorithm, **named, "BucketKeyEnabled": bucket_key}


BUCKET_CASES = [
    ("Versioning", "Enabled", "Enabled", SAME),
    ("Versioning", "Enabled", "Suspended", WEAKER),
    ("Versioning", "Enabled", None, WEAKER),
    ("Versioning", "Suspended", "Enabled", STRONGER),
    ("Versioning", None, "Enabled", STRONGER),
    ("Versioning", None, "Suspended", SAME),
    ("MfaDelete", "Enabled", "Disabled", WEAKER),
    ("MfaDelete", "Enabled", None, WEAKER),
    ("MfaDelete", None, "Disabled", SAME),
    ("MfaDelete", None, "Enabled", STRONGER),
    ("PublicAccessBlock", BLOCKED, BLOCKED, SAME),
    ("PublicAccessBlock", OPEN, {**OPEN, "BlockPublicAcls": True}, STRONGER),
    ("PublicAccessBlock", BLOCKED, {**BLOCKED, "BlockPublicAcls": False}, WEAKER),
    (
        "PublicAccessBlock",
        {**OPEN, "BlockPublicAcls": True},
        {**OPEN, "BlockPublicPolicy": True},
        WEAKER,
    ),
    ("Ownership", "BucketOwnerEnforced", "BucketOwnerEnforced", SAME),
    ("Ownership", "BucketOwnerEnforced", "BucketOwnerPreferred", WEAKER),
    ("Ownership", "BucketOwnerPreferred", "ObjectWriter", WEAKER),
    ("Ownership", "BucketOwnerEnforced", None, WEAKER),
    ("Ownership", None, "ObjectWriter", SAME),
    ("Ownership", "ObjectWriter", "BucketOwnerPreferred", STRONGER),
    ("Ownership", "BucketOwnerPreferred", "BucketOwnerEnforced", STRONGER),
    ("Acl", _acl(OWNER), _acl(OWNER), SAME),
    ("Acl", _acl(OWNER), _acl(OWNER, EVERYBODY), WEAKER),
    ("Acl", _acl(OWNER), _acl(EVERYBODY), WEAKER),
    ("Acl", _acl(OWNER, EVERYBODY), _acl(EVERYBODY, OWNER), SAME),
    ("Acl", _acl(OWNER, EVERYBODY), _acl(OWNER), STRONGER),
    ("Encryption", None, _encryption("AES256"), SAME),
    ("Encryption", _encryption("AES256"), None, SAME),
    ("Encryption", _encryption("AES256"), _encryption("aws:kms", OWN_KEY), WEAKER),
    ("Encryption", _encryption("AES256"), _encryption("aws:kms"), WEAKER),
    ("Encryption", _encryption("aws:kms", OWN_KEY), _encryption("AES256"), WEAKER),
    ("Encryption", _encryption("aws:kms", OWN_KEY), None, WEAKER),
    ("Encryption", _encryption("aws:kms", OWN_KEY), _encryption("aws:kms", OTHER_KEY), WEAKER),
    ("Encryption", _encryption("aws:kms", OWN_KEY), _encryption("aws:kms:dsse", OWN_KEY), STRONGER),
    ("Encryption", _encryption("aws:kms:dsse", OWN_KEY), _encryption("aws:kms", OWN_KEY), WEAKER),
    ("Encryption", _encryption("aws:kms", OWN_KEY), _encryption("aws:kms", OWN_KEY, True), SAME),
    ("Logging", None, {"TargetBucket": "a"}, STRONGER),
    ("Logging", {"TargetBucket": "a"}, {"TargetBucket": "a"}, SAME),
    ("Logging", {"TargetBucket": "a"}, {"TargetBucket": "b"}, WEAKER),
    ("Logging", {"TargetBucket": "a"}, None, WEAKER),
    ("ObjectLock", None, None, SAME),
    ("ObjectLock", None, _lock(), STRONGER),
    ("ObjectLock", _lock(), _lock("GOVERNANCE", Days=30), STRONGER),
    ("ObjectLock", _lock("GOVERNANCE", Days=30), _lock(), WEAKER),
    ("ObjectLock", _lock("GOVERNANCE", Days=365), _lock("GOVERNANCE", Years=1), SAME),
    ("ObjectLock", _lock("GOVERNANCE", Days=30), _lock("COMPLIANCE", Days=30), STRONGER),
    ("ObjectLock", _lock("COMPLIANCE", Days=30), _lock("GOVERNANCE", Days=3000), WEAKER),
    ("ObjectLock", _lock("COMPLIANCE", Years=1), _lock("COMPLIANCE", Days=364), WEAKER),
    ("ObjectLock", _lock("COMPLIANCE", Days=30), _lock("COMPLIANCE", Days=31), STRONGER),
    ("Policy", bucket_policy(), bucket_policy(), SAME),
    ("Policy", bucket_policy(), None, WEAKER),
    ("Policy", bucket_policy(), bucket_policy(BUCKET, TLS_ONLY), STRONGER),
    ("Policy", bucket_policy(BUCKET, TLS_ONLY), bucket_policy(), WEAKER),
    ("Policy", bucket_policy(BUCKET, READER), bucket_policy(), STRONGER),
    ("Policy", bucket_policy(BUCKET, STRANGER), bucket_policy(), STRONGER),
    ("Policy", bucket_policy(BUCKET, READER), bucket_policy(BUCKET, TLS_ONLY), STRONGER),
    ("Policy", bucket_policy(BUCKET, LEGACY), bucket_policy(), WEAKER),
    ("Policy", bucket_policy(), bucket_policy(BUCKET, READER), WEAKER),
    ("Policy", bucket_policy(), bucket_policy(BUCKET, STRANGER), WEAKER),
    (
        "Policy",
        bucket_policy(),
        bucket_policy(BUCKET, {**TLS_ONLY, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
        WEAKER,
    ),
    (
        "Policy",
        bucket_policy(),
        bucket_policy(BUCKET, {k: v for k, v in TLS_ONLY.items() if k != "Condition"}),
        WEAKER,
    ),
    (
        "Policy",
        bucket_policy(BUCKET, READER),
        bucket_policy(BUCKET, {**READER, "Principal": {"AWS": "AROAEXAMPLEEXAMPLE12"}}),
        STRONGER,
    ),
]
KEY_CASES = [
    ("Policy", key_policy(), key_policy(), SAME),
    ("Policy", key_policy(USE_KEY), key_policy(), STRONGER),
    ("Policy", key_policy(), key_policy(USE_KEY), WEAKER),
    ("Policy", key_policy(MANAGE_KEY), key_policy(), WEAKER),
    ("Policy", key_policy(), {"Statement": key_policy()["Statement"][:1]}, WEAKER),
    ("Policy", key_policy(), {"Statement": key_policy()["Statement"][1:]}, WEAKER),
    ("Rotation", True, True, SAME),
    ("Rotation", True, False, WEAKER),
    ("Rotation", False, True, STRONGER),
    ("Rotation", False, False, SAME),
]


@pytest.mark.parametrize(("attribute", "before", "now", "order"), BUCKET_CASES)
def test_a_buckets_attribute_is_compared(attribute: str, before: Any, now: Any, order: Order) -> None:
    compared = strength.compared(strength.BUCKET, {attribute: before}, {attribute: now}, ACCOUNT)

    assert compared == {attribute: order}


@pytest.mark.parametrize(("attribute", "before", "now", "order"), KEY_CASES)
def test_a_keys_attribute_is_compared(attribute: str, before: Any, now: Any, order: Order) -> None:
    compared = strength.compared(strength.KEY, {attribute: before}, {attribute: now}, ACCOUNT)

    assert compared == {attribute: order}


@pytest.mark.parametrize(
    ("table", "cases"), [(strength.BUCKET, BUCKET_CASES), (strength.KEY, KEY_CASES)], ids=["bucket", "key"]
)
def test_every_attribute_of_the_table_is_tested_in_each_direction(table: Any, cases: Any) -> None:
    tested = {(attribute, order) for attribute, _, _, order in cases}

    assert tested == {(attribute, order) for attribute in table for order in Order}


@pytest.mark.parametrize(("attribute", "before", "now", "order"), BUCKET_CASES)
def test_the_stronger_of_both_is_kept(attribute: str, before: Any, now: Any, order: Order) -> None:
    merged = strength.merged(strength.BUCKET, {attribute: before}, {attribute: now}, ACCOUNT)

    if attribute == "PublicAccessBlock":
        assert merged[attribute] == {flag: before[flag] or now[flag] for flag in BLOCKED}
    else:
        assert merged[attribute] == (now if order is STRONGER else before)


def test_what_was_not_read_is_neither_compared_nor_forgotten() -> None:
    before = {"Versioning": "Enabled", "Policy": bucket_policy()}

    assert strength.compared(strength.BUCKET, before, {"Versioning": "Enabled"}, ACCOUNT) == {
        "Versioning": SAME
    }
    assert strength.merged(strength.BUCKET, before, {"Versioning": None}, ACCOUNT) == before


def test_what_guards_nothing_is_recorded_as_it_is() -> None:
    before = {"Tags": [{"Key": "a", "Value": "1"}], "Lifecycle": {"Rules": []}}
    now: dict[str, Any] = {"Tags": [], "Lifecycle": None}

    assert strength.merged(strength.BUCKET, before, now, ACCOUNT) == now
    assert strength.merged(strength.BUCKET, before, now, ACCOUNT, follow=False) == before
