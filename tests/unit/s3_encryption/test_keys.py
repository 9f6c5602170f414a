"""The required key: found by whatever name, asked for once, and used only where it can be."""

from __future__ import annotations

import pytest

from tests.unit.s3_encryption.account import (
    BUCKET,
    FOREIGN,
    FOREIGN_KEY,
    OTHER_REGION,
    OWN,
    PUT,
    REGION,
    TRAIL_BUCKET,
    Account,
    opened,
)
from tests.unit.world import client

ELSEWHERE = f"arn:aws:kms:{OTHER_REGION}:123456789012:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


def spoil(account: Account, how: str) -> str:
    """Make the required key one that S3 cannot use, and return what is told of it."""
    kms = client("kms")
    if how == "disabled":
        kms.disable_key(KeyId=account.key.rpartition("/")[2])
        return "is Disabled"
    if how == "to be deleted":
        kms.schedule_key_deletion(KeyId=account.key.rpartition("/")[2])
        return "is PendingDeletion"
    kms.update_alias(
        AliasName="alias/data",
        TargetKeyId=kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["KeyId"],
    )
    return "is not one that S3 can use"


@pytest.mark.parametrize("how", ["disabled", "to be deleted", "for signatures"])
def test_a_required_key_that_nobody_could_write_with_is_not_set(keyed: Account, how: str) -> None:
    keyed.bucket()
    told = spoil(keyed, how)

    run = keyed.handle(keyed.event())

    assert (run.findings, run.outcomes, run.error) == (["bucket-encryption-weaker"], ["notified"], None)
    assert run.called(PUT) == []
    assert told in run.message.body


def test_a_foreign_key_is_replaced_by_keys_of_s3_where_the_required_one_cannot_be_used(
    keyed: Account,
) -> None:
    keyed.bucket("aws:kms", FOREIGN_KEY)
    spoil(keyed, "disabled")

    run = keyed.handle(keyed.event())

    assert (run.findings, run.outcomes) == (["bucket-key-foreign"], ["remediated"])
    assert keyed.applied() == OWN


@pytest.mark.parametrize(
    ("algorithm", "finding"), [("AES256", "bucket-encryption-weaker"), ("aws:kms", None)]
)
def test_a_required_key_of_another_region_is_told_and_not_set(algorithm: str, finding: str | None) -> None:
    with opened(algorithm="aws:kms", key=ELSEWHERE) as account:
        account.bucket(algorithm, account.key if algorithm != "AES256" else None)

        run = account.handle(account.event())

        assert run.findings == [finding or "bucket-key-other"]
        assert (run.outcomes, run.called(PUT)) == (["notified"], [])
        assert f"is of {OTHER_REGION}" in run.message.body


def test_a_required_key_that_is_gone_is_a_failure_and_a_foreign_one_goes_all_the_same() -> None:
    with opened(algorithm="aws:kms", key="alias/gone") as account:
        account.bucket("aws:kms", FOREIGN_KEY)

        run = account.handle(account.event())

        assert (run.findings, run.outcomes) == (["bucket-key-foreign"], ["remediated"])
        assert account.applied() == OWN
        assert "kms:DescribeKey" in str(run.error)


def test_a_bucket_with_a_key_is_not_judged_where_the_required_one_is_not_known(keyed: Account) -> None:
    keyed.bucket("aws:kms", keyed.other_key)
    keyed.world.endpoint.fail("kms:DescribeKey", "AccessDeniedException")

    run = keyed.handle(keyed.event())

    assert (run.findings, run.outcomes, run.called(PUT)) == (["unreadable"], ["failed"], [])
    assert "kms:DescribeKey" in str(run.error)


def test_another_key_of_the_account_that_keeps_the_required_one_is_replaced() -> None:
    with opened(algorithm="aws:kms", key=FOREIGN_KEY) as account:
        account.bucket("aws:kms", FOREIGN_KEY.replace("0f1e2d3c", "00000000"))

        run = account.handle(account.event())

        assert (run.findings, run.outcomes) == (["bucket-key-other"], ["remediated"])
        assert account.applied() == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": FOREIGN_KEY}
        assert run.called("kms:DescribeKey") == []


def test_a_trusted_account_does_not_make_another_one_trusted() -> None:
    with opened(trusted_accounts=["111122223333"]) as account:
        account.bucket("aws:kms", FOREIGN_KEY)

        assert account.handle(account.event()).findings == ["bucket-key-foreign"]


def test_a_key_of_another_partition_is_foreign_by_its_account(account: Account) -> None:
    account.bucket("aws:kms", f"arn:aws-cn:kms:cn-north-1:{FOREIGN}:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")

    assert account.handle(account.event()).findings == ["bucket-key-foreign"]


def test_each_key_is_asked_for_once_in_a_sweep(keyed: Account) -> None:
    keyed.encrypt("aws:kms", keyed.key, name=TRAIL_BUCKET)
    for number in range(10):
        keyed.bucket("aws:kms", "alias/data" if number % 2 else keyed.key, name=f"bucket-{number}")
    keyed.bucket("aws:kms", keyed.key.partition(":key/")[0] + ":alias/data", name="by-alias-arn")

    run = keyed.sweep()

    assert (run.changes, run.error) == ([], None)
    asked = [made.parameters["KeyId"] for made in run.called("kms:DescribeKey")]
    assert sorted(asked) == sorted({"alias/data", f"arn:aws:kms:{REGION}:123456789012:alias/data"})


def test_no_key_is_asked_for_where_none_is_required(account: Account) -> None:
    account.bucket("aws:kms", "alias/data")

    assert account.sweep().called("kms:DescribeKey") == []
    assert account.applied() == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/data"}


def test_the_bucket_is_named_in_what_is_told_of_the_key(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)

    run = account.handle(account.event())

    assert f"Bucket {BUCKET} encrypts new objects with {FOREIGN_KEY} (aws:kms)" in run.message.body
