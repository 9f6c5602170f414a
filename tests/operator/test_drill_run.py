"""The drill from its beginning to its end, with somebody who repairs in Rearm's place."""

from __future__ import annotations

import io
import json
import os
import signal
from collections.abc import Mapping
from typing import Any

import pytest

from rearm.aws import Aws
from rearm.model import Mode
from tests.events.envelopes import REGION
from tests.events.identities import ACCOUNT
from tests.operator.drilling import Playground, Refusing
from tests.support import matrix
from tests.unit.deployment import NAME, configuration, environment
from tools.operator.access import OperatorError, open_access
from tools.operator.drill import __main__ as program
from tools.operator.drill import learning
from tools.operator.drill.own import Own, new_names
from tools.operator.drill.rows import LEFT_OUT, NEEDS, ROWS
from tools.operator.drill.run import Drill, Wish, chosen, plan

BOTH = {"cloudtrail": Mode.REMEDIATE, "trail_storage": Mode.REMEDIATE}
FEW = ("trail.prefix", "bucket.versioning")


class Deployed(Refusing):
    """Clients for which there are the functions, though moto could run none.

    `learns` is what a sweep does, `fails` how it fails, `given` which functions there are.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__()
        self.given = given
        self.fails = ""
        self.swept: list[str] = []
        self.learns: Any = lambda _: None

    def call(self, service: str, region: str, operation: str, *arguments: Any, **options: Any) -> Any:
        """Answer for Lambda, and let moto answer for the rest."""
        if service != "lambda":
            return super().call(service, region, operation, *arguments, **options)
        automation = arguments[0]["FunctionName"].removeprefix(f"{NAME}-")
        if automation not in self.given:
            self.refuse[f"lambda:{operation}"] = "ResourceNotFoundException"
            try:
                return super().call(service, region, operation, *arguments, **options)
            finally:
                del self.refuse[f"lambda:{operation}"]
        if operation == "GetFunctionConfiguration":
            raw = configuration(automation=automation, mode=self.given[automation])
            return {"Environment": {"Variables": environment(raw)}}
        assert operation == "Invoke"
        event = json.loads(arguments[0]["Payload"])
        assert (event["source"], event["detail-type"], event["detail"]) == (
            "aws.events",
            "Scheduled Event",
            {},
        )
        self.swept.append(automation)
        self.learns(automation)
        failed = {"FunctionError": "Unhandled"} if self.fails else {}
        return {"Payload": io.BytesIO(self.fails.encode() or b"{}"), **failed}


@pytest.fixture
def deployed(playground: Playground) -> Playground:
    """Give an account with functions whose sweeps learn, and which repair."""
    playground.aws = Deployed({"cloudtrail": "remediate", "trail_storage": "remediate"})
    playground.access = open_access(NAME, REGION, playground.aws)
    playground.own = Own(playground.access, playground.own.names, sleep=playground.sleep)

    def learn(automation: str) -> None:
        playground.learn("trail" if automation == "cloudtrail" else "bucket")

    playground.aws.learns = learn
    return playground


def drill(playground: Playground, said: list[str], *, limit_s: float = 10.0, **modes: Mode) -> Drill:
    wish = Wish(FEW, limit_s=limit_s, pause_s=0.0)
    return Drill(playground.own, wish, modes or BOTH, said.append, playground.sleep)


def repairs(playground: Playground) -> None:
    for kind in ("trail", "bucket"):
        playground.put_back(kind)


def test_every_row_is_a_line_with_its_seconds_and_verdict(deployed: Playground) -> None:
    said: list[str] = []
    deployed.repair = lambda: repairs(deployed)
    run = drill(deployed, said)
    run.run()
    assert [(one.row, one.verdict) for one in run.results] == [(name, "ok") for name in FEW]
    lines = [line.split() for line in said]
    assert ["row", "detected", "repaired", "verdict"] in lines
    (line,) = [line for line in lines if line[:1] == ["trail.prefix"]]
    assert float(line[2]) >= float(line[1]) >= 0
    assert line[3] == "ok"
    assert run.remove() == []


def test_after_a_failed_row_the_next_begins_from_what_was_learned(deployed: Playground) -> None:
    run = drill(deployed, [], limit_s=0.2)
    run.run()
    assert [one.verdict for one in run.results] == ["failed", "failed"]
    assert "S3KeyPrefix" in run.results[0].said
    assert "Policy" not in run.results[1].said
    trails = deployed.own.call("cloudtrail", "DescribeTrails")["trailList"]
    assert trails[0]["S3KeyPrefix"] == "drill"


def test_what_may_not_be_written_shows_before_anything_is_made(deployed: Playground) -> None:
    deployed.aws.refuse["dynamodb:PutItem"] = "AccessDeniedException"
    run = drill(deployed, [])
    with pytest.raises(OperatorError, match="operator_role_arns"):
        run.run()
    assert "cloudtrail:CreateTrail" not in deployed.aws.made
    assert run.remove() == []


def test_a_trail_that_is_not_learned_ends_the_drill(deployed: Playground) -> None:
    assert isinstance(deployed.aws, Deployed)
    deployed.aws.learns = lambda _: None
    with pytest.raises(OperatorError, match=r"has not recorded the trail \(cloudtrail\) and the bucket"):
        drill(deployed, []).run()
    assert deployed.aws.swept == ["cloudtrail", "trail_storage"] * 3


def test_a_sweep_that_fails_ends_the_drill_with_what_it_said(deployed: Playground) -> None:
    assert isinstance(deployed.aws, Deployed)
    deployed.aws.fails = '{"errorType": "ConfigurationError"}'
    with pytest.raises(OperatorError, match=r"the sweep of rearm-cloudtrail failed: .*ConfigurationError"):
        drill(deployed, []).run()


def test_a_sweep_that_failed_at_something_else_is_no_hindrance(deployed: Playground) -> None:
    assert isinstance(deployed.aws, Deployed)
    deployed.aws.fails = '{"errorType": "ResponseFailedError"}'
    deployed.repair = lambda: repairs(deployed)
    run = drill(deployed, [])
    run.run()
    assert [one.verdict for one in run.results] == ["ok", "ok"]


def test_who_may_not_start_sweeps_can_wait_for_them(deployed: Playground) -> None:
    assert isinstance(deployed.aws, Deployed)
    deployed.own.make()
    deployed.repair = lambda: deployed.learn("trail", "bucket")
    learning.learn(deployed.own, list(BOTH), wait=True, sleep=deployed.sleep)
    assert deployed.aws.swept == []
    assert len(deployed.slept) == 1


def test_waiting_has_an_end(deployed: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "WAIT_S", 0.0)
    with pytest.raises(OperatorError, match="has not recorded"):
        learning.learn(deployed.own, list(BOTH), wait=True, sleep=deployed.sleep)


def test_the_modes_are_those_of_the_functions(deployed: Playground) -> None:
    assert isinstance(deployed.aws, Deployed)
    deployed.aws.given = {"trail_storage": "notify"}
    assert learning.modes(deployed.access) == {"trail_storage": Mode.NOTIFY}
    deployed.aws.given = {}
    with pytest.raises(OperatorError, match="no function rearm-cloudtrail in us-east-1: NAME must be"):
        learning.modes(deployed.access)


def test_every_row_of_the_matrix_is_run_or_left_out_with_a_reason() -> None:
    assert {*(row.id for row in ROWS), *LEFT_OUT} == {row.id for row in matrix.ROWS}
    assert all(LEFT_OUT.values())


def test_rows_are_chosen_by_their_ids_or_their_beginnings() -> None:
    assert chosen(("trail.delete", "lake")) == [
        "trail.delete",
        *("lake.stopped", "lake.deleted", "lake.termination-protection"),
    ]
    assert len(chosen(())) == len(ROWS) + len(LEFT_OUT)
    with pytest.raises(OperatorError, match=r"ROWS has 'trail\.del'; the rows are bucket\.acl"):
        chosen(("trail.del",))


def test_what_cannot_be_run_is_named_with_its_reason(playground: Playground) -> None:
    ids = chosen(("trail.key", "bucket.foreign-access", "trail.log-group", "trail.prefix"))
    playground.own.foreign = ""
    run, left_out = plan(playground.own, ids, {"cloudtrail": Mode.REMEDIATE})
    assert [row.id for row in run] == ["trail.prefix"]
    assert {one.row: one.said for one in left_out} == {
        "trail.key": NEEDS["key"],
        "bucket.foreign-access": "the automation trail_storage is off",
        "trail.log-group": LEFT_OUT["trail.log-group"],
    }
    _, left_out = plan(playground.own, ["bucket.foreign-access"], BOTH)
    assert left_out[0].said == NEEDS["foreign"]
    assert {one.verdict for one in left_out} == {"not run"}


def test_the_names_fit_a_bucket_and_begin_with_the_deployments() -> None:
    names = new_names("r" * program.LONGEST_NAME)
    assert len(names.other) == 63
    assert new_names(NAME) != new_names(NAME)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rows", "nonsense"], "ROWS has 'nonsense'"),
        (["--name", "r" * 60], "NAME is longer than 42 characters"),
        (["--foreign", ACCOUNT], "FOREIGN is your own account"),
        ([], "there is no function rearm-cloudtrail"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(
    playground: Playground, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert program.main(["--region", REGION, *arguments]) == 2
    finally:
        signal.signal(signal.SIGTERM, before)
    assert said in capsys.readouterr().err
    assert Aws().call("cloudtrail", REGION, "ListTrails")["Trails"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--limit", "soon"], "LIMIT is 'soon'"),
        (["--limit", "1"], "LIMIT is '1'"),
        (["--pause", "-1"], "PAUSE"),
        (["--foreign", "12"], "FOREIGN is '12'"),
        (["--name", "Rearm"], "NAME is 'Rearm'"),
    ],
)
def test_a_value_that_is_none_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    with pytest.raises(SystemExit):
        program.main(arguments)
    assert said in capsys.readouterr().err


class Ended:
    """A drill that ends as told, and that is sent a signal while it removes."""

    def __init__(self, error: BaseException | None, left: list[str]) -> None:
        self.results: list[Any] = []
        self.removed = False
        self._error = error
        self._left = left

    def run(self) -> None:
        """End."""
        if self._error:
            raise self._error

    def remove(self) -> list[str]:
        """Remove, although somebody would rather have it ended."""
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        self.removed = True
        return self._left


@pytest.mark.parametrize(
    ("error", "left", "code"),
    [
        (KeyboardInterrupt(), [], 130),
        (OperatorError("no"), [], 2),
        (OperatorError("no"), ["trail: it is still there"], 2),
        (None, [], 1),
    ],
)
def test_whatever_happens_it_removes_what_it_made(
    capsys: pytest.CaptureFixture[str], error: BaseException | None, left: list[str], code: int
) -> None:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ended = Ended(error, left)
    try:
        assert program._drill(ended) == code  # type: ignore[arg-type]
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert ended.removed
    said = capsys.readouterr()
    assert said.out.count("Still removing what was made; please wait.") == 2
    assert ("CLEAN=1" in said.err) is bool(left)


def test_an_error_that_nobody_expects_removes_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ended = Ended(ZeroDivisionError(), [])
    try:
        with pytest.raises(ZeroDivisionError):
            program._drill(ended)  # type: ignore[arg-type]
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert ended.removed
