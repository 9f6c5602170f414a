"""The sweep: the schedule looks at everything, whatever events were lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.said import INBOX
from tests.e2e.world import EMAIL, World


def test_a_stop_that_nothing_has_noticed_is_repaired_and_attributed(basic: World) -> None:
    trail = basic.account.trail("main")
    deploy = basic.account.role("deploy", "pipeline-7")
    with basic.account.unseen():
        deploy.stop(trail)
    assert not basic.account.logs(trail)
    basic.sweep()
    assert basic.account.logs(trail)
    mail = basic.said.mail()
    assert mail.field("Arrived by") == "sweep"
    assert mail.field("Role") == deploy.arn
    assert mail.field("Session") == "pipeline-7 (chosen by the caller)"
    assert "Found in CloudTrail's event history." in mail.section("WHO")
    assert mail.field("Call").startswith("StopLogging at ")


def test_the_outage_is_measured_from_the_stop_and_not_from_the_sweep(basic: World) -> None:
    trail = basic.account.trail("main")
    with basic.account.unseen():
        basic.account.user("contractor").stop(trail)
        stopped = basic.account.status(trail)["StopLoggingTime"]
        basic.aws.wait_for(lambda: datetime.now(UTC) - stopped > timedelta(seconds=1.5))
    basic.sweep()
    told = float(basic.said.mail().field("Without the safeguard").removesuffix(" s"))
    # The message has one decimal.
    assert told >= 1.5
    assert told == pytest.approx(basic.account.outage(trail), abs=0.1)


def test_a_sweep_that_finds_everything_in_order_writes_one_line_and_tells_nobody(basic: World) -> None:
    trail = basic.account.sound_trail("main")
    basic.sweep()
    basic.said.forget()
    basic.sweep()
    assert basic.said.mails() == []
    (line,) = basic.said.journal()
    assert line["rearm"]["outcome"] == "compliant"
    assert line["rearm"]["door"] == "sweep"
    assert line["rearm"]["examined"] == [trail]
    assert basic.calls("StartLogging") == []


def test_the_sweep_counts_the_confirmed_subscribers(basic: World) -> None:
    basic.account.trail("main")
    sns = basic.account.client("sns")
    (inbox,) = [one for one in sns.list_subscriptions()["Subscriptions"] if one["Endpoint"].endswith(INBOX)]
    sns.unsubscribe(SubscriptionArn=inbox["SubscriptionArn"])
    basic.sweep()
    basic.aws.confirm_subscription(EMAIL)
    basic.sweep()
    basic.said.subscribe()
    counted = basic.said.metrics("ConfirmedSubscribers")
    assert [one["value"] for one in counted] == [0, 1]
    assert {one["deployment"] for one in counted} == {"rearm"}
