"""Somebody attacks the deployment: what can be put back is, and the rest is told."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from tests.e2e.guard.conftest import GUARD, ROOT, RULE, VICTIM, Attacked

RULES = 'module.rearm.module.automation["cloudtrail"].'
Attack = Callable[[Attacked], object]


def _other_code() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("rearm/handler.py", "def handle(event, context): return {}\n")
    return packed.getvalue()


def _delete_rule(by: Attacked) -> None:
    by.client("events").remove_targets(Rule=RULE, Ids=["function"])
    by.client("events").delete_rule(Name=RULE)


# Each with what can be read of it afterwards.
ATTACKS: dict[str, tuple[Attack, Attack]] = {
    "rule disabled": (
        lambda by: by.client("events").disable_rule(Name=RULE),
        lambda by: by.observer("events").describe_rule(Name=RULE)["State"],
    ),
    "pattern emptied": (
        lambda by: by.client("events").put_rule(Name=RULE, EventPattern='{"source": ["nothing"]}'),
        lambda by: by.observer("events").describe_rule(Name=RULE)["EventPattern"],
    ),
    "rule deleted": (
        _delete_rule,
        lambda by: by.observer("events").list_targets_by_rule(Rule=RULE)["Targets"],
    ),
    "targets removed": (
        lambda by: by.client("events").remove_targets(Rule=RULE, Ids=["function"]),
        lambda by: by.observer("events").list_targets_by_rule(Rule=RULE)["Targets"],
    ),
    "concurrency 0": (
        lambda by: by.client("lambda").put_function_concurrency(
            FunctionName=VICTIM, ReservedConcurrentExecutions=0
        ),
        lambda by: (
            by.observer("lambda")
            .get_function_concurrency(FunctionName=VICTIM)
            .get("ReservedConcurrentExecutions")
        ),
    ),
    "permission removed": (
        lambda by: by.client("lambda").remove_permission(FunctionName=VICTIM, StatementId="rule-calls"),
        lambda by: '"rule-calls"' in by.observer("lambda").get_policy(FunctionName=VICTIM)["Policy"],
    ),
    "the guard's own rule disabled": (
        lambda by: by.client("events").disable_rule(Name=f"{GUARD}-shared"),
        lambda by: by.observer("events").describe_rule(Name=f"{GUARD}-shared")["State"],
    ),
    "log group deleted": (
        lambda by: by.client("logs").delete_log_group(logGroupName=f"/aws/lambda/{VICTIM}"),
        lambda by: [
            (group["logGroupName"], group.get("retentionInDays"))
            for group in by.observer("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{VICTIM}")[
                "logGroups"
            ]
        ],
    ),
    "backups off": (
        lambda by: by.client("dynamodb").update_continuous_backups(
            TableName="rearm-records",
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
        ),
        lambda by: by.observer("dynamodb").describe_continuous_backups(TableName="rearm-records")[
            "ContinuousBackupsDescription"
        ]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
    ),
    "alarm silenced": (
        lambda by: by.client("cloudwatch").disable_alarm_actions(AlarmNames=["rearm-failures"]),
        lambda by: by.observer("cloudwatch").describe_alarms(AlarmNames=["rearm-failures"])["MetricAlarms"][
            0
        ]["ActionsEnabled"],
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_an_attacker_has_spoilt_is_as_it_was_and_told(attacked: Attacked, attack: str) -> None:
    spoil, read = ATTACKS[attack]
    before = read(attacked)
    spoil(attacked)
    attacked.wait()
    assert read(attacked) == before
    mails = attacked.world.said.mails()
    assert mails
    assert {mail.attributes["outcome"] for mail in mails} == {"remediated"}
    assert "intruder" in mails[0].field("Actor")


def test_after_the_attacks_terraform_has_nothing_to_change(attacked: Attacked) -> None:
    assert attacked.world.terraform.plan(ROOT).changes == {}


def test_code_and_configuration_that_an_attacker_has_changed_are_told_and_put_back_by_terraform(
    attacked: Attacked,
) -> None:
    attacked.client("lambda").update_function_code(FunctionName=VICTIM, ZipFile=_other_code())
    attacked.client("lambda").update_function_configuration(FunctionName=VICTIM, Timeout=31)
    attacked.wait()
    told = "\n".join(mail.body for mail in attacked.world.said.mails())
    assert "runs other code than was deployed" in told
    assert "is configured in another way than was deployed: timeout." in told
    assert "terraform apply puts it back" in told
    assert f"aws lambda update-function-code --function-name {VICTIM}" in told
    assert attacked.world.calls("UpdateFunctionCode") == []
    assert attacked.world.apply(ROOT).changes == {f"{RULES}aws_lambda_function.this": "update"}
    # What Terraform does not see is put back as the message says.
    package = (attacked.world.checkout / "dist" / "rearm.zip").read_bytes()
    attacked.observer("lambda").update_function_code(FunctionName=VICTIM, ZipFile=package)
    attacked.wait()
    attacked.world.said.forget()
    attacked.world.sweep()
    assert attacked.subjects() == []


def test_a_role_that_an_attacker_has_widened_is_told_by_the_sweep(attacked: Attacked) -> None:
    named = {"RoleName": VICTIM, "PolicyName": "mine"}
    everything = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    )
    attacked.client("iam").put_role_policy(**named, PolicyDocument=everything)
    attacked.world.sweep()
    (mail,) = attacked.world.said.mails()
    assert "mine was added" in mail.body
    attacked.observer("iam").delete_role_policy(**named)
