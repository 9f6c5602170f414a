"""What each trail must look like: declared where something is declared, otherwise learned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rearm.automations import Look
from rearm.automations.cloudtrail.declared import SETTING, DeclaredTrails, arn_of
from rearm.automations.cloudtrail.trails import TRAIL_TYPE, is_trail_arn
from rearm.aws import AwsError
from rearm.baselines import uncompared
from rearm.model import Baseline, Failure, Resource

DELETED = "deleted"
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Wanted:
    """What one trail must look like.

    Attributes
    ----------
    state
        The state, as far as it is known.
    declared
        The keys of it that are declared: nothing learned or accepted replaces them.
    baseline
        What was recorded, whatever it says.
    """

    state: Mapping[str, object] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()
    baseline: Baseline | None = None

    @property
    def learned(self) -> bool:
        """Whether the trail was recorded in full, and is not to be gone."""
        return self.baseline is not None and self.baseline.state.get(DELETED) is not True

    @property
    def known(self) -> bool:
        """Whether there is anything to compare the trail with."""
        return self.learned or bool(self.declared)

    @property
    def recorded(self) -> datetime | None:
        """When the trail was as it must be, in CloudTrail's whole seconds: no call before is to blame."""
        return self.baseline.recorded.replace(microsecond=0) - SECOND if self.baseline else None

    def over(self, now: Mapping[str, object]) -> Mapping[str, object]:
        """Return the state as it must be; of what is declared in part only, the rest is as it is now."""
        return self.state if self.learned else {**now, **self.state}

    def says(self, keys: Iterable[str]) -> bool:
        """Whether anything is known of these keys; a full record also knows what the trail does not have."""
        return self.learned or bool(self.declared.intersection(keys))


class Expected:
    """What every trail of the account must look like. What could not be read of it is in `problems`.

    Parameters
    ----------
    about
        What the alarm is about, for the words of a problem.
    """

    def __init__(self, look: Look, about: Resource | None = None) -> None:
        self._look = look
        self._declared = DeclaredTrails(look.settings.get(SETTING))
        self.problems: list[Failure] = list(self._declared.problems)
        self.readable = True
        self._learned: Mapping[str, Baseline] = {}
        try:
            self._learned = look.baselines()
        except AwsError as error:
            self.readable = False
            self.problems.append(uncompared(about or _all_trails(look), error))

    def of(self, arn: str) -> Wanted:
        """Return what a trail must look like."""
        wanted = Wanted(baseline=self._learned.get(arn))
        learned = wanted.baseline.state if wanted.learned and wanted.baseline else {}
        declared = self._declared.of(arn)
        return Wanted({**learned, **declared}, frozenset(declared), wanted.baseline)

    def missing(self, found: Iterable[str]) -> tuple[str, ...]:
        """Return the ARNs of the trails that must be there and are not among those that were found."""
        there = set(found)
        recorded = {arn for arn in self._learned if self.of(arn).known}
        names = {arn.partition(":trail/")[2] for arn in there | recorded}
        look = self._look
        declared = {
            arn_of(name, look.partition, look.region, look.account)
            for name in self._declared.names
            if is_trail_arn(name) or name not in names
        }
        own = {arn for arn in recorded | declared if arn.split(":")[4] == look.account}
        return tuple(sorted(own - there))


def _all_trails(look: Look) -> Resource:
    return Resource(
        f"arn:{look.partition}:cloudtrail:*:{look.account}:trail/*",
        f"The trails of account {look.account}",
        TRAIL_TYPE,
        look.account,
        look.region,
    )
