"""What GuardDuty notices: users and roles that are contained, and how."""

from __future__ import annotations

import pytest

from tests.events.iam_user_anomaly import SEQUENCE, SESSION_KEY, STOLEN, guardduty_finding
from tests.unit.deployment import exception
from tests.unit.iam_user_anomaly.suspected import DENY_ALL, Suspected, opened


def test_a_users_key_becomes_inactive_and_the_user_is_denied_everything(suspected: Suspected) -> None:
    (key,) = suspected.user()

    run = suspected.handle(suspected.seen(key))

    assert run.outcomes == ["remediated", "remediated"]
    assert set(run.findings) == {"suspect-key", "suspect-user"}
    assert suspected.status(key) == "Inactive"
    assert suspected.denied()
    assert run.message.attributes["severity"] == "HIGH"
    assert f"--access-key-id {key} --status Active" in run.message.body
    assert f"aws iam detach-user-policy --user-name deploy --policy-arn {DENY_ALL}" in run.message.body
    assert "Source IP: 198.51.100.9" in run.message.body
    assert "Actor: deploy (IAMUser)" in run.message.body


def test_the_users_other_key_stays_active(suspected: Suspected) -> None:
    key, other = suspected.user(keys=2)

    suspected.handle(suspected.seen(key))

    assert (suspected.status(key), suspected.status(other)) == ("Inactive", "Active")


def test_a_user_in_a_session_is_denied_everything_and_keeps_its_keys(suspected: Suspected) -> None:
    (key,) = suspected.user()

    run = suspected.handle(suspected.seen(SESSION_KEY))

    assert run.findings == ["suspect-user"]
    assert run.outcomes == ["remediated"]
    assert suspected.denied()
    assert suspected.status(key) == "Active"


def test_a_role_is_denied_everything_and_the_message_says_what_ends_its_sessions(
    suspected: Suspected,
) -> None:
    suspected.role()

    run = suspected.handle(suspected.seen_role(kind=STOLEN))

    assert run.findings == ["suspect-role"]
    assert run.outcomes == ["remediated"]
    assert suspected.denied("build", "role")
    assert "Deactivating access keys does not stop a role's credentials" in run.message.body
    assert "put-role-policy --role-name build --policy-name AWSRevokeOlderSessions" in run.message.body
    assert "aws:TokenIssueTime" in run.message.body
    assert "Session: i-0abc" in run.message.body


@pytest.mark.parametrize(("severity", "label"), [(7, "HIGH"), (8.9, "HIGH"), (9, "CRITICAL")])
def test_the_severity_is_guarddutys(suspected: Suspected, severity: float, label: str) -> None:
    (key,) = suspected.user()

    run = suspected.handle(suspected.seen(key, severity=severity))

    assert run.message.attributes["severity"] == label


def test_a_lower_least_severity_takes_more(suspected: Suspected) -> None:
    with opened(settings={"least_severity": 2}) as made:
        (key,) = made.user()

        run = made.handle(made.seen(key, severity=2))

        assert run.outcomes == ["remediated", "remediated"]
        assert run.message.attributes["severity"] == "LOW"


def test_without_denying_only_the_key_becomes_inactive() -> None:
    with opened(settings={"measures": ["deactivate-key"]}) as made:
        (key,) = made.user()
        event = made.seen(key)

        run = made.handle(event)
        again = made.handle(event)

        assert run.findings == ["suspect-key"]
        assert made.status(key) == "Inactive"
        assert not made.denied()
        assert again.messages == []


def test_without_deactivating_only_the_user_is_denied() -> None:
    with opened(settings={"measures": ["deny-all"]}) as made:
        (key,) = made.user()

        run = made.handle(made.seen(key))

        assert run.findings == ["suspect-user"]
        assert made.status(key) == "Active"
        assert made.denied()


def test_what_the_measures_leave_out_is_told_with_the_command() -> None:
    with opened(settings={"measures": ["deactivate-key"]}) as made:
        made.role()

        run = made.handle(made.seen_role())

        assert run.findings == ["suspect-identity"]
        assert run.changes == []
        assert "the setting measures has no deny-all" in run.message.body
        assert f"aws iam attach-role-policy --role-name build --policy-arn {DENY_ALL}" in run.message.body


def test_in_notify_everything_is_told_and_nothing_changed() -> None:
    with opened(mode="notify") as made:
        (key,) = made.user()

        run = made.handle(made.seen(key))

        assert run.outcomes == ["notified", "notified"]
        assert run.changes == []
        assert f"--access-key-id {key} --status Inactive" in run.message.body
        assert f"aws iam attach-user-policy --user-name deploy --policy-arn {DENY_ALL}" in run.message.body


def test_what_is_contained_is_not_told_again(suspected: Suspected) -> None:
    (key,) = suspected.user()
    event = suspected.seen(key)
    suspected.handle(event)

    run = suspected.handle({**event, "id": "11111111-2222-4333-8444-555555555555"})

    assert run.changes == []
    assert run.messages == []
    assert run.outcomes == ["compliant"]


