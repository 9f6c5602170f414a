"""Terraform's own changes are no attack, and nobody hides behind them for long."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.events.envelopes import REGION, api_event
from tests.events.identities import ACCOUNT, assumed_role
from tests.unit.deployment import exception
from tests.unit.self_guard import declared as d
from tests.unit.self_guard.deployed import PARAMETER, SEAL, SELF, Deployed, opened
from tests.unit.self_guard.spoils import _as_declared, _disabled, _enabled
from tests.unit.self_guard.test_repairs import changes
from tests.unit.self_guard.test_told import _code
from tests.unit.world import ago, stamp

PIPELINE = f"arn:aws:iam::{ACCOUNT}:role/pipeline"
WIDER = {"source": ["aws.cloudtrail"], "detail": {"eventName": ["StopLogging", "DeleteTrail"]}}
MINUTE = timedelta(minutes=1)


def upgraded(**function: Any) -> dict[str, Any]:
    """Return what a new version declares: another pattern, and other changes of the function."""
    parts = d.automation_parts(**function)
    return {**parts, "rules": {**parts["rules"], d.CALLS: {**parts["rules"][d.CALLS], "pattern": WIDER}}}


def put_wider(deployed: Deployed) -> None:
    """Give the rule the pattern of the new version."""
    deployed.client("events").put_rule(
        Name=d.CALLS, EventPattern=json.dumps(WIDER), Description="Rearm: Calls."
    )


def remove_rule(deployed: Deployed) -> None:
    """Remove a rule with its target, as Terraform does."""
    events = deployed.client("events")
    events.remove_targets(Rule=d.CALLS, Ids=["function"])
    events.delete_rule(Name=d.CALLS)


def rules(deployed: Deployed) -> list[str]:
    """Return the names of the rules there are."""
    return [rule["Name"] for rule in deployed.client("events").list_rules()["Rules"]]


def test_while_a_new_version_is_deployed_what_it_changes_is_not_told(deployed: Deployed) -> None:
    deployed.declare(PARAMETER, upgraded(code="another"), seal=False, since=MINUTE)
    for run in (
        deployed.called("PutParameter", "ssm", name=PARAMETER),
        deployed.called("UpdateFunctionCode20150331v2", "lambda", functionName=d.FULL),
        deployed.called("RemovePermission20150331v2", "lambda", functionName=d.FULL),
        deployed.called("RemoveTargets", "events", rule=d.SWEEP),
    ):
        assert (run.messages, run.outcomes, run.sleeps) == ([], ["compliant"], [])


def test_while_a_new_version_is_deployed_nothing_that_is_not_there_yet_is_made(deployed: Deployed) -> None:
    deployed.declare(PARAMETER, upgraded(), seal=False, since=MINUTE)
    remove_rule(deployed)
    run = deployed.called("DeleteRule", "events", name=d.CALLS)
    assert (run.messages, changes(run)) == ([], [])
    assert rules(deployed) == [d.SWEEP]


def test_while_a_new_version_is_deployed_only_what_is_switched_off_is_put_back(deployed: Deployed) -> None:
    deployed.declare(PARAMETER, upgraded(), seal=False, since=MINUTE)
    run = deployed.called("PutRule", "events", name=d.CALLS)
    assert (run.messages, changes(run)) == ([], [])
    put_wider(deployed)
    _disabled(deployed)
    assert deployed.called("DisableRule", "events", name=d.CALLS).outcomes == ["remediated"]
    assert _enabled(deployed)
    assert json.loads(deployed.rule()["EventPattern"]) == WIDER


def test_the_end_of_a_deployment_lets_everything_of_it_be_looked_at(deployed: Deployed) -> None:
    deployed.declare(PARAMETER, upgraded(), since=timedelta())
    run = deployed.called("PutParameter", "ssm", name=PARAMETER + SEAL)
    assert (run.findings, run.outcomes) == (["rule-changed"], ["remediated"])
    assert json.loads(deployed.rule()["EventPattern"]) == WIDER


def test_late_events_of_a_deployment_are_not_told(deployed: Deployed) -> None:
    put_wider(deployed)
    deployed.declare(PARAMETER, upgraded(), since=timedelta())
    run = deployed.called("RemovePermission20150331v2", "lambda", functionName=d.FULL)
    assert (run.messages, run.sleeps) == ([], [])


def test_a_call_after_a_deployment_that_left_nothing_wrong_is_not_told_for_a_while(
    deployed: Deployed,
) -> None:
    deployed.declare(PARAMETER, d.automation_parts(), since=MINUTE)
    run = deployed.called("DisableRule", "events", name=d.CALLS)
    assert (run.messages, run.sleeps) == ([], [2.0])


def test_what_is_wrong_right_after_a_deployment_is_told_at_once(deployed: Deployed) -> None:
    deployed.declare(PARAMETER, d.automation_parts(), since=MINUTE)
    _code(deployed)
    run = deployed.called("UpdateFunctionCode20150331v2", "lambda", functionName=d.FULL)
    assert run.findings == ["function-code-changed"]
    assert len(run.messages) == 1


def test_a_part_that_the_next_version_lacks_may_go_before_it_is_declared(deployed: Deployed) -> None:
    remove_rule(deployed)
    parts = d.automation_parts()
    kept = {**parts, "rules": {d.SWEEP: parts["rules"][d.SWEEP]}}

    def declared(seconds: float) -> None:
        assert seconds == 15.0
        deployed.declare(PARAMETER, kept, seal=False, since=timedelta())

    deployed.world.endpoint.answer("lambda:GetFunctionConfiguration", lambda _: declared(15.0))
    run = deployed.called("DeleteRule", "events", name=d.CALLS)
    assert (run.messages, changes(run)) == ([], [])
    assert rules(deployed) == [d.SWEEP]


def test_a_deployment_that_takes_too_long_is_told_and_no_cover(deployed: Deployed) -> None:
    deployed.declare(PARAMETER, upgraded(code="another"), seal=False, since=MINUTE)
    first = deployed.sweep()
    assert first.messages == []
    state = deployed.remembered()
    assert state["value"] == d.packed(d.automation_parts())
    deployed.remember(PARAMETER, **{**state, "unsettled": stamp(ago(16 * 60))})
    run = deployed.sweep()
    assert set(run.findings) == {"rule-changed", "function-code-changed", "deployment-unfinished"}
    assert len(run.messages) == 1


def test_writing_the_declaration_again_and_again_gains_no_time(deployed: Deployed) -> None:
    deployed.declare(PARAMETER, upgraded(code="another"), seal=False, since=MINUTE)
    deployed.sweep()
    deployed.remember(PARAMETER, **{**deployed.remembered(), "unsettled": stamp(ago(16 * 60))})
    deployed.declare(PARAMETER, upgraded(code="a third"), seal=False, since=timedelta())
    assert "deployment-unfinished" in deployed.sweep().findings


def test_a_first_deployment_is_under_way_for_a_while_too() -> None:
    with opened() as deployed:
        deployed.remove(PARAMETER + SEAL)
        deployed.date(PARAMETER, MINUTE)
        deployed.client("lambda").delete_function(FunctionName=d.FULL)
        assert deployed.sweep().messages == []
        deployed.date(PARAMETER, 16 * MINUTE)
        assert "deployment-unfinished" in deployed.sweep().findings


def test_the_minutes_are_a_setting() -> None:
    with opened(settings={"deployment_minutes": 60}) as deployed:
        deployed.remove(PARAMETER + SEAL)
        deployed.date(PARAMETER, 16 * MINUTE)
        assert deployed.sweep().messages == []


def test_a_finished_deployment_is_told_once_the_history_can_say_whose_it_is(deployed: Deployed) -> None:
    put_wider(deployed)
    deployed.declare(PARAMETER, upgraded(), since=timedelta())
    assert deployed.sweep().messages == []
    deployed.date(PARAMETER + SEAL, 16 * MINUTE)
    deployed.date(PARAMETER, 16 * MINUTE)
    run = deployed.sweep()
    assert (run.findings, run.outcomes) == (["deployment-changed"], ["notified"])
    assert "was deployed in another way than before: rules." in run.message.body
    assert run.message.attributes["severity"] == "MEDIUM"
    assert deployed.remembered() == {"value": d.packed(upgraded())}
    assert deployed.sweep().outcomes == ["compliant"]


@pytest.fixture
def excepted() -> Iterator[Deployed]:
    """Give a deployment whose pipeline is excepted."""
    given = {"pipeline": exception(actor=PIPELINE, quiet=True, scope=SELF)}
    with opened(exceptions=given) as made:
        made.learn()
        yield made


def put_parameter(at: datetime, who: str = "pipeline") -> dict[str, Any]:
    """Return CloudTrail's record of a declaration being written."""
    identity = assumed_role(role=who)
    event = api_event(
        "PutParameter",
        service="ssm",
        parameters={"name": PARAMETER},
        identity=identity,
        time=stamp(at),
        region=REGION,
    )
    return dict(event["detail"])


