from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import check_manifests
from tools.state import ROOT

GOOD = """\
title: Guard of guards
summary: What was switched off is switched on again.
kind: safeguard
default_mode: remediate
default_sweep_rate: rate(15 minutes)
tags_excuse: true
settings:
  count: {type: number, description: How many., default: 2, minimum: 1, maximum: 3}
  custom: {type: bool, description: Whether., default: true}
  existing: {type: list, description: Names., default: [a-b], pattern: '^[a-z-]+$'}
  frequency: {type: string, description: How often., default: One_Hour, allowed: [One_Hour, Six_Hours]}
  things:
    type: objects
    description: Things.
    default: {a: {c: [1]}}
    attributes: {b: bool, c: list, n: number}
resource_parameters: [name, requestParameters.name]
triggers:
  events:
    calls:
      description: Calls that stop it.
      pattern:
        source: [aws.cloudtrail]
        detail-type: [AWS API Call via CloudTrail]
        detail: {eventName: [StopLogging, {prefix: Delete}], $or: [{a: [1]}, {b: [{exists: false}]}]}
  config_rules:
    existing: existing
    frequency: frequency
    managed:
      cloudtrail-enabled: {description: On., identifier: CLOUD_TRAIL_ENABLED, when: {frequency: One_Hour}}
  custom_config_rule:
    {name: guard-logs, description: "Does it log?", frequency: frequency, when: {custom: "true"}}
permissions:
  - {sid: Read, actions: [cloudtrail:DescribeTrails], resources: ["*"]}
  - sid: Start
    mode: remediate
    actions: [cloudtrail:StartLogging]
    resources: ["arn:{partition}:cloudtrail:*:{account}:trail/*"]
  - {sid: Never, effect: Deny, actions: [cloudtrail:StopLogging], resources: ["*"]}
controls:
  CIS AWS Foundations Benchmark 3.0.0: ["3.1"]
"""


@pytest.fixture
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(GOOD)
    return loaded


def put(manifest: dict[str, Any], place: str, value: object) -> list[str]:
    """Change one value of a manifest, `None` for removing it, and check it."""
    changed = copy.deepcopy(manifest)
    target: Any = changed
    *path, last = place.split("/")
    for part in path:
        target = target[int(part) if isinstance(target, list) else part]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return check_manifests.check(changed)


def test_a_good_manifest_is_not_complained_about(manifest: dict[str, Any]) -> None:
    assert check_manifests.check(manifest) == []


