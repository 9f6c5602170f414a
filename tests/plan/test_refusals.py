"""What a plan refuses, and with which words."""

from __future__ import annotations

import pytest

from tests.plan.mistakes import REFUSED
from tests.plan.planning import Plan

CASES = [(group, name) for group, cases in REFUSED.items() for name in cases]


@pytest.mark.parametrize(("group", "name"), CASES)
def test_a_mistake_is_refused_with_a_message_that_names_it(
    refused: dict[str, Plan], group: str, name: str
) -> None:
    for message in REFUSED[group][name].messages:
        assert refused[group].errors.count(message) == 1


@pytest.mark.parametrize("group", REFUSED)
def test_nothing_else_is_refused(refused: dict[str, Plan], group: str) -> None:
    expected = {message for case in REFUSED[group].values() for message in case.messages}

    assert set(refused[group].errors) - expected == set()


def test_the_messages_tell_the_mistakes_apart() -> None:
    messages = [message for cases in REFUSED.values() for case in cases.values() for message in case.messages]

    assert len(messages) == len(set(messages))


def test_an_expired_exception_is_pointed_out_and_does_not_fail_the_plan(variants: Plan) -> None:
    assert {warning for warning in variants.warnings if warning.startswith("Expired")} == {
        f"Expired, so they excuse nothing any more: {path}. Remove them or give a new end date."
        for path in ("automations.cloudtrail.exceptions.own", "exceptions.later")
    }


def test_a_deployment_that_tells_nobody_is_pointed_out(variants: Plan) -> None:
    warning = "Nobody will read what Rearm does: neither notification_emails nor notification_topic is given."

    assert warning in variants.warnings
