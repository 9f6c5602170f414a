"""The message: what a person reads, on a phone, when something happened."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rearm.alarm import Actor, Call, Door
from rearm.model import Action, Attributed, Ending, Outcome, Response, Severity
from rearm.report.text import ascii_subject, one_line, untrusted
from rearm.settings import Settings

# SNS takes 256 KB; a person does not.
BODY_LIMIT = 60_000
# Services that the command line calls otherwise than boto3.
COMMANDS = {"config": "configservice", "s3": "s3api"}
# More repairs of the last hour than these are counted, not listed.
MOST_EARLIER = 20
# From the loudest to the quietest: the message and its attributes speak of the first.
LOUDNESS = (
    Outcome.FAILED,
    Outcome.REFUSED,
    Outcome.REMEDIATED,
    Outcome.NOTIFIED,
    Outcome.EXCEPTED,
    Outcome.COMPLIANT,
)


@dataclass(frozen=True)
class Message:
    """One SNS message; `attributes` are strings that subscriptions can filter by."""

    subject: str
    body: str
    attributes: Mapping[str, str]


def compose(response: Response, settings: Settings) -> Message:
    """Write the message of one response."""
    endings = sorted(response.endings, key=_loudness)
    body = "\n".join(_body(response, endings, settings))
    if len(body) > BODY_LIMIT:
        body = body[:BODY_LIMIT] + "\n… cut. The journal has the rest."
    body = "\n".join((body, *_where(response, settings)))
    severity = severity_of(response)
    account = endings[0].finding.resource.account if endings else response.alarm.account
    return Message(
        subject=_subject(response, endings, severity, settings),
        body=body,
        attributes={
            "automation": settings.automation,
            "outcome": str(outcome_of(response)),
            "severity": severity.label,
            "account": one_line(account) or "unknown",
        },
    )


def outcome_of(response: Response) -> Outcome:
    """Return the loudest outcome of a response."""
    if response.problems and not response.endings:
        return Outcome.FAILED
    return min((e.outcome for e in response.endings), key=LOUDNESS.index, default=Outcome.COMPLIANT)


def severity_of(response: Response) -> Severity:
    """Return the highest severity; a call that changed nothing any more is LOW, a lone problem HIGH."""
    least = Severity.HIGH if response.problems else Severity.LOW
    return max((ending.severity for ending in response.endings), default=least)


def command(action: Action) -> str:
    """Return an action as the command line a person would type."""
    words = ["aws", COMMANDS.get(action.service, action.service), _kebab(action.operation)]
    for key, value in action.parameters.items():
        if isinstance(value, bool):
            words.append(f"--{'' if value else 'no-'}{_kebab(key)}")
        else:
            words += [f"--{_kebab(key)}", value if isinstance(value, str) else json.dumps(value, default=str)]
    return shlex.join(one_line(word, 2000) for word in [*words, "--region", action.region])


def _kebab(name: str) -> str:
    """Return a name as the command line has it: ``ModifyDBInstance`` becomes ``modify-db-instance``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def _subject(response: Response, endings: list[Ending], severity: Severity, settings: Settings) -> str:
    if not endings:
        # The call is named by AWS, but an event can be forged by whoever may invoke the function.
        what = f"{untrusted(response.alarm.title, 40)} {outcome_of(response)}"
        return ascii_subject(f"[{settings.name}] {severity.label} {settings.automation}: {what}")
    first = endings[0]
    tail = f" after {_seconds(first.seconds)}" if first.seconds is not None else ""
    more = f" (+{len(endings) - 1})" if len(endings) > 1 else ""
    again = f", {_ordinal(len(first.earlier) + 1)} time within an hour" if first.earlier else ""
    start = f"[{settings.name}] {severity.label} {settings.automation}: "
    end = f" {first.outcome}{tail}{again}{more}"
    name = untrusted(first.finding.resource.name, max(8, 100 - len(start) - len(end)))
    return ascii_subject(start + ascii_subject(name, max(8, 100 - len(start) - len(end))) + end)


def _body(response: Response, endings: list[Ending], settings: Settings) -> Iterator[str]:
    for number, ending in enumerate(endings):
        if number:
            yield "\n----------\n"
        yield from _ending(ending, response, settings)
    if not endings:
        yield from _without_findings(response)
    for note in response.notes:
        yield f"\nNote: {untrusted(note, 500)}"
    for problem in response.problems:
        yield f"\nFailed beside it: {untrusted(problem, 500)}"


def _where(response: Response, settings: Settings) -> Iterator[str]:
    yield ""
    yield f"Automation: {settings.title} ({settings.automation}, mode {settings.mode})"
    yield f"Arrived by: {_door(response)}"
    yield f"In the logs: {untrusted(response.alarm.id)}"
    yield f'  filter rearm.response = "{untrusted(response.alarm.id)}"'


