"""The order of attributes: what is weaker than the baseline is put back, what is stronger becomes it."""

from __future__ import annotations

from typing import Any

import pytest

from rearm.automations.cloudtrail_lake.order import ATTRIBUTES, stronger, weakened
from tests.unit.cloudtrail_lake.lake import Lake

KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
OTHER_KEY = "arn:aws:kms:us-east-1:210987654321:key/2"


def selector(*fields: tuple[str, list[str]], name: str = "s") -> dict[str, Any]:
    return {"Name": name, "FieldSelectors": [{"Field": field, "Equals": values} for field, values in fields]}


MANAGEMENT = selector(("eventCategory", ["Management"]))
READS = selector(("eventCategory", ["Management"]), ("readOnly", ["true"]))
WRITES = selector(("eventCategory", ["Management"]), ("readOnly", ["false"]))
OBJECTS = selector(("eventCategory", ["Data"]), ("resources.type", ["AWS::S3::Object"]))
STATE: dict[str, Any] = {
    "Name": "audit",
    "StartIngestion": True,
    "TerminationProtectionEnabled": True,
    "MultiRegionEnabled": True,
    "OrganizationEnabled": False,
    "RetentionPeriod": 365,
    "AdvancedEventSelectors": [MANAGEMENT],
    "KmsKeyId": None,
    "BillingMode": "EXTENDABLE_RETENTION_PRICING",
}
# Attribute, value of the baseline, value now, and which of weaker, same and stronger it is.
ORDER = [
    ("TerminationProtectionEnabled", True, False, "weaker"),
    ("TerminationProtectionEnabled", False, True, "stronger"),
    ("TerminationProtectionEnabled", True, True, "same"),
    ("TerminationProtectionEnabled", False, False, "same"),
    ("MultiRegionEnabled", True, False, "weaker"),
    ("MultiRegionEnabled", False, True, "stronger"),
    ("MultiRegionEnabled", False, False, "same"),
    ("OrganizationEnabled", True, False, "weaker"),
    ("OrganizationEnabled", False, True, "stronger"),
    ("OrganizationEnabled", True, True, "same"),
    ("RetentionPeriod", 365, 364, "weaker"),
    ("RetentionPeriod", 365, 366, "stronger"),
    ("RetentionPeriod", 365, 365, "same"),
    ("RetentionPeriod", 365, None, "weaker"),
    ("Name", "audit", "other", "weaker"),
    ("Name", "audit", "audit", "same"),
    ("KmsKeyId", None, KEY, "weaker"),
    ("KmsKeyId", KEY, OTHER_KEY, "weaker"),
    ("KmsKeyId", KEY, None, "weaker"),
    ("KmsKeyId", KEY, KEY, "same"),
    ("BillingMode", "FIXED_RETENTION_PRICING", "EXTENDABLE_RETENTION_PRICING", "weaker"),
    ("BillingMode", "FIXED_RETENTION_PRICING", "FIXED_RETENTION_PRICING", "same"),
    ("AdvancedEventSelectors", [MANAGEMENT, OBJECTS], [MANAGEMENT], "weaker"),
    ("AdvancedEventSelectors", [MANAGEMENT], [OBJECTS], "weaker"),
    ("AdvancedEventSelectors", [MANAGEMENT], [READS], "weaker"),
    ("AdvancedEventSelectors", [MANAGEMENT], [], "weaker"),
    ("AdvancedEventSelectors", [MANAGEMENT], None, "weaker"),
    ("AdvancedEventSelectors", [MANAGEMENT], "text", "weaker"),
    ("AdvancedEventSelectors", [MANAGEMENT], [{"FieldSelectors": "text"}], "weaker"),
    ("AdvancedEventSelectors", [MANAGEMENT], [MANAGEMENT, OBJECTS], "stronger"),
    ("AdvancedEventSelectors", [READS], [MANAGEMENT], "stronger"),
    ("AdvancedEventSelectors", [MANAGEMENT], [READS, WRITES], "same"),
    ("AdvancedEventSelectors", [MANAGEMENT, OBJECTS], [OBJECTS, MANAGEMENT], "same"),
    ("AdvancedEventSelectors", [MANAGEMENT], [{**MANAGEMENT, "Name": "another"}], "same"),
    (
        "AdvancedEventSelectors",
        [selector(("eventCategory", ["Data"]), ("resources.type", ["a", "b"]))],
        [selector(("resources.type", ["b", "a"]), ("eventCategory", ["Data"]))],
        "same",
    ),
]


@pytest.mark.parametrize(("attribute", "was", "now", "verdict"), ORDER)
def test_each_attribute_has_its_order(attribute: str, was: object, now: object, verdict: str) -> None:
    before, after = {**STATE, attribute: was}, {**STATE, attribute: now}

    assert [one.name for one in weakened(after, before)] == ([attribute] if verdict == "weaker" else [])
    assert list(stronger(after, before)) == ([attribute] if verdict == "stronger" else [])


def test_every_attribute_has_cases_of_its_order() -> None:
    assert {one.name for one in ATTRIBUTES} == {case[0] for case in ORDER}
    assert {one.name for one in ATTRIBUTES} | {"StartIngestion"} == set(STATE)


def test_every_attribute_has_a_rule_of_its_own() -> None:
    rules = [one.rule for one in ATTRIBUTES]
    assert len(set(rules)) == len(rules)