def test_a_deployment_by_the_pipeline_is_not_told(excepted: Deployed) -> None:
    put_wider(excepted)
    excepted.declare(PARAMETER, upgraded(), since=16 * MINUTE)
    excepted.world.history.records.append(put_parameter(datetime.now(UTC) - 16 * MINUTE))
    run = excepted.sweep()
    assert (run.findings, run.outcomes, run.messages) == (["deployment-changed"], ["excepted"], [])
    assert excepted.sweep().outcomes == ["compliant"]


def test_a_deployment_by_somebody_else_is_told_with_the_name(excepted: Deployed) -> None:
    put_wider(excepted)
    excepted.declare(PARAMETER, upgraded(), since=16 * MINUTE)
    excepted.world.history.records.append(put_parameter(datetime.now(UTC) - 16 * MINUTE, "intruder"))
    run = excepted.sweep()
    assert run.outcomes == ["notified"]
    assert "role/intruder" in run.message.body


def test_the_pipelines_own_earlier_call_does_not_excuse_a_later_change(excepted: Deployed) -> None:
    event = api_event(
        "PutRule",
        service="events",
        parameters={"name": d.CALLS, "eventPattern": "{}"},
        identity=assumed_role(role="pipeline"),
        time=stamp(datetime.now(UTC) - 2 * MINUTE),
    )
    excepted.world.history.records.append(dict(event["detail"]))
    excepted.declare(PARAMETER, d.automation_parts(), since=MINUTE)
    excepted.client("events").put_rule(Name=d.CALLS, EventPattern='{"source": ["nothing"]}')
    assert excepted.sweep().outcomes == ["remediated"]


