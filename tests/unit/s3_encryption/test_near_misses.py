"""What comes near a finding and is none: nothing is changed, and nobody is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.endpoint import Made
from tests.unit.s3_encryption.account import (
    BUCKET,
    FOREIGN,
    FOREIGN_KEY,
    OTHER_REGION,
    OWN,
    Account,
    opened,
)
from tests.unit.world import Run, client

CALLS = ("PutBucketEncryption", "CreateBucket", "DeleteBucketEncryption")


def is_quiet(run: Run) -> bool:
    """Whether nothing was changed, told or raised."""
    return not run.changes and not run.messages and run.error is None and set(run.findings) <= {None}


@pytest.mark.parametrize("call", CALLS)
def test_a_bucket_that_is_as_required_is_not_talked_about(account: Account, call: str) -> None:
    account.bucket()

    assert is_quiet(account.handle(account.event(call)))


@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
def test_a_stronger_algorithm_than_required_stays(account: Account, algorithm: str) -> None:
    account.bucket(algorithm, account.key)

    assert is_quiet(account.handle(account.event()))
    assert account.applied() == {"SSEAlgorithm": algorithm, "KMSMasterKeyID": account.key}


def test_two_layers_with_the_required_key_stay(keyed: Account) -> None:
    keyed.bucket("aws:kms:dsse", keyed.key)

    assert is_quiet(keyed.handle(keyed.event()))


@pytest.mark.parametrize("required", ["alias", "alias ARN", "id", "ARN"])
@pytest.mark.parametrize("used", ["alias", "alias ARN", "id", "ARN"])
def test_the_required_key_by_another_name_stays(required: str, used: str) -> None:
    with opened(algorithm="aws:kms") as account:
        names = {
            "alias": "alias/data",
            "alias ARN": account.key.partition(":key/")[0] + ":alias/data",
            "id": account.key.rpartition("/")[2],
            "ARN": account.key,
        }
        account.world.deploy(
            automation="s3_encryption", settings={"algorithm": "aws:kms", "key": names[required]}
        )
        account.bucket("aws:kms", names[used])

        assert is_quiet(account.handle(account.event()))
        assert account.applied() == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": names[used]}


def test_the_key_that_aws_manages_stays_where_it_is_the_required_one() -> None:
    with opened(algorithm="aws:kms", key="alias/aws/s3") as account:
        account.bucket("aws:kms")

        assert is_quiet(account.handle(account.event()))


@pytest.mark.parametrize("key", [None, "own"])
def test_any_key_of_the_account_stays_where_none_is_required(key: str | None) -> None:
    with opened(algorithm="aws:kms") as account:
        account.bucket("aws:kms", account.other_key if key else None)

        assert is_quiet(account.handle(account.event()))


def test_a_key_of_a_trusted_account_stays() -> None:
    with opened(trusted_accounts=[FOREIGN]) as account:
        account.bucket("aws:kms", FOREIGN_KEY)

        assert is_quiet(account.handle(account.event()))


def test_a_foreign_key_stays_where_it_is_the_required_one() -> None:
    with opened(algorithm="aws:kms", key=FOREIGN_KEY) as account:
        account.bucket("aws:kms", FOREIGN_KEY)

        assert is_quiet(account.handle(account.event()))


def test_a_bucket_key_that_is_off_costs_more_and_guards_as_well(keyed: Account) -> None:
    keyed.bucket()
    keyed.encrypt("aws:kms", keyed.key, BucketKeyEnabled=False)

    assert is_quiet(keyed.handle(keyed.event()))


def test_a_bucket_that_refuses_keys_of_the_writers_is_as_good_as_one_that_takes_them(
    account: Account,
) -> None:
    account.bucket()
    account.blocks(["SSE-C"])

    assert is_quiet(account.handle(account.event()))


def test_a_bucket_of_another_account_is_not_asked_for_its_encryption(account: Account) -> None:
    account.closed_to_rearm("GetBucketLocation", "elsewhere")

    run = account.handle(account.event(bucket="elsewhere"))

    assert is_quiet(run)
    assert run.called("s3:GetBucketEncryption") == []


def test_a_bucket_of_another_region_is_left_to_the_deployment_there(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY, region=OTHER_REGION)

    named = account.handle(account.event(region=OTHER_REGION))
    swept = account.sweep()

    assert is_quiet(named)
    assert is_quiet(swept)
    asked = [made.parameters["Bucket"] for made in swept.called("s3:GetBucketEncryption")]
    assert BUCKET not in asked
    assert account.applied(region=OTHER_REGION) == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": FOREIGN_KEY,
    }


@pytest.mark.parametrize("call", CALLS)
def test_a_bucket_that_is_gone_is_not_missed(account: Account, call: str) -> None:
    assert is_quiet(account.handle(account.event(call, "no-more")))


def test_a_bucket_that_goes_during_the_sweep_is_not_missed(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    account.closed_to_rearm("GetBucketEncryption", code="NoSuchBucket")

    assert is_quiet(account.sweep())


def test_a_bucket_that_goes_before_its_policy_is_read_is_not_missed(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    account.closed_to_rearm("GetBucketPolicy", code="NoSuchBucket")

    assert is_quiet(account.sweep())


def test_a_bucket_that_goes_before_the_repair_is_told_and_is_no_failure(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    account.closed_to_rearm("PutBucketEncryption", code="NoSuchBucket")

    run = account.sweep()

    assert (run.outcomes, run.error) == (["notified"], None)


def test_a_new_bucket_that_s3_does_not_show_yet_is_waited_for(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    account.world.endpoint.fail("s3:GetBucketLocation", "NoSuchBucket", times=1)

    run = account.handle(account.event("CreateBucket"))

    assert run.outcomes == ["remediated"]
    assert 2.0 in run.sleeps


@pytest.mark.parametrize(
    "named",
    ["arn:aws:s3:us-east-1:123456789012:accesspoint/mine", "data--use1-az4--x-s3", "a/../b", "x" * 300],
)
def test_what_is_no_bucket_of_this_service_is_not_asked(account: Account, named: str) -> None:
    run = account.handle(account.event(bucket=named))

    assert is_quiet(run)
    assert [made.name for made in run.looks if made.service == "s3"] == []


def test_a_call_of_another_service_that_names_a_bucket_is_none_of_its_business(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    event = account.event()
    event["detail"]["eventSource"] = "s3express.amazonaws.com"

    run = account.handle(event)

    assert run.changes == []
    assert [made.name for made in run.looks if made.service == "s3"] == []


def test_a_denied_call_changes_nothing(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)

    run = account.handle(account.event(error="AccessDenied"))

    assert (run.findings, run.changes) == (["denied-call"], [])


def test_its_own_repair_is_no_alarm(account: Account) -> None:
    account.bucket()
    role: dict[str, Any] = {
        "type": "AssumedRole",
        "arn": "arn:aws:sts::123456789012:assumed-role/rearm-s3_encryption/rearm-s3_encryption",
        "accountId": "123456789012",
        "sessionContext": {
            "sessionIssuer": {"arn": "arn:aws:iam::123456789012:role/rearm-s3_encryption", "type": "Role"}
        },
    }

    assert is_quiet(account.handle(account.event(identity=role)))


def test_a_repair_is_looked_at_once_and_done_once(account: Account) -> None:
    account.bucket("aws:kms", FOREIGN_KEY)
    event = account.event()

    first, second = account.handle(event), account.handle(event)

    assert first.outcomes == ["remediated"]
    assert is_quiet(second)
    assert account.applied() == OWN


def test_an_answer_that_is_older_than_the_call_is_asked_again(account: Account) -> None:
    account.bucket()
    reads: list[Made] = []

    def stale_once(made: Made) -> None:
        reads.append(made)
        if len(reads) == 2:
            client("s3").put_bucket_encryption(
                Bucket=BUCKET,
                ServerSideEncryptionConfiguration={
                    "Rules": [
                        {
                            "ApplyServerSideEncryptionByDefault": {
                                "SSEAlgorithm": "aws:kms",
                                "KMSMasterKeyID": FOREIGN_KEY,
                            }
                        }
                    ]
                },
            )

    account.world.endpoint.answer("s3:GetBucketEncryption", stale_once)

    assert account.handle(account.event()).outcomes == ["remediated"]
