"""Several trails, and trails that live elsewhere."""

from __future__ import annotations

from tests.e2e.world import World

ELSEWHERE = "us-east-1"


def test_a_sweep_starts_every_stopped_trail_and_leaves_the_others_alone(basic: World) -> None:
    trails = [basic.account.trail(f"trail-{number}") for number in range(4)]
    with basic.account.unseen():
        for trail in trails[1:]:
            basic.account.user("contractor").stop(trail)
    basic.sweep()
    assert all(basic.account.logs(trail) for trail in trails)
    started = {resource for call in basic.calls("StartLogging") for resource in call.resources}
    assert started == set(trails[1:])
    mail = basic.said.mail()
    # Beside it stand recommendations: no trail lacks nothing.
    assert mail.subject.startswith("[rearm] CRITICAL cloudtrail: trail-1 remediated after ")
    assert mail.body.count("REMEDIATED - CRITICAL") == 3


def test_an_alarm_that_names_a_trail_looks_at_no_other(basic: World) -> None:
    stopped, other = basic.account.trail("stopped"), basic.account.trail("other")
    with basic.account.unseen():
        basic.account.user("contractor").stop(other)
    basic.account.user("contractor").stop(stopped)
    basic.aws.wait_idle()
    assert basic.account.logs(stopped)
    assert not basic.account.logs(other)


def test_a_trail_that_cannot_be_started_does_not_keep_the_others_stopped(basic: World) -> None:
    trails = [basic.account.trail(name) for name in ("one", "two", "three")]
    with basic.account.unseen():
        for trail in trails:
            basic.account.user("contractor").stop(trail)
    with basic.denying("cloudtrail:StartLogging", trails[1]):
        basic.sweep()
    assert [basic.account.logs(trail) for trail in trails] == [True, False, True]
    outcomes = {
        line["rearm"]["outcome"]
        for line in basic.said.journal()
        if line["rearm"].get("finding") == "trail-not-logging"
    }
    assert outcomes == {"remediated", "failed"}
    (failure,) = basic.said.failures()
    assert failure["body"]["requestContext"]["condition"] == "RetriesExhausted"
    assert "AccessDenied" in failure["body"]["responsePayload"]["errorMessage"]


def test_a_multi_region_trail_is_started_once_in_the_region_it_lives_in(basic: World) -> None:
    trail = basic.account.trail("global", region=ELSEWHERE, multi_region=True)
    # Its events are in its home region only; here Config sees its shadow.
    basic.account.evaluate("rearm-cloudtrail-enabled")
    basic.account.user("contractor").stop(trail)
    basic.account.evaluate("rearm-cloudtrail-enabled")
    assert basic.account.logs(trail)
    assert [(call.region, call.resources) for call in basic.calls("StartLogging")] == [(ELSEWHERE, (trail,))]
    mail = basic.said.mail()
    assert mail.field("Region") == ELSEWHERE
    assert mail.field("Actor") == "contractor (IAMUser)"
    assert mail.section("WHAT WAS DONE")[0].endswith(f"--region {ELSEWHERE}")


def test_a_trail_that_only_another_region_shows_is_found_by_the_sweep(basic: World) -> None:
    basic.account.trail("here")
    trail = basic.account.trail("there", region=ELSEWHERE)
    basic.account.user("contractor").stop(trail)
    basic.sweep()
    assert basic.account.logs(trail)
    assert [call.region for call in basic.calls("StartLogging")] == [ELSEWHERE]
