"""What the drill says of one row, whatever has become of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rearm.aws import AwsError
from tests.operator.drilling import RESPONSE, Playground, row
from tools.operator.drill import state
from tools.operator.drill.own import Own
from tools.operator.drill.rows import ROWS, Row
from tools.operator.drill.watch import Result, Watch


def play(playground: Playground, name: str, *, repairs: bool = True, limit_s: float = 0.5) -> Result:
    watch = Watch(playground.own, limit_s, repairs=repairs, sleep=playground.sleep)
    return watch.play(row(name))


@pytest.fixture
def made(playground: Playground) -> Playground:
    """Give an account in which the drill has made its resources."""
    playground.own.make()
    return playground


def test_a_repair_is_seen_and_timed(made: Playground) -> None:
    made.repair = lambda: made.put_back("trail")
    result = play(made, "trail.prefix", limit_s=20)
    assert (result.verdict, result.said) == ("ok", f"response {RESPONSE}")
    assert result.detected_s is not None
    assert result.repaired_s is not None
    assert 0 <= result.detected_s <= 20
    assert 0 < result.repaired_s <= 20


def test_without_a_repair_the_row_has_failed_and_says_what_is_not_as_before(made: Playground) -> None:
    result = play(made, "trail.prefix")
    assert result.verdict == "failed"
    assert "S3KeyPrefix" in result.said
    assert result.said.endswith("no response")
    assert result.repaired_s is None


def test_half_a_repair_is_none(made: Playground) -> None:
    made.repair = lambda: _undo_multi_region(made.own)
    result = play(made, "trail.global-events")
    assert result.verdict == "failed"
    assert "IsMultiRegionTrail" in result.said
    assert "IncludeGlobalServiceEvents" not in result.said


def _undo_multi_region(own: Own) -> None:
    own.call("cloudtrail", "UpdateTrail", Name=own.names.drill, IncludeGlobalServiceEvents=True)


def test_a_repair_that_rearm_calls_failed_is_none(made: Playground) -> None:
    def repair() -> None:
        made.rearms.made = set(made.own.made)
        made.rearms.make()
        made.record("trail", "failed")

    made.repair = repair
    result = play(made, "trail.prefix", limit_s=20)
    assert (result.verdict, result.said) == ("failed", "as before, but the outcome is failed")


def test_somebody_elses_repair_is_not_taken_for_rearms(
    made: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def repair() -> None:
        made.rearms.made = set(made.own.made)
        made.rearms.make()

    made.repair = repair
    monkeypatch.setattr("tools.operator.drill.watch.RECORDED_S", 0.1)
    result = play(made, "trail.prefix", limit_s=20)
    assert (result.verdict, result.said) == ("failed", "as before, but no response is recorded")


def test_responses_of_before_do_not_count(made: Playground) -> None:
    made.record("trail")
    assert play(made, "trail.prefix").verdict == "failed"


def test_a_response_that_had_begun_before_is_named_as_such(made: Playground) -> None:
    def repair() -> None:
        made.rearms.made = set(made.own.made)
        made.rearms.make()
        made.record("trail", at=datetime.now(UTC) - timedelta(minutes=1))

    made.repair = repair
    result = play(made, "trail.prefix", limit_s=20)
    assert result.said == f"response {RESPONSE}, which had begun before the call"
    assert result.detected_s == 0


def test_an_attack_that_aws_refuses_is_not_run(made: Playground) -> None:
    made.aws.refuse["cloudtrail:UpdateTrail"] = "AccessDenied"
    result = play(made, "trail.prefix")
    assert (result.verdict, result.detected_s) == ("not run", None)
    assert "AWS refused the call: cloudtrail:UpdateTrail: AccessDenied" in result.said


def test_a_state_that_cannot_be_read_afterwards_is_no_repair(made: Playground) -> None:
    def break_it() -> None:
        made.aws.refuse["cloudtrail:DescribeTrails"] = "ThrottlingException"

    made.repair = break_it
    result = play(made, "trail.prefix")
    assert result.verdict == "failed"
    assert "ThrottlingException" in result.said


def test_a_state_that_cannot_be_read_before_ends_the_drill_before_the_attack(made: Playground) -> None:
    made.aws.refuse["cloudtrail:DescribeTrails"] = "AccessDenied"
    with pytest.raises(AwsError):
        play(made, "trail.prefix")
    assert "cloudtrail:UpdateTrail" not in made.aws.made


# moto adds insight selectors and takes none away; with a deployment these rows are run as well.
PLAYED = [one for one in ROWS if one.kind != "key" and one.id != "trail.insights-off"]


@pytest.mark.parametrize("one", PLAYED, ids=lambda one: str(one.id))
def test_every_attack_changes_what_it_is_about(made: Playground, one: Row) -> None:
    before = state.read(made.own, one.kind)
    one.attack(made.own)
    assert state.differences(before, state.read(made.own, one.kind)) != []