@pytest.mark.parametrize(
    "place",
    [
        "titel",
        "settings/custom/defualt",
        "triggers/event",
        "triggers/events/calls/patern",
        "triggers/events/calls/pattern/details",
        "triggers/config_rules/manage",
        "triggers/config_rules/managed/cloudtrail-enabled/identifer",
        "triggers/custom_config_rule/frequenzy",
        "permissions/0/resource",
    ],
)
def test_a_misspelt_key_is_an_error_wherever_it_is(manifest: dict[str, Any], place: str) -> None:
    found = put(manifest, place, "x")

    assert len(found) == 1
    assert place.rpartition("/")[2] in found[0]


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("title", None, "'title' is a required property"),
        ("title", "Guard.", "title:"),
        ("summary", "It is on", "summary:"),
        ("kind", "guard", "kind: 'guard' is not one of"),
        ("default_mode", "dry-run", "default_mode: 'dry-run' is not one of"),
        ("default_sweep_rate", "rate(1 minutes)", "default_sweep_rate:"),
        ("default_sweep_rate", "rate(2 minute)", "default_sweep_rate:"),
        ("kind", "containment", "default_mode: a containment does not act"),
        ("kind", "containment", "settings: a containment has containments_per_hour, a number"),
        ("kind", "detection", "default_mode: a detection has nothing to repair"),
        ("kind", "detection", "permissions.Start: a detection changes nothing, so it has no mode"),
        ("recommended", True, "recommended: it is on without being asked for"),
        ("recommended", "yes", "recommended: 'yes' is not of type 'boolean'"),
        ("global_events", "yes", "global_events: 'yes' is not of type 'boolean'"),
        ("reads_tampering", 1, "reads_tampering: 1 is not of type 'boolean'"),
        ("needs", ["macie"], "needs.0: 'macie' is not one of"),
        ("needs", [], "needs: []"),
        ("settings/Count", {"type": "bool", "description": "X.", "default": True}, "settings: 'Count'"),
        (
            "settings/a_late_one",
            {"type": "bool", "description": "X.", "default": True},
            "settings: they are alph",
        ),
        ("settings/count/type", "integer", "settings.count.type:"),
        ("settings/count/default", 0, "settings.count: the default 0 is below the minimum"),
        ("settings/count/default", 4, "settings.count: the default 4 is above the maximum"),
        ("settings/count/default", "2", "settings.count.default: '2' is not of type 'number'"),
        ("settings/custom/default", "true", "settings.custom.default: 'true' is not of type 'boolean'"),
        ("settings/custom/allowed", [True], "settings.custom.allowed: does not belong here"),
        ("settings/existing/default", ["A"], "settings.existing: the default A does not match"),
        ("settings/existing/pattern", "^(?!a)$", "settings.existing: Terraform knows neither"),
        ("settings/existing/pattern", "^[a$", "settings.existing: the pattern is no regular expression"),
        ("settings/existing/pattern", "[a-z]", "settings.existing.pattern:"),
        ("settings/frequency/default", "Daily", "settings.frequency: the default Daily is not allowed"),
        ("settings/things/attributes", None, "settings.things: 'attributes' is a required property"),
        ("settings/things/attributes/c", "map", "settings.things.attributes.c: 'map' is not one of"),
        ("settings/things/attributes/a", "bool", "settings.things: the attributes are alphabetical"),
        ("settings/things/default", {"a": 1}, "settings.things.default.a: 1 is not of type 'object'"),
        ("settings/things/default", {"a": {"d": 1}}, "settings.things: the default has d in a, which is no"),
        ("settings/things/default", {"a": {"c": "x"}}, "settings.things: c in the default a is no list"),
        ("settings/things/default", {"a": {"n": True}}, "settings.things: n in the default a is no number"),
        ("settings/things/allowed", [{}], "settings.things.allowed: does not belong here"),
        ("settings/existing/attributes", {"a": "bool"}, "settings.existing.attributes: does not belong here"),
        ("permissions/0/when", {"things": "x"}, "permissions.Read.when: things is never x"),
        ("triggers/events/calls/pattern/source", ["my.app"], "triggers.events.calls.pattern.source.0:"),
        (
            "triggers/events/calls/pattern/source",
            None,
            "triggers.events.calls.pattern: 'source' is a required",
        ),
        ("triggers/events/sweep", {}, "triggers.events: 'sweep' should not be valid"),
        (
            "triggers/events/calls/pattern/detail/eventName",
            [{"regex": "x"}],
            "triggers.events.calls.pattern.detail.eventName: regex is not an operator",
        ),
        (
            "triggers/events/calls/pattern/detail/eventName",
            "StopLogging",
            "triggers.events.calls.pattern.detail.eventName: a value is a list",
        ),
        (
            "triggers/events/calls/pattern/detail/$or",
            [{"a": []}],
            "triggers.events.calls.pattern.detail.$or.0.a: a value is a list that is not empty",
        ),
        (
            "triggers/events/calls/pattern/detail/eventName",
            ["x" * 2048],
            "triggers.events.calls: the pattern has 2",
        ),
        ("triggers/config_rules/existing", "custom", "triggers.config_rules.existing: names no setting"),
        ("triggers/config_rules/frequency", "custom", "triggers.config_rules.frequency: names no setting"),
        ("triggers/custom_config_rule/frequency", "gone", "triggers.custom_config_rule.frequency: names no"),
        (
            "triggers/custom_config_rule/when",
            {"gone": "x"},
            "custom_config_rule.when: there is no setting gone",
        ),
        (
            "triggers/custom_config_rule/when",
            {"custom": "yes"},
            "custom_config_rule.when: custom is never yes",
        ),
        (
            "triggers/custom_config_rule/when",
            {"custom": True},
            "triggers.custom_config_rule.when.custom: True is",
        ),
        ("permissions/0/when", {"frequency": "Daily"}, "permissions.Read.when: frequency is never Daily"),
        ("permissions/0/when", {"count": "2"}, "permissions.Read.when: count is never 2"),
        ("permissions/1/mode", "notify", "permissions.1.mode: 'remediate' was expected"),
        ("permissions/2/mode", "remediate", "permissions.2.mode: does not belong here"),
        ("permissions/0/actions", ["cloudtrail:Describe*"], "permissions.0.actions.0:"),
        ("permissions/1/resources", ["arn:aws:cloudtrail:*:*:trail/*"], "permissions.1.resources.0:"),
        ("controls", {"CIS": []}, "controls.CIS:"),
    ],
)
def test_each_mistake_is_named_with_its_place(
    manifest: dict[str, Any], place: str, value: object, message: str
) -> None:
    found = put(manifest, place, value)

    assert any(problem.startswith(message) or message in problem for problem in found), found


