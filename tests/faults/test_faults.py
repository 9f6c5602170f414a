"""Every call that was recorded, failing in every way: once, and for good."""

from __future__ import annotations

import pytest

from tests.faults.aim import Aim, Target, cases, played, targets
from tests.faults.expected import KNOWN, LOST, expected_by, known, may_be_lost
from tests.faults.faults import FAULTS, Fault, has_members
from tests.faults.judge import check_failure, judge, names
from tests.scenarios.stage import Stage
from tests.scenarios.verdicts import MESSAGE, QUIET
from tests.support.answers import operation_model

CASES = [pytest.param(target, FAULTS[kind], id=f"{target.id} - {kind}") for target, kind in cases()]


@pytest.mark.parametrize(("target", "fault"), CASES)
def test_a_fault_that_passes_costs_at_most_another_attempt_of_lambda(target: Target, fault: Fault) -> None:
    aim = Aim(target, fault, permanent=False)
    with Stage(target.scenario, fault=aim.at) as stage:
        first = stage.invoke()

        judge(stage, first, 0)
        assert aim.hits == 1
        expected = known(target, fault.name)
        if not first.error:
            lost = expected.lost if expected and not fault.retried else frozenset()
            assert names(stage.failed_checks()) <= lost, stage.problems()
            return

        # Then the client could not know that trying again would help, and Lambda tries again
        assert not fault.retried, f"the client does not try again by itself: {first.error}"
        check_failure(stage, first, target)
        begun = len(stage.recorder.sent)
        second = stage.invoke()
        judge(stage, second, begun)
        assert second.error is None
        assert names(stage.failed_checks()) <= {MESSAGE, QUIET}, stage.problems()


@pytest.mark.parametrize(("target", "fault"), CASES)
def test_a_fault_that_stays_is_raised_told_and_journalled_by_every_attempt(
    target: Target, fault: Fault
) -> None:
    aim = Aim(target, fault, permanent=True)
    with Stage(target.scenario, fault=aim.at) as stage:
        for attempt_of_lambda in range(2):
            begun, hits = len(stage.recorder.sent), aim.hits
            invocation = stage.invoke()

            judge(stage, invocation, begun)
            assert aim.hits
            if attempt_of_lambda and aim.hits == hits:
                # What was done and told by the first attempt does not need the call again.
                assert invocation.error is None
                break
            if expected := known(target, fault.name):
                if expected.raised is not None:
                    assert (invocation.error is None) is not bool(expected.raised)
                    assert expected.raised in str(invocation.error)
                assert names(stage.failed_checks()) <= expected.lost, stage.problems()
                bodies = [message.body for message in stage.account.messages()]
                # A scenario that tells nothing has nothing to say; whatever else is expected must be said.
                silent = not expected.said and all(check.about != MESSAGE for check in target.scenario.checks)
                assert silent or any(expected.said in body for body in bodies)
                return
            check_failure(stage, invocation, target)
        about = frozenset(check.about for check in target.scenario.checks)
        assert names(stage.failed_checks()) <= may_be_lost(target, about), stage.problems()


def test_every_call_fails_in_every_way() -> None:
    ways = {"missing members", "hollow lists"}
    for target in targets():
        assert set(target.applicable) >= FAULTS.keys() - ways
    assert {recorded for one in played() for recorded in one} == {target.label for target in targets()}


def test_only_an_answer_that_has_members_can_lack_them() -> None:
    for target in targets():
        model = operation_model(*target.name.split(":")).output_shape
        assert ("missing members" in target.applicable) is has_members(model)
        assert has_members(model) or not model or not model.members or target.name.startswith("s3:")


def test_every_expectation_is_about_a_call_that_is_made() -> None:
    made = {target.label for target in targets()}
    assert LOST.keys() | {one.call for one in KNOWN} <= made
    for name, module in expected_by().items():
        own = {target.label for target in targets() if target.scenario.automation == name}
        assert module.LOST.keys() | {one.call for one in module.KNOWN} <= own, name


def test_somebody_has_thought_about_every_call() -> None:
    for target in targets():
        module = expected_by().get(target.scenario.automation)
        own = module.LOST.keys() | {one.call for one in module.KNOWN} if module else set()
        core = LOST.keys() | {one.call for one in KNOWN}
        where = f"tests/faults/expectations/{target.scenario.automation}.py"
        assert target.label in core | own, f"{where} does not say what {target.label} may cost"


EXCEPTIONS = [*KNOWN, *(one for module in expected_by().values() for one in module.KNOWN)]


@pytest.mark.parametrize("one", EXCEPTIONS, ids=lambda one: f"{one.call} {one.faults}")
def test_every_exception_has_a_reason_and_a_case(one: object) -> None:
    assert one in {known(target, name) for target in targets() for name in target.applicable}
