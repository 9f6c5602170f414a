"""Whose credentials are misused, from GuardDuty's finding to the key that is inactive, and the message."""

from __future__ import annotations

from typing import Any

from tests.e2e.account import Person
from tests.e2e.said import Mail
from tests.e2e.world import World
from tests.events.iam_user_anomaly import as_answered, guardduty_finding, health_event

AUTOMATION = "iam_user_anomaly"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"


def test_a_user_whose_key_guardduty_sees_misused_is_contained(others: World) -> None:
    user = _user(others, "leaky")

    others.aws.put_event(_seen(others, user))
    others.aws.wait_idle()

    assert _keys(others, "leaky") == ["Inactive"]
    assert _attached(others, "leaky") == [DENY_ALL]
    (mail,) = _mails(others)
    assert (mail.attributes["outcome"], mail.attributes["severity"]) == ("remediated", "HIGH")
    assert mail.field("Actor") == "leaky (IAMUser)"
    assert "--status Active" in mail.body
    assert others.said.failures() == []


def test_a_key_that_aws_finds_in_public_becomes_inactive(others: World) -> None:
    user = _user(others, "careless")

    others.aws.put_event(health_event(user.keys["AccessKeyId"]))
    others.aws.wait_idle()

    assert _keys(others, "careless") == ["Inactive"]
    assert _attached(others, "careless") == [DENY_ALL]


def test_a_user_who_stops_a_trail_three_times_is_contained_by_the_sweep(others: World) -> None:
    others.account.trail("main")
    user = _user(others, "tamperer", "cloudtrail:StopLogging")
    trails = user.aws.client("cloudtrail", None, user.keys, user_agent=user.user_agent)
    for _ in range(3):
        trails.stop_logging(Name="main")
        others.aws.wait_idle()
    assert _keys(others, "tamperer") == ["Active"]

    others.aws.run_schedule(f"rearm-{AUTOMATION}-sweep")
    others.aws.wait_idle()

    assert _keys(others, "tamperer") == ["Inactive"]
    assert _attached(others, "tamperer") == [DENY_ALL]
    (mail,) = [mail for mail in _mails(others) if "tamperer" in mail.body]
    assert "switched safeguards off with 3 calls in 24 hours (cloudtrail)" in mail.body
    assert mail.field("Arrived by") == "sweep"


def test_a_finding_that_guardduty_does_not_have_changes_nothing(others: World) -> None:
    user = _user(others, "accused")

    others.aws.put_event(_event(others, user))
    others.aws.wait_idle()

    assert _keys(others, "accused") == ["Active"]
    assert _attached(others, "accused") == []
    (mail,) = _mails(others)
    assert mail.attributes["outcome"] == "notified"
    assert "GuardDuty does not know this finding" in mail.body


def test_what_is_not_severe_changes_nothing_and_bothers_nobody(others: World) -> None:
    user = _user(others, "odd")

    others.aws.put_event(_seen(others, user, severity=5))
    others.aws.wait_idle()

    assert _keys(others, "odd") == ["Active"]
    assert _mails(others) == []


def _user(others: World, name: str, *actions: str) -> Person:
    return others.account.user(name, actions or ("s3:ListAllMyBuckets",))


def _event(others: World, user: Person, **told: Any) -> dict[str, Any]:
    unique = others.account.client("iam").get_user(UserName=user.name)["User"]["UserId"]
    key = user.keys["AccessKeyId"]
    return guardduty_finding(user.name, key, principal=unique, finding=f"finding-of-{user.name}", **told)


def _seen(others: World, user: Person, **told: Any) -> dict[str, Any]:
    event = _event(others, user, **told)
    others.aws.findings.keep(as_answered(event["detail"]))
    return event


def _keys(others: World, name: str) -> list[str]:
    listed = others.account.client("iam").list_access_keys(UserName=name)["AccessKeyMetadata"]
    return [one["Status"] for one in listed]


def _attached(others: World, name: str) -> list[str]:
    found = others.account.client("iam").list_attached_user_policies(UserName=name)["AttachedPolicies"]
    return [one["PolicyArn"] for one in found]


def _mails(others: World) -> list[Mail]:
    return [mail for mail in others.said.mails() if mail.attributes["automation"] == AUTOMATION]
