"""AWS Config beside a repair: its rules are asked again, so that their next change is an event again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rearm.report.config import is_rule
from tests.events.envelopes import config_change, custom_rule_invocation, scheduled, stop_logging
from tests.unit.world import World

CREATED = "rearm-cloudtrail-enabled"
MULTI_REGION = "multi-region-cloudtrail-enabled"
MEMBER = "210987654321"


@pytest.mark.parametrize(
    "make",
    [stop_logging, lambda: config_change(CREATED), custom_rule_invocation, scheduled],
    ids=["api", "config", "custom rule", "sweep"],
)
def test_after_a_repair_the_created_rule_is_asked_to_evaluate_again(
    world: World, make: Callable[[], dict[str, Any]]
) -> None:
    """With or without a Config event: the rule may say NON_COMPLIANT either way."""
    world.stop(world.trail("management"))

    run = world.handle(make())

    assert world.config.asked == [CREATED]
    assert run.line["rearm"]["config_rules_asked_again"] == [CREATED]
    order = [made.operation for made in run.calls]
    assert order.index("StartLogging") < order.index("StartConfigRulesEvaluation")


@pytest.mark.parametrize("rule", ["cloudtrail-enabled", MULTI_REGION])
def test_the_setting_chooses_the_rule(world: World, rule: str) -> None:
    world.deploy(settings={"config_rule": rule})
    world.stop(world.trail("management", multi_region=True))

    world.handle(scheduled())

    assert world.config.asked == [f"rearm-{rule}"]


@pytest.mark.parametrize("make", [stop_logging, scheduled], ids=["api", "sweep"])
def test_without_a_repair_no_rule_is_asked(world: World, make: Callable[[], dict[str, Any]]) -> None:
    world.trail("management")

    run = world.handle(make())

    assert not world.config.asked
    assert "config_rules_asked_again" not in run.line["rearm"]


def test_a_config_event_about_trails_that_all_log_asks_its_rule_again(world: World) -> None:
    """Its verdict is old: the trail was started between the evaluation and the event."""
    world.trail("management")

    run = world.handle(config_change(CREATED))

    assert world.config.asked == [CREATED]
    assert run.outcomes == ["compliant"]
    assert not run.messages


def test_in_mode_notify_no_rule_is_asked(world: World) -> None:
    world.deploy(mode="notify")
    world.stop(world.trail("management"))

    world.handle(config_change(CREATED))

    assert not world.config.asked


def test_a_failed_repair_asks_no_rule(world: World) -> None:
    world.stop(world.trail("management"))
    world.endpoint.fail("cloudtrail:StartLogging", "AccessDenied")

    world.handle(scheduled())

    assert not world.config.asked


@pytest.mark.parametrize("code", ["LimitExceededException", "ResourceInUseException"])
def test_a_rule_that_is_evaluating_already_is_no_failure(world: World, code: str) -> None:
    """At most once a minute per rule: there is nothing left to ask for."""
    arn = world.trail("management")
    world.stop(arn)
    world.endpoint.fail("config:StartConfigRulesEvaluation", code)

    run = world.handle(scheduled())

    assert world.logs(arn)
    assert run.error is None
    assert run.line["rearm"]["config_rules_asked_again"] == [CREATED]


def test_two_repairs_within_a_minute_are_both_fine(world: World) -> None:
    arn = world.trail("management")
    for _ in range(2):
        world.stop(arn)
        assert world.handle(scheduled()).error is None
    assert world.config.asked == [CREATED]


@pytest.mark.parametrize("code", ["NoSuchConfigRuleException", "AccessDeniedException", "InternalFailure"])
def test_a_rule_that_cannot_be_asked_is_told_and_raised_after_the_repair(world: World, code: str) -> None:
    arn = world.trail("management")
    world.stop(arn)
    world.endpoint.fail("config:StartConfigRulesEvaluation", code)

    run = world.handle(scheduled())

    assert world.logs(arn)
    assert run.outcomes == ["remediated"]
    assert code in str(run.error)
    assert (
        f"Failed beside it: config:StartConfigRulesEvaluation: {code}: made by the test" in run.message.lines
    )
    finding, failure = run.journal
    assert "config_rules_asked_again" not in finding["rearm"]
    assert failure["error"]["code"] == code


def test_a_rule_that_could_not_be_asked_is_asked_when_lambda_tries_again(world: World) -> None:
    """By then the trail logs: nothing would be repaired that asks for it."""
    arn = world.trail("management")
    event = world.stop_event(arn)
    world.endpoint.fail("config:StartConfigRulesEvaluation", "AccessDeniedException", times=1)
    assert world.handle(event).error

    again = world.handle(event)

    assert again.error is None
    assert world.config.asked == [CREATED]


def test_a_rule_that_can_never_be_asked_is_given_up_after_lambdas_tries(world: World) -> None:
    arn = world.trail("management")
    event = world.stop_event(arn)
    world.endpoint.fail("config:StartConfigRulesEvaluation", "AccessDeniedException")

    errors = [world.handle(event).error is not None for _ in range(5)]

    assert errors == [True, True, True, False, False]


def test_a_throttled_question_is_asked_again_in_bounded_time(world: World) -> None:
    world.stop(world.trail("management"))
    world.endpoint.fail("config:StartConfigRulesEvaluation", "ThrottlingException", times=2)

    run = world.handle(scheduled())

    assert run.error is None
    assert world.config.asked == [CREATED]
    assert 0 < sum(run.sleeps) < 5


def test_a_repair_that_could_not_be_verified_asks_too(world: World) -> None:
    """AWS has taken the call: the rule's verdict may be old."""
    arn = world.trail("management")
    world.stop(arn)
    world.endpoint.fail(
        "cloudtrail:GetTrailStatus",
        "InternalFailure",
        when=lambda _: bool(world.endpoint.named("cloudtrail:StartLogging")),
    )

    run = world.handle(scheduled())

    assert world.logs(arn)
    assert run.outcomes == ["failed"]
    assert world.config.asked == [CREATED]


