"""What faults of the calls about security groups may cost."""

from __future__ import annotations

from collections.abc import Mapping

from tests.faults.expected import RESOURCES, Known
from tests.scenarios.automations.security_groups import BASTION, WEB
from tests.scenarios.verdicts import MESSAGE, RULES

LOST: Mapping[str, frozenset[str]] = {
    # Nothing is taken away that was not read, and a group is read in three calls.
    "ec2:DescribeSecurityGroups": frozenset({MESSAGE, RULES, RESOURCES}),
    "ec2:DescribeSecurityGroupRules": frozenset({MESSAGE, RULES, RESOURCES}),
    "ec2:GetManagedPrefixListEntries": frozenset({MESSAGE}),
    "ec2:RevokeSecurityGroupIngress": frozenset({MESSAGE, RULES, RESOURCES}),
}

KNOWN = (
    Known(
        "cloudtrail:LookupEvents",
        ".*",
        "Who did it is worth less than the repair; no exception for an actor applies.",
        lost=frozenset({MESSAGE}),
        said="could not be asked (cloudtrail:LookupEvents",
        asked="AuthorizeSecurityGroupIngress",
    ),
    Known(
        "cloudtrail:LookupEvents",
        ".*",
        "The same; the other kind of call has said already who did it, or that nobody knows.",
        lost=frozenset({MESSAGE}),
        asked="ModifySecurityGroupRules",
    ),
    Known(
        "ec2:RevokeSecurityGroupIngress",
        "read timeout|truncated answer|missing members|hollow lists",
        "EC2 has done it; nothing of its answer is needed. Looking again shows it.",
    ),
    Known(
        "dynamodb:GetItem sweep",
        "connect timeout|read timeout",
        "A table that hangs is not asked again, and where it cannot be asked nothing is contained.",
        lost=frozenset({MESSAGE, RULES, WEB, BASTION}),
        raised="dynamodb:",
    ),
)
