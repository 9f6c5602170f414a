"""What somebody can do to a trail besides stopping it: it is told with everything known about it."""

from __future__ import annotations

from tests.e2e.account import BUCKET
from tests.e2e.world import World


def test_an_updated_trail_is_reported_and_left_as_it_is(basic: World) -> None:
    trail = basic.account.trail("main", multi_region=True)
    contractor = basic.account.user("contractor")
    contractor.cloudtrail().update_trail(Name=trail, IsMultiRegionTrail=False)
    basic.aws.wait_idle()
    (described,) = basic.account.client("cloudtrail").describe_trails()["trailList"]
    assert described["IsMultiRegionTrail"] is False
    mail = basic.said.mail()
    assert mail.attributes["outcome"] == "notified"
    assert mail.field("Actor") == "contractor (IAMUser)"
    assert "UpdateTrail changed trail main: isMultiRegionTrail = false, name = " in mail.body
    assert basic.calls("StartLogging") == []


def test_changed_event_selectors_are_reported_with_what_they_are_now(basic: World) -> None:
    trail = basic.account.trail("main")
    basic.account.user("contractor").cloudtrail().put_event_selectors(
        TrailName=trail, EventSelectors=[{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": False}]
    )
    basic.aws.wait_idle()
    mail = basic.said.mail()
    assert mail.attributes["severity"] == "HIGH"
    assert "PutEventSelectors changed trail main: " in mail.body
    assert '"includeManagementEvents": false' in mail.body
    assert mail.field("ARN") == trail


def test_a_deleted_trail_is_reported_and_not_invented_anew(basic: World) -> None:
    kept, deleted = basic.account.trail("kept"), basic.account.trail("deleted")
    basic.account.user("contractor").cloudtrail().delete_trail(Name=deleted)
    basic.aws.wait_idle()
    trails = basic.account.client("cloudtrail").list_trails()["Trails"]
    assert [trail["TrailARN"] for trail in trails] == [kept]
    mail = basic.said.mail()
    assert mail.subject == "[rearm] CRITICAL cloudtrail: deleted notified"
    assert "Trail deleted was deleted." in mail.body
    assert mail.field("Actor") == "contractor (IAMUser)"


def test_deleting_the_last_trail_is_told_as_an_account_without_any(basic: World) -> None:
    trail = basic.account.trail("last")
    basic.account.user("contractor").cloudtrail().delete_trail(Name=trail)
    basic.aws.wait_idle()
    assert basic.account.client("cloudtrail").list_trails()["Trails"] == []
    mail = basic.said.mail()
    assert mail.attributes["severity"] == "CRITICAL"
    assert f"Account {basic.account.id} has no trail at all" in mail.body
    findings = {line["rearm"]["finding"] for line in basic.said.journal()}
    assert findings == {"trail-deleted", "no-trail"}


def test_an_account_without_any_trail_is_reported_by_the_sweep_and_nothing_is_made(basic: World) -> None:
    basic.sweep()
    assert basic.account.client("cloudtrail").list_trails()["Trails"] == []
    mail = basic.said.mail()
    assert mail.attributes["severity"] == "CRITICAL"
    assert mail.attributes["outcome"] == "notified"
    assert f"Account {basic.account.id} has no trail at all" in mail.body


def test_a_stop_that_arrives_when_the_trail_is_gone_is_reported(basic: World) -> None:
    basic.account.trail("kept")
    trail = basic.account.trail("short-lived")
    with basic.account.unseen():
        basic.account.user("contractor").stop(trail)
        basic.account.client("cloudtrail").delete_trail(Name=trail)
    basic.aws.put_event(basic.account.event_of("StopLogging"))
    basic.aws.wait_idle()
    mail = basic.said.mail()
    assert mail.attributes["outcome"] == "notified"
    assert "Trail short-lived, on which StopLogging was called, does not exist." in mail.body
    assert basic.calls("StartLogging") == []


def test_a_trail_made_again_under_its_name_is_started(basic: World) -> None:
    trail = basic.account.trail("main")
    contractor = basic.account.user("contractor")
    with basic.account.unseen():
        basic.account.client("cloudtrail").delete_trail(Name=trail)
        basic.account.client("cloudtrail").create_trail(Name="main", S3BucketName=BUCKET)
    contractor.stop(trail)
    basic.aws.wait_idle()
    assert basic.account.logs(trail)


def test_a_trail_that_logs_but_cannot_deliver_is_reported(basic: World) -> None:
    trail = basic.account.trail("main")
    basic.aws.set_delivery_error(trail, "AccessDenied")
    basic.sweep()
    basic.aws.set_delivery_error(trail, None)
    mail = basic.said.mail()
    assert mail.attributes["outcome"] == "notified"
    assert "Trail main logs, but its last delivery failed" in mail.body
    assert "AccessDenied" in mail.body
