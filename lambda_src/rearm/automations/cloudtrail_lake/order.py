"""The order of an event data store's attributes: which value is as strong as another, and which is not.

Whatever is not provably at least as strong is weaker. This is the one place that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rearm.model import Severity


@dataclass(frozen=True)
class Attribute:
    """One attribute and what its weakening means.

    `at_least` tells whether the present value is as strong as the baseline's. `weakened` says in words what
    is wrong, with `{now}` and `{was}`. AWS takes the old value back only where it is `repairable`.
    """

    name: str
    rule: str
    at_least: Callable[[object, object], bool]
    weakened: str
    severity: Severity
    repairable: bool = True

    @property
    def parameter(self) -> str:
        """The request parameter that sets it, as CloudTrail records it."""
        return self.name[:1].lower() + self.name[1:]


def on(now: object, was: object) -> bool:
    """On is stronger than off."""
    return now is True or was is not True


def longer(now: object, was: object) -> bool:
    """More is stronger."""
    return isinstance(now, int) and isinstance(was, int) and now >= was


def same(now: object, was: object) -> bool:
    """Nothing else is as strong."""
    return now == was


def selecting(now: object, was: object) -> bool:
    """Whether it is proven that every event is selected that was before; what cannot be read proves nothing.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedEventSelector.html
    """
    if now == was:
        return True
    if not isinstance(now, list) or not now:
        return False
    from rearm.automations.cloudtrail.selectors import covers, normal

    try:
        return covers(normal(None, now), normal(None, was))
    except ValueError:
        return False


ATTRIBUTES = (
    Attribute(
        "TerminationProtectionEnabled",
        "store-termination-protection-off",
        on,
        "can be deleted: its termination protection was switched off",
        Severity.HIGH,
    ),
    Attribute(
        "AdvancedEventSelectors",
        "store-selectors-narrowed",
        selecting,
        "no longer selects the events that it must select",
        Severity.CRITICAL,
    ),
    Attribute(
        "MultiRegionEnabled",
        "store-one-region",
        on,
        "takes the events of its own region only, no longer those of all",
        Severity.HIGH,
    ),
    Attribute(
        "OrganizationEnabled",
        "store-not-organization",
        on,
        "takes the events of its own account only, no longer the organization's",
        Severity.HIGH,
    ),
    Attribute(
        "RetentionPeriod",
        "store-retention-shortened",
        longer,
        "keeps events for {now} days instead of {was}: older ones are removed",
        Severity.HIGH,
    ),
    Attribute("Name", "store-renamed", same, "is called {now} now", Severity.LOW),
    Attribute(
        "KmsKeyId",
        "store-key-changed",
        same,
        "is encrypted with another key ({now} instead of {was})",
        Severity.HIGH,
        repairable=False,
    ),
    Attribute(
        "BillingMode",
        "store-billing-changed",
        same,
        "is billed as {now} instead of {was}, which bounds how long it can keep events",
        Severity.LOW,
        repairable=False,
    ),
)


def weakened(now: Mapping[str, object], was: Mapping[str, object]) -> tuple[Attribute, ...]:
    """Return the attributes that are weaker now than in a baseline, of those that it has."""
    return tuple(
        one for one in ATTRIBUTES if one.name in was and not one.at_least(now[one.name], was[one.name])
    )


def stronger(now: Mapping[str, object], was: Mapping[str, object]) -> dict[str, object]:
    """Return what is stronger now than in a baseline, or not in it at all."""
    found: dict[str, object] = {}
    for one in ATTRIBUTES:
        present = now[one.name]
        if one.name not in was or (
            one.at_least(present, was[one.name]) and not one.at_least(was[one.name], present)
        ):
            found[one.name] = present
    if "StartIngestion" not in was or (now["StartIngestion"] and not was["StartIngestion"]):
        found["StartIngestion"] = now["StartIngestion"]
    return found
