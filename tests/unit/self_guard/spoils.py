"""What somebody does to a deployment, and how an independent client sees that Rearm has put it right."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.events.identities import ACCOUNT
from tests.unit.self_guard import declared as d
from tests.unit.self_guard.deployed import Deployed

Named = dict[str, Any]
RULE, FUNCTION, GROUP = {"name": d.CALLS}, {"functionName": d.FULL}, {"logGroupName": d.GROUP}
TABLE = {"tableName": d.TABLE}


@dataclass(frozen=True)
class Spoil:
    """One call.

    Attributes
    ----------
    rule
        The finding that it leads to.
    call, service, named
        The call as CloudTrail records it.
    do
        What it does.
    right
        Whether all is right again.
    repair
        The calls that put it right.
    patient
        Whether Rearm waits, since Terraform may be about to declare it.
    severity
        The message's.
    undone
        The calls that would undo the repair.
    """

    rule: str
    call: str
    service: str
    named: Named
    do: Callable[[Deployed], object]
    right: Callable[[Deployed], bool]
    repair: tuple[str, ...]
    patient: bool = False
    severity: str = "CRITICAL"
    undone: tuple[str, ...] = ()

    def righted(self, deployed: Deployed) -> bool:
        """Whether all is right again; what is not even there is not."""
        try:
            return self.right(deployed)
        except ClientError:
            return False

    @property
    def id(self) -> str:
        """The test's name."""
        return f"{self.call} {self.rule}"


def _disabled(deployed: Deployed) -> object:
    return deployed.client("events").disable_rule(Name=d.CALLS)


def _enabled(deployed: Deployed) -> bool:
    return bool(deployed.rule()["State"] == "ENABLED")


def _put(**rule: Any) -> Callable[[Deployed], object]:
    return lambda deployed: deployed.client("events").put_rule(Name=d.CALLS, **rule)


def _as_declared(deployed: Deployed) -> bool:
    calls, sweep = deployed.rule(), deployed.rule(d.SWEEP)
    return bool(
        json.loads(calls["EventPattern"]) == d.PATTERN
        and sweep["ScheduleExpression"] == d.RATE
        and calls["State"] == sweep["State"] == "ENABLED"
        and calls["Description"] == "Rearm: Calls."
        and deployed.targets() == deployed.targets(d.SWEEP) == [d.TARGET]
    )


def _rate(deployed: Deployed) -> object:
    return deployed.client("events").put_rule(Name=d.SWEEP, ScheduleExpression="rate(7 days)")


def _untargeted(deployed: Deployed) -> object:
    return deployed.client("events").remove_targets(Rule=d.CALLS, Ids=["function"])


def _retargeted(**target: Any) -> Callable[[Deployed], object]:
    changed = {**d.TARGET, **target}
    return lambda deployed: deployed.client("events").put_targets(Rule=d.CALLS, Targets=[changed])


def _deleted(deployed: Deployed) -> None:
    _untargeted(deployed)
    deployed.client("events").delete_rule(Name=d.CALLS)


def _reserved(number: int) -> Callable[[Deployed], object]:
    return lambda deployed: deployed.client("lambda").put_function_concurrency(
        FunctionName=d.FULL, ReservedConcurrentExecutions=number
    )


def _unreserved(deployed: Deployed) -> bool:
    answer = deployed.client("lambda").get_function_concurrency(FunctionName=d.FULL)
    return answer.get("ReservedConcurrentExecutions") is None


def _locked_out(sid: str) -> Callable[[Deployed], object]:
    return lambda deployed: deployed.client("lambda").remove_permission(FunctionName=d.FULL, StatementId=sid)


def _let_in(deployed: Deployed) -> bool:
    statements = deployed.statements()
    return bool(
        set(statements) == set(d.STATEMENTS)
        and statements["rule-calls"]["Principal"] == {"Service": "events.amazonaws.com"}
        and statements["rule-calls"]["Condition"]["ArnLike"]["AWS:SourceArn"]
        == d.arn("events", f"rule/{d.CALLS}")
        and statements["config-logging"]["Principal"] == {"Service": "config.amazonaws.com"}
    )


