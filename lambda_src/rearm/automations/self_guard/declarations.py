"""What is wrong with the declarations themselves, and what is remembered of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rearm.alarm import Alarm, Door
from rearm.automations import Look
from rearm.automations.self_guard.deployment import (
    SEAL,
    Declared,
    Progress,
    grace_of,
    parameter_arn,
    state_of,
    unpacked,
)
from rearm.automations.self_guard.inventory import names_of
from rearm.automations.self_guard.parts import APPLY, found, in_words
from rearm.model import Finding, Learned, Resource, Severity

DELETED = ("DeleteParameter", "DeleteParameters")
REMOVE_ADVICE = (
    "If somebody is removing it with Terraform, nothing is left to do.",
    "If not, find out who removed the parameter, and run terraform apply.",
)
EXPECTED = (
    "If this was your own terraform apply, an exception of the automation self_guard for the identity that "
    "applies keeps it quiet: match = { actor = ARN of its role }."
)


@dataclass(frozen=True, eq=False, repr=False)
class Judged:
    """What one declaration leads to by itself."""

    findings: tuple[Finding, ...] = ()
    learned: tuple[Learned, ...] = ()


def judge(declared: Declared, look: Look, alarm: Alarm, *, comparable: bool) -> Judged:
    """Judge a declaration by what is remembered of it.

    Parameters
    ----------
    comparable
        Whether the table could be read: without it nothing is learned.
    """
    findings = () if _told_already(declared, alarm) else tuple(_findings(declared, look))
    learned = tuple(_learned(declared, look, alarm)) if comparable else ()
    return Judged(findings, learned)


def _told_already(declared: Declared, alarm: Alarm) -> bool:
    """Whether a removal was told when the seal went, so that the event of the declaration's going is not."""
    if alarm.call is None or declared.progress is not Progress.REMOVING or declared.sealed:
        return False
    return all(declared.parameter + SEAL not in name for name in names_of(alarm))


def _findings(declared: Declared, look: Look) -> Iterator[Finding]:
    what = _title(declared)
    if declared.progress is Progress.REMOVING:
        yield Finding(
            rule="declaration-removed",
            resource=_resource(declared, look, SEAL),
            problem=f"The mark that {what} is deployed is gone, as when Terraform removes it. Until it is "
            f"back or {_minutes(look)} minutes are over, Rearm makes nothing again that is deleted of it.",
            severity=Severity.HIGH,
            causes=DELETED,
            advice=REMOVE_ADVICE,
        )
    elif declared.progress is Progress.OVERDUE:
        gone = not declared.present
        yield Finding(
            rule="deployment-unfinished",
            resource=_resource(declared, look, "" if gone else SEAL),
            problem=f"What {what} must look like is declared in a parameter that is gone or cannot be read; "
            "Rearm goes by what it remembers."
            if gone
            else f"{what} is declared in another way than it was last deployed with, for more than "
            f"{_minutes(look)} minutes: Terraform has not come to its end, or somebody else wrote it.",
            severity=Severity.CRITICAL if gone else Severity.HIGH,
            causes=(*DELETED, "PutParameter"),
            advice=(APPLY,),
        )
    elif _is_news(declared, look):
        yield Finding(
            rule="deployment-changed",
            resource=_resource(declared, look, ""),
            problem=f"{what} was deployed in another way than before: {_difference(declared)}.",
            severity=Severity.MEDIUM,
            since=declared.changed,
            causes=("PutParameter",),
            advice=(EXPECTED,),
        )


def _learned(declared: Declared, look: Look, alarm: Alarm) -> Iterator[Learned]:
    """Yield what is to be remembered: what is deployed, and since when it is not.

    The first declaration is taken in a sweep only, a later one once it has been told of.
    """
    memory = declared.memory
    sweep = alarm.door is Door.SWEEP and alarm.about is None
    state: dict[str, object] | None = None
    if declared.progress is Progress.SETTLED:
        known = memory is not None and not memory.removed
        if (not known and sweep) or (known and sweep and _is_news(declared, look)):
            state = state_of(declared, code=_code(declared, look))
        elif memory and known and memory.unsettled:
            state = {**state_of(declared, code=memory.code), "value": memory.value}
    elif declared.progress in (Progress.REMOVING, Progress.UNDER_WAY, Progress.OVERDUE) and memory:
        if not declared.present and _is_removed(declared, look):
            state = {"value": memory.value, "removed": True}
        elif memory.unsettled is None and not memory.removed:
            state = {**state_of(declared, look.now(), code=memory.code), "value": memory.value}
    if state is not None:
        origin = "declared" if memory else "first-seen"
        resource = _resource(declared, look, "")
        yield Learned(resource, state, origin, memory.version if memory else None)


def _is_news(declared: Declared, look: Look) -> bool:
    """Whether a finished deployment is another one, for long enough that the history says whose."""
    memory = declared.memory
    if declared.progress is not Progress.SETTLED or memory is None or memory.removed:
        return False
    if memory.value == declared.value:
        return False
    return declared.changed is None or look.now() - declared.changed >= grace_of(look)


def _is_removed(declared: Declared, look: Look) -> bool:
    function = declared.parts.get("function")
    if not isinstance(function, dict):
        return False
    return (
        found(
            look, "lambda", "GetFunctionConfiguration", {"FunctionName": function.get("name")}, "FunctionName"
        )
        is None
    )


def _code(declared: Declared, look: Look) -> str | None:
    """Return the hash of the code that runs, where Terraform does not know it: it came from S3."""
    function = declared.parts.get("function")
    if not isinstance(function, dict) or function.get("code"):
        return None
    answer = found(
        look, "lambda", "GetFunctionConfiguration", {"FunctionName": function.get("name")}, "FunctionName"
    )
    code = answer.get("CodeSha256") if answer else None
    return code if isinstance(code, str) else None


def _difference(declared: Declared) -> str:
    before = unpacked(declared.memory.value) if declared.memory else None
    now = declared.parts
    changed = [key for key in {*now, *(before or {})} if now.get(key) != (before or {}).get(key)]
    return in_words(changed).replace("_", " ")


def _resource(declared: Declared, look: Look, end: str) -> Resource:
    name = declared.parameter + end
    return Resource(parameter_arn(look, name), name, "AWS::SSM::Parameter", look.account, look.region)


def _title(declared: Declared) -> str:
    if "function" in declared.parts:
        return f"the automation {declared.automation}"
    return f"what the automations share ({declared.automation})"


def _minutes(look: Look) -> int:
    return int(grace_of(look).total_seconds() // 60)


def fresh(declared: Declared, look: Look, moment: datetime) -> bool:
    """Whether a deployment is under way or has just been: its calls are accounted for."""
    if declared.progress in (Progress.UNDER_WAY, Progress.REMOVING):
        return True
    return declared.changed is not None and moment - declared.changed < grace_of(look)
