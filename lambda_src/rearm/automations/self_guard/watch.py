"""What is wrong with Rearm's log groups, alarms and Config rules."""

from __future__ import annotations

from collections.abc import Iterator

from rearm.automations import Look
from rearm.automations.self_guard.parts import Deviation, Kind, Part, found, in_words, read, told
from rearm.aws import items_of
from rearm.model import Action, Check, Finding, Severity

# One finding for a log group that is gone and one that keeps too little: half a repair is none.
NOT_KEPT = "log-not-kept"


def check_log_group(part: Part, look: Look) -> Iterator[Deviation]:
    """Look at a log group: that it is there, and keeps what it gets as long as it must.

    Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
    """
    answer = read(look, "logs", "DescribeLogGroups", {"logGroupNamePrefix": part.name})
    groups = items_of(answer, "logs", "DescribeLogGroups", "logGroups")
    group = next((one for one in groups if one.get("logGroupName") == part.name), None)
    wanted: int | None = part.wanted.get("retention") or None
    if group is None:
        yield _log_group_deleted(part, look, wanted)
        return
    days: int | None = group.get("retentionInDays") or None
    if days != wanted:
        yield _retention_changed(part, look, days, wanted)


def _log_group_deleted(part: Part, look: Look, wanted: object) -> Deviation:
    key = part.wanted.get("key")
    make = Action(
        "logs",
        "CreateLogGroup",
        {"logGroupName": part.name},
        look.region,
        "make the log group again",
        already=frozenset({"ResourceAlreadyExistsException"}),
    )
    actions = () if key else (make, *([_keep(part, look, wanted)] if wanted else []))
    finding = Finding(
        rule=NOT_KEPT,
        resource=part.resource(look),
        problem=f"The log group {part.name} was deleted, with the journal in it; what comes now is lost.",
        severity=Severity.HIGH,
        actions=actions,
        causes=("DeleteLogGroup",),
        advice=(
            ("It was encrypted with a key of yours, which Rearm may not use: run terraform apply.",)
            if key
            else ("The log group's tags come back with the next terraform apply.",)
        ),
    )
    return Deviation(finding, Kind.MISSING)


def _retention_changed(part: Part, look: Look, days: int | None, wanted: int | None) -> Deviation:
    asked = {"logGroupNamePrefix": part.name}
    path = f"logGroups[?logGroupName=='{part.name}'] | [0].retentionInDays"
    check = Check("logs", "DescribeLogGroups", asked, look.region, path, wanted)
    undo = _keep(part, look, days, check=check)
    finding = Finding(
        rule=NOT_KEPT,
        resource=part.resource(look),
        problem=f"The log group {part.name} keeps its lines for {_days(days)}, not for {_days(wanted)}.",
        severity=Severity.HIGH if days and (not wanted or days < wanted) else Severity.MEDIUM,
        actions=(_keep(part, look, wanted, undo=undo),),
        causes=("PutRetentionPolicy", "DeleteRetentionPolicy"),
    )
    return Deviation(finding, Kind.CHANGED)


def _keep(
    part: Part, look: Look, days: object, undo: Action | None = None, check: Check | None = None
) -> Action:
    """Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html."""
    named = {"logGroupName": part.name}
    operation = "PutRetentionPolicy" if days else "DeleteRetentionPolicy"
    asked = {**named, **({"retentionInDays": days} if days else {})}
    return Action("logs", operation, asked, look.region, f"keep the log for {_days(days)}", undo, check=check)


def check_alarm(part: Part, look: Look) -> Iterator[Deviation]:
    """Look at an alarm: that it is there, and tells whom it must.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    """
    named = {"AlarmNames": [part.name]}
    answer = read(look, "cloudwatch", "DescribeAlarms", named)
    alarms = items_of(answer, "cloudwatch", "DescribeAlarms", "MetricAlarms")
    if not alarms:
        yield told(
            part,
            look,
            "alarm-deleted",
            f"The alarm {part.name} was deleted: nobody hears of it.",
            ("DeleteAlarms",),
            kind=Kind.MISSING,
        )
        return
    if alarms[0].get("ActionsEnabled") is False:
        check = Check(
            "cloudwatch", "DescribeAlarms", named, look.region, "MetricAlarms[0].ActionsEnabled", value=True
        )
        undo = Action(
            "cloudwatch", "DisableAlarmActions", named, look.region, "silence the alarm again", check=check
        )
        enable = Action(
            "cloudwatch", "EnableAlarmActions", named, look.region, "let the alarm be heard", undo
        )
        finding = Finding(
            rule="alarm-silenced",
            resource=part.resource(look),
            problem=f"The alarm {part.name} tells nobody: its actions are disabled.",
            severity=Severity.HIGH,
            actions=(enable,),
            causes=("DisableAlarmActions",),
        )
        yield Deviation(finding, Kind.OFF)
    untold = set(part.wanted["actions"]) - set(alarms[0].get("AlarmActions") or ())
    if untold:
        yield told(
            part,
            look,
            "alarm-changed",
            f"The alarm {part.name} does not tell {in_words(untold)} any more.",
            ("PutMetricAlarm",),
        )


def check_config_rule(part: Part, look: Look) -> Iterator[Deviation]:
    """Look at a Config rule: that it is there.

    Source: https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigRules.html
    """
    if found(look, "config", "DescribeConfigRules", {"ConfigRuleNames": [part.name]}, "ConfigRules") is None:
        yield told(
            part,
            look,
            "config-rule-deleted",
            f"The Config rule {part.name} was deleted: one way to notice less.",
            ("DeleteConfigRule",),
            kind=Kind.MISSING,
        )


def _days(days: object) -> str:
    return f"{days} days" if days else "ever"