def _without_findings(response: Response) -> Iterator[str]:
    alarm = response.alarm
    title = untrusted(alarm.title)
    yield "WHAT HAPPENED"
    called = f"{title} was called, and nothing is left to put right."
    yield called if alarm.call else f"Nothing to put right ({title})."
    yield from (f"Resource: {untrusted(name)}" for name in alarm.resources)
    yield f"Account: {untrusted(alarm.account)}"
    yield f"Region: {untrusted(alarm.region)}"
    if alarm.call:
        told = Attributed("event", alarm.actor, alarm.call.name, alarm.call.time, alarm.call.id)
        yield from _who(told)


def _ending(ending: Ending, response: Response, settings: Settings) -> Iterator[str]:
    finding, resource = ending.finding, ending.finding.resource
    yield f"{ending.outcome.upper()} - {ending.severity.label}"
    yield ""
    yield "WHAT HAPPENED"
    yield untrusted(finding.problem, 1500)
    call, actor = ending.attributed.call_name, ending.attributed.actor
    if call and actor:
        yield f"{untrusted(call)} was called by {untrusted(_name(actor))}."
    if ending.error:
        yield f"Error: {untrusted(ending.error, 500)}"
    for note in ending.notes:
        yield untrusted(note, 500)
    yield ""
    yield f"{_kind(resource.type)}: {untrusted(resource.name)}"
    yield f"ARN: {untrusted(resource.arn, 500)}"
    yield f"Account: {untrusted(resource.account)}"
    yield f"Region: {untrusted(resource.region)}"
    yield ""
    yield "WHO"
    yield from _who(ending.attributed)
    if response.alarm.call and ending.attributed.event_id != response.alarm.call.id:
        yield from _led_here(response.alarm.call, response.alarm.actor)
    yield ""
    yield from _times(ending)
    yield from _before(ending)
    yield from _done(ending, response, settings)
    yield from _undo(ending, response, settings)
    left = [*finding.advice, *_left(ending)]
    if left:
        yield ""
        yield "LEFT TO DO"
        yield from (f"- {untrusted(line, 600)}" for line in left)


def _who(attributed: Attributed) -> Iterator[str]:
    if attributed.how == "unanswered":
        if attributed.failure:
            yield f"Unknown: CloudTrail's event history could not be asked ({untrusted(attributed.failure)})."
        else:
            yield "Unknown: CloudTrail's event history does not say (it lags by minutes)."
        yield "No exception for an actor was applied."
        return
    actor = attributed.actor
    if actor is None:
        yield "Unknown: " + (
            "the event names nobody." if attributed.how == "event" else "no call is behind this."
        )
        return
    yield f"Actor: {untrusted(_name(actor))}"
    if actor.role_arn:
        yield f"Role: {untrusted(actor.role_arn)}"
    if actor.session_name:
        yield f"Session: {untrusted(actor.session_name)} (chosen by the caller)"
    elif actor.arn:
        yield f"Identity: {untrusted(actor.arn)}"
    if actor.invoked_by:
        yield f"Invoked by: {untrusted(actor.invoked_by)}"
    yield f"MFA: {'not recorded' if actor.mfa is None else 'yes' if actor.mfa else 'no'}"
    yield f"Source IP: {untrusted(actor.source_ip or 'not recorded')}"
    yield f"User agent: {untrusted(actor.user_agent or 'not recorded')}"
    if attributed.how == "lookup":
        yield "Found in CloudTrail's event history."


def _led_here(call: Call, actor: Actor | None) -> Iterator[str]:
    """Tell of the call that made Rearm look, where it is not the one behind the finding."""
    by = f" by {untrusted(actor.identity_arn or _name(actor))}" if actor else ""
    at = f" at {_time(call.time)}" if call.time else ""
    yield f"What made Rearm look: {untrusted(call.name)}{by}{at}"


def _name(actor: Actor) -> str:
    if actor.type == "Root":
        return "the root user"
    if actor.type == "AWSService":
        return actor.invoked_by or "an AWS service"
    return (
        f"{actor.user_name or actor.arn or actor.principal_id or actor.account or 'unnamed'} ({actor.type})"
    )


def _times(ending: Ending) -> Iterator[str]:
    call_time, since = ending.attributed.call_time, ending.finding.since
    if call_time:
        yield f"Call: {untrusted(ending.attributed.call_name)} at {_time(call_time)}"
    if since and since != call_time:
        yield f"Safeguard off since: {_time(since)}"
    if ending.restored is None and since and ending.outcome is not Outcome.COMPLIANT:
        yield "Still off when this was written."
    if ending.restored:
        yield f"Repair: {_time(ending.restored)}"
        off = "unknown, AWS has no time for the stop" if ending.seconds is None else _seconds(ending.seconds)
        yield f"Without the safeguard: {off}"


