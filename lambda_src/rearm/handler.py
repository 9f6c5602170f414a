"""The Lambda: from the event to the response, the journal and the message.

What reports is imported after the repair: a cold start repairs first.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

from rearm.automations import load
from rearm.aws import Aws
from rearm.doors import NotAnAlarmError, parse
from rearm.engine import Engine
from rearm.model import Outcome
from rearm.settings import from_environment
from rearm.table import Table


class LambdaContext(Protocol):
    """What Rearm uses of Lambda's context object.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds that are left before Lambda ends the function."""


class ResponseFailedError(Exception):
    """Something about an alarm could not be done. Raised last, so that retries, queue and alarms see it."""


# The clients outlive an invocation while the process is warm.
_aws = Aws()


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
    ResponseFailedError
        At least one finding ended as failed, or telling failed; everything else has been done.
    """
    settings = from_environment()
    began, available_s = time.monotonic(), context.get_remaining_time_in_millis() / 1000
    try:
        alarm = parse(event, settings, context.aws_request_id)
    except NotAnAlarmError as reason:
        from rearm.report import ignored

        ignored(str(reason), context.aws_request_id, settings)
        return {"response": context.aws_request_id, "ignored": str(reason)}

    def remaining_s() -> float:
        return available_s - (time.monotonic() - began)

    with _aws.within(remaining_s):
        table = Table(_aws, settings.table, settings.region)
        engine = Engine(settings, _aws, load(settings.automation), table, _now, remaining_s)
        response = engine.respond(alarm)

        from rearm.report import report

        failures = report(response, settings, _aws, table)
    if failures:
        raise ResponseFailedError(f"response {alarm.id}: " + "; ".join(str(failure) for failure in failures))
    outcomes = [str(ending.outcome) for ending in response.endings] or [str(Outcome.COMPLIANT)]
    return {"response": alarm.id, "outcomes": outcomes}


def _now() -> datetime:
    return datetime.now(UTC)
