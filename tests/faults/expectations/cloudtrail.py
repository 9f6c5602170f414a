"""What faults of CloudTrail's calls may cost."""

from __future__ import annotations

from collections.abc import Mapping

from tests.faults.expected import ITSELF, RESOURCES, Known
from tests.scenarios.verdicts import BASELINES, EVALUATIONS, MESSAGE, RULES

REPAIR = frozenset({MESSAGE, RULES, ITSELF})
LOST: Mapping[str, frozenset[str]] = {
    # The other listing shows the trails that matter here, so that each of them is looked at and repaired.
    "cloudtrail:DescribeTrails": frozenset({MESSAGE, EVALUATIONS, BASELINES}),
    # This listing alone shows a trail that lives and logs in another region only.
    "cloudtrail:ListTrails": frozenset({MESSAGE, EVALUATIONS, BASELINES, "audit"}),
    "cloudtrail:GetTrailStatus": frozenset({MESSAGE, EVALUATIONS, RULES, BASELINES, ITSELF}),
    "cloudtrail:StartLogging": frozenset({MESSAGE, EVALUATIONS, RULES, ITSELF}),
    # What cannot be read of a trail is not put right; everything else is. Nothing of it is learned.
    "cloudtrail:GetTrail": frozenset({MESSAGE, EVALUATIONS, RULES, BASELINES, ITSELF}),
    "cloudtrail:GetEventSelectors": frozenset({MESSAGE, EVALUATIONS, RULES, BASELINES, ITSELF}),
    "cloudtrail:GetInsightSelectors": frozenset({MESSAGE, EVALUATIONS, RULES, BASELINES, ITSELF}),
    "cloudtrail:ListTags": frozenset({MESSAGE, EVALUATIONS, BASELINES}),
    "cloudtrail:UpdateTrail": REPAIR,
    "cloudtrail:PutEventSelectors": REPAIR,
    "cloudtrail:PutInsightSelectors": REPAIR,
    "cloudtrail:CreateTrail": REPAIR,
    # Without the baselines a stopped trail is started; that others were weakened or deleted cannot be told.
    "dynamodb:Query baseline": frozenset({MESSAGE, RULES, BASELINES, RESOURCES}),
}

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
    *(
        Known(
            f"cloudtrail:{operation}",
            "read timeout|truncated answer|missing members|hollow lists",
            "AWS has done it, and nothing of its answer is needed. Looking again shows it.",
        )
        for operation in ("UpdateTrail", "PutInsightSelectors")
    ),
    Known(
        "cloudtrail:PutEventSelectors",
        "read timeout|truncated answer|missing members|hollow lists",
        "AWS has done it. Of a trail that is only weakened looking again shows that; of one that is made "
        "again the rest waits for the next look.",
        lost=REPAIR | {"management"},
        raised=None,
    ),
    Known(
        "cloudtrail:CreateTrail",
        "truncated answer|missing members",
        "AWS has made it, and nothing of its answer is needed. Looking again shows it.",
    ),
    Known(
        "cloudtrail:CreateTrail",
        "conflict",
        "OrganizationsNotInUseException: the trail is not this account's to make.",
        lost=REPAIR - {ITSELF} | {"management", "gone"},
        said="OrganizationsNotInUseException",
    ),
)
