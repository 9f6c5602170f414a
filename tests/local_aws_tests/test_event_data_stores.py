"""CloudTrail Lake on this machine: states, refusals, regions, and the events and permissions of its calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.local import LocalAws
from tests.local_aws_tests.deploy import REGION, Deploy, allow
from tests.local_aws_tests.test_permissions import call, caller, own_calls

ELSEWHERE = "us-west-2"
MANAGEMENT = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
KEY = f"arn:aws:kms:{REGION}:123456789012:key/1"


@pytest.fixture
def lake(aws: LocalAws) -> Any:
    return aws.client("cloudtrail")


def make(lake: Any, name: str = "audit", **parameters: Any) -> str:
    return str(lake.create_event_data_store(Name=name, **parameters)["EventDataStoreArn"])


def refusal(operation: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as refused:
        operation(**parameters)
    return str(refused.value.response["Error"]["Code"])


def status(lake: Any, arn: str) -> str:
    return str(lake.get_event_data_store(EventDataStore=arn)["Status"])


def settled(lake: Any, arn: str) -> str:
    while (now := status(lake, arn)).endswith("ING_INGESTION"):
        pass
    return now


def test_a_new_store_has_awss_defaults(lake: Any) -> None:
    made = lake.create_event_data_store(Name="audit")
    assert made["Status"] == "CREATED"

    store = lake.get_event_data_store(EventDataStore=made["EventDataStoreArn"])

    assert store["Status"] == "ENABLED"
    assert store["TerminationProtectionEnabled"] is True
    assert store["MultiRegionEnabled"] is True
    assert store["OrganizationEnabled"] is False
    assert store["RetentionPeriod"] == 366
    assert store["BillingMode"] == "EXTENDABLE_RETENTION_PRICING"
    assert store["AdvancedEventSelectors"][0]["FieldSelectors"] == MANAGEMENT["FieldSelectors"]
    assert isinstance(store["CreatedTimestamp"], datetime)
    assert "KmsKeyId" not in store


def test_a_store_is_known_by_arn_and_id_in_its_region_only(aws: LocalAws, lake: Any) -> None:
    arn = make(lake)
    elsewhere = aws.client("cloudtrail", ELSEWHERE)

    assert lake.get_event_data_store(EventDataStore=arn.rpartition("/")[2])["EventDataStoreArn"] == arn
    assert refusal(elsewhere.get_event_data_store, EventDataStore=arn) == "EventDataStoreNotFoundException"
    assert elsewhere.list_event_data_stores()["EventDataStores"] == []
    wrong = "arn:aws:s3:::bucket"
    assert refusal(lake.get_event_data_store, EventDataStore=wrong) == "EventDataStoreARNInvalidException"


def test_stores_are_listed_by_pages_with_nothing_but_arn_and_name(lake: Any) -> None:
    arns = {make(lake, f"audit-{number}") for number in range(5)}
    listed: list[dict[str, Any]] = []
    page: dict[str, Any] = {}
    while not listed or "NextToken" in page:
        page = lake.list_event_data_stores(**({"NextToken": page["NextToken"]} if page else {}))
        listed += page["EventDataStores"]

    assert {one["EventDataStoreArn"] for one in listed} == arns
    assert {key for one in listed for key in one} == {"EventDataStoreArn", "Name"}
    assert refusal(lake.list_event_data_stores, NextToken="from-900") == "InvalidNextTokenException"


def test_ingestion_stops_and_starts_through_the_short_states(lake: Any) -> None:
    arn = make(lake)
    assert refusal(lake.start_event_data_store_ingestion, EventDataStore=arn) == (
        "InvalidEventDataStoreStatusException"
    )

    lake.stop_event_data_store_ingestion(EventDataStore=arn)
    assert [status(lake, arn), status(lake, arn)] == ["STOPPING_INGESTION", "STOPPED_INGESTION"]
    lake.start_event_data_store_ingestion(EventDataStore=arn)
    assert [status(lake, arn), status(lake, arn)] == ["STARTING_INGESTION", "ENABLED"]


def test_a_store_that_is_still_stopping_cannot_be_started(lake: Any) -> None:
    arn = make(lake)
    lake.stop_event_data_store_ingestion(EventDataStore=arn)

    assert refusal(lake.start_event_data_store_ingestion, EventDataStore=arn) == (
        "InvalidEventDataStoreStatusException"
    )


def test_a_store_of_events_from_elsewhere_is_neither_started_nor_stopped(lake: Any) -> None:
    outside = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["ActivityAuditLog"]}]}
    arn = make(lake, AdvancedEventSelectors=[outside])

    assert refusal(lake.stop_event_data_store_ingestion, EventDataStore=arn) == (
        "InvalidEventDataStoreCategoryException"
    )


def test_a_protected_store_cannot_be_deleted(lake: Any) -> None:
    arn = make(lake)
    assert refusal(lake.delete_event_data_store, EventDataStore=arn) == (
        "EventDataStoreTerminationProtectedException"
    )


@pytest.mark.parametrize("stopped", [False, True])
def test_a_deleted_store_comes_back_as_it_was(lake: Any, *, stopped: bool) -> None:
    arn = make(lake, TerminationProtectionEnabled=False, StartIngestion=not stopped)
    before = status(lake, arn)

    lake.delete_event_data_store(EventDataStore=arn)

    assert status(lake, arn) == "PENDING_DELETION"
    assert [one["EventDataStoreArn"] for one in lake.list_event_data_stores()["EventDataStores"]] == [arn]
    inactive = "InactiveEventDataStoreException"
    assert refusal(lake.delete_event_data_store, EventDataStore=arn) == inactive
    assert refusal(lake.update_event_data_store, EventDataStore=arn, RetentionPeriod=90) == inactive
    assert lake.restore_event_data_store(EventDataStore=arn)["Status"] == before
    again = refusal(lake.restore_event_data_store, EventDataStore=arn)
    assert again == "InvalidEventDataStoreStatusException"


def test_after_seven_days_a_deleted_store_is_gone(aws: LocalAws, lake: Any) -> None:
    arn = make(lake, TerminationProtectionEnabled=False)
    lake.delete_event_data_store(EventDataStore=arn)
    later = datetime.now(UTC) + timedelta(days=7)
    aws.lake.stores.now = lambda: later

    assert refusal(lake.restore_event_data_store, EventDataStore=arn) == "EventDataStoreNotFoundException"


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("InvalidParameterException", {}),
        ("InvalidParameterException", {"RetentionPeriod": 3000, "BillingMode": "FIXED_RETENTION_PRICING"}),
        ("InvalidParameterException", {"BillingMode": "FIXED_RETENTION_PRICING"}),
        ("InvalidParameterException", {"KmsKeyId": f"{KEY}2"}),
        ("EventDataStoreAlreadyExistsException", {"Name": "other"}),
        ("NotOrganizationMasterAccountException", {"OrganizationEnabled": True}),
        ("InvalidEventSelectorsException", {"AdvancedEventSelectors": []}),
        (
            "InvalidEventSelectorsException",
            {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "readOnly", "Equals": ["true"]}]}]},
        ),
    ],
)
def test_an_update_that_aws_refuses_is_refused_and_changes_nothing(
    lake: Any, code: str, changes: dict[str, Any]
) -> None:
    arn, _ = make(lake, KmsKeyId=KEY), make(lake, "other")
    before = lake.get_event_data_store(EventDataStore=arn)

    assert refusal(lake.update_event_data_store, EventDataStore=arn, **changes) == code
    after = lake.get_event_data_store(EventDataStore=arn)
    assert {**after, "ResponseMetadata": None} == {**before, "ResponseMetadata": None}


def test_an_update_changes_what_it_names(lake: Any) -> None:
    arn = make(lake)
    lake.update_event_data_store(EventDataStore=arn, RetentionPeriod=90, MultiRegionEnabled=False)

    store = lake.get_event_data_store(EventDataStore=arn)

    assert (store["RetentionPeriod"], store["MultiRegionEnabled"]) == (90, False)
    assert store["TerminationProtectionEnabled"] is True


def test_ten_stores_fit_into_a_region(aws: LocalAws, lake: Any) -> None:
    for number in range(10):
        make(lake, f"audit-{number}")

    full = "EventDataStoreMaxLimitExceededException"
    assert refusal(lake.create_event_data_store, Name="audit-10") == full
    make(aws.client("cloudtrail", ELSEWHERE))


def test_a_call_becomes_a_record_and_while_a_trail_logs_an_event(
    aws: LocalAws, lake: Any, deploy: Deploy
) -> None:
    deploy.trail("main")
    arn = make(lake)
    lake.stop_event_data_store_ingestion(EventDataStore=arn)

    (record,) = [one for one in aws.records if one["eventName"] == "StopEventDataStoreIngestion"]
    assert record["eventSource"] == "cloudtrail.amazonaws.com"
    assert record["requestParameters"] == {"eventDataStore": arn}
    assert record["readOnly"] is False
    (event,) = [one for one in aws.events if one["detail"].get("eventName") == "StopEventDataStoreIngestion"]
    assert event["source"] == "aws.cloudtrail"


def test_the_accounts_regions_are_listed(aws: LocalAws) -> None:
    account = aws.client("account")
    enabled = ["ENABLED", "ENABLED_BY_DEFAULT"]
    first = account.list_regions(RegionOptStatusContains=enabled, MaxResults=10)
    second = account.list_regions(
        RegionOptStatusContains=enabled, MaxResults=10, NextToken=first["NextToken"]
    )

    names = [one["RegionName"] for one in [*first["Regions"], *second["Regions"]]]
    assert {REGION, ELSEWHERE, "us-east-1"} <= set(names)
    assert len(names) == len(set(names)) == 17
    assert "NextToken" not in second
    assert account.list_regions(RegionOptStatusContains=["DISABLED"])["Regions"] == []


def test_a_functions_calls_are_decided_by_store_and_account(aws: LocalAws, lake: Any, deploy: Deploy) -> None:
    mine, other = make(lake), make(lake, "other")
    own_account = f"arn:aws:account::{aws.account}:account"
    caller(
        deploy,
        allow("cloudtrail:GetEventDataStore", mine),
        allow("cloudtrail:ListEventDataStores"),
        allow("account:ListRegions", own_account),
    )

    assert call(aws, "cloudtrail", "get_event_data_store", EventDataStore=mine)["code"] == ""
    assert call(aws, "cloudtrail", "get_event_data_store", EventDataStore=other)["code"] == (
        "AccessDeniedException"
    )
    assert call(aws, "cloudtrail", "list_event_data_stores")["code"] == ""
    assert call(aws, "account", "list_regions")["code"] == ""
    assert own_calls(aws) == [
        ("cloudtrail:GetEventDataStore", (mine,), True),
        ("cloudtrail:GetEventDataStore", (other,), False),
        ("cloudtrail:ListEventDataStores", ("*",), True),
        ("account:ListRegions", (own_account,), True),
    ]