def test_without_config_no_rule_is_asked(world: World) -> None:
    world.deploy(config_rules=[], custom_config_rule=None)
    arn = world.trail("management")
    world.stop(arn)

    run = world.handle(stop_logging())

    assert world.logs(arn)
    assert not [made for made in run.calls if made.service == "config"]


SUFFIXED = [
    "cloudtrail-enabled",
    "cloudtrail-enabled-conformance-pack-a1b2c3d4e",
    "securityhub-cloudtrail-enabled-a1b2c3d4",
]
BESIDE = [
    "my-cloudtrail-enabled",
    "cloudtrail-enabled-2",
    "multi-region-cloudtrail-enabled",
    "securityhub-multi-region-cloudtrail-enabled-a1b2c3d4",
    "cloudtrail-enabled-conformance-pack",
    "s3-bucket-ssl-requests-only",
]


def test_existing_rules_are_asked_again_by_their_full_names(world: World) -> None:
    """Conformance packs and Security Hub put suffixes behind a rule's name."""
    # Given an organisation's own rules, among many others
    world.deploy(settings={"existing_config_rules": ["cloudtrail-enabled"]})
    world.config.rules = [*BESIDE, *(f"filler-{number:03}" for number in range(60)), *SUFFIXED]
    world.stop(world.trail("management"))

    run = world.handle(stop_logging())

    assert sorted(world.config.asked) == sorted(SUFFIXED)
    assert run.error is None


@pytest.mark.parametrize("name", SUFFIXED)
def test_an_event_of_an_existing_rule_asks_that_rule_by_the_name_in_the_event(
    world: World, name: str
) -> None:
    world.deploy(settings={"existing_config_rules": ["cloudtrail-enabled"]})
    world.config.rules = [name]
    world.stop(world.trail("management"))

    run = world.handle(config_change(name))

    assert world.config.asked == [name]
    assert not run.called("config:DescribeConfigRules")


