"""The IAM action of a call and the ARNs it is checked against: what Rearm protects, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.iam.calls import ACCOUNT, HERE, Case, call, case, check, lookup
from tests.local_aws.requests import UnknownAction, UnknownResource, action, resource_arns

MIXED = [{"Key": "x"}, {"Key": "y", "VersionId": "v"}]
CASES = [
    case("s3", "list_buckets", "ListAllMyBuckets", "*"),
    case("s3", "list_objects_v2", "ListBucket", "arn:aws:s3:::b", Bucket="b", Prefix="p/"),
    case(
        "s3",
        "put_bucket_encryption",
        "PutEncryptionConfiguration",
        "arn:aws:s3:::b",
        Bucket="b",
        ServerSideEncryptionConfiguration={"Rules": []},
    ),
    case("s3", "delete_public_access_block", "PutBucketPublicAccessBlock", "arn:aws:s3:::b", Bucket="b"),
    case("s3", "get_object", "GetObject", "arn:aws:s3:::b/a/b c", Bucket="b", Key="a/b c"),
    case("s3", "get_object", "GetObjectVersion", "arn:aws:s3:::b/k", Bucket="b", Key="k", VersionId="v"),
    case("s3", "head_object", "GetObject", "arn:aws:s3:::b/k", Bucket="b", Key="k"),
    case(
        "s3",
        "delete_objects",
        "DeleteObject",
        "arn:aws:s3:::b/x",
        "arn:aws:s3:::b/y",
        Bucket="b",
        Delete={"Objects": [{"Key": "x"}, {"Key": "y"}]},
    ),
    case(
        "s3",
        "delete_objects",
        "DeleteObjectVersion",
        "arn:aws:s3:::b/x",
        Bucket="b",
        Delete={"Objects": [{"Key": "x", "VersionId": "v"}]},
    ),
    case(
        "dynamodb",
        "query",
        "Query",
        f"arn:aws:dynamodb:{HERE}:table/tab/index/idx",
        TableName="tab",
        IndexName="idx",
        KeyConditionExpression="a=b",
    ),
    case(
        "dynamodb",
        "batch_get_item",
        "BatchGetItem",
        f"arn:aws:dynamodb:{HERE}:table/tab",
        f"arn:aws:dynamodb:{HERE}:table/two",
        RequestItems={"tab": {"Keys": [{"a": {"S": "x"}}]}, "two": {"Keys": [{"a": {"S": "x"}}]}},
    ),
    case(
        "iam",
        "attach_role_policy",
        "AttachRolePolicy",
        f"arn:aws:iam::{ACCOUNT}:role/rearm/app",
        RoleName="app",
        PolicyArn="arn:aws:iam::aws:policy/X",
    ),
    case("iam", "delete_user", "DeleteUser", f"arn:aws:iam::{ACCOUNT}:user/gone", UserName="gone"),
    case(
        "iam",
        "add_user_to_group",
        "AddUserToGroup",
        f"arn:aws:iam::{ACCOUNT}:group/admins",
        UserName="operator",
        GroupName="admins",
    ),
    case(
        "iam",
        "create_role",
        "CreateRole",
        f"arn:aws:iam::{ACCOUNT}:role/a/r",
        RoleName="r",
        Path="/a/",
        AssumeRolePolicyDocument="{}",
    ),
    case(
        "iam",
        "create_policy",
        "CreatePolicy",
        f"arn:aws:iam::{ACCOUNT}:policy/p",
        PolicyName="p",
        PolicyDocument="{}",
    ),
    case(
        "iam",
        "get_policy",
        "GetPolicy",
        "arn:aws:iam::aws:policy/AWSDenyAll",
        PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll",
    ),
    case("iam", "list_users", "ListUsers", "*"),
    case(
        "sts",
        "assume_role",
        "AssumeRole",
        f"arn:aws:iam::{ACCOUNT}:role/r",
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
        RoleSessionName="s1",
    ),
    case("sts", "get_caller_identity", "GetCallerIdentity", "*"),
    case(
        "ec2",
        "revoke_security_group_ingress",
        "RevokeSecurityGroupIngress",
        f"arn:aws:ec2:{HERE}:security-group/sg-1",
        GroupId="sg-1",
    ),
    case(
        "ec2",
        "delete_security_group",
        "DeleteSecurityGroup",
        f"arn:aws:ec2:{HERE}:security-group/sg-9",
        GroupName="web",
    ),
    case("ec2", "describe_security_groups", "DescribeSecurityGroups", "*"),
    case(
        "ec2",
        "get_managed_prefix_list_entries",
        "GetManagedPrefixListEntries",
        f"arn:aws:ec2:{HERE}:prefix-list/pl-1",
        PrefixListId="pl-1",
    ),
    case(
        "ec2",
        "modify_security_group_rules",
        "ModifySecurityGroupRules",
        f"arn:aws:ec2:{HERE}:security-group-rule/sgr-1",
        f"arn:aws:ec2:{HERE}:security-group/sg-1",
        GroupId="sg-1",
        SecurityGroupRules=[{"SecurityGroupRuleId": "sgr-1", "SecurityGroupRule": {"IpProtocol": "tcp"}}],
    ),
]


@pytest.mark.parametrize("expected", CASES, ids=str)
def test_call_is_authorised_as_its_action_on_its_resources(expected: Case) -> None:
    check(expected)


@pytest.mark.parametrize(
    ("service", "method", "parameters"),
    [
        ("eks", "delete_cluster", {"name": "c"}),
        ("ec2", "terminate_instances", {"InstanceIds": ["i-1"]}),
        ("config", "delete_conformance_pack", {"ConformancePackName": "p"}),
        ("iam", "get_user", {}),
        ("kms", "decrypt", {"CiphertextBlob": b"x"}),
        (
            "kms",
            "decrypt",
            {"KeyId": "arn:aws:kms:us-east-1:210987654321:alias/theirs", "CiphertextBlob": b"x"},
        ),
    ],
)
def test_call_whose_resource_is_not_known_is_an_error_and_not_everything(
    service: str, method: str, parameters: dict[str, Any]
) -> None:
    request = call(service, method, **parameters)
    with pytest.raises(UnknownResource, match="not known"):
        resource_arns(request, ACCOUNT, "aws", lookup)


@pytest.mark.parametrize(
    ("service", "method", "parameters"),
    [
        ("kms", "re_encrypt", {"CiphertextBlob": b"x", "DestinationKeyId": "1"}),
        ("dynamodb", "execute_statement", {"Statement": "SELECT * FROM t"}),
        ("s3", "delete_objects", {"Bucket": "b", "Delete": {"Objects": MIXED}}),
    ],
)
def test_call_that_needs_several_actions_is_an_error(
    service: str, method: str, parameters: dict[str, Any]
) -> None:
    request = call(service, method, **parameters)
    with pytest.raises(UnknownAction, match="action"):
        action(request)
