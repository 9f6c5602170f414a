"""The doors for what other services notice: findings, alarms of CloudWatch, notices of their work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rearm.alarm import Alarm, Door, Signal
from rearm.doors import Envelope, text, timestamp

Object = Mapping[str, Any]

# Source: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
GUARDDUTY_FINDING = "GuardDuty Finding"
# Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
ALARM_CHANGE = "CloudWatch Alarm State Change"
# Source: https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-integration-types.html
HUB_IMPORTED = "Security Hub Findings - Imported"
HUB_CUSTOM_ACTION = "Security Hub Findings - Custom Action"
# Source: https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html
HEALTH_EVENT = "AWS Health Event"
# The services whose notices of their own work are taken: their detail names what it is about.
# Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-cloud-watch-events.html
NOTICES = frozenset({"rds"})


def signalled(source: str, kind: str, detail: Object, envelope: Envelope) -> Alarm | None:
    """Return the alarm for what a service has noticed; None for an event of a kind that opens no door.

    Parameters
    ----------
    source
        The service, as in the event's ``source`` without ``aws.``.
    kind
        The event's ``detail-type``.
    """
    if source == "guardduty" and kind == GUARDDUTY_FINDING:
        return _guardduty(detail, envelope)
    if source == "cloudwatch" and kind == ALARM_CHANGE:
        return _cloudwatch(detail, envelope)
    if source == "securityhub" and kind in (HUB_IMPORTED, HUB_CUSTOM_ACTION):
        return _security_hub(kind, detail, envelope)
    if source == "health" and kind == HEALTH_EVENT:
        return _health(detail, envelope)
    if source in NOTICES:
        return _notice(source, detail, envelope)
    return None


def _guardduty(detail: Object, envelope: Envelope) -> Alarm:
    service = object_of(detail.get("service"))
    kind = text(detail.get("type")) or "unknown"
    return Alarm(
        id=envelope.id,
        door=Door.GUARDDUTY,
        title=kind,
        account=text(detail.get("accountId")) or envelope.account,
        region=text(detail.get("region")) or envelope.region,
        time=timestamp(service.get("eventLastSeen")) or timestamp(detail.get("updatedAt")) or envelope.time,
        signal=Signal(
            source="guardduty",
            type=kind,
            id=text(detail.get("id")) or envelope.id,
            severity=_number(detail.get("severity")),
            sample=is_sample(object_of(service.get("additionalInfo"))),
            detail=detail,
        ),
    )


def is_sample(more: Object) -> bool:
    """Whether the additional information of a finding says that it is a sample, there or in its JSON text.

    Source: https://docs.aws.amazon.com/guardduty/latest/ug/sample_findings.html
    """
    try:
        inside = json.loads(str(more.get("value", "{}")))
    except (ValueError, RecursionError):
        inside = {}
    return any(object_of(one).get("sample") in (True, "true") for one in (more, inside))


def _cloudwatch(detail: Object, envelope: Envelope) -> Alarm | None:
    """Return the alarm for an alarm of CloudWatch that has gone off; None for one that has ended."""
    state = object_of(detail.get("state"))
    name = text(detail.get("alarmName"))
    if name is None or text(state.get("value")) != "ALARM":
        return None
    return Alarm(
        id=envelope.id,
        door=Door.CLOUDWATCH,
        title=name,
        account=envelope.account,
        region=envelope.region,
        time=timestamp(state.get("timestamp")) or envelope.time,
        signal=Signal("cloudwatch", name, envelope.id, detail=detail),
    )


def _security_hub(kind: str, detail: Object, envelope: Envelope) -> Alarm | None:
    """Return one alarm for the findings of an event: a custom action can be about several."""
    found = detail.get("findings")
    findings = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    if not findings:
        return None
    first = findings[0]
    controls = {text(object_of(one.get("Compliance")).get("SecurityControlId")) for one in findings}
    control = ", ".join(sorted(name for name in controls if name)) or text(first.get("Title")) or "a finding"
    custom = kind == HUB_CUSTOM_ACTION
    named = dict.fromkeys(name for one in findings for name in _resources(one))
    return Alarm(
        id=envelope.id,
        door=Door.SECURITY_HUB,
        title=f"{control}, custom action {text(detail.get('actionName')) or ''}".rstrip()
        if custom
        else control,
        account=text(first.get("AwsAccountId")) or envelope.account,
        region=text(first.get("Region")) or envelope.region,
        time=timestamp(first.get("UpdatedAt")) or envelope.time,
        resources=tuple(named),
        signal=Signal(
            source="securityhub",
            type=control,
            id=text(first.get("Id")) or envelope.id,
            sample=any(_is_sample_of_hub(one) for one in findings),
            detail=detail,
        ),
    )


def _is_sample_of_hub(finding: Object) -> bool:
    """Whether a finding says that it is a sample, itself or in what GuardDuty told Security Hub of it.

    Source: https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html
    """
    told = object_of(finding.get("ProductFields")).get("aws/guardduty/service/additionalInfo/sample")
    return finding.get("Sample") is True or told in (True, "true")


def _resources(finding: Object) -> list[str]:
    """Name the resources of a finding: none where it is about the account."""
    resources = finding.get("Resources")
    listed = resources if isinstance(resources, list) else []
    named = [
        text(one.get("Id")) for one in listed if isinstance(one, Mapping) and one.get("Type") != "AwsAccount"
    ]
    return [name for name in named if name]


def _health(detail: Object, envelope: Envelope) -> Alarm:
    kind = text(detail.get("eventTypeCode")) or "unknown"
    affected = detail.get("affectedEntities")
    listed = affected if isinstance(affected, list) else []
    named = [text(one.get("entityValue")) for one in listed if isinstance(one, Mapping)]
    return Alarm(
        id=envelope.id,
        door=Door.NOTICE,
        title=kind,
        account=text(detail.get("affectedAccount")) or envelope.account,
        region=text(detail.get("eventRegion")) or envelope.region,
        time=envelope.time,
        resources=tuple(name for name in named if name),
        signal=Signal("health", kind, text(detail.get("eventArn")) or envelope.id, detail=detail),
    )


def _notice(source: str, detail: Object, envelope: Envelope) -> Alarm | None:
    kind = text(detail.get("EventID"))
    named = text(detail.get("SourceArn"))
    if kind is None:
        return None
    return Alarm(
        id=envelope.id,
        door=Door.NOTICE,
        title=f"{kind} {text(detail.get('Message')) or ''}".rstrip(),
        account=envelope.account,
        region=envelope.region,
        time=timestamp(detail.get("Date")) or envelope.time,
        resources=(named,) if named else (),
        signal=Signal(source, kind, envelope.id, detail=detail),
    )


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def object_of(value: object) -> Object:
    """Return an object as it is, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}
