"""Policies: the same in other words, and what a change lets anybody do."""

from __future__ import annotations

from typing import Any

import pytest

from rearm.automations.trail_storage import policies
from tests.events.identities import ACCOUNT
from tests.unit.trail_storage.storage import BUCKET, FOREIGN, allow, bucket_policy, key_policy

WRITE: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudtrail.amazonaws.com"},
    "Action": ["s3:PutObject", "s3:GetBucketAcl"],
    "Resource": ["arn:aws:s3:::x", "arn:aws:s3:::x/*"],
    "Condition": {"StringEquals": {"aws:SourceArn": ["a", "b"]}, "Bool": {"aws:SecureTransport": "true"}},
}


def _policy(*statements: object) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize(
    "change",
    [
        {"Sid": "Another"},
        {"Action": ["s3:GetBucketAcl", "s3:PutObject"]},
        {"Action": ["S3:putobject", "s3:GetBucketACL"]},
        {"Resource": ["arn:aws:s3:::x/*", "arn:aws:s3:::x", "arn:aws:s3:::x"]},
        {
            "Condition": {
                "bool": {"AWS:SecureTransport": True},
                "stringequals": {"aws:sourcearn": ["b", "a"]},
            }
        },
        {"Principal": {"Service": ["cloudtrail.amazonaws.com"]}},
    ],
)
def test_the_same_in_other_words_is_no_change(change: dict[str, Any]) -> None:
    assert policies.changed(_policy(WRITE), _policy({**WRITE, **change})) == ([], [])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("*", {"AWS": "*"}),
        ({"AWS": ACCOUNT}, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
        ({"AWS": [ACCOUNT, FOREIGN]}, {"AWS": [f"arn:aws:iam::{FOREIGN}:root", ACCOUNT]}),
    ],
)
def test_the_same_principal_in_other_words_is_no_change(one: object, other: object) -> None:
    assert policies.changed(_policy(allow(one)), _policy(allow(other))) == ([], [])


def test_one_statement_alone_is_the_same_as_a_list_of_one_in_any_order() -> None:
    alone = {"Version": "2012-10-17", "Statement": WRITE}

    assert policies.changed(alone, _policy(WRITE)) == ([], [])
    assert policies.changed(_policy(WRITE, allow("*")), _policy(allow("*"), WRITE)) == ([], [])


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Deny"},
        {"Action": "s3:PutObject"},
        {"Resource": "arn:aws:s3:::X/*"},
        {"Principal": {"Service": "config.amazonaws.com"}},
        {"Condition": {"StringEquals": {"aws:SourceArn": "a"}}},
        {"Condition": {"StringLike": {"aws:SourceArn": ["a", "b"]}, "Bool": {"aws:SecureTransport": "true"}}},
    ],
)
def test_any_other_difference_is_a_change(change: dict[str, Any]) -> None:
    missing, added = policies.changed(_policy(WRITE), _policy({**WRITE, **change}))

    assert len(missing) == len(added) == 1


def _deny(**more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", **more}


@pytest.mark.parametrize(
    ("policy", "writes"),
    [
        (bucket_policy(), True),
        (None, False),
        (_policy(), False),
        (_policy(*bucket_policy()["Statement"][1:]), False),
        (_policy(allow("*", "s3:*")), True),
        (_policy(allow({"Service": "config.amazonaws.com"}, "s3:*")), False),
        (_policy(allow({"AWS": ACCOUNT}, "s3:*")), False),
        (_policy(allow({"AWS": "arn:aws:iam::086441151436:root"}, ["s3:Put*", "s3:Get*"])), True),
        (bucket_policy(BUCKET, _deny()), False),
        (bucket_policy(BUCKET, _deny(Condition={"Bool": {"aws:SecureTransport": "false"}})), True),
        (bucket_policy(BUCKET, _deny(Action="s3:GetObject")), True),
        (bucket_policy(BUCKET, _deny(Principal={"AWS": FOREIGN})), True),
        (
            bucket_policy(
                BUCKET,
                {
                    "Effect": "Deny",
                    "NotPrincipal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    "Action": "s3:PutObject",
                    "Resource": "*",
                },
            ),
            False,
        ),
        (
            bucket_policy(
                BUCKET,
                {"Effect": "Deny", "Principal": "*", "NotAction": "s3:GetObject", "Resource": "*"},
            ),
            False,
        ),
    ],
)
def test_whether_cloudtrail_can_write(policy: Any, writes: bool) -> None:
    assert policies.lets_cloudtrail(policy, ACCOUNT, "s3:putobject", "s3:getbucketacl") is writes


def test_whether_cloudtrail_can_encrypt() -> None:
    assert policies.lets_cloudtrail(key_policy(), ACCOUNT, "kms:generatedatakey")
    assert not policies.lets_cloudtrail(_policy(key_policy()["Statement"][0]), ACCOUNT, "kms:generatedatakey")


BOUNDED = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-example"}}}


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (allow({"AWS": f"arn:aws:iam::{FOREIGN}:root"}), [f"account {FOREIGN}"]),
        (allow({"AWS": FOREIGN}), [f"account {FOREIGN}"]),
        (allow({"AWS": f"arn:aws:sts::{FOREIGN}:assumed-role/a/b"}), [f"account {FOREIGN}"]),
        (allow({"AWS": f"arn:aws-cn:iam::{FOREIGN}:user/a"}), [f"account {FOREIGN}"]),
        (allow("*"), ["everybody"]),
        (allow({"AWS": ["*", FOREIGN]}), [f"account {FOREIGN}", "everybody"]),
        (allow("*") | BOUNDED, []),
        (allow({"CanonicalUser": "abc"}), ["the S3 user abc"]),
        (allow({"AWS": f"arn:aws:iam::{ACCOUNT}:role/reader"}), []),
        (allow({"Service": "config.amazonaws.com"}), []),
        ({"Effect": "Allow", "NotPrincipal": {"AWS": ACCOUNT}, "Action": "*"}, ["everybody"]),
        (_deny(), []),
    ],
)
def test_who_else_is_let_in(statement: Any, named: list[str]) -> None:
    assert policies.others(policies.statements(_policy(statement)).values(), ACCOUNT) == named
