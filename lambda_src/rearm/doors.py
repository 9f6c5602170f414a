"""The doors: from what AWS delivers to one alarm in normal form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rearm.alarm import Actor, Alarm, Call, ConfigRule, Door
from rearm.settings import Settings

API_CALL = "AWS API Call via CloudTrail"
CONSOLE_ACTION = "AWS Console Action via CloudTrail"
# AWS's sample events have the first spelling, its list of the types has the second.
SIGN_IN = "AWS Console Sign In via CloudTrail"
SIGN_INS = (SIGN_IN, "AWS Console Signin via CloudTrail")
COMPLIANCE_CHANGE = "Config Rules Compliance Change"
SCHEDULED = "Scheduled Event"

ANSWERED = "responseElements."

Object = Mapping[str, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Envelope:
    """What EventBridge puts around every event."""

    id: str
    account: str
    region: str
    time: datetime | None


class NotAnAlarmError(Exception):
    """The event is none that this function takes; the message says why. It is logged and left alone."""


def parse(event: object, settings: Settings, request_id: str) -> Alarm:
    """Turn a Lambda event into an alarm.

    Parameters
    ----------
    event
        What Lambda was invoked with.
    settings
        The function's own settings.
    request_id
        Lambda's id of the invocation: names the alarm where the event has no id of its own.

    Raises
    ------
    NotAnAlarmError
        The event is of a kind that opens no door.
    """
    if not isinstance(event, Mapping):
        raise NotAnAlarmError(f"the event is {type(event).__name__}, not an object")
    if "invokingEvent" in event:
        return _custom_rule(event, settings, request_id)
    kind, source = event.get("detail-type"), event.get("source")
    detail = event.get("detail")
    if not isinstance(detail, Mapping):
        raise NotAnAlarmError("the event has no detail; Rearm takes events of EventBridge and of Config")
    envelope = Envelope(
        id=text(event.get("id")) or request_id,
        account=text(event.get("account")) or settings.account,
        region=text(event.get("region")) or settings.region,
        time=timestamp(event.get("time")),
    )
    if kind in (API_CALL, CONSOLE_ACTION):
        return _api_call(detail, settings, envelope, Door.API)
    if kind in SIGN_INS:
        return _api_call(detail, settings, envelope, Door.SIGN_IN)
    if kind == COMPLIANCE_CHANGE and source == "aws.config":
        return _compliance_change(detail, envelope)
    if kind == SCHEDULED and source == "aws.events":
        return Alarm(envelope.id, Door.SWEEP, "sweep", envelope.account, envelope.region, envelope.time)
    if source in settings.sources:
        from rearm.signals import signalled

        alarm = signalled(str(source).removeprefix("aws."), str(kind), detail, envelope)
        if alarm:
            return alarm
    raise NotAnAlarmError(
        f"no door takes {text(kind) or 'this event'!r} from {text(source) or 'an unknown source'!r}"
    )


def api_call_of(record: Object) -> tuple[Call, Actor | None]:
    """Read a CloudTrail record: the call and who made it.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    """
    call = Call(
        source=text(record.get("eventSource")) or "unknown",
        name=text(record.get("eventName")) or "unknown",
        id=text(record.get("eventID")) or "",
        time=timestamp(record.get("eventTime")),
        parameters=_object(record.get("requestParameters")),
        error_code=_error_code(record),
        kind=text(record.get("eventType")) or "AwsApiCall",
        answer=_object(record.get("responseElements")),
        more=_object(record.get("additionalEventData")),
        reads=flag if isinstance(flag := record.get("readOnly"), bool) else None,
    )
    return call, _actor(record)


def names_of(call: Call, keys: Sequence[str]) -> tuple[str, ...]:
    """Return what a call names, looked for under `keys` in their order: one, or a list of them.

    Parameters
    ----------
    keys
        Of the request's parameters, or, after ``responseElements.``, of the answer; a dot leads further in,
        and through every element of a list.
    """
    for key in keys:
        inside = key.removeprefix(ANSWERED)
        named = tuple(_texts(call.parameters if inside is key else call.answer, inside.split(".")))
        if named:
            return named
    return ()


def text(value: object) -> str | None:
    """Return a string as it is and None for anything else, for "" and for the string "null"."""
    return value if isinstance(value, str) and value and value != "null" else None


def timestamp(value: object) -> datetime | None:
    """Read a time as AWS writes it (ISO 8601 with ``Z``), or return None."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _api_call(detail: Object, settings: Settings, envelope: Envelope, door: Door) -> Alarm:
    call, actor = api_call_of(detail)
    return Alarm(
        id=envelope.id,
        door=door,
        title=call.name,
        account=envelope.account,
        # Where the call was made; a forwarded event keeps it only here.
        region=text(detail.get("awsRegion")) or envelope.region,
        time=call.time or envelope.time,
        call=call,
        actor=actor,
        resources=names_of(call, settings.resource_parameters),
    )


