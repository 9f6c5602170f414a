"""What the role can never do, whatever else somebody allows it, and where what it may do ends."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from policy_sentry.querying.actions import get_actions_with_access_level

from tests.local_aws.authorizer import Decision, authorize
from tests.local_aws.condition_keys import LEADING_KEYS
from tests.privilege.expected import WHERE, Expected, expected
from tests.privilege.recorded import LAMBDA_ITSELF, allows, granted, listed, planned
from tests.scenarios.account import ORGANIZATION
from tests.support.planned import ACCOUNT, Deployment, automations
from tests.support.variants import VARIANTS
from tools.permissions import look_up

DEPLOYMENTS = planned()
EVERYTHING: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Careless", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}
READS = frozenset({"Read", "List"})
# The only services of which a call of the core can be allowed. None can widen a role or change a function.
SERVICES = frozenset({"cloudtrail", "config", "dynamodb", "kms", "logs", "sns", "sqs", "xray"})
# The only calls of the core that change anything.
WRITES: Mapping[str, str] = {
    "config:PutEvaluations": "The verdicts of the custom rule.",
    "config:StartConfigRulesEvaluation": "Asking a rule to look again.",
    "dynamodb:DeleteItem": "A message that was owed and has been sent.",
    "dynamodb:PutItem": "Baselines, responses, what has been told.",
    "dynamodb:UpdateItem": "Counting refused calls.",
    "kms:Decrypt": "SNS uses the topic's key for the function.",
    "kms:GenerateDataKey": "SNS uses the topic's key for the function.",
    "sns:Publish": "The message.",
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


def loads(deployment: Deployment) -> dict[str, Any]:
    """Read the function's configuration."""
    packed = deployment.environment["REARM_CONFIG"]
    found: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(packed)))
    return found


def own(deployment: Deployment) -> Expected:
    """Return what is said of the automation of a deployment."""
    return expected(deployment.automation)


def decide(deployment: Deployment, action: str, resource: str, **context: str) -> Decision:
    """Decide a call by the role's planned policies alone; keys of the context with `__` for `:`."""
    keys = {name.replace("__", ":"): value for name, value in context.items()}
    return authorize(deployment.policies, None, action, [resource], keys)


DENIALS = [
    pytest.param(deployment, action, id=f"{by_variant(deployment)}-{action}")
    for deployment in DEPLOYMENTS
    for action in sorted(denied_actions(deployment))
]


@pytest.mark.parametrize(("deployment", "action"), DENIALS)
def test_a_weakening_call_is_denied_even_if_somebody_allows_everything(
    deployment: Deployment, action: str
) -> None:
    patterns = [
        pattern
        for statement in deployment.statements
        if statement["Effect"] == "Deny" and action in listed(statement["Action"])
        for pattern in listed(statement["Resource"])
    ]
    for resource in [*patterns, *(pattern.replace("*", "any") for pattern in patterns)]:
        decision = authorize([*deployment.policies, EVERYTHING], None, action, [resource], {})
        assert not decision.allowed
        assert "explicit deny" in decision.reason


@pytest.mark.parametrize("name", automations())
def test_every_write_of_its_service_is_granted_or_denied_or_known_to_be_harmless(name: str) -> None:
    told = expected(name)
    deployed = [one for one in DEPLOYMENTS if one.automation == name]
    for service in told.JUDGED:
        writes = {
            action
            for level in ("Write", "Tagging", "Permissions management")
            for action in get_actions_with_access_level(service, level)
        }
        for deployment in deployed:
            judged = denied_actions(deployment) | told.HARMLESS.keys() | told.WRITES.keys()
            assert writes <= judged, f"nobody has thought about {sorted(writes - judged)}"
            assert not told.HARMLESS.keys() & (denied_actions(deployment) | granted(deployment))
    assert all(look_up(action) for action in told.HARMLESS)


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
            service = name.partition(":")[0]
            if statement["Effect"] == "Allow":
                assert service in SERVICES | own(deployment).SERVICES, f"{WHERE} does not know {service}"


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=by_variant)
def test_the_only_writes_are_the_repair_and_what_speaks_of_it(deployment: Deployment) -> None:
    levels = {name: found.level for name in granted(deployment) if (found := look_up(name))}
    writes = {name for name, level in levels.items() if level not in READS}
    thought_of = WRITES.keys() | LAMBDA_ITSELF.keys() | own(deployment).WRITES.keys()
    assert writes <= thought_of, f"{WHERE} does not say what for: {sorted(writes - thought_of)}"
    managing = {name for name, level in levels.items() if level == "Permissions management"}
    assert managing <= own(deployment).WRITES.keys()