def test_a_key_that_is_given_twice_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "automation.yaml"
    path.write_text("title: One\ntitle: Two\n", encoding="utf-8")

    with pytest.raises(yaml.YAMLError, match="title is given twice"):
        check_manifests.load(path)


def test_the_manifests_of_this_project_are_good() -> None:
    found = check_manifests.find()

    assert "cloudtrail" in found
    problems = [check_manifests.check(check_manifests.load(path)) for path in found.values()]
    assert problems == [[]] * len(found)


def test_every_key_of_the_schema_is_explained_for_people() -> None:
    schema = json.loads(check_manifests.SCHEMA.read_text(encoding="utf-8"))
    explained = (ROOT / "docs" / "manifest.md").read_text(encoding="utf-8")

    def keys(part: object) -> set[str]:
        if isinstance(part, list):
            return set().union(*map(keys, part)) if part else set()
        if not isinstance(part, dict):
            return set()
        here = set(part["properties"]) if isinstance(part.get("properties"), dict) else set()
        return here.union(*(keys(inner) for inner in part.values()))

    assert {name for name in keys(schema) if f"`{name}`" not in explained} == set()


def test_a_containment_is_bounded_by_the_hour_and_only_so(manifest: dict[str, Any]) -> None:
    limit = {"type": "number", "description": "How many.", "default": 10, "minimum": 1}
    contains = manifest | {"kind": "containment", "default_mode": "off", "recommended": True}

    def with_limit(**changes: object) -> list[str]:
        settings = {"containments_per_hour": limit | changes, **manifest["settings"]}
        return check_manifests.check(contains | {"settings": settings})

    assert with_limit() == []
    for changes in ({"minimum": 0}, {"minimum": 2}, {"type": "string", "default": "10"}):
        assert with_limit(**changes) != []


@pytest.mark.parametrize("kind", ["safeguard", "detection"])
def test_every_kind_may_be_off_by_default(manifest: dict[str, Any], kind: str) -> None:
    reading = [one for one in manifest["permissions"] if "mode" not in one]

    assert (
        check_manifests.check(manifest | {"kind": kind, "default_mode": "off", "permissions": reading}) == []
    )


def test_rules_that_are_evaluated_at_changes_have_no_frequency(manifest: dict[str, Any]) -> None:
    assert put(manifest, "triggers/config_rules/frequency", None) == []


def test_what_listens_to_no_call_names_no_parameters(manifest: dict[str, Any]) -> None:
    assert put(manifest, "resource_parameters", None) == []


def test_a_deny_of_some_resources_only_bounds_what_is_allowed(manifest: dict[str, Any]) -> None:
    own = "arn:{partition}:cloudtrail:*:{account}:trail/own"
    bounds = {"sid": "NotOwn", "effect": "Deny", "actions": ["cloudtrail:StartLogging"], "resources": [own]}
    permissions = [*manifest["permissions"], bounds]

    assert check_manifests.check(manifest | {"permissions": permissions}) == []
    assert put(manifest, "permissions/2/actions", ["cloudtrail:StartLogging"]) == [
        "permissions.Start: cloudtrail:StartLogging is denied by the same manifest"
    ]


def test_a_call_that_no_condition_can_bound_is_bounded_by_what_it_is_called_on(
    manifest: dict[str, Any],
) -> None:
    def keys_of(resource: str) -> list[str]:
        statement = {
            "sid": "Keys",
            "mode": "remediate",
            "actions": ["iam:UpdateAccessKey"],
            "resources": [resource],
        }
        return check_manifests.check(manifest | {"permissions": [*manifest["permissions"], statement]})

    assert keys_of("arn:{partition}:iam::{account}:user/*") == []
    assert keys_of("*") == [
        "permissions.Keys: iam:UpdateAccessKey is allowed on `*`, but AWS lets it name resources"
    ]
