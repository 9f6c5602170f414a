"""The doors: what AWS delivers becomes one alarm in normal form, or is left alone with a reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from rearm.alarm import Call, Door
from rearm.doors import NotAnAlarmError, names_of, parse, text, timestamp
from rearm.settings import Settings, from_environment
from tests.events import identities
from tests.events.envelopes import (
    api_event,
    config_change,
    custom_rule_invocation,
    envelope,
    scheduled,
    stop_logging,
)
from tests.events.identities import ACCOUNT
from tests.unit.deployment import configuration, environment

MEMBER = "210987654321"
TIME = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture
def settings() -> Settings:
    return from_environment(environment(configuration()))


def test_an_api_event_becomes_an_alarm_with_call_and_actor(settings: Settings) -> None:
    alarm = parse(stop_logging("management", region="eu-west-1"), settings, "request")

    assert alarm.door is Door.API
    assert alarm.title == "StopLogging"
    assert alarm.resources == ("management",)
    assert (alarm.account, alarm.region, alarm.time) == (ACCOUNT, "eu-west-1", TIME)
    assert alarm.call
    assert alarm.call.source == "cloudtrail.amazonaws.com"
    assert alarm.call.time == TIME
    assert not alarm.denied
    assert alarm.actor
    assert alarm.actor.source_ip == "203.0.113.7"


def test_an_event_without_an_id_is_named_by_the_request(settings: Settings) -> None:
    event = stop_logging()
    del event["id"]

    assert parse(event, settings, "request").id == "request"


def test_an_envelope_that_lacks_account_and_region_means_the_functions_own(settings: Settings) -> None:
    alarm = parse(scheduled() | {"account": None, "region": ""}, settings, "request")

    assert (alarm.account, alarm.region) == (settings.account, settings.region)


@pytest.mark.parametrize("error", [None, "", "null"])
def test_a_call_without_an_error_code_is_not_denied(settings: Settings, error: str | None) -> None:
    event = stop_logging()
    event["detail"]["errorCode"] = error

    assert not parse(event, settings, "request").denied


def test_a_denied_call_carries_its_error_code(settings: Settings) -> None:
    alarm = parse(stop_logging(error="AccessDenied", error_message="no"), settings, "request")

    assert alarm.denied
    assert alarm.call
    assert alarm.call.error_code == "AccessDenied"


@pytest.mark.parametrize(
    ("identity", "shown", "excusable"),
    [
        (identities.iam_user("eve"), "eve", f"arn:aws:iam::{ACCOUNT}:user/eve"),
        (identities.console_user("eve"), "eve", f"arn:aws:iam::{ACCOUNT}:user/eve"),
        (identities.root(), None, f"arn:aws:iam::{ACCOUNT}:root"),
        (
            identities.assumed_role("admin", "eve", path="/ops/"),
            "admin",
            f"arn:aws:iam::{ACCOUNT}:role/ops/admin",
        ),
        (
            identities.federated_user("eve", issuer="broker"),
            "broker",
            f"arn:aws:iam::{ACCOUNT}:user/broker",
        ),
        (identities.other_account(MEMBER), None, None),
        (identities.aws_service(), None, None),
    ],
    ids=["user", "console", "root", "role", "federated", "account", "service"],
)
def test_the_arn_of_an_identity_is_the_role_or_user_and_never_the_session(
    settings: Settings, identity: dict[str, Any], shown: str | None, excusable: str | None
) -> None:
    actor = parse(stop_logging(identity=identity), settings, "request").actor

    assert actor
    assert actor.type == identity["type"]
    assert actor.user_name == shown
    assert actor.identity_arn == excusable


@pytest.mark.parametrize("kind", ["AssumedRole", "Role", "Unknown", None, "IAMUser"])
def test_a_session_without_its_role_has_no_arn_that_an_exception_could_name(
    settings: Settings, kind: str | None
) -> None:
    """The name of a session is chosen by whoever makes it."""
    identity = identities.assumed_role("admin", "patching") | {"type": kind}
    del identity["sessionContext"]

    actor = parse(stop_logging(identity=identity), settings, "request").actor

    assert actor
    assert actor.identity_arn is None
    assert actor.session_name == "patching"


def test_the_session_name_is_taken_from_the_arn(settings: Settings) -> None:
    identity = identities.assumed_role("admin", "eve@example.com")

    actor = parse(stop_logging(identity=identity), settings, "request").actor

    assert actor
    assert actor.session_name == "eve@example.com"
    assert actor.role_arn == f"arn:aws:iam::{ACCOUNT}:role/admin"


@pytest.mark.parametrize(
    ("identity", "mfa"),
    [
        (identities.root(mfa=True), True),
        (identities.root(mfa=False), False),
        (identities.iam_user(), None),
    ],
)
def test_mfa_is_what_the_session_says(settings: Settings, identity: dict[str, Any], mfa: bool | None) -> None:
    actor = parse(stop_logging(identity=identity), settings, "request").actor

    assert actor
    assert actor.mfa is mfa


@pytest.mark.parametrize("identity", [None, "null", [], 3])
def test_an_event_without_an_identity_has_no_actor(settings: Settings, identity: object) -> None:
    event = stop_logging()
    event["detail"]["userIdentity"] = identity

    assert parse(event, settings, "request").actor is None


def test_a_compliance_change_of_the_account_names_no_resource(settings: Settings) -> None:
    alarm = parse(config_change("rearm-cloudtrail-enabled"), settings, "request")

    assert alarm.door is Door.CONFIG
    assert alarm.resources == ()
    assert alarm.call is None
    assert alarm.actor is None
    assert alarm.rule
    assert alarm.rule.name == "rearm-cloudtrail-enabled"


def test_a_compliance_change_of_a_trail_names_it(settings: Settings) -> None:
    event = config_change("one", resource_type="AWS::CloudTrail::Trail", resource_id="management")

    assert parse(event, settings, "request").resources == ("management",)


def test_a_compliance_change_without_an_old_result_is_taken(settings: Settings) -> None:
    event = config_change("rearm-cloudtrail-enabled", previous=None)
    assert "oldEvaluationResult" not in event["detail"]

    assert parse(event, settings, "request").door is Door.CONFIG


def test_a_compliance_change_is_of_the_account_in_its_detail(settings: Settings) -> None:
    event = config_change("rearm-cloudtrail-enabled", account=ACCOUNT, owner=MEMBER)

    assert parse(event, settings, "request").account == MEMBER


@pytest.mark.parametrize("compliance", ["COMPLIANT", "NOT_APPLICABLE", "INSUFFICIENT_DATA"])
def test_a_rule_that_became_anything_but_non_compliant_is_left_alone(
    settings: Settings, compliance: str
) -> None:
    with pytest.raises(NotAnAlarmError, match=f"the Config rule one is {compliance}"):
        parse(config_change("one", compliance=compliance), settings, "request")


@pytest.mark.parametrize(
    "change",
    [
        {"newEvaluationResult": None},
        {"newEvaluationResult": "null"},
        {"newEvaluationResult": {}},
        {"configRuleName": None},
        {"configRuleName": ""},
    ],
)
def test_a_compliance_change_that_lacks_rule_or_result_is_left_alone(
    settings: Settings, change: dict[str, object]
) -> None:
    event = config_change("one")
    event["detail"] |= change

    with pytest.raises(NotAnAlarmError):
        parse(event, settings, "request")


def test_a_scheduled_event_is_a_sweep(settings: Settings) -> None:
    alarm = parse(scheduled(), settings, "request")

    assert alarm.door is Door.SWEEP
    assert alarm.resources == ()


def test_a_scheduled_custom_rule_looks_at_all(settings: Settings) -> None:
    alarm = parse(custom_rule_invocation(), settings, "request")

    assert alarm.door is Door.CUSTOM_RULE
    assert alarm.id == "request"
    assert alarm.resources == ()
    assert alarm.rule
    assert alarm.rule.result_token == "result-token"
    assert alarm.rule.evaluated_at == TIME


@pytest.mark.parametrize(
    "message", ["ConfigurationItemChangeNotification", "OversizedConfigurationItemChangeNotification"]
)
def test_a_custom_rule_with_an_item_names_its_resource(settings: Settings, message: str) -> None:
    """An oversized item comes as a summary, which has all that is needed."""
    key = "configurationItem" if message.startswith("Conf") else "configurationItemSummary"
    item = {
        "resourceType": "AWS::CloudTrail::Trail",
        "resourceId": "management",
        "configurationItemStatus": "OK",
    }

    alarm = parse(custom_rule_invocation(message={"messageType": message, key: item}), settings, "request")

    assert alarm.resources == ("management",)
    assert alarm.rule
    assert alarm.rule.deleted_resource is None


@pytest.mark.parametrize("key", ["ARN", "arn"])
def test_an_item_with_an_arn_is_named_by_it(settings: Settings, key: str) -> None:
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/management"
    item = {"resourceType": "AWS::CloudTrail::Trail", "resourceId": "management", key: arn}
    message = {"messageType": "ConfigurationItemChangeNotification", "configurationItem": item}

    assert parse(custom_rule_invocation(message=message), settings, "request").resources == (arn,)


@pytest.mark.parametrize(
    ("status", "left_scope"),
    [("ResourceDeleted", False), ("ResourceDeletedNotRecorded", False), ("OK", True)],
)
def test_an_item_that_was_deleted_or_left_the_scope_is_gone(
    settings: Settings, status: str, left_scope: bool
) -> None:
    item = {
        "resourceType": "AWS::CloudTrail::Trail",
        "resourceId": "management",
        "configurationItemStatus": status,
    }
    message = {"messageType": "ConfigurationItemChangeNotification", "configurationItem": item}

    rule = parse(custom_rule_invocation(message=message, left_scope=left_scope), settings, "request").rule

    assert rule
    assert rule.deleted_resource == ("AWS::CloudTrail::Trail", "management")


@pytest.mark.parametrize(
    "invoking",
    [
        None,
        7,
        "",
        "not json",
        "[]",
        "null",
        "{}",
        '{"messageType": "ConfigurationSnapshotDeliveryCompleted"}',
        "[" * 100_000,
        '{"a":' * 100_000,
        "1" * 5_000,
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_custom_rule_without_a_message_that_can_be_read_is_left_alone(
    settings: Settings, invoking: object
) -> None:
    with pytest.raises(NotAnAlarmError):
        parse({"invokingEvent": invoking, "resultToken": "token"}, settings, "request")


@pytest.mark.parametrize(
    "event",
    [
        None,
        "text",
        7,
        [],
        [stop_logging()],
        {},
        {"detail": {}},
        {"Records": [{"Sns": {"Message": "{}"}}]},
        {"awslogs": {"data": ""}},
        stop_logging() | {"detail": None},
        stop_logging() | {"detail": json.dumps(stop_logging()["detail"])},
        stop_logging() | {"detail-type": "AWS Service Event via CloudTrail"},
        stop_logging() | {"detail-type": ["AWS API Call via CloudTrail"]},
        config_change("rearm-cloudtrail-enabled") | {"source": "custom.config"},
        scheduled() | {"source": "custom.events"},
        envelope("aws.guardduty", "GuardDuty Something Else", {"type": "unknown"}),
        envelope(
            "aws.cloudwatch", "CloudWatch Alarm State Change", {"alarmName": "a", "state": {"value": "OK"}}
        ),
        stop_logging()["detail"],
    ],
    ids=lambda event: str(event)[:40],
)
def test_what_opens_no_door_is_left_alone(settings: Settings, event: object) -> None:
    with pytest.raises(NotAnAlarmError):
        parse(event, settings, "request")


def call(parameters: dict[str, Any], answer: dict[str, Any] | None = None) -> Call:
    return Call("test.amazonaws.com", "SwitchOff", "event", None, parameters, answer=answer or {})


def test_the_first_parameter_in_the_manifests_order_names_the_resource() -> None:
    parameters = {"resourceId": "third", "trailName": "second", "name": ""}

    assert names_of(call(parameters), ("name", "trailName", "resourceId")) == ("second",)
    assert names_of(call({}), ("name",)) == ()


def test_a_resource_may_be_named_further_in_or_in_the_answer() -> None:
    made = call({"set": {"items": [{"id": "i-1"}, {"id": "i-2"}, "odd"]}}, {"db": {"arn": "arn:db"}})

    assert names_of(made, ("nothing", "set.items.id")) == ("i-1", "i-2")
    assert names_of(made, ("responseElements.db.arn",)) == ("arn:db",)
    assert names_of(made, ("db.arn", "set.items.id.more", "set")) == ()


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"set": [{"items": {"id": "i-1"}}, {"items": [{"id": ["i-2", "i-3"]}]}]}, ("i-1", "i-2", "i-3")),
        ({"set": {"items": [[{"id": "i-1"}], [], [[{"id": "null"}, {"id": "i-2"}]]]}}, ("i-1", "i-2")),
        ({"set": {"items": {"id": {"id": "i-1"}}}}, ()),
        ({"set": "items"}, ()),
        ({"set": None}, ()),
        ({"set.items.id": "i-1"}, ()),
        ({"set": {"items": [None, 3, True, {"id": 3}, {"id": None}]}}, ()),
    ],
    ids=repr,
)
def test_names_further_in_are_found_through_lists_in_their_order(
    parameters: dict[str, Any], named: tuple[str, ...]
) -> None:
    assert names_of(call(parameters), ("set.items.id",)) == named


def test_names_in_lists_without_end_are_found() -> None:
    deep: object = "i-1"
    for _ in range(100_000):
        deep = [deep]

    assert names_of(call({"name": deep}), ("name",)) == ("i-1",)


@pytest.mark.parametrize(("value", "read"), [("a", "a"), ("", None), ("null", None), (None, None), (3, None)])
def test_an_empty_text_and_the_text_null_are_none(value: object, read: str | None) -> None:
    assert text(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2026-11-24T09:30:00Z", TIME),
        ("2026-11-24T09:30:00.000Z", TIME),
        ("2026-11-24T10:30:00+01:00", TIME),
        ("2026-11-24T09:30:00", TIME),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1795512600, None),
        ("0001-01-01T00:00:00+23:00", None),
        ("9999-12-31T23:59:59-23:00", None),
    ],
)
def test_a_time_is_read_as_aws_writes_it_or_not_at_all(value: object, read: datetime | None) -> None:
    assert timestamp(value) == read


def test_a_time_that_no_calendar_holds_does_not_stop_the_alarm(settings: Settings) -> None:
    alarm = parse(api_event("StopLogging", time="0001-01-01T00:00:00+23:00"), settings, "request")

    assert alarm.time is None
