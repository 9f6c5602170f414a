"""The function as a custom Config rule: repairs like through any door, and reports compliance per trail."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.envelopes import TIME, custom_rule_invocation
from tests.events.identities import ACCOUNT
from tests.unit.endpoint import ApiError, Made
from tests.unit.world import World

TRAIL_TYPE = "AWS::CloudTrail::Trail"


def of_item(
    name: str = "management", *, status: str = "OK", oversized: bool = False, **more: Any
) -> dict[str, Any]:
    """Build an invocation because of a configuration item; an oversized one comes as a summary."""
    kind = (
        "OversizedConfigurationItemChangeNotification" if oversized else "ConfigurationItemChangeNotification"
    )
    item = {"resourceType": TRAIL_TYPE, "resourceId": name, "configurationItemStatus": status}
    key = "configurationItemSummary" if oversized else "configurationItem"
    return custom_rule_invocation(
        message={"messageType": kind, key: item, "notificationCreationTime": TIME}, **more
    )


def test_every_trail_is_reported_as_it_is_at_the_end(world: World) -> None:
    # Given one trail that logs, one that will be repaired, and one that cannot be
    world.trail("healthy")
    for name in ("repaired", "stuck"):
        world.stop(world.trail(name))
    world.endpoint.fail(
        "cloudtrail:StartLogging", "ConflictException", when=lambda made: "stuck" in made.parameters["Name"]
    )

    run = world.handle(custom_rule_invocation())

    assert world.config.compliance() == {
        "healthy": "COMPLIANT",
        "repaired": "COMPLIANT",
        "stuck": "NON_COMPLIANT",
    }
    assert all(kind == TRAIL_TYPE for kind, _ in world.config.verdicts)
    repaired = world.config.verdicts[TRAIL_TYPE, "repaired"]
    assert repaired["Annotation"] == "Put right by Rearm: Trail repaired does not log."
    assert repaired["OrderingTimestamp"].isoformat() == "2026-11-24T09:30:00+00:00"
    assert "ConflictException" in str(run.error)


def test_in_mode_notify_a_stopped_trail_is_non_compliant(world: World) -> None:
    world.deploy(mode="notify")
    world.stop(world.trail("management"))

    world.handle(custom_rule_invocation())

    assert world.config.compliance() == {"management": "NON_COMPLIANT"}


def test_a_trail_whose_delivery_fails_is_non_compliant_even_if_it_was_started(world: World) -> None:
    world.stop(world.trail("management"))
    world.endpoint.edit(
        "cloudtrail:GetTrailStatus", lambda _, answer: answer.update({"LatestDeliveryError": "NoSuchBucket"})
    )

    world.handle(custom_rule_invocation())

    assert world.config.compliance() == {"management": "NON_COMPLIANT"}


def test_a_trail_of_another_region_is_reported_by_its_arn(world: World) -> None:
    """Two regions may each have a trail of one name."""
    world.trail("management")
    other = world.trail("management", region="eu-west-1")
    world.stop(other)
    world.endpoint.fail("cloudtrail:StartLogging", "AccessDenied")

    world.handle(custom_rule_invocation())

    assert world.config.compliance() == {"management": "COMPLIANT", other: "NON_COMPLIANT"}


def test_an_organization_trail_of_the_same_name_has_a_verdict_of_its_own(world: World) -> None:
    world.trail("main")
    shared = world.organization_trail("main", logging=False)

    world.handle(custom_rule_invocation())

    assert world.config.compliance() == {"main": "COMPLIANT", shared.arn: "NON_COMPLIANT"}


def test_an_account_without_a_trail_is_reported_itself(world: World) -> None:
    world.handle(custom_rule_invocation())

    assert {key: entry["ComplianceType"] for key, entry in world.config.verdicts.items()} == {
        ("AWS::::Account", ACCOUNT): "NON_COMPLIANT"
    }


def test_a_trail_that_is_gone_becomes_not_applicable(world: World) -> None:
    """Otherwise its last verdict would stay for ever."""
    # Given a trail that was judged and deleted, as was the account while it had none
    world.handle(custom_rule_invocation())
    world.trail("first")
    arn = world.trail("second")
    world.handle(custom_rule_invocation())
    world.delete(arn)

    run = world.handle(custom_rule_invocation())

    assert world.config.compliance() == {
        ACCOUNT: "NOT_APPLICABLE",
        "first": "COMPLIANT",
        "second": "NOT_APPLICABLE",
    }
    # And it is not said again and again
    assert len(world.config.batches[-1]) == 2
    assert run.error is None


def test_what_could_not_be_looked_at_is_not_reported_as_gone(world: World) -> None:
    world.trail("first")
    world.trail("second")
    world.handle(custom_rule_invocation())
    world.endpoint.fail(
        "cloudtrail:GetTrailStatus",
        "InternalFailure",
        when=lambda made: made.parameters["Name"].endswith("second"),
    )

    world.handle(custom_rule_invocation())

    assert world.config.compliance() == {"first": "COMPLIANT", "second": "COMPLIANT"}


@pytest.mark.parametrize("failing", ["cloudtrail:ListTrails", "cloudtrail:DescribeTrails"])
def test_what_a_failing_list_does_not_show_is_not_reported_as_gone(world: World, failing: str) -> None:
    world.trail("management")
    elsewhere = world.trail("elsewhere", region="eu-west-1")
    world.handle(custom_rule_invocation())
    world.endpoint.fail(failing, "InternalFailure")

    world.handle(custom_rule_invocation())

    assert world.config.compliance() == {"management": "COMPLIANT", elsewhere: "COMPLIANT"}


@pytest.mark.parametrize("count", [99, 100, 101, 250])
def test_at_most_a_hundred_evaluations_are_put_in_one_call(world: World, count: int) -> None:
    arns = [f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/trail-{number:03}" for number in range(count)]
    world.endpoint.edit(
        "cloudtrail:ListTrails", lambda _, answer: answer.update(Trails=[{"TrailARN": arn} for arn in arns])
    )
    world.endpoint.answer("cloudtrail:GetTrailStatus", lambda _: {"IsLogging": True})

    run = world.handle(custom_rule_invocation())

    assert run.error is None
    assert [len(batch) for batch in world.config.batches] == [100] * (count // 100) + [count % 100] * bool(
        count % 100
    )
    assert len(world.config.verdicts) == count


def test_a_batch_that_fails_does_not_keep_the_next_from_being_put(world: World) -> None:
    arns = [f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/trail-{number:03}" for number in range(150)]
    world.endpoint.edit(
        "cloudtrail:ListTrails", lambda _, answer: answer.update(Trails=[{"TrailARN": arn} for arn in arns])
    )
    world.endpoint.answer("cloudtrail:GetTrailStatus", lambda _: {"IsLogging": True})
    world.endpoint.fail("config:PutEvaluations", "InternalFailure", times=1)

    run = world.handle(custom_rule_invocation())

    assert [len(batch) for batch in world.config.batches] == [50]
    assert "config:PutEvaluations: InternalFailure" in str(run.error)


def test_evaluations_that_config_does_not_take_are_raised(world: World) -> None:
    world.trail("management")
    world.endpoint.answer(
        "config:PutEvaluations", lambda made: {"FailedEvaluations": made.parameters["Evaluations"]}
    )

    run = world.handle(custom_rule_invocation())

    assert "FailedEvaluations" in str(run.error)


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "NoSuchConfigRuleException", "ThrottlingException"]
)
def test_verdicts_before_that_cannot_be_read_do_not_keep_the_new_ones_back(world: World, code: str) -> None:
    arn = world.trail("management")
    world.stop(arn)
    world.endpoint.fail("config:GetComplianceDetailsByConfigRule", code)

    run = world.handle(custom_rule_invocation())

    assert world.logs(arn)
    assert world.config.compliance() == {"management": "COMPLIANT"}
    assert code in str(run.error)


def test_an_answer_that_config_refuses_does_not_undo_the_repair_and_is_raised(world: World) -> None:
    arn = world.trail("management")
    world.stop(arn)

    run = world.handle(custom_rule_invocation(token="expired"))

    assert world.logs(arn)
    assert run.outcomes == ["remediated"]
    assert "InvalidResultTokenException" in str(run.error)
    assert "InvalidResultTokenException" in run.message.body


def test_without_a_token_there_is_nobody_to_answer(world: World) -> None:
    arn = world.trail("management")
    world.stop(arn)
    event = custom_rule_invocation()
    del event["resultToken"]

    run = world.handle(event)

    assert world.logs(arn)
    assert run.error is None
    assert not run.called("config:PutEvaluations")


def test_a_test_token_puts_evaluations_in_test_mode(world: World) -> None:
    world.trail("management")

    run = world.handle(custom_rule_invocation(token="TESTMODE"))

    assert run.error is None
    assert [entry["ComplianceType"] for entry in world.config.rehearsed] == ["COMPLIANT"]
    assert not world.config.verdicts


@pytest.mark.parametrize("oversized", [False, True], ids=["item", "oversized"])
def test_a_changed_trail_is_looked_at_and_reported_alone(world: World, oversized: bool) -> None:
    arn, other = world.trail("management"), world.trail("other")
    world.stop(arn)
    world.stop(other)

    world.handle(of_item(oversized=oversized))

    assert (world.logs(arn), world.logs(other)) == (True, False)
    assert world.config.compliance() == {"management": "COMPLIANT"}


@pytest.mark.parametrize("status", ["ResourceDeleted", "ResourceDeletedNotRecorded"])
def test_a_deleted_trail_is_not_applicable(world: World, status: str) -> None:
    world.trail("other")

    run = world.handle(of_item("gone", status=status))

    assert run.error is None
    assert world.config.compliance() == {"gone": "NOT_APPLICABLE"}


def test_a_trail_that_left_the_scope_is_not_applicable(world: World) -> None:
    world.trail("management")

    world.handle(of_item("management", left_scope=True))

    assert world.config.compliance() == {"management": "NOT_APPLICABLE"}


def test_an_item_of_another_kind_ends_without_an_action(world: World) -> None:
    arn = world.trail("management")
    event = custom_rule_invocation(
        message={
            "messageType": "ConfigurationItemChangeNotification",
            "configurationItem": {
                "resourceType": "AWS::EC2::SecurityGroup",
                "resourceId": "sg-0123456789abcdef0",
                "ARN": f"arn:aws:ec2:us-east-1:{ACCOUNT}:security-group/sg-0123456789abcdef0",
                "configurationItemStatus": "OK",
            },
        }
    )

    run = world.handle(event)

    assert world.logs(arn)
    assert not run.changes
    assert run.error is None


def test_long_annotations_are_cut_to_what_config_takes(world: World) -> None:
    """The fake refuses an annotation of more than 256 characters, as Config does."""
    world.trail("a" * 128)
    error = "x" * 600
    world.endpoint.edit(
        "cloudtrail:GetTrailStatus", lambda _, answer: answer.update({"LatestDeliveryError": error})
    )

    run = world.handle(custom_rule_invocation())

    assert run.error is None
    assert world.config.compliance() == {"a" * 128: "NON_COMPLIANT"}


def test_the_fake_is_as_strict_as_config_about_the_number_of_evaluations(world: World) -> None:
    entry = {
        "ComplianceResourceType": "t",
        "ComplianceResourceId": "i",
        "ComplianceType": "COMPLIANT",
        "Annotation": "a",
    }
    made = Made("config", "PutEvaluations", "us-east-1", {"Evaluations": [entry] * 101, "ResultToken": "t"})

    with pytest.raises(ApiError, match="ValidationException"):
        world.config._put(made)
