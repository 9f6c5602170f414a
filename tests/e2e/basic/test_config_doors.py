"""AWS Config notices what no event has told: its managed rule changes, or the function is the rule."""

from __future__ import annotations

from tests.e2e.world import World

MANAGED = "rearm-cloudtrail-enabled"
CUSTOM = "rearm-cloudtrail-logging"


def test_a_stop_that_only_config_notices_is_repaired_and_attributed(basic: World) -> None:
    trail = basic.account.trail("main")
    basic.account.evaluate(MANAGED)
    contractor = basic.account.user("contractor")
    with basic.account.unseen():
        contractor.stop(trail)
    basic.account.evaluate(MANAGED)
    assert basic.account.logs(trail)
    mail = basic.said.mail()
    assert mail.field("Arrived by") == f"Config: {MANAGED} became NON_COMPLIANT"
    assert mail.field("Actor") == "contractor (IAMUser)"
    assert mail.field("Identity") == contractor.arn
    assert "Found in CloudTrail's event history." in mail.section("WHO")


def test_after_each_repair_the_rule_is_asked_again_so_that_its_next_change_is_an_event(basic: World) -> None:
    trail = basic.account.trail("main")
    for _ in range(2):
        basic.account.evaluate(MANAGED)
        with basic.account.unseen():
            basic.account.user("contractor").stop(trail)
        # One process asks a rule at most once a minute, as Config wants it; this is another one.
        basic.aws.end_processes()
        basic.account.evaluate(MANAGED)
        assert basic.account.logs(trail)
        assert basic.account.compliance(MANAGED)[basic.account.id]["ComplianceType"] == "COMPLIANT"
    assert len(basic.said.mails()) == 2


def test_a_repair_that_came_by_an_api_event_makes_the_rule_compliant_too(basic: World) -> None:
    trail = basic.account.trail("main")
    with basic.account.unseen():
        basic.account.user("contractor").stop(trail)
        # Not compliant from here on, without an event that anybody takes.
        basic.account.client("events").disable_rule(Name="rearm-cloudtrail-config")
        basic.account.evaluate(MANAGED)
        basic.account.client("events").enable_rule(Name="rearm-cloudtrail-config")
        basic.account.client("cloudtrail").start_logging(Name=trail)
    assert basic.account.compliance(MANAGED)[basic.account.id]["ComplianceType"] == "NON_COMPLIANT"
    basic.aws.end_processes()
    basic.account.user("contractor").stop(trail)
    basic.aws.wait_idle()
    assert basic.account.logs(trail)
    assert basic.account.compliance(MANAGED)[basic.account.id]["ComplianceType"] == "COMPLIANT"


def test_the_custom_rule_repairs_and_reports_each_trail(basic: World) -> None:
    healthy, stopped = basic.account.trail("healthy"), basic.account.trail("stopped")
    with basic.account.unseen():
        basic.account.user("contractor").stop(stopped)
    basic.account.evaluate(CUSTOM)
    assert basic.account.logs(stopped)
    assert basic.account.logs(healthy)
    found = basic.account.compliance(CUSTOM)
    assert {name: found[name]["ComplianceType"] for name in ("healthy", "stopped")} == {
        "healthy": "COMPLIANT",
        "stopped": "COMPLIANT",
    }
    assert found["stopped"]["Annotation"] == "Put right by Rearm: Trail stopped does not log."
    mail = basic.said.mail()
    assert mail.field("Arrived by") == f"custom Config rule, evaluation of {CUSTOM}"
    assert mail.field("Actor") == "contractor (IAMUser)"


def test_the_custom_rule_says_of_a_deleted_trail_that_it_no_longer_applies(basic: World) -> None:
    basic.account.trail("kept")
    trail = basic.account.trail("temporary")
    basic.account.evaluate(CUSTOM)
    assert basic.account.compliance(CUSTOM)["temporary"]["ComplianceType"] == "COMPLIANT"
    with basic.account.unseen():
        basic.account.client("cloudtrail").delete_trail(Name=trail)
    basic.account.evaluate(CUSTOM)
    assert basic.account.compliance(CUSTOM)["temporary"]["ComplianceType"] == "NOT_APPLICABLE"
    assert basic.account.compliance(CUSTOM)["kept"]["ComplianceType"] == "COMPLIANT"
    assert basic.said.mails() == []


def test_a_trail_of_another_region_is_reported_by_its_arn(basic: World) -> None:
    basic.account.trail("main")
    elsewhere = basic.account.trail("main", region="us-east-1")
    basic.account.evaluate(CUSTOM)
    found = basic.account.compliance(CUSTOM)
    assert found["main"]["ComplianceType"] == "COMPLIANT"
    assert found[elsewhere]["ComplianceType"] == "COMPLIANT"
