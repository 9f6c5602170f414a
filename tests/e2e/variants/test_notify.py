"""Mode notify: the same way to the same findings, and nothing is changed."""

from __future__ import annotations

from tests.e2e.world import World

CUSTOM = "rearm-cloudtrail-logging"


def test_nothing_is_changed_and_the_mail_lists_the_exact_call(notify: World) -> None:
    trail = notify.account.trail("main")
    notify.account.user("contractor").stop(trail)
    notify.aws.wait_idle()
    assert not notify.account.logs(trail)
    assert notify.calls("StartLogging") == []
    mail = notify.said.mail()
    assert mail.attributes["outcome"] == "notified"
    assert mail.section("WHAT WOULD BE DONE (nothing was changed: mode notify)") == [
        f"aws cloudtrail start-logging --name {trail} --region {notify.account.region}"
    ]
    assert mail.field("Actor") == "contractor (IAMUser)"
    assert "Still off when this was written." in mail.body


def test_the_role_could_not_even_change_a_trail(notify: World) -> None:
    iam = notify.account.client("iam")
    names = iam.list_role_policies(RoleName="rearm-cloudtrail")["PolicyNames"]
    documents = [
        iam.get_role_policy(RoleName="rearm-cloudtrail", PolicyName=name)["PolicyDocument"] for name in names
    ]
    allowed = [
        action
        for document in documents
        for statement in document["Statement"]
        if statement["Effect"] == "Allow"
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]
    assert "cloudtrail:GetTrailStatus" in allowed
    assert "cloudtrail:StartLogging" not in allowed
    assert "config:StartConfigRulesEvaluation" not in allowed


def test_a_stop_that_config_notices_is_told_with_its_person(notify: World) -> None:
    trail = notify.account.trail("main")
    notify.account.evaluate("rearm-cloudtrail-enabled")
    with notify.account.unseen():
        notify.account.user("contractor").stop(trail)
    notify.account.evaluate("rearm-cloudtrail-enabled")
    assert not notify.account.logs(trail)
    mail = notify.said.mail()
    assert mail.attributes["outcome"] == "notified"
    assert mail.field("Identity").endswith(":user/contractor")


def test_the_custom_rule_reports_the_trail_as_it_is(notify: World) -> None:
    notify.account.trail("healthy")
    stopped = notify.account.trail("stopped")
    with notify.account.unseen():
        notify.account.user("contractor").stop(stopped)
    notify.account.evaluate(CUSTOM)
    found = notify.account.compliance(CUSTOM)
    assert {name: found[name]["ComplianceType"] for name in ("healthy", "stopped")} == {
        "healthy": "COMPLIANT",
        "stopped": "NON_COMPLIANT",
    }
    assert found["stopped"]["Annotation"] == "Trail stopped does not log."


def test_a_finding_that_stands_is_told_once_and_journalled_by_every_sweep(notify: World) -> None:
    trail = notify.account.sound_trail("standing")
    with notify.account.unseen():
        notify.account.user("contractor").stop(trail)
    notify.sweep()
    notify.sweep()
    assert len(notify.said.mails()) == 1
    assert [line["rearm"]["outcome"] for line in notify.said.journal()] == ["notified", "notified"]
