"""An account with a trail, its bucket and its key, and Rearm deployed to keep them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.events.envelopes import REGION, api_event, scheduled
from tests.events.identities import ACCOUNT
from tests.unit.endpoint import Made
from tests.unit.world import Run, World, ago, client, cloudtrail, stamp
from tests.unit.world import world as new_world

AUTOMATION = "trail_storage"
BUCKET = "organization-trail-logs"
OTHER_REGION = "eu-central-1"
FOREIGN = "999988887777"
BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
OPEN = dict.fromkeys(BLOCKED, False)
KEPT_A_YEAR = {
    "ID": "keep",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "Expiration": {"Days": 365},
    "NoncurrentVersionExpiration": {"NoncurrentDays": 180},
}
# What AWS documents that CloudTrail needs.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html


def bucket_policy(name: str = BUCKET, *more: Mapping[str, Any], partition: str = "aws") -> dict[str, Any]:
    """Return a policy that lets CloudTrail write into a bucket, and more statements."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AclCheck",
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": "s3:GetBucketAcl",
                "Resource": f"arn:{partition}:s3:::{name}",
            },
            {
                "Sid": "Write",
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"arn:{partition}:s3:::{name}/AWSLogs/{ACCOUNT}/*",
                "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
            },
            *map(dict, more),
        ],
    }


def key_policy(*more: Mapping[str, Any], partition: str = "aws") -> dict[str, Any]:
    """Return a policy that lets the account manage a key and CloudTrail encrypt with it."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Account",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:{partition}:iam::{ACCOUNT}:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "CloudTrail",
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": ["kms:GenerateDataKey*", "kms:DescribeKey"],
                "Resource": "*",
            },
            *map(dict, more),
        ],
    }


def allow(principal: object, action: object = "s3:GetObject", name: str = BUCKET) -> dict[str, Any]:
    """Return a statement that lets somebody do something with a bucket's objects."""
    resource = f"arn:aws:s3:::{name}/*"
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}


