"""What the role can never do, whatever else somebody allows it, and where what it may do ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from policy_sentry.querying.actions import get_actions_with_access_level

from tests.local_aws.authorizer import Decision, authorize
from tests.privilege.recorded import LAMBDA_ITSELF, allows, granted, listed, planned
from tests.scenarios.account import ORGANIZATION
from tests.support.planned import ACCOUNT, Deployment
from tests.support.variants import VARIANTS
from tools.permissions import look_up

DEPLOYMENTS = planned()
EVERYTHING: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Careless", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}
READS = frozenset({"Read", "List"})
# The only services of which a call can be allowed. None of them can widen a role or change a function.
SERVICES = frozenset({"cloudtrail", "config", "kms", "logs", "sns", "sqs", "xray"})
# The only calls that change anything.
WRITES: Mapping[str, str] = {
    "cloudtrail:StartLogging": "The repair.",
    "config:PutEvaluations": "The verdicts of the custom rule.",
    "config:StartConfigRulesEvaluation": "Asking a rule to look again.",
    "kms:Decrypt": "SNS uses the topic's key for the function.",
    "kms:GenerateDataKey": "SNS uses the topic's key for the function.",
    "sns:Publish": "The message.",
}
# Writes of CloudTrail that are neither granted nor denied: they cannot keep anything from being recorded.
HARMLESS: Mapping[str, str] = {
    "cloudtrail:AddTags": "Tags excuse no trail.",
    "cloudtrail:CancelQuery": "Reads Lake.",
    "cloudtrail:CreateChannel": "Adds a source.",
    "cloudtrail:CreateDashboard": "Shows Lake.",
    "cloudtrail:CreateEventDataStore": "Records more.",
    "cloudtrail:CreateServiceLinkedChannel": "Adds a destination.",
    "cloudtrail:CreateTrail": "Records more.",
    "cloudtrail:DeleteDashboard": "Shows Lake.",
    "cloudtrail:EnableFederation": "Shows Lake to Athena.",
    "cloudtrail:DisableFederation": "Shows Lake to Athena.",
    "cloudtrail:GenerateQuery": "Reads Lake.",
    "cloudtrail:RegisterOrganizationDelegatedAdmin": "Records more; needs rights in Organizations too.",
    "cloudtrail:RemoveTags": "Tags excuse no trail.",
    "cloudtrail:RestoreEventDataStore": "Takes a deletion back.",
    "cloudtrail:StartDashboardRefresh": "Shows Lake.",
    "cloudtrail:StartEventDataStoreIngestion": "Records more.",
    "cloudtrail:StartImport": "Copies old logs into Lake.",
    "cloudtrail:StartQuery": "Reads Lake.",
    "cloudtrail:StopImport": "Copies old logs into Lake; they stay where they are.",
    "cloudtrail:UpdateDashboard": "Shows Lake.",
}


def by_variant(deployment: Deployment) -> str:
    return f"{deployment.variant}-{deployment.automation}"


def denied_actions(deployment: Deployment) -> set[str]:
    return {
        action
        for statement in deployment.statements
        if statement["Effect"] == "Deny"
        for action in listed(statement["Action"])
    }


def decide(deployment: Deployment, action: str, resource: str, **context: str) -> Decision:
    """Decide a call by the role's planned policies alone; keys of the context with `__` for `:`."""
    keys = {name.replace("__", ":"): value for name, value in context.items()}
    return authorize(deployment.policies, None, action, [resource], keys)


DENIALS = [
    pytest.param(deployment, action, id=f"{deployment.variant}-{action}")
    for deployment in DEPLOYMENTS
    for action in sorted(denied_actions(deployment))
]


@pytest.mark.parametrize(("deployment", "action"), DENIALS)
def test_a_weakening_call_is_denied_even_if_somebody_allows_everything(
    deployment: Deployment, action: str
) -> None:
    for resource in ("*", f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/management"):
        decision = authorize([*deployment.policies, EVERYTHING], None, action, [resource], {})
        assert not decision.allowed
        assert "explicit deny" in decision.reason


def test_every_write_of_cloudtrail_is_granted_or_denied_or_known_to_be_harmless() -> None:
    writes = {
        action
        for level in ("Write", "Tagging", "Permissions management")
        for action in get_actions_with_access_level("cloudtrail", level)
    }
    for deployment in DEPLOYMENTS:
        judged = denied_actions(deployment) | HARMLESS.keys() | {"cloudtrail:StartLogging"}
        assert writes <= judged, f"nobody has thought about {sorted(writes - judged)}"
        assert not HARMLESS.keys() & (denied_actions(deployment) | granted(deployment))
    assert HARMLESS.keys() <= writes


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=by_variant)
def test_every_action_exists_and_is_given_resources_wherever_aws_takes_them(deployment: Deployment) -> None:
    for statement in deployment.statements:
        for name in listed(statement["Action"]):
            action = look_up(name)
            assert action, f"AWS has no action {name}"
            if statement["Effect"] == "Deny":
                continue
            if "*" in listed(statement["Resource"]):
                assert not action.resources, f"{name} can be limited to {action.resources}"


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=by_variant)
def test_a_statement_names_every_action_in_full(deployment: Deployment) -> None:
    for statement in deployment.statements:
        assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys()
        for name in listed(statement["Action"]):
            assert not set("*?") & set(name)
            assert name.partition(":")[0] in SERVICES


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=by_variant)
def test_the_only_writes_are_the_repair_and_what_speaks_of_it(deployment: Deployment) -> None:
    levels = {name: found.level for name in granted(deployment) if (found := look_up(name))}
    writes = {name for name, level in levels.items() if level not in READS}
    assert writes <= WRITES.keys() | LAMBDA_ITSELF.keys()
    assert "Permissions management" not in levels.values()


