"""The submodule that sends events from another region to where Rearm is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.local_aws import patterns
from tests.patterns.manifests import manifests
from tests.plan.harness import Variant, write_root
from tests.plan.planning import ACCOUNT, REGION, Plan, Terraform, once, statements

FORWARDERS = {"virginia": "us-east-1", "ireland": "eu-west-1"}
BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
ALARMS = f"arn:aws:sns:eu-west-1:{ACCOUNT}:on-call"
ELSEWHERE = {"destination_region": "eu-west-2"}
MISTAKES = {
    "no_region": (
        Variant({"destination_region": "Frankfurt"}, "forwarder"),
        'destination_region is "Frankfurt"; it must be the name of a region.',
    ),
    "wrong_name": (Variant({**ELSEWHERE, "name": "Rearm"}, "forwarder"), 'name is "Rearm"; it must be'),
    "long_name": (
        Variant({**ELSEWHERE, "name": "r" * 40}, "forwarder"),
        f'name is "{"r" * 40}", 40 characters; an EventBridge rule',
    ),
    "no_automation": (
        Variant({**ELSEWHERE, "automations": ["nothing"]}, "forwarder"),
        'automations has "nothing"; there are cloudtrail',
    ),
    "wrong_path": (Variant({**ELSEWHERE, "role_path": "security"}, "forwarder"), 'role_path is "security"'),
    "wrong_boundary": (
        Variant({**ELSEWHERE, "permissions_boundary_arn": "boundary"}, "forwarder"),
        'permissions_boundary_arn is "boundary"; it must be the ARN',
    ),
}
EVERYTHING = {
    **ELSEWHERE,
    "alarm_actions": [ALARMS],
    "automations": ["cloudtrail", "trail_storage"],
    "name": "acme",
    "permissions_boundary_arn": BOUNDARY,
    "role_path": "/security/",
    "tags": {"owner": "security"},
}


@pytest.fixture
def example(terraform: Terraform, checkout: Path) -> Plan:
    """Plan the example."""
    return terraform.plan(checkout / "examples" / "other-regions")


@pytest.fixture(params=FORWARDERS)
def forwarder(request: pytest.FixtureRequest, example: Plan) -> Plan:
    """Give each forwarder of the example."""
    assert example.errors == ()
    return example.module(request.param)


@pytest.fixture
def everything(terraform: Terraform, checkout: Path, shared: Path) -> Plan:
    """Plan a forwarder with every input."""
    sources = {"forwarder": checkout / "modules" / "forwarder"}
    calls = {"everything": Variant(EVERYTHING, "forwarder")}
    root = once(shared / "forwarder", lambda part: write_root(part, sources, calls, {}))
    plan = terraform.plan(root)
    assert plan.errors == ()
    return plan.module("everything")


def patterns_of(plan: Plan) -> dict[str, dict[str, Any]]:
    rules = plan.of("aws_cloudwatch_event_rule")
    return {name: json.loads(rule.values["event_pattern"]) for name, rule in rules.items()}


def manifest_patterns() -> dict[str, dict[str, Any]]:
    return {
        f"{automation}-{key}": event["pattern"]
        for automation, manifest in manifests().items()
        for key, event in manifest["triggers"].get("events", {}).items()
    }


def test_each_manifests_patterns_are_forwarded_as_they_are(forwarder: Plan) -> None:
    about_others = {
        f"rearm-forward-{key}": pattern
        for key, pattern in manifest_patterns().items()
        if "{name}" not in json.dumps(pattern)
    }
    planned = patterns_of(forwarder)

    assert about_others
    assert {name: planned[name] for name in about_others} == about_others


def test_of_the_deployments_own_parts_only_what_is_global_is_forwarded(forwarder: Plan) -> None:
    own = {key: pattern for key, pattern in manifest_patterns().items() if "{name}" in json.dumps(pattern)}
    planned = patterns_of(forwarder)

    for key, pattern in own.items():
        if "aws.iam" in pattern["source"]:
            (rule,) = (one for name, one in planned.items() if name == f"rearm-forward-{key}")
            assert rule["source"] == ["aws.iam"]
            assert rule["detail"]["eventName"] == pattern["detail"]["eventName"]
            assert "{name}" not in json.dumps(rule)
        else:
            assert f"rearm-forward-{key}" not in planned


def test_every_pattern_can_be_deployed(forwarder: Plan) -> None:
    rules = forwarder.of("aws_cloudwatch_event_rule")

    assert set(rules) == {f"rearm-forward-{key}" for key in forwarder_keys(forwarder)}
    for name, rule in rules.items():
        patterns.check(json.loads(rule.values["event_pattern"]))
        assert len(rule.values["event_pattern"]) <= 2048
        assert len(name) <= 64
        assert rule.values["state"].startswith("ENABLED")


def forwarder_keys(plan: Plan) -> set[str]:
    """Give the keys of the manifests' events of which a plan has a rule."""
    return {
        key for key in manifest_patterns() if f"rearm-forward-{key}" in plan.of("aws_cloudwatch_event_rule")
    }


