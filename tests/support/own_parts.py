"""Rearm's own parts in moto, small enough for a scenario, and what Terraform would declare of them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.sns.models import sns_backends
from moto.ssm.models import ssm_backends

from rearm.automations.self_guard.parts import hashed, hashed_policy
from tests.support.planned import ACCOUNT

EMAIL = "security@example.com"
LONG_AGO = timedelta(days=3)
PATTERN = {"source": ["aws.cloudtrail"]}
RATE = "rate(15 minutes)"
ENVIRONMENT = {"REARM_CONFIG": "H4sIAAAAAAAA/w=="}
MONTHS = 1209600


def _package() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("rearm/handler.py"), "def handle(event, context): return {}\n")
    return packed.getvalue()


PACKAGE = _package()


@dataclass(frozen=True)
class OwnParts:
    """One automation's parts and what all automations share.

    Attributes
    ----------
    client
        Gives a client of a service in the deployment's region.
    name, region, partition, path
        The deployment's, and the path of its roles.
    """

    client: Any
    name: str
    region: str
    partition: str
    path: str = "/"

    def arn(self, service: str, resource: str) -> str:
        """Return an ARN in the account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{ACCOUNT}:{resource}"

    def function(self, automation: str) -> str:
        """Return the name of an automation's function."""
        return f"{self.name}-{automation}"

    def role_arn(self, automation: str) -> str:
        """Return the ARN of an automation's role."""
        return f"arn:{self.partition}:iam::{ACCOUNT}:role{self.path}{self.function(automation)}"

    def target(self, automation: str) -> dict[str, Any]:
        """Return the target of an automation's rules."""
        return {
            "Id": "function",
            "Arn": self.arn("lambda", f"function:{self.function(automation)}"),
            "DeadLetterConfig": {"Arn": self.arn("sqs", f"{self.name}-failures")},
            "RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 3600},
        }

    def make_automation(self, automation: str, *, retention: int, concurrency: int | None) -> None:
        """Make the parts of an automation, with a rule ``calls`` and a rule ``sweep``, and declare them."""
        full = self.function(automation)
        trust = _policy(Action="sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"})
        own = _policy(Action="sns:Publish", Resource="*")
        iam = self.client("iam")
        iam.create_role(RoleName=full, Path=self.path, AssumeRolePolicyDocument=json.dumps(trust))
        iam.put_role_policy(RoleName=full, PolicyName=full, PolicyDocument=json.dumps(own))
        code = self._make_function(automation, concurrency)
        events = self.client("events")
        events.put_rule(Name=f"{full}-calls", EventPattern=json.dumps(PATTERN))
        events.put_rule(Name=f"{full}-sweep", ScheduleExpression=RATE)
        for key in ("calls", "sweep"):
            events.put_targets(Rule=f"{full}-{key}", Targets=[self.target(automation)])
        self.client("logs").create_log_group(logGroupName=f"/aws/lambda/{full}")
        if retention:
            self.client("logs").put_retention_policy(
                logGroupName=f"/aws/lambda/{full}", retentionInDays=retention
            )
        self._make_alarm(f"{full}-errors")
        self.declare(
            automation,
            {
                "automation": automation,
                "rules": {
                    f"{full}-calls": {"description": "Calls.", "pattern": PATTERN, "schedule": None},
                    f"{full}-sweep": {"description": "Looks.", "pattern": None, "schedule": RATE},
                },
                "target": {"age": 3600, "queue": self.arn("sqs", f"{self.name}-failures"), "retries": 185},
                "function": {
                    "name": full,
                    "architecture": "arm64",
                    "code": code,
                    "concurrency": concurrency,
                    "environment": hashed(ENVIRONMENT),
                    "handler": "rearm.handler.handle",
                    "memory": 512,
                    "role": self.role_arn(automation),
                    "runtime": "python3.13",
                    "statements": self.statements(automation),
                    "timeout": 60,
                    "invoke": {
                        "age": 21600,
                        "destination": self.arn("sqs", f"{self.name}-failures"),
                        "retries": 2,
                    },
                },
                "role": {
                    "name": full,
                    "boundary": None,
                    "path": self.path,
                    "trust": hashed_policy(trust),
                    "policies": {full: hashed_policy(own)},
                },
                "log_group": {"name": f"/aws/lambda/{full}", "key": None, "retention": retention},
                "alarms": {"actions": [], "names": [f"{full}-errors"]},
                "config_rules": [f"{full}-own"],
            },
        )

    def statements(self, automation: str) -> dict[str, dict[str, str | None]]:
        """Return who may invoke an automation's function."""
        rules = (f"rule/{self.function(automation)}-{key}" for key in ("calls", "sweep"))
        return {
            f"rule-{rule.rpartition('-')[2]}": {
                "principal": "events.amazonaws.com",
                "source_arn": self.arn("events", rule),
                "source_account": None,
            }
            for rule in rules
        }

    def make_shared(self) -> None:
        """Make the alarms' topic, the queue and one alarm, and declare them with the table."""
        topic = self.arn("sns", f"{self.name}-alarms")
        sns, queues, tables = self.client("sns"), self.client("sqs"), self.client("dynamodb")
        topic_policy = _policy(
            Action="sns:Publish", Resource=topic, Principal={"Service": "cloudwatch.amazonaws.com"}
        )
        sns.create_topic(Name=f"{self.name}-alarms", Attributes={"Policy": json.dumps(topic_policy)})
        made = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=EMAIL, ReturnSubscriptionArn=True)
        # The same in every run, so that a fault finds the call again.
        subscriptions = sns_backends[ACCOUNT][self.region].subscriptions
        subscription = subscriptions.pop(made["SubscriptionArn"])
        subscription.arn = f"{topic}:6f3a1c5e-0d1f-4c7b-9a58-3f2f0b7a9d10"
        subscriptions[subscription.arn] = subscription
        queue_policy = _policy(
            Action="sqs:SendMessage", Principal={"Service": "events.amazonaws.com"}, Resource="*"
        )
        attributes = {
            "Policy": json.dumps(queue_policy),
            "MessageRetentionPeriod": str(MONTHS),
            "SqsManagedSseEnabled": "true",
        }
        queues.create_queue(QueueName=f"{self.name}-failures", Attributes=attributes)
        tables.update_continuous_backups(
            TableName=f"{self.name}-records",
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )
        table_policy = _policy(Action="dynamodb:GetItem", Principal={"AWS": ACCOUNT}, Resource="*")
        table = self.arn("dynamodb", f"table/{self.name}-records")
        tables.put_resource_policy(ResourceArn=table, Policy=json.dumps(table_policy))
        tables.update_time_to_live(
            TableName=f"{self.name}-records",
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"},
        )
        self._make_alarm(f"{self.name}-failures")
        self.declare(
            "deployment",
            {
                "automation": "deployment",
                "topics": {f"{self.name}-alarms": {"key": None, "policy": hashed_policy(topic_policy)}},
                "subscriptions": [hashlib.sha256(f"email {EMAIL}".encode()).hexdigest()],
                "queue": {
                    "name": f"{self.name}-failures",
                    "policy": hashed_policy(queue_policy),
                    "retention": MONTHS,
                },
                "table": {
                    "name": f"{self.name}-records",
                    "expiry": "expires",
                    "policy": hashed_policy(table_policy),
                    "protected": False,
                },
                "alarms": {"actions": [], "names": [f"{self.name}-failures"]},
            },
        )

    def declare(self, what: str, parts: Mapping[str, Any]) -> None:
        """Declare parts and seal the declaration, as Terraform did long ago."""
        value = base64.b64encode(gzip.compress(json.dumps(parts).encode(), mtime=0)).decode()
        for name, text in (("", value), ("/deployed", hashlib.sha256(value.encode()).hexdigest())):
            path = f"/{self.name}/{what}{name}"
            self.client("ssm").put_parameter(Name=path, Value=text, Type="String", Overwrite=True)
            written = ssm_backends[ACCOUNT][self.region]._parameters[path][-1]
            written.last_modified_date = datetime.now(UTC) - LONG_AGO

    def _make_function(self, automation: str, concurrency: int | None) -> str:
        full = self.function(automation)
        functions = self.client("lambda")
        made = functions.create_function(
            FunctionName=full,
            Runtime="python3.13",
            Role=self.role_arn(automation),
            Handler="rearm.handler.handle",
            Code={"ZipFile": PACKAGE},
            Timeout=60,
            MemorySize=512,
            Architectures=["arm64"],
            Environment={"Variables": ENVIRONMENT},
        )
        for sid, wanted in self.statements(automation).items():
            functions.add_permission(
                FunctionName=full,
                StatementId=sid,
                Action="lambda:InvokeFunction",
                Principal=wanted["principal"],
                SourceArn=wanted["source_arn"],
            )
        functions.put_function_event_invoke_config(
            FunctionName=full,
            MaximumRetryAttempts=2,
            MaximumEventAgeInSeconds=21600,
            DestinationConfig={"OnFailure": {"Destination": self.arn("sqs", f"{self.name}-failures")}},
        )
        if concurrency:
            functions.put_function_concurrency(FunctionName=full, ReservedConcurrentExecutions=concurrency)
        return str(made["CodeSha256"])

    def _make_alarm(self, name: str) -> None:
        self.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )


def _policy(**said: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Sid": "Only", "Effect": "Allow", **said}]}
