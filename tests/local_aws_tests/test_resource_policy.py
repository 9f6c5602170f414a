"""Resource policies and service principals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_aws.resource_policy import allows

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:queue"
RULE = "arn:aws:events:eu-central-1:123456789012:rule/rearm-x"
CONTEXT = {"aws:SourceArn": RULE, "aws:SecureTransport": "true"}
ALLOW: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": "events.amazonaws.com"},
    "Action": "sqs:SendMessage",
    "Resource": QUEUE,
    "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:events:*:123456789012:rule/rearm-*"}},
}
DENY_PLAIN: dict[str, Any] = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sqs:*",
    "Resource": QUEUE,
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([ALLOW], True),
        (ALLOW, True),
        ([], False),
        ([ALLOW, DENY_PLAIN], True),
        ([ALLOW, {**DENY_PLAIN, "Condition": {}}], False),
        ([{**ALLOW, "Principal": {"Service": ["lambda.amazonaws.com", "events.amazonaws.com"]}}], True),
        ([{**ALLOW, "Principal": {"Service": "lambda.amazonaws.com"}}], False),
        ([{**ALLOW, "Principal": {"AWS": "*"}}], True),
        ([{**ALLOW, "Action": "sqs:ReceiveMessage"}], False),
        ([{**ALLOW, "Resource": f"{QUEUE}-other"}], False),
        ([{**ALLOW, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:events:*:*:rule/other-*"}}}], False),
    ],
)
def test_a_policy_lets_whom_it_names(statements: Any, *, allowed: bool) -> None:
    policy = {"Version": "2012-10-17", "Statement": statements}
    assert allows(policy, "events.amazonaws.com", "sqs:SendMessage", QUEUE, CONTEXT) is allowed
