"""The engine: from an alarm to a response, the same for every automation.

alarm -> assess -> findings -> decide (mode, exceptions) -> act -> assess again -> response. The state of AWS
decides, never the event. Nothing in here knows a service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from rearm.alarm import Alarm, Door
from rearm.automations import Assess, Look
from rearm.aws import OUT_OF_TIME, RESERVE_S, Aws, AwsError, answered_at
from rearm.baselines import Baselines
from rearm.endings import (
    UNKNOWN,
    attributed_by,
    denied,
    measured,
    present,
    restored_at,
    shut_out,
    unread,
    untouched,
)
from rearm.excuses import Excuse, Excuses
from rearm.model import (
    Assessment,
    Attempt,
    Attributed,
    Ending,
    Failure,
    Finding,
    Learned,
    Mode,
    Outcome,
    Refusal,
    Resource,
    Response,
    Unreadable,
)
from rearm.settings import Settings
from rearm.table import Table

if TYPE_CHECKING:
    from rearm.attribution import Attribution
    from rearm.limits import Limits

# Waits, in seconds, between two looks at a finding that is still there: AWS is eventually consistent.
VERIFY_WAITS_S = (0.5, 1.0, 2.0, 4.0)
SECOND_LOOK_S = 2.0

CONTAINMENT = "containment"


class Engine:
    """Responds to alarms for one automation.

    Parameters
    ----------
    settings, aws, assess
        The deployment, its clients, and the automation's one function.
    table
        The deployment's table.
    now
        The time, in UTC.
    remaining_s
        The seconds that are left of the function's time.
    """

    def __init__(
        self,
        settings: Settings,
        aws: Aws,
        assess: Assess,
        table: Table,
        now: Callable[[], datetime],
        remaining_s: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._aws = aws
        self._assess_with = assess
        self._now = now
        self._remaining_s = remaining_s
        self._sample = False
        self._baselines = Baselines(table, settings.automation)
        self._excuses = Excuses(settings, table, self._baselines, now)
        self._limits: Limits | None = None
        self._table = table
        self._stopped: Mapping[str, object] | None = None
        self._look = Look(
            aws=aws,
            account=settings.account,
            region=settings.region,
            partition=settings.partition,
            settings=settings.values,
            baselines=self._baselines.all,
            now=now,
            name=settings.name,
            left_off=self._left_off,
            tampering=self._tampering,
            remaining_s=remaining_s,
        )

    def respond(self, alarm: Alarm) -> Response:
        """Do everything there is to do about one alarm. Failures are part of the response, never raised."""
        started = self._now()
        self._sample = alarm.sample
        if alarm.denied:
            finding, attributed = denied(alarm), attributed_by(alarm)
            ending = untouched(finding, self._excuses.of(finding, attributed))
            ending = replace(ending, attributed=attributed)
            return self._response(alarm, started, (ending,))
        seen = self._assess(alarm)
        if _nothing_came_of(alarm, seen):
            self._pause(SECOND_LOOK_S)
            seen = self._assess(alarm)
        # Rearm makes no call that leads to a finding: whoever does so with its role is somebody else. What
        # its role was refused, above, is news as anybody's attempt is.
        if self._is_own(alarm) and not _caused(alarm, seen):
            return self._response(alarm, started, seen=seen, own=True)
        from rearm.attribution import Attribution

        attribution = Attribution(alarm, self._settings, self._aws, started)
        endings = (*self._settle(seen.findings, attribution), *(unread(u) for u in seen.unreadable))
        return self._response(alarm, started, endings, seen)

    def _response(
        self,
        alarm: Alarm,
        started: datetime,
        endings: tuple[Ending, ...] = (),
        seen: Assessment | None = None,
        *,
        own: bool = False,
    ) -> Response:
        seen = seen or Assessment()
        learned, unlearned = ((), ()) if own else self._learn(seen)
        unlearned = (*unlearned, *self._leave_off(seen))
        unreadable = (*self._settings.unreadable_exceptions, *self._excuses.unreadable)
        return Response(
            alarm,
            started,
            self._now(),
            endings,
            seen.healthy,
            problems=(*seen.problems, *self._excuses.problems, *unlearned),
            notes=tuple(f"Exception {name!r} cannot be read and does not apply." for name in unreadable),
            own=own,
            quiet=seen.quiet,
            learned=(*learned, *self._excuses.learned),
        )

    def _learn(self, seen: Assessment) -> tuple[tuple[Learned, ...], tuple[Failure, ...]]:
        """Record what `assess` proposes as baselines; a version that came in between is left alone."""
        done: list[Learned] = []
        for learned in seen.learned:
            try:
                if self._baselines.learn(learned, self._now()):
                    done.append(learned)
            except AwsError as error:
                return tuple(done), (error.failure,)
        return tuple(done), ()

    def _settle(self, findings: Sequence[Finding], attribution: Attribution) -> list[Ending]:
        """Bring every finding to its outcome. All are acted on before the first is verified."""
        known = self._attribute_first(findings, attribution)
        acted: list[tuple[Finding, Excuse | Refusal | None, tuple[Attempt, ...]]] = []
        for finding in findings:
            why: Excuse | Refusal | None = self._excuses.of(finding, known.get(finding.key))
            act = why is None and self._may_act and bool(finding.actions)
            if act:
                why = self._refusal(finding)
            acted.append((finding, why, self._act(finding) if act and why is None else ()))
        endings = []
        for finding, why, attempts in acted:
            ending = self._verify(finding, attempts) if attempts else untouched(finding, why)
            attributed = known.get(finding.key) or attribution.of(finding)
            endings.append(measured(shut_out(replace(ending, attributed=attributed))))
        return endings

    @property
    def _may_act(self) -> bool:
        return self._settings.mode is Mode.REMEDIATE and not self._sample

    def _refusal(self, finding: Finding) -> Refusal | None:
        """Return why a containment may not happen. A repair of a safeguard may always."""
        if self._settings.kind != CONTAINMENT:
            return None
        if self._limits is None:
            from rearm.limits import Limits

            self._limits = Limits(self._settings, self._table, self._excuses, self._now)
        return self._limits.refusal(finding)

    def _attribute_first(
        self, findings: Sequence[Finding], attribution: Attribution
    ) -> dict[str, Attributed]:
        """Attribute before deciding, but only if an exception asks for the actor: a repair does not wait."""
        if not findings or not self._excuses.by_actor():
            return {}
        return {finding.key: attribution.of(finding) for finding in findings}

    def _act(self, finding: Finding) -> tuple[Attempt, ...]:
        """Carry out the actions of a finding in their order; the first that fails is the last."""
        attempts: list[Attempt] = []
        for action in finding.actions:
            call = f"{action.service}:{action.operation}"
            if self._remaining_s() < RESERVE_S:
                late = Failure(OUT_OF_TIME, "the function's time ran out before this call", call)
                attempts.append(Attempt(action, self._now(), late))
                break
            try:
                answer = self._aws.call(action.service, action.region, action.operation, action.parameters)
            except AwsError as error:
                if error.code in action.already:
                    attempts.append(Attempt(action, self._now()))
                    continue
                attempts.append(Attempt(action, self._now(), error.failure))
                break
            attempts.append(Attempt(action, answered_at(answer)))
        return tuple(attempts)

    def _verify(self, finding: Finding, attempts: tuple[Attempt, ...]) -> Ending:
        """Look again until the finding is gone, a bounded number of times."""
        last = attempts[-1]
        if last.error and last.error.code in last.action.beyond_reach:
            note = f"AWS says that this is not this account's to change ({last.error.code})."
            return Ending(finding, Outcome.NOTIFIED, UNKNOWN, attempts, notes=(note,))
        waits = () if last.error else VERIFY_WAITS_S
        failure = last.error or Failure("StillThere", "the finding is still there after the repair", "verify")
        for wait in (0.0, *waits):
            if wait and self._remaining_s() < RESERVE_S + wait:
                break
            self._pause(wait)
            seen = self._assess(self._naming(finding))
            if seen.unreadable:
                failure = last.error or seen.unreadable[0].error
                continue
            if not present(seen, finding.resource):
                failure = Failure("Gone", "the resource is gone by the time we look again", "verify")
                break
            if all(found.key != finding.key for found in seen.findings):
                restored = restored_at(seen, finding, attempts)
                notes = (
                    (f"{last.error.call} failed ({last.error.code}), yet the safeguard is on.",)
                    if last.error
                    else ()
                )
                return Ending(finding, Outcome.REMEDIATED, UNKNOWN, attempts, restored=restored, notes=notes)
        return Ending(finding, Outcome.FAILED, UNKNOWN, attempts, error=failure)

    def _assess(self, alarm: Alarm) -> Assessment:
        try:
            return self._assess_with(alarm, self._look)
        except AwsError as error:
            failure = error.failure
        except Exception as error:  # noqa: BLE001 - whatever an automation stumbles over must end in an outcome
            failure = Failure(type(error).__name__, str(error), f"assess:{self._settings.automation}")
        return Assessment(unreadable=(Unreadable(self._account(), failure),))

    def _left_off(self) -> Mapping[str, object]:
        """Return where the last sweep stopped. If nobody knows, this one begins at the beginning."""
        if self._stopped is None:
            try:
                item = self._table.get(*self._place)
            except AwsError:
                return {}
            self._stopped = item.content if item else {}
        return self._stopped

    def _leave_off(self, seen: Assessment) -> tuple[Failure, ...]:
        """Record where the next sweep goes on, unless both of them begin at the beginning."""
        if seen.left_off is None or not (seen.left_off or self._left_off()):
            return ()
        try:
            self._table.put(*self._place, seen.left_off)
        except AwsError as error:
            return (error.failure,)
        return ()

    @property
    def _place(self) -> tuple[str, str]:
        return f"{self._settings.automation}#sweep", "left-off"

    def _tampering(self, after: datetime) -> tuple[Mapping[str, object], ...]:
        from rearm.automations import names
        from rearm.responses import tampering

        return tampering(self._table, names(), after)

    def _naming(self, finding: Finding) -> Alarm:
        return Alarm(
            id="verify",
            door=Door.SWEEP,
            title="verify",
            account=finding.resource.account,
            region=finding.resource.region,
            resources=(finding.resource.arn,),
            about=finding.rule,
            named_by=finding.named_by,
        )

    def _is_own(self, alarm: Alarm) -> bool:
        return alarm.actor is not None and alarm.actor.role_arn == self._settings.role_arn

    def _pause(self, seconds: float) -> None:
        if seconds:
            self._aws.sleep(seconds)

    def _account(self) -> Resource:
        s = self._settings
        return Resource(
            f"arn:{s.partition}:iam::{s.account}:root", s.account, "AWS::::Account", s.account, s.region
        )


def _nothing_came_of(alarm: Alarm, seen: Assessment) -> bool:
    """Whether a call that AWS carried out has left no trace, perhaps because AWS does not show it yet."""
    if alarm.door is not Door.API or alarm.call is None or seen.unreadable:
        return False
    # Accounted for without a look at any resource: it is none that the automation guards.
    if seen.quiet and not seen.healthy and not seen.findings:
        return False
    return not _caused(alarm, seen)


def _caused(alarm: Alarm, seen: Assessment) -> bool:
    """Whether the alarm's call is one that leads to a finding that was seen."""
    return alarm.call is not None and any(alarm.call.name in finding.causes for finding in seen.findings)
