"""An account with buckets, and Rearm deployed to keep their default encryption."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.events.envelopes import REGION, api_event, config_change, scheduled
from tests.events.identities import ACCOUNT
from tests.unit.endpoint import Made
from tests.unit.world import BUCKET as TRAIL_BUCKET
from tests.unit.world import Run, World, ago, client, stamp
from tests.unit.world import world as new_world

AUTOMATION = "s3_encryption"
OTHER_REGION = "eu-central-1"
FOREIGN = "999988887777"
FOREIGN_KEY = f"arn:aws:kms:{REGION}:{FOREIGN}:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
BUCKET = "customer-data"
PUT = "s3:PutBucketEncryption"
OWN = {"SSEAlgorithm": "AES256"}


@dataclass
class Account:
    """The buckets, as an independent client reads and changes them, and the alarms about them."""

    world: World
    key: str = ""
    other_key: str = ""

    def make(self) -> None:
        """Make two keys, one of them with an alias, and what is in every account: a bucket for logs."""
        kms = client("kms")
        self.key, self.other_key = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
        kms.create_alias(AliasName="alias/data", TargetKeyId=self.key)

    def bucket(
        self, algorithm: str = "AES256", key: str | None = None, *, name: str = BUCKET, region: str = REGION
    ) -> str:
        """Make a bucket with a default encryption and return its name."""
        where = {} if region == "us-east-1" else {"LocationConstraint": region}
        client("s3", region).create_bucket(
            Bucket=name, **({"CreateBucketConfiguration": where} if where else {})
        )
        self.encrypt(algorithm, key, name=name, region=region)
        return name

    def encrypt(
        self,
        algorithm: str = "AES256",
        key: str | None = None,
        *,
        name: str = BUCKET,
        region: str = REGION,
        **rule: Any,
    ) -> None:
        """Set a bucket's default encryption as somebody does."""
        applied = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
        rules = [{"ApplyServerSideEncryptionByDefault": applied, **rule}]
        client("s3", region).put_bucket_encryption(
            Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules}
        )

    def rule(self, name: str = BUCKET, *, region: str = REGION) -> Mapping[str, Any] | None:
        """Return a bucket's whole rule; None where it has no configuration."""
        try:
            answer = client("s3", region).get_bucket_encryption(Bucket=name)
        except ClientError:
            return None
        (rule,) = answer["ServerSideEncryptionConfiguration"]["Rules"]
        found: Mapping[str, Any] = rule
        return found

    def applied(self, name: str = BUCKET, *, region: str = REGION) -> Mapping[str, Any] | None:
        """Return what a bucket encrypts new objects with."""
        rule = self.rule(name, region=region)
        return rule["ApplyServerSideEncryptionByDefault"] if rule else None

    def let_in(self, *principals: object, name: str = BUCKET, effect: str = "Allow") -> None:
        """Give a bucket a policy that lets somebody read and write."""
        statements = [
            {
                "Effect": effect,
                "Principal": principal,
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": f"arn:aws:s3:::{name}/*",
            }
            for principal in principals
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        client("s3").put_bucket_policy(Bucket=name, Policy=policy)

    def event(self, name: str = "PutBucketEncryption", bucket: str | None = BUCKET, **changes: Any) -> Any:
        """Return the API event of a call on a bucket, 42 seconds ago."""
        told = None if bucket is None else {"bucketName": bucket, "Host": f"{bucket}.s3.amazonaws.com"}
        return api_event(name, **{"service": "s3", "parameters": told, "time": stamp(ago(42)), **changes})

    def config_event(self, bucket: str = BUCKET) -> Any:
        """Return the event of a Config rule that finds a bucket non-compliant."""
        return config_change(
            "rearm-s3-default-encryption-kms", resource_type="AWS::S3::Bucket", resource_id=bucket
        )

    def handle(self, event: object, **more: Any) -> Run:
        """Give Rearm an event."""
        return self.world.handle(event, **more)

    def sweep(self, **more: Any) -> Run:
        """Let Rearm look at everything."""
        return self.world.handle(scheduled(f"rearm-{AUTOMATION}-sweep"), **more)

    def closed_to_rearm(self, operation: str, name: str = BUCKET, code: str = "AccessDenied") -> None:
        """Let a bucket refuse Rearm a call, as its policy can."""
        self.world.endpoint.fail(
            f"s3:{operation}", code, when=lambda made: made.parameters.get("Bucket") == name
        )

    def blocks(self, types: Sequence[str], name: str = BUCKET) -> None:
        """Let AWS say that a bucket refuses objects under certain encryptions, which moto does not keep."""

        def add(made: Made, answer: dict[str, Any]) -> None:
            if made.parameters["Bucket"] == name:
                rule = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
                rule["BlockedEncryptionTypes"] = {"EncryptionType": list(types)}

        self.world.endpoint.edit("s3:GetBucketEncryption", add)


@contextmanager
def opened(*, mode: str | None = None, exceptions: object = None, **settings: Any) -> Iterator[Account]:
    """Make a new account, for the time of a `with`, with settings as a user gives them."""
    choices = {"automation": AUTOMATION, "mode": mode, "settings": settings, "exceptions": exceptions}
    with new_world(**choices) as world:
        made = Account(world)
        # The account's one bucket is as S3 makes one now.
        made.encrypt(name=TRAIL_BUCKET)
        made.make()
        yield made


def puts(run: Run) -> list[Mapping[str, Any]]:
    """Return what was set, bucket by bucket: the rule, with the bucket's name."""
    return [
        {
            "Bucket": made.parameters["Bucket"],
            **made.parameters["ServerSideEncryptionConfiguration"]["Rules"][0],
        }
        for made in run.called(PUT)
    ]


def arn(name: str = BUCKET) -> str:
    """Return a bucket's ARN."""
    return f"arn:aws:s3:::{name}"


__all__ = ["ACCOUNT", "OWN", "REGION", "TRAIL_BUCKET", "Account", "arn", "opened", "puts"]
