"""The policies of what the drill makes: CloudTrail may write, only for the drill's trail.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
"""

from __future__ import annotations

import json
from typing import Any

CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}


def bucket_policy(bucket: str, trail: str, partition: str, writes: bool = True, foreign: str = "") -> str:
    """Return a bucket's policy.

    Parameters
    ----------
    bucket, trail
        ARNs.
    writes
        Whether CloudTrail may write.
    foreign
        An account that may read; none if empty.
    """
    of_trail = {"StringEquals": {"aws:SourceArn": trail}}
    written = {"StringEquals": {"aws:SourceArn": trail, "s3:x-amz-acl": "bucket-owner-full-control"}}
    statements = [_allow("CloudTrailAsks", CLOUDTRAIL, ["s3:GetBucketAcl"], bucket, of_trail)]
    if writes:
        statements.append(_allow("CloudTrailWrites", CLOUDTRAIL, ["s3:PutObject"], f"{bucket}/*", written))
    if foreign:
        reader = {"AWS": f"arn:{partition}:iam::{foreign}:root"}
        statements.append(_allow("ForeignReads", reader, ["s3:GetObject"], f"{bucket}/*"))
    return _document(statements)


def topic_policy(topic: str, trail: str) -> str:
    """Return the topic's policy."""
    of_trail = {"StringEquals": {"aws:SourceArn": trail}}
    return _document([_allow("CloudTrailTells", CLOUDTRAIL, ["SNS:Publish"], topic, of_trail)])


def key_policy(account: str, partition: str, trail: str, writes: bool = True) -> str:
    """Return the key's policy; the account's own administrators are never locked out."""
    owner = {"AWS": f"arn:{partition}:iam::{account}:root"}
    statements = [_allow("AccountDecidesWithIam", owner, ["kms:*"], "*")]
    if writes:
        of_trail = {"StringEquals": {"aws:SourceArn": trail}}
        actions = ["kms:GenerateDataKey*", "kms:DescribeKey"]
        statements.append(_allow("CloudTrailEncrypts", CLOUDTRAIL, actions, "*", of_trail))
    return _document(statements)


def _allow(
    sid: str,
    principal: dict[str, str],
    actions: list[str],
    resource: str,
    condition: dict[str, dict[str, str]] | None = None,
) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": actions,
        "Resource": resource,
    }
    return {**statement, "Condition": condition} if condition else statement


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
