"""The Lambda: from the event to the response, the journal and the message."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from rearm.alarm import Door
from rearm.automations import load
from rearm.aws import Aws
from rearm.config_service import ask_again, report_compliance
from rearm.doors import NotAnAlarm, parse
from rearm.engine import Engine
from rearm.model import Failure, Mode, Outcome, Response
from rearm.report import journal, message, metrics, tell
from rearm.settings import Settings, from_environment


class LambdaContext(Protocol):
    """What Rearm uses of Lambda's context object.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds that are left before Lambda ends the function."""


class ResponseFailed(Exception):
    """Something about an alarm could not be done. Raised last, so that retries, queue and alarms see it."""


# Both outlive an invocation while the process is warm.
_aws = Aws()
_memory = tell.Memory()


def handle(event: object, context: LambdaContext) -> dict[str, object]:
    """Respond to one event; Lambda's entry point.

    Returns
    -------
    dict
        The id of the response and its outcomes, for whoever invoked the function by hand.

    Raises
    ------
    ConfigurationError
        The function's environment is not what the module writes.
    ResponseFailed
        At least one finding ended as failed, or telling failed; everything else has been done.
    """
    settings = from_environment()
    try:
        alarm = parse(event, settings, context.aws_request_id)
    except NotAnAlarm as reason:
        _write(journal.event_line(settings, "info", "ignored", str(reason), response=context.aws_request_id))
        return {"response": context.aws_request_id, "ignored": str(reason)}
    began = time.monotonic()
    available_s = context.get_remaining_time_in_millis() / 1000

    def remaining_s() -> float:
        return available_s - (time.monotonic() - began)

    engine = Engine(settings, _aws, load(settings.automation), _now, remaining_s)
    response = _with_config(engine.respond(alarm), settings)
    if alarm.door is Door.SWEEP:
        response = _with_sweep_duties(response, settings)
    _write(*journal.lines(response, settings), *metrics.lines(response, settings))
    untold = _tell(response, settings)
    failures = [*response.failures, *([untold] if untold else [])]
    if failures:
        raise ResponseFailed(f"response {alarm.id}: " + "; ".join(str(failure) for failure in failures))
    return {
        "response": alarm.id,
        "outcomes": [str(ending.outcome) for ending in response.endings] or [str(Outcome.COMPLIANT)],
    }


def _with_config(response: Response, settings: Settings) -> Response:
    """Answer Config where it asked, and ask its rules again where a repair made their verdict old."""
    problems = report_compliance(response, settings, _aws)
    asked: tuple[str, ...] = ()
    if settings.mode is Mode.REMEDIATE and _verdict_is_old(response):
        asked, failed = ask_again(response.alarm, settings, _aws)
        problems += failed
    return replace(response, problems=response.problems + problems, asked_again=asked)


def _verdict_is_old(response: Response) -> bool:
    if any(ending.outcome is Outcome.REMEDIATED for ending in response.endings):
        return True
    return response.alarm.door is Door.CONFIG and not response.endings


def _with_sweep_duties(response: Response, settings: Settings) -> Response:
    """Report expired exceptions and the number of subscribers: once a sweep."""
    now = _now()
    for entry in settings.exceptions:
        if entry.expired(now):
            text = f"exception {entry.name!r} expired on {entry.expires} and does not apply"
            _write(journal.event_line(settings, "warn", "exception-expired", text, exception=entry.name))
    line, failure = tell.count_subscribers(settings, _aws, now)
    _write(*([line] if line else []))
    return replace(response, problems=response.problems + ((failure,) if failure else ()))


def _tell(response: Response, settings: Settings) -> Failure | None:
    """Send the message, if there is one to send. A topic that fails is a failure of its own."""
    now = _now()
    try:
        if not _memory.worth_telling(response, now):
            return None
        failure = tell.publish(message.compose(response, settings), settings, _aws)
    except (
        Exception
    ) as error:  # the repair is done and journalled; a message that cannot be written is told so
        failure = Failure(type(error).__name__, traceback.format_exc(limit=3), "tell")
    if failure:
        _write(
            journal.event_line(settings, "error", "message-failed", str(failure), response=response.alarm.id)
        )
        return failure
    if not response.failures:
        _memory.remember(response, now)
    return None


def _write(*lines: Mapping[str, object]) -> None:
    for line in lines:
        sys.stdout.write(journal.encode(line) + "\n")
    sys.stdout.flush()


def _now() -> datetime:
    return datetime.now(UTC)
