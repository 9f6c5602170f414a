"""What the role of the automation that guards Rearm itself may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.scenarios.account import ORGANIZATION
from tests.support.planned import ACCOUNT

SERVICES: frozenset[str] = frozenset({"cloudtrail", "cloudwatch", "events", "iam", "lambda", "ssm"})
# Of seven services whatever is not granted on Rearm's own parts is out of reach.
JUDGED: frozenset[str] = frozenset()
WRITES: Mapping[str, str] = {
    "cloudwatch:EnableAlarmActions": "Alarms are heard again.",
    "dynamodb:UpdateContinuousBackups": "The table can be recovered again.",
    "dynamodb:UpdateTimeToLive": "What is old leaves the table again.",
    "events:EnableRule": "A disabled rule works again.",
    "events:PutRule": "A changed or deleted rule is put back.",
    "events:PutTargets": "A rule leads to its function again, and nowhere else.",
    "lambda:AddPermission": "EventBridge and Config may invoke the function again.",
    "lambda:DeleteFunctionConcurrency": "A function that was throttled runs again.",
    "lambda:PutFunctionConcurrency": "It has the concurrency again that was deployed.",
    "lambda:PutFunctionEventInvokeConfig": "Failures are retried and kept again.",
    "logs:CreateLogGroup": "The journal has a place again.",
    "logs:DeleteRetentionPolicy": "The journal is kept for ever again, where that is deployed.",
    "logs:PutRetentionPolicy": "The journal is kept as long as before.",
}
NEVER = frozenset(
    {
        "events:DeleteRule",
        "events:DisableRule",
        "events:RemoveTargets",
        "iam:AttachRolePolicy",
        "iam:PassRole",
        "iam:PutRolePolicy",
        "iam:UpdateAssumeRolePolicy",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
        "ssm:PutParameter",
    }
)
HARMLESS: Mapping[str, str] = {}


def foreign(partition: str, region: str, other: str) -> Mapping[str, Sequence[str]]:
    """Return what is out of reach: the same kinds of things with another name, account or partition."""

    def others(service: str, kind: str) -> list[str]:
        return [
            f"arn:{partition}:{service}:{region}:{ACCOUNT}:{kind}orders",
            f"arn:{partition}:{service}:{region}:{ORGANIZATION}:{kind}rearm-cloudtrail",
            f"arn:{other}:{service}:{region}:{ACCOUNT}:{kind}rearm-cloudtrail",
        ]

    kinds = {
        "cloudwatch": "alarm:",
        "dynamodb": "table/",
        "events": "rule/",
        "lambda": "function:",
        "logs": "log-group:",
    }
    return {name: others(name.partition(":")[0], kinds[name.partition(":")[0]]) for name in WRITES}
