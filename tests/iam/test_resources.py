"""The IAM action of a call and the ARNs it is checked against: the services of Rearm itself."""

from __future__ import annotations

import pytest

from tests.iam.calls import ACCOUNT, HERE, Case, call, case, check
from tests.local_aws.requests import UnknownResource, resource_arns

QUEUE = f"http://127.0.0.1:5000/{ACCOUNT}/rearm-failures"
TOPIC = f"arn:aws:sns:{HERE}:rearm-notifications"
TRAIL = "arn:aws:cloudtrail:us-east-1:210987654321:trail/organization"
RULE = f"arn:aws:config:{HERE}:config-rule"
FUNCTION = f"arn:aws:lambda:{HERE}:function:rearm-cloudtrail"
STREAM = {"logGroupName": "/aws/lambda/f", "logStreamName": "2026/11/24/[$LATEST]ab"}
GROUP = f"arn:aws:logs:{HERE}:log-group:/aws/lambda/f:log-stream:"
CASES = [
    case("cloudtrail", "start_logging", "StartLogging", f"arn:aws:cloudtrail:{HERE}:trail/main", Name="main"),
    case("cloudtrail", "start_logging", "StartLogging", TRAIL, Name=TRAIL),
    case(
        "cloudtrail",
        "put_event_selectors",
        "PutEventSelectors",
        f"arn:aws:cloudtrail:{HERE}:trail/main",
        TrailName="main",
    ),
    case(
        "cloudtrail",
        "stop_event_data_store_ingestion",
        "StopEventDataStoreIngestion",
        f"arn:aws:cloudtrail:{HERE}:eventdatastore/1-2",
        EventDataStore="1-2",
    ),
    case("cloudtrail", "list_tags", "ListTags", TRAIL, "arn:aws:x", ResourceIdList=[TRAIL, "arn:aws:x"]),
    case("cloudtrail", "describe_trails", "DescribeTrails", "*"),
    case("cloudtrail", "lookup_events", "LookupEvents", "*"),
    case("sns", "publish", "Publish", TOPIC, TopicArn=TOPIC, Message="m"),
    case("sns", "publish", "Publish", "*", PhoneNumber="+41000000000", Message="m"),
    case("sns", "create_topic", "CreateTopic", f"arn:aws:sns:{HERE}:t", Name="t"),
    case(
        "sqs",
        "send_message",
        "SendMessage",
        f"arn:aws:sqs:{HERE}:rearm-failures",
        QueueUrl=QUEUE,
        MessageBody="m",
    ),
    case(
        "sqs",
        "delete_message_batch",
        "DeleteMessage",
        f"arn:aws:sqs:{HERE}:rearm-failures",
        QueueUrl=QUEUE,
        Entries=[{"Id": "1", "ReceiptHandle": "r"}],
    ),
    case(
        "sqs",
        "get_queue_url",
        "GetQueueUrl",
        "arn:aws:sqs:eu-west-1:210987654321:q",
        QueueName="q",
        QueueOwnerAWSAccountId="210987654321",
    ),
    case("logs", "create_log_stream", "CreateLogStream", GROUP + STREAM["logStreamName"], **STREAM),
    case(
        "logs",
        "put_log_events",
        "PutLogEvents",
        GROUP + STREAM["logStreamName"],
        **STREAM,
        logEvents=[{"timestamp": 1, "message": "m"}],
    ),
    case("logs", "create_log_group", "CreateLogGroup", GROUP, logGroupName="/aws/lambda/f"),
    case(
        "logs",
        "filter_log_events",
        "FilterLogEvents",
        GROUP,
        logGroupIdentifier=GROUP.removesuffix(":log-stream:"),
    ),
    case("logs", "describe_log_groups", "DescribeLogGroups", "*"),
    case(
        "config",
        "start_config_rules_evaluation",
        "StartConfigRulesEvaluation",
        f"{RULE}/config-rule-9rpvxc",
        f"{RULE}/gone",
        ConfigRuleNames=["rearm-cloudtrail-enabled", "gone"],
    ),
    case("config", "start_config_rules_evaluation", "StartConfigRulesEvaluation", f"{RULE}/*"),
    case(
        "config",
        "get_compliance_details_by_config_rule",
        "GetComplianceDetailsByConfigRule",
        f"{RULE}/config-rule-9rpvxc",
        ConfigRuleName="rearm-cloudtrail-enabled",
    ),
    case(
        "config",
        "start_configuration_recorder",
        "StartConfigurationRecorder",
        f"arn:aws:config:{HERE}:configuration-recorder/default/r1",
        ConfigurationRecorderName="default",
    ),
    case("config", "put_evaluations", "PutEvaluations", "*", ResultToken="t"),
    case("config", "describe_config_rules", "DescribeConfigRules", "*"),
    case("kms", "generate_data_key", "GenerateDataKey", f"arn:aws:kms:{HERE}:key/1234", KeyId="1234"),
    case(
        "kms", "decrypt", "Decrypt", f"arn:aws:kms:{HERE}:key/1234", KeyId="alias/topic", CiphertextBlob=b"x"
    ),
    case(
        "kms",
        "decrypt",
        "Decrypt",
        f"arn:aws:kms:{HERE}:key/1234",
        KeyId=f"arn:aws:kms:{HERE}:alias/topic",
        CiphertextBlob=b"x",
    ),
    case(
        "kms",
        "decrypt",
        "Decrypt",
        "arn:aws:kms:us-east-1:1:key/5",
        KeyId="arn:aws:kms:us-east-1:1:key/5",
        CiphertextBlob=b"x",
    ),
    case(
        "kms",
        "create_alias",
        "CreateAlias",
        f"arn:aws:kms:{HERE}:alias/new",
        f"arn:aws:kms:{HERE}:key/1234",
        AliasName="alias/new",
        TargetKeyId="1234",
    ),
    case(
        "kms",
        "delete_alias",
        "DeleteAlias",
        f"arn:aws:kms:{HERE}:alias/topic",
        f"arn:aws:kms:{HERE}:key/1234",
        AliasName="alias/topic",
    ),
    case("lambda", "invoke", "InvokeFunction", FUNCTION, FunctionName="rearm-cloudtrail"),
    case("lambda", "invoke", "InvokeFunction", f"{FUNCTION}:live", FunctionName=FUNCTION, Qualifier="live"),
    case(
        "lambda", "get_function", "GetFunction", FUNCTION, FunctionName=f"{ACCOUNT}:function:rearm-cloudtrail"
    ),
    case("lambda", "list_functions", "ListFunctions", "*"),
    case(
        "events",
        "put_rule",
        "PutRule",
        f"arn:aws:events:{HERE}:rule/r",
        Name="r",
        ScheduleExpression="rate(1 hour)",
    ),
    case(
        "events",
        "put_targets",
        "PutTargets",
        f"arn:aws:events:{HERE}:rule/bus/r",
        Rule="r",
        EventBusName="bus",
        Targets=[{"Id": "1", "Arn": FUNCTION}],
    ),
    case(
        "events",
        "disable_rule",
        "DisableRule",
        f"arn:aws:events:{HERE}:rule/r",
        Name="r",
        EventBusName=f"arn:aws:events:{HERE}:event-bus/default",
    ),
    case(
        "events",
        "put_events",
        "PutEvents",
        f"arn:aws:events:{HERE}:event-bus/bus",
        f"arn:aws:events:{HERE}:event-bus/default",
        Entries=[{"Source": "s", "EventBusName": "bus"}, {"Source": "s"}],
    ),
    case("events", "list_rules", "ListRules", "*"),
    case(
        "cloudwatch",
        "delete_alarms",
        "DeleteAlarms",
        f"arn:aws:cloudwatch:{HERE}:alarm:a",
        f"arn:aws:cloudwatch:{HERE}:alarm:b",
        AlarmNames=["a", "b"],
    ),
    case("cloudwatch", "describe_alarms", "DescribeAlarms", f"arn:aws:cloudwatch:{HERE}:alarm:*"),
    case("cloudwatch", "get_metric_data", "GetMetricData", "*", MetricDataQueries=[], StartTime=1, EndTime=2),
    case("xray", "put_trace_segments", "PutTraceSegments", "*", TraceSegmentDocuments=["x"]),
]


@pytest.mark.parametrize("expected", CASES, ids=str)
def test_call_is_authorised_as_its_action_on_its_resources(expected: Case) -> None:
    check(expected)


def test_arns_are_of_the_partition() -> None:
    request = call("cloudtrail", "start_logging", Name="main")
    assert resource_arns(request, ACCOUNT, "aws-cn") == (f"arn:aws-cn:cloudtrail:{HERE}:trail/main",)


def test_name_that_needs_a_lookup_is_an_error_without_one() -> None:
    request = call("config", "start_config_rules_evaluation", ConfigRuleNames=["a"])
    with pytest.raises(UnknownResource, match="ARN of config config-rule a must be looked up"):
        resource_arns(request, ACCOUNT, "aws")
