"""The policies that keep people from silencing Rearm: whom they bind, at what, and whether AWS takes them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.local_aws.authorizer import authorize
from tests.plan.harness import ON
from tests.plan.planning import ACCOUNT, REGION, Plan, statements
from tests.plan.variants import EVERYTHING, KEY, TOPIC
from tools.permissions import look_up

NAME = EVERYTHING["name"]
OTHER_ACCOUNT = "111122223333"
POLICIES = {"service_control_policy": 5120, "iam_deny_policy": 6144}
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

# What somebody who wants Rearm or the trails out of the way may call, and on what.
ATTACKS = {
    "cloudtrail:{region}:{account}:trail/main": """
        DeleteTrail PutEventConfiguration PutEventSelectors PutInsightSelectors StopLogging UpdateTrail""",
    "cloudtrail:{region}:{account}:eventdatastore/11111111-2222-3333-4444-555555555555": """
        DeleteEventDataStore PutEventConfiguration PutInsightSelectors StopEventDataStoreIngestion
        UpdateEventDataStore""",
    "cloudwatch:{region}:{account}:alarm:{name}-cloudtrail-no-sweep": """
        DeleteAlarms DisableAlarmActions PutAlarmMuteRule PutMetricAlarm SetAlarmState""",
    "dynamodb:{region}:{account}:table/{name}-records": """
        DeleteResourcePolicy DeleteTable PutResourcePolicy UpdateContinuousBackups UpdateTable
        UpdateTimeToLive""",
    "events:{region}:{account}:rule/{name}-cloudtrail-calls": """
        DeleteRule DisableRule PutRule PutTargets RemoveTargets""",
    "iam::{account}:role/security/rearm/{name}-cloudtrail": """
        AttachRolePolicy CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy DetachRolePolicy
        PassRole PutRolePermissionsBoundary PutRolePolicy UpdateAssumeRolePolicy UpdateRole""",
    "lambda:{region}:{account}:function:{name}-self_guard": """
        AddPermission DeleteFunction DeleteFunctionCodeSigningConfig DeleteFunctionConcurrency
        DeleteFunctionEventInvokeConfig PutFunctionCodeSigningConfig PutFunctionConcurrency
        PutFunctionEventInvokeConfig PutFunctionRecursionConfig PutRuntimeManagementConfig RemovePermission
        UpdateFunctionCode UpdateFunctionCodeSigningConfig UpdateFunctionConfiguration
        UpdateFunctionEventInvokeConfig""",
    "logs:{region}:{account}:log-group:/aws/lambda/{name}-cloudtrail": """
        AssociateKmsKey DeleteLogGroup DeleteRetentionPolicy DisassociateKmsKey PutDataProtectionPolicy
        PutRetentionPolicy""",
    "logs:{region}:{account}:log-group:/aws/lambda/{name}-cloudtrail:log-stream:2026": "DeleteLogStream",
    "sns:{region}:{account}:{name}-notifications": """
        AddPermission DeleteTopic PutDataProtectionPolicy RemovePermission SetTopicAttributes""",
    "sns:{region}:{account}:{name}-alarms": "DeleteTopic SetTopicAttributes",
    "sqs:{region}:{account}:{name}-failures": """
        AddPermission DeleteQueue PurgeQueue RemovePermission SetQueueAttributes""",
    "ssm:{region}:{account}:parameter/{name}/cloudtrail": "DeleteParameter DeleteParameters PutParameter",
    "ssm:{region}:{account}:parameter/{name}/deployment/deployed": "PutParameter",
}
CALLS = [
    (f"{resource.partition(':')[0]}:{operation}", f"arn:aws:{resource}")
    for resource, operations in ATTACKS.items()
    for operation in operations.split()
]
ANYWHERE = [("cloudtrail:DeregisterOrganizationDelegatedAdmin", "*")]
ON_THE_KEY = [
    (f"kms:{operation}", KEY)
    for operation in ("DisableKey", "PutKeyPolicy", "RevokeGrant", "ScheduleKeyDeletion")
]
LEAVING = ("organizations:LeaveOrganization", "*")

# What has nothing to do with Rearm, or does it no harm.
HARMLESS = [
    ("cloudtrail:CreateTrail", "cloudtrail:{region}:{account}:trail/main"),
    ("cloudtrail:StartLogging", "cloudtrail:{region}:{account}:trail/main"),
    ("dynamodb:DeleteTable", "dynamodb:{region}:{account}:table/orders"),
    ("dynamodb:PutItem", "dynamodb:{region}:{account}:table/{name}-records"),
    ("events:DeleteRule", "events:{region}:{account}:rule/another-{name}-rule"),
    ("events:EnableRule", "events:{region}:{account}:rule/{name}-cloudtrail-calls"),
    ("iam:DeleteRole", "iam::{account}:role/application"),
    ("iam:PassRole", "iam::{account}:role/application"),
    ("lambda:InvokeFunction", "lambda:{region}:{account}:function:{name}-cloudtrail"),
    ("lambda:UpdateFunctionCode", "lambda:{region}:{account}:function:application"),
    ("sqs:ReceiveMessage", "sqs:{region}:{account}:{name}-failures"),
    ("ssm:PutParameter", "ssm:{region}:{account}:parameter/application"),
]


def read(plan: Plan, policy: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(plan.outputs()[policy])
    return document


def may(document: dict[str, Any], principal: str, action: str, resource: str, account: str = ACCOUNT) -> bool:
    """Tell whether a principal whose own policies allow everything may make a call."""
    filled = resource.format(region=REGION, account=account, name=NAME)
    context = {"aws:PrincipalArn": [principal]}
    return authorize([ALLOW_ALL, document], None, action, [filled], context).allowed


@pytest.mark.parametrize("policy", POLICIES)
def test_an_administrator_is_denied_what_silences_rearm_or_weakens_trails(
    variants: Plan, policy: str
) -> None:
    document = read(variants.module("everything"), policy)
    people = [
        f"arn:aws:iam::{ACCOUNT}:{one}"
        for one in ("root", "user/admin", "role/admin", f"role/{NAME}-cloudtrail", "role/team/pipeline-1")
    ]

    for action, resource in CALLS + ANYWHERE + ON_THE_KEY:
        assert not [one for one in people if may(document, one, action, resource)], (action, resource)


@pytest.mark.parametrize("policy", POLICIES)
def test_every_action_of_a_policy_is_real_and_one_of_the_attackers(variants: Plan, policy: str) -> None:
    document = read(variants.module("everything"), policy)
    named = [action for statement in document["Statement"] for action in statement["Action"]]
    attacks = {action for action, _ in CALLS + ANYWHERE + ON_THE_KEY}

    assert len(named) == len(set(named))
    assert not [action for action in named if look_up(action) is None]
    assert set(named) == attacks | ({LEAVING[0]} if policy == "service_control_policy" else set())


@pytest.mark.parametrize("policy", POLICIES)
def test_who_deploys_is_exempt(variants: Plan, policy: str) -> None:
    document = read(variants.module("everything"), policy)
    pipeline = f"arn:aws:iam::{ACCOUNT}:role/pipeline-rearm"

    for action, resource in CALLS + ANYWHERE + ON_THE_KEY:
        assert may(document, pipeline, action, resource), (action, resource)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("automation", ON)
def test_a_function_may_still_do_all_that_its_role_allows(
    variants: Plan, policy: str, automation: str
) -> None:
    plan = variants.module("everything")
    document = read(plan, policy)
    own = plan.of("aws_iam_role_policy")[f"{NAME}-{automation}"].values["policy"]
    role = f"arn:aws:iam::{ACCOUNT}:role/security/rearm/{NAME}-{automation}"
    allowed = [one for one in statements(own).values() if one["Effect"] == "Allow"]

    assert allowed
    for statement in allowed:
        for action in statement["Action"]:
            for resource in statement["Resource"]:
                assert may(document, role, action, resource.replace("*", "x")), (action, resource)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("action", "resource"), HARMLESS)
def test_everything_else_is_left_to_peoples_own_permissions(
    variants: Plan, policy: str, action: str, resource: str
) -> None:
    assert look_up(action)
    document = read(variants.module("everything"), policy)
    assert may(document, f"arn:aws:iam::{ACCOUNT}:role/admin", action, f"arn:aws:{resource}")


def test_one_service_control_policy_binds_every_account_it_is_attached_to(variants: Plan) -> None:
    document = read(variants.module("everything"), "service_control_policy")
    admin = f"arn:aws:iam::{OTHER_ACCOUNT}:role/admin"
    function = f"arn:aws:iam::{OTHER_ACCOUNT}:role/security/rearm/{NAME}-self_guard"

    for action, resource in [*CALLS, LEAVING]:
        assert not may(document, admin, action, resource, OTHER_ACCOUNT)
        assert may(document, function, action, resource, OTHER_ACCOUNT)


def test_the_iam_policy_is_of_its_own_account(variants: Plan) -> None:
    document = read(variants.module("everything"), "iam_deny_policy")
    admin = f"arn:aws:iam::{ACCOUNT}:role/admin"

    assert may(document, admin, *LEAVING)
    assert may(
        document, admin, "events:DeleteRule", "arn:aws:events:{region}:{account}:rule/{name}-x", OTHER_ACCOUNT
    )


@pytest.mark.parametrize(("policy", "limit"), POLICIES.items())
def test_a_policy_can_be_attached_as_it_is(variants: Plan, policy: str, limit: int) -> None:
    text = variants.module("everything").outputs()[policy]

    assert len(text) <= limit
    assert text == json.dumps(json.loads(text), separators=(",", ":"))
    for statement in json.loads(text)["Statement"]:
        assert set(statement) == {"Sid", "Effect", "Action", "Resource", "Condition"}
        assert statement["Effect"] == "Deny"


def test_without_anybody_exempt_there_is_no_policy_that_would_shut_the_user_out(variants: Plan) -> None:
    for policy in POLICIES:
        assert variants.module("defaults").outputs()[policy] is None


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_is_of_the_partition(variants: Plan, policy: str) -> None:
    text = variants.module("gov").outputs()[policy]

    assert set(re.findall(r"arn:([^:]+):", text)) == {"aws-us-gov", "*"}


def test_the_users_own_topic_is_kept_too(variants: Plan) -> None:
    document = read(variants.module("own_topic"), "service_control_policy")
    admin = f"arn:aws:iam::{ACCOUNT}:role/admin"

    assert not may(document, admin, "sns:DeleteTopic", TOPIC)
