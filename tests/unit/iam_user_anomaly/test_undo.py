"""Each containment has the call that gives back exactly what was there, right as long as nothing changed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rearm.aws import Aws
from rearm.table import Table
from tests.events.envelopes import REGION
from tests.unit.deployment import TABLE
from tests.unit.iam_user_anomaly.suspected import AUTOMATION, DENY_ALL, Suspected
from tools.operator.records import read
from tools.operator.undoing import Standing, Step, standing, steps


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Give clients of the operator's own, which pass none of the tests' faults."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "operator")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "operator")
    return Aws(sleep=lambda _: None)


def _steps(aws: Aws) -> Sequence[Step]:
    recorded = read(Table(aws, TABLE, REGION), [AUTOMATION])
    assert not recorded.unreadable
    found, final = steps(recorded.responses)
    assert not final
    return found


def _undo(aws: Aws, step: Step) -> None:
    assert standing(aws, step.undo) is Standing.RIGHT
    aws.call(step.undo.service, step.undo.region, step.undo.operation, step.undo.parameters)
    assert standing(aws, step.undo) is Standing.CHANGED, "a second undo would overwrite somebody's change"


def test_the_key_is_active_again_and_the_policy_gone(suspected: Suspected, aws: Aws) -> None:
    key, other = suspected.user(keys=2)
    suspected.iam.update_access_key(UserName="deploy", AccessKeyId=other, Status="Inactive")
    suspected.handle(suspected.seen(key))

    for step in _steps(aws):
        _undo(aws, step)

    assert (suspected.status(key), suspected.status(other)) == ("Active", "Inactive")
    assert not suspected.denied()


def test_a_roles_policy_is_detached_again(suspected: Suspected, aws: Aws) -> None:
    suspected.role()
    suspected.handle(suspected.seen_role())

    (step,) = _steps(aws)
    _undo(aws, step)

    assert not suspected.denied("build", "role")


def test_a_policy_that_was_attached_before_stays(suspected: Suspected, aws: Aws) -> None:
    (key,) = suspected.user()
    suspected.iam.attach_user_policy(UserName="deploy", PolicyArn=DENY_ALL)
    suspected.handle(suspected.seen(key))

    (step,) = _steps(aws)
    _undo(aws, step)

    assert suspected.status(key) == "Active"
    assert suspected.denied()


def test_a_key_that_was_deleted_since_is_not_undone(suspected: Suspected, aws: Aws) -> None:
    (key,) = suspected.user()
    suspected.handle(suspected.seen(key))
    suspected.iam.delete_access_key(UserName="deploy", AccessKeyId=key)

    found = {step.undo.operation: standing(aws, step.undo) for step in _steps(aws)}

    assert found == {"UpdateAccessKey": Standing.CHANGED, "DetachUserPolicy": Standing.RIGHT}
