"""What happens on AWS on this machine, told as it happens: events, rules, calls, mails."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.demo.screen import Screen
from tests.local_aws import LocalAws
from tests.local_aws.calls import FunctionCall
from tests.local_aws.functions import Invocation
from tests.local_aws.subscriptions import Message
from tests.local_aws.timeline import Entry

SCHEDULED = "Scheduled Event"
CHANGED = "Config Rules Compliance Change"


class Watch:
    """Shows what belongs to the story and leaves out what only prepares it.

    Parameters
    ----------
    aws
        What to watch.
    screen
        Where to show it.
    """

    def __init__(self, aws: LocalAws, screen: Screen) -> None:
        self._screen = screen
        self._lock = threading.Lock()
        self._shown = False
        self._since: datetime | None = None
        aws.timeline.listen(self._hear)

    def begin(self) -> None:
        """Show what happens from now on; times count from the first thing that is shown."""
        with self._lock:
            self._shown, self._since = True, None

    def end(self) -> None:
        """Show nothing any more."""
        with self._lock:
            self._shown = False

    def _hear(self, entry: Entry) -> None:
        told = _told(entry)
        with self._lock:
            if told is None or not self._shown:
                return
            self._since = self._since or entry.at
            seconds = (entry.at - self._since).total_seconds()
        self._screen.entry(f"+{seconds:.2f} s", *told)


def _told(entry: Entry) -> tuple[str, str] | None:
    """Return kind and text of an entry, None for one that is not shown."""
    detail: Mapping[str, Any] = entry.detail
    if entry.kind == "call":
        return _call(detail["record"])
    if entry.kind == "rule":
        due = detail["event"]["detail-type"] == SCHEDULED
        return "rule", f"{detail['rule']} {'is due' if due else 'matches'}, its target is the function"
    if entry.kind == "event":
        return _event(detail["event"])
    if entry.kind == "function-call":
        return _function_call(detail["call"])
    if entry.kind == "message":
        message: Message = detail["message"]
        return "mail", f"to {', '.join(one for one in message.recipients if '@' in one) or 'nobody'}"
    if entry.kind == "invocation":
        run: Invocation = detail["invocation"]
        how = "failed" if run.error else "ended well"
        start = "with its cold start" if run.cold else "warm"
        return "function", f"{run.function} {how} after {run.seconds:.2f} s, {start}"
    if entry.kind == "config":
        return "config", entry.text
    if entry.kind in ("undelivered", "problem"):
        return entry.kind, entry.text
    return None


def _call(record: Mapping[str, Any]) -> tuple[str, str] | None:
    """Tell of the calls by people on trails; those of the function are told with their verdict."""
    identity = record["userIdentity"]
    role = identity.get("sessionContext", {}).get("sessionIssuer", {}).get("userName")
    if role == "local-admin" or record["eventSource"] != "cloudtrail.amazonaws.com":
        return None
    if record["eventName"] == "StartLogging":
        return None
    parameters = record.get("requestParameters") or {}
    name = parameters.get("name") or parameters.get("trailName", "")
    who = (
        f"session {identity['arn'].rpartition('/')[2]} of role {role}"
        if role
        else f"user {identity['userName']}"
    )
    return "call", f"{record['eventName']} on {str(name).rpartition('/')[2]}, by {who}"


def _event(event: Mapping[str, Any]) -> tuple[str, str] | None:
    kind, detail = event["detail-type"], event["detail"]
    if kind == CHANGED:
        result = detail["newEvaluationResult"]["complianceType"]
        return "event", f"{event['source']}: {kind}: {detail['configRuleName']} is {result}"
    if detail.get("eventName") == "StopLogging":
        return "event", f"{event['source']}: {kind}: {detail['eventName']}"
    return None


def _function_call(call: FunctionCall) -> tuple[str, str] | None:
    if call.caller == "lambda":
        return None
    resources = ", ".join(_short(arn) for arn in call.resources)
    on = "" if resources == "*" else f" on {resources}"
    verdict = "allowed" if call.decision.allowed else "DENIED"
    return verdict, f"{call.action}{on}"


def _short(arn: str) -> str:
    return arn.split(":", 5)[5] if arn.startswith("arn:") else arn