def _compliance_change(detail: Object, envelope: Envelope) -> Alarm:
    """Source: https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html."""
    rule = text(detail.get("configRuleName"))
    result = detail.get("newEvaluationResult")
    compliance = text(result.get("complianceType")) if isinstance(result, Mapping) else None
    if rule is None or compliance != "NON_COMPLIANT":
        raise NotAnAlarmError(
            f"the Config rule {rule or 'without a name'} is {compliance or 'not evaluated'}"
        )
    recorded = timestamp(result.get("resultRecordedTime")) if isinstance(result, Mapping) else None
    kind = text(detail.get("resourceType"))
    named = text(detail.get("resourceId"))
    return Alarm(
        id=envelope.id,
        door=Door.CONFIG,
        title=f"{rule} became NON_COMPLIANT",
        # The envelope's account can be another one; the evaluation names the account it is about.
        account=text(detail.get("awsAccountId")) or envelope.account,
        region=text(detail.get("awsRegion")) or envelope.region,
        time=recorded or envelope.time,
        resources=(named,) if named and kind != "AWS::::Account" else (),
        rule=ConfigRule(name=rule, evaluated_at=recorded),
    )


def _custom_rule(event: Object, settings: Settings, request_id: str) -> Alarm:
    """Source: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html."""
    try:
        invoking = json.loads(event["invokingEvent"])
    except (TypeError, ValueError, RecursionError):
        invoking = None
    if not isinstance(invoking, Mapping):
        raise NotAnAlarmError("invokingEvent of the Config rule's event is not a JSON object")
    name = text(event.get("configRuleName")) or settings.custom_config_rule or "unknown"
    resources: tuple[str, ...] = ()
    deleted: tuple[str, str] | None = None
    item = invoking.get("configurationItem") or invoking.get("configurationItemSummary")
    if isinstance(item, Mapping):
        kind, identity = text(item.get("resourceType")) or "unknown", text(item.get("resourceId"))
        gone = text(item.get("configurationItemStatus")) in ("ResourceDeleted", "ResourceDeletedNotRecorded")
        if identity and (gone or event.get("eventLeftScope") is True):
            deleted = (kind, identity)
        named = text(item.get("ARN")) or text(item.get("arn")) or identity
        resources = (named,) if named else ()
    elif invoking.get("messageType") != "ScheduledNotification":
        raise NotAnAlarmError(f"no configuration item in a {invoking.get('messageType')!r} of Config")
    time = timestamp(invoking.get("notificationCreationTime"))
    return Alarm(
        id=request_id,
        door=Door.CUSTOM_RULE,
        title=f"evaluation of {name}",
        account=text(event.get("accountId")) or settings.account,
        region=settings.region,
        time=time,
        resources=resources,
        rule=ConfigRule(
            name=name,
            result_token=text(event.get("resultToken")),
            evaluated_at=time,
            deleted_resource=deleted,
        ),
    )


def _error_code(record: Object) -> str | None:
    """Return why a call was refused. A sign-in that failed has its result in its answer instead of a code.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
    """
    code = text(record.get("errorCode"))
    name = text(record.get("eventName")) or ""
    if code is None and text(_object(record.get("responseElements")).get(name)) == "Failure":
        return text(record.get("errorMessage")) or "Failure"
    return code


def _texts(value: object, path: Sequence[str]) -> Iterator[str]:
    values: list[object] = [value]
    for key in path:
        values = [one.get(key) for one in _flat(values) if isinstance(one, Mapping)]
    yield from (found for one in _flat(values) if (found := text(one)))


def _flat(values: list[object]) -> Iterator[object]:
    """Yield the elements of lists in lists, however deep: whoever may invoke the function can nest them."""
    waiting = values[::-1]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += reversed(one)
        else:
            yield one


def _object(value: object) -> Object:
    return value if isinstance(value, Mapping) else {}


def _actor(record: Object) -> Actor | None:
    identity = record.get("userIdentity")
    if not isinstance(identity, Mapping):
        return None
    context = _object(identity.get("sessionContext"))
    issuer = _object(context.get("sessionIssuer"))
    mfa = text(_object(context.get("attributes")).get("mfaAuthenticated"))
    arn = text(identity.get("arn"))
    session = arn.rsplit("/", 1)[-1] if arn and ":assumed-role/" in arn else None
    return Actor(
        type=text(identity.get("type")) or "Unknown",
        arn=arn,
        account=text(identity.get("accountId")),
        user_name=text(identity.get("userName")) or text(issuer.get("userName")),
        role_arn=text(issuer.get("arn")),
        session_name=session,
        principal_id=text(identity.get("principalId")),
        access_key_id=text(identity.get("accessKeyId")),
        mfa=None if mfa is None else mfa == "true",
        invoked_by=text(identity.get("invokedBy")),
        source_ip=text(record.get("sourceIPAddress")),
        user_agent=text(record.get("userAgent")),
    )