def _lost(deployed: Deployed) -> object:
    return deployed.client("lambda").delete_function_event_invoke_config(FunctionName=d.FULL)


def _given_up(deployed: Deployed) -> object:
    _lost(deployed)
    return deployed.client("lambda").put_function_event_invoke_config(
        FunctionName=d.FULL, MaximumRetryAttempts=0, MaximumEventAgeInSeconds=60
    )


def _kept(deployed: Deployed) -> bool:
    answer = deployed.client("lambda").get_function_event_invoke_config(FunctionName=d.FULL)
    return bool(
        answer["MaximumRetryAttempts"] == 2
        and answer["MaximumEventAgeInSeconds"] == 21600
        and answer["DestinationConfig"]["OnFailure"]["Destination"] == d.QUEUE_ARN
    )


def _forgotten(deployed: Deployed) -> object:
    return deployed.client("logs").delete_log_group(logGroupName=d.GROUP)


def _short(deployed: Deployed) -> object:
    return deployed.client("logs").put_retention_policy(logGroupName=d.GROUP, retentionInDays=1)


def _logged(deployed: Deployed) -> bool:
    groups = deployed.client("logs").describe_log_groups(logGroupNamePrefix=d.GROUP)["logGroups"]
    return [group.get("retentionInDays") for group in groups] == [365]


def _silenced(deployed: Deployed) -> object:
    return deployed.client("cloudwatch").disable_alarm_actions(AlarmNames=[f"{d.FULL}-errors"])


def _heard(deployed: Deployed) -> bool:
    alarms = deployed.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return all(alarm["ActionsEnabled"] for alarm in alarms)


def _backups(*, on: bool) -> Callable[[Deployed], object]:
    return lambda deployed: deployed.client("dynamodb").update_continuous_backups(
        TableName=d.TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": on}
    )


def _backed_up(deployed: Deployed) -> bool:
    answer = deployed.client("dynamodb").describe_continuous_backups(TableName=d.TABLE)
    described = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    return bool(described["PointInTimeRecoveryStatus"] == "ENABLED")


def _eternal(deployed: Deployed) -> object:
    return deployed.client("dynamodb").update_time_to_live(
        TableName=d.TABLE, TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires"}
    )


