"""What Rearm only tells of, since putting it right would need power over code, roles or policies."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from moto.iam.models import iam_backends
from moto.sns.models import sns_backends

from tests.events.envelopes import REGION
from tests.events.identities import ACCOUNT
from tests.unit.self_guard import declared as d
from tests.unit.self_guard.deployed import PARAMETER, SHARED, Deployed, opened
from tests.unit.self_guard.test_repairs import changes

FUNCTION, ROLE = {"functionName": d.FULL}, {"roleName": d.FULL}
ADMIN = json.dumps(d.statement(Action="*", Resource="*"))


@dataclass(frozen=True)
class Deed:
    """One call that somebody made, as CloudTrail records it, what it does, and what Rearm says."""

    rule: str
    call: str
    service: str
    named: dict[str, Any]
    do: Callable[[Deployed], object]
    says: str
    severity: str = "HIGH"


def _code(deployed: Deployed) -> object:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("rearm/handler.py", "def handle(event, context): pass\n")
    return deployed.client("lambda").update_function_code(FunctionName=d.FULL, ZipFile=packed.getvalue())


def _configure(**changed: Any) -> Callable[[Deployed], object]:
    return lambda deployed: deployed.client("lambda").update_function_configuration(
        FunctionName=d.FULL, **changed
    )


def _admit(deployed: Deployed) -> object:
    return deployed.client("lambda").add_permission(
        FunctionName=d.FULL, StatementId="mine", Action="lambda:InvokeFunction", Principal="999988887777"
    )


def _readmit(deployed: Deployed) -> object:
    functions = deployed.client("lambda")
    functions.remove_permission(FunctionName=d.FULL, StatementId="rule-calls")
    return functions.add_permission(
        FunctionName=d.FULL,
        StatementId="rule-calls",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )


def _lead_elsewhere(deployed: Deployed) -> object:
    target = {"Id": "mine", "Arn": d.arn("sqs", "mine")}
    return deployed.client("events").put_targets(Rule=d.CALLS, Targets=[target])


def _bound(deployed: Deployed) -> None:
    role = iam_backends[ACCOUNT]["aws"].get_role(d.FULL)
    role.permissions_boundary_arn = f"arn:aws:iam::{ACCOUNT}:policy/nothing"


def _attach(deployed: Deployed) -> object:
    iam = deployed.client("iam")
    made = iam.create_policy(PolicyName="everything", PolicyDocument=ADMIN)
    return iam.attach_role_policy(RoleName=d.FULL, PolicyArn=made["Policy"]["Arn"])


def _unsubscribe(deployed: Deployed) -> object:
    (topic,) = deployed.client("sns").list_subscriptions_by_topic(TopicArn=d.TOPIC_ARN)["Subscriptions"]
    return sns_backends[ACCOUNT][REGION].subscriptions.pop(topic["SubscriptionArn"])


def _filter(deployed: Deployed) -> None:
    (one,) = sns_backends[ACCOUNT][REGION].subscriptions.values()
    one.attributes["FilterPolicy"] = '{"severity": ["LOW"]}'


def _topic(name: str, value: str) -> Callable[[Deployed], object]:
    return lambda deployed: deployed.client("sns").set_topic_attributes(
        TopicArn=d.TOPIC_ARN, AttributeName=name, AttributeValue=value
    )


def _queue(**attributes: str) -> Callable[[Deployed], object]:
    def do(deployed: Deployed) -> object:
        queues = deployed.client("sqs")
        url = queues.get_queue_url(QueueName=d.QUEUE)["QueueUrl"]
        return queues.set_queue_attributes(QueueUrl=url, Attributes=attributes)

    return do


def _no_queue(deployed: Deployed) -> object:
    queues = deployed.client("sqs")
    return queues.delete_queue(QueueUrl=queues.get_queue_url(QueueName=d.QUEUE)["QueueUrl"])


def _realarm(deployed: Deployed) -> object:
    return deployed.client("cloudwatch").put_metric_alarm(
        AlarmName=f"{d.FULL}-errors",
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[],
    )


def _other_expiry(deployed: Deployed) -> None:
    def answer(_: object, answered: dict[str, Any]) -> None:
        answered["TimeToLiveDescription"] = {"TimeToLiveStatus": "ENABLED", "AttributeName": "count"}

    deployed.world.endpoint.edit("dynamodb:DescribeTimeToLive", answer)


def _by_client(service: str, operation: str, **parameters: Any) -> Callable[[Deployed], object]:
    return lambda deployed: getattr(deployed.client(service), operation)(**parameters)


TOPIC = {"topicArn": d.TOPIC_ARN}
QUEUE = {"queueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{d.QUEUE}"}
ERRORS = f"{d.FULL}-errors"
DEEDS = (
    Deed(
        "function-code-changed",
        "UpdateFunctionCode20150331v2",
        "lambda",
        FUNCTION,
        _code,
        "other code",
        "CRITICAL",
    ),
    Deed(
        "function-configuration-changed",
        "UpdateFunctionConfiguration20150331v2",
        "lambda",
        FUNCTION,
        _configure(Timeout=1, Handler="mine.handle"),
        "handler, timeout",
        "CRITICAL",
    ),
    Deed(
        "function-configuration-changed",
        "UpdateFunctionConfiguration",
        "lambda",
        FUNCTION,
        _configure(Environment={"Variables": {**d.ENVIRONMENT, "AWS_ENDPOINT_URL": "https://example.com"}}),
        "environment",
        "CRITICAL",
    ),
    Deed("permission-added", "AddPermission20150331v2", "lambda", FUNCTION, _admit, "--statement-id mine"),
    Deed("permission-changed", "AddPermission20150331v2", "lambda", FUNCTION, _readmit, "rule-calls differs"),
    Deed("rule-leads-elsewhere", "PutTargets", "events", {"rule": d.CALLS}, _lead_elsewhere, "--ids mine"),
    Deed(
        "role-policies-changed",
        "PutRolePolicy",
        "iam",
        ROLE,
        _by_client("iam", "put_role_policy", RoleName=d.FULL, PolicyName=d.FULL, PolicyDocument=ADMIN),
        f"{d.FULL} says something else",
        "CRITICAL",
    ),
    Deed(
        "role-policies-changed",
        "PutRolePolicy",
        "iam",
        ROLE,
        _by_client("iam", "put_role_policy", RoleName=d.FULL, PolicyName="mine", PolicyDocument=ADMIN),
        "mine was added",
        "CRITICAL",
    ),
    Deed(
        "role-policies-changed",
        "DeleteRolePolicy",
        "iam",
        ROLE,
        _by_client("iam", "delete_role_policy", RoleName=d.FULL, PolicyName=f"{d.FULL}-config"),
        f"{d.FULL}-config is gone",
        "CRITICAL",
    ),
    Deed(
        "role-policies-changed",
        "AttachRolePolicy",
        "iam",
        ROLE,
        _attach,
        "policy/everything was attached",
        "CRITICAL",
    ),
    Deed(
        "role-trust-changed",
        "UpdateAssumeRolePolicy",
        "iam",
        ROLE,
        _by_client(
            "iam",
            "update_assume_role_policy",
            RoleName=d.FULL,
            PolicyDocument=json.dumps(d.statement(Action="sts:AssumeRole", Principal={"AWS": ACCOUNT})),
        ),
        "may assume the role",
        "CRITICAL",
    ),
    Deed(
        "role-boundary-changed", "PutRolePermissionsBoundary", "iam", ROLE, _bound, "policy/nothing, not none"
    ),
    Deed(
        "function-deleted",
        "DeleteFunction20150331",
        "lambda",
        FUNCTION,
        _by_client("lambda", "delete_function", FunctionName=d.FULL),
        "does nothing any more",
        "CRITICAL",
    ),
    Deed(
        "topic-deleted",
        "DeleteTopic",
        "sns",
        TOPIC,
        _by_client("sns", "delete_topic", TopicArn=d.TOPIC_ARN),
        "nobody gets to read",
        "CRITICAL",
    ),
    Deed(
        "topic-policy-changed",
        "SetTopicAttributes",
        "sns",
        TOPIC,
        _topic(
            "Policy", json.dumps(d.statement(Action="sns:Subscribe", Principal="*", Resource=d.TOPIC_ARN))
        ),
        "others may publish or subscribe",
    ),
    Deed(
        "topic-key-changed",
        "SetTopicAttributes",
        "sns",
        TOPIC,
        _topic("KmsMasterKeyId", "alias/mine"),
        "alias/mine, not with alias/aws/sns",
    ),
    Deed(
        "subscription-removed",
        "Unsubscribe",
        "sns",
        {"subscriptionArn": f"{d.TOPIC_ARN}:6f3a1c5e"},
        _unsubscribe,
        "1 of the 1 addresses",
    ),
    Deed(
        "subscription-filtered",
        "SetSubscriptionAttributes",
        "sns",
        {"subscriptionArn": f"{d.TOPIC_ARN}:6f3a1c5e"},
        _filter,
        "--attribute-name FilterPolicy",
    ),
    Deed(
        "queue-changed", "SetQueueAttributes", "sqs", QUEUE, _queue(MessageRetentionPeriod="60"), "60 seconds"
    ),
    Deed(
        "queue-changed",
        "SetQueueAttributes",
        "sqs",
        QUEUE,
        _queue(SqsManagedSseEnabled="false"),
        "not encrypted",
    ),
    Deed(
        "queue-changed",
        "SetQueueAttributes",
        "sqs",
        QUEUE,
        _queue(Policy=""),
        "policy is not the deployed one",
    ),
    Deed("queue-deleted", "DeleteQueue", "sqs", QUEUE, _no_queue, "what fails is lost"),
    Deed("alarm-changed", "PutMetricAlarm", "monitoring", {"alarmName": ERRORS}, _realarm, "does not tell"),
    Deed(
        "alarm-deleted",
        "DeleteAlarms",
        "monitoring",
        {"alarmNames": [ERRORS]},
        _by_client("cloudwatch", "delete_alarms", AlarmNames=[ERRORS]),
        "was deleted",
    ),
    Deed(
        "config-rule-deleted",
        "DeleteConfigRule",
        "config",
        {"configRuleName": d.CONFIG_RULE},
        lambda deployed: deployed.world.config.rules.clear(),
        "was deleted",
    ),
    Deed(
        "table-policy-changed",
        "PutResourcePolicy",
        "dynamodb",
        {"resourceArn": d.TABLE_ARN},
        _by_client(
            "dynamodb", "put_resource_policy", ResourceArn=d.TABLE_ARN, Policy=json.dumps(d.QUEUE_POLICY)
        ),
        "is not the deployed one",
        "CRITICAL",
    ),
    Deed(
        "table-policy-changed",
        "DeleteResourcePolicy",
        "dynamodb",
        {"resourceArn": d.TABLE_ARN},
        _by_client("dynamodb", "delete_resource_policy", ResourceArn=d.TABLE_ARN),
        "is gone",
        "CRITICAL",
    ),
    Deed(
        "table-expiry-changed",
        "UpdateTimeToLive",
        "dynamodb",
        {"tableName": d.TABLE},
        _other_expiry,
        "by count, not by expires",
        "CRITICAL",
    ),
)
BY_ID = {f"{deed.rule} {index}": deed for index, deed in enumerate(DEEDS)}


@pytest.mark.parametrize("deed", BY_ID.values(), ids=BY_ID)
def test_what_only_terraform_may_put_right_is_told(deployed: Deployed, deed: Deed) -> None:
    deed.do(deployed)
    run = deployed.called(deed.call, deed.service, **deed.named)
    assert (run.findings, run.outcomes) == ([deed.rule], ["notified"])
    assert changes(run) == []
    assert run.sleeps == [15.0]
    if deed.rule != "topic-deleted":
        assert deed.says in run.message.body
        assert "terraform apply puts it back" in run.message.body
        assert run.message.attributes["severity"] == deed.severity


@pytest.mark.parametrize("deed", BY_ID.values(), ids=BY_ID)
def test_what_no_event_told_of_is_told_by_the_sweep_once_a_day(deployed: Deployed, deed: Deed) -> None:
    deed.do(deployed)
    run = deployed.sweep()
    assert (run.findings, run.outcomes) == ([deed.rule], ["notified"])
    if deed.rule != "topic-deleted":
        assert len(run.messages) == 1
    assert deployed.sweep().messages == []


def test_the_actor_of_the_event_is_named(deployed: Deployed) -> None:
    _code(deployed)
    run = deployed.called("UpdateFunctionCode20150331v2", "lambda", functionName=d.FUNCTION_ARN)
    assert "UpdateFunctionCode20150331v2 was called by" in run.message.body


def test_a_table_whose_declared_protection_is_off_is_told(deployed: Deployed) -> None:
    table = d.shared_parts()["table"]
    deployed.declare(SHARED, d.shared_parts(table={**table, "protected": True}))
    run = deployed.called("UpdateTable", "dynamodb", tableName=d.TABLE)
    assert run.findings == ["table-unprotected"]
    assert "--deletion-protection-enabled" in run.message.body


def test_code_from_s3_is_compared_with_what_ran_when_it_was_deployed() -> None:
    with opened() as deployed:
        deployed.declare(PARAMETER, d.automation_parts(code=None, package="packages/rearm/signed/1"))
        deployed.learn()
        assert deployed.remembered()["code"] == d.CODE
        _code(deployed)
        run = deployed.sweep()
        assert run.findings == ["function-code-changed"]
        assert "--s3-bucket packages --s3-key rearm/signed --s3-object-version 1" in run.message.body


def test_the_policy_of_a_topic_may_spell_out_who_everybody_is(deployed: Deployed) -> None:
    (statement,) = d.TOPIC_POLICY["Statement"]
    spelt = {"Version": "2012-10-17", "Statement": [{**statement, "Principal": {"AWS": "*"}}]}  # type: ignore[dict-item]
    _topic("Policy", json.dumps(spelt))(deployed)
    assert deployed.sweep().outcomes == ["compliant"]


def test_a_subscription_that_is_not_confirmed_is_left_to_the_alarm_for_it(deployed: Deployed) -> None:
    (one,) = sns_backends[ACCOUNT][REGION].subscriptions.values()

    def pending(_: object, answer: dict[str, Any]) -> None:
        for subscription in answer["Subscriptions"]:
            subscription["SubscriptionArn"] = "PendingConfirmation"

    deployed.world.endpoint.edit("sns:ListSubscriptionsByTopic", pending)
    one.attributes["FilterPolicy"] = '{"severity": ["LOW"]}'
    assert deployed.sweep().outcomes == ["compliant"]
