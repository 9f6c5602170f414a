"""The function's time: it ends by itself before Lambda ends it, and says so."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from types import ModuleType

import pytest
from botocore.awsrequest import AWSResponse

import rearm
from rearm import handler
from rearm.aws import RESERVE_S
from tests.faults.faults import FAULTS
from tests.faults.judge import judge
from tests.scenarios.catalogue import of_automation
from tests.scenarios.stage import MEMORY, Scenario, Stage
from tests.scenarios.verdicts import RULES
from tests.support.clock import Clock
from tests.support.wire import Forward, Layer, Sent

# The function's time is the core's affair: one automation stands for all.
DEFAULT = [scenario for scenario in of_automation("cloudtrail") if scenario.variant == "default"]
BUSY = [
    scenario
    for scenario in DEFAULT
    if scenario.name in ("a sweep finds stopped trails", "a trail is stopped")
]


def by_name(scenario: Scenario) -> str:
    return scenario.name


def slow(seconds: float) -> Callable[[Clock], Layer]:
    """Make a layer in which every call takes its time, and is answered."""

    def layer(clock: Clock) -> Layer:
        def wait(_sent: Sent, forward: Forward) -> AWSResponse:
            clock.pass_by(seconds)
            return forward()

        return wait

    return layer


def down(services: Sequence[str] | None, fault: str) -> Callable[[Clock], Layer]:
    """Make a layer in which services, or all of them, are down for good."""

    def layer(clock: Clock) -> Layer:
        def spoil(sent: Sent, forward: Forward) -> AWSResponse:
            if services is not None and sent.call.service not in services:
                return forward()
            return FAULTS[fault].spoil(sent, forward, clock)

        return spoil

    return layer


@pytest.mark.parametrize("scenario", [one for one in DEFAULT if "refused" not in one.name], ids=by_name)
def test_with_too_little_time_left_nothing_is_begun_and_the_failure_is_told(scenario: Scenario) -> None:
    with Stage(scenario, limit_s=RESERVE_S - 1) as stage:
        invocation = stage.invoke()

        judge(stage, invocation, 0)
        assert {sent.action for sent in stage.recorder.sent} == {"sns:Publish"}
        assert "OutOfTime" in str(invocation.error)
        assert "failed" in {line["rearm"]["outcome"] for line in invocation.finding_lines}
        (message,) = stage.account.messages()
        assert "OutOfTime: the function's time ran out before this call" in message.body


def test_a_refused_call_is_told_even_with_too_little_time_left() -> None:
    (scenario,) = [one for one in DEFAULT if one.name == "a call is refused"]
    with Stage(scenario, limit_s=RESERVE_S - 1) as stage:
        invocation = stage.invoke()

        judge(stage, invocation, 0)
        # The table could not be asked any more
        assert "dynamodb:PutItem: OutOfTime" in str(invocation.error)
        assert not [one for one in stage.problems() if "counted" not in one]


# The reserve is for one call that takes as long as it may, or for two that take half of it.
@pytest.mark.parametrize("call_s", [1.0, 2.5, RESERVE_S / 2 - 0.1])
@pytest.mark.parametrize("limit_s", [10, 15, 25, 40, 60])
@pytest.mark.parametrize("scenario", BUSY, ids=by_name)
def test_slow_answers_end_in_a_repair_or_in_a_told_failure(
    scenario: Scenario, limit_s: int, call_s: float
) -> None:
    with Stage(scenario, limit_s=limit_s, fault=slow(call_s)) as stage:
        invocation = stage.invoke()

        judge(stage, invocation, 0)
        if not invocation.error:
            assert not stage.problems()
            return
        assert "OutOfTime" in str(invocation.error)
        messages = stage.account.messages()
        assert messages
        # What runs out of time behind the message cannot stand in it
        assert any("OutOfTime" in message.body for message in messages) or not stage.problems()


@pytest.mark.parametrize("limit_s", range(10, 40))
@pytest.mark.parametrize("fault", ["read timeout", "connect timeout"])
def test_whatever_time_there_is_a_service_that_hangs_does_not_use_it_up(fault: str, limit_s: int) -> None:
    with Stage(BUSY[0], limit_s=limit_s, fault=down(("cloudtrail",), fault)) as stage:
        invocation = stage.invoke()

        judge(stage, invocation, 0)
        assert invocation.error
        assert any("cloudtrail:GetTrailStatus" in message.body for message in stage.account.messages())


@pytest.mark.parametrize("fault", ["read timeout", "connect timeout", "server error", "access denied"])
@pytest.mark.parametrize(
    "services",
    [("cloudtrail",), ("config",), ("cloudtrail", "config"), ("dynamodb",), ("dynamodb", "sns"), ("sns",)],
    ids=" and ".join,
)
@pytest.mark.parametrize("scenario", DEFAULT, ids=by_name)
def test_a_service_that_is_down_keeps_nobody_from_being_told(
    scenario: Scenario, services: Sequence[str], fault: str
) -> None:
    with Stage(scenario, fault=down(services, fault)) as stage:
        # With topic and table the message has nowhere to go, and Lambda may have to end the function
        invocation = stage.invoke(may_end={"dynamodb", "sns"} <= set(services))

        judge(stage, invocation, 0)
        hit = any(sent.call.service in services for sent in stage.recorder.sent)
        if invocation.error and "sns" not in services:
            assert hit
            assert any(
                "Error: " in one.body or "Failed beside it: " in one.body for one in stage.account.messages()
            )
        if not hit:
            assert not stage.problems()


@pytest.mark.parametrize("limit_s", range(20, 64, 4))
@pytest.mark.parametrize("fault", ["read timeout", "connect timeout"])
@pytest.mark.parametrize("scenario", BUSY, ids=by_name)
def test_a_table_that_hangs_costs_neither_the_repair_nor_the_message(
    scenario: Scenario, fault: str, limit_s: int
) -> None:
    with Stage(scenario, limit_s=limit_s, fault=down(("dynamodb",), fault)) as stage:
        invocation = stage.invoke()

        judge(stage, invocation, 0)
        assert "dynamodb:Query" in str(invocation.error)
        unmet = [check.about for check, _ in stage.failed_checks()]
        assert set(unmet) <= {RULES}, stage.problems()
        assert any("dynamodb:Query" in message.body for message in stage.account.messages())


@pytest.mark.parametrize("fault", ["read timeout", "connect timeout", "server error", "access denied"])
@pytest.mark.parametrize("scenario", DEFAULT, ids=by_name)
def test_when_everything_is_down_the_journal_has_it_and_lambda_sees_it(
    scenario: Scenario, fault: str
) -> None:
    with Stage(scenario, fault=down(None, fault)) as stage:
        # Where even the topic hangs Lambda may have to end the function, which is a failure of it too
        invocation = stage.invoke(may_end=fault == "read timeout")

        judge(stage, invocation, 0)
        assert invocation.error or invocation.ended


def test_every_memory_of_a_process_is_known_here() -> None:
    """A scenario starts in a new process: what outlives an invocation has to be forgotten."""
    known = {(getattr(module, "__name__", ""), name) for module, name in MEMORY} | {
        (handler.__name__, "_aws")
    }
    found = {
        (module.__name__, name)
        for module in _modules()
        for name, value in vars(module).items()
        if not name.startswith("__") and name == name.lower() and _changes(value)
    }
    assert found == known


def _modules() -> list[ModuleType]:
    names = [found.name for found in pkgutil.walk_packages(rearm.__path__, "rearm.")]
    return [importlib.import_module(name) for name in names]


def _changes(value: object) -> bool:
    if isinstance(value, (dict, list, set)):
        return True
    kind = type(value)
    parameters = getattr(kind, "__dataclass_params__", None)
    ours = kind.__module__.startswith("rearm.") and not isinstance(value, (Enum, Mapping))
    return ours and not (parameters and parameters.frozen)