def _expires(deployed: Deployed) -> bool:
    answer = deployed.client("dynamodb").describe_time_to_live(TableName=d.TABLE)
    return bool(answer["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED")


NARROW = json.dumps({"source": ["aws.cloudtrail"], "detail": {"eventName": ["Nothing"]}})
ELSEWHERE = d.arn("lambda", "function:somebody-elses")
ENABLE, PUT, LEAD = "events:EnableRule", "events:PutRule", "events:PutTargets"
RESERVE, FREE = "lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"
ALLOW, KEEP = "lambda:AddPermission", "lambda:PutFunctionEventInvokeConfig"
MAKE_GROUP, RETAIN = "logs:CreateLogGroup", "logs:PutRetentionPolicy"
AGAIN = (PUT, LEAD)

SPOILS = (
    Spoil(
        "rule-disabled",
        "DisableRule",
        "events",
        RULE,
        _disabled,
        _enabled,
        (ENABLE,),
        undone=("DisableRule",),
    ),
    Spoil(
        "rule-disabled",
        "PutRule",
        "events",
        {**RULE, "state": "DISABLED"},
        _put(EventPattern=json.dumps(d.PATTERN), State="DISABLED", Description="Rearm: Calls."),
        _enabled,
        (ENABLE,),
        undone=("DisableRule",),
    ),
    Spoil(
        "rule-changed",
        "PutRule",
        "events",
        {**RULE, "eventPattern": NARROW},
        _put(EventPattern=NARROW, State="ENABLED"),
        _as_declared,
        (PUT,),
        undone=("PutRule",),
    ),
    Spoil(
        "rule-changed",
        "PutRule",
        "events",
        {"name": d.SWEEP, "scheduleExpression": "rate(7 days)"},
        _rate,
        _as_declared,
        (PUT,),
        undone=("PutRule",),
    ),
    Spoil("rule-leads-nowhere", "DeleteRule", "events", RULE, _deleted, _as_declared, AGAIN, patient=True),
    Spoil(
        "rule-leads-nowhere",
        "RemoveTargets",
        "events",
        {"rule": d.CALLS, "ids": ["function"]},
        _untargeted,
        _as_declared,
        (LEAD,),
        patient=True,
    ),
    Spoil(
        "target-changed",
        "PutTargets",
        "events",
        {"rule": d.CALLS},
        _retargeted(Arn=ELSEWHERE),
        _as_declared,
        (LEAD,),
        undone=("PutTargets",),
    ),
    Spoil(
        "target-changed",
        "PutTargets",
        "events",
        {"rule": d.CALLS},
        _retargeted(Input='{"detail-type": "nothing"}'),
        _as_declared,
        (LEAD,),
        undone=("PutTargets",),
    ),
    Spoil(
        "function-concurrency-changed",
        "PutFunctionConcurrency20171031",
        "lambda",
        FUNCTION,
        _reserved(0),
        _unreserved,
        (FREE,),
        undone=("PutFunctionConcurrency",),
    ),
    Spoil(
        "function-concurrency-changed",
        "PutFunctionConcurrency20990101v7",
        "lambda",
        {"functionName": d.FUNCTION_ARN},
        _reserved(1),
        _unreserved,
        (FREE,),
        severity="HIGH",
        undone=("PutFunctionConcurrency",),
    ),
    Spoil(
        "permission-removed",
        "RemovePermission20150331v2",
        "lambda",
        {**FUNCTION, "statementId": "rule-calls"},
        _locked_out("rule-calls"),
        _let_in,
        (ALLOW,),
        patient=True,
    ),
    Spoil(
        "permission-removed",
        "RemovePermission",
        "lambda",
        {"functionName": f"{ACCOUNT}:function:{d.FULL}", "statementId": "config-logging"},
        _locked_out("config-logging"),
        _let_in,
        (ALLOW,),
        patient=True,
    ),
    Spoil(
        "failures-lost",
        "DeleteFunctionEventInvokeConfig",
        "lambda",
        FUNCTION,
        _lost,
        _kept,
        (KEEP,),
        patient=True,
        severity="HIGH",
    ),
    Spoil(
        "failures-lost",
        "UpdateFunctionEventInvokeConfig",
        "lambda",
        FUNCTION,
        _given_up,
        _kept,
        (KEEP,),
        severity="HIGH",
        undone=("PutFunctionEventInvokeConfig",),
    ),
    Spoil(
        "log-not-kept",
        "DeleteLogGroup",
        "logs",
        GROUP,
        _forgotten,
        _logged,
        (MAKE_GROUP, RETAIN),
        patient=True,
        severity="HIGH",
    ),
    Spoil(
        "log-not-kept",
        "PutRetentionPolicy",
        "logs",
        GROUP,
        _short,
        _logged,
        (RETAIN,),
        severity="HIGH",
        undone=("PutRetentionPolicy",),
    ),
    Spoil(
        "alarm-silenced",
        "DisableAlarmActions",
        "monitoring",
        {"alarmNames": [f"{d.FULL}-errors"]},
        _silenced,
        _heard,
        ("cloudwatch:EnableAlarmActions",),
        severity="HIGH",
        undone=("DisableAlarmActions",),
    ),
    Spoil(
        "table-backups-off",
        "UpdateContinuousBackups",
        "dynamodb",
        TABLE,
        _backups(on=False),
        _backed_up,
        ("dynamodb:UpdateContinuousBackups",),
        severity="HIGH",
        undone=("UpdateContinuousBackups",),
    ),
    Spoil(
        "table-expiry-off",
        "UpdateTimeToLive",
        "dynamodb",
        TABLE,
        _eternal,
        _expires,
        ("dynamodb:UpdateTimeToLive",),
        severity="MEDIUM",
        undone=("UpdateTimeToLive",),
    ),
)
