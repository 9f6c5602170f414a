"""A bucket's default encryption, from the call to the bucket that is put right, and the message."""

from __future__ import annotations

from typing import Any

from tests.e2e.account import BUCKET, Person
from tests.e2e.said import Mail
from tests.e2e.world import World

AUTOMATION = "s3_encryption"
ACTIONS = ("s3:CreateBucket", "s3:PutEncryptionConfiguration")
FOREIGN = "999988887777"
OWN = {"SSEAlgorithm": "AES256"}


def test_a_foreign_key_is_replaced_when_its_event_comes(others: World) -> None:
    writer, key = _prepared(others, "ransomed")
    _encrypt(writer, "ransomed", key)
    others.aws.wait_idle()
    assert _applied(others, "ransomed") == OWN
    (mail,) = _mails(others)
    assert (mail.attributes["outcome"], mail.attributes["severity"]) == ("remediated", "CRITICAL")
    assert f"that key belongs to account {FOREIGN}" in mail.body
    assert mail.field("Actor") == "writer (IAMUser)"
    assert others.said.failures() == []


def test_a_foreign_key_that_no_event_has_told_is_replaced_by_the_sweep(others: World) -> None:
    writer, key = _prepared(others, "ransomed-unseen")
    with others.account.unseen():
        _encrypt(writer, "ransomed-unseen", key)
    assert _applied(others, "ransomed-unseen") != OWN
    others.aws.run_schedule(f"rearm-{AUTOMATION}-sweep")
    others.aws.wait_idle()
    assert _applied(others, "ransomed-unseen") == OWN
    (mail,) = _mails(others)
    assert mail.attributes["outcome"] == "remediated"
    assert mail.field("Arrived by") == "sweep"
    assert mail.field("Actor") == "writer (IAMUser)"


def test_a_key_of_the_account_itself_stays(others: World) -> None:
    writer, _ = _prepared(others, "own-key")
    key = others.account.client("kms").create_key()["KeyMetadata"]["Arn"]
    _encrypt(writer, "own-key", key)
    others.aws.wait_idle()
    assert _applied(others, "own-key") == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert _mails(others) == []


def test_the_bucket_of_a_trail_is_left_to_the_automation_that_keeps_it(others: World) -> None:
    writer, key = _prepared(others, "not-the-trails")
    _encrypt(writer, BUCKET, key)
    others.aws.wait_idle()
    changes = others.calls("PutBucketEncryption")
    assert [call for call in changes if call.function.endswith(AUTOMATION)] == []
    (mail,) = _mails(others)
    assert mail.attributes["outcome"] == "notified"
    assert "trail_storage" in mail.body
    with others.account.unseen():
        others.account.client("s3").delete_bucket_encryption(Bucket=BUCKET)


def _prepared(others: World, bucket: str) -> tuple[Person, str]:
    """Have a trail, so that events are delivered, and a new bucket; give its writer and a foreign key."""
    account = others.account
    account.trail("main")
    account.make_bucket(bucket)
    others.aws.wait_idle()
    assert _mails(others) == []
    key = f"arn:aws:kms:{account.region}:{FOREIGN}:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
    return account.user("writer", ACTIONS), key


def _encrypt(writer: Person, bucket: str, key: str) -> None:
    applied = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    s3 = writer.aws.client("s3", None, writer.keys, user_agent=writer.user_agent)
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": applied}]},
    )


def _applied(others: World, bucket: str) -> dict[str, Any]:
    answer = others.account.client("s3").get_bucket_encryption(Bucket=bucket)
    (rule,) = answer["ServerSideEncryptionConfiguration"]["Rules"]
    return dict(rule["ApplyServerSideEncryptionByDefault"])


def _mails(others: World) -> list[Mail]:
    return [mail for mail in others.said.mails() if mail.attributes["automation"] == AUTOMATION]