def test_ingestion_that_began_is_stronger_and_one_that_ended_is_no_attribute() -> None:
    off = {**STATE, "StartIngestion": False}
    assert stronger(STATE, off) == {"StartIngestion": True}
    assert stronger(off, STATE) == {}
    assert weakened(off, STATE) == ()


def test_what_a_baseline_does_not_have_is_not_compared_and_is_added() -> None:
    assert weakened({**STATE, "TerminationProtectionEnabled": False}, {"RetentionPeriod": 365}) == ()
    assert stronger(STATE, {"RetentionPeriod": 365}) == {
        k: v for k, v in STATE.items() if k != "RetentionPeriod"
    }


WEAKER = [
    ("store-termination-protection-off", {}, {"TerminationProtectionEnabled": False}),
    ("store-one-region", {}, {"MultiRegionEnabled": False}),
    ("store-retention-shortened", {}, {"RetentionPeriod": 7}),
    (
        "store-selectors-narrowed",
        {"AdvancedEventSelectors": [MANAGEMENT, OBJECTS]},
        {"AdvancedEventSelectors": [READS]},
    ),
    ("store-renamed", {}, {"Name": "nothing-to-see"}),
    ("store-not-organization", {"OrganizationEnabled": True}, {"OrganizationEnabled": False}),
]


@pytest.mark.parametrize("door", ["event", "sweep"])
@pytest.mark.parametrize(("rule", "made_with", "change"), WEAKER)
def test_what_was_weakened_is_put_back_and_nothing_else(
    lake: Lake, rule: str, made_with: dict[str, Any], change: dict[str, Any], door: str
) -> None:
    # Given a store whose baseline has been recorded
    lake.service.manages = True
    arn = lake.learnt(**made_with)
    before = dict(lake.store(arn).attributes)

    # When one attribute is weakened
    lake.update(arn, **change)
    told = {name[:1].lower() + name[1:]: value for name, value in change.items()}
    event = lake.event("UpdateEventDataStore", arn, told)
    run = lake.handle(event) if door == "event" else lake.sweep()

    # Then this one alone is as before, by one call that sets this one alone
    assert lake.store(arn).attributes == before
    assert run.findings == [rule]
    assert run.outcomes == ["remediated"]
    (made,) = run.changes
    assert made.operation == "UpdateEventDataStore"
    assert set(made.parameters) == {"EventDataStore", *change}
    assert run.error is None


def test_several_weakened_attributes_are_findings_of_their_own(lake: Lake) -> None:
    arn = lake.learnt(RetentionPeriod=400)
    before = dict(lake.store(arn).attributes)
    lake.update(arn, RetentionPeriod=7, MultiRegionEnabled=False, TerminationProtectionEnabled=False)

    run = lake.sweep()

    assert lake.store(arn).attributes == before
    assert set(run.findings) == {
        "store-termination-protection-off",
        "store-one-region",
        "store-retention-shortened",
    }
    assert run.outcomes == ["remediated"] * 3
    assert len(run.changes) == 3


UNREPAIRABLE = [
    ("store-key-changed", {}, {"KmsKeyId": OTHER_KEY}),
    (
        "store-billing-changed",
        {"BillingMode": "FIXED_RETENTION_PRICING"},
        {"BillingMode": "EXTENDABLE_RETENTION_PRICING"},
    ),
]


@pytest.mark.parametrize(("rule", "made_with", "change"), UNREPAIRABLE)
def test_what_aws_does_not_take_back_is_told_and_stays_in_the_baseline(
    lake: Lake, rule: str, made_with: dict[str, Any], change: dict[str, Any]
) -> None:
    arn = lake.learnt(**made_with)
    baseline = lake.baselines()[arn]
    lake.update(arn, **change)

    run = lake.sweep()

    assert run.findings == [rule]
    assert run.outcomes == ["notified"]
    assert not run.changes
    assert next(iter(change.values())) in run.message.body.replace("[.]", ".")
    assert lake.baselines()[arn] == baseline


def test_each_repair_of_an_attribute_has_an_undo_that_looks_first(lake: Lake) -> None:
    arn = lake.learnt(RetentionPeriod=400)
    lake.update(arn, RetentionPeriod=7)

    lake.sweep()

    (response,) = lake.world.items("cloudtrail_lake#response").values()
    (ending,) = response["findings"]
    (action,) = ending["actions"]
    undo = action["undo"]
    assert undo["operation"] == "UpdateEventDataStore"
    assert undo["parameters"] == {"EventDataStore": arn, "RetentionPeriod": 7}
    assert undo["check"]["operation"] == "GetEventDataStore"
    assert undo["check"]["path"] == "RetentionPeriod"
    assert undo["check"]["value"] == 400


def test_starting_and_restoring_have_no_undo(lake: Lake) -> None:
    stopped, deleted = lake.learnt("stopped"), lake.learnt("deleted")
    lake.stop(stopped)
    lake.delete(deleted)

    lake.sweep()

    (response,) = lake.world.items("cloudtrail_lake#response").values()
    undone = {
        action["operation"]: bool(action.get("undo"))
        for ending in response["findings"]
        for action in ending["actions"]
    }
    assert undone == {
        "StartEventDataStoreIngestion": False,
        "RestoreEventDataStore": False,
        "UpdateEventDataStore": True,
    }