def test_a_denied_user_with_an_active_key_loses_the_key_only(suspected: Suspected) -> None:
    (key,) = suspected.user()
    suspected.iam.attach_user_policy(UserName="deploy", PolicyArn=DENY_ALL)

    run = suspected.handle(suspected.seen(key))

    assert run.findings == ["suspect-key"]
    assert "detach-user-policy" not in run.message.body


def test_beyond_the_limit_it_is_refused_and_told_as_critical() -> None:
    with opened(settings={"containments_per_hour": 1}) as made:
        (key,) = made.user()

        run = made.handle(made.seen(key))

        assert sorted(run.outcomes) == ["refused", "remediated"]
        assert made.status(key) == "Inactive"
        assert not made.denied()
        assert run.message.attributes["severity"] == "CRITICAL"


def test_an_exception_for_the_actor_excuses_the_user_and_the_key() -> None:
    excused = exception(actor="arn:aws:iam::123456789012:user/deploy")
    with opened(exceptions={"known": excused}) as made:
        (key,) = made.user()

        run = made.handle(made.seen(key))

        assert run.outcomes == ["excepted", "excepted"]
        assert run.changes == []


def test_an_exception_for_the_actor_excuses_the_role_of_a_session() -> None:
    excused = exception(actor="arn:aws:iam::123456789012:role/build")
    with opened(exceptions={"known": excused}) as made:
        made.role()

        run = made.handle(made.seen_role())

        assert run.outcomes == ["excepted"]
        assert run.changes == []


def test_an_attack_sequence_is_told_and_nothing_is_done(suspected: Suspected) -> None:
    (key,) = suspected.user()

    run = suspected.handle(suspected.seen(key, kind=SEQUENCE, severity=9, resource_type="AttackSequence"))

    assert run.findings == ["suspect-identity"]
    assert run.changes == []
    assert run.message.attributes["severity"] == "CRITICAL"


def test_a_policy_that_cannot_be_attached_fails_and_the_key_is_inactive_all_the_same(
    suspected: Suspected,
) -> None:
    (key,) = suspected.user()
    suspected.world.endpoint.fail("iam:AttachUserPolicy", "LimitExceeded")

    run = suspected.handle(suspected.seen(key))

    assert sorted(run.outcomes) == ["failed", "remediated"]
    assert run.error is not None
    assert suspected.status(key) == "Inactive"
    assert "LimitExceeded" in run.message.body


def test_a_key_that_stays_active_has_failed(suspected: Suspected) -> None:
    (key,) = suspected.user()
    suspected.world.endpoint.answer("iam:UpdateAccessKey", lambda _: {})

    run = suspected.handle(suspected.seen(key))

    assert sorted(run.outcomes) == ["failed", "remediated"]
    assert suspected.status(key) == "Active"
    assert "StillThere" in run.message.body


def test_without_an_answer_of_guardduty_nothing_is_done_and_the_failure_raised(suspected: Suspected) -> None:
    (key,) = suspected.user()
    event = suspected.seen(key)
    suspected.world.endpoint.fail("guardduty:GetFindings", "InternalServerErrorException")

    run = suspected.handle(event)

    assert run.outcomes == ["failed"]
    assert run.changes == []
    assert run.error is not None


@pytest.mark.parametrize("call", ["GetUser", "ListAccessKeys", "ListAttachedUserPolicies"])
def test_without_an_answer_of_iam_nothing_is_done_and_the_failure_raised(
    suspected: Suspected, call: str
) -> None:
    (key,) = suspected.user()
    event = suspected.seen(key)
    suspected.world.endpoint.fail(f"iam:{call}", "ServiceFailure")

    run = suspected.handle(event)

    assert run.outcomes == ["failed"]
    assert run.changes == []
    assert run.error is not None


def test_the_finding_is_read_from_guardduty_and_not_from_the_event(suspected: Suspected) -> None:
    (key,) = suspected.user()
    suspected.user("other")
    suspected.seen(key)
    forged = guardduty_finding("other", suspected.user("third")[0], severity=9)

    run = suspected.handle(forged)

    assert run.outcomes == ["remediated", "remediated"]
    assert suspected.denied()
    assert not suspected.denied("other")
    assert not suspected.denied("third")


def test_what_failed_is_done_when_lambda_tries_again_though_the_key_is_inactive_by_then() -> None:
    with opened(records_tampering=True) as made:
        (key,) = made.user()
        event = made.seen(key)
        made.world.endpoint.fail("iam:AttachUserPolicy", "ConcurrentModification", times=1)
        first = made.handle(event)
        made.world.new_process()

        second = made.handle(event)

        assert sorted(first.outcomes) == ["failed", "remediated"]
        assert second.findings == ["suspect-user"]
        assert second.outcomes == ["remediated"]
        assert made.denied()
