"""What faults of the calls about event data stores may cost."""

from __future__ import annotations

from collections.abc import Mapping

from tests.faults.expected import ITSELF, RESOURCES, Known
from tests.scenarios.automations.cloudtrail_lake import NAMES, identity
from tests.scenarios.verdicts import BASELINES, MESSAGE

STORES = frozenset(identity(name, variant) for name in NAMES for variant in ("default", "china"))

LOST: Mapping[str, frozenset[str]] = {
    # Stores with a baseline are looked at wherever they are; only new ones are not found.
    "account:ListRegions": frozenset({MESSAGE, BASELINES}),
    "cloudtrail:ListEventDataStores": frozenset({MESSAGE, BASELINES}),
    "cloudtrail:GetEventDataStore": frozenset({MESSAGE, BASELINES, ITSELF}),
    "cloudtrail:RestoreEventDataStore": frozenset({MESSAGE, ITSELF}),
    "cloudtrail:StartEventDataStoreIngestion": frozenset({MESSAGE, ITSELF}),
    "cloudtrail:UpdateEventDataStore": frozenset({MESSAGE, ITSELF}),
    # What is off is put on all the same; what is weaker cannot be told.
    "dynamodb:Query baseline": frozenset({MESSAGE, BASELINES, RESOURCES}),
}

KNOWN = (
    Known(
        "cloudtrail:LookupEvents",
        ".*",
        "Who did it is worth less than the repair; no exception for an actor applies.",
        lost=frozenset({MESSAGE, BASELINES}),
        said="could not be asked (cloudtrail:LookupEvents",
    ),
    *(
        Known(
            f"cloudtrail:{operation}EventDataStore",
            "conflict",
            "OrganizationsNotInUseException: the store is not this account's to change.",
            lost=STORES | {MESSAGE},
            said="OrganizationsNotInUseException",
        )
        for operation in ("Restore", "Update")
    ),
    Known(
        "cloudtrail:StartEventDataStoreIngestion",
        "read timeout|truncated answer",
        "AWS has started it; its answer, which has no members, was lost. Looking again shows it.",
    ),
    *(
        Known(
            f"cloudtrail:{operation}EventDataStore",
            "read timeout|truncated answer|missing members|hollow lists",
            "AWS has done it; nothing of its answer is needed. Looking again shows it.",
        )
        for operation in ("Restore", "Update")
    ),
)
