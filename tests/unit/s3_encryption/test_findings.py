"""What is wrong with a bucket's encryption is told and put right, through every door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.events.envelopes import envelope
from tests.unit.s3_encryption.account import (
    BUCKET,
    FOREIGN,
    FOREIGN_KEY,
    OWN,
    PUT,
    Account,
    arn,
    opened,
    puts,
)
from tests.unit.world import client

Alarm = Callable[[Account], Any]
DOORS: dict[str, Alarm] = {
    "PutBucketEncryption": lambda account: account.handle(account.event()),
    "CreateBucket": lambda account: account.handle(account.event("CreateBucket")),
    "DeleteBucketEncryption": lambda account: account.handle(account.event("DeleteBucketEncryption")),
    "no name": lambda account: account.handle(account.event(bucket=None)),
    "Config": lambda account: account.handle(account.config_event()),
    "Config with an ARN": lambda account: account.handle(account.config_event(arn())),
    "sweep": lambda account: account.sweep(),
}
each_door = pytest.mark.parametrize("alarm", DOORS.values(), ids=DOORS)


@each_door
def test_a_key_of_a_foreign_account_is_replaced(account: Account, alarm: Alarm) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)

    run = alarm(account)

    assert (run.findings, run.outcomes) == (["bucket-key-foreign"], ["remediated"])
    assert account.applied() == OWN
    assert f"belongs to account {FOREIGN}" in run.message.body
    assert run.message.attributes["severity"] == "CRITICAL"
    assert "can be read only while the owner of that key allows it" in run.message.body


@each_door
def test_a_bucket_that_must_use_a_key_gets_it(keyed: Account, alarm: Alarm) -> None:
    keyed.bucket()
    keyed.encrypt("aws:kms", keyed.key, name="trail-logs")

    run = alarm(keyed)

    assert (run.findings, run.outcomes) == (["bucket-encryption-weaker"], ["remediated"])
    assert puts(run) == [
        {
            "Bucket": BUCKET,
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": keyed.key},
            "BucketKeyEnabled": True,
        }
    ]
    assert keyed.applied() == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": keyed.key}
    assert "already keep the encryption" in run.message.body


def test_another_key_of_the_account_is_replaced_by_the_required_one(keyed: Account) -> None:
    keyed.bucket("aws:kms", keyed.other_key)

    run = keyed.handle(keyed.event())

    assert (run.findings, run.outcomes) == (["bucket-key-other"], ["remediated"])
    assert keyed.applied() == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": keyed.key}
    assert run.message.attributes["severity"] == "HIGH"


def test_the_key_that_aws_manages_is_not_the_required_one(keyed: Account) -> None:
    keyed.bucket("aws:kms")

    run = keyed.handle(keyed.event())

    assert run.findings == ["bucket-key-other"]
    assert keyed.applied() == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": keyed.key}


def test_a_key_that_is_gone_is_not_the_required_one(keyed: Account) -> None:
    keyed.bucket("aws:kms", "alias/nobody")

    run = keyed.handle(keyed.event())

    assert (run.findings, run.outcomes) == (["bucket-key-other"], ["remediated"])


def test_an_alias_of_a_foreign_account_is_its_key(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY.partition(":key/")[0] + ":alias/mine")

    run = account.handle(account.event())

    assert (run.findings, run.outcomes) == (["bucket-key-foreign"], ["remediated"])


def test_a_foreign_key_is_replaced_by_the_required_one_where_there_is_one(keyed: Account) -> None:
    keyed.bucket("aws:kms", FOREIGN_KEY)

    run = keyed.handle(keyed.event())

    assert run.outcomes == ["remediated"]
    assert keyed.applied() == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": keyed.key}


def test_any_key_of_the_account_is_set_as_the_one_that_aws_manages() -> None:
    with opened(algorithm="aws:kms") as account:
        account.bucket()

        run = account.handle(account.event())

        assert run.outcomes == ["remediated"]
        assert account.applied() == {"SSEAlgorithm": "aws:kms"}


def test_two_layers_are_set_without_a_bucket_key() -> None:
    with opened(algorithm="aws:kms:dsse", key="alias/data") as account:
        account.bucket("aws:kms", account.key)

        run = account.handle(account.event())

        assert run.findings == ["bucket-encryption-weaker"]
        (put,) = puts(run)
        assert put["ApplyServerSideEncryptionByDefault"] == {
            "SSEAlgorithm": "aws:kms:dsse",
            "KMSMasterKeyID": account.key,
        }
        assert put["BucketKeyEnabled"] is False


def test_two_layers_stay_two_when_the_key_is_replaced(keyed: Account) -> None:
    keyed.bucket("aws:kms:dsse", keyed.other_key)

    keyed.handle(keyed.event())

    assert keyed.applied() == {"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": keyed.key}


def test_what_a_bucket_refuses_to_take_stays_refused(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    account.blocks(["SSE-C"])

    run = account.handle(account.event())

    assert [put["BlockedEncryptionTypes"] for put in puts(run)] == [{"EncryptionType": ["SSE-C"]}]


def test_a_bucket_without_a_configuration_gets_one(account: Account) -> None:
    account.bucket()
    client("s3").delete_bucket_encryption(Bucket=BUCKET)

    run = account.handle(account.event("DeleteBucketEncryption"))

    assert (run.findings, run.outcomes) == (["bucket-encryption-weaker"], ["remediated"])
    assert account.applied() == OWN


@pytest.mark.parametrize("named", [BUCKET, arn()])
def test_a_finding_of_security_hub_opens_the_same_door(account: Account, named: str) -> None:
    account.world.deploy(automation="s3_encryption", sources=["aws.s3", "aws.securityhub"])
    account.bucket("aws:kms", FOREIGN_KEY)
    finding = {
        "Id": "arn:aws:securityhub:us-east-1:123456789012:security-control/S3.17/finding/0f1e2d3c",
        "ProductFields": {"ControlId": "S3.17"},
        "Compliance": {"Status": "FAILED", "SecurityControlId": "S3.17"},
        "Workflow": {"Status": "NEW"},
        "RecordState": "ACTIVE",
        "AwsAccountId": "123456789012",
        "Resources": [{"Type": "AwsS3Bucket", "Id": named}],
    }

    run = account.handle(
        envelope("aws.securityhub", "Security Hub Findings - Imported", {"findings": [finding]})
    )

    assert (run.findings, run.outcomes) == (["bucket-key-foreign"], ["remediated"])


def test_who_did_it_is_told(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)

    run = account.handle(account.event())

    assert run.line["rearm"]["attribution"] == "event"
    assert run.line["user"]["name"] in run.message.body


def test_notify_tells_the_exact_call_and_changes_nothing() -> None:
    with opened(mode="notify") as account:
        account.bucket("aws:kms", FOREIGN_KEY)

        run = account.handle(account.event())

        assert (run.findings, run.outcomes) == (["bucket-key-foreign"], ["notified"])
        assert run.changes == []
        assert "put-bucket-encryption" in run.message.body
        assert account.applied() == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": FOREIGN_KEY}


def test_a_bucket_that_shows_nothing_is_told_and_is_no_failure(account: Account) -> None:
    account.bucket()
    account.closed_to_rearm("GetBucketEncryption")

    run = account.sweep()

    assert (run.findings, run.outcomes, run.error) == (["bucket-closed"], ["notified"], None)
    assert "Only root" in run.message.body


def test_a_key_without_use_is_told_by_a_sweep() -> None:
    with opened(key="alias/data") as account:
        run = account.sweep()

        assert (run.findings, run.outcomes) == (["required-key-ignored"], ["notified"])


def test_an_excepted_bucket_is_left_alone() -> None:
    excuse = {"match": {"resource": BUCKET}, "reason": "research", "expires": "never", "quiet": False}
    with opened(exceptions={"lab": {**excuse, "scope": "all"}}) as account:
        account.bucket("aws:kms", FOREIGN_KEY)

        run = account.handle(account.event())

        assert run.outcomes == ["excepted"]
        assert run.called(PUT) == []
