"""Whoever else uses a bucket is not shut out, and buckets of trails are left to their own automation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.s3_encryption.account import (
    BUCKET,
    FOREIGN,
    FOREIGN_KEY,
    OWN,
    PUT,
    Account,
    opened,
)
from tests.unit.trail_storage.storage import bucket_policy
from tests.unit.world import client

LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
OTHERS: dict[str, Any] = {
    "another account": {"AWS": f"arn:aws:iam::{FOREIGN}:root"},
    "another account's id": {"AWS": FOREIGN},
    "another account's role": {"AWS": [f"arn:aws:iam::{FOREIGN}:role/reader"]},
    "a service": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
    "a canonical user": {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
    "everybody": "*",
    "everybody signed in": {"AWS": "*"},
}
NOBODY_ELSE: dict[str, Any] = {
    "the account": {"AWS": "arn:aws:iam::123456789012:root"},
    "the account's id": {"AWS": "123456789012"},
    "a role of the account": {"AWS": ["arn:aws:iam::123456789012:role/writer"]},
}


def trail_into(bucket: str) -> None:
    """Let a trail write into a bucket."""
    client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(bucket_policy(bucket)))
    client("cloudtrail").create_trail(Name="management", S3BucketName=bucket)


@pytest.mark.parametrize("principal", OTHERS.values(), ids=OTHERS)
def test_a_bucket_that_others_use_is_told_and_gets_no_key(keyed: Account, principal: object) -> None:
    keyed.bucket()
    keyed.let_in(principal)

    run = keyed.handle(keyed.event())

    assert (run.findings, run.outcomes) == (["bucket-encryption-weaker"], ["notified"])
    assert run.called(PUT) == []
    assert "would shut out" in run.message.body
    assert f"--bucket {BUCKET}" in run.message.body


def test_a_bucket_whose_grants_let_others_in_is_told_and_gets_no_key(keyed: Account) -> None:
    keyed.bucket()
    client("s3").put_bucket_acl(Bucket=BUCKET, ACL="log-delivery-write")

    run = keyed.handle(keyed.event())

    assert (run.outcomes, run.called(PUT)) == (["notified"], [])
    assert "LogDelivery" in run.message.body


@pytest.mark.parametrize("principal", NOBODY_ELSE.values(), ids=NOBODY_ELSE)
def test_a_bucket_that_only_the_account_uses_gets_the_key(keyed: Account, principal: object) -> None:
    keyed.bucket()
    keyed.let_in(principal)

    assert keyed.handle(keyed.event()).outcomes == ["remediated"]


def test_whoever_is_denied_is_not_let_in(keyed: Account) -> None:
    keyed.bucket()
    keyed.let_in({"AWS": f"arn:aws:iam::{FOREIGN}:root"}, effect="Deny")

    assert keyed.handle(keyed.event()).outcomes == ["remediated"]


def test_a_shared_bucket_gets_the_key_where_a_setting_says_so() -> None:
    with opened(algorithm="aws:kms", key="alias/data", repair_shared=True) as account:
        account.bucket()
        account.let_in({"AWS": FOREIGN})

        assert account.handle(account.event()).outcomes == ["remediated"]


def test_a_shared_bucket_loses_a_foreign_key_and_shuts_nobody_out(keyed: Account) -> None:
    keyed.bucket("aws:kms", FOREIGN_KEY)
    keyed.let_in({"Service": "cloudfront.amazonaws.com"})

    run = keyed.handle(keyed.event())

    assert (run.findings, run.outcomes) == (["bucket-key-foreign"], ["remediated"])
    assert keyed.applied() == OWN
    assert "S3's own keys for now" in run.message.body


@pytest.mark.parametrize("how", ["policy", "trail"])
def test_a_bucket_of_a_trail_is_left_to_the_automation_that_keeps_it(account: Account, how: str) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    trail_into(BUCKET)
    if how == "policy":
        client("cloudtrail").delete_trail(Name="management")
    else:
        client("s3").delete_bucket_policy(Bucket=BUCKET)

    run = account.handle(account.event())

    assert (run.findings, run.outcomes) == (["bucket-key-foreign"], ["notified"])
    assert run.called(PUT) == []
    assert "trail_storage" in run.message.body
    assert run.message.attributes["severity"] == "CRITICAL"


def test_not_even_a_setting_makes_it_fight_over_a_bucket_of_a_trail() -> None:
    with opened(algorithm="aws:kms", key="alias/data", repair_shared=True) as account:
        account.bucket()
        trail_into(BUCKET)

        run = account.handle(account.event())

        assert (run.outcomes, run.called(PUT)) == (["notified"], [])


@pytest.mark.parametrize("call", ["s3:GetBucketPolicy", "cloudtrail:DescribeTrails"])
def test_a_bucket_whose_users_are_not_known_is_left_alone_and_that_is_a_failure(
    account: Account, call: str
) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    account.world.endpoint.fail(call, "AccessDenied")

    run = account.sweep()

    assert (run.findings, run.outcomes, run.called(PUT)) == (["bucket-key-foreign"], ["notified"], [])
    assert run.error is not None
    assert call in str(run.error)


def test_the_trails_are_asked_once_for_many_buckets(account: Account) -> None:
    for number in range(12):
        account.bucket("aws:kms", FOREIGN_KEY, name=f"bucket-{number:02d}")

    run = account.sweep()

    assert run.outcomes == ["remediated"] * 12
    assert len(run.called("cloudtrail:DescribeTrails")) == 1
