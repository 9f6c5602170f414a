"""The engine and what is no API call: samples, failed sign-ins, who a finding names, what many tell alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rearm.alarm import Actor, Alarm, Call, Door, Signal
from rearm.aws import Aws, AwsError
from rearm.engine import CONTAINMENT
from rearm.model import Attributed, Ending, Finding, Outcome, Response
from rearm.report import message
from rearm.report.news import news_of
from rearm.responses import TAMPERING_KEPT, Responses, tampering
from rearm.settings import Settings, from_environment
from rearm.table import Table
from tests.unit.deployment import ROLE, TABLE, configuration, environment, exception
from tests.unit.lamps import NOW, SWEEP, Lamps, action, api_alarm, finding, outcomes
from tests.unit.records import Answer, Records

USER = Actor("IAMUser", arn="arn:aws:iam::123456789012:user/deploy", access_key_id="AKIAIOSFODNN7EXAMPLE")
ADMIN = Actor("AssumedRole", role_arn="arn:aws:iam::123456789012:role/admin", session_name="maintenance")
HALL_BY_USER = finding("hall", actor=USER)


def noticed(*, sample: bool = False, **changes: Any) -> Alarm:
    """Make an alarm for what GuardDuty has found."""
    signal = Signal("guardduty", "Impact:Lamp/Dark", "finding", 8.0, sample=sample)
    return replace(SWEEP, door=Door.GUARDDUTY, title=signal.type, signal=signal, **changes)


def settings_of(**choices: Any) -> Settings:
    return from_environment(environment(configuration(**choices)))


class Clients(Aws):
    """A table and nothing else."""

    def __init__(self, records: Records) -> None:
        super().__init__()
        self.records = records

    def call(
        self,
        service: str,
        region: str,
        operation: str,
        parameters: Mapping[str, object] | None = None,
        *_: object,
        **__: object,
    ) -> Answer:
        """Answer for the table."""
        assert (service, region) == ("dynamodb", "us-east-1")
        return self.records.call(operation, parameters or {})


def responses_of(records: Records, **choices: Any) -> Responses:
    return Responses(table_of(records), settings_of(**choices))


def table_of(records: Records) -> Table:
    return Table(Clients(records), TABLE, "us-east-1")


@pytest.mark.parametrize("kind", ["safeguard", CONTAINMENT])
def test_a_sample_is_never_acted_upon(kind: str) -> None:
    lamps = Lamps({"hall": False})

    response = lamps.respond(noticed(sample=True), kind=kind, settings={"containments_per_hour": 5})

    assert outcomes(response) == [Outcome.NOTIFIED]
    assert not lamps.calls
    assert not lamps.on["hall"]
    assert lamps.records.group("cloudtrail#limit") == {}
    told = message.compose(response, settings_of())
    assert "WHAT WOULD BE DONE (nothing was changed: a sample)" in told.body


def test_what_is_no_sample_is_acted_upon() -> None:
    lamps = Lamps({"hall": False})

    assert outcomes(lamps.respond(noticed())) == [Outcome.REMEDIATED]


def test_a_sample_is_one_only_for_its_own_alarm() -> None:
    """A process outlives an alarm."""
    lamps = Lamps({"hall": False})
    lamps.respond(noticed(sample=True))

    assert outcomes(lamps.respond(SWEEP)) == [Outcome.REMEDIATED]


def test_a_signal_that_leaves_nothing_wrong_is_not_looked_for_again_and_tells_nobody() -> None:
    lamps = Lamps({"hall": True})

    response = lamps.respond(noticed())

    assert len(lamps.looks) == 1
    assert not lamps.slept
    assert news_of(response) == ()


def failed_sign_in(number: int = 1, who: Actor | None = USER) -> Alarm:
    call = Call(
        "signin.amazonaws.com", "ConsoleLogin", f"event-{number}", NOW, error_code="Failed authentication"
    )
    return replace(SWEEP, id=f"alarm-{number}", door=Door.SIGN_IN, title=call.name, call=call, actor=who)


def test_a_failed_sign_in_is_told_and_nothing_is_looked_at() -> None:
    lamps = Lamps({"hall": False})

    response = lamps.respond(failed_sign_in())

    (ending,) = response.endings
    assert ending.outcome is Outcome.NOTIFIED
    assert ending.finding.problem == "ConsoleLogin failed (Failed authentication). Nobody was signed in."
    assert ending.attributed.actor is USER
    assert not lamps.looks
    assert not lamps.calls


def test_a_failed_sign_in_is_told_once_an_actor_and_hour() -> None:
    def key(alarm: Alarm, minutes: int = 0) -> list[str]:
        lamps = Lamps(now=NOW + timedelta(minutes=minutes))
        return [news.key for news in news_of(lamps.respond(alarm))]

    assert key(failed_sign_in(1)) == key(failed_sign_in(2)) == key(failed_sign_in(3), minutes=59)
    assert key(failed_sign_in(1)) != key(failed_sign_in(2), minutes=60)
    assert key(failed_sign_in(1)) != key(failed_sign_in(2, ADMIN))
    assert key(failed_sign_in(1, None))


def test_failed_sign_ins_are_counted_each_once() -> None:
    responses = responses_of(Records())

    counted = [responses.refused(failed_sign_in(number), NOW) for number in (1, 2, 2, 3)]

    assert counted == [1, 2, 2, 3]
    (item,) = responses.refusals(NOW + timedelta(hours=1))
    assert item.count == 3


def test_an_excepted_actor_may_fail_to_sign_in() -> None:
    planned = {"planned": exception(actor="*:user/deploy")}

    assert outcomes(Lamps().respond(failed_sign_in(), exceptions=planned)) == [Outcome.EXCEPTED]
    assert outcomes(Lamps().respond(failed_sign_in(2, ADMIN), exceptions=planned)) == [Outcome.NOTIFIED]


def test_a_finding_that_names_who_did_it_is_attributed_to_them() -> None:
    lamps = Lamps({"hall": False})
    lamps.findings = lambda _: [HALL_BY_USER]

    (ending,) = lamps.respond(noticed()).endings

    assert (ending.attributed.how, ending.attributed.actor) == ("event", USER)
    assert ending.attributed.call_name is None


def test_a_finding_about_the_alarms_own_call_has_its_call_too() -> None:
    lamps = Lamps({"hall": False})
    lamps.findings = lambda _: [HALL_BY_USER]

    (ending,) = lamps.respond(api_alarm(actor=USER)).endings

    assert (ending.attributed.actor, ending.attributed.call_name) == (USER, "SwitchOff")


def test_a_finding_names_another_than_who_made_the_call() -> None:
    lamps = Lamps({"hall": False})
    lamps.findings = lambda _: [replace(HALL_BY_USER, causes=("SwitchOff",))]

    (ending,) = lamps.respond(api_alarm(actor=ADMIN)).endings

    assert ending.attributed.actor is USER
    assert ending.attributed.call_name is None


@pytest.mark.parametrize(
    ("pattern", "outcome"),
    [
        ("arn:aws:iam::123456789012:user/deploy", Outcome.EXCEPTED),
        ("*:user/dep*", Outcome.EXCEPTED),
        ("arn:aws:iam::123456789012:role/admin", Outcome.REMEDIATED),
        ("*:user/deploy2", Outcome.REMEDIATED),
    ],
)
def test_an_exception_for_an_actor_is_held_against_who_the_finding_names(
    pattern: str, outcome: Outcome
) -> None:
    lamps = Lamps({"hall": False})
    lamps.findings = lambda _: [HALL_BY_USER]

    response = lamps.respond(noticed(actor=ADMIN), exceptions={"one": exception(actor=pattern)})

    assert outcomes(response) == [outcome]
    assert lamps.on["hall"] is (outcome is Outcome.REMEDIATED)


def test_the_name_of_a_session_excuses_nobody() -> None:
    lamps = Lamps({"hall": False})
    session = replace(ADMIN, role_arn=None, arn="arn:aws:sts::123456789012:assumed-role/admin/patching")
    lamps.findings = lambda _: [finding("hall", actor=session)]

    response = lamps.respond(noticed(), exceptions={"one": exception(actor="*/patching")})

    assert outcomes(response) == [Outcome.REMEDIATED]


def told_alike(*problems: str, alarm: Alarm | None = None, told_as: str | None = "dark street") -> Response:
    def ending(name: str) -> Ending:
        found: Finding = finding(name, told_as=told_as)
        return Ending(found, Outcome.NOTIFIED, Attributed("not-asked"))

    return Response(alarm or api_alarm(), NOW, NOW, tuple(ending(name) for name in problems))


def another(number: int) -> Alarm:
    call = Call("test.amazonaws.com", "SwitchOff", f"event-{number}", NOW)
    return api_alarm(call=call)


def test_what_many_calls_have_the_same_to_tell_of_is_told_once_an_hour() -> None:
    first, second = (news_of(told_alike("hall", alarm=another(number))) for number in (1, 2))

    assert first == second
    assert [news.again_after for news in first] == [timedelta(hours=1)]
    responses = responses_of(Records())

    def due(minutes: int) -> bool:
        at = NOW + timedelta(minutes=minutes)
        (news,) = news_of(told_alike("hall", alarm=another(minutes)))
        claim = responses.claim(news.key, news.what, at, news.again_after)
        responses.told([claim] if claim else [], at)
        return claim is not None

    assert [due(minutes) for minutes in (0, 1, 59, 60, 61)] == [True, False, False, True, False]


def test_what_is_told_for_itself_is_told_with_every_call() -> None:
    first, second = (news_of(told_alike("hall", alarm=another(one), told_as=None)) for one in (1, 2))

    assert first != second


def test_another_outcome_or_another_text_is_told_although_the_first_was() -> None:
    response = told_alike("hall")
    failed = replace(response, endings=(replace(response.endings[0], outcome=Outcome.FAILED),))

    assert len({news_of(response), news_of(failed), news_of(told_alike("hall", told_as="other"))}) == 3


def test_what_is_told_for_itself_is_not_held_up_by_what_is_told_alike() -> None:
    mixed = told_alike("hall")
    own = told_alike("stairs", told_as=None)

    keys = [news.key for news in news_of(replace(mixed, endings=(*mixed.endings, *own.endings)))]

    assert keys == ["notified dark street", "alarm event"]


def test_signals_tell_alike_too() -> None:
    first, second = (news_of(told_alike("hall", alarm=noticed(id=one))) for one in ("one", "two"))

    assert first == second


def tampered(outcome: Outcome = Outcome.REMEDIATED, who: Actor | None = USER, **changes: Any) -> Response:
    attributed = Attributed("event", who, "SwitchOff", NOW, "event")
    return Response(SWEEP, NOW, NOW, (Ending(finding("hall", **changes), outcome, attributed),))


def test_who_tampered_is_recorded_where_somebody_reads_it() -> None:
    records = Records()
    responses_of(records, records_tampering=True).record(tampered(), NOW)

    (found,) = tampering(table_of(records), ["cloudtrail"], NOW - timedelta(seconds=1))

    assert found == {
        "actor": USER.arn,
        "type": "IAMUser",
        "user_name": None,
        "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "account": None,
        "how": "event",
        "event": "event",
        "automation": "cloudtrail",
        "rule": "lamp-off",
        "resource": finding("hall").resource.arn,
        "outcome": "remediated",
        "response": "alarm",
        "at": NOW.isoformat(),
    }
    (item,) = records.group("cloudtrail#tampering").values()
    assert int(item["expires"]["N"]) == int((NOW + TAMPERING_KEPT).timestamp())


def test_nobody_is_recorded_where_nobody_reads_it() -> None:
    records = Records()
    responses_of(records).record(tampered(), NOW)

    assert records.group("cloudtrail#tampering") == {}


@pytest.mark.parametrize("outcome", [Outcome.REMEDIATED, Outcome.NOTIFIED, Outcome.FAILED, Outcome.REFUSED])
def test_who_tampered_is_recorded_whatever_came_of_it(outcome: Outcome) -> None:
    records = Records()
    responses_of(records, records_tampering=True).record(tampered(outcome), NOW)

    assert len(records.group("cloudtrail#tampering")) == 1


@pytest.mark.parametrize(
    "response",
    [tampered(Outcome.EXCEPTED), tampered(Outcome.COMPLIANT), tampered(who=None)],
    ids=["excepted", "compliant", "nobody"],
)
def test_what_is_excused_and_what_nobody_did_is_no_tampering(response: Response) -> None:
    records = Records()
    responses_of(records, records_tampering=True).record(response, NOW)

    assert records.group("cloudtrail#tampering") == {}


def test_what_is_only_told_is_no_tampering() -> None:
    records = Records()
    response = tampered()
    told = replace(response.endings[0].finding, actions=())
    response = replace(response, endings=(replace(response.endings[0], finding=told),))
    responses_of(records, records_tampering=True).record(response, NOW)

    assert records.group("cloudtrail#tampering") == {}


def test_tampering_of_all_automations_is_found_after_a_time() -> None:
    records = Records()
    for number, name in enumerate(("cloudtrail", "trail_storage", "self_guard")):
        response = replace(tampered(), started=NOW + timedelta(minutes=number))
        responses_of(records, automation=name, records_tampering=True).record(response, NOW)

    names = ["cloudtrail", "self_guard", "trail_storage"]
    found = tampering(table_of(records), names, NOW + timedelta(seconds=30))

    assert [one["automation"] for one in found] == ["self_guard", "trail_storage"]
    assert tampering(table_of(records), ["cloudtrail"], NOW + timedelta(minutes=1)) == ()


def test_tampering_that_cannot_be_read_is_an_error() -> None:
    records = Records(errors={"Query": "InternalServerError"})

    with pytest.raises(AwsError, match="InternalServerError"):
        tampering(table_of(records), ["cloudtrail"], NOW)


def test_a_resource_with_a_name_without_end_is_recorded_all_the_same() -> None:
    """A sort key holds 1,024 bytes."""
    records = Records()
    long = replace(finding("hall").resource, arn="arn:aws:test:::" + "x" * 5000)
    ending = tampered().endings[0]
    ending = replace(ending, finding=replace(ending.finding, resource=long))
    responses_of(records, records_tampering=True).record(replace(tampered(), endings=(ending,)), NOW)

    (key,) = records.group("cloudtrail#tampering")
    assert len(key.encode()) <= 1024


def test_a_signal_through_rearms_own_role_is_acted_upon() -> None:
    """Rearm makes no call that leads to a finding: whoever does so with its role is somebody else."""
    lamps = Lamps({"hall": False})
    own = Actor("AssumedRole", role_arn=ROLE, session_name="rearm-cloudtrail")
    lamps.findings = lambda _: [finding("hall", action("hall"), actor=own)]

    assert outcomes(lamps.respond(noticed())) == [Outcome.REMEDIATED]
