"""What Rearm says: the journal for machines, the metrics for alarms, Config's answer, people's message."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from rearm.alarm import Door
from rearm.aws import Aws
from rearm.model import Failure, Mode, Outcome, Response
from rearm.report import config, journal, message, metrics, tell
from rearm.settings import Settings

# What has been told outlives an invocation while the process is warm.
memory = tell.Memory()


def report(response: Response, settings: Settings, aws: Aws) -> tuple[Failure, ...]:
    """Say everything about one response, to everybody it concerns.

    The journal is written before the message is sent: a topic that hangs cannot take the record with it.

    Returns
    -------
    tuple
        Everything that failed, of the response and of saying it; the caller raises it.
    """
    response = _with_config(response, settings, aws)
    if response.alarm.door is Door.SWEEP:
        response = _with_sweep_duties(response, settings, aws)
    _write(*journal.lines(response, settings), *metrics.lines(response, settings))
    untold = _tell(response, settings, aws)
    return (*response.failures, *((untold,) if untold else ()))


def ignored(reason: str, request_id: str, settings: Settings) -> None:
    """Write the one line about an event that opens no door."""
    _write(journal.event_line(settings, "info", "ignored", reason, response=request_id))


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


def _tell(response: Response, settings: Settings, aws: Aws) -> Failure | None:
    """Send the message, if there is one to send, and what could not be sent before.

    A topic that fails is a failure of its own.
    """
    now = datetime.now(UTC)
    try:
        if memory.worth_telling(response, now):
            memory.owe(message.compose(response, settings), response, now)
        failure = memory.pay(lambda owed: tell.publish(owed, settings, aws))
    except Exception as error:  # noqa: BLE001 - the repair is done and journalled; this must end in words too
        failure = Failure(type(error).__name__, traceback.format_exc(limit=3), "tell")
    if failure:
        line = journal.event_line(
            settings, "error", "message-failed", str(failure), response=response.alarm.id
        )
        _write(line)
    return failure


def _write(*lines: Mapping[str, object]) -> None:
    for line in lines:
        sys.stdout.write(journal.encode(line) + "\n")
    sys.stdout.flush()
