"""What Rearm puts right about itself, through the call's event and by the sweep."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from tests.unit.endpoint import Made
from tests.unit.self_guard import declared as d
from tests.unit.self_guard.deployed import PARAMETER, SELF, Deployed, opened
from tests.unit.self_guard.spoils import SPOILS, Spoil, _disabled, _enabled
from tests.unit.world import Run

BY_ID = {spoil.id + str(index): spoil for index, spoil in enumerate(SPOILS)}
NOTES = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")


def changes(run: Run) -> list[str]:
    """Return the calls that changed something, but for what Rearm keeps of its own and tells."""
    spoken = (*NOTES, "sns:Publish")
    return [made.name for made in run.calls if not made.reads and made.name not in spoken]


@pytest.mark.parametrize("spoil", BY_ID.values(), ids=BY_ID)
def test_what_a_call_has_spoilt_is_put_right(deployed: Deployed, spoil: Spoil) -> None:
    spoil.do(deployed)
    run = deployed.called(spoil.call, spoil.service, **spoil.named)
    assert (run.findings, run.outcomes) == ([spoil.rule], ["remediated"])
    assert changes(run) == list(spoil.repair)
    assert spoil.righted(deployed)
    assert run.error is None
    assert run.message.attributes["severity"] == spoil.severity
    assert f"{spoil.call} was called by" in run.message.body
    assert run.sleeps == ([15.0] if spoil.patient else [])


@pytest.mark.parametrize("spoil", BY_ID.values(), ids=BY_ID)
def test_what_no_event_told_of_is_put_right_by_the_sweep(deployed: Deployed, spoil: Spoil) -> None:
    spoil.do(deployed)
    run = deployed.sweep()
    assert (run.findings, run.outcomes) == ([spoil.rule], ["remediated"])
    assert changes(run) == list(spoil.repair)
    assert spoil.righted(deployed)
    assert deployed.sweep().messages == []


@pytest.mark.parametrize("spoil", BY_ID.values(), ids=BY_ID)
def test_a_configuration_that_was_put_right_can_be_undone_and_what_was_made_again_cannot(
    deployed: Deployed, spoil: Spoil
) -> None:
    spoil.do(deployed)
    deployed.sweep()
    (response,) = deployed.world.items(f"{SELF}#response").values()
    undos = [action["undo"] for action in response["findings"][0]["actions"]]
    assert tuple(undo["operation"] for undo in undos if undo) == spoil.undone
    assert all(undo["check"]["value"] != undo["parameters"] for undo in undos if undo)


@pytest.mark.parametrize("spoil", BY_ID.values(), ids=BY_ID)
def test_notify_says_the_same_and_changes_nothing(spoil: Spoil) -> None:
    with opened(mode="notify") as deployed:
        deployed.learn()
        spoil.do(deployed)
        run = deployed.sweep()
        assert (run.findings, run.outcomes) == ([spoil.rule], ["notified"])
        assert changes(run) == []
        assert not spoil.righted(deployed)


def test_several_things_at_once_are_all_put_right(deployed: Deployed) -> None:
    chosen = [spoil for spoil in SPOILS if spoil.call in ("DisableRule", "PutFunctionConcurrency20171031")]
    for spoil in chosen:
        spoil.do(deployed)
    run = deployed.sweep()
    assert run.outcomes == ["remediated"] * 2
    assert all(spoil.righted(deployed) for spoil in chosen)


def test_the_guard_puts_its_own_parts_right_too() -> None:
    with opened() as deployed:
        parts = d.automation_parts()
        deployed.remove(PARAMETER, f"{PARAMETER}/deployed")
        deployed.declare("/rearm/self_guard", {**parts, "automation": SELF})
        deployed.learn()
        _disabled(deployed)
        assert deployed.sweep().outcomes == ["remediated"]
        assert _enabled(deployed)


def test_a_deployed_concurrency_is_put_back_as_it_was() -> None:
    with opened() as deployed:
        functions = deployed.client("lambda")
        functions.put_function_concurrency(FunctionName=d.FULL, ReservedConcurrentExecutions=3)
        deployed.declare(PARAMETER, d.automation_parts(concurrency=3))
        deployed.learn()
        functions.put_function_concurrency(FunctionName=d.FULL, ReservedConcurrentExecutions=0)
        run = deployed.called("PutFunctionConcurrency20171031", "lambda", functionName=d.FULL)
        assert run.outcomes == ["remediated"]
        answer = functions.get_function_concurrency(FunctionName=d.FULL)
        assert answer["ReservedConcurrentExecutions"] == 3


def test_a_rule_that_matches_read_only_calls_as_well_is_enabled(deployed: Deployed) -> None:
    deployed.world.endpoint.edit(
        "events:DescribeRule",
        lambda _, answer: answer.update(State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"),
    )
    assert deployed.sweep().outcomes == ["compliant"]


READING = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
KEPT: dict[str, Any] = {"EventPattern": json.dumps(d.PATTERN), "Description": "Rearm: Calls."}
NARROW: dict[str, Any] = {**KEPT, "EventPattern": '{"source": ["aws.nothing"]}'}


@contextmanager
def reading() -> Iterator[Deployed]:
    """Deploy a rule that also gets calls that only read."""
    with opened() as deployed:
        parts = d.automation_parts()
        rules = {**parts["rules"], d.CALLS: {**parts["rules"][d.CALLS], "state": READING}}
        deployed.client("events").put_rule(Name=d.CALLS, State=READING, **KEPT)
        deployed.declare(PARAMETER, {**parts, "rules": rules})
        deployed.learn()
        yield deployed


@pytest.mark.parametrize(
    ("put", "found"),
    [
        ({**KEPT, "State": "ENABLED"}, ["rule-narrowed"]),
        ({**KEPT, "State": "DISABLED"}, ["rule-disabled"]),
        ({**NARROW, "State": READING}, ["rule-changed"]),
        ({**NARROW, "State": "ENABLED"}, ["rule-narrowed", "rule-changed"]),
        ({**NARROW, "State": "DISABLED"}, ["rule-disabled", "rule-changed"]),
    ],
)
def test_a_rule_gets_calls_that_only_read_again(put: dict[str, Any], found: list[str]) -> None:
    with reading() as deployed:
        deployed.client("events").put_rule(Name=d.CALLS, **put)
        said = {"name": d.CALLS, "eventPattern": put["EventPattern"], "state": put["State"]}
        run = deployed.called("PutRule", "events", **said)
        assert (run.findings, run.outcomes) == (found, ["remediated"] * len(found))
        rule = deployed.rule()
        assert (json.loads(rule["EventPattern"]), rule["State"]) == (d.PATTERN, READING)
        assert rule["Description"] == KEPT["Description"]
        assert "PutRule was called by" in run.message.body
        assert deployed.sweep().outcomes == ["compliant"]


def test_a_rule_that_is_made_again_gets_calls_that_only_read() -> None:
    with reading() as deployed:
        deployed.client("events").remove_targets(Rule=d.CALLS, Ids=["function"])
        deployed.client("events").delete_rule(Name=d.CALLS)
        assert deployed.called("DeleteRule", "events", name=d.CALLS).outcomes == ["remediated"]
        assert deployed.rule()["State"] == READING


def test_an_undo_takes_calls_that_only_read_from_the_rule_again() -> None:
    with reading() as deployed:
        deployed.client("events").put_rule(Name=d.CALLS, State="ENABLED", **KEPT)
        deployed.sweep()
        (response,) = deployed.world.items(f"{SELF}#response").values()
        (action,) = response["findings"][0]["actions"]
        undo = action["undo"]
        assert (undo["check"]["path"], undo["check"]["value"]) == ("State", READING)
        deployed.client("events").put_rule(**undo["parameters"])
        rule = deployed.rule()
        assert (json.loads(rule["EventPattern"]), rule["State"]) == (d.PATTERN, "ENABLED")


def test_a_rule_that_is_disabled_and_changed_at_once_is_put_right(deployed: Deployed) -> None:
    deployed.client("events").put_rule(Name=d.CALLS, State="DISABLED", **NARROW)
    run = deployed.called("PutRule", "events", name=d.CALLS, state="DISABLED", eventPattern="{}")
    assert (run.findings, run.outcomes) == (["rule-disabled", "rule-changed"], ["remediated"] * 2)
    assert _enabled(deployed)
    assert json.loads(deployed.rule()["EventPattern"]) == d.PATTERN


def test_a_pattern_that_is_written_in_another_order_is_the_same(deployed: Deployed) -> None:
    deployed.client("events").put_rule(
        Name=d.CALLS,
        EventPattern='{"detail": {"eventName": ["StopLogging"]},\n "source": ["aws.cloudtrail"]}',
        Description="Rearm: Calls.",
    )
    assert deployed.sweep().outcomes == ["compliant"]


def test_a_rule_is_not_made_again_for_a_function_that_is_gone(deployed: Deployed) -> None:
    events = deployed.client("events")
    events.remove_targets(Rule=d.CALLS, Ids=["function"])
    events.delete_rule(Name=d.CALLS)
    deployed.client("lambda").delete_function(FunctionName=d.FULL)
    run = deployed.called("DeleteRule", "events", name=d.CALLS)
    assert (run.findings, run.outcomes, changes(run)) == (["rule-leads-nowhere"], ["notified"], [])


def test_a_log_group_under_a_key_of_the_users_is_told_and_not_made_without_it(deployed: Deployed) -> None:
    parts = d.automation_parts()
    key = d.arn("kms", "key/1")
    deployed.declare(PARAMETER, {**parts, "log_group": {**parts["log_group"], "key": key}})
    deployed.client("logs").delete_log_group(logGroupName=d.GROUP)
    run = deployed.called("DeleteLogGroup", "logs", logGroupName=d.GROUP)
    assert (run.findings, run.outcomes, changes(run)) == (["log-not-kept"], ["notified"], [])
    assert "run terraform apply" in run.message.body


def test_a_log_that_is_kept_for_ever_is_kept_for_ever_again(deployed: Deployed) -> None:
    parts = d.automation_parts()
    deployed.declare(PARAMETER, {**parts, "log_group": {**parts["log_group"], "retention": 0}})
    deployed.called("PutRetentionPolicy", "logs", logGroupName=d.GROUP)
    (group,) = deployed.client("logs").describe_log_groups(logGroupNamePrefix=d.GROUP)["logGroups"]
    assert "retentionInDays" not in group


def names(made: Sequence[Made]) -> list[str]:
    """Return the calls' names."""
    return [one.name for one in made]


def test_an_event_about_one_rule_reads_that_rule_only(deployed: Deployed) -> None:
    _disabled(deployed)
    run = deployed.called("DisableRule", "events", name=d.CALLS)
    reads = [made for made in run.looks if made.reads and made.service in ("events", "lambda", "iam")]
    assert {made.parameters.get("Name") or made.parameters.get("Rule") for made in reads} == {d.CALLS}
    assert names(reads) == ["events:DescribeRule", "events:ListTargetsByRule"] * 2
