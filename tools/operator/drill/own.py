"""What the drill makes for itself, and nothing else: a trail, its bucket, another bucket, a topic, a key.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rearm.aws import Answer, AwsError
from tools.operator.access import Access
from tools.operator.drill.policies import bucket_policy, key_policy, topic_policy

TAG = "rearm:drill"
PREFIX = "drill"
# Accounts of AWS's own (load balancers' logs), which exist and ask for nothing, as foreign ones.
# Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
FOREIGN = {"aws": "127311923021", "aws-us-gov": "048591011584", "aws-cn": "638102146993"}
# A bucket's policy is seen by CloudTrail some seconds after it was put, in tries of so many seconds.
TRIES = 15
PAUSE_S = 2.0
INSIGHTS = [{"InsightType": "ApiCallRateInsight"}]
KEEP_RULE = {
    "ID": "drill-abort-uploads",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
}


@dataclass(frozen=True)
class Names:
    """The names of one drill; all of them begin alike and belong to nobody else."""

    drill: str
    bucket: str
    other: str
    alias: str


def new_names(deployment: str) -> Names:
    """Make names that nothing has yet."""
    return names_of(f"{deployment}-drill-{secrets.token_hex(4)}")


def names_of(drill: str) -> Names:
    """Return the names of the drill with this one."""
    return Names(drill, drill, f"{drill}-other", f"alias/{drill}")


def pattern(deployment: str) -> re.Pattern[str]:
    """Match the names of this deployment's drills, and nothing else."""
    return re.compile(rf"{re.escape(deployment)}-drill-[0-9a-f]{{8}}")