@dataclass
class Storage:
    """The bucket and the key, as an independent client reads and changes them, and the alarms about them."""

    world: World
    key: str = ""
    trail: str = ""
    bucket_region: str = REGION
    partition: str = "aws"

    @property
    def s3(self) -> Any:
        """The tests' own client of S3, in the bucket's region."""
        return client("s3", self.bucket_region)

    @property
    def kms(self) -> Any:
        """The tests' own client of KMS, in the key's region."""
        return client("kms", self.key.split(":")[3])

    @property
    def key_id(self) -> str:
        """The key's id, by which moto finds it."""
        return self.key.rpartition("/")[2]

    def make(self, *, home: str = REGION) -> None:
        """Make bucket, key and trail."""
        self.make_bucket()
        kms = client("kms", home)
        policy = json.dumps(key_policy(partition=self.partition))
        self.key = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
        kms.enable_key_rotation(KeyId=self.key)
        self.trail = self.make_trail("management", home=home)

    def make_trail(self, name: str, *, bucket: str = BUCKET, home: str = REGION, **more: Any) -> str:
        """Make a trail that uses the bucket and the key."""
        asked = {"Name": name, "S3BucketName": bucket, "KmsKeyId": self.key, **more}
        return str(cloudtrail(home).create_trail(**asked)["TrailARN"])

    def make_bucket(self, name: str = BUCKET) -> None:
        """Make a bucket as one for logs should be."""
        where = {"CreateBucketConfiguration": {"LocationConstraint": self.bucket_region}}
        self.s3.create_bucket(
            Bucket=name,
            ObjectOwnership="BucketOwnerEnforced",
            **(where if self.bucket_region != "us-east-1" else {}),
        )
        self.s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=BLOCKED)
        self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        self.s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=encrypted("AES256"))
        self.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "team", "Value": "audit"}]})
        self.put_policy(bucket_policy(name, partition=self.partition), name=name)
        self.put_lifecycle(KEPT_A_YEAR, name=name)

    def put_policy(self, policy: Mapping[str, Any], *, name: str = BUCKET) -> None:
        """Give a bucket a policy as somebody does."""
        self.s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))

    def policy(self, name: str = BUCKET) -> Any:
        """Return a bucket's policy."""
        return json.loads(self.s3.get_bucket_policy(Bucket=name)["Policy"])

    def put_lifecycle(self, *rules: Mapping[str, Any], name: str = BUCKET) -> None:
        """Give a bucket lifecycle rules as somebody does."""
        self.s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": list(rules)})

    def rules(self, name: str = BUCKET) -> list[str]:
        """Return the ids of a bucket's lifecycle rules."""
        return [rule["ID"] for rule in self.s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]]

    def put_key_policy(self, policy: Mapping[str, Any]) -> None:
        """Give the key a policy as somebody does."""
        self.kms.put_key_policy(KeyId=self.key, PolicyName="default", Policy=json.dumps(policy))

    def key_policy(self) -> Any:
        """Return the key's policy."""
        return json.loads(self.kms.get_key_policy(KeyId=self.key, PolicyName="default")["Policy"])

    def key_state(self) -> str:
        """Return the key's state."""
        return str(self.kms.describe_key(KeyId=self.key)["KeyMetadata"]["KeyState"])

    def rotates(self) -> bool:
        """Whether the key is rotated."""
        return bool(self.kms.get_key_rotation_status(KeyId=self.key)["KeyRotationEnabled"])

    def learnt(self) -> Storage:
        """Let a sweep record bucket and key, and return the storage."""
        run = self.sweep()
        arn = f"arn:{self.partition}:s3:::{BUCKET}"
        assert set(self.baselines()) == {arn, self.key}, run.journal
        return self

    def bucket_event(self, name: str, bucket: str | None = BUCKET, **changes: Any) -> dict[str, Any]:
        """Return the API event of a call on a bucket, 42 seconds ago."""
        told = None if bucket is None else {"bucketName": bucket, "Host": f"{bucket}.s3.amazonaws.com"}
        usual = {"parameters": told, "region": self.bucket_region, "time": stamp(ago(42))}
        return api_event(name, **{"service": "s3", **usual, **changes})

    def key_event(self, name: str, key: str | None = None, **changes: Any) -> dict[str, Any]:
        """Return the API event of a call on a key, 42 seconds ago."""
        usual = {"parameters": {"keyId": key or self.key}, "time": stamp(ago(42))}
        return api_event(name, **{"service": "kms", "region": self.key.split(":")[3], **usual, **changes})

    def handle(self, event: object) -> Run:
        """Give Rearm an event."""
        return self.world.handle(event)

    def sweep(self) -> Run:
        """Let Rearm look at everything."""
        return self.world.handle(scheduled(f"rearm-{AUTOMATION}-sweep"))

    def baselines(self) -> dict[str, dict[str, Any]]:
        """Return the newest baseline of each bucket and key."""
        return self.world.items(f"{AUTOMATION}#baseline")

    def recorded(self, arn: str | None = None) -> dict[str, Any]:
        """Return what is recorded about the bucket, or about another resource."""
        found: dict[str, Any] = self.baselines()[arn or f"arn:{self.partition}:s3:::{BUCKET}"]["state"]
        return found

    def fail_table(self, code: str = "ResourceNotFoundException") -> None:
        """Let the table answer nothing about baselines."""

        def of_baselines(made: Made) -> bool:
            values = made.parameters.get("ExpressionAttributeValues", {})
            return bool(values.get(":g", {}).get("S", "").endswith("#baseline"))

        self.world.endpoint.fail("dynamodb:Query", code, when=of_baselines)

    def show_trail(self, bucket: str, *, key: str | None = None, owner: str = FOREIGN) -> str:
        """Show a trail of another account, which writes into a bucket, and return its ARN."""
        arn = f"arn:aws:cloudtrail:{REGION}:{owner}:trail/organization"
        trail = {"TrailARN": arn, "Name": "organization", "S3BucketName": bucket, "HomeRegion": REGION}

        def show(_: Made, answer: dict[str, Any]) -> None:
            answer["trailList"].append({**trail, **({"KmsKeyId": key} if key else {})})

        self.world.endpoint.edit("cloudtrail:DescribeTrails", show)
        return arn

    def foreign_bucket(self, name: str = "log-archive") -> str:
        """Let a bucket be another account's, as S3 says it to whoever asks with the owner's id."""
        self.world.endpoint.fail(
            "s3:GetBucketLocation", "AccessDenied", when=lambda made: made.parameters["Bucket"] == name
        )
        return name


def encrypted(algorithm: str, key: str | None = None) -> dict[str, Any]:
    """Return a default encryption as S3 takes it."""
    applied = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": applied}]}


@contextmanager
def opened(*, bucket_region: str = REGION, home: str = REGION, **choices: Any) -> Iterator[Storage]:
    """Make a new account, for the time of a `with`; choices as for `configuration`."""
    with new_world(automation=AUTOMATION, **choices) as world:
        made = Storage(world, bucket_region=bucket_region)
        made.make(home=home)
        yield made
