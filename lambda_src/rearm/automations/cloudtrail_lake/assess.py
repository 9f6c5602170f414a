"""What is wrong with the account's event data stores. Only reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rearm.alarm import Alarm, Door
from rearm.automations import Look
from rearm.automations.cloudtrail_lake import findings as found
from rearm.automations.cloudtrail_lake.order import stronger, weakened
from rearm.automations.cloudtrail_lake.regions import WITHOUT_LAKE, closed_by_organization, scope
from rearm.automations.cloudtrail_lake.stores import (
    NOT_FOUND,
    PENDING_DELETION,
    Store,
    arn_of,
    is_store_arn,
    read,
    read_settled,
    resource_of,
    stores_in,
)
from rearm.aws import AwsError
from rearm.baselines import uncompared
from rearm.model import Assessment, Baseline, Failure, Finding, Healthy, Learned, Resource, Unreadable

SOURCE = "cloudtrail.amazonaws.com"


class Recorded:
    """What the table says; where it does not answer, nothing is known, and `error` says why."""

    def __init__(self, look: Look) -> None:
        self.baselines: Mapping[str, Baseline] = {}
        self.error: AwsError | None = None
        try:
            self.baselines = look.baselines()
        except AwsError as error:
            self.error = error

    def of(self, arn: str) -> Baseline | None:
        """Return the baseline of a store that must be there."""
        baseline = self.baselines.get(arn)
        return None if baseline is None or self.gave_up(arn) else baseline

    def gave_up(self, arn: str) -> bool:
        """Whether the store's deletion was accepted."""
        baseline = self.baselines.get(arn)
        return baseline is not None and baseline.state.get("deleted") is True


def assess(alarm: Alarm, look: Look) -> Assessment:
    """Look at the event data stores that the alarm names, or at those of all regions.

    Returns
    -------
    Assessment
        Each store is healthy, has findings, or could not be read. A store of which there is a baseline and
        that does not exist any more is a finding.
    """
    if alarm.call is not None and alarm.call.source != SOURCE:
        return Assessment()
    named = [arn_of(name, alarm, look) for name in alarm.resources]
    recorded = Recorded(look)
    if not named or None in named:
        return _with_problems(_assess_all(alarm, look, recorded), look, recorded)
    seen = _joined(_assess_one(arn, alarm, look, recorded) for arn in named if arn)
    compared = recorded.error is None and all(recorded.of(arn) for arn in named if arn)
    updated = alarm.call is not None and alarm.call.name == "UpdateEventDataStore"
    return _with_problems(replace(seen, quiet=updated and compared), look, recorded)


def _assess_all(alarm: Alarm, look: Look, recorded: Recorded) -> Assessment:
    account = account_resource(look)
    known = [arn for arn in recorded.baselines if is_store_arn(arn, look.partition)]
    wanted = scope(look, {arn.split(":")[3] for arn in known})
    failures: list[Failure] = [wanted.failure] if wanted.failure else []
    closed: list[str] = []
    arns: dict[str, None] = {}
    listings = look.aws.each(lambda region: _listed(region, look), wanted.regions)
    for region, (listed, failure) in zip(wanted.regions, listings, strict=True):
        here = [arn for arn in known if arn.split(":")[3] == region and not recorded.gave_up(arn)]
        arns |= dict.fromkeys([*listed, *here])
        if failure is None or (failure.code == WITHOUT_LAKE and not here):
            continue
        if closed_by_organization(failure) and not here:
            closed.append(region)
        else:
            failures.append(replace(failure, message=f"{region}: {failure.message}"))
    parts = look.aws.each(lambda arn: _assess_one(arn, alarm, look, recorded), list(arns))
    if closed:
        parts.append(Assessment(findings=(found.closed_regions(account, closed),)))
    if failures:
        first, *more = failures
        told = replace(first, message="; ".join([first.message, *map(str, more)]))
        advice = ("Which regions are looked in, the setting regions says; without it, all that are enabled.",)
        parts.append(Assessment(unreadable=(Unreadable(account, told, advice=advice),)))
    return _joined(parts)


def _listed(region: str, look: Look) -> tuple[list[str], Failure | None]:
    try:
        return stores_in(region, look), None
    except AwsError as error:
        return [], error.failure


def _assess_one(arn: str, alarm: Alarm, look: Look, recorded: Recorded) -> Assessment:
    foreign = arn.split(":")[4] != look.account
    baseline = recorded.of(arn)
    resource = resource_of(arn, baseline.state.get("Name") if baseline else None)
    try:
        store = read_settled(arn, look) if alarm.call else read(arn, look)
    except AwsError as error:
        if foreign and error.code in found.NOT_SHOWN:
            return Assessment(findings=(found.not_shown(resource, error.failure),))
        if error.code in NOT_FOUND:
            return _missing(resource, alarm, look, recorded, error.failure)
        return Assessment(unreadable=(Unreadable(resource, error.failure),))
    if foreign:
        if store.stopped or store.status == PENDING_DELETION:
            return Assessment(findings=(found.out_of_reach(store),))
        return Assessment(healthy=(Healthy(store.resource),))
    recorded_name = baseline.state.get("Name") if baseline else None
    store = replace(store, recorded_name=recorded_name if isinstance(recorded_name, str) else None)
    return _judged(store, alarm, baseline, recorded)


