"""What the role of the automation for trails may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.scenarios.account import ORGANIZATION
from tests.support.planned import ACCOUNT

SERVICES: frozenset[str] = frozenset({"cloudtrail", "iam"})
JUDGED = frozenset({"cloudtrail"})
WRITES: Mapping[str, str] = {
    "cloudtrail:StartLogging": "A stopped trail logs again.",
    "cloudtrail:UpdateTrail": "Attributes that were weakened are put back.",
    "cloudtrail:PutEventSelectors": "Event selectors that were weakened are put back.",
    "cloudtrail:PutInsightSelectors": "Insights that were switched off are put back.",
    "cloudtrail:CreateTrail": "A deleted trail is made again.",
    "cloudtrail:AddTags": "It is made again with its tags.",
    "iam:PassRole": "CloudTrail gets the role for its log group again.",
}
NEVER = frozenset({"cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:RemoveTags"})
HARMLESS: Mapping[str, str] = {
    "cloudtrail:CancelQuery": "Reads Lake.",
    "cloudtrail:CreateChannel": "Adds a source.",
    "cloudtrail:CreateDashboard": "Shows Lake.",
    "cloudtrail:CreateEventDataStore": "Records more.",
    "cloudtrail:CreateServiceLinkedChannel": "Adds a destination.",
    "cloudtrail:DeleteDashboard": "Shows Lake.",
    "cloudtrail:EnableFederation": "Shows Lake to Athena.",
    "cloudtrail:DisableFederation": "Shows Lake to Athena.",
    "cloudtrail:GenerateQuery": "Reads Lake.",
    "cloudtrail:RegisterOrganizationDelegatedAdmin": "Records more; needs rights in Organizations too.",
    "cloudtrail:RestoreEventDataStore": "Takes a deletion back.",
    "cloudtrail:StartDashboardRefresh": "Shows Lake.",
    "cloudtrail:StartEventDataStoreIngestion": "Records more.",
    "cloudtrail:StartImport": "Copies old logs into Lake.",
    "cloudtrail:StartQuery": "Reads Lake.",
    "cloudtrail:StopImport": "Copies old logs into Lake; they stay where they are.",
    "cloudtrail:UpdateDashboard": "Shows Lake.",
}


def foreign(partition: str, region: str, other: str) -> Mapping[str, Sequence[str]]:
    """Return what is out of reach."""
    trails = [
        f"arn:{partition}:cloudtrail:{region}:{ORGANIZATION}:trail/organization",
        f"arn:{other}:cloudtrail:{region}:{ACCOUNT}:trail/management",
        f"arn:{partition}:cloudtrail:{region}:{ACCOUNT}:eventdatastore/0f1e2d3c",
    ]
    roles = [f"arn:{partition}:iam::{ORGANIZATION}:role/any", f"arn:{other}:iam::{ACCOUNT}:role/any"]
    writes = (name for name in WRITES if name.startswith("cloudtrail:"))
    return {**dict.fromkeys(writes, trails), "iam:PassRole": roles}
