"""A call that stops a trail: it logs again within seconds, and everybody is told."""

from __future__ import annotations

import pytest

from tests.e2e.account import USER_AGENT
from tests.e2e.world import World

pytestmark = pytest.mark.xdist_group("basic")

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
    assert mail.field("Source IP") == "127.0.0.1"
    assert mail.field("User agent").startswith(USER_AGENT)
    assert float(mail.field("Without the safeguard").removesuffix(" s")) == pytest.approx(
        basic.account.outage(trail), abs=0.1
    )
    assert mail.attributes == {
        "automation": "cloudtrail",
        "outcome": "remediated",
        "severity": "CRITICAL",
        "account": basic.account.id,
    }


def test_the_mail_has_the_call_that_was_made_and_the_one_that_undoes_it(basic: World) -> None:
    trail = basic.account.trail("main")
    basic.account.user("contractor").stop(trail)
    basic.aws.wait_idle()
    (made,) = basic.account.history("StartLogging")[:1]
    assert made["requestParameters"] == {"name": trail}
    assert made["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == "rearm-cloudtrail"
    mail = basic.said.mail()
    command = f"aws cloudtrail start-logging --name {trail} --region {basic.account.region}"
    assert mail.section("WHAT WAS DONE")[0] == command
    assert command.replace("start-logging", "stop-logging") in mail.section("HOW TO UNDO IT")
