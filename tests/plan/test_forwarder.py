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
    "no_automation": (
        Variant({**ELSEWHERE, "automations": ["nothing"]}, "forwarder"),
        'automations has "nothing"; there are cloudtrail',
    ),
    "own_region": (
        Variant({**ELSEWHERE, "automations": ["cloudtrail", "s3_encryption"]}, "forwarder"),
        'automations has "s3_encryption", which looks at the region of its function only',
    ),
    "wrong_path": (Variant({**ELSEWHERE, "role_path": "security"}, "forwarder"), 'role_path is "security"'),
    "wrong_boundary": (
        Variant({**ELSEWHERE, "permissions_boundary_arn": "boundary"}, "forwarder"),
        'permissions_boundary_arn is "boundary"; it must be the ARN',
    ),
}
# What depends on two inputs is looked at only when each is right.
TOO_LONG = {
    "long_name": (
        Variant({**ELSEWHERE, "name": "r" * 40}, "forwarder"),
        f'name is "{"r" * 40}", 40 characters; an EventBridge rule',
    ),
    "long_rule": (
        Variant({**ELSEWHERE, "name": "r" * 23, "automations": ["iam_user_anomaly"]}, "forwarder"),
        f'name is "{"r" * 23}", 23 characters; an EventBridge rule',
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
    """Give the patterns of all automations that look at more than their own region."""
    return {
        f"{automation}-{key}": event["pattern"]
        for automation, manifest in manifests().items()
        if manifest["default_mode"] != "off" or manifest.get("global_events")
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


def test_what_looks_at_its_own_region_only_has_nothing_forwarded(forwarder: Plan) -> None:
    regional = [
        name
        for name, manifest in manifests().items()
        if manifest["default_mode"] == "off" and not manifest.get("global_events")
    ]

    assert {"s3_encryption", "security_groups"} <= set(regional)
    for name in patterns_of(forwarder):
        assert not [one for one in regional if name.startswith(f"rearm-forward-{one}-")]


def record(source: str, kind: str, event: str, identity: dict[str, Any]) -> dict[str, Any]:
    """Build an event of CloudTrail's."""
    service = f"{source.removeprefix('aws.')}.amazonaws.com"
    detail = {"eventSource": service, "eventName": event, "userIdentity": identity}
    return {"source": source, "detail-type": kind, "detail": detail}


CALL, SIGN_IN = "AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"


@pytest.mark.parametrize(
    ("automation", "event"),
    [
        ("iam_authority", record("aws.iam", CALL, "AttachUserPolicy", {"type": "IAMUser"})),
        ("root_usage", record("aws.signin", SIGN_IN, "ConsoleLogin", {"type": "Root"})),
        ("root_usage", record("aws.iam", CALL, "CreateAccessKey", {"type": "Root"})),
        # Of a regional service the root user's calls are where they are made.
        ("root_usage", record("aws.ec2", CALL, "RunInstances", {"type": "Root"})),
    ],
)
def test_global_events_and_roots_calls_are_forwarded(
    forwarder: Plan, automation: str, event: dict[str, Any]
) -> None:
    reached = [name for name, one in patterns_of(forwarder).items() if patterns.matches(one, event)]

    assert [name for name in reached if name.startswith(f"rearm-forward-{automation}-")]


def test_everybody_elses_sign_ins_and_calls_stay_where_they_are(forwarder: Plan) -> None:
    harmless = [
        record("aws.signin", SIGN_IN, "ConsoleLogin", {"type": "IAMUser"}),
        record("aws.ec2", CALL, "RunInstances", {"type": "IAMUser"}),
        record("aws.ec2", CALL, "AuthorizeSecurityGroupIngress", {"type": "AssumedRole"}),
    ]

    for event in harmless:
        assert not [name for name, one in patterns_of(forwarder).items() if patterns.matches(one, event)]


def test_calls_that_only_read_are_forwarded_where_they_are_listened_to(forwarder: Plan) -> None:
    rules = forwarder.of("aws_cloudwatch_event_rule")
    reading = {
        f"rearm-forward-{automation}-{key}"
        for automation, manifest in manifests().items()
        for key, event in manifest["triggers"]["events"].items()
        if event.get("read_only_calls")
    }

    assert reading <= set(rules)
    for name, rule in rules.items():
        reads = rule.values["state"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
        assert reads is (name in reading)


def test_with_a_forwarder_nothing_is_said_to_be_missed(example: Plan) -> None:
    assert example.warnings == ()


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


@pytest.mark.parametrize("mistakes", [MISTAKES, TOO_LONG], ids=["inputs", "names"])
def test_a_mistake_is_refused_with_what_would_be_right(
    terraform: Terraform, checkout: Path, shared: Path, mistakes: dict[str, tuple[Variant, str]]
) -> None:
    calls = {name: variant for name, (variant, _) in mistakes.items()}
    errors = refused(terraform, checkout, shared / f"forwarder-refused-{len(mistakes)}", calls)

    assert [name for name, (_, text) in mistakes.items() if not any(text in one for one in errors)] == []
    assert len(errors) == len(mistakes)


def test_rearms_own_region_is_refused(terraform: Terraform, checkout: Path, shared: Path) -> None:
    calls = {"same": Variant({"destination_region": REGION}, "forwarder")}
    (error,) = refused(terraform, checkout, shared / "forwarder-same", calls)

    assert error.startswith(f"The forwarder is in {REGION}, where Rearm itself is.")