def test_existing_rules_are_looked_up_once_per_process(world: World) -> None:
    world.deploy(settings={"existing_config_rules": ["cloudtrail-enabled"]})
    world.config.rules = list(SUFFIXED)
    arn = world.trail("management")
    looked = 0
    for _ in range(3):
        world.stop(arn)
        looked += len(world.handle(stop_logging()).called("config:DescribeConfigRules"))

    assert looked == 1


def test_existing_rules_that_cannot_be_looked_up_are_raised_after_the_repair(world: World) -> None:
    world.deploy(settings={"existing_config_rules": ["cloudtrail-enabled"]})
    arn = world.trail("management")
    world.stop(arn)
    world.endpoint.fail("config:DescribeConfigRules", "AccessDeniedException", times=1)

    run = world.handle(stop_logging())

    assert world.logs(arn)
    assert run.outcomes == ["remediated"]
    assert "config:DescribeConfigRules: AccessDeniedException" in str(run.error)


@pytest.mark.parametrize("name", SUFFIXED)
def test_a_suffixed_name_is_the_rule(name: str) -> None:
    assert is_rule(name, "cloudtrail-enabled")


@pytest.mark.parametrize("name", BESIDE)
def test_a_name_that_only_contains_it_is_another_rule(name: str) -> None:
    assert not is_rule(name, "cloudtrail-enabled")


@pytest.mark.parametrize("previous", ["COMPLIANT", None], ids=["before", "first evaluation"])
def test_a_compliance_change_repairs_with_or_without_a_result_before_it(
    world: World, previous: str | None
) -> None:
    """OldEvaluationResult may be absent."""
    arn = world.trail("management")
    world.stop(arn)

    run = world.handle(config_change(CREATED, previous=previous))

    assert world.logs(arn)
    assert run.line["rearm"]["door"] == "config"
    assert f"Arrived by: Config: {CREATED} became NON_COMPLIANT" in run.message.lines


@pytest.mark.parametrize("compliance", ["COMPLIANT", "NOT_APPLICABLE", "INSUFFICIENT_DATA"])
def test_any_other_change_of_compliance_is_left_alone_with_a_line(world: World, compliance: str) -> None:
    arn = world.trail("management")
    world.stop(arn)

    run = world.handle(config_change(CREATED, compliance=compliance))

    assert not world.logs(arn)
    assert not run.calls
    assert run.line["event"]["action"] == "ignored"
    assert compliance in run.line["message"]


def test_a_change_in_another_account_looks_here_and_does_not_ask_a_rule_that_is_not_here(
    world: World,
) -> None:
    """The envelope's account can differ from detail.awsAccountId, the account that was evaluated."""
    arn = world.trail("management")
    world.stop(arn)

    run = world.handle(config_change("theirs", owner=MEMBER))

    assert world.logs(arn)
    assert run.error is None
    assert "theirs" not in [
        name
        for made in run.called("config:StartConfigRulesEvaluation")
        for name in made.parameters["ConfigRuleNames"]
    ]
    assert run.line["cloud"]["account"]["id"] == "123456789012"


def test_a_change_of_one_trail_looks_at_that_trail(world: World) -> None:
    arns = [world.trail("alpha"), world.trail("beta")]
    for arn in arns:
        world.stop(arn)

    world.handle(config_change(CREATED, resource_type="AWS::CloudTrail::Trail", resource_id="beta"))

    assert [world.logs(arn) for arn in arns] == [False, True]


def test_a_change_of_a_trail_that_is_gone_ends_well(world: World) -> None:
    world.trail("alpha")

    run = world.handle(config_change(CREATED, resource_type="AWS::CloudTrail::Trail", resource_id="gone"))

    assert run.error is None
    assert run.outcomes == ["compliant"]