def test_every_write_that_is_thought_of_is_granted_somewhere() -> None:
    assert WRITES.keys() <= set().union(*(granted(deployment) for deployment in DEPLOYMENTS))


@pytest.mark.parametrize(
    "deployment", [one for one in DEPLOYMENTS if "notify" in one.variant], ids=by_variant
)
def test_in_notify_nothing_can_be_started_or_asked(deployment: Deployment) -> None:
    repairs = {"cloudtrail:StartLogging", "config:StartConfigRulesEvaluation", "config:DescribeConfigRules"}
    assert not repairs & granted(deployment)


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=by_variant)
def test_what_belongs_to_others_is_out_of_reach(deployment: Deployment) -> None:
    partition, region = deployment.topic_arn.split(":")[1], deployment.region
    other = "aws-cn" if partition == "aws" else "aws"
    foreign = {
        "cloudtrail:StartLogging": [
            f"arn:{partition}:cloudtrail:{region}:{ORGANIZATION}:trail/organization",
            f"arn:{other}:cloudtrail:{region}:{ACCOUNT}:trail/management",
            f"arn:{partition}:cloudtrail:{region}:{ACCOUNT}:eventdatastore/0f1e2d3c",
        ],
        "sns:Publish": [
            f"{deployment.topic_arn}-2",
            f"arn:{partition}:sns:{region}:{ORGANIZATION}:rearm-notifications",
            f"arn:{partition}:sns:us-west-2:{ACCOUNT}:rearm-notifications",
            "*",
        ],
        "sns:GetTopicAttributes": [f"{deployment.topic_arn}-2"],
        "config:StartConfigRulesEvaluation": [
            f"arn:{partition}:config:{region}:{ORGANIZATION}:config-rule/config-rule-abcdef",
            f"arn:{partition}:config:us-west-2:{ACCOUNT}:config-rule/config-rule-abcdef",
        ],
        "config:GetComplianceDetailsByConfigRule": [
            f"arn:{partition}:config:{region}:{ACCOUNT}:config-rule/config-rule-abcdef"
        ],
        "sqs:SendMessage": [f"arn:{partition}:sqs:{region}:{ACCOUNT}:orders"],
        "logs:PutLogEvents": [
            f"arn:{partition}:logs:{region}:{ACCOUNT}:log-group:/aws/lambda/orders:log-stream:one"
        ],
    }
    for action, resources in foreign.items():
        for resource in resources:
            assert not decide(deployment, action, resource).allowed, f"{action} on {resource}"


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=by_variant)
def test_lambda_can_write_the_functions_log_and_keep_what_failed(deployment: Deployment) -> None:
    partition, region = deployment.topic_arn.split(":")[1], deployment.region
    name = VARIANTS[deployment.variant].name
    stream = f"log-group:/aws/lambda/{name}-{deployment.automation}:log-stream:2026/11/24/[$LATEST]0f1e2d3c"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        assert decide(deployment, action, f"arn:{partition}:logs:{region}:{ACCOUNT}:{stream}").allowed
    queue = f"arn:{partition}:sqs:{region}:{ACCOUNT}:{name}-failures"
    assert decide(deployment, "sqs:SendMessage", queue).allowed


def test_a_rule_that_the_deployment_did_not_make_is_only_asked_where_existing_ones_are_used() -> None:
    arn = f"arn:aws:config:eu-central-1:{ACCOUNT}:config-rule/config-rule-abcdef"
    for deployment in DEPLOYMENTS:
        if deployment.region == "eu-central-1":
            allowed = decide(deployment, "config:StartConfigRulesEvaluation", arn).allowed
            assert allowed is (deployment.variant == "existing"), deployment.variant


def test_the_key_of_the_topic_is_only_used_through_sns() -> None:
    (deployment,) = [one for one in DEPLOYMENTS if one.topic_key]
    key = deployment.topic_key
    assert key
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        assert decide(deployment, action, key, kms__ViaService="sns.eu-central-1.amazonaws.com").allowed
        assert not decide(deployment, action, key, kms__ViaService="s3.eu-central-1.amazonaws.com").allowed
        assert not decide(deployment, action, key, kms__ViaService="sns.us-east-1.amazonaws.com").allowed
        assert not decide(deployment, action, key).allowed
        other = key.replace("0f1e", "ffff")
        assert not decide(deployment, action, other, kms__ViaService="sns.eu-central-1.amazonaws.com").allowed


def test_the_explicit_deny_is_in_every_mode() -> None:
    sets = {frozenset(denied_actions(deployment)) for deployment in DEPLOYMENTS}
    assert len(sets) == 1
    assert {"cloudtrail:StopLogging", "cloudtrail:DeleteTrail"} <= next(iter(sets))


def test_no_statement_is_without_a_name() -> None:
    for deployment in DEPLOYMENTS:
        names = [statement["Sid"] for statement in allows(deployment)]
        assert len(names) == len(set(names))
        assert all(names)
