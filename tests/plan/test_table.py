"""The table with baselines and responses: how it is kept, and who may write it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local_aws.authorizer import authorize
from tests.plan.harness import ON
from tests.plan.planning import ACCOUNT, REGION, Plan, deferred_statements, references
from tests.plan.variants import EVERYTHING, KEY, OPERATOR, TAGS
from tools.permissions import look_up

NAME = EVERYTHING["name"]
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{NAME}-records"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/admin"
WRITES = [
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
]
# What changes no item, or is needed to manage the table.
OTHERS = [
    "dynamodb:BatchGetItem",
    "dynamodb:DeleteResourcePolicy",
    "dynamodb:DeleteTable",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:PartiQLSelect",
    "dynamodb:PutResourcePolicy",
    "dynamodb:Query",
    "dynamodb:Scan",
]


def resource_policy(plan: Plan) -> dict[str, Any]:
    """Return the table's own policy."""
    document: dict[str, Any] = json.loads(plan.one("aws_dynamodb_resource_policy").values["policy"])
    return document


def may(plan: Plan, action: str, principal: str) -> bool:
    """Tell whether a principal whose own policies allow everything may make a call on the table."""
    everything = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    own = resource_policy(plan)
    for statement in own["Statement"]:
        assert statement.pop("Principal") in ("*", {"AWS": "*"})
    context = {"aws:PrincipalArn": [principal]}
    return authorize([everything, own], None, action, [TABLE], context).allowed


def test_the_table_costs_nothing_but_what_is_asked_of_it_and_can_be_restored(variants: Plan) -> None:
    table = variants.module("defaults").one("aws_dynamodb_table").values

    assert table["name"] == "rearm-records"
    assert table["billing_mode"] == "PAY_PER_REQUEST"
    assert (table["hash_key"], table["range_key"]) == ("group", "key")
    assert {(one["name"], one["type"]) for one in table["attribute"]} == {("group", "S"), ("key", "S")}
    assert table["point_in_time_recovery"][0]["enabled"] is True
    assert [(one["attribute_name"], one["enabled"]) for one in table["ttl"]] == [("expires", True)]


def test_the_table_can_be_destroyed_unless_the_user_says_otherwise(variants: Plan) -> None:
    default = variants.module("defaults").one("aws_dynamodb_table").values
    chosen = variants.module("everything").one("aws_dynamodb_table").values

    assert default["deletion_protection_enabled"] is False
    assert chosen["deletion_protection_enabled"] is True


def test_the_users_key_encrypts_the_table_and_without_one_dynamodbs_own_does(variants: Plan) -> None:
    default = variants.module("defaults").one("aws_dynamodb_table")
    chosen = variants.module("everything").one("aws_dynamodb_table")

    assert not default.values.get("server_side_encryption")
    assert chosen.values["server_side_encryption"] == [{"enabled": True, "kms_key_arn": KEY}]
    assert chosen.values["tags"] == TAGS


def test_the_policy_is_the_tables(variants: Plan) -> None:
    path = "defaults/aws_dynamodb_resource_policy.records"

    assert "aws_dynamodb_table.records.arn" in references(variants, path, "resource_arn")


@pytest.mark.parametrize("action", WRITES)
def test_nobody_writes_but_functions_and_operators_whatever_else_they_may(
    variants: Plan, action: str
) -> None:
    plan = variants.module("everything")
    functions = [f"arn:aws:iam::{ACCOUNT}:role/security/rearm/{NAME}-{name}" for name in ON]

    assert look_up(action)
    assert all(may(plan, action, role) for role in [*functions, OPERATOR])
    others = [
        ADMIN,
        f"arn:aws:iam::{ACCOUNT}:root",
        f"arn:aws:iam::{ACCOUNT}:user/operator",
        f"arn:aws:iam::{ACCOUNT}:role/{NAME}-cloudtrail",
        f"{functions[0]}-2",
        f"{OPERATOR}-2",
    ]
    assert not [other for other in others if may(plan, action, other)]


@pytest.mark.parametrize("action", OTHERS)
def test_reading_and_managing_the_table_is_left_to_peoples_own_permissions(
    variants: Plan, action: str
) -> None:
    assert look_up(action)
    assert may(variants.module("everything"), action, ADMIN)


def test_without_operators_only_functions_that_are_on_write(variants: Plan) -> None:
    (statement,) = resource_policy(variants.module("existing"))["Statement"]

    assert statement["Resource"] == f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/existing-records"
    assert statement["Condition"] == {
        "ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/existing-cloudtrail"}
    }


def test_an_operator_may_be_a_role_that_the_same_configuration_creates(variants: Plan) -> None:
    actions, resources = deferred_statements(variants.module("topic_to_come"))[
        "OnlyFunctionsAndOperatorsWrite"
    ]

    assert actions == WRITES
    assert resources == [f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/later-records"]