def _done(ending: Ending, response: Response, settings: Settings) -> Iterator[str]:
    yield ""
    if ending.attempts:
        yield "WHAT WAS DONE"
        for attempt in ending.attempts:
            yield _safe_command(attempt.action)
            yield f"  {'failed' if attempt.error else 'succeeded'} at {_time(attempt.at)}"
        return
    actions = ending.finding.actions
    if ending.outcome is Outcome.REFUSED:
        yield "WHAT WOULD BE DONE (nothing was changed: refused, see above)"
        yield from (_safe_command(action) for action in actions)
        return
    if not actions:
        yield "Nothing was changed: there is no repair that Rearm may make here."
        return
    why = f"exception {ending.exception!r}" if ending.exception else f"mode {settings.mode}"
    why = "a sample" if response.alarm.sample else why
    yield f"WHAT WOULD BE DONE (nothing was changed: {why})"
    for action in actions:
        yield _safe_command(action)


def _before(ending: Ending) -> Iterator[str]:
    """List the repairs of the same resource within the hour before, and the time without it in all."""
    if not ending.earlier:
        return
    yield ""
    yield f"REPEATED: {_ordinal(len(ending.earlier) + 1)} time within an hour"
    for one in ending.earlier[-MOST_EARLIER:]:
        by = f" by {untrusted(one.actor)}" if one.actor else ""
        off = f", {_seconds(one.seconds)} without it" if one.seconds is not None else ""
        yield f"- {_time(one.at)}: {untrusted(one.rule)} {untrusted(one.outcome)}{by}{off}"
    spans = [*(one.seconds for one in ending.earlier), ending.seconds]
    seconds = [span for span in spans if span is not None]
    if seconds:
        yield f"Without the safeguard in all: {_seconds(sum(seconds))}"
    yield "Rearm goes on putting it right. Stop whoever does it."


def _undo(ending: Ending, response: Response, settings: Settings) -> Iterator[str]:
    """Say how to take a repair back or, where it has no undo, how to allow the change instead."""
    if ending.outcome is not Outcome.REMEDIATED:
        return
    undos = [a.action.undo for a in reversed(ending.attempts) if a.error is None and a.action.undo]
    yield ""
    if undos:
        yield "HOW TO UNDO IT"
        yield "If this was meant to be, with your own credentials, in a checkout of the module:"
        yield f"  make undo NAME={settings.name} ID={untrusted(response.alarm.id)}"
        yield "It gives an exception for a day first, or Rearm puts it right again, and then calls:"
        for undo in undos:
            yield _safe_command(undo)
        yield "To allow it for longer:"
    else:
        yield "HOW TO ALLOW IT"
        yield "This repair has no undo. If the change is meant to be, give an exception, then make it again:"
    yield f'  exceptions = {{ NAME = {{ match = {{ resource = "{untrusted(ending.finding.resource.name)}" }},'
    yield '    reason = "WHY", expires = "YYYY-MM-DD" } }'


def _left(ending: Ending) -> Iterator[str]:
    if ending.outcome is Outcome.FAILED:
        yield "Put it right by hand. Lambda tries again twice; then the event waits in the failure queue."
    if ending.outcome is Outcome.REMEDIATED:
        yield "Find out whether the call was meant to be; if not, treat the identity as compromised."
    if ending.outcome is Outcome.REFUSED:
        yield "Do it by hand now if it is right, with the commands above: whoever it is about goes on."


def _safe_command(action: Action) -> str:
    return untrusted(command(action), 2000)


def _door(response: Response) -> str:
    alarm = response.alarm
    names = {
        Door.API: f"API event {untrusted(alarm.title)}",
        Door.CONFIG: f"Config: {untrusted(alarm.title)}",
        Door.CUSTOM_RULE: f"custom Config rule, {untrusted(alarm.title)}",
        Door.SWEEP: "sweep",
        Door.SIGN_IN: f"sign-in event {untrusted(alarm.title)}",
        Door.GUARDDUTY: f"GuardDuty: {untrusted(alarm.title)}",
        Door.SECURITY_HUB: f"Security Hub: {untrusted(alarm.title)}",
        Door.CLOUDWATCH: f"CloudWatch alarm {untrusted(alarm.title)}",
        Door.NOTICE: f"event of AWS, {untrusted(alarm.title)}",
    }
    return names[alarm.door]


def _kind(resource_type: str) -> str:
    last = resource_type.rpartition("::")[2]
    return last if last and last != "unknown" else "Resource"


def _time(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 10 or seconds == int(seconds) else f"{seconds:.1f} s"


def _ordinal(number: int) -> str:
    """Return a number as it stands in a row: 2nd, 3rd, 11th."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}th" if number % 100 in (11, 12, 13) else f"{number}{ending}"


def _loudness(ending: Ending) -> tuple[int, int]:
    return LOUDNESS.index(ending.outcome), -int(ending.severity)
