"""The journal: one JSON line per finding, in the field names of the Elastic Common Schema.

Source: https://www.elastic.co/guide/en/ecs/current/ecs-field-reference.html
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from rearm.alarm import Actor
from rearm.model import Action, Attempt, Ending, Failure, Outcome, Response, Severity
from rearm.settings import Settings

ECS_VERSION = "8.11"
PROVIDER = "rearm"
# In characters of JSON: a trail with many selectors and tags, or a policy, is longer than other texts.
BASELINE_LIMIT = 60_000
# In characters. A CloudWatch Logs event holds 256 KB, and half a line is no JSON: no text may be that long.
TEXT_LIMIT = 1024
# Outcomes of findings that were not acted upon: the journal has what would be done.
UNTOUCHED = frozenset({Outcome.NOTIFIED, Outcome.EXCEPTED, Outcome.REFUSED})

Line = dict[str, object]


class Whole(str):
    """A text that is bounded where it is written, and not cut."""

    __slots__ = ()


def lines(response: Response, settings: Settings) -> list[Line]:
    """Return the lines of one response: one per finding, or one that says that there was none.

    Behind them is one for each failure beside them; the line that says that there was none has the first.
    """
    if not response.endings:
        written, beside = [_quiet_line(response, settings)], response.problems[1:]
    else:
        written = [_finding_line(ending, response, settings) for ending in response.endings]
        beside = response.problems
    return [*written, *(_failure_line(failure, response, settings) for failure in beside)]


def baselines(response: Response, settings: Settings) -> list[Line]:
    """Return a line per baseline that was recorded, with what the resource must look like from now on."""
    return [
        event_line(
            settings,
            "info",
            "baseline-recorded",
            f"the baseline of {learned.resource.arn} was recorded ({learned.origin})",
            response=response.alarm.id,
            resource={"arn": learned.resource.arn},
            baseline={
                "origin": learned.origin,
                "version": (learned.based_on or 0) + 1,
                # One text: as fields, each trail would bring its own into an index.
                "state": Whole(json.dumps(learned.state, default=str)[:BASELINE_LIMIT]),
            },
        )
        for learned in response.learned
    ]


def event_line(settings: Settings | None, level: str, action: str, message: str, **fields: object) -> Line:
    """Return a line about Rearm itself rather than about a finding."""
    line: Line = {
        "@timestamp": stamp(datetime.now(UTC)),
        "ecs": {"version": ECS_VERSION},
        "log": {"level": level},
        "message": message,
        "event": {"kind": "event", "provider": PROVIDER, "action": action},
        "rearm": {**({"automation": settings.automation} if settings else {}), **fields},
    }
    return line


def encode(line: Mapping[str, object]) -> str:
    """Return a line as JSON without line breaks, long texts cut; what JSON does not know becomes text."""
    return json.dumps(_cut(line), default=str, ensure_ascii=True, separators=(",", ":"))


def stamp(time: datetime) -> str:
    """Return a time in UTC as ISO 8601 with milliseconds and ``Z``."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def command_of(action: Action) -> dict[str, object]:
    """Return an action as data for machines."""
    return {
        "service": action.service,
        "operation": action.operation,
        "parameters": dict(action.parameters),
        "region": action.region,
    }


def _finding_line(ending: Ending, response: Response, settings: Settings) -> Line:
    alarm, finding, actor = response.alarm, ending.finding, ending.attributed.actor
    # A refusal is one as well where what it needed could not be read: that is raised.
    failed = ending.outcome is Outcome.FAILED or ending.error is not None
    line = _base(response, settings, "error" if failed else _level(ending.severity))
    line["message"] = f"{finding.problem} {ending.outcome}"
    line["event"] = {
        **_event(response),
        "kind": "alert",
        "type": ["denied"] if alarm.denied else ["change"],
        "action": ending.attributed.call_name or alarm.title,
        "outcome": "failure" if failed else "success",
        "severity": int(ending.severity),
        "reason": finding.problem,
        **_span(ending),
    }
    line["cloud"] = _cloud(finding.resource.account, finding.resource.region)
    line["rule"] = {"id": finding.rule, "name": settings.title, "ruleset": settings.automation}
    line.update(_who(actor))
    if ending.error:
        line["error"] = {"code": ending.error.code, "message": str(ending.error)}
    rearm: dict[str, object] = {
        **_rearm(response, settings),
        "finding": finding.rule,
        "outcome": str(ending.outcome),
        "severity": ending.severity.label,
        "resource": {
            "arn": finding.resource.arn,
            "name": finding.resource.name,
            "type": finding.resource.type,
        },
        "attribution": ending.attributed.how,
        "actions": _actions(ending),
    }
    optional = {
        "actor": _actor(actor) if actor else None,
        "seconds_without_safeguard": ending.seconds,
        "exception": ending.exception,
        "attribution_error": str(ending.attributed.failure) if ending.attributed.failure else None,
        "cloudtrail_event": ending.attributed.event_id,
        "notes": list(ending.notes) or None,
        "repeated": len(ending.earlier) or None,
    }
    line["rearm"] = {**rearm, **{key: value for key, value in optional.items() if value is not None}}
    return line