def test_the_target_is_the_other_regions_bus(forwarder: Plan) -> None:
    targets = [one for one in forwarder.changes() if one.type == "aws_cloudwatch_event_target"]

    assert len(targets) == len(forwarder.of("aws_cloudwatch_event_rule"))
    for target in targets:
        assert target.values["arn"] == BUS
        assert target.values["retry_policy"] == [
            {"maximum_event_age_in_seconds": 3600, "maximum_retry_attempts": 185}
        ]
        assert "role_arn" in target.unknown


def test_the_role_may_put_events_on_that_bus_and_nothing_else(forwarder: Plan) -> None:
    role = forwarder.one("aws_iam_role").values
    (trusted,) = json.loads(role["assume_role_policy"])["Statement"]
    granted = statements(forwarder.one("aws_iam_role_policy").values["policy"])

    assert trusted["Principal"] == {"Service": "events.amazonaws.com"}
    assert trusted["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert granted == {"Forward": {"Effect": "Allow", "Action": ["events:PutEvents"], "Resource": [BUS]}}


def test_the_roles_of_two_regions_have_different_names(example: Plan) -> None:
    names = {example.module(name).one("aws_iam_role").values["name"] for name in FORWARDERS}

    assert names == {f"rearm-forward-{region}" for region in FORWARDERS.values()}


def test_it_costs_no_alarms_unless_somebody_is_to_be_told(forwarder: Plan, everything: Plan) -> None:
    assert forwarder.of("aws_cloudwatch_metric_alarm") == {}
    alarms = everything.of("aws_cloudwatch_metric_alarm")
    assert {name.removesuffix("-failed-invocations") for name in alarms} == set(
        everything.of("aws_cloudwatch_event_rule")
    )
    assert all(alarm.values["alarm_actions"] == [ALARMS] for alarm in alarms.values())


def test_what_is_given_is_used(everything: Plan) -> None:
    role = everything.one("aws_iam_role").values

    assert (role["name"], role["path"]) == (f"acme-forward-{REGION}", "/security/")
    assert role["permissions_boundary"] == BOUNDARY
    assert set(everything.of("aws_cloudwatch_event_rule")) == {
        f"acme-forward-{automation}-{key}"
        for automation in EVERYTHING["automations"]
        for key in manifests()[automation]["triggers"]["events"]
    }
    tagged = [one for one in everything.changes() if "tags" in one.values]
    assert len(tagged) > 3
    assert all(one.values["tags"] == {"owner": "security"} for one in tagged)
    assert everything.outputs()["destination"] == BUS.replace(REGION, "eu-west-2")


def refused(terraform: Terraform, checkout: Path, target: Path, calls: dict[str, Variant]) -> tuple[str, ...]:
    sources = {"forwarder": checkout / "modules" / "forwarder"}
    return terraform.plan(once(target, lambda part: write_root(part, sources, calls, {}))).errors


def test_a_mistake_is_refused_with_what_would_be_right(
    terraform: Terraform, checkout: Path, shared: Path
) -> None:
    calls = {name: variant for name, (variant, _) in MISTAKES.items()}
    errors = refused(terraform, checkout, shared / "forwarder-refused", calls)

    assert [name for name, (_, text) in MISTAKES.items() if not any(text in one for one in errors)] == []


def test_rearms_own_region_is_refused(terraform: Terraform, checkout: Path, shared: Path) -> None:
    calls = {"same": Variant({"destination_region": REGION}, "forwarder")}
    (error,) = refused(terraform, checkout, shared / "forwarder-same", calls)

    assert error.startswith(f"The forwarder is in {REGION}, where Rearm itself is.")
