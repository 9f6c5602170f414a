"""The doors for what other services notice: each event becomes one alarm, or is left alone with a reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from rearm.alarm import Alarm, Door
from rearm.doors import NotAnAlarmError, parse
from rearm.settings import Settings, from_environment
from tests.events.envelopes import envelope
from tests.events.identities import ACCOUNT
from tests.unit.deployment import configuration, environment

MEMBER = "210987654321"
SOURCES = ["aws.cloudwatch", "aws.guardduty", "aws.health", "aws.rds", "aws.securityhub"]
BUCKET = "arn:aws:s3:::orders"
Event = dict[str, Any]


@pytest.fixture
def settings() -> Settings:
    return from_environment(environment(configuration(sources=SOURCES)))


def guardduty(**changes: object) -> Event:
    """Build a finding of GuardDuty as EventBridge delivers it."""
    detail = {
        "schemaVersion": "2.0",
        "accountId": ACCOUNT,
        "region": "eu-west-1",
        "id": "16afba5c5c43e07c9e3e5e2e544e95df",
        "type": "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B",
        "severity": 5.5,
        "service": {"eventLastSeen": "2026-11-24T09:20:00.000Z", "additionalInfo": {}},
        "updatedAt": "2026-11-24T09:25:00.000Z",
        **changes,
    }
    return envelope("aws.guardduty", "GuardDuty Finding", detail)


def hub(*findings: object, action: str | None = None, **changes: object) -> Event:
    """Build an event of Security Hub about findings, imported or handed over by a custom action."""
    detail: dict[str, object] = {"findings": list(findings or (asff(),)), **changes}
    if action is None:
        return envelope("aws.securityhub", "Security Hub Findings - Imported", detail)
    return envelope(
        "aws.securityhub", "Security Hub Findings - Custom Action", {**detail, "actionName": action}
    )


def asff(*resources: object, control: str = "S3.17", **changes: Any) -> Event:
    """Build one finding in Security Hub's format."""
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"arn:aws:securityhub:us-east-1:{ACCOUNT}:security-control/{control}/finding/1",
        "AwsAccountId": ACCOUNT,
        "Region": "us-east-1",
        "Title": "S3 general purpose buckets should be encrypted at rest",
        "UpdatedAt": "2026-11-24T09:21:00Z",
        "Compliance": {"Status": "FAILED", "SecurityControlId": control},
        "Resources": list(resources or ({"Type": "AwsS3Bucket", "Id": BUCKET},)),
        **changes,
    }


def gone_off(value: object = "ALARM", name: object = "failed-sign-ins") -> Event:
    """Build a change of state of an alarm of CloudWatch."""
    detail = {"alarmName": name, "state": {"value": value, "timestamp": "2026-11-24T09:22:00.123+0000"}}
    return envelope("aws.cloudwatch", "CloudWatch Alarm State Change", detail)


def health(**changes: object) -> Event:
    """Build an event of AWS Health."""
    detail = {
        "eventArn": "arn:aws:health:us-east-1::event/RISK/AWS_RISK_CREDENTIALS_EXPOSED/1",
        "service": "RISK",
        "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED",
        "affectedAccount": MEMBER,
        "eventRegion": "eu-west-1",
        "affectedEntities": [{"entityValue": "AKIAIOSFODNN7EXAMPLE"}, {"entityValue": None}, "more"],
        **changes,
    }
    return envelope("aws.health", "AWS Health Event", detail)


def database(**changes: object) -> Event:
    """Build one of RDS's own events."""
    detail = {
        "EventID": "RDS-EVENT-0091",
        "Message": "Automated DB snapshot created",
        "SourceArn": f"arn:aws:rds:us-east-1:{ACCOUNT}:snapshot:orders",
        "Date": "2026-11-24T09:23:00.000Z",
        **changes,
    }
    return envelope("aws.rds", "RDS DB Snapshot Event", detail)


def at(minute: int) -> datetime:
    return datetime(2026, 11, 24, 9, minute, tzinfo=UTC)


def taken(event: Event, settings: Settings) -> Alarm:
    """Parse an event, and hold what every signal has in common."""
    alarm = parse(event, settings, "request")
    assert alarm.call is None
    assert alarm.actor is None
    assert not alarm.denied
    assert alarm.signal
    assert alarm.signal.detail is event["detail"]
    assert alarm.key == event["id"]
    return alarm


def test_a_finding_of_guardduty_is_about_its_own_account_region_and_time(settings: Settings) -> None:
    event = guardduty(accountId=MEMBER)
    alarm = taken(event, settings)

    assert alarm.door is Door.GUARDDUTY
    assert (alarm.account, alarm.region, alarm.time) == (MEMBER, "eu-west-1", at(20))
    assert alarm.title == "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B"
    assert alarm.resources == ()
    assert alarm.signal
    assert (alarm.signal.source, alarm.signal.severity) == ("guardduty", 5.5)
    assert alarm.signal.id == "16afba5c5c43e07c9e3e5e2e544e95df"


