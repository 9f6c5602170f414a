"""Calls of functions are decided by their role's deployed policies, and kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.local_aws.local import LocalAws
from tests.local_aws_tests.deploy import LOGGING, REGION, Deploy, allow

CALLER = """
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

def handle(event, context):
    client = botocore.session.get_session().create_client(
        event["service"], config=Config(retries={"total_max_attempts": 1})
    )
    try:
        answer = getattr(client, event["operation"])(**event["parameters"])
    except ClientError as error:
        return {"code": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
    answer.pop("ResponseMetadata")
    return {"code": "", "answer": repr(answer)}
"""


def call(aws: LocalAws, service: str, operation: str, **parameters: object) -> dict[str, Any]:
    """Have the function make a call."""
    event = {"service": service, "operation": operation, "parameters": parameters}
    answer = aws.client("lambda").invoke(FunctionName="function", Payload=json.dumps(event))
    result = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, result
    return dict(result)


def caller(deploy: Deploy, *statements: dict[str, Any], boundary: str | None = None) -> None:
    deploy.function(CALLER, role=deploy.role(statements=[LOGGING, *statements], boundary=boundary))


def own_calls(aws: LocalAws) -> list[tuple[str, tuple[str, ...], bool]]:
    return [
        (kept.action, kept.resources, kept.decision.allowed)
        for kept in aws.calls
        if kept.caller == "function"
    ]


def test_an_allowed_call_is_made_and_kept(aws: LocalAws, deploy: Deploy) -> None:
    arn = deploy.trail("main")
    caller(deploy, allow("cloudtrail:StopLogging", arn))
    assert call(aws, "cloudtrail", "stop_logging", Name="main")["code"] == ""
    assert aws.client("cloudtrail").get_trail_status(Name="main")["IsLogging"] is False
    kept = next(kept for kept in aws.calls if kept.caller == "function")
    assert (kept.function, kept.service, kept.operation) == ("function", "cloudtrail", "StopLogging")
    assert (kept.action, kept.resources) == ("cloudtrail:StopLogging", (arn,))
    assert (kept.region, kept.status, kept.error) == (REGION, 200, "")
    assert kept.decision.allowed


def test_the_calls_record_names_the_roles_session(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    caller(deploy, allow("cloudtrail:*"))
    call(aws, "cloudtrail", "stop_logging", Name="main")
    record = next(record for record in aws.records if record["eventName"] == "StopLogging")
    who = record["userIdentity"]
    role = aws.client("iam").get_role(RoleName="function")["Role"]
    assert who["arn"] == f"arn:aws:sts::{aws.account}:assumed-role/function/function"
    assert who["principalId"] == f"{role['RoleId']}:function"
    assert who["sessionContext"]["sessionIssuer"]["arn"] == role["Arn"]
    assert who["accessKeyId"].startswith("ASIA")


def test_an_allowed_call_that_fails_is_kept_with_its_error(aws: LocalAws, deploy: Deploy) -> None:
    caller(deploy, allow("cloudtrail:*"))
    assert call(aws, "cloudtrail", "stop_logging", Name="absent")["code"] == "TrailNotFoundException"
    kept = next(kept for kept in aws.calls if kept.caller == "function")
    assert (kept.status, kept.error, kept.decision.allowed) == (400, "TrailNotFoundException", True)


DENIALS: list[tuple[str, str, dict[str, Any], str]] = [
    ("cloudtrail", "stop_logging", {"Name": "main"}, "AccessDeniedException"),
    ("config", "describe_config_rules", {}, "AccessDeniedException"),
    ("events", "list_rules", {}, "AccessDeniedException"),
    ("lambda", "get_function", {"FunctionName": "function"}, "AccessDeniedException"),
    ("logs", "describe_log_groups", {}, "AccessDeniedException"),
    ("kms", "list_keys", {}, "AccessDeniedException"),
    ("iam", "list_roles", {}, "AccessDenied"),
    ("s3", "list_objects_v2", {"Bucket": "logs"}, "AccessDenied"),
    ("sqs", "list_queues", {}, "AccessDenied"),
    (
        "sns",
        "publish",
        {"TopicArn": f"arn:aws:sns:{REGION}:123456789012:topic", "Message": "m"},
        "AuthorizationError",
    ),
    ("ec2", "describe_instances", {}, "UnauthorizedOperation"),
]


def test_a_denied_call_fails_as_on_aws_and_changes_nothing(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    caller(deploy)
    for service, operation, parameters, code in DENIALS:
        result = call(aws, service, operation, **parameters)
        assert (service, result["code"]) == (service, code)
        assert "is not authorized to perform: " in result["message"]
        assert "because no identity-based policy allows" in result["message"]
    assert [allowed for _, _, allowed in own_calls(aws)] == [False] * len(DENIALS)
    assert [kept.error for kept in aws.calls if kept.caller == "function"] == [code for *_, code in DENIALS]
    assert aws.client("cloudtrail").get_trail_status(Name="main")["IsLogging"] is True
    assert aws.messages == []


def test_a_grant_counts_for_the_resource_it_names(aws: LocalAws, deploy: Deploy) -> None:
    one, two = deploy.trail("one"), deploy.trail("two")
    caller(deploy, allow("cloudtrail:StopLogging", one))
    assert call(aws, "cloudtrail", "stop_logging", Name="two")["code"] == "AccessDeniedException"
    assert call(aws, "cloudtrail", "stop_logging", Name=one)["code"] == ""
    assert own_calls(aws) == [
        ("cloudtrail:StopLogging", (two,), False),
        ("cloudtrail:StopLogging", (one,), True),
    ]


def test_an_explicit_deny_outweighs(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    deny = {"Sid": "Never", "Effect": "Deny", "Action": "cloudtrail:StopLogging", "Resource": "*"}
    caller(deploy, allow("cloudtrail:*"), deny)
    result = call(aws, "cloudtrail", "stop_logging", Name="main")
    assert "with an explicit deny in an identity-based policy (Never)" in result["message"]


CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    ({"StringEquals": {"aws:RequestedRegion": REGION}}, True),
    ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, False),
    ({"Bool": {"aws:SecureTransport": "true"}}, True),
    ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/function"}}, True),
    ({"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/other"}}, False),
]


def test_conditions_are_looked_at(aws: LocalAws, deploy: Deploy) -> None:
    caller(deploy)
    for condition, taken in CONDITIONS:
        statement = allow("cloudtrail:DescribeTrails", Condition=condition)
        document = json.dumps({"Version": "2012-10-17", "Statement": [LOGGING, statement]})
        aws.client("iam").put_role_policy(RoleName="function", PolicyName="own", PolicyDocument=document)
        assert (condition, call(aws, "cloudtrail", "describe_trails")["code"] == "") == (condition, taken)


def policy(aws: LocalAws, name: str, statements: Sequence[dict[str, Any]]) -> str:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    made = aws.client("iam").create_policy(PolicyName=name, PolicyDocument=document)
    return str(made["Policy"]["Arn"])


def test_attached_policies_count_and_so_do_those_that_aws_manages(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    caller(deploy)
    iam = aws.client("iam")
    assert call(aws, "cloudtrail", "describe_trails")["code"] == "AccessDeniedException"
    iam.attach_role_policy(
        RoleName="function", PolicyArn=policy(aws, "own", [allow("cloudtrail:DescribeTrails")])
    )
    assert call(aws, "cloudtrail", "describe_trails")["code"] == ""
    assert call(aws, "cloudtrail", "stop_logging", Name="main")["code"] == "AccessDeniedException"
    iam.attach_role_policy(RoleName="function", PolicyArn="arn:aws:iam::aws:policy/AWSCloudTrail_FullAccess")
    assert call(aws, "cloudtrail", "stop_logging", Name="main")["code"] == ""


def test_a_boundary_limits(aws: LocalAws, deploy: Deploy) -> None:
    deploy.trail("main")
    limit = policy(aws, "limit", [allow(["logs:*", "cloudtrail:Describe*"])])
    caller(deploy, allow("cloudtrail:*"), boundary=limit)
    assert call(aws, "cloudtrail", "describe_trails")["code"] == ""
    result = call(aws, "cloudtrail", "stop_logging", Name="main")
    assert "no permissions boundary allows" in result["message"]


def test_a_grant_that_is_taken_away_is_gone_at_once(aws: LocalAws, deploy: Deploy) -> None:
    caller(deploy, allow("cloudtrail:DescribeTrails"))
    assert call(aws, "cloudtrail", "describe_trails")["code"] == ""
    aws.client("iam").delete_role_policy(RoleName="function", PolicyName="own")
    assert call(aws, "cloudtrail", "describe_trails")["code"] == "AccessDeniedException"


def test_a_rules_own_arn_is_what_a_config_grant_must_name(aws: LocalAws, deploy: Deploy) -> None:
    deploy.recorder()
    config = aws.client("config")
    source = {"Owner": "AWS", "SourceIdentifier": "CLOUD_TRAIL_ENABLED"}
    for name in ("one", "two"):
        config.put_config_rule(ConfigRule={"ConfigRuleName": name, "Source": source})
    (rule,) = config.describe_config_rules(ConfigRuleNames=["one"])["ConfigRules"]
    caller(deploy, allow("config:StartConfigRulesEvaluation", rule["ConfigRuleArn"]))
    ask = {"service": "config", "operation": "start_config_rules_evaluation"}
    assert call(aws, **ask, ConfigRuleNames=["one"])["code"] == ""
    assert call(aws, **ask, ConfigRuleNames=["two"])["code"] == "AccessDeniedException"


@pytest.mark.parametrize("granted", [True, False])
def test_a_topics_own_key_must_be_granted_too(aws: LocalAws, deploy: Deploy, *, granted: bool) -> None:
    key = aws.client("kms").create_key()["KeyMetadata"]
    topic = aws.client("sns").create_topic(Name="topic", Attributes={"KmsMasterKeyId": key["KeyId"]})
    use_key = allow(
        ["kms:GenerateDataKey", "kms:Decrypt"],
        key["Arn"],
        Condition={"StringLike": {"kms:ViaService": f"sns.{REGION}.*"}},
    )
    caller(deploy, allow("sns:Publish", topic["TopicArn"]), *([use_key] if granted else []))
    result = call(aws, "sns", "publish", TopicArn=topic["TopicArn"], Message="m")
    assert result["code"] == ("" if granted else "KMSAccessDenied")
    assert len(aws.messages) == int(granted)
    used = [kept.action for kept in aws.calls if kept.caller == "sns"]
    assert used == (["kms:GenerateDataKey", "kms:Decrypt"] if granted else ["kms:GenerateDataKey"])


def test_the_key_that_aws_manages_needs_no_grant(aws: LocalAws, deploy: Deploy) -> None:
    topic = aws.client("sns").create_topic(Name="topic", Attributes={"KmsMasterKeyId": "alias/aws/sns"})
    caller(deploy, allow("sns:Publish", topic["TopicArn"]))
    assert call(aws, "sns", "publish", TopicArn=topic["TopicArn"], Message="m")["code"] == ""
