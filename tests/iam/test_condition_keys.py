"""What a request says for the conditions of a policy, and what it needs beside its own action."""

from __future__ import annotations

from typing import Any

import pytest

from tests.iam.calls import ACCOUNT, call
from tests.local_aws.authorizer import authorize
from tests.local_aws.condition_keys import LEADING_KEYS, Implied, condition_keys, implied

TABLE = "rearm-records"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/logs"
ONE = {"group": {"S": "a"}, "key": {"S": "k"}}
TWO = {"group": {"S": "b"}, "key": {"S": "k"}}
POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Own",
            "Effect": "Allow",
            "Action": "dynamodb:*",
            "Resource": "*",
            "Condition": {
                "ForAllValues:StringLike": {LEADING_KEYS: ["cloudtrail#*"]},
                "Null": {LEADING_KEYS: "false"},
            },
        }
    ],
}


def partition_key(table: str) -> str | None:
    return "group" if table == TABLE else None


def leading(method: str, **parameters: Any) -> list[str]:
    found = condition_keys(call("dynamodb", method, **parameters), partition_key)
    return list(found.get(LEADING_KEYS, ()))


@pytest.mark.parametrize(
    ("method", "parameters", "keys"),
    [
        ("get_item", {"TableName": TABLE, "Key": ONE}, ["a"]),
        ("delete_item", {"TableName": TABLE, "Key": ONE}, ["a"]),
        ("update_item", {"TableName": TABLE, "Key": ONE}, ["a"]),
        ("put_item", {"TableName": TABLE, "Item": {**ONE, "content": {"S": "{}"}}}, ["a"]),
        (
            "query",
            {
                "TableName": TABLE,
                "KeyConditionExpression": "#g = :g AND #k > :k",
                "ExpressionAttributeNames": {"#g": "group", "#k": "key"},
                "ExpressionAttributeValues": {":g": {"S": "a"}, ":k": {"S": "x"}},
            },
            ["a"],
        ),
        (
            "query",
            {
                "TableName": TABLE,
                "KeyConditionExpression": "#k=:k and #g=:g",
                "ExpressionAttributeNames": {"#g": "group", "#k": "key"},
                "ExpressionAttributeValues": {":g": {"S": "a"}, ":k": {"S": "x"}},
            },
            ["a"],
        ),
        (
            "query",
            {
                "TableName": TABLE,
                "KeyConditions": {"group": {"AttributeValueList": [{"S": "a"}], "ComparisonOperator": "EQ"}},
            },
            ["a"],
        ),
        ("batch_get_item", {"RequestItems": {TABLE: {"Keys": [ONE, TWO, ONE]}}}, ["a", "b"]),
        (
            "batch_write_item",
            {"RequestItems": {TABLE: [{"PutRequest": {"Item": ONE}}, {"DeleteRequest": {"Key": TWO}}]}},
            ["a", "b"],
        ),
        (
            "transact_write_items",
            {
                "TransactItems": [
                    {"Put": {"TableName": TABLE, "Item": ONE}},
                    {"Delete": {"TableName": TABLE, "Key": TWO}},
                ]
            },
            ["a", "b"],
        ),
        ("scan", {"TableName": TABLE}, []),
        ("describe_table", {"TableName": TABLE}, []),
        ("get_item", {"TableName": "unknown", "Key": ONE}, []),
    ],
)
def test_the_leading_keys_are_those_of_every_item(
    method: str, parameters: dict[str, Any], keys: list[str]
) -> None:
    assert leading(method, **parameters) == keys


def test_other_services_have_none() -> None:
    assert condition_keys(call("cloudtrail", "describe_trails"), partition_key) == {}


@pytest.mark.parametrize(
    ("keys", "allowed"),
    [
        (["cloudtrail#told"], True),
        (["exception"], False),
        (["cloudtrail#told", "other#told"], False),
        (["cloudtrail_lake#told"], False),
        ([], False),
    ],
)
def test_a_policy_decides_by_them(keys: list[str], allowed: bool) -> None:
    context = {LEADING_KEYS: keys} if keys else {}
    assert authorize([POLICY], None, "dynamodb:GetItem", ["*"], context).allowed is allowed


def test_a_call_that_hands_a_role_on_needs_to_pass_it() -> None:
    request = call("cloudtrail", "update_trail", Name="main", CloudWatchLogsRoleArn=ROLE)

    passed = Implied("iam:PassRole", ROLE, {"iam:PassedToService": "cloudtrail.amazonaws.com"})
    assert passed in implied(request)
    assert not [
        one for one in implied(call("cloudtrail", "update_trail", Name="main")) if "Pass" in one.action
    ]


def test_a_trail_that_is_made_with_tags_needs_to_be_tagged() -> None:
    tags = [{"Key": "a", "Value": "b"}]
    request = call("cloudtrail", "create_trail", Name="main", S3BucketName="logs", TagsList=tags)

    assert "cloudtrail:AddTags" in {one.action for one in implied(request)}
