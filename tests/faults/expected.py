"""What a fault may cost. Whatever is not written here must hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.faults.aim import Target
from tests.scenarios.verdicts import EVALUATIONS, MESSAGE, QUIET, RULES

ITSELF = "the trail that is named in the call"

# What a call that keeps failing may cost, beside the quiet: the failure is raised, told and journalled.
LOST: Mapping[str, frozenset[str]] = {
    # The other listing shows the trails that matter here, so that each of them is looked at and repaired.
    "cloudtrail:DescribeTrails": frozenset({MESSAGE, EVALUATIONS}),
    # This listing alone shows a trail that lives and logs in another region only.
    "cloudtrail:ListTrails": frozenset({MESSAGE, EVALUATIONS, "audit"}),
    "cloudtrail:GetTrailStatus": frozenset({MESSAGE, EVALUATIONS, RULES, ITSELF}),
    "cloudtrail:StartLogging": frozenset({MESSAGE, EVALUATIONS, RULES, ITSELF}),
    "config:DescribeConfigRules": frozenset({RULES}),
    "config:GetComplianceDetailsByConfigRule": frozenset({EVALUATIONS}),
    "config:PutEvaluations": frozenset({EVALUATIONS}),
    "config:StartConfigRulesEvaluation": frozenset({RULES}),
    "sns:GetTopicAttributes": frozenset(),
    "sns:Publish": frozenset({MESSAGE}),
}


@dataclass(frozen=True)
class Known:
    """A fault that fails nothing, although it keeps coming.

    Attributes
    ----------
    call
        The call, as IAM names it.
    faults
        A regular expression for the faults' names.
    reason
        Why the response is no failure.
    lost
        What does not hold then.
    said
        What the message says about it, if there is something to say.
    """

    call: str
    faults: str
    reason: str
    lost: frozenset[str] = frozenset()
    said: str = ""


KNOWN = (
    Known(
        "cloudtrail:LookupEvents",
        ".*",
        "Who did it is worth less than the repair; no exception for an actor applies, so that the trail of "
        "an excused role is started.",
        lost=frozenset({MESSAGE, "audit", RULES}),
        said="could not be asked (cloudtrail:LookupEvents",
    ),
    Known(
        "cloudtrail:StartLogging",
        "read timeout|truncated answer",
        "AWS has started the trail; its answer, which has no members, was lost. Looking again shows it.",
    ),
    Known(
        "config:StartConfigRulesEvaluation",
        "conflict",
        "ResourceInUseException: the rule is being evaluated already.",
        lost=frozenset({RULES}),
    ),
    Known(
        "config:StartConfigRulesEvaluation",
        "truncated answer",
        "Config has begun the evaluation; its answer has no members.",
    ),
    Known(
        "config:PutEvaluations",
        "missing members|truncated answer",
        "Config has taken the evaluations; without a list of those that it refused there are none.",
    ),
)


def known(target: Target, fault: str) -> Known | None:
    """Return why a fault fails nothing, if that is known."""
    for one in KNOWN:
        if one.call == target.name and re.fullmatch(one.faults, fault):
            return one
    return None


def may_be_lost(target: Target) -> frozenset[str]:
    """Return what a call that keeps failing may cost; of a call that nobody has thought about, nothing."""
    lost = LOST.get(target.name, frozenset())
    return (lost | {QUIET} | ({target.trail} if ITSELF in lost else set())) - {ITSELF}
