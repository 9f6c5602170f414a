"""What Rearm says: the journal for machines, the metrics for alarms, Config's answer, people's message."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from rearm.alarm import Door
from rearm.aws import Aws, AwsError
from rearm.model import (
    Attributed,
    Ending,
    Failure,
    Finding,
    Mode,
    Outcome,
    Resource,
    Response,
    Severity,
)
from rearm.report import config, journal, message, metrics, tell
from rearm.report.news import REFUSALS
from rearm.responses import Responses
from rearm.settings import Settings
from rearm.table import Item, Table

# What has been told outlives an invocation while the process is warm.
memory = tell.Memory()


def report(response: Response, settings: Settings, aws: Aws, table: Table) -> tuple[Failure, ...]:
    """Say everything about one response, to everybody it concerns.

    The journal is written before the message is sent: a topic that hangs cannot take the record with it.

    Returns
    -------
    tuple
        Everything that failed, of the response and of saying it; the caller raises it.
    """
    now = datetime.now(UTC)
    responses = Responses(table, settings)
    sweep = response.alarm.door is Door.SWEEP
    response = _tried(lambda done: _with_history(done, responses, now), response)
    refusals: list[Item] = []
    if sweep:
        response = _tried(lambda done: _with_refusals(done, responses, settings, refusals, now), response)
        response = _with_sweep_duties(response, settings, aws)
    response = _with_config(response, settings, aws)
    lasting = _is_lasting(response)
    if lasting:
        response = _tried(lambda done: _recorded(done, responses, now), response)
    _write(
        *journal.lines(response, settings),
        *journal.baselines(response, settings),
        *metrics.lines(response, settings),
        *([metrics.heartbeat(settings, now)] if sweep else []),
    )
    told, untold = _tell(response, settings, aws, responses, now)
    after = replace(response, problems=())
    if told and not lasting:
        after = _tried(lambda done: _recorded(done, responses, now), after)
    if refusals and not untold:
        after = _tried(lambda done: _summed_up(done, responses, refusals, now), after)
    _write(
        *(_failure_line("message-failed", failure, response, settings) for failure in untold),
        *(_failure_line("record-failed", failure, response, settings) for failure in after.problems),
    )
    return (*response.failures, *untold, *after.problems)


def ignored(reason: str, request_id: str, settings: Settings) -> None:
    """Write the one line about an event that opens no door."""
    _write(journal.event_line(settings, "info", "ignored", reason, response=request_id))


def _tried(step: Callable[[Response], Response], response: Response) -> Response:
    """Take a step that needs the table; where that does not answer, the response says so and goes on."""
    try:
        return step(response)
    except AwsError as error:
        return replace(response, problems=(*response.problems, error.failure))


def _with_history(response: Response, responses: Responses, now: datetime) -> Response:
    """Add what the table knows of before: earlier repairs, and the number of denied attempts."""
    if not response.alarm.denied:
        return responses.with_earlier(response, now)
    number = responses.refused(response.alarm, now)
    note = f"Attempt number {number} of this actor in this hour; more are counted and summed up later."
    endings = tuple(replace(ending, notes=(*ending.notes, note)) for ending in response.endings)
    return replace(response, endings=endings)


def _with_refusals(
    response: Response, responses: Responses, settings: Settings, found: list[Item], now: datetime
) -> Response:
    """Sum up the denied attempts of hours that are over: one was told, the others only counted.

    Parameters
    ----------
    found
        Gets the items that hold the numbers.
    """
    found += responses.refusals(now)
    account = f"arn:{settings.partition}:iam::{settings.account}:root"
    resource = Resource(account, settings.account, "AWS::::Account", settings.account, settings.region)
    endings = []
    for item in found:
        who, hour = item.content.get("actor", "somebody"), item.content.get("hour", "")
        said = f"AWS denied {item.count} attempts of {who} in the hour from {hour}:00 UTC, first"
        finding = Finding(
            rule=REFUSALS,
            resource=resource,
            problem=f"{said} {item.content.get('call', 'a call')}.",
            severity=Severity.MEDIUM,
        )
        endings.append(Ending(finding, Outcome.NOTIFIED, Attributed("not-asked")))
    return replace(response, endings=(*response.endings, *endings))


def _is_lasting(response: Response) -> bool:
    """Whether a response is recorded in any case: something was done or tried, or somebody made a call.

    A sweep that finds again what stands is recorded only when people are reminded of it.
    """
    if response.alarm.call is not None:
        return not (response.own or response.quiet) or bool(response.endings)
    return any(ending.attempts or ending.outcome is Outcome.FAILED for ending in response.endings)


def _summed_up(response: Response, responses: Responses, refusals: Sequence[Item], now: datetime) -> Response:
    responses.summed_up(refusals, now)
    return response


def _recorded(response: Response, responses: Responses, now: datetime) -> Response:
    responses.record(response, now)
    return response


def _with_config(response: Response, settings: Settings, aws: Aws) -> Response:
    """Answer Config where it asked, and ask its rules again where a repair made their verdict old."""
    problems = config.report_compliance(response, settings, aws)
    asked: tuple[str, ...] = ()
    if settings.mode is Mode.REMEDIATE:
        asked, failed = config.ask_again(response.alarm if _verdict_is_old(response) else None, settings, aws)
        problems += failed
    return replace(response, problems=response.problems + problems, asked_again=asked)


def _verdict_is_old(response: Response) -> bool:
    # Also where the repair could not be verified: AWS has taken the call.
    for ending in response.endings:
        if ending.outcome is Outcome.REMEDIATED or any(attempt.error is None for attempt in ending.attempts):
            return True
    return response.alarm.door is Door.CONFIG and not response.endings


def _with_sweep_duties(response: Response, settings: Settings, aws: Aws) -> Response:
    """Report expired exceptions and the number of subscribers: once a sweep."""
    now = datetime.now(UTC)
    for entry in settings.exceptions:
        if entry.expired(now):
            text = f"exception {entry.name!r} expired on {entry.expires} and does not apply"
            _write(journal.event_line(settings, "warn", "exception-expired", text, exception=entry.name))
    line, failure = tell.count_subscribers(settings, aws, now)
    _write(*([line] if line else []))
    return replace(response, problems=response.problems + ((failure,) if failure else ()))


def _tell(
    response: Response, settings: Settings, aws: Aws, responses: Responses, now: datetime
) -> tuple[bool, tuple[Failure, ...]]:
    """Send the message, if there is one to send. A topic that fails is a failure of its own.

    Returns
    -------
    tuple
        Whether there was something to tell, and what failed.
    """
    teller = tell.Teller(memory, responses, lambda owed: tell.publish(owed, settings, aws))
    told = False

    def compose(failed: Sequence[Failure]) -> message.Message:
        return message.compose(replace(response, problems=(*response.problems, *failed)), settings)

    try:
        told, failures = teller.tell(response, compose, now)
    except Exception as error:  # noqa: BLE001 - the repair is done and journalled; this must end in words too
        failures = (Failure(type(error).__name__, traceback.format_exc(limit=3), "tell"),)
    return told, failures


def _failure_line(
    action: str, failure: Failure, response: Response, settings: Settings
) -> Mapping[str, object]:
    line = journal.event_line(settings, "error", action, str(failure), response=response.alarm.id)
    return {**line, "error": {"code": failure.code, "message": str(failure)}}


def _write(*lines: Mapping[str, object]) -> None:
    for line in lines:
        sys.stdout.write(journal.encode(line) + "\n")
    sys.stdout.flush()
