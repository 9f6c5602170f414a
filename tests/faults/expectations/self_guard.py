"""What faults of the calls about Rearm's own parts may cost."""

from __future__ import annotations

from collections.abc import Mapping

from tests.faults.expected import RESOURCES, Known
from tests.scenarios.verdicts import BASELINES, MESSAGE, QUIET

RULES = frozenset({MESSAGE, "rule", "rate", "target", "deleted rule"})
FUNCTIONS = frozenset(
    {MESSAGE, "concurrency", "reserved concurrency", "permission", "failures", "deleted rule"}
)
TABLE = frozenset({MESSAGE, "backups", "expiry"})
LOGS = frozenset({MESSAGE, "log group", "retention"})
NOTHING = frozenset({MESSAGE})

LOST: Mapping[str, frozenset[str]] = {
    # Without the declarations nobody knows what must be.
    "ssm:GetParametersByPath": frozenset({MESSAGE, BASELINES, RESOURCES}),
    "events:DescribeRule": RULES,
    "events:ListTargetsByRule": RULES,
    "events:EnableRule": frozenset({MESSAGE, "rule"}),
    "events:PutRule": frozenset({MESSAGE, "rate", "deleted rule"}),
    "events:PutTargets": frozenset({MESSAGE, "target", "deleted rule"}),
    "lambda:GetFunctionConcurrency": FUNCTIONS,
    "lambda:GetFunctionConfiguration": FUNCTIONS,
    "lambda:GetFunctionEventInvokeConfig": FUNCTIONS,
    "lambda:GetPolicy": FUNCTIONS,
    "lambda:AddPermission": frozenset({MESSAGE, "permission"}),
    "lambda:DeleteFunctionConcurrency": frozenset({MESSAGE, "concurrency"}),
    "lambda:PutFunctionConcurrency": frozenset({MESSAGE, "reserved concurrency"}),
    "lambda:PutFunctionEventInvokeConfig": frozenset({MESSAGE, "failures"}),
    "iam:GetRole": NOTHING,
    "iam:GetRolePolicy": NOTHING,
    "iam:ListAttachedRolePolicies": NOTHING,
    "iam:ListRolePolicies": NOTHING,
    "logs:DescribeLogGroups": LOGS,
    "logs:CreateLogGroup": frozenset({MESSAGE, "log group"}),
    "logs:PutRetentionPolicy": frozenset({MESSAGE, "log group"}),
    "logs:DeleteRetentionPolicy": frozenset({MESSAGE, "retention"}),
    "cloudwatch:DescribeAlarms": frozenset({MESSAGE, "alarm"}),
    "cloudwatch:EnableAlarmActions": frozenset({MESSAGE, "alarm"}),
    "config:DescribeConfigRules": NOTHING,
    "sns:GetTopicAttributes": NOTHING,
    "sns:ListSubscriptionsByTopic": NOTHING,
    "sns:GetSubscriptionAttributes": NOTHING,
    "sqs:GetQueueUrl": NOTHING,
    "sqs:GetQueueAttributes": NOTHING,
    "dynamodb:DescribeTable": TABLE,
    "dynamodb:DescribeContinuousBackups": TABLE,
    "dynamodb:DescribeTimeToLive": TABLE,
    "dynamodb:GetResourcePolicy": TABLE,
    "dynamodb:UpdateContinuousBackups": frozenset({MESSAGE, "backups"}),
    "dynamodb:UpdateTimeToLive": frozenset({MESSAGE, "expiry"}),
    "dynamodb:Query baseline": frozenset({MESSAGE, BASELINES}),
}

READS = tuple(
    call
    for call in LOST
    if call.partition(":")[2].startswith(("Describe", "Get", "List")) and call[:3] != "ssm"
)

KNOWN = (
    *(
        Known(
            call,
            "not found",
            "A part of which AWS says that it is not there is deleted: that is told, or it is made again.",
            lost=LOST[call] | {QUIET},
            raised=None,
        )
        for call in READS
    ),
    *(
        Known(
            call,
            "hollow lists",
            "What a list holds is what is compared: another entry is another configuration, which is told.",
            lost=LOST[call],
            raised=None,
        )
        for call in ("config:DescribeConfigRules", "lambda:GetFunctionConfiguration")
    ),
    Known(
        "cloudtrail:LookupEvents",
        ".*",
        "Who did it is worth less than the repair; no exception for an actor applies.",
        lost=frozenset({MESSAGE}),
        said="could not be asked (cloudtrail:LookupEvents",
    ),
    *(
        Known(
            call,
            faults,
            "AWS has done it; looking again shows it.",
            asked=asked,
        )
        for faults, asked in (
            ("hollow lists|missing members|truncated answer", ""),
            # Of two calls that make a rule or a log group again, the second is not made.
            ("read timeout", r"^(?!.*Name=rearm-trail_storage-sweep)"),
        )
        for call in (
            "cloudwatch:EnableAlarmActions",
            "dynamodb:UpdateContinuousBackups",
            "dynamodb:UpdateTimeToLive",
            "events:EnableRule",
            "events:PutRule",
            "events:PutTargets",
            "lambda:AddPermission",
            "lambda:DeleteFunctionConcurrency",
            "lambda:PutFunctionConcurrency",
            "lambda:PutFunctionEventInvokeConfig",
            "logs:CreateLogGroup",
            "logs:DeleteRetentionPolicy",
            "logs:PutRetentionPolicy",
        )
        if faults != "read timeout" or call != "logs:CreateLogGroup"
    ),
    Known(
        "lambda:GetFunctionConcurrency",
        "missing members|truncated answer",
        "An answer without a number is what Lambda says where none is reserved.",
        lost=frozenset({MESSAGE, "concurrency"}),
        asked="FunctionName=rearm-cloudtrail",
    ),
    Known(
        "lambda:GetFunctionConcurrency",
        "missing members|truncated answer",
        "Where a number is declared it is put back, and never seen.",
        lost=frozenset({MESSAGE}),
        asked="FunctionName=rearm-trail_storage",
        raised="StillThere",
    ),
)
