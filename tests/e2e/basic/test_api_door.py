"""A call that stops a trail: it logs again within seconds, and everybody is told."""

from __future__ import annotations

import pytest

from tests.e2e.account import USER_AGENT
from tests.e2e.world import World

# With a cold start on a busy machine; on AWS the delivery of the event comes on top.
SECONDS = 20.0


def test_a_trail_that_a_user_stops_logs_again_within_seconds(basic: World) -> None:
    trail = basic.account.trail("main")
    basic.account.user("contractor").stop(trail)
    basic.aws.wait_for(lambda: basic.account.logs(trail))
    basic.aws.wait_idle()
    assert 0 < basic.account.outage(trail) < SECONDS


def test_the_mail_names_trail_person_address_and_seconds(basic: World) -> None:
    trail = basic.account.trail("main")
    contractor = basic.account.user("contractor")
    contractor.stop(trail)
    basic.aws.wait_idle()
    mail = basic.said.mail()
    assert mail.subject.startswith("[rearm] CRITICAL cloudtrail: main remediated after ")
    assert mail.field("ARN") == trail
    assert mail.field("Account") == basic.account.id
    assert mail.field("Region") == basic.account.region
    assert mail.field("Actor") == "contractor (IAMUser)"
    assert mail.field("Identity") == contractor.arn
    assert mail.field("MFA") == "not recorded"
    assert mail.field("Source IP") == "127.0.0.1"
    assert mail.field("User agent").startswith(USER_AGENT)
    assert mail.field("Call").startswith("StopLogging at ")
    assert float(mail.field("Without the safeguard").removesuffix(" s")) == pytest.approx(
        basic.account.outage(trail), abs=0.1
    )
    assert mail.attributes == {
        "automation": "cloudtrail",
        "outcome": "remediated",
        "severity": "CRITICAL",
        "account": basic.account.id,
    }


def test_the_mail_names_the_role_and_the_session_that_its_caller_chose(basic: World) -> None:
    trail = basic.account.trail("main")
    deploy = basic.account.role("deploy", "pipeline-7")
    deploy.stop(trail)
    basic.aws.wait_idle()
    assert basic.account.logs(trail)
    mail = basic.said.mail()
    assert mail.field("Actor") == "deploy (AssumedRole)"
    assert mail.field("Role") == deploy.arn
    assert mail.field("Session") == "pipeline-7 (chosen by the caller)"
    assert mail.field("MFA") == "no"


def test_the_mail_has_the_call_that_was_made_and_the_exception_that_would_allow_the_stop(
    basic: World,
) -> None:
    trail = basic.account.trail("main")
    basic.account.user("contractor").stop(trail)
    basic.aws.wait_idle()
    made = basic.account.history("StartLogging")[0]
    assert made["requestParameters"] == {"name": trail}
    assert made["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == "rearm-cloudtrail"
    mail = basic.said.mail()
    command = f"aws cloudtrail start-logging --name {trail} --region {basic.account.region}"
    assert mail.section("WHAT WAS DONE")[0] == command
    assert mail.section("HOW TO UNDO IT") == []
    assert any('match = { resource = "main" }' in line for line in mail.section("HOW TO ALLOW IT"))


def test_the_id_in_the_mail_finds_one_line_of_the_journal(basic: World) -> None:
    trail = basic.account.trail("main")
    contractor = basic.account.user("contractor")
    contractor.stop(trail)
    basic.aws.wait_idle()
    (line,) = basic.said.journal(basic.said.mail().response)
    assert line["ecs"] == {"version": "8.11"}
    assert line["event"]["action"] == "StopLogging"
    assert line["event"]["outcome"] == "success"
    assert line["event"]["duration"] == pytest.approx(basic.account.outage(trail) * 1e9, abs=1e8)
    assert line["cloud"] == {
        "provider": "aws",
        "account": {"id": basic.account.id},
        "region": basic.account.region,
    }
    assert line["user"]["name"] == "contractor"
    assert line["source"]["ip"] == "127.0.0.1"
    assert line["user_agent"]["original"].startswith(USER_AGENT)
    assert line["rule"]["id"] == "trail-not-logging"
    assert line["rearm"]["door"] == "api"
    assert line["rearm"]["outcome"] == "remediated"
    assert line["rearm"]["resource"]["arn"] == trail
    assert line["rearm"]["actor"]["arn"] == contractor.arn
    assert [action["operation"] for action in line["rearm"]["actions"]] == ["StartLogging"]


def test_the_log_carries_the_metrics(basic: World) -> None:
    trail = basic.account.trail("main")
    basic.account.user("contractor").stop(trail)
    basic.aws.wait_idle()
    dimensions = {"deployment": "rearm", "automation": "cloudtrail", "outcome": "remediated"}
    (findings,) = basic.said.metrics("Findings")
    assert findings == {"namespace": "Rearm", "unit": "Count", "value": 1, **dimensions}
    (seconds,) = basic.said.metrics("SecondsWithoutSafeguard")
    assert seconds["value"] == pytest.approx([basic.account.outage(trail)], abs=0.1)
    assert seconds["unit"] == "Seconds"


def test_a_trail_may_be_stopped_by_its_short_name(basic: World) -> None:
    trail = basic.account.trail("main")
    basic.account.user("contractor").cloudtrail().stop_logging(Name="main")
    basic.aws.wait_idle()
    assert basic.account.logs(trail)
    assert basic.said.mail().field("ARN") == trail


def test_an_event_that_is_delivered_twice_finds_nothing_to_do_the_second_time(basic: World) -> None:
    trail = basic.account.trail("main")
    basic.account.user("contractor").stop(trail)
    basic.aws.wait_idle()
    event = next(
        event for event in reversed(basic.aws.events) if event["detail"].get("eventName") == "StopLogging"
    )
    basic.aws.put_event(event)
    basic.aws.wait_idle()
    assert basic.account.logs(trail)
    assert len(basic.calls("StartLogging")) == 1
    assert len(basic.said.mails()) == 1


def test_a_denied_stop_is_reported_and_changes_nothing(basic: World) -> None:
    trail = basic.account.trail("main")
    visitor = basic.account.user("visitor", ["cloudtrail:DescribeTrails"])
    with pytest.raises(visitor.cloudtrail().exceptions.ClientError, match="AccessDenied"):
        visitor.stop(trail)
    basic.aws.wait_idle()
    assert basic.account.logs(trail)
    assert basic.calls("StartLogging") == []
    mail = basic.said.mail()
    assert mail.attributes["outcome"] == "notified"
    assert mail.field("Actor") == "visitor (IAMUser)"
    assert "was refused by AWS (AccessDenied). Nothing was changed." in mail.body


def test_nobody_can_put_the_event_of_a_call_that_was_never_made(basic: World) -> None:
    trail = basic.account.trail("main")
    answer = basic.account.client("events").put_events(
        Entries=[
            {
                "Source": "aws.cloudtrail",
                "DetailType": "AWS API Call via CloudTrail",
                "Detail": '{"eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging"}',
            }
        ]
    )
    basic.aws.wait_idle()
    assert answer["FailedEntryCount"] == 1
    assert basic.calls() == []
    assert basic.account.logs(trail)


def test_rearm_does_not_respond_to_its_own_calls(basic: World) -> None:
    trail = basic.account.trail("main")
    basic.account.user("contractor").stop(trail)
    basic.aws.wait_idle()
    assert len(basic.account.history("StartLogging")) >= 1
    assert len(basic.said.journal()) == 1