def test_a_removal_is_told_and_not_fought(deployed: Deployed) -> None:
    deployed.remove(PARAMETER + SEAL)
    run = deployed.called("DeleteParameter", "ssm", name=PARAMETER + SEAL)
    assert (run.findings, run.outcomes) == (["declaration-removed"], ["notified"])
    assert "DeleteParameter was called by" in run.message.body
    deployed.remove(PARAMETER)
    assert deployed.called("DeleteParameter", "ssm", name=PARAMETER).messages == []
    remove_rule(deployed)
    deployed.client("lambda").remove_permission(FunctionName=d.FULL, StatementId="rule-calls")
    for run in (
        deployed.called("DeleteRule", "events", name=d.CALLS),
        deployed.called("RemovePermission20150331v2", "lambda", functionName=d.FULL),
    ):
        assert (run.messages, changes(run), run.sleeps) == ([], [], [])
    assert rules(deployed) == [d.SWEEP]


def test_what_is_switched_off_in_a_removal_is_still_put_right(deployed: Deployed) -> None:
    deployed.remove(PARAMETER + SEAL)
    _disabled(deployed)
    assert deployed.called("DisableRule", "events", name=d.CALLS).outcomes == ["remediated"]
    _code(deployed)
    run = deployed.called("UpdateFunctionCode20150331v2", "lambda", functionName=d.FULL)
    assert run.findings == ["function-code-changed"]


def test_an_automation_that_was_removed_is_forgotten(deployed: Deployed) -> None:
    deployed.remove(PARAMETER + SEAL, PARAMETER)
    remove_rule(deployed)
    deployed.client("lambda").delete_function(FunctionName=d.FULL)
    first = deployed.sweep()
    assert first.findings == ["declaration-removed"]
    assert deployed.remembered()["removed"] is True
    assert deployed.sweep().outcomes == ["compliant"]


def test_an_automation_that_comes_back_is_remembered_anew(deployed: Deployed) -> None:
    deployed.remember(PARAMETER, value=d.packed(upgraded()), removed=True)
    run = deployed.sweep()
    assert run.outcomes == ["compliant"]
    assert deployed.remembered() == {"value": d.packed(d.automation_parts())}


@pytest.mark.parametrize("gone", [(PARAMETER + SEAL,), (PARAMETER + SEAL, PARAMETER)])
def test_a_declaration_that_is_gone_while_all_else_stays_protects_nobody_for_long(
    deployed: Deployed, gone: tuple[str, ...]
) -> None:
    deployed.remove(*gone)
    deployed.sweep()
    deployed.remember(PARAMETER, **{**deployed.remembered(), "unsettled": stamp(ago(16 * 60))})
    remove_rule(deployed)
    run = deployed.sweep()
    assert set(run.findings) == {"rule-leads-nowhere", "deployment-unfinished"}
    assert _as_declared(deployed)
    assert run.messages[0].attributes["severity"] == "CRITICAL"


def test_a_declaration_that_cannot_be_read_does_not_blind_the_guard(deployed: Deployed) -> None:
    deployed.put(PARAMETER, "nonsense")
    _disabled(deployed)
    run = deployed.sweep()
    assert set(run.findings) == {"rule-disabled", "declaration-removed"}
    assert _enabled(deployed)


def test_a_declaration_of_another_form_is_told(deployed: Deployed) -> None:
    deployed.declare(PARAMETER, {"automation": "cloudtrail", "alarms": "all of them"})
    run = deployed.sweep()
    assert "unreadable" in run.findings
    assert "is not of this version of the module" in run.message.body


def test_a_deployment_that_has_settled_again_starts_anew(deployed: Deployed) -> None:
    deployed.remember(PARAMETER, value=d.packed(d.automation_parts()), unsettled=stamp(ago(600)))
    assert deployed.sweep().outcomes == ["compliant"]
    assert deployed.remembered() == {"value": d.packed(d.automation_parts())}
