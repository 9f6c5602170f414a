"""The account as its people see and change it: plain boto3 clients, past Rearm."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.local_aws import LocalAws
from tests.local_aws.records import event

BUCKET = "trail-logs"
USER_AGENT = "aws-cli/2.31.0"
TRAIL_CALLS = (
    "cloudtrail:DeleteTrail",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:StartLogging",
    "cloudtrail:StopLogging",
    "cloudtrail:UpdateTrail",
)

Record = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """Somebody with credentials of their own, who is not the function.

    Attributes
    ----------
    arn
        Of the user, or of the role whose session it is.
    session
        The session's name; None for a user.
    user_agent
        What their calls say they are made with.
    """

    name: str
    arn: str
    keys: Mapping[str, str]
    aws: LocalAws
    session: str | None = None
    user_agent: str = USER_AGENT

    def cloudtrail(self, region: str | None = None) -> Any:
        """Give a CloudTrail client of theirs."""
        return self.aws.client("cloudtrail", region, self.keys, user_agent=self.user_agent)

    def stop(self, trail_arn: str) -> None:
        """Stop a trail in its home region."""
        self.cloudtrail(trail_arn.split(":")[3]).stop_logging(Name=trail_arn)


class Account:
    """What is asked of AWS and done in it by people, never by Rearm.

    Parameters
    ----------
    aws
        AWS on this machine.
    name
        The deployment's name, `name` of the module.
    """

    def __init__(self, aws: LocalAws, name: str = "rearm") -> None:
        self.aws = aws
        self.id = aws.account
        self.region = aws.options.region
        self.name = name
        self.function = f"{name}-cloudtrail"
        self._clients: dict[tuple[str, str], Any] = {}
        self._people: dict[str, Person] = {}

    def client(self, service: str, region: str | None = None) -> Any:
        """Give the administrator's client of a service."""
        key = (service, region or self.region)
        if key not in self._clients:
            self._clients[key] = self.aws.client(*key)
        return self._clients[key]

    def make_recorder(self) -> None:
        """Switch Config on, as the account's owner has, before anybody thinks of Rearm."""
        role = f"arn:aws:iam::{self.id}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
        self.client("config").put_configuration_recorder(
            ConfigurationRecorder={"name": "default", "roleARN": role}
        )

    def make_bucket(self, name: str = BUCKET) -> None:
        """Make a bucket, the one that trails write to unless told otherwise."""
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        self.client("s3").create_bucket(Bucket=name, **({} if self.region == "us-east-1" else elsewhere))

    def trail(self, name: str, *, region: str | None = None, multi_region: bool = False) -> str:
        """Make a trail that logs, and return its ARN."""
        cloudtrail = self.client("cloudtrail", region)
        made = cloudtrail.create_trail(Name=name, S3BucketName=BUCKET, IsMultiRegionTrail=multi_region)
        cloudtrail.start_logging(Name=made["TrailARN"])
        return str(made["TrailARN"])

    def sound_trail(self, name: str) -> str:
        """Make a trail that logs and lacks nothing, and return its ARN."""
        key = self.client("kms").create_key()["KeyMetadata"]["Arn"]
        cloudtrail = self.client("cloudtrail")
        made = cloudtrail.create_trail(
            Name=name,
            S3BucketName=BUCKET,
            IsMultiRegionTrail=True,
            EnableLogFileValidation=True,
            KmsKeyId=key,
        )
        cloudtrail.start_logging(Name=name)
        return str(made["TrailARN"])

    def trail_state(self, name: str) -> Record | None:
        """Return what AWS says of a trail of this region, and whether it logs; None if there is none."""
        cloudtrail = self.client("cloudtrail")
        found = cloudtrail.describe_trails(trailNameList=[name])["trailList"]
        if not found:
            return None
        selectors = cloudtrail.get_event_selectors(TrailName=name)
        logging = cloudtrail.get_trail_status(Name=name)["IsLogging"]
        return {
            # Whether they are its own says nothing of what they select.
            **{key: value for key, value in found[0].items() if key != "HasCustomEventSelectors"},
            "EventSelectors": selectors.get("EventSelectors"),
            "AdvancedEventSelectors": selectors.get("AdvancedEventSelectors"),
            "IsLogging": logging,
        }

    def status(self, trail_arn: str) -> Record:
        """Return what GetTrailStatus says in the trail's home region."""
        answer = self.client("cloudtrail", trail_arn.split(":")[3]).get_trail_status(Name=trail_arn)
        return dict(answer)

    def logs(self, trail_arn: str) -> bool:
        """Whether AWS says that a trail logs."""
        return bool(self.status(trail_arn)["IsLogging"])

    def outage(self, trail_arn: str) -> float:
        """Return the seconds between a trail's last stop and its start after it."""
        status = self.status(trail_arn)
        seconds: float = (status["StartLoggingTime"] - status["StopLoggingTime"]).total_seconds()
        return seconds

    def history(self, call: str, region: str | None = None) -> list[Record]:
        """Return CloudTrail's records of a call, newest first."""
        found: list[Record] = []
        asked = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": call}]}
        for page in self.client("cloudtrail", region).get_paginator("lookup_events").paginate(**asked):
            found += [json.loads(event["CloudTrailEvent"]) for event in page["Events"]]
        return found

    def event_of(self, call: str) -> Record:
        """Return the event that AWS delivers of the last such call, whether or not it has."""
        return event(next(entry for entry in reversed(self.aws.records) if entry["eventName"] == call))

    def clear(self) -> None:
        """Delete every trail without Rearm being told."""
        with self.unseen():
            for trail in self.client("cloudtrail").list_trails()["Trails"]:
                if trail["TrailARN"].split(":")[4] == self.id:
                    self.client("cloudtrail", trail["HomeRegion"]).delete_trail(Name=trail["TrailARN"])
            self.aws.wait_idle()

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Have no API call reach Rearm for a while: the events are lost."""
        with self.aws.losing_events():
            yield
            self.aws.wait_idle()

    def forget_records(self) -> None:
        """Empty the deployment's table, without Rearm being told; nothing where there is none."""
        dynamodb = self.client("dynamodb")
        table = f"{self.name}-records"
        if table not in dynamodb.list_tables()["TableNames"]:
            return
        for page in dynamodb.get_paginator("scan").paginate(
            TableName=table,
            ProjectionExpression="#g, #k",
            ExpressionAttributeNames={"#g": "group", "#k": "key"},
        ):
            for item in page["Items"]:
                dynamodb.delete_item(TableName=table, Key=item)

    def user(self, name: str, actions: Sequence[str] = TRAIL_CALLS) -> Person:
        """Return an IAM user who may make these calls, made at the first request."""
        if name not in self._people:
            iam = self.client("iam")
            arn = iam.create_user(UserName=name)["User"]["Arn"]
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=_allowing(actions))
            self._people[name] = Person(
                name, arn, iam.create_access_key(UserName=name)["AccessKey"], self.aws
            )
        return self._people[name]

    def role(self, name: str, session: str, actions: Sequence[str] = TRAIL_CALLS) -> Person:
        """Return a session of a role that may make these calls, made at the first request."""
        key = f"{name}/{session}"
        if key not in self._people:
            iam = self.client("iam")
            made = [role["Arn"] for role in iam.list_roles()["Roles"] if role["RoleName"] == name]
            arn = made[0] if made else self._make_role(name)
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=_allowing(actions))
            answer = self.client("sts").assume_role(RoleArn=arn, RoleSessionName=session)
            self._people[key] = Person(name, arn, answer["Credentials"], self.aws, session)
        return self._people[key]

    def _make_role(self, name: str) -> str:
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": self.id}, "Action": "sts:AssumeRole"},
            ],
        }
        made = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        return str(made["Role"]["Arn"])

    def evaluate(self, *rules: str) -> None:
        """Ask Config to evaluate rules, and wait for everything that follows."""
        self.client("config").start_config_rules_evaluation(ConfigRuleNames=list(rules))
        self.aws.wait_idle()

    def compliance(self, rule: str) -> dict[str, Record]:
        """Return what a Config rule has found, by the resource's id."""
        pages = self.client("config").get_paginator("get_compliance_details_by_config_rule")
        return {
            result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"]: result
            for page in pages.paginate(ConfigRuleName=rule)
            for result in page["EvaluationResults"]
        }

    def config_rules(self) -> dict[str, str]:
        """Return the name of each Config rule by its ARN."""
        pages = self.client("config").get_paginator("describe_config_rules").paginate()
        rules = [rule for page in pages for rule in page["ConfigRules"]]
        return {rule["ConfigRuleArn"]: rule["ConfigRuleName"] for rule in rules}

    def names(self) -> set[str]:
        """Name everything there is that Rearm could have made."""
        found: set[str] = set()
        for service, operation, member, name in _LISTED:
            scope = {"Scope": "Local"} if operation == "list_policies" else {}
            for page in self.client(service).get_paginator(operation).paginate(**scope):
                found |= {f"{operation} {one[name] if name else one}" for one in page.get(member) or ()}
        return found | {f"bucket {one['Name']}" for one in self.client("s3").list_buckets()["Buckets"]}


_LISTED = (
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("config", "describe_config_rules", "ConfigRules", "ConfigRuleName"),
    ("dynamodb", "list_tables", "TableNames", None),
    ("events", "list_rules", "Rules", "Name"),
    ("iam", "list_policies", "Policies", "Arn"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("kms", "list_aliases", "Aliases", "AliasName"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("sqs", "list_queues", "QueueUrls", None),
    ("ssm", "describe_parameters", "Parameters", "Name"),
)


def _allowing(actions: Sequence[str]) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
