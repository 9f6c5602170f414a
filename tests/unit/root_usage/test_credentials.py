"""Root's own credentials: access keys, MFA devices, certificates, and what a sweep finds."""

from __future__ import annotations

import pytest

from tests.events.envelopes import envelope
from tests.events.identities import ACCOUNT
from tests.events.root_usage import call_as_root, guardduty_finding
from tests.unit.deployment import exception
from tests.unit.root_usage.root import Root, opened

KEY = "AKIAI44QH8DHBEXAMPLE"
MADE = {"accessKey": {"accessKeyId": KEY, "status": "Active"}}
READ = "iam:GetAccountSummary"


@pytest.mark.parametrize("parameters", [None, {}, {"userName": "AWS ROOT USER"}])
def test_a_new_access_key_of_root_is_told_with_who_alone_can_take_it_away(
    root: Root, parameters: dict[str, str] | None
) -> None:
    run = root.handle(call_as_root("CreateAccessKey", "iam", parameters=parameters, response=MADE))

    assert run.findings == ["root-access-key-created"]
    assert run.message.attributes["severity"] == "CRITICAL"
    assert KEY in run.message.body
    assert "Only the root user can deactivate or delete it" in run.message.body
    assert "IAMDeleteRootUserCredentials" in run.message.body
    assert not run.changes


def test_a_new_key_is_told_where_the_record_does_not_show_it(root: Root) -> None:
    run = root.handle(call_as_root("CreateAccessKey", "iam"))

    assert "The root user got an access key: it may do everything, without MFA." in run.message.lines


def test_every_new_key_is_told_for_itself(root: Root) -> None:
    root.handle(call_as_root("CreateAccessKey", "iam"))

    assert root.handle(call_as_root("CreateAccessKey", "iam", time="2026-11-24T09:31:00Z")).messages


def test_a_key_that_root_makes_for_a_user_is_a_call_and_not_roots_key(root: Root) -> None:
    run = root.handle(call_as_root("CreateAccessKey", "iam", parameters={"userName": "deploy"}))

    assert run.findings == ["root-call"]
    assert run.message.attributes["severity"] == "HIGH"
    assert "iam:CreateAccessKey on deploy" in run.message.body


@pytest.mark.parametrize(
    ("name", "parameters", "severity", "said"),
    [
        ("UpdateAccessKey", {"accessKeyId": KEY, "status": "Inactive"}, "HIGH", f"{KEY} to Inactive"),
        ("UpdateAccessKey", {"accessKeyId": KEY, "status": "Active"}, "HIGH", f"{KEY} to Active"),
        ("DeleteAccessKey", {"accessKeyId": KEY}, "MEDIUM", f"deleted its access key {KEY}"),
        ("DeactivateMFADevice", {"serialNumber": "arn:aws:iam::1:mfa/x"}, "CRITICAL", "switched off its MFA"),
        ("EnableMFADevice", {"userName": "AWS ROOT USER"}, "MEDIUM", "switched on an MFA device."),
        ("ResyncMFADevice", None, "MEDIUM", "synchronised its MFA device."),
        ("UploadSigningCertificate", None, "CRITICAL", "signing certificate"),
    ],
)
def test_changes_of_roots_own_credentials_are_told(
    root: Root, name: str, parameters: dict[str, str] | None, severity: str, said: str
) -> None:
    run = root.handle(call_as_root(name, "iam", parameters=parameters))

    assert run.findings == ["root-credentials-changed"]
    assert run.message.attributes["severity"] == severity
    assert said in run.message.body


def test_an_mfa_device_that_root_gives_a_user_is_a_call(root: Root) -> None:
    run = root.handle(call_as_root("EnableMFADevice", "iam", parameters={"userName": "operator"}))

    assert run.findings == ["root-call"]


def test_credentials_are_told_whatever_severity_calls_are_told_from() -> None:
    with opened(settings={"least_severity": "CRITICAL"}) as root:
        run = root.handle(call_as_root("DeleteAccessKey", "iam", parameters={"accessKeyId": KEY}))

    assert run.findings == ["root-credentials-changed"]
    assert run.messages


def test_a_sweep_of_an_account_as_it_should_be_says_nothing(root: Root) -> None:
    run = root.sweep()

    assert run.outcomes == ["compliant"]
    assert not run.messages
    assert run.error is None
    assert len(run.called(READ)) == 1


def test_a_sweep_finds_an_access_key(root: Root) -> None:
    root.summary["AccountAccessKeysPresent"] = 1

    run = root.sweep()

    assert run.findings == ["root-access-key-exists"]
    assert run.message.attributes["severity"] == "HIGH"
    assert "Only the root user can deactivate or delete it" in run.message.body


def test_a_sweep_finds_a_root_user_without_mfa(root: Root) -> None:
    root.summary["AccountMFAEnabled"] = 0

    run = root.sweep()

    assert run.findings == ["root-without-mfa"]
    assert run.message.attributes["severity"] == "HIGH"


