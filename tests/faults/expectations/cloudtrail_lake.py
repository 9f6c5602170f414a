"""What faults of the calls about event data stores may cost."""

from __future__ import annotations

from collections.abc import Mapping

from tests.faults.expected import ITSELF, RESOURCES, Known
from tests.scenarios.automations.cloudtrail_lake import BASELINES, NAMES, identity
from tests.scenarios.verdicts import MESSAGE

STORES = frozenset(identity(name, variant) for name in NAMES for variant in ("default", "china"))

LOST: Mapping[str, frozenset[str]] = {
    # Stores with a baseline are looked at wherever they are; only new ones are not found.
    "account:ListRegions": frozenset({MESSAGE, BASELINES}),
    "cloudtrail:ListEventDataStores": frozenset({MESSAGE, BASELINES}),
    "cloudtrail:GetEventDataStore": frozenset({MESSAGE, BASELINES, ITSELF}),
    "cloudtrail:RestoreEventDataStore": frozenset({MESSAGE, ITSELF}),
    "cloudtrail:StartEventDataStoreIngestion": frozenset({MESSAGE, ITSELF}),
    "cloudtrail:UpdateEventDataStore": frozenset({MESSAGE, ITSELF}),
    # What is off is put on all the same; what is weaker cannot be told, nor what is stronger recorded.
    "dynamodb:Query baseline": frozenset({MESSAGE, BASELINES, RESOURCES}),
    "dynamodb:PutItem baseline on condition": frozenset({MESSAGE, BASELINES}),
    "dynamodb:PutItem version": frozenset({MESSAGE, BASELINES}),
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
        "dynamodb:PutItem version",
        "missing members|truncated answer",
        "DynamoDB has done it, and nothing of its answer is needed.",
    ),
    Known(
        "dynamodb:PutItem baseline on condition",
        "missing members",
        "DynamoDB has done it, and nothing of its answer is needed.",
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
