"""Mode off: nothing of the automations is there."""

from __future__ import annotations

from tests.e2e.world import World


def test_automations_that_are_off_leave_nothing_of_themselves(off: World) -> None:
    left = {name for name in off.made & off.account.names() if "rearm" in name}
    assert {name.rpartition(" ")[2].rpartition(":")[2].rpartition("/")[2] for name in left} == {
        "deployed",
        "deployment",
        "rearm-alarms",
        "rearm-failures",
        "rearm-no-subscriber",
        "rearm-notifications",
        "rearm-records",
    }


def test_a_trail_that_is_stopped_stays_stopped(off: World) -> None:
    trail = off.account.trail("main")
    off.account.user("contractor").stop(trail)
    off.aws.wait_idle()
    assert not off.account.logs(trail)
    assert off.calls() == []
    assert off.said.mails() == []
