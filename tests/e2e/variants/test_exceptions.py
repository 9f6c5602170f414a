"""Exceptions: what is excused is left as it is, is logged, and is told unless it is to be quiet."""

from __future__ import annotations

from tests.e2e.world import World


def test_an_excused_role_may_stop_a_trail_and_is_told_with_the_exceptions_name(exceptions: World) -> None:
    trail = exceptions.account.trail("main")
    exceptions.account.role("patching", "night-shift").stop(trail)
    exceptions.aws.wait_idle()
    assert not exceptions.account.logs(trail)
    assert exceptions.calls("StartLogging") == []
    mail = exceptions.said.mail()
    assert mail.attributes["outcome"] == "excepted"
    assert "Excused by the exception 'patching': Patching stops trails for a moment." in mail.body
    assert mail.section("WHAT WOULD BE DONE (nothing was changed: exception 'patching')") == [
        f"aws cloudtrail start-logging --name {trail} --region {exceptions.account.region}"
    ]
    (line,) = exceptions.said.journal(mail.response)
    assert line["rearm"]["exception"] == "patching"


def test_a_session_that_only_calls_itself_like_the_excused_role_is_not_excused(exceptions: World) -> None:
    trail = exceptions.account.trail("main")
    exceptions.account.role("deploy", "patching").stop(trail)
    exceptions.aws.wait_idle()
    assert exceptions.account.logs(trail)
    assert exceptions.said.mail().attributes["outcome"] == "remediated"


def test_an_excused_role_is_found_in_the_history_when_no_event_came(exceptions: World) -> None:
    trail = exceptions.account.sound_trail("main")
    with exceptions.account.unseen():
        exceptions.account.role("patching", "night-shift").stop(trail)
    exceptions.sweep()
    assert not exceptions.account.logs(trail)
    assert exceptions.said.mail().attributes["outcome"] == "excepted"


def test_a_stop_by_somebody_else_is_repaired_by_the_sweep_although_a_role_is_excused(
    exceptions: World,
) -> None:
    trail = exceptions.account.trail("main")
    with exceptions.account.unseen():
        exceptions.account.user("contractor").stop(trail)
    exceptions.sweep()
    assert exceptions.account.logs(trail)


def test_an_excused_trail_may_be_stopped_by_anybody(exceptions: World) -> None:
    trail = exceptions.account.trail("lab-7")
    exceptions.account.user("contractor").stop(trail)
    exceptions.aws.wait_idle()
    assert not exceptions.account.logs(trail)
    mail = exceptions.said.mail()
    assert "Excused by the exception 'laboratory': Trails of the laboratory come and go." in mail.body
    assert mail.field("Actor") == "contractor (IAMUser)"


def test_a_quiet_exception_is_logged_and_not_told(exceptions: World) -> None:
    trail = exceptions.account.trail("scratch-1")
    exceptions.account.user("contractor").stop(trail)
    exceptions.aws.wait_idle()
    assert not exceptions.account.logs(trail)
    assert exceptions.said.mails() == []
    (line,) = exceptions.said.journal()
    assert line["rearm"]["outcome"] == "excepted"
    assert line["rearm"]["exception"] == "scratch"
    assert line["rearm"]["resource"]["arn"] == trail


def test_an_expired_exception_excuses_nothing_and_is_reported_once_a_sweep(exceptions: World) -> None:
    trail = exceptions.account.trail("main")
    with exceptions.account.unseen():
        exceptions.account.user("contractor").stop(trail)
    exceptions.sweep()
    assert exceptions.account.logs(trail)
    expired = [line for line in exceptions.said.journal() if line["event"]["action"] == "exception-expired"]
    assert [line["rearm"]["exception"] for line in expired] == ["migration"]
