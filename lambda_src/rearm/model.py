"""What Rearm thinks in: resources, findings, actions, outcomes, responses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Literal

from rearm.alarm import Actor, Alarm


class Mode(StrEnum):
    """What an automation does about a finding. `off` never reaches the function: nothing is deployed."""

    NOTIFY = "notify"
    REMEDIATE = "remediate"


class Severity(IntEnum):
    """How bad a finding is, in Security Hub's steps."""

    INFORMATIONAL = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """The word for people and filters, such as ``CRITICAL``."""
        return self.name


class Outcome(StrEnum):
    """How one finding ended."""

    REMEDIATED = "remediated"
    COMPLIANT = "compliant"
    NOTIFIED = "notified"
    EXCEPTED = "excepted"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, eq=False, repr=False)
class Resource:
    """One AWS resource. `tags` is None where they were not read, which no tag exception matches."""

    arn: str
    name: str
    type: str
    account: str
    region: str
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Action:
    """One AWS API call as data. `operation` and the keys of `parameters` are spelt as AWS spells them.

    `beyond_reach` are error codes that mean: this is not ours to change, and trying again will not help.
    `already` are those that mean: it is done, by an earlier try whose answer was lost, say.
    `undo` is the action that takes it back, or None where there is none. `check` is for an undo: what must
    still be so for it to be right.
    """

    service: str
    operation: str
    parameters: Mapping[str, object]
    region: str
    reason: str
    undo: Action | None = None
    beyond_reach: frozenset[str] = frozenset()
    check: Check | None = None
    already: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False, repr=False)
class Check:
    """A read, and the value that it must give at a JMESPath for an undo to overwrite nobody's later change.

    Text that is JSON, such as a policy, is compared as JSON; a `value` of None means that there is nothing.
    """

    service: str
    operation: str
    parameters: Mapping[str, object]
    region: str
    path: str
    value: object


@dataclass(frozen=True, eq=False, repr=False)
class Baseline:
    """What a protected resource must look like; `state` holds what JSON can.

    `version` counts from 1. `origin` is why it was recorded: ``first-seen``, ``stronger``, ``accepted``,
    ``declared``.
    """

    arn: str
    state: Mapping[str, object]
    version: int
    recorded: datetime
    origin: str


