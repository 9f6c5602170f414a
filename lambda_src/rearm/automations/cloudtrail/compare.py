"""Comparing trails with what they must look like, and proposing what is to be learned of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rearm.alarm import Alarm, Door
from rearm.automations import Look
from rearm.automations.cloudtrail.changes import ROW_OF, weaker_findings
from rearm.automations.cloudtrail.expected import Expected, Wanted
from rearm.automations.cloudtrail.rebuild import deleted
from rearm.automations.cloudtrail.recommend import recommendations
from rearm.automations.cloudtrail.state import ALL, CHANGED_BY, Aspect, read
from rearm.automations.cloudtrail.strength import ORDER, Row, State, Strength, compare
from rearm.automations.cloudtrail.trails import NOT_FOUND, Trail, status_of
from rearm.aws import AwsError
from rearm.model import Assessment, Failure, Finding, Healthy, Learned, Resource, Unreadable

DELETED_RULE = "trail-deleted"
MALFORMED = "MalformedAnswer"


class Comparison:
    """Compares the trails of one assessment with what they must look like.

    Parameters
    ----------
    about
        The one resource that is looked at, None if it is all of them.

    Attributes
    ----------
    compared
        The ARNs of the trails that had something to be compared with, and were.
    """

    def __init__(self, alarm: Alarm, look: Look, about: Resource | None = None) -> None:
        self._alarm = alarm
        self._look = look
        self._expected = Expected(look, about)
        self.compared: set[str] = set()

    @property
    def problems(self) -> tuple[Failure, ...]:
        """What kept trails from being compared."""
        return tuple(self._expected.problems)

    def add(self, trail: Trail, seen: Assessment, *, covered: bool = True) -> Assessment:
        """Return what was seen of a trail's status, and with it what is weaker than it must be.

        Parameters
        ----------
        covered
            Whether a trail of the account covers all regions.
        """
        if seen.unreadable:
            return seen
        aspects = self._aspects()
        wanted = self._expected.of(trail.arn)
        sweep = self._alarm.door is Door.SWEEP
        if not wanted.known and not sweep:
            return seen
        now, failures = read(trail, self._look, aspects)
        try:
            strengths = strengths_of(trail, wanted, now)
        except ValueError as error:
            failures = (*failures, Failure(MALFORMED, str(error), "cloudtrail:GetEventSelectors"))
            without = {key: value for key, value in now.items() if not key.endswith("EventSelectors")}
            strengths = strengths_of(trail, wanted, without)
        weaker = [row for row, strength in strengths.items() if strength is Strength.WEAKER]
        findings = (*seen.findings, *weaker_findings(trail, wanted, now, weaker, self._advice(trail)))
        learned = () if findings or failures else self._learned(trail, wanted, now, strengths)
        if sweep:
            findings += recommendations(trail, wanted, now, covered=covered)
        if not failures and wanted.known:
            self.compared.add(trail.arn)
        return replace(
            seen,
            findings=findings,
            healthy=() if findings or failures else seen.healthy,
            unreadable=(Unreadable(trail.resource, _joined(failures)),) if failures else (),
            learned=learned,
        )

    def gone(
        self, found: Sequence[str]
    ) -> tuple[tuple[Finding, ...], tuple[Trail, ...], tuple[Unreadable, ...]]:
        """Return the trails that must be there and were not found.

        Each is asked for by its ARN before it counts as deleted: a list may have failed, or lag behind.

        Returns
        -------
        tuple
            The findings about those that are gone, those that are there after all, and those of which AWS
            does not say.
        """
        findings: list[Finding] = []
        there: list[Trail] = []
        unreadable: list[Unreadable] = []
        for arn in self._expected.missing(found):
            trail = Trail(arn)
            try:
                status_of(trail, self._look)
            except AwsError as error:
                if error.code in NOT_FOUND:
                    findings.append(deleted(trail, self._expected.of(arn), advice=self._advice(trail)))
                else:
                    unreadable.append(Unreadable(trail.resource, error.failure))
            else:
                there.append(trail)
        return tuple(findings), tuple(there), tuple(unreadable)

    def rebuilt(self, trail: Trail) -> Finding | None:
        """Return the finding for a trail that is gone, None if nothing is known that it must be."""
        wanted = self._expected.of(trail.arn)
        if not wanted.known or trail.owner != self._look.account:
            return None
        call = self._alarm.call
        since = call.time if call and call.name == "DeleteTrail" else None
        return deleted(trail, wanted, since)

    def _aspects(self) -> frozenset[Aspect]:
        call = self._alarm.call
        return CHANGED_BY.get(call.name, ALL) if call and self._alarm.resources else ALL

    def _advice(self, trail: Trail) -> tuple[str, ...]:
        """Say what would have shown the change at once, where only the sweep has found it."""
        if self._alarm.door is not Door.SWEEP or trail.home_region == self._look.region:
            return ()
        region = trail.home_region
        return (f"Events of {region} do not come here: deploy modules/forwarder in {region}.",)

    def _learned(
        self, trail: Trail, wanted: Wanted, now: State, strengths: dict[Row, Strength]
    ) -> tuple[Learned, ...]:
        baseline = wanted.baseline
        based_on = baseline.version if baseline else None
        if not self._expected.readable:
            return ()
        if baseline is None or not wanted.learned:
            # Trust on first use, and only in a sweep: an event tells nobody what is healthy.
            if self._alarm.door is not Door.SWEEP:
                return ()
            return (Learned(trail.resource, _kept(now), "first-seen", based_on),)
        state = _kept({**baseline.state, **now})
        stronger = any(strength is Strength.STRONGER for strength in strengths.values())
        tags = "Tags" in now and now["Tags"] != baseline.state.get("Tags", {})
        if not (stronger or tags) or state == dict(baseline.state):
            return ()
        return (Learned(trail.resource, state, "stronger" if stronger else "tags", based_on),)


def look_again(alarm: Alarm, look: Look) -> Assessment:
    """Look for one finding on the trail that it was about, after its repair."""
    trail = Trail(alarm.resources[0])
    wanted = Expected(look, trail.resource).of(trail.arn)
    try:
        if alarm.about == DELETED_RULE:
            return _made_again(trail, wanted, look)
        row = next(row for row in ORDER if row.name == ROW_OF[str(alarm.about)])
        now, failures = read(trail, look, _aspects_of(row))
        strengths = {} if failures else strengths_of(trail, wanted, now)
    except AwsError as error:
        return Assessment(unreadable=(Unreadable(trail.resource, error.failure),))
    except ValueError as error:
        failure = Failure(MALFORMED, str(error), "cloudtrail:GetEventSelectors")
        return Assessment(unreadable=(Unreadable(trail.resource, failure),))
    if failures:
        gone = all(failure.code in NOT_FOUND for failure in failures)
        return (
            Assessment() if gone else Assessment(unreadable=(Unreadable(trail.resource, _joined(failures)),))
        )
    if strengths.get(row) is Strength.WEAKER:
        return Assessment(findings=weaker_findings(trail, wanted, now, [row]))
    return Assessment(healthy=(Healthy(trail.resource),))


def _made_again(trail: Trail, wanted: Wanted, look: Look) -> Assessment:
    """Look whether a trail that was made again is what it was, with selectors and Insights, and logs."""
    status = status_of(trail, look)
    now, failures = read(trail, look, ALL - {Aspect.TAGS})
    if failures:
        return Assessment(unreadable=(Unreadable(trail.resource, _joined(failures)),))
    if not status.logging or Strength.WEAKER in strengths_of(trail, wanted, now).values():
        return Assessment(findings=(deleted(trail, wanted),))
    return Assessment(healthy=(Healthy(trail.resource, status.started),))


def strengths_of(trail: Trail, wanted: Wanted, now: State) -> dict[Row, Strength]:
    """Compare what was read of a trail with what it must be, row by row; what is not known is left out.

    Raises
    ------
    ValueError
        Event selectors are not of the form that AWS documents.
    """
    strengths = {}
    for row in ORDER:
        if wanted.says(row.keys) and all(key in now for key in row.keys):
            strengths[row] = compare(row, wanted.over(now), now, trail.owner)
    return strengths


def _aspects_of(row: Row) -> frozenset[Aspect]:
    named = {"selectors": Aspect.SELECTORS, "insights": Aspect.INSIGHTS}
    return frozenset({named.get(row.name, Aspect.ATTRIBUTES)})


def _kept(state: State) -> dict[str, object]:
    return {key: value for key, value in state.items() if value is not None}


def _joined(failures: Sequence[Failure]) -> Failure:
    first, *more = failures
    return replace(first, message="; ".join([first.message, *map(str, more)]))
