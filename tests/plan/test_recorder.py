"""The submodule that switches Config on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.plan.planning import ACCOUNT, REGION, Plan, Terraform, references

BUCKET = f"rearm-config-{ACCOUNT}-{REGION}"


@pytest.fixture
def recorder(terraform: Terraform, checkout: Path) -> Plan:
    """Plan it as the example for a new account calls it."""
    return terraform.plan(checkout / "examples" / "new-account").module("recorder")


def policy(document: str) -> dict[str, dict[str, Any]]:
    return {statement.pop("Sid"): statement for statement in json.loads(document)["Statement"]}


def test_it_records_what_it_is_told_and_is_switched_on_after_it_can_deliver(recorder: Plan) -> None:
    (group,) = recorder.one("aws_config_configuration_recorder").values["recording_group"]

    assert group["resource_types"] == ["AWS::CloudTrail::Trail"]
    assert group["all_supported"] is False
    assert group["include_global_resource_types"] is False
    assert recorder.one("aws_config_configuration_recorder_status").values["is_enabled"] is True


def test_it_delivers_to_a_bucket_of_its_own(recorder: Plan) -> None:
    assert recorder.one("aws_s3_bucket").values["bucket"] == BUCKET
    assert recorder.one("aws_s3_bucket").values["force_destroy"] is False
    assert recorder.one("aws_config_delivery_channel").values["s3_bucket_name"] == BUCKET


def test_the_bucket_is_encrypted_and_closed(recorder: Plan) -> None:
    (encryption,) = recorder.one("aws_s3_bucket_server_side_encryption_configuration").values["rule"]
    block = recorder.one("aws_s3_bucket_public_access_block").values
    (ownership,) = recorder.one("aws_s3_bucket_ownership_controls").values["rule"]

    assert encryption["apply_server_side_encryption_by_default"][0]["sse_algorithm"] == "AES256"
    assert all(
        block[name]
        for name in (
            "block_public_acls",
            "block_public_policy",
            "ignore_public_acls",
            "restrict_public_buckets",
        )
    )
    assert ownership["object_ownership"] == "BucketOwnerEnforced"


def test_only_config_delivers_for_this_account_and_only_over_tls(recorder: Plan) -> None:
    statements = policy(recorder.one("aws_s3_bucket_policy").values["policy"])

    assert set(statements) == {"ConfigChecksBucket", "ConfigDelivers", "OnlyTls"}
    assert statements["ConfigDelivers"] == {
        "Effect": "Allow",
        "Principal": {"Service": "config.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/AWSLogs/{ACCOUNT}/Config/*",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": ACCOUNT, "s3:x-amz-acl": "bucket-owner-full-control"}
        },
    }
    assert statements["ConfigChecksBucket"]["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert statements["OnlyTls"]["Effect"] == "Deny"
    assert statements["OnlyTls"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_its_role_is_for_config_in_this_account(recorder: Plan) -> None:
    role = recorder.one("aws_iam_role").values
    (trusted,) = json.loads(role["assume_role_policy"])["Statement"]

    assert role["name"] == f"rearm-config-{REGION}"
    assert trusted["Principal"] == {"Service": "config.amazonaws.com"}
    assert trusted["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    attached = recorder.one("aws_iam_role_policy_attachment").values
    assert attached["policy_arn"] == "arn:aws:iam::aws:policy/service-role/AWS_ConfigRole"
    own = policy(recorder.one("aws_iam_role_policy").values["policy"])
    assert {sid: statement["Action"] for sid, statement in own.items()} == {
        "CheckBucket": "s3:GetBucketAcl",
        "Deliver": "s3:PutObject",
    }


def test_the_order_is_recorder_channel_status(recorder: Plan) -> None:
    resources = {
        one["address"]: one
        for one in recorder.raw["configuration"]["root_module"]["module_calls"]["recorder"]["module"][
            "resources"
        ]
    }

    assert (
        "aws_config_configuration_recorder.this"
        in resources["aws_config_delivery_channel.this"]["depends_on"]
    )
    assert resources["aws_config_configuration_recorder_status.this"]["depends_on"] == [
        "aws_config_delivery_channel.this"
    ]
    path = "recorder/aws_config_configuration_recorder.this"
    assert "aws_iam_role.this.arn" in references(recorder, path, "role_arn")
