"""What fails is raised and told, and what cannot be read is not taken for something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.endpoint import Made
from tests.unit.s3_encryption.account import BUCKET, FOREIGN_KEY, OWN, PUT, Account, opened

STRANGE: dict[str, Any] = {
    "nothing": {},
    "no rules": {"ServerSideEncryptionConfiguration": {"Rules": []}},
    "a rule that applies nothing": {"ServerSideEncryptionConfiguration": {"Rules": [{}]}},
    "an algorithm of tomorrow": {
        "ServerSideEncryptionConfiguration": {
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:quantum"}}]
        }
    },
}


@pytest.mark.parametrize("answer", STRANGE.values(), ids=STRANGE)
def test_an_answer_that_cannot_be_read_is_a_failure_and_changes_nothing(
    account: Account, answer: Mapping[str, Any]
) -> None:
    account.bucket()
    account.world.endpoint.answer("s3:GetBucketEncryption", lambda _: answer)

    run = account.handle(account.event())

    assert (run.findings, run.outcomes, run.called(PUT)) == (["unreadable"], ["failed"], [])
    assert "s3:GetBucketEncryption" in str(run.error)


@pytest.mark.parametrize("policy", ["", "[]", "{}", "no JSON"])
def test_a_policy_that_cannot_be_read_lets_nobody_be_shut_out(account: Account, policy: str) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    account.world.endpoint.answer("s3:GetBucketPolicy", lambda _: {"Policy": policy})

    run = account.handle(account.event())

    assert (run.outcomes, run.called(PUT)) == (["notified"], [])
    assert "s3:GetBucketPolicy" in str(run.error)


@pytest.mark.parametrize("answer", [{}, {"Owner": {"ID": "me"}}, {"Owner": {"ID": "me"}, "Grants": [{}]}])
def test_grants_that_cannot_be_read_let_nobody_be_shut_out(keyed: Account, answer: Mapping[str, Any]) -> None:
    keyed.bucket()
    keyed.world.endpoint.answer("s3:GetBucketAcl", lambda _: answer)

    run = keyed.handle(keyed.event())

    assert (run.outcomes, run.called(PUT)) == (["notified"], [])
    assert "s3:GetBucketAcl" in str(run.error)


@pytest.mark.parametrize(
    "answer", [{}, {"KeyMetadata": {}}, {"KeyMetadata": {"Arn": "x", "KeyState": "Enabled"}}]
)
def test_a_key_of_which_kms_says_too_little_is_not_set(keyed: Account, answer: Mapping[str, Any]) -> None:
    keyed.bucket()
    keyed.world.endpoint.answer("kms:DescribeKey", lambda _: answer)

    run = keyed.handle(keyed.event())

    assert (run.outcomes, run.called(PUT)) == (["notified"], [])
    assert "kms:DescribeKey" in str(run.error)


def test_a_refused_repair_is_critical_and_says_who_can_help(keyed: Account) -> None:
    keyed.bucket()
    keyed.closed_to_rearm("PutBucketEncryption")

    run = keyed.handle(keyed.event())

    assert run.outcomes == ["failed"]
    assert run.message.attributes["severity"] == "CRITICAL"
    assert "Only root can remove a bucket policy" in run.message.body


def test_a_repair_that_does_not_show_is_a_failure(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    account.world.endpoint.answer(PUT, lambda _: {})

    run = account.handle(account.event())

    assert run.outcomes == ["failed"]
    assert "StillThere" in str(run.error)


def test_a_repair_that_shows_late_is_waited_for(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    before = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": FOREIGN_KEY}
    reads: list[Made] = []

    def stale(made: Made) -> Mapping[str, Any] | None:
        reads.append(made)
        rules = [{"ApplyServerSideEncryptionByDefault": before}]
        return {"ServerSideEncryptionConfiguration": {"Rules": rules}} if len(reads) < 4 else None

    account.world.endpoint.answer("s3:GetBucketEncryption", stale)

    run = account.handle(account.event())

    assert run.outcomes == ["remediated"]
    assert len(run.called(PUT)) == 1
    assert account.applied() == OWN


def test_a_bucket_that_closes_itself_after_the_repair_is_not_taken_for_repaired(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)

    def close(_: Made) -> None:
        account.closed_to_rearm("GetBucketEncryption")

    account.world.endpoint.answer(PUT, close)

    assert account.handle(account.event()).outcomes == ["failed"]


def test_a_bucket_that_hides_where_it_is_is_put_right_and_that_is_raised(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    account.closed_to_rearm("GetBucketLocation")

    run = account.handle(account.event())

    assert run.outcomes == ["remediated"]
    assert "s3:GetBucketLocation" in str(run.error)


def test_a_bucket_whose_owner_cannot_be_found_out_is_a_failure(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    account.closed_to_rearm("GetBucketLocation")
    account.world.endpoint.fail("s3:ListBuckets", "AccessDenied")

    run = account.handle(account.event())

    assert (run.findings, run.outcomes, run.called(PUT)) == (["unreadable"], ["failed"], [])


def test_the_table_is_worth_less_than_a_repair(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    account.world.endpoint.fail("dynamodb:Query", "ResourceNotFoundException")

    run = account.handle(account.event())

    assert run.outcomes == ["remediated"]


def test_each_call_on_a_bucket_names_the_owner() -> None:
    with opened(algorithm="aws:kms", key="alias/data") as account:
        account.bucket()

        run = account.handle(account.event())

        on_buckets = [made for made in run.calls if made.service == "s3" and "Bucket" in made.parameters]
        assert {made.parameters["Bucket"] for made in on_buckets} == {BUCKET}
        assert {made.parameters.get("ExpectedBucketOwner") for made in on_buckets} == {"123456789012"}
