"""The root user: its sign-ins become events, its calls are its own, and IAM says what it has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.local import LocalAws
from tests.local_aws.options import Options
from tests.local_aws_tests.deploy import Deploy


def summary(aws: LocalAws) -> dict[str, int]:
    return dict(aws.client("iam").get_account_summary()["SummaryMap"])


def event_of(aws: LocalAws, name: str) -> dict[str, Any]:
    aws.wait_idle()
    (event,) = [one for one in aws.events if one["detail"]["eventName"] == name]
    return dict(event)


def test_a_sign_in_is_an_event_of_the_global_region(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")

    aws.root.sign_in()

    event = event_of(aws, "ConsoleLogin")
    assert event["detail-type"] == "AWS Console Sign In via CloudTrail"
    assert (event["source"], event["region"]) == ("aws.signin", "us-east-1")
    assert event["detail"]["userIdentity"]["type"] == "Root"
    assert event["detail"]["additionalEventData"]["MFAUsed"] == "Yes"
    assert event["detail"]["responseElements"] == {"ConsoleLogin": "Success"}


def test_a_failed_sign_in_gives_keys_of_nobody(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")

    keys = aws.root.sign_in(succeeded=False, mfa=False)

    detail = event_of(aws, "ConsoleLogin")["detail"]
    assert detail["responseElements"] == {"ConsoleLogin": "Failure"}
    assert detail["errorMessage"] == "Failed authentication"
    assert ":root" not in aws.client("sts", keys=keys).get_caller_identity()["Arn"]


def test_without_a_trail_a_sign_in_is_in_the_history_only(options: Options) -> None:
    with LocalAws(replace(options, deliver_without_trail=False)) as aws:
        aws.root.sign_in()
        aws.wait_idle()

        assert [entry["eventName"] for entry in aws.records] == ["ConsoleLogin"]
        assert not aws.events


def test_a_session_makes_its_calls_as_root(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    keys = aws.root.sign_in()

    aws.client("iam", keys=keys).create_user(UserName="somebody")

    identity = event_of(aws, "CreateUser")["detail"]["userIdentity"]
    assert identity["type"] == "Root"
    assert identity["arn"] == f"arn:aws:iam::{aws.account}:root"
    assert identity["accessKeyId"] == keys["AccessKeyId"]
    assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "true"


def test_an_access_key_of_root_is_shown_and_is_root_without_a_session(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    iam = aws.client("iam", keys=aws.root.sign_in())
    assert summary(aws)["AccountAccessKeysPresent"] == 0

    made = iam.create_access_key()["AccessKey"]

    assert summary(aws)["AccountAccessKeysPresent"] == 1
    assert event_of(aws, "CreateAccessKey")["detail"]["userIdentity"]["type"] == "Root"
    aws.client("iam", keys=made).create_group(GroupName="some")
    identity = event_of(aws, "CreateGroup")["detail"]["userIdentity"]
    assert (identity["type"], identity["accessKeyId"]) == ("Root", made["AccessKeyId"])
    assert "sessionContext" not in identity
    iam.delete_access_key(AccessKeyId=made["AccessKeyId"])
    assert summary(aws)["AccountAccessKeysPresent"] == 0


def test_root_has_two_keys_at_most_and_only_its_own(aws: LocalAws) -> None:
    iam = aws.client("iam", keys=aws.root.sign_in())
    keys = [iam.create_access_key()["AccessKey"]["AccessKeyId"] for _ in range(2)]
    iam.update_access_key(AccessKeyId=keys[0], Status="Inactive")

    assert {key["AccessKeyId"]: key["Status"] for key in iam.list_access_keys()["AccessKeyMetadata"]} == {
        keys[0]: "Inactive",
        keys[1]: "Active",
    }
    with pytest.raises(ClientError, match="LimitExceeded"):
        iam.create_access_key()
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.delete_access_key(AccessKeyId="AKIAIOSFODNN7EXAMPLE")


def test_a_key_that_root_makes_for_a_user_is_the_users(aws: LocalAws) -> None:
    iam = aws.client("iam", keys=aws.root.sign_in())
    iam.create_user(UserName="deploy")

    made = iam.create_access_key(UserName="deploy")["AccessKey"]

    assert summary(aws)["AccountAccessKeysPresent"] == 0
    assert aws.client("sts", keys=made).get_caller_identity()["Arn"].endswith(":user/deploy")


def test_the_summary_says_what_root_has(aws: LocalAws) -> None:
    aws.root.has_mfa, aws.root.has_password = False, False

    found = summary(aws)

    assert (found["AccountMFAEnabled"], found["AccountPasswordPresent"]) == (0, 0)
    assert found["UsersQuota"] == 5000