def test_every_write_that_is_thought_of_is_granted_somewhere() -> None:
    assert WRITES.keys() <= set().union(*(granted(deployment) for deployment in DEPLOYMENTS))
    for name in automations():
        everything = [granted(one) for one in DEPLOYMENTS if one.automation == name]
        assert expected(name).WRITES.keys() <= set().union(*everything), name


@pytest.mark.parametrize(
    "deployment", [one for one in DEPLOYMENTS if loads(one)["mode"] == "notify"], ids=by_variant
)
def test_in_notify_nothing_can_be_changed_or_asked(deployment: Deployment) -> None:
    repairs = own(deployment).WRITES.keys() | {"config:DescribeConfigRules"}
    assert not (repairs | {"config:StartConfigRulesEvaluation"}) & granted(deployment)


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=by_variant)
def test_what_belongs_to_others_is_out_of_reach(deployment: Deployment) -> None:
    partition, region = deployment.topic_arn.split(":")[1], deployment.region
    other = "aws-cn" if partition == "aws" else "aws"
    foreign = {
        **own(deployment).foreign(partition, region, other),
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
            uses = bool(loads(deployment)["existing_config_rules"]) and loads(deployment)["mode"] != "notify"
            assert allowed is uses, deployment.variant


def test_the_key_of_the_topic_is_only_used_through_sns() -> None:
    encrypted = [one for one in DEPLOYMENTS if one.topic_key]
    assert encrypted
    for deployment, action in product(encrypted, ("kms:Decrypt", "kms:GenerateDataKey")):
        key = deployment.topic_key
        assert key
        assert decide(deployment, action, key, kms__ViaService="sns.eu-central-1.amazonaws.com").allowed
        assert not decide(deployment, action, key, kms__ViaService="s3.eu-central-1.amazonaws.com").allowed
        assert not decide(deployment, action, key, kms__ViaService="sns.us-east-1.amazonaws.com").allowed
        assert not decide(deployment, action, key).allowed
        other = key.replace("0f1e", "ffff")
        assert not decide(deployment, action, other, kms__ViaService="sns.eu-central-1.amazonaws.com").allowed


@pytest.mark.parametrize("name", automations())
def test_the_explicit_deny_is_in_every_mode(name: str) -> None:
    sets = {frozenset(denied_actions(one)) for one in DEPLOYMENTS if one.automation == name}
    assert len(sets) == 1
    assert next(iter(sets)) >= expected(name).NEVER


def test_no_statement_is_without_a_name() -> None:
    for deployment in DEPLOYMENTS:
        names = [statement["Sid"] for statement in allows(deployment)]
        assert len(names) == len(set(names))
        assert all(names)


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=by_variant)
def test_of_the_table_only_items_of_its_own_are_written(deployment: Deployment) -> None:
    partition, region = deployment.topic_arn.split(":")[1], deployment.region
    table = f"arn:{partition}:dynamodb:{region}:{ACCOUNT}:table/{deployment.table}"
    own_group, other_group = f"{deployment.automation}#told", "elsewhere#told"

    def may(action: str, *groups: str, on: str = table) -> bool:
        keys: dict[str, Any] = {LEADING_KEYS: list(groups)} if groups else {}
        return authorize(deployment.policies, None, f"dynamodb:{action}", [on], keys).allowed

    for action in ("GetItem", "PutItem", "Query", "UpdateItem"):
        assert may(action, own_group)
        assert not may(action, other_group)
        assert not may(action, own_group, other_group)
        assert not may(action), "a request without a key is no request for its own items"
        assert not may(action, own_group, on=f"{table}-2")
        assert not may(action, own_group, on=table.replace(region, "us-west-2"))
    # Exceptions are read and never given; what is owed is forgotten when it is sent, and nothing else
    assert may("Query", "exception")
    for action in ("GetItem", "PutItem", "UpdateItem", "DeleteItem"):
        assert not may(action, "exception")
    assert may("DeleteItem", f"{deployment.automation}#owed")
    for group in ("baseline", "response", "told", "version#arn"):
        assert not may("DeleteItem", f"{deployment.automation}#{group}")
    for action in ("Scan", "BatchWriteItem", "DeleteTable", "UpdateTable", "PutResourcePolicy"):
        assert not may(action, own_group)