def _missing(resource: Resource, alarm: Alarm, look: Look, recorded: Recorded, said: Failure) -> Assessment:
    """Judge a store that is not there: missed only if it must be there, or somebody says that he deleted it.

    What cannot be brought back is not told on the word of one answer: the list must not have it either.
    """
    baseline = recorded.of(resource.arn)
    deleted = alarm.call is not None and alarm.call.name == "DeleteEventDataStore"
    if alarm.about or recorded.gave_up(resource.arn) or not (baseline or deleted):
        return Assessment()
    listed, failure = _listed(resource.region, look)
    if failure or resource.arn in listed:
        return Assessment(unreadable=(Unreadable(resource, failure or said),))
    return Assessment(findings=(found.gone(resource, baseline.state if baseline else {}),))


def _judged(store: Store, alarm: Alarm, baseline: Baseline | None, recorded: Recorded) -> Assessment:
    wrong = list(_wrong(store, alarm, baseline, recorded))
    learned = () if alarm.about or recorded.error else _learned(store, alarm, baseline, recorded, wrong)
    if alarm.about:
        wrong = [finding for finding in wrong if finding.rule == alarm.about]
    if wrong:
        return Assessment(findings=tuple(wrong), learned=learned)
    return Assessment(healthy=(Healthy(store.resource),), learned=learned)


def _wrong(store: Store, alarm: Alarm, baseline: Baseline | None, recorded: Recorded) -> Iterable[Finding]:
    """Yield what is wrong, in the order in which it is put right: what is deleted can only be restored.

    Where the table does not answer, nobody knows that a store need not be there or take events, so it must.
    """
    called = alarm.call.name if alarm.call else ""
    state = baseline.state if baseline else {}
    unknown = recorded.error is not None
    # What is only recommended is told by sweeps, not with every call on the store.
    looked_over = alarm.door is not Door.API
    must_ingest = state.get("StartIngestion", called == "StopEventDataStoreIngestion" or unknown)
    if store.status == PENDING_DELETION:
        if recorded.gave_up(store.arn):
            return
        known = baseline is not None or called == "DeleteEventDataStore" or unknown
        yield found.deletion_pending(store, known=known)
    elif store.stopped:
        if alarm.about == found.DELETION_RULE and state.get("StartIngestion"):
            # Restored, but as somebody had stopped it before: the next response starts it.
            yield found.deletion_pending(store, known=True)
        if must_ingest or (baseline is None and looked_over):
            yield found.stopped(store, must_ingest=bool(must_ingest))
    for attribute in weakened(store.state, state):
        yield found.weakened(store, attribute, state[attribute.name])
    if store.protected or store.status == PENDING_DELETION or state.get("TerminationProtectionEnabled"):
        return
    just_now = alarm.call is not None and "terminationProtectionEnabled" in alarm.call.parameters
    if looked_over or (just_now and "TerminationProtectionEnabled" not in state):
        yield found.unprotected(store, just_now=just_now)


def _learned(
    store: Store, alarm: Alarm, baseline: Baseline | None, recorded: Recorded, wrong: Iterable[Finding]
) -> tuple[Learned, ...]:
    """Propose what to record: a store that a sweep sees for the first time, or what has become stronger."""
    if not store.settled:
        return ()
    if baseline is None:
        if alarm.door is not Door.SWEEP or any(finding.actions for finding in wrong):
            return ()
        before = recorded.baselines.get(store.arn)
        return (Learned(store.resource, store.state, "first-seen", before.version if before else None),)
    better = stronger(store.state, baseline.state)
    if not better or (alarm.door is not Door.SWEEP and not better.keys() <= baseline.state.keys()):
        return ()
    state = {**baseline.state, **better}
    return (Learned(store.resource, state, "stronger", baseline.version),)


def _with_problems(seen: Assessment, look: Look, recorded: Recorded) -> Assessment:
    if recorded.error is None:
        return seen
    looked_at = [*(one.resource for one in seen.findings), *(one.resource for one in seen.healthy)]
    resource = looked_at[0] if len(looked_at) == 1 else account_resource(look)
    return replace(seen, problems=(*seen.problems, uncompared(resource, recorded.error)))


def _joined(parts: Iterable[Assessment]) -> Assessment:
    parts = list(parts)
    return Assessment(
        findings=tuple(finding for part in parts for finding in part.findings),
        healthy=tuple(healthy for part in parts for healthy in part.healthy),
        unreadable=tuple(unreadable for part in parts for unreadable in part.unreadable),
        learned=tuple(learned for part in parts for learned in part.learned),
    )


def account_resource(look: Look) -> Resource:
    """Return the account itself as the resource of a finding."""
    arn = f"arn:{look.partition}:iam::{look.account}:root"
    return Resource(arn, look.account, "AWS::::Account", look.account, look.region)
