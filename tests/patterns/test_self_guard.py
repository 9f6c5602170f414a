"""Calls on parts of the deployment reach its guard, and calls on anything else do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.events.envelopes import REGION, api_event
from tests.events.identities import ACCOUNT
from tests.local_aws.patterns import matches
from tests.patterns.manifests import all_event_patterns

NAME = "rearm"
PATTERNS = {
    key: json.loads(json.dumps(pattern).replace("{name}", NAME))
    for key, pattern in all_event_patterns().items()
    if key.startswith("self_guard-")
}
FUNCTION = f"{NAME}-cloudtrail"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-notifications"
QUEUE = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{NAME}-failures"

REACHING: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("events", "DisableRule", {"name": f"{FUNCTION}-calls"}),
    ("events", "DeleteRule", {"name": f"{FUNCTION}-calls", "force": True}),
    ("events", "PutRule", {"name": f"{FUNCTION}-calls", "state": "DISABLED"}),
    ("events", "RemoveTargets", {"rule": f"{FUNCTION}-calls", "ids": ["function"]}),
    ("events", "PutTargets", {"rule": f"{FUNCTION}-calls", "targets": [{"id": "function"}]}),
    ("lambda", "UpdateFunctionCode20150331v2", {"functionName": FUNCTION}),
    ("lambda", "UpdateFunctionConfiguration", {"functionName": FUNCTION}),
    ("lambda", "PutFunctionConcurrency20171031", {"functionName": FUNCTION}),
    ("lambda", "DeleteFunctionConcurrency20171031", {"functionName": FUNCTION}),
    ("lambda", "DeleteFunctionEventInvokeConfig", {"functionName": FUNCTION}),
    ("lambda", "AddPermission20150331v2", {"functionName": FUNCTION, "statementId": "mine"}),
    (
        "lambda",
        "RemovePermission20150331v2",
        {"functionName": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}"},
    ),
    ("lambda", "DeleteFunction20150331", {"functionName": f"{ACCOUNT}:function:{FUNCTION}"}),
    ("iam", "PutRolePolicy", {"roleName": FUNCTION, "policyName": "mine"}),
    ("iam", "AttachRolePolicy", {"roleName": FUNCTION}),
    ("iam", "UpdateAssumeRolePolicy", {"roleName": FUNCTION}),
    ("iam", "DeleteRole", {"roleName": FUNCTION}),
    ("ssm", "PutParameter", {"name": f"/{NAME}/cloudtrail"}),
    ("ssm", "DeleteParameter", {"name": f"/{NAME}/cloudtrail/deployed"}),
    ("ssm", "DeleteParameters", {"names": ["/other", f"/{NAME}/cloudtrail"]}),
    ("sns", "DeleteTopic", {"topicArn": TOPIC}),
    ("sns", "SetTopicAttributes", {"topicArn": TOPIC, "attributeName": "Policy"}),
    ("sns", "Unsubscribe", {"subscriptionArn": f"{TOPIC}:6f3a1c5e-0d1f-4c7b-9a58-3f2f0b7a9d10"}),
    (
        "sns",
        "SetSubscriptionAttributes",
        {"subscriptionArn": f"{TOPIC}:6f3a1c5e", "attributeName": "FilterPolicy"},
    ),
    ("sqs", "DeleteQueue", {"queueUrl": QUEUE}),
    ("sqs", "SetQueueAttributes", {"queueUrl": QUEUE}),
    ("dynamodb", "DeleteTable", {"tableName": f"{NAME}-records"}),
    (
        "dynamodb",
        "UpdateContinuousBackups",
        {"tableName": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{NAME}-records"},
    ),
    (
        "dynamodb",
        "PutResourcePolicy",
        {"resourceArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{NAME}-records"},
    ),
    ("logs", "DeleteLogGroup", {"logGroupName": f"/aws/lambda/{FUNCTION}"}),
    ("logs", "PutRetentionPolicy", {"logGroupName": f"/aws/lambda/{FUNCTION}", "retentionInDays": 1}),
    ("monitoring", "DeleteAlarms", {"alarmNames": ["disk", f"{FUNCTION}-errors"]}),
    ("monitoring", "DisableAlarmActions", {"alarmNames": [f"{NAME}-failures"]}),
    ("monitoring", "PutMetricAlarm", {"alarmName": f"{FUNCTION}-errors"}),
    ("config", "DeleteConfigRule", {"configRuleName": f"{NAME}-cloudtrail-enabled"}),
)
BESIDE: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
    ("events", "DisableRule", {"name": "nightly-report"}),
    ("events", "DisableRule", {"name": f"before-{NAME}-calls"}),
    ("events", "EnableRule", {"name": f"{FUNCTION}-calls"}),
    ("events", "PutTargets", None),
    ("lambda", "UpdateFunctionCode20150331v2", {"functionName": "billing"}),
    ("lambda", "UpdateFunctionCode20150331v2", {"functionName": f"{NAME}ament"}),
    ("lambda", "Invoke", {"functionName": FUNCTION}),
    ("iam", "PutRolePolicy", {"roleName": "deploy"}),
    ("iam", "PutUserPolicy", {"userName": FUNCTION}),
    ("ssm", "PutParameter", {"name": "/billing/key"}),
    ("ssm", "PutParameter", {"name": f"/{NAME}x/cloudtrail"}),
    ("sns", "DeleteTopic", {"topicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:orders"}),
    ("sqs", "DeleteQueue", {"queueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{NAME}"}),
    ("dynamodb", "DeleteTable", {"tableName": "orders"}),
    ("logs", "DeleteLogGroup", {"logGroupName": "/aws/lambda/billing"}),
    ("monitoring", "DeleteAlarms", {"alarmNames": ["disk"]}),
    ("config", "DeleteConfigRule", {"configRuleName": "cloudtrail-enabled"}),
    ("cloudtrail", "StopLogging", {"name": f"{NAME}-trail"}),
)


def reached(service: str, call: str, parameters: dict[str, Any] | None) -> list[str]:
    """Return the patterns that an event matches."""
    event = api_event(call, service=service, parameters=parameters)
    return [key for key, pattern in PATTERNS.items() if matches(pattern, event)]


def test_the_guard_has_the_patterns_that_are_tested_here() -> None:
    assert set(PATTERNS) == {"self_guard-calls", "self_guard-shared"}


@pytest.mark.parametrize(("service", "call", "parameters"), REACHING)
def test_a_call_on_a_part_of_the_deployment_reaches_the_guard_once(
    service: str, call: str, parameters: dict[str, Any]
) -> None:
    assert len(reached(service, call, parameters)) == 1


@pytest.mark.parametrize(("service", "call", "parameters"), BESIDE)
def test_a_call_beside_does_not(service: str, call: str, parameters: dict[str, Any] | None) -> None:
    assert reached(service, call, parameters) == []


@pytest.mark.parametrize("key", PATTERNS)
def test_the_longest_name_of_a_deployment_keeps_within_what_eventbridge_takes(key: str) -> None:
    pattern = all_event_patterns()[key]
    longest = json.dumps(pattern, separators=(",", ":")).replace("{name}", "n" * 44)
    assert len(longest) <= 2048
