"""What the account has, and how its state is read: with plain clients, past Rearm."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.e2e.account import Account

BUCKET = "audit-logs"
OLD_BUCKET = "old-logs"
MAIN, ADVANCED, REGIONAL = "main", "advanced", "regional"
ORDERS = "arn:aws:s3:::orders/"
OBJECTS = {"Type": "AWS::S3::Object", "Values": [ORDERS]}
BASIC = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [OBJECTS],
    "ExcludeManagementEventSources": [],
}
MANAGEMENT = {
    "Name": "management",
    "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
}
DATA = {
    "Name": "orders",
    "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
        {"Field": "resources.ARN", "StartsWith": [ORDERS]},
    ],
}
YEARS = {"ID": "years", "Status": "Enabled", "Filter": {"Prefix": "AWSLogs/"}, "Expiration": {"Days": 800}}

State = dict[str, Any]


class Safeguards:
    """Trails, buckets, a key and an event data store of an account.

    Attributes
    ----------
    key
        The key's ARN.
    lake
        The event data store's ARN.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self.key = ""
        self.lake = ""

    def make(self) -> None:
        """Make everything, as its owner would have."""
        self._make_bucket(BUCKET, "BucketOwnerEnforced")
        self._make_bucket(OLD_BUCKET, "BucketOwnerPreferred")
        kms = self._account.client("kms")
        self.key = kms.create_key(Policy=json.dumps(self.key_policy()))["KeyMetadata"]["Arn"]
        kms.enable_key_rotation(KeyId=self.key)
        self._account.client("sns").create_topic(Name="trail")
        self._account.client("logs").create_log_group(logGroupName="trail")
        self._account.role("trail-to-logs", "made", ["logs:PutLogEvents"])
        self._make_trails()
        answer = self._account.client("cloudtrail").create_event_data_store(
            Name="lake", TerminationProtectionEnabled=True
        )
        self.lake = str(answer["EventDataStoreArn"])

    def _make_trails(self) -> None:
        account, cloudtrail = self._account, self._account.client("cloudtrail")
        cloudtrail.create_trail(
            Name=MAIN,
            S3BucketName=BUCKET,
            S3KeyPrefix="all",
            SnsTopicName="trail",
            IsMultiRegionTrail=True,
            EnableLogFileValidation=True,
            CloudWatchLogsLogGroupArn=f"arn:aws:logs:{account.region}:{account.id}:log-group:trail:*",
            CloudWatchLogsRoleArn=f"arn:aws:iam::{account.id}:role/trail-to-logs",
            KmsKeyId=self.key,
            TagsList=[{"Key": "team", "Value": "security"}],
        )
        cloudtrail.put_event_selectors(TrailName=MAIN, EventSelectors=[BASIC])
        cloudtrail.put_insight_selectors(
            TrailName=MAIN, InsightSelectors=[{"InsightType": "ApiCallRateInsight"}]
        )
        plain = {"S3BucketName": OLD_BUCKET, "EnableLogFileValidation": True, "KmsKeyId": self.key}
        cloudtrail.create_trail(Name=ADVANCED, IsMultiRegionTrail=True, **plain)
        cloudtrail.put_event_selectors(TrailName=ADVANCED, AdvancedEventSelectors=[MANAGEMENT, DATA])
        cloudtrail.create_trail(Name=REGIONAL, **plain)
        for name in (MAIN, ADVANCED, REGIONAL):
            cloudtrail.start_logging(Name=name)

    def _make_bucket(self, name: str, ownership: str) -> None:
        s3 = self._account.client("s3")
        where = {"LocationConstraint": self._account.region}
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=where, ObjectOwnership=ownership)
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(self.bucket_policy(name)))
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [YEARS]})
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "team", "Value": "security"}]})

    def bucket_policy(self, name: str) -> dict[str, Any]:
        """Give the policy with which CloudTrail can write.

        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
        """
        service = {"Service": "cloudtrail.amazonaws.com"}
        bucket = f"arn:aws:s3:::{name}"
        read = {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": bucket}
        write = {
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:PutObject",
            "Resource": f"{bucket}/*",
            "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
        }
        return {"Version": "2012-10-17", "Statement": [read, write]}

    def key_policy(self) -> dict[str, Any]:
        """Give the policy with which CloudTrail can encrypt.

        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
        """
        root = {"AWS": f"arn:aws:iam::{self._account.id}:root"}
        service = {"Service": "cloudtrail.amazonaws.com"}
        own = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
        encrypt = {"Effect": "Allow", "Principal": service, "Action": "kms:GenerateDataKey*", "Resource": "*"}
        describe = {**encrypt, "Action": "kms:DescribeKey"}
        return {"Version": "2012-10-17", "Statement": [own, encrypt, describe]}

    def state(self) -> State:
        """Read everything there is, as it is now."""
        trails = {name: self._trail(name) for name in (MAIN, ADVANCED, REGIONAL)}
        buckets = {name: self._bucket(name) for name in (BUCKET, OLD_BUCKET)}
        return {"trails": trails, "buckets": buckets, "key": self._key(), "lake": self._lake()}

    def _trail(self, name: str) -> State | None:
        cloudtrail = self._account.client("cloudtrail")
        described = _or_none(cloudtrail.get_trail, Name=name)
        if described is None:
            return None
        selectors = _or_none(cloudtrail.get_event_selectors, TrailName=name) or {}
        insights = _or_none(cloudtrail.get_insight_selectors, TrailName=name) or {}
        arn = described["Trail"]["TrailARN"]
        (tags,) = cloudtrail.list_tags(ResourceIdList=[arn])["ResourceTagList"]
        return {
            **described["Trail"],
            "logs": cloudtrail.get_trail_status(Name=name)["IsLogging"],
            "selectors": selectors.get("EventSelectors"),
            "advanced": selectors.get("AdvancedEventSelectors"),
            "insights": insights.get("InsightSelectors"),
            "tags": sorted((tag["Key"], tag["Value"]) for tag in tags["TagsList"]),
        }

    def _bucket(self, name: str) -> State | None:
        s3 = self._account.client("s3")
        if _or_none(s3.head_bucket, Bucket=name) is None:
            return None

        def read(operation: str, member: str) -> Any:
            return (_or_none(getattr(s3, operation), Bucket=name) or {}).get(member)

        policy = read("get_bucket_policy", "Policy")
        return {
            "policy": json.loads(policy) if policy else None,
            "lifecycle": read("get_bucket_lifecycle_configuration", "Rules"),
            "versioning": read("get_bucket_versioning", "Status"),
            "block": read("get_public_access_block", "PublicAccessBlockConfiguration"),
            "encryption": read("get_bucket_encryption", "ServerSideEncryptionConfiguration"),
            "ownership": read("get_bucket_ownership_controls", "OwnershipControls"),
            "grants": read("get_bucket_acl", "Grants"),
            "region": read("get_bucket_location", "LocationConstraint"),
            "tags": read("get_bucket_tagging", "TagSet"),
        }

    def _key(self) -> State:
        kms = self._account.client("kms")
        policy = kms.get_key_policy(KeyId=self.key, PolicyName="default")["Policy"]
        return {
            "state": kms.describe_key(KeyId=self.key)["KeyMetadata"]["KeyState"],
            "policy": json.loads(policy),
            "rotates": kms.get_key_rotation_status(KeyId=self.key)["KeyRotationEnabled"],
        }

    def _lake(self) -> State:
        store = self._account.client("cloudtrail").get_event_data_store(EventDataStore=self.lake)
        return {name: store[name] for name in ("Status", "TerminationProtectionEnabled", "RetentionPeriod")}


def _or_none(call: Callable[..., Mapping[str, Any]], **parameters: str) -> Mapping[str, Any] | None:
    """Return an answer; None where AWS says that there is no such thing."""
    try:
        return call(**parameters)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        assert code.startswith(("NoSuch", "404")) or "Not" in code, code
        return None