@pytest.mark.parametrize(
    ("service", "minute"), [({}, 25), (None, 25), ({"eventLastSeen": "soon"}, 25), ({"eventLastSeen": 3}, 25)]
)
def test_a_finding_without_its_last_sight_has_the_time_of_its_update(
    settings: Settings, service: object, minute: int
) -> None:
    assert taken(guardduty(service=service), settings).time == at(minute)


@pytest.mark.parametrize("bad", [None, "", 3, [], {}, "null"])
def test_a_finding_whose_values_are_none_is_told_with_those_of_its_envelope(
    settings: Settings, bad: object
) -> None:
    event = guardduty(accountId=bad, region=bad, id=bad, type=bad, updatedAt=bad, service=bad)
    alarm = taken(event, settings)

    assert (alarm.account, alarm.region, alarm.title) == (ACCOUNT, "us-east-1", "unknown")
    assert alarm.time == at(30)
    assert alarm.signal
    assert alarm.signal.id == event["id"]
    assert not alarm.sample


@pytest.mark.parametrize(
    ("given", "severity"),
    [(2, 2.0), (8.9, 8.9), (0, 0.0), ("8", None), (None, None), (True, None), ([8], None), (10**400, None)],
)
def test_the_severity_is_a_number_or_unknown(
    settings: Settings, given: object, severity: float | None
) -> None:
    signal = taken(guardduty(severity=given), settings).signal

    assert signal
    assert signal.severity == severity


@pytest.mark.parametrize(
    ("more", "sample"),
    [
        ({"sample": True}, True),
        ({"sample": "true"}, True),
        ({"type": "default", "value": json.dumps({"sample": True})}, True),
        ({"type": "default", "value": json.dumps({"sample": "true"})}, True),
        ({"sample": False}, False),
        ({"sample": "false"}, False),
        ({"type": "default", "value": "{}"}, False),
        ({"type": "default", "value": json.dumps({"unusual": {"sample": True}})}, False),
        ({"value": "sample"}, False),
        pytest.param({"value": "[" * 100_000}, False, id="nested without end"),
        ({"value": "[true]"}, False),
        ({"value": None}, False),
        ({}, False),
        (None, False),
        ("sample", False),
        ([{"sample": True}], False),
    ],
    ids=repr,
)
def test_a_sample_of_guardduty_is_told_apart_in_every_form(
    settings: Settings, more: object, sample: bool
) -> None:
    alarm = taken(guardduty(service={"additionalInfo": more}), settings)

    assert alarm.sample is sample


def test_a_finding_of_security_hub_names_its_control_and_resources(settings: Settings) -> None:
    other = {"Type": "AwsKmsKey", "Id": "arn:aws:kms:us-east-1:123456789012:key/1"}
    alarm = taken(hub(asff({"Type": "AwsS3Bucket", "Id": BUCKET}, other)), settings)

    assert alarm.door is Door.SECURITY_HUB
    assert alarm.title == "S3.17"
    assert alarm.resources == (BUCKET, "arn:aws:kms:us-east-1:123456789012:key/1")
    assert alarm.time == at(21)
    assert alarm.signal
    assert (alarm.signal.source, alarm.signal.type) == ("securityhub", "S3.17")


def test_a_custom_action_is_one_alarm_about_all_its_findings(settings: Settings) -> None:
    second = asff({"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::invoices"}, control="S3.4")
    alarm = taken(hub(asff(), second, asff(), action="Put right"), settings)

    assert alarm.title == "S3.17, S3.4, custom action Put right"
    assert alarm.resources == (BUCKET, "arn:aws:s3:::invoices")


def test_a_finding_about_the_account_names_no_resource(settings: Settings) -> None:
    account = {"Type": "AwsAccount", "Id": f"AWS::::Account:{ACCOUNT}"}

    assert taken(hub(asff(account)), settings).resources == ()


@pytest.mark.parametrize("bad", [None, "", 3, [], "null"])
def test_a_finding_of_security_hub_without_its_values_is_taken_all_the_same(
    settings: Settings, bad: object
) -> None:
    finding = dict.fromkeys(
        ("Id", "AwsAccountId", "Region", "Title", "UpdatedAt", "Compliance", "Resources"), bad
    )
    alarm = taken(hub(finding), settings)

    assert (alarm.title, alarm.account, alarm.region) == ("a finding", ACCOUNT, "us-east-1")
    assert alarm.resources == ()


@pytest.mark.parametrize(
    "resources", [[None], [3], ["text"], [{}], [{"Id": None}], [{"Id": 3}], [{"Id": ["x"]}], {"Id": "x"}]
)
def test_a_resource_that_cannot_be_read_is_not_named(settings: Settings, resources: object) -> None:
    assert taken(hub(asff(Resources=resources)), settings).resources == ()