def _quiet_line(response: Response, settings: Settings) -> Line:
    failed = bool(response.problems)
    line = _base(response, settings, "error" if failed else "info")
    line["message"] = f"{response.alarm.title}: nothing to put right"
    line["event"] = {
        **_event(response),
        "kind": "event",
        "type": ["info"],
        "action": response.alarm.title,
        "outcome": "failure" if failed else "success",
    }
    line["cloud"] = _cloud(response.alarm.account, response.alarm.region)
    line.update(_who(response.alarm.actor))
    if failed:
        line["error"] = {"code": response.problems[0].code, "message": str(response.problems[0])}
    line["rearm"] = {
        **_rearm(response, settings),
        "outcome": str(Outcome.COMPLIANT),
        "examined": [healthy.resource.arn for healthy in response.healthy][:50],
        "notes": [*response.notes, *(["Rearm made this call itself."] if response.own else [])],
    }
    return line


def _failure_line(failure: Failure, response: Response, settings: Settings) -> Line:
    line = _base(response, settings, "error")
    line["message"] = f"{failure.call} failed beside the findings"
    line["event"] = {
        **_event(response),
        "kind": "event",
        "type": ["info"],
        "action": failure.call,
        "outcome": "failure",
    }
    line["cloud"] = _cloud(response.alarm.account, response.alarm.region)
    line["error"] = {"code": failure.code, "message": str(failure)}
    line["rearm"] = _rearm(response, settings)
    return line


def _base(response: Response, settings: Settings, level: str) -> Line:
    return {
        "@timestamp": stamp(response.finished),
        "ecs": {"version": ECS_VERSION},
        "log": {"level": level},
        "labels": {"deployment": settings.name},
    }


def _event(response: Response) -> dict[str, object]:
    alarm = response.alarm
    return {
        "id": response.alarm.id,
        "provider": PROVIDER,
        # ECS expects a denial among API calls, a change among configurations.
        "category": ["api"] if alarm.denied else ["configuration"],
        "created": stamp(response.started),
        **({"code": alarm.call.error_code} if alarm.call and alarm.call.error_code else {}),
    }


def _span(ending: Ending) -> dict[str, object]:
    """When the safeguard was off, and for how many nanoseconds."""
    since = ending.finding.since or ending.attributed.call_time
    span: dict[str, object] = {}
    if since:
        span["start"] = stamp(since)
    if ending.restored:
        span["end"] = stamp(ending.restored)
    if ending.seconds is not None:
        span["duration"] = round(ending.seconds * 1_000_000_000)
    return span


def _cloud(account: str, region: str) -> dict[str, object]:
    return {"provider": "aws", "account": {"id": account}, "region": region}


def _who(actor: Actor | None) -> Line:
    if actor is None:
        return {}
    user = {
        "id": actor.principal_id,
        "name": actor.session_name or actor.user_name,
        "domain": actor.account,
    }
    known = {key: value for key, value in user.items() if value}
    who: Line = {"user": known} if known else {}
    if actor.source_ip:
        who["source"] = {
            "address": actor.source_ip,
            **({"ip": actor.source_ip} if _is_ip(actor.source_ip) else {}),
        }
    if actor.user_agent:
        who["user_agent"] = {"original": actor.user_agent}
    return who


def _rearm(response: Response, settings: Settings) -> dict[str, object]:
    alarm = response.alarm
    return {
        "response": alarm.id,
        "automation": settings.automation,
        "mode": str(settings.mode),
        "door": str(alarm.door),
        "alarm": alarm.title,
        "controls": [f"{framework} {id_}" for framework, ids in settings.controls.items() for id_ in ids],
        **({"config_rules_asked_again": list(response.asked_again)} if response.asked_again else {}),
    }


def _actor(actor: Actor) -> dict[str, object]:
    told = {
        "type": actor.type,
        "arn": actor.arn,
        "role": actor.role_arn,
        "session": actor.session_name,
        "access_key": actor.access_key_id,
        "mfa": actor.mfa,
        "invoked_by": actor.invoked_by,
    }
    return {key: value for key, value in told.items() if value is not None}


def _actions(ending: Ending) -> list[dict[str, object]]:
    """List what was done, or, in mode notify, what would be done."""
    if ending.attempts:
        return [_attempt(attempt) for attempt in ending.attempts]
    would = ending.finding.actions if ending.outcome in UNTOUCHED else ()
    return [{**command_of(action), "done": False} for action in would]


def _attempt(attempt: Attempt) -> dict[str, object]:
    told = {**command_of(attempt.action), "done": attempt.error is None, "at": stamp(attempt.at)}
    return {**told, **({"error": str(attempt.error)} if attempt.error else {})}


def _level(severity: Severity) -> str:
    return "warn" if severity >= Severity.MEDIUM else "info"


def _is_ip(value: str) -> bool:
    """Whether Elasticsearch takes it as an address: without a zone such as ``%eth0``."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return "%" not in value


def _cut(value: object) -> object:
    if isinstance(value, Whole):
        return value
    if isinstance(value, str):
        return value if len(value) <= TEXT_LIMIT else value[: TEXT_LIMIT - 1] + "…"
    if isinstance(value, Mapping):
        return {_cut(key): _cut(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cut(inner) for inner in value]
    return value
