"""What resembles the findings and is none: nothing is changed, and told only where it must be known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.envelopes import api_event, config_change
from tests.events.iam_user_anomaly import SESSION_KEY, guardduty_finding, health_event
from tests.unit.iam_user_anomaly.suspected import DENY_ALL, Suspected, opened
from tests.unit.world import Run


def is_told(run: Run, *words: str) -> bool:
    """Whether something was told, with these words, and nothing changed."""
    missing = [word for word in words if word not in run.message.body]
    assert missing == [], run.message.body
    return run.findings == ["suspect-identity"] and run.outcomes == ["notified"] and run.changes == []


def is_quiet(run: Run) -> bool:
    """Whether nothing was told, changed or failed."""
    return not run.messages and not run.changes and run.error is None


@pytest.mark.parametrize("severity", [2, 5, 6.9])
def test_what_is_not_severe_enough_is_nothing(suspected: Suspected, severity: float) -> None:
    (key,) = suspected.user()

    assert is_quiet(suspected.handle(suspected.seen(key, severity=severity)))
    assert suspected.status(key) == "Active"


def test_a_sample_finding_is_told_and_changes_nothing(suspected: Suspected) -> None:
    (key,) = suspected.user()

    run = suspected.handle(suspected.seen(key, sample=True))

    assert set(run.outcomes) == {"notified"}
    assert run.changes == []


def test_a_sample_whose_event_does_not_say_so_changes_nothing(suspected: Suspected) -> None:
    (key,) = suspected.user()
    event = suspected.seen(key, sample=True)
    event["detail"]["service"]["additionalInfo"] = {}

    assert is_told(suspected.handle(event), "it is a sample finding")


def test_a_finding_that_guardduty_does_not_know_changes_nothing(suspected: Suspected) -> None:
    (key,) = suspected.user()
    event = suspected.seen(key)
    suspected.findings.clear()

    assert is_told(suspected.handle(event), "GuardDuty does not know this finding", key)
    assert suspected.status(key) == "Active"


def test_a_finding_without_a_detector_changes_nothing(suspected: Suspected) -> None:
    (key,) = suspected.user()

    run = suspected.handle(suspected.seen(key, detector=None))

    assert is_told(run, "does not say which finding")


def test_a_finding_of_another_region_is_told_since_it_cannot_be_read_from_here(suspected: Suspected) -> None:
    (key,) = suspected.user()

    run = suspected.handle(suspected.seen(key, region="eu-west-3"))

    assert is_told(run, "it is a finding of eu-west-3", f"--access-key-id {key} --status Inactive")


def test_root_is_told_as_critical_and_left_alone(suspected: Suspected) -> None:
    event = suspected.known(
        guardduty_finding("Root", SESSION_KEY, user_type="Root", principal="123456789012")
    )

    run = suspected.handle(event)

    assert is_told(run, "nobody but root can change the root user", "Sign in as root")
    assert run.message.attributes["severity"] == "CRITICAL"


@pytest.mark.parametrize("kind", ["AWSService", "AWSAccount", "FederatedUser", "SAMLUser", "Unknown"])
def test_other_kinds_of_identities_are_told_and_left_alone(suspected: Suspected, kind: str) -> None:
    (key,) = suspected.user()

    run = suspected.handle(suspected.seen(key, user_type=kind))

    assert is_told(run, f"credentials of the kind {kind}")
    assert suspected.status(key) == "Active"


def test_a_service_linked_role_is_told_and_left_alone(suspected: Suspected) -> None:
    name = "AWSServiceRoleForSupport"
    suspected.role(name, "/aws-service-role/support.amazonaws.com/")

    assert is_told(suspected.handle(suspected.seen_role(name)), "only its service may change the role")
    assert not suspected.denied(name, "role")


def test_a_role_of_identity_center_is_told_with_the_steps(suspected: Suspected) -> None:
    name = "AWSReservedSSO_Administrator_0123456789abcdef"
    suspected.role(name, "/aws-reserved/sso.amazonaws.com/")

    run = suspected.handle(suspected.seen_role(name, session="operator"))

    assert is_told(
        run,
        "IAM Identity Center keeps the role",
        "disable the user's access",
        "aws sso-admin put-inline-policy-to-permission-set",
        "aws sso-admin provision-permission-set",
        "Session: operator",
    )


def test_a_role_of_rearms_own_is_told_and_left_alone(suspected: Suspected) -> None:
    suspected.role("rearm-cloudtrail")

    run = suspected.handle(suspected.seen_role("rearm-cloudtrail", session="rearm-cloudtrail"))

    assert is_told(run, "it is a role of its own deployment")
    assert not suspected.denied("rearm-cloudtrail", "role")


def test_a_role_in_a_path_of_services_is_an_ordinary_one(suspected: Suspected) -> None:
    suspected.role("build", "/service-role/")

    assert suspected.handle(suspected.seen_role()).outcomes == ["remediated"]
    assert suspected.denied("build", "role")


def test_an_identity_of_another_account_is_told_and_left_alone(suspected: Suspected) -> None:
    (key,) = suspected.user()

    run = suspected.handle(suspected.seen(key, account="999988887777"))

    assert is_told(run, "it is of the account 999988887777")
    assert suspected.status(key) == "Active"


def test_the_key_of_somebody_else_says_nothing_about_a_user(suspected: Suspected) -> None:
    (key,) = suspected.user()
    (others,) = suspected.user("other")

    run = suspected.handle(suspected.seen(others))

    assert is_told(run, f"the access key {others} is not one of the user's")
    assert (suspected.status(key), suspected.status(others, "other")) == ("Active", "Active")
    assert not suspected.denied()


def test_a_key_that_is_deleted_is_told_and_its_user_left_alone(suspected: Suspected) -> None:
    (key,) = suspected.user()
    event = suspected.seen(key)
    suspected.iam.delete_access_key(UserName="deploy", AccessKeyId=key)

    assert is_told(suspected.handle(event), f"the access key {key} is not one of the user's")
    assert not suspected.denied()


def test_a_key_that_somebody_made_inactive_is_told_and_its_user_goes_on(suspected: Suspected) -> None:
    key, other = suspected.user(keys=2)
    suspected.iam.update_access_key(UserName="deploy", AccessKeyId=key, Status="Inactive")

    run = suspected.handle(suspected.seen(key))

    assert is_told(run, f"the access key {key} is inactive already", "attach-user-policy")
    assert suspected.status(other) == "Active"
    assert not suspected.denied()


def test_a_user_that_is_gone_is_told(suspected: Suspected) -> None:
    event = suspected.known(guardduty_finding("gone"))

    assert is_told(suspected.handle(event), "the account has no such user any more")


def test_a_user_that_was_made_anew_under_the_name_is_left_alone(suspected: Suspected) -> None:
    (key,) = suspected.user()

    run = suspected.handle(suspected.seen(key, principal="AIDAOTHEREXAMPLE"))

    assert is_told(run, "the user of this name is another one by now")
    assert suspected.status(key) == "Active"


def test_a_role_that_was_made_anew_under_the_name_is_left_alone(suspected: Suspected) -> None:
    suspected.role()

    run = suspected.handle(suspected.seen_role(principal="AROAOTHEREXAMPLE:session"))

    assert is_told(run, "the role of this name is another one by now")
    assert not suspected.denied("build", "role")


def test_a_denied_role_is_contained_already(suspected: Suspected) -> None:
    suspected.role()
    suspected.iam.attach_role_policy(RoleName="build", PolicyArn=DENY_ALL)

    assert is_quiet(suspected.handle(suspected.seen_role()))


@pytest.mark.parametrize(
    "event",
    [
        api_event("CreateAccessKey", service="iam"),
        config_change("iam-user-unused-credentials-check"),
    ],
    ids=["a call", "a verdict"],
)
def test_other_events_end_without_a_look(suspected: Suspected, event: dict[str, Any]) -> None:
    run = suspected.handle(event)

    assert is_quiet(run)
    assert run.looks == []


def test_a_notice_that_is_over_changes_nothing(suspected: Suspected) -> None:
    (key,) = suspected.user()

    run = suspected.handle(health_event(key, status="closed"))

    assert is_quiet(run)
    assert suspected.status(key) == "Active"


@pytest.mark.parametrize("path", ["resource", "service"])
def test_a_finding_in_pieces_changes_nothing(path: str) -> None:
    with opened() as made:
        (key,) = made.user()
        event = made.seen(key)
        event["detail"][path] = "nothing"
        made.findings.clear()

        assert made.handle(event).changes == []
        assert made.status(key) == "Active"