def test_a_sweep_finds_both_in_one_message(root: Root) -> None:
    root.summary |= {"AccountAccessKeysPresent": 2, "AccountMFAEnabled": 0}

    run = root.sweep()

    assert run.findings == ["root-access-key-exists", "root-without-mfa"]
    assert len(run.messages) == 1


def test_where_aws_does_not_say_whether_there_is_a_password_there_may_be_one(root: Root) -> None:
    root.summary["AccountMFAEnabled"] = 0
    del root.summary["AccountPasswordPresent"]

    assert root.sweep().findings == ["root-without-mfa"]


def test_a_root_user_without_a_password_needs_no_mfa(root: Root) -> None:
    root.summary |= {"AccountMFAEnabled": 0, "AccountPasswordPresent": 0}

    run = root.sweep()

    assert run.outcomes == ["compliant"]
    assert not run.messages


def test_what_stands_is_told_once_a_day(root: Root) -> None:
    root.summary["AccountAccessKeysPresent"] = 1
    root.sweep()

    assert not root.sweep().messages


def test_an_exception_lets_the_key_stand() -> None:
    with opened(exceptions={"old": exception(account=ACCOUNT, reason="It goes in May.", quiet=True)}) as root:
        root.summary["AccountAccessKeysPresent"] = 1
        run = root.sweep()

    assert run.outcomes == ["excepted"]
    assert not run.messages


@pytest.mark.parametrize("code", ["AccessDenied", "ServiceFailure", "Throttling"])
def test_a_summary_that_cannot_be_read_is_a_failure_that_is_told(root: Root, code: str) -> None:
    root.world.endpoint.fail(READ, code)

    run = root.sweep()

    assert run.outcomes == ["failed"]
    assert run.error is not None
    assert code in run.message.body
    assert READ in run.message.body


@pytest.mark.parametrize(
    "summary",
    [
        {"AccountAccessKeysPresent": None},
        {"AccountMFAEnabled": None},
        {"AccountMFAEnabled": "1"},
    ],
)
def test_a_summary_that_lacks_what_is_asked_is_a_failure(root: Root, summary: dict[str, object]) -> None:
    root.summary |= summary

    run = root.sweep()

    assert run.outcomes == ["failed"]
    assert "MalformedAnswer" in run.message.body


def test_an_empty_answer_is_a_failure(root: Root) -> None:
    root.world.endpoint.answer(READ, lambda _: {})

    assert root.sweep().outcomes == ["failed"]


def test_guardduty_tells_what_no_trail_recorded(root: Root) -> None:
    run = root.handle(guardduty_finding())

    assert run.findings == ["root-noticed"]
    assert run.message.attributes["severity"] == "MEDIUM"
    assert "Policy:IAMUser/RootCredentialUsage" in run.message.body
    assert "ec2:DescribeInstances, last at 2026-11-24 09:20:00 UTC" in run.message.body
    assert "Actor: the root user" in run.message.lines
    assert "Source IP: 198.51.100.9" in run.message.lines
    assert not run.changes


def test_a_severe_finding_of_guardduty_is_high(root: Root) -> None:
    run = root.handle(guardduty_finding("Discovery:IAMUser/AnomalousBehavior", severity=8))

    assert run.message.attributes["severity"] == "HIGH"


def test_guarddutys_repetitions_are_told_once_an_hour(root: Root) -> None:
    root.handle(guardduty_finding())

    assert not root.handle(guardduty_finding(count=2)).messages
    assert root.handle(guardduty_finding(finding="another")).messages


def test_a_finding_of_guardduty_that_says_little_is_told(root: Root) -> None:
    event = guardduty_finding()
    event["detail"]["service"] = {"action": {"awsApiCallAction": "?"}}
    del event["detail"]["severity"]

    assert root.handle(event).findings == ["root-noticed"]


@pytest.mark.parametrize("user_type", ["IAMUser", "AssumedRole", ""])
def test_what_guardduty_says_of_others_is_none_of_ours(root: Root, user_type: str) -> None:
    run = root.handle(guardduty_finding(user_type=user_type))

    assert run.outcomes == ["compliant"]
    assert not run.messages


def test_a_sample_finding_changes_nothing(root: Root) -> None:
    run = root.handle(guardduty_finding(sample=True))

    assert not run.changes
    assert run.error is None


def test_security_hubs_finding_makes_rearm_look() -> None:
    finding = {
        "Id": "arn:aws:securityhub:us-east-1:123456789012:security-control/IAM.4/finding/0f1e2d3c",
        "AwsAccountId": ACCOUNT,
        "Compliance": {"SecurityControlId": "IAM.4", "Status": "FAILED"},
        "Resources": [{"Type": "AwsAccount", "Id": f"AWS::::Account:{ACCOUNT}"}],
    }
    with opened(sources=["aws.securityhub"]) as root:
        root.summary["AccountAccessKeysPresent"] = 1
        run = root.handle(
            envelope("aws.securityhub", "Security Hub Findings - Imported", {"findings": [finding]})
        )

    assert run.findings == ["root-access-key-exists"]
