"""What the role of the automation for event data stores may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.scenarios.account import ORGANIZATION
from tests.support.planned import ACCOUNT

SERVICES: frozenset[str] = frozenset({"account", "cloudtrail"})
JUDGED = frozenset({"cloudtrail"})
WRITES: Mapping[str, str] = {
    "cloudtrail:RestoreEventDataStore": "Takes a deletion back.",
    "cloudtrail:StartEventDataStoreIngestion": "Starts what was stopped.",
    "cloudtrail:UpdateEventDataStore": "Puts attributes back; the same call weakens them.",
}
NEVER = frozenset({"cloudtrail:StopEventDataStoreIngestion", "cloudtrail:DeleteEventDataStore"})
HARMLESS: Mapping[str, str] = {
    "cloudtrail:AddTags": "Tags excuse no store.",
    "cloudtrail:CancelQuery": "Reads Lake.",
    "cloudtrail:CreateChannel": "Adds a source.",
    "cloudtrail:CreateDashboard": "Shows Lake.",
    "cloudtrail:CreateEventDataStore": "Records more.",
    "cloudtrail:CreateServiceLinkedChannel": "Adds a destination.",
    "cloudtrail:CreateTrail": "Records more.",
    "cloudtrail:DeleteDashboard": "Shows Lake.",
    "cloudtrail:DisableFederation": "Shows Lake to Athena.",
    "cloudtrail:EnableFederation": "Shows Lake to Athena.",
    "cloudtrail:GenerateQuery": "Reads Lake.",
    "cloudtrail:RegisterOrganizationDelegatedAdmin": "Records more; needs rights in Organizations too.",
    "cloudtrail:RemoveTags": "Tags excuse no store.",
    "cloudtrail:StartDashboardRefresh": "Shows Lake.",
    "cloudtrail:StartImport": "Copies old logs into Lake.",
    "cloudtrail:StartLogging": "Records more.",
    "cloudtrail:StartQuery": "Reads Lake.",
    "cloudtrail:StopImport": "Copies old logs into Lake; they stay where they are.",
    "cloudtrail:UpdateDashboard": "Shows Lake.",
}


def foreign(partition: str, region: str, other: str) -> Mapping[str, Sequence[str]]:
    """Return what is out of reach."""
    out = [
        f"arn:{partition}:cloudtrail:{region}:{ORGANIZATION}:eventdatastore/0f1e2d3c",
        f"arn:{other}:cloudtrail:{region}:{ACCOUNT}:eventdatastore/0f1e2d3c",
        f"arn:{partition}:cloudtrail:{region}:{ACCOUNT}:trail/management",
    ]
    return {
        **dict.fromkeys(WRITES, out),
        "account:ListRegions": [f"arn:{partition}:account::{ORGANIZATION}:account"],
        "cloudtrail:GetEventDataStore": [out[1], out[2]],
    }
