"""Short ways to make the things that the tests need."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from tests.local_aws.local import LocalAws

REGION = "eu-central-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
LOGGING = {
    "Sid": "WriteLog",
    "Effect": "Allow",
    "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": "*",
}
ECHO = """
def handle(event, context):
    return {"got": event}
"""


def zipped(code: str) -> bytes:
    """Give a zip with one module, ``app``."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py", (1980, 1, 1, 0, 0, 0)), code)
    return content.getvalue()


def allow(actions: Sequence[str] | str, resource: str = "*", **more: object) -> dict[str, Any]:
    """Give an Allow statement."""
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


@dataclass(frozen=True)
class Deploy:
    """Makes things in an account."""

    aws: LocalAws

    def trail(self, name: str = "main", *, multi_region: bool = False, region: str = REGION) -> str:
        """Make a trail that logs, and give its ARN."""
        s3 = self.aws.client("s3")
        if not any(bucket["Name"] == "logs" for bucket in s3.list_buckets()["Buckets"]):
            s3.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": REGION})
        cloudtrail = self.aws.client("cloudtrail", region)
        made = cloudtrail.create_trail(Name=name, S3BucketName="logs", IsMultiRegionTrail=multi_region)
        cloudtrail.start_logging(Name=name)
        return str(made["TrailARN"])

    def role(
        self,
        name: str = "function",
        statements: Sequence[Mapping[str, Any]] = (LOGGING,),
        *,
        trust: Mapping[str, Any] = TRUST,
        boundary: str | None = None,
    ) -> str:
        """Make a role with an inline policy, and give its ARN."""
        iam = self.aws.client("iam")
        limits = {"PermissionsBoundary": boundary} if boundary else {}
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), **limits)
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
        return str(made["Role"]["Arn"])

    def function(
        self,
        code: str = ECHO,
        *,
        name: str = "function",
        role: str | None = None,
        environment: Mapping[str, str] | None = None,
        timeout: int = 10,
        runtime: str = "python3.13",
    ) -> str:
        """Make a function, with a role that may write its log unless one is given, and give its ARN."""
        made = self.aws.client("lambda").create_function(
            FunctionName=name,
            Role=role or self.role(name),
            Runtime=runtime,
            Handler="app.handle",
            Code={"ZipFile": zipped(code)},
            Timeout=timeout,
            Environment={"Variables": dict(environment or {})},
        )
        return str(made["FunctionArn"])

    def queue(self, name: str, *, services: Sequence[str] = ()) -> tuple[str, str]:
        """Make a queue to which services may send, and give its URL and ARN."""
        sqs = self.aws.client("sqs")
        url = str(sqs.create_queue(QueueName=name)["QueueUrl"])
        arn = f"arn:aws:sqs:{REGION}:{self.aws.account}:{name}"
        if services:
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": list(services)},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return url, arn

    def received(self, url: str) -> list[dict[str, Any]]:
        """Take all messages out of a queue."""
        sqs = self.aws.client("sqs")
        found: list[dict[str, Any]] = []
        while page := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            found += page
            for message in page:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def rule(
        self,
        target: str,
        pattern: Mapping[str, Any] | None = None,
        *,
        name: str = "rule",
        schedule: str | None = None,
        permit: bool = True,
        **target_settings: object,
    ) -> str:
        """Make a rule with one target, which it may invoke, and give its ARN."""
        events = self.aws.client("events")
        what = {"EventPattern": json.dumps(pattern)} if pattern else {"ScheduleExpression": schedule}
        arn = str(events.put_rule(Name=name, **what)["RuleArn"])
        if permit and ":lambda:" in target:
            self.aws.client("lambda").add_permission(
                FunctionName=target,
                StatementId=name,
                Action="lambda:InvokeFunction",
                Principal="events.amazonaws.com",
                SourceArn=arn,
            )
        events.put_targets(Rule=name, Targets=[{"Id": "one", "Arn": target, **target_settings}])
        return arn

    def user(self, name: str = "mallory") -> dict[str, str]:
        """Make a user, and give its access key."""
        iam = self.aws.client("iam")
        iam.create_user(UserName=name)
        return dict(iam.create_access_key(UserName=name)["AccessKey"])

    def recorder(self) -> None:
        """Give AWS Config its recorder."""
        role = f"arn:aws:iam::{self.aws.account}:role/config"
        self.aws.client("config").put_configuration_recorder(
            ConfigurationRecorder={"name": "default", "roleARN": role}
        )
