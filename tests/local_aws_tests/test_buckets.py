"""Buckets as S3 guards them, and the records of calls on them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.local import LocalAws
from tests.local_aws_tests.deploy import REGION, Deploy

ELSEWHERE = "us-west-2"
OPEN = {"BlockPublicAcls": False, "IgnorePublicAcls": False, "BlockPublicPolicy": False}
RULE: dict[str, Any] = {
    "ID": "soon",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "Expiration": {"Days": 1},
}
CALLS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "put_bucket_lifecycle_configuration",
        {"LifecycleConfiguration": {"Rules": [RULE]}},
        "PutBucketLifecycle",
        {"lifecycle": "", "LifecycleConfiguration": {"Rules": [RULE]}},
    ),
    (
        "put_public_access_block",
        {"PublicAccessBlockConfiguration": OPEN},
        "PutBucketPublicAccessBlock",
        {"publicAccessBlock": "", "PublicAccessBlockConfiguration": OPEN},
    ),
    ("delete_public_access_block", {}, "DeleteBucketPublicAccessBlock", {"publicAccessBlock": ""}),
    ("delete_bucket_encryption", {}, "DeleteBucketEncryption", {"encryption": ""}),
    (
        "put_bucket_versioning",
        {"VersioningConfiguration": {"Status": "Suspended"}},
        "PutBucketVersioning",
        {"versioning": "", "VersioningConfiguration": {"Status": "Suspended"}},
    ),
    ("put_bucket_acl", {"ACL": "private"}, "PutBucketAcl", {"acl": "", "x-amz-acl": "private"}),
    ("delete_bucket_policy", {}, "DeleteBucketPolicy", {"policy": ""}),
    ("delete_bucket", {}, "DeleteBucket", {}),
]


def make(aws: LocalAws, name: str = "vault", region: str = ELSEWHERE, **options: Any) -> Any:
    s3 = aws.client("s3", region)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region}, **options)
    return s3


def refusal(call: Any, **parameters: object) -> str:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return str(refused.value.response["Error"]["Code"])


@pytest.mark.parametrize(("operation", "given", "name", "shown"), CALLS)
def test_a_call_is_recorded_as_s3_names_it_in_the_buckets_region(
    aws: LocalAws, deploy: Deploy, operation: str, given: dict[str, Any], name: str, shown: dict[str, Any]
) -> None:
    deploy.trail("main", multi_region=True)
    make(aws)
    # The SDK is sent to the bucket's region by S3.
    getattr(aws.client("s3", REGION), operation)(Bucket="vault", **given)
    (event,) = [event for event in aws.events if event["detail"]["eventName"] == name]
    assert (event["source"], event["region"]) == ("aws.s3", ELSEWHERE)
    detail = event["detail"]
    assert detail["awsRegion"] == ELSEWHERE
    host = f"vault.s3.{ELSEWHERE}.amazonaws.com"
    assert detail["requestParameters"] == {"bucketName": "vault", "Host": host, **shown}
    (resource,) = detail["resources"]
    assert resource == {"accountId": aws.account, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::vault"}


def test_a_policy_is_recorded_and_found_in_the_history_by_the_buckets_name(aws: LocalAws) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    make(aws).put_bucket_policy(Bucket="vault", Policy=policy)
    wanted = [{"AttributeKey": "ResourceName", "AttributeValue": "vault"}]
    found = aws.client("cloudtrail", ELSEWHERE).lookup_events(LookupAttributes=wanted)["Events"]
    assert [event["EventName"] for event in found] == ["PutBucketPolicy", "CreateBucket"]
    assert json.loads(found[0]["CloudTrailEvent"])["requestParameters"]["bucketPolicy"] == policy


def test_a_call_signed_for_another_region_is_refused_once_and_not_recorded(aws: LocalAws) -> None:
    make(aws)
    answer = aws.client("s3", REGION).get_bucket_location(Bucket="vault")
    assert answer["LocationConstraint"] == ELSEWHERE
    aws.client("s3", REGION).head_bucket(Bucket="vault")
    regions = {record["awsRegion"] for record in aws.records if record["eventSource"] == "s3.amazonaws.com"}
    assert regions == {ELSEWHERE}


def test_a_new_bucket_is_closed_and_encrypted(aws: LocalAws) -> None:
    s3 = make(aws)
    block = s3.get_public_access_block(Bucket="vault")["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    (rule,) = s3.get_bucket_ownership_controls(Bucket="vault")["OwnershipControls"]["Rules"]
    assert rule == {"ObjectOwnership": "BucketOwnerEnforced"}
    (rule,) = s3.get_bucket_encryption(Bucket="vault")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_deleting_the_encryption_leaves_the_keys_of_s3(aws: LocalAws) -> None:
    s3 = make(aws)
    by_key = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket="vault", ServerSideEncryptionConfiguration={"Rules": [by_key]})
    s3.delete_bucket_encryption(Bucket="vault")
    (rule,) = s3.get_bucket_encryption(Bucket="vault")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_acls_are_refused_until_ownership_and_block_allow_them(aws: LocalAws) -> None:
    s3 = make(aws)
    assert refusal(s3.put_bucket_acl, Bucket="vault", ACL="public-read") == "AccessControlListNotSupported"
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    s3.put_bucket_ownership_controls(Bucket="vault", OwnershipControls=controls)
    assert refusal(s3.put_bucket_acl, Bucket="vault", ACL="public-read") == "AccessDenied"
    s3.put_bucket_acl(Bucket="vault", ACL="log-delivery-write")
    s3.delete_public_access_block(Bucket="vault")
    s3.put_bucket_acl(Bucket="vault", ACL="public-read")
    grants = s3.get_bucket_acl(Bucket="vault")["Grants"]
    assert "http://acs.amazonaws.com/groups/global/AllUsers" in {g["Grantee"].get("URI") for g in grants}


def test_a_public_policy_is_refused_while_it_is_blocked(aws: LocalAws) -> None:
    s3 = make(aws)
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::vault/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    assert refusal(s3.put_bucket_policy, Bucket="vault", Policy=policy) == "AccessDenied"
    assert refusal(s3.put_bucket_policy, Bucket="vault", Policy="{") == "MalformedPolicy"
    s3.put_public_access_block(Bucket="vault", PublicAccessBlockConfiguration=OPEN)
    s3.put_bucket_policy(Bucket="vault", Policy=policy)


def test_a_bucket_that_holds_something_cannot_be_deleted(aws: LocalAws) -> None:
    s3 = make(aws)
    s3.put_object(Bucket="vault", Key="log", Body=b"")
    assert refusal(s3.delete_bucket, Bucket="vault") == "BucketNotEmpty"
