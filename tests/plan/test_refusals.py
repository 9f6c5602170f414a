"""What a plan refuses, and with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plan import harness
from tests.plan.mistakes import INCOMPLETE, REFUSED
from tests.plan.planning import Plan, Terraform, configuration, once

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


@pytest.fixture(scope="module")
def incomplete(terraform: Terraform, checkout: Path, shared: Path) -> Plan:
    """Plan what is not of the inputs' types, all at once."""
    calls = {f"call_{number}": variant for number, (variant, _) in enumerate(INCOMPLETE.values())}
    sources = {"module": checkout}
    return terraform.plan(
        once(shared / "incomplete", lambda part: harness.write_root(part, sources, calls, {}))
    )


@pytest.mark.parametrize("name", INCOMPLETE)
def test_what_decides_is_required(incomplete: Plan, name: str) -> None:
    number = list(INCOMPLETE).index(name)
    (error,) = (error for error in incomplete.errors if f"module.call_{number}." in error)

    assert INCOMPLETE[name][1] in error


def test_what_terraform_drops_silently_widens_nothing(variants: Plan) -> None:
    plan = variants.module("dropped")
    found = configuration(plan.automation("cloudtrail").one("aws_lambda_function"))

    assert set(found["exceptions"]) == {"loud"}
    assert found["exceptions"]["loud"]["quiet"] is False
    assert found["settings"]["custom_config_rule"] is True
    sweep = plan.of("aws_cloudwatch_event_rule")["dropped-cloudtrail-sweep"]
    assert sweep.values["schedule_expression"] == "rate(15 minutes)"


def test_an_expired_exception_is_pointed_out_and_does_not_fail_the_plan(variants: Plan) -> None:
    assert {warning for warning in variants.warnings if warning.startswith("Expired")} == {
        f"Expired, so they excuse nothing any more: {path}. Remove them or give a new end date."
        for path in ("automations.cloudtrail.exceptions.own", "exceptions.later")
    }


def test_a_deployment_that_tells_nobody_is_pointed_out(variants: Plan) -> None:
    warning = "Nobody will read what Rearm does: neither notification_emails nor notification_topic is given."

    assert warning in variants.warnings
