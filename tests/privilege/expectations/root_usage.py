"""What the role of the automation for the root user may do: read a summary, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SERVICES: frozenset[str] = frozenset({"iam"})
# It changes nothing, so there is no service whose writes would have to be weighed.
JUDGED: frozenset[str] = frozenset()
WRITES: Mapping[str, str] = {}
NEVER = frozenset(
    {
        "account:CloseAccount",
        "cloudtrail:DeleteTrail",
        "cloudtrail:StopLogging",
        "iam:CreateAccessKey",
        "iam:DeactivateMFADevice",
        "iam:UpdateAccessKey",
        "sts:AssumeRoot",
    }
)
HARMLESS: Mapping[str, str] = {}


def foreign(partition: str, region: str, other: str) -> Mapping[str, Sequence[str]]:
    """Return what is out of reach: the summary has no resource that could be another's."""
    return {}
