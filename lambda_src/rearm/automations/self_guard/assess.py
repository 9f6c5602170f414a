"""What is wrong with Rearm's own parts. Only reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rearm.alarm import Alarm
from rearm.automations import Look
from rearm.automations.self_guard.declarations import fresh, judge
from rearm.automations.self_guard.deployment import Declared, Progress, parameter_arn, read_declared
from rearm.automations.self_guard.inventory import CHECKS, names_of, parts_of, service_of
from rearm.automations.self_guard.parts import Deviation, Kind, Part
from rearm.aws import AwsError, malformed
from rearm.baselines import uncompared
from rearm.model import Assessment, Baseline, Failure, Finding, Healthy, Resource, Unreadable

# Terraform takes away what it no longer declares before it writes the declaration: what is missing is looked
# for again after so many seconds, before it is called deleted.
PATIENCE_S = 15.0
# Calls that take nothing away: where nothing is wrong afterwards, there is nothing to tell.
HARMLESS = ("AddPermission", "Put", "Set", "Update")
# Calls that may have led to a finding, and are made for many other reasons.
ALSO = {"rule-disabled": ("PutRule",), "alarm-silenced": ("PutMetricAlarm",)}


@dataclass(frozen=True, eq=False, repr=False)
class Seen:
    """One part that was looked at."""

    part: Part
    declared: Declared
    deviations: tuple[Deviation, ...] = ()
    error: AwsError | None = None

    @property
    def counting(self) -> tuple[Deviation, ...]:
        """The deviations that count, as far as Terraform has got."""
        return tuple(one for one in self.deviations if _counts(one, self.declared))


@dataclass(frozen=True, eq=False, repr=False)
class Scope:
    """What an alarm is about: everything, or the parts that it names."""

    alarm: Alarm

    @property
    def everything(self) -> bool:
        """Whether all parts are looked at."""
        return self.alarm.call is None and not self.alarm.resources

    def has(self, part: Part) -> bool:
        """Whether a part is looked at."""
        if self.everything:
            return True
        if self.alarm.about is not None:
            return part.arn in self.alarm.resources
        service = service_of(self.alarm)
        return service in (None, part.service) and any(part.is_named(name) for name in names_of(self.alarm))

    def has_declaration(self, declared: Declared, look: Look) -> bool:
        """Whether a declaration itself is looked at."""
        if self.everything:
            return True
        names = (declared.parameter, f"{declared.parameter}/deployed")
        named = {*names, *(parameter_arn(look, name) for name in names)}
        return any(name in named for name in names_of(self.alarm))


def assess(alarm: Alarm, look: Look) -> Assessment:
    """Look at the parts that the alarm names, or at all of them.

    Events of the whole account may come: what does not carry the deployment's name ends without a call.

    Returns
    -------
    Assessment
        Each part is healthy, has findings, or could not be read; so is each declaration that was looked at.
    """
    scope = Scope(alarm)
    if not scope.everything and not any(look.name in name for name in names_of(alarm)):
        return Assessment(quiet=True)
    seen, declared, problems = _look(scope, look)
    passing = frozenset(one.part.arn for one in seen if _may_pass(one))
    if alarm.about is None and passing:
        look.aws.sleep(PATIENCE_S)
        again, declared, problems = _look(scope, look, passing)
        seen = _merged(seen, again, declared)
    return _assessment(scope, look, seen, declared, problems)


def _look(
    scope: Scope, look: Look, only: frozenset[str] | None = None
) -> tuple[tuple[Seen, ...], tuple[Declared, ...], tuple[Failure, ...]]:
    remembered, problems = _remembered(look)
    declared = read_declared(look, remembered)
    parts: list[tuple[Part, Declared]] = []
    unknown: list[Seen] = []
    for one in declared:
        if one.progress is Progress.REMOVED:
            continue
        try:
            # At the end of a deployment everything that it was about is looked at.
            ended = one.progress is Progress.SETTLED and scope.has_declaration(one, look)
            named = [part for part in parts_of(one, look) if ended or scope.has(part)]
            parts += [(part, one) for part in named if only is None or part.arn in only]
        except (KeyError, TypeError, AttributeError) as error:
            if one.counts:
                unknown.append(Seen(_unknown(one, look), one, error=_not_this_version(one, error)))
    return (*look.aws.each(lambda pair: _check(*pair, look), parts), *unknown), declared, problems


def _remembered(look: Look) -> tuple[Mapping[str, Baseline], tuple[Failure, ...]]:
    try:
        return look.baselines(), ()
    except AwsError as error:
        account = Resource("", "What is declared of Rearm", "", look.account, look.region)
        return {}, (uncompared(account, error),)


def _check(part: Part, declared: Declared, look: Look) -> Seen:
    try:
        return Seen(part, declared, tuple(CHECKS[part.service](part, look)))
    except AwsError as error:
        return Seen(part, declared, error=error)
    except (KeyError, TypeError, AttributeError) as error:
        return Seen(part, declared, error=_not_this_version(declared, error))


def _may_pass(seen: Seen) -> bool:
    """Whether what was seen may be gone in a moment, since Terraform is about to declare it."""
    return any(one.kind in (Kind.MISSING, Kind.TOLD) for one in seen.counting)


def _merged(seen: Sequence[Seen], again: Sequence[Seen], declared: Sequence[Declared]) -> tuple[Seen, ...]:
    """Return what was seen, with what was seen again in the place of what may have passed.

    What is fine is not looked at again, nor what did not answer: the time for the repairs would be gone.
    """
    now = {one.parameter: one for one in declared}
    rest = [one for one in seen if not _may_pass(one) and one.declared.parameter in now]
    known = {one.part.arn for one in rest}
    kept = (replace(one, declared=now[one.declared.parameter]) for one in rest)
    return (*(one for one in again if one.part.arn not in known), *kept)


def _counts(deviation: Deviation, declared: Declared) -> bool:
    if deviation.kind is Kind.OFF:
        return True
    return declared.whole if deviation.kind is Kind.MISSING else declared.counts


def _assessment(
    scope: Scope,
    look: Look,
    seen: Sequence[Seen],
    declared: Sequence[Declared],
    problems: tuple[Failure, ...],
) -> Assessment:
    findings: list[Finding] = []
    healthy: list[Healthy] = []
    unreadable: list[Unreadable] = []
    for one in seen:
        # A deployment that has ended left everything as it is declared: no call before it is to blame.
        after = one.declared.changed if one.declared.progress is Progress.SETTLED else None
        found = [replace(deviation.finding, after=after) for deviation in one.counting]
        findings += found
        if one.error:
            unreadable.append(Unreadable(one.part.resource(look), one.error.failure))
        elif not found:
            healthy.append(Healthy(one.part.resource(look)))
    named = [one for one in declared if scope.has_declaration(one, look)]
    judged = [judge(one, look, scope.alarm, comparable=not problems) for one in named]
    for verdict in judged:
        findings += verdict.findings
    # The engine looks a second time where a call has left something healthy: AWS may not show it yet.
    in_time = _is_in_time(scope.alarm, [*(one.declared for one in seen), *named])
    return Assessment(
        findings=tuple(_by_this_call(finding, scope.alarm) for finding in findings),
        healthy=() if in_time and not findings else tuple(healthy),
        unreadable=tuple(unreadable),
        learned=tuple(learned for verdict in judged for learned in verdict.learned),
        problems=problems,
        quiet=_is_quiet(scope.alarm, look, seen, named),
    )


def _is_quiet(alarm: Alarm, look: Look, seen: Sequence[Seen], named: Sequence[Declared]) -> bool:
    """Whether a call after which nothing is wrong need not be told.

    It touched nothing of Rearm, took nothing away, or came with a deployment.
    """
    if alarm.call is None or (not seen and not named):
        return True
    if alarm.call.name.startswith(HARMLESS):
        return True
    moment = alarm.call.time or look.now()
    return any(fresh(one, look, moment) for one in (*(part.declared for part in seen), *named))


def _is_in_time(alarm: Alarm, touched: Sequence[Declared]) -> bool:
    """Whether a call was made before a deployment ended: then all is looked at in any case."""
    if alarm.call is None:
        return False
    moment = alarm.call.time
    return all(
        one.progress in (Progress.UNDER_WAY, Progress.REMOVING)
        or (moment and one.changed and moment <= one.changed)
        for one in touched
    )


def _by_this_call(finding: Finding, alarm: Alarm) -> Finding:
    """Let the alarm's call be a cause where it can be one.

    CloudTrail may give its name another version than is known here; or it is one of which Terraform's own
    calls must not be taken for the cause, so that the event history is not asked for it.
    """
    if alarm.call is None or alarm.call.name in finding.causes:
        return finding
    name = alarm.call.name
    possible = any(name.startswith(cause) for cause in finding.causes) or name in ALSO.get(finding.rule, ())
    return replace(finding, causes=(name, *finding.causes)) if possible else finding


def _unknown(declared: Declared, look: Look) -> Part:
    arn = parameter_arn(look, declared.parameter)
    return Part("ssm", "AWS::SSM::Parameter", declared.parameter, arn, {}, {})


def _not_this_version(declared: Declared, error: Exception) -> AwsError:
    what = f"the declaration {declared.parameter} is not of this version of the module ({error!r})"
    return malformed("ssm", "GetParametersByPath", what)
