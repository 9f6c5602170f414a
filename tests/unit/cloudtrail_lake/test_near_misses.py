"""What is no finding, what is out of reach, what is gone for good, and what could not be read."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from tests.events.envelopes import api_event
from tests.unit.cloudtrail_lake.lake import ORGANIZATION, OTHER_REGION, Lake, opened
from tests.unit.deployment import exception

READS = ["cloudtrail:GetEventDataStore", "cloudtrail:ListEventDataStores", "account:ListRegions"]
CALLS = ["StopEventDataStoreIngestion", "DeleteEventDataStore", "UpdateEventDataStore"]


def test_an_account_without_stores_is_compliant_and_says_nothing(lake: Lake) -> None:
    run = lake.sweep()

    assert run.outcomes == ["compliant"]
    assert not run.messages
    assert run.error is None


@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_aws_refused_changes_nothing_and_is_told(lake: Lake, call: str) -> None:
    arn = lake.learnt()

    run = lake.handle(lake.event(call, arn, error="AccessDenied"))

    assert run.findings == ["denied-call"]
    assert not run.changes
    assert not run.called("cloudtrail:GetEventDataStore")


@pytest.mark.parametrize("call", ["StopEventDataStoreIngestion", "DeleteEventDataStore"])
def test_a_call_on_a_store_that_is_well_again_is_told_and_changes_nothing(lake: Lake, call: str) -> None:
    arn = lake.learnt()

    run = lake.handle(lake.event(call, arn))

    assert run.outcomes == ["compliant"]
    assert not run.changes
    assert run.message.attributes["severity"] == "LOW"


def test_an_update_that_left_nothing_weaker_is_not_told(lake: Lake) -> None:
    arn = lake.learnt()

    run = lake.handle(lake.event("UpdateEventDataStore", arn, {"retentionPeriod": 366}))

    assert run.outcomes == ["compliant"]
    assert not run.messages


def test_an_update_of_a_store_without_baseline_is_told(lake: Lake) -> None:
    arn = lake.create()

    run = lake.handle(lake.event("UpdateEventDataStore", arn, {"retentionPeriod": 366}))

    assert run.outcomes == ["compliant"]
    assert run.messages


def test_the_second_delivery_of_an_event_does_nothing_and_tells_no_one(lake: Lake) -> None:
    arn = lake.learnt()
    lake.stop(arn)
    event = lake.event("StopEventDataStoreIngestion", arn)
    lake.handle(event)

    run = lake.handle(event)

    assert run.outcomes == ["compliant"]
    assert not run.changes


def test_an_event_of_another_service_with_the_same_name_is_none_of_ours(lake: Lake) -> None:
    arn = lake.learnt()
    lake.stop(arn)

    run = lake.handle(
        api_event("StopEventDataStoreIngestion", service="ec2", parameters={"eventDataStore": arn})
    )

    assert not run.changes
    assert not [made for made in run.looks if made.service == "cloudtrail" and made.name in READS]


def test_an_unknown_store_in_an_event_is_nothing_to_put_right(lake: Lake) -> None:
    arn = "arn:aws:cloudtrail:us-east-1:123456789012:eventdatastore/11111111-2222-3333-4444-555555555555"

    run = lake.handle(lake.event("StopEventDataStoreIngestion", arn))

    assert run.outcomes == ["compliant"]
    assert run.error is None


def test_all_pages_and_all_regions_are_looked_at(lake: Lake) -> None:
    lake.regions = ["us-east-1", OTHER_REGION, "ap-south-1", "sa-east-1", "eu-west-1"]
    arns = [lake.create(f"store-{n}", region=region) for region in lake.regions for n in range(5)]
    lake.sweep()
    for arn in arns:
        lake.stop(arn)

    run = lake.sweep()

    assert {lake.status(arn) for arn in arns} == {"ENABLED"}
    assert run.outcomes == ["remediated"] * 25


def test_the_setting_limits_the_regions_but_not_where_baselines_are(lake: Lake) -> None:
    lake.learnt(region=OTHER_REGION)
    lake.world.deploy(automation="cloudtrail_lake", settings={"regions": ["eu-west-1"]})

    run = lake.sweep()

    listed = [made.region for made in run.called("cloudtrail:ListEventDataStores")]
    assert sorted(listed) == ["eu-central-1", "eu-west-1", "us-east-1"]
    assert not run.called("account:ListRegions")


def test_when_regions_cannot_be_listed_the_known_ones_are_looked_at_and_it_fails(lake: Lake) -> None:
    arn = lake.learnt(region=OTHER_REGION)
    lake.stop(arn)
    lake.world.endpoint.fail("account:ListRegions", "AccessDeniedException")

    run = lake.sweep()

    assert lake.status(arn) == "ENABLED"
    assert dict(zip(run.findings, run.outcomes, strict=True)) == {
        "store-ingestion-stopped": "remediated",
        "unreadable": "failed",
    }
    assert "the setting regions" in run.message.body
    assert run.error is not None


def test_a_region_without_cloudtrail_lake_is_passed_over(lake: Lake) -> None:
    lake.service.unsupported = {OTHER_REGION}

    run = lake.sweep()

    assert run.outcomes == ["compliant"]
    assert run.error is None


SCP = "User: x is not authorized to perform: y with an explicit deny in a service control policy"


def deny(lake: Lake, call: str, message: str, region: str = OTHER_REGION) -> None:
    from tests.unit.endpoint import ApiError

    error = ApiError("AccessDeniedException", message)
    lake.world.endpoint.fail(f"cloudtrail:{call}", error, when=lambda made: made.region == region)


def test_a_region_that_the_organization_closes_is_told_and_does_not_fail(lake: Lake) -> None:
    deny(lake, "ListEventDataStores", SCP)

    first, second = lake.sweep(), lake.sweep()

    assert first.findings == ["regions-closed"]
    assert first.message.attributes["severity"] == "INFORMATIONAL"
    assert OTHER_REGION in first.message.body
    assert first.error is None
    assert not second.messages


def test_a_region_with_a_baseline_that_is_closed_fails(lake: Lake) -> None:
    lake.learnt(region=OTHER_REGION)
    deny(lake, "ListEventDataStores", SCP)

    run = lake.sweep()

    assert "unreadable" in run.findings
    assert run.error is not None


def test_a_region_that_rearms_own_policies_close_fails(lake: Lake) -> None:
    deny(lake, "ListEventDataStores", "no identity-based policy allows the action")

    run = lake.sweep()

    assert run.findings == ["unreadable"]
    assert f"{OTHER_REGION}: no identity" in run.message.body
    assert run.error is not None


@pytest.mark.parametrize("status", ["STOPPED_INGESTION", "PENDING_DELETION"])
@pytest.mark.parametrize("door", ["event", "sweep"])
def test_another_accounts_store_is_told_with_who_must_act_and_not_touched(
    lake: Lake, status: str, door: str
) -> None:
    arn = lake.foreign(status)
    call = "StopEventDataStoreIngestion" if status.startswith("STOPPED") else "DeleteEventDataStore"

    run = lake.handle(lake.event(call, arn)) if door == "event" else lake.sweep()

    assert run.findings == ["store-out-of-reach"]
    assert run.outcomes == ["notified"]
    assert f"In account {ORGANIZATION}: aws cloudtrail" in run.message.body
    assert not run.changes
    assert run.error is None
    assert lake.baselines() == {}


def test_another_accounts_store_that_takes_events_is_healthy_and_not_learned(lake: Lake) -> None:
    arn = lake.foreign()

    run = lake.sweep()

    assert run.outcomes == ["compliant"]
    assert run.line["rearm"]["examined"] == [arn]
    assert lake.baselines() == {}


def test_another_accounts_store_that_is_not_shown_is_out_of_reach(lake: Lake) -> None:
    arn = f"arn:aws:cloudtrail:us-east-1:{ORGANIZATION}:eventdatastore/11111111-2222-3333-4444-555555555555"

    run = lake.handle(lake.event("StopEventDataStoreIngestion", arn))

    assert run.findings == ["store-out-of-reach"]
    assert run.outcomes == ["notified"]
    assert run.message.attributes["severity"] == "LOW"
    assert run.error is None


def test_what_only_the_management_account_may_change_is_told_and_not_retried(lake: Lake) -> None:
    lake.service.manages = True
    arn = lake.learnt(OrganizationEnabled=True)
    lake.update(arn, OrganizationEnabled=False)
    lake.service.manages = False

    run = lake.sweep()

    assert run.findings == ["store-not-organization"]
    assert run.outcomes == ["notified"]
    assert "--organization-enabled" in run.message.body
    assert run.error is None


@pytest.mark.parametrize("door", ["event", "sweep"])
def test_a_store_that_is_gone_for_good_is_critical_and_says_how_to_make_one_like_it(
    lake: Lake, door: str
) -> None:
    arn = lake.learnt(RetentionPeriod=500, MultiRegionEnabled=False)
    lake.delete(arn)
    lake.later(days=8)

    run = lake.handle(lake.event("DeleteEventDataStore", arn)) if door == "event" else lake.sweep()

    assert run.findings == ["store-gone"]
    assert run.outcomes == ["notified"]
    assert run.message.attributes["severity"] == "CRITICAL"
    assert not run.changes
    line = next(one for one in run.message.lines if "create-event-data-store" in one)
    words = shlex.split(line.partition(": ")[2])
    assert words[:3] == ["aws", "cloudtrail", "create-event-data-store"]
    assert words[words.index("--name") + 1] == "audit"
    assert words[words.index("--retention-period") + 1] == "500"
    assert {"--no-multi-region-enabled", "--termination-protection-enabled", "--start-ingestion"} <= set(
        words
    )


def test_a_store_that_is_gone_can_be_excused_by_its_name() -> None:
    with opened(exceptions={"old": exception(resource="audit", quiet=True)}) as lake:
        arn = lake.learnt()
        lake.delete(arn)
        lake.later(days=8)

        run = lake.sweep()

        assert run.outcomes == ["excepted"]
        assert not run.messages


@pytest.mark.parametrize("door", ["event", "sweep"])
def test_a_store_is_not_gone_on_the_word_of_one_answer(lake: Lake, door: str) -> None:
    arn = lake.learnt()
    lake.world.endpoint.fail("cloudtrail:GetEventDataStore", "EventDataStoreNotFoundException")

    run = lake.handle(lake.event("DeleteEventDataStore", arn)) if door == "event" else lake.sweep()

    assert run.findings == ["unreadable"]
    assert run.outcomes == ["failed"]
    assert "EventDataStoreNotFoundException" in run.message.body


def test_a_store_is_not_gone_if_the_list_cannot_be_read(lake: Lake) -> None:
    arn = lake.learnt()
    lake.delete(arn)
    lake.later(days=8)
    lake.world.endpoint.fail("cloudtrail:ListEventDataStores", "InternalFailure")

    run = lake.handle(lake.event("DeleteEventDataStore", arn))

    assert run.findings == ["unreadable"]
    assert run.error is not None


def test_a_store_cannot_be_excused_by_renaming_it() -> None:
    with opened(exceptions={"tests": exception(resource="test-*", quiet=True)}) as lake:
        arn = lake.learnt()
        lake.update(arn, Name="test-1")
        lake.stop(arn)

        run = lake.handle(lake.event("StopEventDataStoreIngestion", arn))

        assert lake.status(arn) == "ENABLED"
        assert lake.store(arn).attributes["Name"] == "audit"
        assert set(run.outcomes) == {"remediated"}


def test_a_store_can_be_restored_until_its_last_day(lake: Lake) -> None:
    arn = lake.learnt()
    lake.delete(arn)
    lake.later(days=6.9)

    assert lake.sweep().outcomes == ["remediated", "remediated"]
    assert lake.status(arn) == "ENABLED"


@pytest.mark.parametrize(
    ("call", "wreck"),
    [
        ("StartEventDataStoreIngestion", "stop"),
        ("RestoreEventDataStore", "delete"),
        ("UpdateEventDataStore", "unprotect"),
    ],
)
def test_a_repair_that_is_denied_is_critical_with_what_an_administrator_must_do(
    lake: Lake, call: str, wreck: str
) -> None:
    arn = lake.learnt()
    if wreck == "unprotect":
        lake.update(arn, TerminationProtectionEnabled=False)
    else:
        (lake.stop if wreck == "stop" else lake.delete)(arn)
    lake.world.endpoint.fail(f"cloudtrail:{call}", "AccessDeniedException")

    run = lake.sweep()

    assert run.outcomes[0] == "failed"
    assert run.message.attributes["severity"] == "CRITICAL"
    assert "AWS refuses Rearm the call" in run.message.body
    assert run.error is not None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Status", "SOMETHING_NEW"),
        ("Status", None),
        ("TerminationProtectionEnabled", None),
        ("AdvancedEventSelectors", None),
        ("RetentionPeriod", "long"),
    ],
)
def test_an_answer_that_lacks_what_aws_promises_is_a_failure(lake: Lake, key: str, value: Any) -> None:
    arn = lake.learnt()

    def spoil(_: object, answer: dict[str, Any]) -> None:
        answer.pop(key)
        if value is not None:
            answer[key] = value

    lake.world.endpoint.edit("cloudtrail:GetEventDataStore", spoil)

    run = lake.handle(lake.event("StopEventDataStoreIngestion", arn))

    assert run.outcomes == ["failed"]
    assert run.line["error"]["code"] == "MalformedAnswer"
    assert not run.changes


@pytest.mark.parametrize(
    ("call", "spoilt"),
    [
        ("cloudtrail:ListEventDataStores", {"EventDataStores": None}),
        ("cloudtrail:ListEventDataStores", {"EventDataStores": [{"EventDataStoreArn": "arn:aws:s3:::x"}]}),
        ("account:ListRegions", {"Regions": None}),
        ("account:ListRegions", {"Regions": [{"RegionName": "evil.example/"}]}),
    ],
)
def test_a_list_that_lacks_what_aws_promises_is_a_failure(
    lake: Lake, call: str, spoilt: dict[str, Any]
) -> None:
    lake.world.endpoint.edit(call, lambda _, answer: answer.update(spoilt))

    run = lake.sweep()

    assert run.findings == ["unreadable"]
    assert run.line["error"]["code"] == "MalformedAnswer"


@pytest.mark.parametrize("call", READS)
@pytest.mark.parametrize("code", ["ThrottlingException", "InternalFailure", "AccessDeniedException"])
def test_no_read_fails_in_silence(lake: Lake, call: str, code: str) -> None:
    lake.learnt()
    lake.world.endpoint.fail(call, code)

    run = lake.sweep()

    assert "failed" in run.outcomes
    assert run.error is not None
    assert code in run.message.body


def test_one_store_that_cannot_be_read_does_not_keep_others_from_their_repair(lake: Lake) -> None:
    dark, stopped = lake.learnt("dark"), lake.learnt("stopped")
    lake.stop(stopped)
    lake.world.endpoint.fail(
        "cloudtrail:GetEventDataStore",
        "InternalFailure",
        when=lambda made: made.parameters["EventDataStore"] == dark,
    )

    run = lake.sweep()

    assert lake.status(stopped) == "ENABLED"
    assert dict(zip(run.findings, run.outcomes, strict=True)) == {
        "store-ingestion-stopped": "remediated",
        "unreadable": "failed",
    }
