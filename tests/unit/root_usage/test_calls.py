"""Calls as root: how much each weighs, who is meant, and how often it is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.envelopes import api_event
from tests.events.identities import ACCOUNT, assumed_role, aws_service, iam_user, other_account
from tests.events.identities import root as root_session
from tests.events.root_usage import call_as_root, console_action, on_behalf, service_event
from tests.events.sign_ins import root_with_key
from tests.unit.root_usage.root import Root, opened

KEY = "AKIAIOSFODNN7EXAMPLE"
WEIGHTS = [
    ("ec2", "DescribeInstances", "LOW"),
    ("s3", "ListBuckets", "LOW"),
    ("iam", "GetAccountSummary", "LOW"),
    ("sts", "GetCallerIdentity", "LOW"),
    ("ec2", "RunInstances", "MEDIUM"),
    ("s3", "PutBucketPolicy", "MEDIUM"),
    ("novel", "MakeThing", "MEDIUM"),
    ("iam", "CreateUser", "HIGH"),
    ("iam", "AttachRolePolicy", "HIGH"),
    ("organizations", "InviteAccountToOrganization", "HIGH"),
    ("kms", "PutKeyPolicy", "HIGH"),
    ("cloudtrail", "CreateTrail", "HIGH"),
    ("account", "PutAlternateContact", "HIGH"),
    ("sts", "GetSessionToken", "HIGH"),
    ("secretsmanager", "GetSecretValue", "HIGH"),
    ("ssm", "GetParameter", "HIGH"),
    ("kms", "Decrypt", "HIGH"),
    ("cloudtrail", "StopLogging", "CRITICAL"),
    ("cloudtrail", "DeleteTrail", "CRITICAL"),
    ("kms", "ScheduleKeyDeletion", "CRITICAL"),
    ("organizations", "LeaveOrganization", "CRITICAL"),
    ("organizations", "CloseAccount", "CRITICAL"),
    ("account", "CloseAccount", "CRITICAL"),
    ("account", "StartPrimaryEmailUpdate", "CRITICAL"),
    ("guardduty", "DeleteDetector", "CRITICAL"),
    ("config", "StopConfigurationRecorder", "CRITICAL"),
    ("securityhub", "DisableSecurityHub", "CRITICAL"),
]


@pytest.mark.parametrize(("service", "name", "severity"), WEIGHTS)
def test_a_call_weighs_what_it_was(root: Root, service: str, name: str, severity: str) -> None:
    run = root.handle(call_as_root(name, service))

    assert run.findings == ["root-call"]
    assert run.outcomes == ["notified"]
    assert run.message.attributes["severity"] == severity
    assert f"The root user called {service}:{name}." in run.message.body
    assert not run.changes


def test_the_record_says_whether_a_call_reads_whatever_its_name(root: Root) -> None:
    event = call_as_root("GetInstancesStarted", "novel")
    event["detail"]["readOnly"] = False

    assert root.handle(event).message.attributes["severity"] == "MEDIUM"


@pytest.mark.parametrize(("name", "severity"), [("ListThings", "LOW"), ("MakeThing", "MEDIUM")])
@pytest.mark.parametrize("word", [None, "true", 1])
def test_without_the_records_word_the_name_says_whether_a_call_reads(
    root: Root, name: str, severity: str, word: object
) -> None:
    event = call_as_root(name, "novel")
    event["detail"]["readOnly"] = word

    assert root.handle(event).message.attributes["severity"] == severity


def test_the_message_names_the_resource_who_and_from_where(root: Root) -> None:
    run = root.handle(call_as_root("CreateUser", "iam", parameters={"userName": "backdoor"}))

    assert "The root user called iam:CreateUser on backdoor." in run.message.lines
    assert "MFA: yes" in run.message.lines
    assert "Source IP: 203.0.113.7" in run.message.lines
    assert "Call: CreateUser at 2026-11-24 09:30:00 UTC" in run.message.lines


def test_a_call_in_the_console_is_a_persons(root: Root) -> None:
    session = root_session() | {"invokedBy": "signin.amazonaws.com"}

    assert root.handle(call_as_root(identity=session)).findings == ["root-call"]


def test_an_action_in_the_console_that_is_no_call_is_told_as_well(root: Root) -> None:
    run = root.handle(console_action())

    assert run.findings == ["root-call"]
    assert "billingconsole:SetPreferences" in run.message.body


@pytest.mark.parametrize("number", range(3))
def test_a_key_that_lasts_is_told_as_a_key_whatever_it_is_used_for(root: Root, number: int) -> None:
    service, name, severity = [
        ("sts", "GetCallerIdentity", "HIGH"),
        ("ec2", "RunInstances", "HIGH"),
        ("organizations", "LeaveOrganization", "CRITICAL"),
    ][number]

    run = root.handle(call_as_root(name, service, root_with_key()))

    assert run.findings == ["root-access-key-used"]
    assert run.message.attributes["severity"] == severity
    assert f"with its access key {KEY}" in run.message.body
    assert "Only the root user can deactivate or delete it" in run.message.body


def test_many_calls_of_one_kind_are_told_once_an_hour(root: Root) -> None:
    names = ["DescribeInstances", "DescribeVolumes", "ListKeys", "GetBucketPolicy"]

    told = [len(root.handle(call_as_root(name, time=_at(n))).messages) for n, name in enumerate(names)]

    assert told == [1, 0, 0, 0]


def test_each_kind_is_told_for_itself(root: Root) -> None:
    events = [
        call_as_root("DescribeInstances"),
        call_as_root("RunInstances"),
        call_as_root("TerminateInstances"),
        call_as_root("CreateUser", "iam"),
        call_as_root("AttachUserPolicy", "iam"),
        call_as_root("AttachUserPolicy", "iam", time=_at(9)),
        call_as_root("StopLogging", "cloudtrail"),
    ]

    assert [len(root.handle(event).messages) for event in events] == [1, 1, 0, 1, 1, 0, 1]


def test_the_same_from_another_address_is_told(root: Root) -> None:
    root.handle(call_as_root("DescribeInstances"))

    assert root.handle(call_as_root("DescribeInstances", source_ip="198.51.100.9", time=_at(1))).messages


def test_another_key_of_root_is_told(root: Root) -> None:
    root.handle(call_as_root("DescribeInstances", identity=root_with_key()))
    other = root_with_key("AKIAI44QH8DHBEXAMPLE")

    assert root.handle(call_as_root("DescribeInstances", identity=other, time=_at(1))).messages


def test_what_is_not_told_again_is_journalled_all_the_same(root: Root) -> None:
    root.handle(call_as_root("RunInstances"))

    run = root.handle(call_as_root("TerminateInstances", time=_at(1)))

    assert not run.messages
    assert run.findings == ["root-call"]
    assert "TerminateInstances" in str(run.line)


def test_a_call_that_aws_refused_is_told_and_counted(root: Root) -> None:
    run = root.handle(call_as_root("LeaveOrganization", "organizations", error="AccessDenied"))

    assert run.findings == ["denied-call"]
    assert "LeaveOrganization" in run.message.body


@pytest.mark.parametrize(
    ("least", "told"),
    [("LOW", [1, 1, 1, 1]), ("MEDIUM", [0, 1, 1, 1]), ("HIGH", [0, 0, 1, 1]), ("CRITICAL", [0, 0, 0, 1])],
)
def test_a_setting_says_what_is_worth_telling(least: str, told: list[int]) -> None:
    events = [
        call_as_root("DescribeInstances"),
        call_as_root("RunInstances"),
        call_as_root("CreateUser", "iam"),
        call_as_root("StopLogging", "cloudtrail"),
    ]

    with opened(settings={"least_severity": least}) as root:
        assert [len(root.handle(event).messages) for event in events] == told


def test_the_use_of_a_key_is_always_told() -> None:
    with opened(settings={"least_severity": "HIGH"}) as root:
        assert root.handle(call_as_root("GetCallerIdentity", "sts", root_with_key())).messages


@pytest.mark.parametrize(
    "event",
    [
        on_behalf(),
        on_behalf("cloudformation.amazonaws.com", "CreateStack"),
        on_behalf("autoscaling.amazonaws.com", "RunInstances"),
        service_event(root_session()) | {"detail-type": "AWS API Call via CloudTrail"},
        call_as_root(identity=iam_user("root")),
        call_as_root(identity=assumed_role("root", "root")),
        call_as_root(identity=other_account()),
        call_as_root(identity=aws_service()),
        call_as_root(identity=root_session(account="210987654321")),
        call_as_root(identity={}),
    ],
    ids=[
        "support",
        "CloudFormation",
        "Auto Scaling",
        "service event",
        "a user called root",
        "a role called root",
        "another account",
        "a service",
        "root of another account",
        "nobody",
    ],
)
def test_what_is_not_a_person_as_root_is_told_to_nobody(root: Root, event: dict[str, Any]) -> None:
    run = root.handle(event)

    assert not run.messages
    assert run.outcomes == ["compliant"]
    assert run.error is None
    assert not run.looks


def test_a_call_without_an_identity_is_nobodys(root: Root) -> None:
    event = api_event("RunInstances", service="ec2")
    del event["detail"]["userIdentity"]

    assert not root.handle(event).messages


def test_a_member_accounts_root_is_told_as_that_accounts(root: Root) -> None:
    member = "210987654321"

    run = root.handle(call_as_root(identity=root_session(account=member), account=member))

    assert f"ARN: arn:aws:iam::{member}:root" in run.message.lines
    assert run.message.attributes["account"] == member != ACCOUNT


def _at(minute: int) -> str:
    return f"2026-11-24T09:{30 + minute}:00Z"
