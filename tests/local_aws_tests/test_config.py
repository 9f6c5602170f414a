"""AWS Config: recorder, evaluation, compliance, events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.local import LocalAws
from tests.local_aws.options import Options
from tests.local_aws_tests.deploy import ECHO, LOGGING, REGION, Deploy, allow

JUDGE = """
import json, boto3

def handle(event, context):
    boto3.client("config").put_evaluations(
        Evaluations=[
            {
                "ComplianceResourceType": "AWS::CloudTrail::Trail",
                "ComplianceResourceId": name,
                "ComplianceType": verdict,
                "Annotation": "because",
                "OrderingTimestamp": json.loads(event["invokingEvent"])["notificationCreationTime"],
            }
            for name, verdict in json.loads(event["ruleParameters"]).items()
        ],
        ResultToken=event["resultToken"],
    )
"""


def refusal(call: Any, **parameters: object) -> str:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return str(refused.value.response["Error"]["Code"])


def managed(identifier: str = "CLOUD_TRAIL_ENABLED", name: str = "rule") -> dict[str, Any]:
    return {"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": identifier}}


def custom(function: str, verdicts: dict[str, str] | None = None, name: str = "custom") -> dict[str, Any]:
    detail = {
        "EventSource": "aws.config",
        "MessageType": "ScheduledNotification",
        "MaximumExecutionFrequency": "One_Hour",
    }
    return {
        "ConfigRuleName": name,
        "InputParameters": json.dumps(verdicts or {}),
        "Source": {"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": function, "SourceDetails": [detail]},
    }


def permit(aws: LocalAws, function: str, account: str = "123456789012") -> None:
    aws.client("lambda").add_permission(
        FunctionName=function,
        StatementId="config",
        Action="lambda:InvokeFunction",
        Principal="config.amazonaws.com",
        SourceAccount=account,
    )


def changes(aws: LocalAws) -> list[dict[str, Any]]:
    aws.wait_idle()
    return [dict(event) for event in aws.events if event["detail-type"] == "Config Rules Compliance Change"]


def verdicts(aws: LocalAws, rule: str) -> list[tuple[str, str, str]]:
    found = aws.client("config").get_compliance_details_by_config_rule(ConfigRuleName=rule)
    return [
        (
            result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceType"],
            result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"],
            result["ComplianceType"],
        )
        for result in found["EvaluationResults"]
    ]


def test_a_rule_needs_a_recorder(aws: LocalAws, deploy: Deploy) -> None:
    config = aws.client("config")
    code = refusal(config.put_config_rule, ConfigRule=managed())
    assert code == "NoAvailableConfigurationRecorderException"
    deploy.recorder()
    config.put_config_rule(ConfigRule=managed())


@pytest.mark.parametrize("permitted", [None, "999999999999"])
def test_a_custom_rule_needs_a_function_that_config_may_invoke(
    aws: LocalAws, deploy: Deploy, permitted: str | None
) -> None:
    deploy.recorder()
    function = deploy.function(ECHO)
    if permitted:
        permit(aws, function, permitted)
    put = aws.client("config").put_config_rule
    assert refusal(put, ConfigRule=custom(function)) == "InsufficientPermissionsException"
    assert refusal(put, ConfigRule=custom(f"{function}-absent")) == "InsufficientPermissionsException"


def test_the_managed_rule_follows_the_trails_and_tells_of_changes_only(aws: LocalAws, deploy: Deploy) -> None:
    deploy.recorder()
    aws.client("config").put_config_rule(ConfigRule=managed())
    aws.evaluate_config_rules()
    deploy.trail("main")
    aws.evaluate_config_rules()
    aws.evaluate_config_rules()
    cloudtrail = aws.client("cloudtrail")
    cloudtrail.stop_logging(Name="main")
    aws.evaluate_config_rules()
    told = changes(aws)
    assert [event["detail"]["newEvaluationResult"]["complianceType"] for event in told] == [
        "NON_COMPLIANT",
        "COMPLIANT",
        "NON_COMPLIANT",
    ]
    assert ["oldEvaluationResult" in event["detail"] for event in told] == [False, True, True]
    assert verdicts(aws, "rule") == [("AWS::::Account", aws.account, "NON_COMPLIANT")]


def test_the_multi_region_rule_wants_a_multi_region_trail(aws: LocalAws, deploy: Deploy) -> None:
    deploy.recorder()
    config = aws.client("config")
    config.put_config_rule(ConfigRule=managed())
    config.put_config_rule(ConfigRule=managed("MULTI_REGION_CLOUD_TRAIL_ENABLED", "multi"))
    deploy.trail("main")
    aws.evaluate_config_rules()
    assert verdicts(aws, "rule")[0][2] == "COMPLIANT"
    assert verdicts(aws, "multi")[0][2] == "NON_COMPLIANT"
    deploy.trail("everywhere", multi_region=True, region="us-west-2")
    aws.evaluate_config_rules("multi")
    assert verdicts(aws, "multi")[0][2] == "COMPLIANT"


def test_a_change_has_the_shape_of_the_real_event(aws: LocalAws, deploy: Deploy) -> None:
    deploy.recorder()
    config = aws.client("config")
    config.put_config_rule(ConfigRule=managed())
    (rule,) = config.describe_config_rules()["ConfigRules"]
    aws.evaluate_config_rules()
    (event,) = changes(aws)
    assert (event["source"], event["account"], event["region"]) == ("aws.config", aws.account, REGION)
    detail = event["detail"]
    assert set(detail) == {
        "resourceId", "awsRegion", "awsAccountId", "configRuleName", "recordVersion", "configRuleARN",
        "messageType", "newEvaluationResult", "notificationCreationTime", "resourceType",
    }  # fmt: skip
    assert detail["messageType"] == "ComplianceChangeNotification"
    assert (detail["configRuleName"], detail["configRuleARN"]) == ("rule", rule["ConfigRuleArn"])
    assert (detail["resourceType"], detail["resourceId"]) == ("AWS::::Account", aws.account)
    result = detail["newEvaluationResult"]
    qualifier = result["evaluationResultIdentifier"]["evaluationResultQualifier"]
    assert (qualifier["configRuleName"], qualifier["resourceType"]) == ("rule", "AWS::::Account")
    for time in (result["resultRecordedTime"], result["configRuleInvokedTime"]):
        assert abs((datetime.fromisoformat(time) - datetime.now(UTC)).total_seconds()) < 30


def test_a_change_reaches_a_deployed_rule(aws: LocalAws, deploy: Deploy) -> None:
    deploy.recorder()
    aws.client("config").put_config_rule(ConfigRule=managed())
    url, queue = deploy.queue("events", services=["events.amazonaws.com"])
    deploy.rule(queue, {"source": ["aws.config"], "detail": {"configRuleName": ["rule"]}})
    aws.evaluate_config_rules()
    aws.wait_idle()
    assert len(deploy.received(url)) == 1


def test_an_evaluation_is_asked_for_at_most_once_a_minute(aws: LocalAws, deploy: Deploy) -> None:
    deploy.recorder()
    config = aws.client("config")
    for name in ("one", "two"):
        config.put_config_rule(ConfigRule=managed(name=name))
    ask = config.start_config_rules_evaluation
    ask(ConfigRuleNames=["one"])
    aws.wait_idle()
    assert verdicts(aws, "one")[0][2] == "NON_COMPLIANT"
    assert verdicts(aws, "two") == []
    assert refusal(ask, ConfigRuleNames=["one"]) == "LimitExceededException"
    assert refusal(ask, ConfigRuleNames=["two", "one"]) == "LimitExceededException"
    ask(ConfigRuleNames=["two"])
    assert refusal(ask, ConfigRuleNames=["absent"]) == "NoSuchConfigRuleException"


def test_the_limit_can_be_switched_off(options: Options) -> None:
    with LocalAws(replace(options, evaluation_interval_s=0)) as aws:
        Deploy(aws).recorder()
        config = aws.client("config")
        config.put_config_rule(ConfigRule=managed())
        for _ in range(3):
            config.start_config_rules_evaluation(ConfigRuleNames=["rule"])
        aws.wait_idle()
        assert len(changes(aws)) == 1


def test_a_new_rule_can_be_evaluated_at_once(options: Options) -> None:
    with LocalAws(replace(options, evaluate_new_rules=True)) as aws:
        Deploy(aws).recorder()
        aws.client("config").put_config_rule(ConfigRule=managed())
        assert len(changes(aws)) == 1


def judging(aws: LocalAws, deploy: Deploy, given: dict[str, str]) -> str:
    deploy.recorder()
    statements: Sequence[dict[str, Any]] = [LOGGING, allow("config:PutEvaluations")]
    function = deploy.function(JUDGE, role=deploy.role(statements=statements))
    permit(aws, function)
    aws.client("config").put_config_rule(ConfigRule=custom(function, given))
    return function


def test_a_custom_rules_function_gets_the_event_and_its_verdicts_count(aws: LocalAws, deploy: Deploy) -> None:
    judging(aws, deploy, {"main": "NON_COMPLIANT", "other": "COMPLIANT", "gone": "NOT_APPLICABLE"})
    (rule,) = aws.client("config").describe_config_rules()["ConfigRules"]
    aws.evaluate_config_rules()
    told = changes(aws)
    (invocation,) = aws.invocations
    event = invocation.event
    assert set(event) == {
        "version", "invokingEvent", "ruleParameters", "resultToken", "eventLeftScope", "executionRoleArn",
        "configRuleArn", "configRuleName", "configRuleId", "accountId",
    }  # fmt: skip
    assert (event["version"], event["eventLeftScope"], event["accountId"]) == ("1.0", False, aws.account)
    assert (event["configRuleArn"], event["configRuleId"]) == (rule["ConfigRuleArn"], rule["ConfigRuleId"])
    invoking = json.loads(event["invokingEvent"])
    assert (invoking["messageType"], invoking["awsAccountId"]) == ("ScheduledNotification", aws.account)
    assert {event["detail"]["resourceId"] for event in told} == {"main", "other", "gone"}
    assert set(verdicts(aws, "custom")) == {
        ("AWS::CloudTrail::Trail", "main", "NON_COMPLIANT"),
        ("AWS::CloudTrail::Trail", "other", "COMPLIANT"),
        ("AWS::CloudTrail::Trail", "gone", "NOT_APPLICABLE"),
    }


def test_compliance_is_read_by_rule_and_by_resource(aws: LocalAws, deploy: Deploy) -> None:
    judging(aws, deploy, {"main": "NON_COMPLIANT", "other": "COMPLIANT"})
    aws.evaluate_config_rules()
    aws.wait_idle()
    config = aws.client("config")
    (by_rule,) = config.describe_compliance_by_config_rule()["ComplianceByConfigRules"]
    assert by_rule["Compliance"]["ComplianceType"] == "NON_COMPLIANT"
    (result,) = config.get_compliance_details_by_resource(
        ResourceType="AWS::CloudTrail::Trail", ResourceId="main"
    )["EvaluationResults"]
    assert (result["ComplianceType"], result["Annotation"]) == ("NON_COMPLIANT", "because")
    failed = config.get_compliance_details_by_config_rule(
        ConfigRuleName="custom", ComplianceTypes=["NON_COMPLIANT"]
    )["EvaluationResults"]
    assert len(failed) == 1


def test_compliance_details_come_in_pages(aws: LocalAws, deploy: Deploy) -> None:
    judging(aws, deploy, {f"trail-{number}": "COMPLIANT" for number in range(25)})
    aws.evaluate_config_rules()
    aws.wait_idle()
    config = aws.client("config")
    pages = list(
        config.get_paginator("get_compliance_details_by_config_rule").paginate(
            ConfigRuleName="custom", PaginationConfig={"PageSize": 10}
        )
    )
    assert [len(page["EvaluationResults"]) for page in pages] == [10, 10, 5]


def test_verdicts_need_the_token_of_an_invocation_and_come_by_the_hundred(aws: LocalAws) -> None:
    put = aws.client("config").put_evaluations
    verdict = {
        "ComplianceResourceType": "AWS::CloudTrail::Trail",
        "ComplianceResourceId": "main",
        "ComplianceType": "COMPLIANT",
        "OrderingTimestamp": datetime.now(UTC),
    }
    assert refusal(put, Evaluations=[verdict], ResultToken="forged") == "InvalidResultTokenException"
    assert refusal(put, Evaluations=[verdict] * 101, ResultToken="forged") == "ValidationException"
    assert put(Evaluations=[verdict], ResultToken="TESTMODE", TestMode=True)["FailedEvaluations"] == []


def test_a_permission_that_is_taken_away_stops_the_custom_rule(aws: LocalAws, deploy: Deploy) -> None:
    function = judging(aws, deploy, {"main": "COMPLIANT"})
    aws.client("lambda").remove_permission(FunctionName=function, StatementId="config")
    aws.evaluate_config_rules()
    aws.wait_idle()
    assert aws.invocations == []
    assert [entry.detail["rule"] for entry in aws.timeline.entries("undelivered")] == ["custom"]


def test_a_deleted_rules_verdicts_are_gone(aws: LocalAws, deploy: Deploy) -> None:
    deploy.recorder()
    config = aws.client("config")
    config.put_config_rule(ConfigRule=managed())
    aws.evaluate_config_rules()
    config.delete_config_rule(ConfigRuleName="rule")
    read = config.get_compliance_details_by_config_rule
    assert refusal(read, ConfigRuleName="rule") == "NoSuchConfigRuleException"
    config.put_config_rule(ConfigRule=managed())
    assert verdicts(aws, "rule") == []
