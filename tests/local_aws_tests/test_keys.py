"""Keys as KMS guards them by their state."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.local import LocalAws
from tests.local_aws_tests.deploy import Deploy


def refusal(call: Any, **parameters: object) -> str:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return str(refused.value.response["Error"]["Code"])


def state(kms: Any, key: str) -> str:
    return str(kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"])


@pytest.mark.parametrize("named", ["KeyId", "Arn"])
def test_a_key_is_disabled_and_enabled_by_its_id_or_arn(aws: LocalAws, named: str) -> None:
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"][named]
    kms.disable_key(KeyId=key)
    assert state(kms, key) == "Disabled"
    kms.enable_key(KeyId=key)
    assert state(kms, key) == "Enabled"


def test_a_key_pending_deletion_is_only_cancelled_and_is_disabled_then(aws: LocalAws) -> None:
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    assert refusal(kms.cancel_key_deletion, KeyId=key) == "KMSInvalidStateException"
    assert refusal(kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=6) == "ValidationException"
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert state(kms, key) == "PendingDeletion"
    assert "DeletionDate" in kms.describe_key(KeyId=key)["KeyMetadata"]
    for call in (kms.enable_key, kms.disable_key, kms.schedule_key_deletion):
        assert refusal(call, KeyId=key) == "KMSInvalidStateException"
    kms.cancel_key_deletion(KeyId=key)
    assert state(kms, key) == "Disabled"


def test_a_key_that_is_not_there_is_not_found(aws: LocalAws) -> None:
    absent = "00000000-0000-0000-0000-000000000000"
    assert refusal(aws.client("kms").enable_key, KeyId=absent) == "NotFoundException"


@pytest.mark.parametrize("named", ["KeyId", "Arn"])
def test_a_call_is_recorded_with_the_keys_arn(aws: LocalAws, deploy: Deploy, named: str) -> None:
    deploy.trail("main")
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.disable_key(KeyId=key[named])
    (event,) = [event for event in aws.events if event["detail"]["eventName"] == "DisableKey"]
    assert event["source"] == "aws.kms"
    assert event["detail"]["requestParameters"] == {"keyId": key[named]}
    assert event["detail"]["resources"] == [
        {"accountId": aws.account, "type": "AWS::KMS::Key", "ARN": key["Arn"]}
    ]