class Own:
    """The drill's own resources.

    Parameters
    ----------
    access
        The operator's.
    names
        What they are called.
    with_key
        Whether the trail is encrypted with a key of its own, which costs money.
    """

    def __init__(
        self,
        access: Access,
        names: Names,
        *,
        with_key: bool = False,
        foreign: str = "",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.access = access
        self.names = names
        self.with_key = with_key
        self.foreign = foreign or FOREIGN.get(access.partition, "")
        self.key_arn = ""
        self._sleep = sleep
        # What may be there: noted before the call that makes it, forgotten if AWS refuses that.
        self.made: set[str] = set()

    @property
    def trail_arn(self) -> str:
        """The trail's ARN, also when it is gone."""
        return self._arn("cloudtrail", f"trail/{self.names.drill}")

    @property
    def topic_arn(self) -> str:
        """The topic's ARN."""
        return self._arn("sns", self.names.drill)

    @property
    def bucket_arn(self) -> str:
        """The ARN of the bucket that the trail writes to."""
        return f"arn:{self.access.partition}:s3:::{self.names.bucket}"

    @property
    def other_arn(self) -> str:
        """The ARN of the bucket that an attacker would like the trail to write to."""
        return f"arn:{self.access.partition}:s3:::{self.names.other}"

    @property
    def key_id(self) -> str:
        """The key's id, with which it is called."""
        return self.key_arn.rpartition("/")[2]

    def arn_of(self, kind: str) -> str:
        """Return the ARN of the ``trail``, the ``bucket`` or the ``key``."""
        return {"trail": self.trail_arn, "bucket": self.bucket_arn, "key": self.key_arn}[kind]

    def call(self, service: str, operation: str, **parameters: object) -> Answer:
        """Make a call in the deployment's region."""
        return self.access.aws.call(service, self.access.region, operation, parameters)

    def make(self) -> None:
        """Make everything, and put back what is not as it must be. It can be called again at any time.

        Raises
        ------
        rearm.aws.AwsError
            AWS refused something.
        """
        if self.with_key:
            self._make_key()
        self._make_bucket(self.names.other)
        self._make_bucket(self.names.bucket)
        self._set_bucket()
        self._make_topic()
        self._make_trail()

    def delete_trail(self) -> None:
        """Delete the trail, as the attacker does and as the drill does in the end."""
        self.call("cloudtrail", "DeleteTrail", Name=self.names.drill)

    def event_selectors(self, **changes: object) -> list[dict[str, Any]]:
        """Return the trail's event selectors, with what an attacker would change in them."""
        data = [{"Type": "AWS::S3::Object", "Values": [f"{self.other_arn}/"]}]
        selector = {
            "ReadWriteType": "All",
            "IncludeManagementEvents": True,
            "DataResources": data,
            "ExcludeManagementEventSources": [],
        }
        return [{**selector, **changes}]

    def policy(self, *, writes: bool = True, foreign: bool = False) -> str:
        """Return the bucket's policy, with what an attacker would change in it."""
        account = self.foreign if foreign else ""
        return bucket_policy(self.bucket_arn, self.trail_arn, self.access.partition, writes, account)

    def own_key_policy(self, *, writes: bool = True) -> str:
        """Return the key's policy, with or without what CloudTrail needs."""
        return key_policy(self.access.account, self.access.partition, self.trail_arn, writes)

    @property
    def tags(self) -> list[dict[str, str]]:
        """What says that something is this drill's."""
        return [{"Key": TAG, "Value": self.names.drill}]

    def _arn(self, service: str, resource: str) -> str:
        access = self.access
        return f"arn:{access.partition}:{service}:{access.region}:{access.account}:{resource}"

    def _made(self, what: str, service: str, operation: str, **parameters: object) -> Answer:
        """Make a call that makes something."""
        new = what not in self.made
        self.made.add(what)
        try:
            return self.call(service, operation, **parameters)
        except AwsError as error:
            if new and not error.passing:
                self.made.discard(what)
            raise

    def _make_key(self) -> None:
        if not self.key_arn:
            answer = self._made(
                "key",
                "kms",
                "CreateKey",
                Description=f"Drill {self.names.drill}",
                Policy=self.own_key_policy(),
                Tags=[{"TagKey": TAG, "TagValue": self.names.drill}],
            )
            self.key_arn = str(answer["KeyMetadata"]["Arn"])
            self.call("kms", "CreateAlias", AliasName=self.names.alias, TargetKeyId=self.key_id)
        state = self.call("kms", "DescribeKey", KeyId=self.key_id)["KeyMetadata"]["KeyState"]
        if state == "PendingDeletion":
            self.call("kms", "CancelKeyDeletion", KeyId=self.key_id)
        if state != "Enabled":
            self.call("kms", "EnableKey", KeyId=self.key_id)
        policy = {"KeyId": self.key_id, "PolicyName": "default", "Policy": self.own_key_policy()}
        self.call("kms", "PutKeyPolicy", **policy)

    def _make_bucket(self, bucket: str) -> None:
        region = self.access.region
        placed = (
            {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != "us-east-1" else {}
        )
        try:
            self._made(bucket, "s3", "CreateBucket", Bucket=bucket, **placed)
        except AwsError as error:
            if error.code != "BucketAlreadyOwnedByYou" or bucket not in self.made:
                raise
        self.call("s3", "PutBucketTagging", Bucket=bucket, Tagging={"TagSet": self.tags})
        closed = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        self.call("s3", "PutPublicAccessBlock", Bucket=bucket, PublicAccessBlockConfiguration=closed)
        owned = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        self.call("s3", "PutBucketOwnershipControls", Bucket=bucket, OwnershipControls=owned)
        arn = f"arn:{self.access.partition}:s3:::{bucket}"
        policy = bucket_policy(arn, self.trail_arn, self.access.partition)
        self.call("s3", "PutBucketPolicy", Bucket=bucket, Policy=policy)

    def _set_bucket(self) -> None:
        bucket = self.names.bucket
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
        encryption = {"Rules": [rule]}
        self.call("s3", "PutBucketEncryption", Bucket=bucket, ServerSideEncryptionConfiguration=encryption)
        kept = {"Status": "Enabled"}
        self.call("s3", "PutBucketVersioning", Bucket=bucket, VersioningConfiguration=kept)
        rules = {"Rules": [KEEP_RULE]}
        self.call("s3", "PutBucketLifecycleConfiguration", Bucket=bucket, LifecycleConfiguration=rules)

    def _make_topic(self) -> None:
        self._made("topic", "sns", "CreateTopic", Name=self.names.drill, Tags=self.tags)
        policy = topic_policy(self.topic_arn, self.trail_arn)
        wanted = {"AttributeName": "Policy", "AttributeValue": policy}
        self.call("sns", "SetTopicAttributes", TopicArn=self.topic_arn, **wanted)

    def _make_trail(self) -> None:
        settings: dict[str, Any] = {
            "Name": self.names.drill,
            "S3BucketName": self.names.bucket,
            "S3KeyPrefix": PREFIX,
            "SnsTopicName": self.names.drill,
            "IncludeGlobalServiceEvents": True,
            "IsMultiRegionTrail": True,
            "EnableLogFileValidation": True,
            **({"KmsKeyId": self.key_arn} if self.key_arn else {}),
        }
        for left in reversed(range(TRIES)):
            try:
                self._put_trail(settings)
                break
            except AwsError as error:
                if not left or not error.code.startswith(("Insufficient", "InvalidSnsTopic", "Kms")):
                    raise
                self._sleep(PAUSE_S)
        trail = {"TrailName": self.trail_arn}
        self.call("cloudtrail", "PutEventSelectors", **trail, EventSelectors=self.event_selectors())
        self.call("cloudtrail", "PutInsightSelectors", **trail, InsightSelectors=INSIGHTS)
        self.call("cloudtrail", "StartLogging", Name=self.trail_arn)

    def _put_trail(self, settings: Mapping[str, Any]) -> None:
        try:
            self._made("trail", "cloudtrail", "CreateTrail", **settings, TagsList=self.tags)
        except AwsError as error:
            if error.code != "TrailAlreadyExistsException" or "trail" not in self.made:
                raise
            self.call("cloudtrail", "UpdateTrail", **settings)


def parsed(policy: str | None) -> object:
    """Return a policy as what it says."""
    return json.loads(policy) if policy else None
