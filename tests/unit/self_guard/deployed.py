"""A deployment of Rearm in moto, as an independent client makes, reads and spoils it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.ssm.models import ssm_backends

from tests.events.envelopes import REGION, api_event, scheduled
from tests.events.identities import ACCOUNT
from tests.unit.endpoint import ApiError, Made
from tests.unit.self_guard import declared as d
from tests.unit.world import Run, World, ago, client, stamp
from tests.unit.world import world as new_world

SELF = "self_guard"
PARAMETER = f"/{d.NAME}/{d.AUTOMATION}"
SHARED = f"/{d.NAME}/deployment"
SEAL = "/deployed"
LONG_AGO = timedelta(days=3)


def parameter_arn(name: str) -> str:
    """Return a parameter's ARN."""
    return d.arn("ssm", f"parameter{name}")


@dataclass
class Deployed:
    """The deployment, the alarms about it, and the clients that spoil it."""

    world: World

    def client(self, service: str) -> Any:
        """Give the tests' own client."""
        return client(service)

    def make(self) -> None:
        """Make every part as it is declared, and deploy it long ago."""
        self._make_role()
        self._make_function()
        self._make_rules()
        self._make_watch()
        self._make_shared()
        self.world.endpoint.answer("config:DescribeConfigRules", self._describe_config_rule)
        self.world.config.rules = [d.CONFIG_RULE]
        self.declare(PARAMETER, d.automation_parts())
        self.declare(SHARED, d.shared_parts())

    def declare(
        self,
        name: str,
        parts: Mapping[str, Any] | str,
        *,
        seal: bool = True,
        since: timedelta = LONG_AGO,
    ) -> str:
        """Write a declaration, and seal it, as Terraform does at the end; return its value."""
        value = parts if isinstance(parts, str) else d.packed(parts)
        self.put(name, value, since)
        if seal:
            self.put(name + SEAL, d.sealed(value), since)
        return value

    def put(self, name: str, value: str, since: timedelta = timedelta()) -> None:
        """Write a parameter, so long ago."""
        client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
        self.date(name, since)

    def date(self, name: str, since: timedelta) -> None:
        """Let a parameter be written so long ago."""
        written = ssm_backends[ACCOUNT][REGION]._parameters[name][-1]
        written.last_modified_date = datetime.now(UTC) - since

    def remove(self, *names: str) -> None:
        """Remove parameters."""
        for name in names:
            client("ssm").delete_parameter(Name=name)

    def sweep(self) -> Run:
        """Let Rearm look at everything, in a new process."""
        self.world.new_process()
        return self.world.handle(scheduled())

    def learn(self) -> None:
        """Let Rearm remember what is declared."""
        run = self.sweep()
        assert run.error is None
        assert run.messages == []

    def called(self, call: str, service: str, /, **parameters: Any) -> Run:
        """Tell Rearm of a call, in a new process; `seconds` ago it was made, an hour if not given."""
        return self.told(api_event(call, service=service, parameters=parameters, time=stamp(ago(42))))

    def told(self, event: Mapping[str, Any]) -> Run:
        """Give Rearm an event, in a new process."""
        self.world.new_process()
        return self.world.handle(event)

    def remembered(self, name: str = PARAMETER) -> dict[str, Any]:
        """Return what the table remembers of a declaration."""
        found = self.world.items(f"{SELF}#baseline").get(parameter_arn(name), {})
        return dict(found.get("state", {}))

    def remember(self, name: str, **state: Any) -> None:
        """Let the table remember something of a declaration."""
        content = {"state": state, "recorded": stamp(ago(86400)), "origin": "first-seen"}
        self.world.put_item(f"{SELF}#baseline", parameter_arn(name), content, count=1)

    def rule(self, name: str = d.CALLS) -> Mapping[str, Any]:
        """Read a rule."""
        return dict(client("events").describe_rule(Name=name))

    def targets(self, name: str = d.CALLS) -> list[Mapping[str, Any]]:
        """Read a rule's targets."""
        return list(client("events").list_targets_by_rule(Rule=name)["Targets"])

    def statements(self) -> dict[str, Mapping[str, Any]]:
        """Read who may invoke the function."""
        policy = json.loads(client("lambda").get_policy(FunctionName=d.FULL)["Policy"])
        return {statement["Sid"]: statement for statement in policy["Statement"]}

    def _make_role(self) -> None:
        iam = client("iam")
        iam.create_role(RoleName=d.FULL, AssumeRolePolicyDocument=json.dumps(d.TRUST))
        iam.put_role_policy(RoleName=d.FULL, PolicyName=d.FULL, PolicyDocument=json.dumps(d.POLICY))
        other = json.dumps(d.statement(Action="config:PutEvaluations", Resource="*"))
        iam.put_role_policy(RoleName=d.FULL, PolicyName=f"{d.FULL}-config", PolicyDocument=other)

    def _make_function(self) -> None:
        functions = client("lambda")
        functions.create_function(
            FunctionName=d.FULL,
            Runtime="python3.13",
            Role=d.ROLE_ARN,
            Handler="rearm.handler.handle",
            Code={"ZipFile": d.PACKAGE},
            Timeout=60,
            MemorySize=512,
            Architectures=["arm64"],
            Environment={"Variables": d.ENVIRONMENT},
        )
        for sid, wanted in d.STATEMENTS.items():
            source = {"SourceArn": wanted["source_arn"], "SourceAccount": wanted["source_account"]}
            functions.add_permission(
                FunctionName=d.FULL,
                StatementId=sid,
                Action="lambda:InvokeFunction",
                Principal=wanted["principal"],
                **{key: value for key, value in source.items() if value},
            )
        functions.put_function_event_invoke_config(
            FunctionName=d.FULL,
            MaximumRetryAttempts=2,
            MaximumEventAgeInSeconds=21600,
            DestinationConfig={"OnFailure": {"Destination": d.QUEUE_ARN}},
        )
        # moto keeps answering with the first configuration where a second is put.
        self.world.endpoint.answer("lambda:PutFunctionEventInvokeConfig", self._put_invoke_config)

    def _put_invoke_config(self, made: Made) -> None:
        function = lambda_backends[ACCOUNT][REGION].get_function(made.parameters["FunctionName"])
        function.event_invoke_config = []

    def _make_rules(self) -> None:
        events = client("events")
        events.put_rule(Name=d.CALLS, EventPattern=json.dumps(d.PATTERN), Description="Rearm: Calls.")
        events.put_rule(Name=d.SWEEP, ScheduleExpression=d.RATE, Description="Rearm: Looks.")
        for name in (d.CALLS, d.SWEEP):
            events.put_targets(Rule=name, Targets=[d.TARGET])

    def _make_watch(self) -> None:
        logs, alarms = client("logs"), client("cloudwatch")
        logs.create_log_group(logGroupName=d.GROUP)
        logs.put_retention_policy(logGroupName=d.GROUP, retentionInDays=365)
        for name in (f"{d.FULL}-errors", f"{d.FULL}-throttles", f"{d.NAME}-failures"):
            alarms.put_metric_alarm(
                AlarmName=name,
                Namespace="AWS/Lambda",
                MetricName="Errors",
                Statistic="Sum",
                Period=300,
                EvaluationPeriods=1,
                Threshold=0,
                ComparisonOperator="GreaterThanThreshold",
                AlarmActions=[d.ALARM_ACTION],
            )

    def _make_shared(self) -> None:
        sns, queues, tables = client("sns"), client("sqs"), client("dynamodb")
        sns.set_topic_attributes(
            TopicArn=d.TOPIC_ARN, AttributeName="Policy", AttributeValue=json.dumps(d.TOPIC_POLICY)
        )
        sns.set_topic_attributes(
            TopicArn=d.TOPIC_ARN, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns"
        )
        sns.subscribe(TopicArn=d.TOPIC_ARN, Protocol="email", Endpoint=d.EMAIL)
        queues.create_queue(
            QueueName=d.QUEUE,
            Attributes={
                "Policy": json.dumps(d.QUEUE_POLICY),
                "MessageRetentionPeriod": "1209600",
                "SqsManagedSseEnabled": "true",
            },
        )
        tables.update_continuous_backups(
            TableName=d.TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        tables.put_resource_policy(ResourceArn=d.TABLE_ARN, Policy=json.dumps(d.TABLE_POLICY))
        tables.update_time_to_live(
            TableName=d.TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
        )

    def _describe_config_rule(self, made: Made) -> Mapping[str, Any]:
        (name,) = made.parameters["ConfigRuleNames"]
        if name not in self.world.config.rules:
            raise ApiError("NoSuchConfigRuleException", f"The ConfigRule '{name}' provided is invalid")
        return {"ConfigRules": [{"ConfigRuleName": name}]}


@contextmanager
def opened(**choices: Any) -> Iterator[Deployed]:
    """Make a new account with a deployment and its guard, for the time of a `with`."""
    with new_world(automation=SELF, **choices) as world:
        made = Deployed(world)
        made.make()
        yield made
