"""Where to look for event data stores: they live in one region each, and no call lists those of all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rearm.automations import Look
from rearm.automations.cloudtrail_lake.stores import is_region
from rearm.aws import AwsError, items_of, malformed
from rearm.model import Failure

# What AWS says in a region that has no CloudTrail Lake.
WITHOUT_LAKE = "UnsupportedOperationException"
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


@dataclass(frozen=True)
class Scope:
    """The regions to look in, and why it could not be found out which they are."""

    regions: tuple[str, ...]
    failure: Failure | None = None


def scope(look: Look, recorded_in: Iterable[str]) -> Scope:
    """Return the regions of a sweep.

    Always its own and those with a baseline; beyond them those that the setting `regions` names, or, if it
    names none, all that are enabled for the account. If that cannot be asked, the others are still looked at.
    """
    wanted = {look.region, *recorded_in}
    named = look.settings.get("regions")
    if isinstance(named, list) and named:
        return Scope(tuple(sorted({*wanted, *map(str, named)})))
    try:
        return Scope(tuple(sorted(wanted | _enabled(look))))
    except AwsError as error:
        return Scope(tuple(sorted(wanted)), error.failure)


def closed_by_organization(failure: Failure) -> bool:
    """Whether a service control policy of the organization keeps everybody in the account out.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    return failure.code in DENIED and "service control policy" in failure.message


def _enabled(look: Look) -> set[str]:
    """Ask which regions are enabled: the others have no stores, and would refuse every call.

    Source: https://docs.aws.amazon.com/accounts/latest/reference/API_ListRegions.html
    """
    found: set[str] = set()
    question = {"RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"], "MaxResults": 50}
    for page in look.aws.pages("account", look.region, "ListRegions", question):
        for item in items_of(page, "account", "ListRegions", "Regions"):
            name = item.get("RegionName")
            if not isinstance(name, str) or not is_region(name):
                raise malformed("account", "ListRegions", "a region has no RegionName")
            found.add(name)
    return found