@dataclass(frozen=True, eq=False, repr=False)
class Learned:
    """What a resource looks like and must look like from now on, as `assess` proposes it to be recorded.

    `based_on` is the version of the baseline that it was compared with, None where there was none: if another
    one has been recorded meanwhile, this one is not.
    """

    resource: Resource
    state: Mapping[str, object]
    origin: str
    based_on: int | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Finding:
    """One resource that is not as it must be, with the actions that would put it right.

    `rule` and the resource's ARN are its identity: a finding that is still there after the actions has the
    same `key`. `causes` are the API calls that lead to it, for attribution, and `set_by` those of their
    request parameters that do, any if there are none. `since` is AWS's own time. `advice` is what is left to
    do for a person, and `if_denied` what is left where AWS refuses Rearm the actions: only root, or AWS
    Support, can let it in again. `accepts` is what the baseline's state would get if the change were
    accepted; None where it is not about a baseline. `after` is when all was still as it must be: no earlier
    call has caused it. `actor` is who did it where the alarm says so otherwise than as its own call's actor,
    as a finding of GuardDuty does. `told_as` is what it is told under, once an hour, where many alarms have
    the same to tell. `named_by` is what calls name it by beside its ARN and name: an id that AWS gives anew
    when it is made again, say.
    """

    rule: str
    resource: Resource
    problem: str
    severity: Severity
    actions: tuple[Action, ...] = ()
    since: datetime | None = None
    causes: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    if_denied: tuple[str, ...] = ()
    set_by: tuple[str, ...] = ()
    accepts: Mapping[str, object] | None = None
    after: datetime | None = None
    actor: Actor | None = None
    told_as: str | None = None
    named_by: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What stays the same when the finding is found again."""
        return f"{self.rule} {self.resource.arn}"


@dataclass(frozen=True, eq=False, repr=False)
class Healthy:
    """A resource that was looked at and is as it must be; `since` is AWS's own time of becoming so."""

    resource: Resource
    since: datetime | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Unreadable:
    """A resource that could not be looked at, so that nothing may be said of it.

    `advice` is what is left to do for a person.
    """

    resource: Resource
    error: Failure
    severity: Severity = Severity.HIGH
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Assessment:
    """What `assess` saw: every resource it looked at is in exactly one of the first three, or has findings.

    `learned` are baselines to record. `problems` are failures that left something uncompared. `quiet` says
    that a call which left nothing to put right is accounted for, and is not told to anybody. `left_off` is
    where the next sweep goes on, as JSON can hold it; None if the assessment has no such place.
    """

    findings: tuple[Finding, ...] = ()
    healthy: tuple[Healthy, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    learned: tuple[Learned, ...] = ()
    problems: tuple[Failure, ...] = ()
    quiet: bool = False
    left_off: Mapping[str, object] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Failure:
    """An error as data: AWS's code, its message, and the call that met it (``service:Operation``)."""

    code: str
    message: str
    call: str

    def __str__(self) -> str:
        """One line for messages and logs."""
        return f"{self.call}: {self.code}: {self.message}"


@dataclass(frozen=True, eq=False, repr=False)
class Attempt:
    """One action that was carried out, or tried; `at` is AWS's own time."""

    action: Action
    at: datetime
    error: Failure | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Refusal:
    """Why a containment does not happen; `failure` where something has to be mended first."""

    note: str
    failure: Failure | None = None


Attribution = Literal["event", "lookup", "unanswered", "not-asked"]


@dataclass(frozen=True, eq=False, repr=False)
class Attributed:
    """Who caused a finding, and how that is known; only ``event`` and ``lookup`` know an actor.

    `failure` is why the event history could not be asked, where that is why nobody is known.
    """

    how: Attribution
    actor: Actor | None = None
    call_name: str | None = None
    call_time: datetime | None = None
    event_id: str | None = None
    failure: Failure | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Earlier:
    """A repair of the same resource before: when, in which response, by whom, how long and since when off."""

    at: datetime
    response: str
    rule: str
    outcome: str
    actor: str | None = None
    seconds: float | None = None
    since: datetime | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Ending:
    """How one finding ended, with everything the message and the journal say about it.

    `seconds` is how long the safeguard was off, from AWS's own times; None where AWS does not say.
    `earlier` are the repairs of the same resource within the hour before, the newest last.
    """

    finding: Finding
    outcome: Outcome
    attributed: Attributed
    attempts: tuple[Attempt, ...] = ()
    restored: datetime | None = None
    seconds: float | None = None
    exception: str | None = None
    quiet: bool = False
    error: Failure | None = None
    notes: tuple[str, ...] = ()
    earlier: tuple[Earlier, ...] = ()

    @property
    def severity(self) -> Severity:
        """The finding's severity, one step higher where the same was put right within the hour before.

        A containment that a limit has held up is critical: whoever it is about goes on.
        """
        if self.outcome is Outcome.REFUSED:
            return Severity.CRITICAL
        raised = self.finding.severity + 1 if self.earlier else self.finding.severity
        return Severity(min(raised, Severity.CRITICAL))


@dataclass(frozen=True, eq=False, repr=False)
class Response:
    """Everything Rearm did about one alarm.

    `problems` are failures beside the findings; `own` says that the alarm was Rearm's own call, `quiet` that
    a call with no finding is not told; `learned` are the baselines that were recorded.
    """

    alarm: Alarm
    started: datetime
    finished: datetime
    endings: tuple[Ending, ...] = ()
    healthy: tuple[Healthy, ...] = ()
    problems: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    asked_again: tuple[str, ...] = ()
    own: bool = False
    quiet: bool = False
    learned: tuple[Learned, ...] = ()

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Everything that must be raised once the response has been told."""
        wrong = (Outcome.FAILED, Outcome.REFUSED)
        failed = (e.error for e in self.endings if e.outcome in wrong and e.error)
        return (*failed, *self.problems)