@pytest.mark.parametrize(
    ("change", "sample"),
    [
        ({"Sample": True}, True),
        ({"ProductFields": {"aws/guardduty/service/additionalInfo/sample": "true"}}, True),
        ({"Sample": False}, False),
        ({"Sample": "no"}, False),
        ({"ProductFields": {"aws/guardduty/service/additionalInfo/sample": "false"}}, False),
        ({"ProductFields": "aws/guardduty/service/additionalInfo/sample"}, False),
        ({}, False),
    ],
    ids=repr,
)
def test_a_sample_of_security_hub_is_told_apart(
    settings: Settings, change: dict[str, Any], sample: bool
) -> None:
    assert taken(hub(asff(**change)), settings).sample is sample
    # One sample among several is enough to touch none of them.
    assert taken(hub(asff(), asff(**change), action="go"), settings).sample is sample


@pytest.mark.parametrize("findings", [None, [], {}, "text", [None, 3, "x"]])
def test_an_event_of_security_hub_without_a_finding_is_left_alone(
    settings: Settings, findings: object
) -> None:
    with pytest.raises(NotAnAlarmError, match="no door takes 'Security Hub Findings - Imported'"):
        parse(hub(findings=findings), settings, "request")


def test_an_alarm_of_cloudwatch_that_goes_off_opens_a_door(settings: Settings) -> None:
    alarm = taken(gone_off(), settings)

    assert alarm.door is Door.CLOUDWATCH
    assert alarm.title == "failed-sign-ins"
    assert alarm.time == datetime(2026, 11, 24, 9, 22, 0, 123000, tzinfo=UTC)


@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA", "alarm", None, 3, []])
def test_an_alarm_of_cloudwatch_in_another_state_is_left_alone(settings: Settings, state: object) -> None:
    with pytest.raises(NotAnAlarmError):
        parse(gone_off(state), settings, "request")


@pytest.mark.parametrize("name", [None, "", 3])
def test_an_alarm_of_cloudwatch_without_a_name_is_left_alone(settings: Settings, name: object) -> None:
    with pytest.raises(NotAnAlarmError):
        parse(gone_off(name=name), settings, "request")


def test_an_event_of_health_names_what_is_affected(settings: Settings) -> None:
    alarm = taken(health(), settings)

    assert alarm.door is Door.NOTICE
    assert (alarm.account, alarm.region) == (MEMBER, "eu-west-1")
    assert alarm.resources == ("AKIAIOSFODNN7EXAMPLE",)
    assert alarm.title == "AWS_RISK_CREDENTIALS_EXPOSED"


@pytest.mark.parametrize("entities", [None, {}, "AKIA", [3], [{"entityValue": {}}]])
def test_an_event_of_health_about_nothing_that_can_be_read_names_nothing(
    settings: Settings, entities: object
) -> None:
    assert taken(health(affectedEntities=entities), settings).resources == ()


def test_an_event_of_rds_names_the_database(settings: Settings) -> None:
    alarm = taken(database(), settings)

    assert alarm.door is Door.NOTICE
    assert alarm.title == "RDS-EVENT-0091 Automated DB snapshot created"
    assert alarm.resources == (f"arn:aws:rds:us-east-1:{ACCOUNT}:snapshot:orders",)
    assert alarm.time == at(23)
    assert alarm.signal
    assert (alarm.signal.source, alarm.signal.type) == ("rds", "RDS-EVENT-0091")


@pytest.mark.parametrize("bad", [None, "", 3, []])
def test_an_event_of_rds_without_its_number_is_left_alone(settings: Settings, bad: object) -> None:
    with pytest.raises(NotAnAlarmError):
        parse(database(EventID=bad), settings, "request")
    assert taken(database(SourceArn=bad, Message=bad), settings).resources == ()


@pytest.mark.parametrize(
    "event",
    [guardduty(), hub(), hub(action="go"), gone_off(), health(), database()],
    ids=lambda e: e["source"],
)
def test_a_signal_opens_no_door_of_an_automation_that_does_not_listen_to_it(event: Event) -> None:
    deaf = from_environment(environment(configuration(sources=["aws.cloudtrail"])))

    with pytest.raises(NotAnAlarmError, match="no door takes"):
        parse(event, deaf, "request")


@pytest.mark.parametrize(
    "event", [guardduty(), hub(), gone_off(), health()], ids=lambda event: str(event["source"])
)
@pytest.mark.parametrize("kind", ["Something Else", "guardduty finding", None, 3])
def test_another_kind_of_event_of_such_a_service_is_left_alone(
    settings: Settings, event: Event, kind: object
) -> None:
    with pytest.raises(NotAnAlarmError, match="no door takes"):
        parse(event | {"detail-type": kind}, settings, "request")


@pytest.mark.parametrize("source", ["custom.guardduty", "guardduty", "aws.guardduty.mine", None, 3, []])
def test_a_signal_from_a_forged_source_is_left_alone(settings: Settings, source: object) -> None:
    with pytest.raises(NotAnAlarmError, match="no door takes"):
        parse(guardduty() | {"source": source}, settings, "request")
