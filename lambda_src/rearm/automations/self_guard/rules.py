"""What is wrong with an EventBridge rule of Rearm, and its way to the function."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from rearm.automations import Look
from rearm.automations.self_guard.parts import APPLY, Deviation, Kind, Part, found, told
from rearm.aws import Answer, items_of
from rearm.model import Action, Check, Finding, Severity

TARGET = "function"
# One finding for a rule that is gone and one that has lost its target: half a repair is none.
NOWHERE = "rule-leads-nowhere"
# The states of a rule that is enabled. In the second one it also gets calls that only read.
# Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
ENABLED, READING = "ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def check_rule(part: Part, look: Look) -> Iterator[Deviation]:
    """Look at a rule: that it is there, enabled, matches what it must, and leads to its function only.

    Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeRule.html
    """
    rule = found(look, "events", "DescribeRule", {"Name": part.name}, "Name")
    if rule is None:
        yield _missing(part, look)
        return
    # A rule may get more than it must.
    state = str(rule.get("State", ENABLED))
    if state not in (ENABLED, READING):
        yield _disabled(part, look)
    elif state == ENABLED and _state(part) == READING:
        yield _narrowed(part, look, rule)
    if not _matches(part.wanted, rule):
        yield _changed(part, look, rule, READING if state == READING else _state(part))
    yield from _targets(part, look)


def _missing(part: Part, look: Look) -> Deviation:
    function = found(
        look, "lambda", "GetFunctionConfiguration", {"FunctionName": _function(part)}, "FunctionName"
    )
    # Without the function the rule would lead nowhere, and be left behind when all is removed.
    actions = (
        (_put(part, look, _state(part), "make the rule again"), _put_target(part, look)) if function else ()
    )
    finding = Finding(
        rule=NOWHERE,
        resource=part.resource(look),
        problem=f"The rule {part.name} was deleted: nothing that it matched reaches Rearm.",
        severity=Severity.CRITICAL,
        actions=actions,
        causes=("DeleteRule",),
        advice=("The rule's tags come back with the next terraform apply.",) if actions else (APPLY,),
    )
    return Deviation(finding, Kind.MISSING)


def _disabled(part: Part, look: Look) -> Deviation:
    undo = Action(
        "events",
        "DisableRule",
        {"Name": part.name},
        look.region,
        "disable the rule again",
        check=Check("events", "DescribeRule", {"Name": part.name}, look.region, "State", _state(part)),
    )
    # EnableRule cannot say that a rule shall get calls that only read.
    enable = (
        replace(_put(part, look, READING, "enable the rule"), undo=undo)
        if _state(part) == READING
        else Action("events", "EnableRule", {"Name": part.name}, look.region, "enable the rule", undo)
    )
    finding = Finding(
        rule="rule-disabled",
        resource=part.resource(look),
        problem=f"The rule {part.name} is disabled: nothing that it matches reaches Rearm.",
        severity=Severity.CRITICAL,
        actions=(enable,),
        causes=("DisableRule",),
    )
    return Deviation(finding, Kind.OFF)


def _narrowed(part: Part, look: Look, rule: Answer) -> Deviation:
    undo = Action(
        "events",
        "PutRule",
        {"Name": part.name, "State": ENABLED, **_before(rule)},
        look.region,
        "keep calls that only read from the rule again",
        check=Check("events", "DescribeRule", {"Name": part.name}, look.region, "State", READING),
    )
    action = _put(part, look, READING, "give the rule calls that only read again")
    finding = Finding(
        rule="rule-narrowed",
        resource=part.resource(look),
        problem=f"The rule {part.name} gets no calls that only read any more: its state was changed.",
        severity=Severity.CRITICAL,
        actions=(replace(action, undo=undo),),
        causes=("PutRule", "EnableRule"),
    )
    return Deviation(finding, Kind.CHANGED)


def _before(rule: Answer) -> dict[str, Any]:
    asked = ("EventPattern", "ScheduleExpression", "Description", "RoleArn")
    return {key: rule[key] for key in asked if rule.get(key)}


def _changed(part: Part, look: Look, rule: Answer, state: str) -> Deviation:
    asks = "EventPattern" if part.wanted.get("pattern") else "ScheduleExpression"
    action = _put(part, look, state, "give the rule its pattern or schedule again")
    undo = Action(
        "events",
        "PutRule",
        {"Name": part.name, "State": state, **_before(rule)},
        look.region,
        "give the rule the changed pattern or schedule",
        check=Check(
            "events", "DescribeRule", {"Name": part.name}, look.region, asks, action.parameters[asks]
        ),
    )
    finding = Finding(
        rule="rule-changed",
        resource=part.resource(look),
        problem=f"The rule {part.name} does not match what it must: its pattern or schedule was changed.",
        severity=Severity.CRITICAL,
        actions=(replace(action, undo=undo),),
        causes=("PutRule",),
        set_by=("eventPattern", "scheduleExpression"),
    )
    return Deviation(finding, Kind.CHANGED)


def _targets(part: Part, look: Look) -> Iterator[Deviation]:
    answer = found(look, "events", "ListTargetsByRule", {"Rule": part.name})
    targets = items_of(answer, "events", "ListTargetsByRule", "Targets") if answer else []
    own = [target for target in targets if target.get("Id") == TARGET]
    if not own:
        yield _target_removed(part, look)
    elif _bare(own[0]) != _target(part, look):
        yield _target_changed(part, look, own[0])
    remove = f"aws events remove-targets --rule {part.name} --region {look.region} --ids"
    for other in (target for target in targets if target.get("Id") != TARGET):
        yield told(
            part,
            look,
            "rule-leads-elsewhere",
            f"The rule {part.name} also delivers to {other.get('Arn')}, which somebody has added: "
            "it gets to know what Rearm gets to know.",
            ("PutTargets",),
            advice=(f"{remove} {other.get('Id')}",),
        )


def _target_removed(part: Part, look: Look) -> Deviation:
    finding = Finding(
        rule=NOWHERE,
        resource=part.resource(look),
        problem=f"The rule {part.name} has lost its function as a target: its events go nowhere.",
        severity=Severity.CRITICAL,
        actions=(_put_target(part, look),),
        causes=("RemoveTargets",),
    )
    return Deviation(finding, Kind.MISSING)


def _target_changed(part: Part, look: Look, target: Mapping[str, Any]) -> Deviation:
    wanted = _target(part, look)
    asked = {"Rule": part.name}
    undo = Action(
        "events",
        "PutTargets",
        {"Rule": part.name, "Targets": [_bare(target)]},
        look.region,
        "give the rule the changed target",
        check=Check(
            "events", "ListTargetsByRule", asked, look.region, f"Targets[?Id=='{TARGET}'] | [0]", wanted
        ),
    )
    put = Action(
        "events",
        "PutTargets",
        {**asked, "Targets": [wanted]},
        look.region,
        "give the rule its target again",
        undo,
    )
    finding = Finding(
        rule="target-changed",
        resource=part.resource(look),
        problem=f"The target of the rule {part.name} was changed: its events go elsewhere, in another form, "
        "or are lost when they cannot be delivered.",
        severity=Severity.CRITICAL,
        actions=(put,),
        causes=("PutTargets",),
    )
    return Deviation(finding, Kind.CHANGED)


def _put(part: Part, look: Look, state: str, reason: str) -> Action:
    """Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html."""
    wanted = part.wanted
    asks: dict[str, object] = (
        {"EventPattern": json.dumps(wanted["pattern"], separators=(",", ":"))}
        if wanted.get("pattern")
        else {"ScheduleExpression": wanted.get("schedule")}
    )
    parameters = {"Name": part.name, **asks, "State": state, "Description": wanted.get("description")}
    return Action("events", "PutRule", parameters, look.region, reason)


def _put_target(part: Part, look: Look) -> Action:
    """Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html."""
    parameters = {"Rule": part.name, "Targets": [_target(part, look)]}
    return Action("events", "PutTargets", parameters, look.region, "lead the rule to its function again")


def _target(part: Part, look: Look) -> dict[str, Any]:
    """Return the target, which leads to the function of the rule's own automation and nowhere else."""
    wanted = part.declared["target"]
    return {
        "Id": TARGET,
        "Arn": f"arn:{look.partition}:lambda:{look.region}:{look.account}:function:{_function(part)}",
        "DeadLetterConfig": {"Arn": wanted["queue"]},
        "RetryPolicy": {
            "MaximumRetryAttempts": wanted["retries"],
            "MaximumEventAgeInSeconds": wanted["age"],
        },
    }


def _state(part: Part) -> str:
    """Return the state that the rule must have; an older version has declared none."""
    return str(part.wanted.get("state", ENABLED))


def _function(part: Part) -> str:
    return str(part.declared["function"]["name"])


def _matches(wanted: Mapping[str, Any], rule: Answer) -> bool:
    pattern = rule.get("EventPattern") or None
    try:
        decoded = json.loads(pattern) if pattern else None
    except ValueError:
        decoded = pattern
    return bool(
        decoded == wanted.get("pattern")
        and (rule.get("ScheduleExpression") or None) == wanted.get("schedule")
    )


def _bare(target: Mapping[str, Any]) -> dict[str, Any]:
    """Return a target without what is empty: an input of its own would feed the function something else."""
    return {key: value for key, value in target.items() if value not in (None, "", {}, [])}
