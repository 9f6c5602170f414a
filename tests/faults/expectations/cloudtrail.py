"""What faults of CloudTrail's calls may cost."""

from __future__ import annotations

from collections.abc import Mapping

from tests.faults.expected import ITSELF, Known
from tests.scenarios.verdicts import EVALUATIONS, MESSAGE, RULES

LOST: Mapping[str, frozenset[str]] = {
    # The other listing shows the trails that matter here, so that each of them is looked at and repaired.
    "cloudtrail:DescribeTrails": frozenset({MESSAGE, EVALUATIONS}),
    # This listing alone shows a trail that lives and logs in another region only.
    "cloudtrail:ListTrails": frozenset({MESSAGE, EVALUATIONS, "audit"}),
    "cloudtrail:GetTrailStatus": frozenset({MESSAGE, EVALUATIONS, RULES, ITSELF}),
    "cloudtrail:StartLogging": frozenset({MESSAGE, EVALUATIONS, RULES, ITSELF}),
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
)
