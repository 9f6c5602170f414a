"""Functions run as they are deployed, by AWS's runtime client."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.local import LocalAws
from tests.local_aws.options import Options
from tests.local_aws_tests.deploy import LOGGING, REGION, TRUST, Deploy, allow, zipped

BEHAVING = """
import json, os, sys, time

print("loaded", flush=True)

def handle(event, context):
    print(json.dumps({"said": event, "id": context.aws_request_id}))
    print("to stderr", file=sys.stderr)
    if event.get("raise"):
        raise ValueError(event["raise"])
    if event.get("sleep"):
        time.sleep(event["sleep"])
    if event.get("exit"):
        os._exit(event["exit"])
    return {
        "pid": os.getpid(),
        "environment": dict(os.environ),
        "left": context.get_remaining_time_in_millis(),
        "directory": os.getcwd(),
        "python": sys.version_info[:2],
    }
"""
RUNTIMES = ["api", *(["emulator"] if os.environ.get("REARM_LAMBDA_RIE") else [])]


@pytest.fixture(params=RUNTIMES)
def options(request: pytest.FixtureRequest) -> Options:
    named = os.environ.get("REARM_LAMBDA_RIE", "")
    return Options(emulator=Path(named) if request.param == "emulator" else None)


def invoke(aws: LocalAws, event: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    answer = aws.client("lambda").invoke(FunctionName="function", Payload=json.dumps(event or {}), **more)
    return {**answer, "Payload": json.loads(answer["Payload"].read() or b"null")}


def test_a_function_has_lambdas_environment_its_own_and_nothing_else(aws: LocalAws, deploy: Deploy) -> None:
    deploy.function(BEHAVING, environment={"COLOUR": "red"}, timeout=7)
    result = invoke(aws)
    assert result["StatusCode"] == 200
    assert "FunctionError" not in result
    payload = result["Payload"]
    environment = payload["environment"]
    assert environment["COLOUR"] == "red"
    assert environment["AWS_REGION"] == REGION
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "function"
    assert environment["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "128"
    assert environment["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/function"
    assert environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert environment["AWS_ENDPOINT_URL"] == aws.endpoint_url
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert environment["AWS_SESSION_TOKEN"]
    assert environment["LAMBDA_TASK_ROOT"] == payload["directory"]
    assert 5000 < payload["left"] <= 7000
    assert not {name for name in environment if name.startswith(("PYTEST", "REARM", "TF_", "PYTHON"))}


def test_a_process_that_was_ended_is_followed_by_a_new_one(aws: LocalAws, deploy: Deploy) -> None:
    deploy.function(BEHAVING)
    first = invoke(aws)["Payload"]["pid"]
    aws.end_processes()
    assert invoke(aws)["Payload"]["pid"] != first
    assert [invocation.cold for invocation in aws.invocations] == [True, True]


def test_a_process_stays_warm_until_the_deployed_state_changes(aws: LocalAws, deploy: Deploy) -> None:
    deploy.function(BEHAVING)
    first, second = (invoke(aws)["Payload"]["pid"] for _ in range(2))
    assert first == second
    client = aws.client("lambda")
    client.update_function_configuration(
        FunctionName="function", Environment={"Variables": {"COLOUR": "blue"}}
    )
    third = invoke(aws)["Payload"]
    assert third["pid"] != first
    assert third["environment"]["COLOUR"] == "blue"
    client.update_function_code(
        FunctionName="function", ZipFile=zipped("def handle(event, context): return {'new': True}")
    )
    assert invoke(aws)["Payload"] == {"new": True}
    assert [invocation.cold for invocation in aws.invocations] == [True, False, True, True]


def test_an_error_of_the_function_is_the_answer(aws: LocalAws, deploy: Deploy) -> None:
    deploy.function(BEHAVING)
    result = invoke(aws, {"raise": "broken"})
    assert (result["StatusCode"], result["FunctionError"]) == (200, "Unhandled")
    assert result["Payload"]["errorType"] == "ValueError"
    assert result["Payload"]["errorMessage"] == "broken"
    assert "pid" in invoke(aws)["Payload"]


def test_a_function_is_ended_at_its_timeout(aws: LocalAws, deploy: Deploy) -> None:
    deploy.function(BEHAVING, timeout=1)
    pid = invoke(aws)["Payload"]["pid"]
    result = invoke(aws, {"sleep": 30})
    assert result["FunctionError"] == "Unhandled"
    assert "Task timed out after 1.00 seconds" in result["Payload"]["errorMessage"]
    assert invoke(aws)["Payload"]["pid"] != pid
    assert 0.9 < aws.invocations[1].seconds < 8


def test_a_function_that_ends_its_process_has_failed_and_starts_again(aws: LocalAws, deploy: Deploy) -> None:
    deploy.function(BEHAVING)
    result = invoke(aws, {"exit": 3})
    assert result["FunctionError"] == "Unhandled"
    assert result["Payload"]["errorType"] == "Runtime.ExitError"
    assert "exit status 3" in result["Payload"]["errorMessage"]
    assert "pid" in invoke(aws)["Payload"]


@pytest.mark.parametrize("code", ["import no_such_module", "def other(): pass", "this is no Python"])
def test_a_function_that_cannot_be_loaded_has_failed(aws: LocalAws, deploy: Deploy, code: str) -> None:
    deploy.function(code)
    result = invoke(aws)
    assert result["FunctionError"] == "Unhandled"
    assert result["Payload"]["errorType"].startswith("Runtime.")


def test_the_log_is_in_cloudwatch_and_in_the_tail(aws: LocalAws, deploy: Deploy) -> None:
    deploy.function(BEHAVING)
    result = invoke(aws, {"n": 1}, LogType="Tail")
    invoke(aws, {"n": 2})
    events = aws.client("logs").filter_log_events(logGroupName="/aws/lambda/function")["events"]
    messages = [event["message"].rstrip() for event in events]
    assert len({event["logStreamName"] for event in events}) == 1
    said = [json.loads(message)["said"] for message in messages if message.startswith("{")]
    assert said == [{"n": 1}, {"n": 2}]
    assert messages.count("loaded") == 1
    assert "to stderr" in messages
    for mark in ("START RequestId: ", "END RequestId: ", "REPORT RequestId: "):
        assert sum(message.startswith(mark) for message in messages) == 2
    assert '"n": 1' in base64.b64decode(result["LogResult"]).decode()


def test_the_id_in_the_log_is_the_invocations(aws: LocalAws, deploy: Deploy) -> None:
    deploy.function(BEHAVING)
    invoke(aws)
    (invocation,) = aws.invocations
    said = next(json.loads(line) for line in invocation.lines if line.startswith("{"))
    assert said["id"] == invocation.request_id


def test_the_log_is_written_with_the_roles_rights(aws: LocalAws, deploy: Deploy) -> None:
    deploy.function(BEHAVING, role=deploy.role(statements=[]))
    assert "FunctionError" not in invoke(aws)
    assert aws.client("logs").describe_log_groups()["logGroups"] == []
    (call,) = aws.calls
    assert (call.caller, call.action, call.decision.allowed) == ("lambda", "logs:CreateLogGroup", False)


def test_an_asynchronous_invocation_is_answered_at_once_and_runs(aws: LocalAws, deploy: Deploy) -> None:
    deploy.function(BEHAVING)
    answer = invoke(aws, {"n": 1}, InvocationType="Event")
    assert (answer["StatusCode"], answer["Payload"]) == (202, None)
    aws.wait_idle()
    assert [invocation.event for invocation in aws.invocations] == [{"n": 1}]


def failing(aws: LocalAws, deploy: Deploy, statements: list[dict[str, Any]], retries: int | None) -> str:
    """Make a function that fails, with a queue as its on-failure destination, and give the queue's URL."""
    url, arn = deploy.queue("failures")
    deploy.function(BEHAVING, role=deploy.role(statements=statements))
    limits = {} if retries is None else {"MaximumRetryAttempts": retries}
    aws.client("lambda").put_function_event_invoke_config(
        FunctionName="function", DestinationConfig={"OnFailure": {"Destination": arn}}, **limits
    )
    return url


@pytest.mark.parametrize(("retries", "runs"), [(None, 3), (0, 1), (1, 2)])
def test_a_failed_event_is_retried_and_then_kept(
    aws: LocalAws, deploy: Deploy, retries: int | None, runs: int
) -> None:
    url = failing(aws, deploy, [LOGGING, allow("sqs:SendMessage")], retries)
    invoke(aws, {"raise": "broken"}, InvocationType="Event")
    aws.wait_idle()
    assert [invocation.attempt for invocation in aws.invocations] == list(range(1, runs + 1))
    (message,) = deploy.received(url)
    record = json.loads(message["Body"])
    assert set(record) == {
        "version", "timestamp", "requestContext", "requestPayload", "responseContext", "responsePayload",
    }  # fmt: skip
    context = record["requestContext"]
    assert context["functionArn"] == f"arn:aws:lambda:{REGION}:{aws.account}:function:function:$LATEST"
    assert (context["condition"], context["approximateInvokeCount"]) == ("RetriesExhausted", runs)
    assert record["requestPayload"] == {"raise": "broken"}
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["responsePayload"]["errorMessage"] == "broken"


def test_a_second_invoke_configuration_replaces_the_first(aws: LocalAws, deploy: Deploy) -> None:
    url = failing(aws, deploy, [LOGGING, allow("sqs:SendMessage")], 0)
    aws.client("lambda").put_function_event_invoke_config(FunctionName="function", MaximumRetryAttempts=1)
    invoke(aws, {"raise": "broken"}, InvocationType="Event")
    aws.wait_idle()
    assert len(aws.invocations) == 2
    assert deploy.received(url) == []


def test_a_role_that_may_not_send_loses_the_failed_event(aws: LocalAws, deploy: Deploy) -> None:
    url = failing(aws, deploy, [LOGGING], 0)
    invoke(aws, {"raise": "broken"}, InvocationType="Event")
    aws.wait_idle()
    assert deploy.received(url) == []
    denied = [call for call in aws.calls if not call.decision.allowed]
    assert [(call.caller, call.action) for call in denied] == [("lambda", "sqs:SendMessage")]


def test_a_role_that_lambda_may_no_longer_assume_runs_nothing(aws: LocalAws, deploy: Deploy) -> None:
    deploy.function(BEHAVING)
    trust = json.dumps(TRUST).replace("lambda.amazonaws.com", "ec2.amazonaws.com")
    aws.client("iam").update_assume_role_policy(RoleName="function", PolicyDocument=trust)
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        invoke(aws)
    invoke(aws, InvocationType="Event")
    aws.wait_idle()
    assert aws.invocations == []
    (lost,) = aws.timeline.entries("undelivered")
    assert "cannot be assumed by Lambda" in lost.text


def test_without_reserved_concurrency_nothing_runs_and_events_are_kept(aws: LocalAws, deploy: Deploy) -> None:
    url = failing(aws, deploy, [LOGGING, allow("sqs:SendMessage")], 2)
    client = aws.client("lambda")
    client.put_function_concurrency(FunctionName="function", ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as throttled:
        invoke(aws)
    assert throttled.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert throttled.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    invoke(aws, {"n": 1}, InvocationType="Event")
    aws.wait_idle()
    assert aws.invocations == []
    (message,) = deploy.received(url)
    record = json.loads(message["Body"])
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestPayload"] == {"n": 1}
    client.delete_function_concurrency(FunctionName="function")
    assert "pid" in invoke(aws)["Payload"]


def test_a_runtime_that_is_not_here_runs_on_the_current_python_and_says_so(options: Options) -> None:
    with LocalAws(replace(options, pythons={})) as aws:
        deploy = Deploy(aws)
        deploy.function(BEHAVING, runtime="python3.9")
        assert invoke(aws)["Payload"]["python"] == list(sys.version_info[:2])
        assert any("no python3.9" in entry.text for entry in aws.timeline.entries("note"))


def test_a_named_python_runs_its_runtime(options: Options) -> None:
    with LocalAws(replace(options, pythons={"3.11": Path(sys.executable)})) as aws:
        deploy = Deploy(aws)
        deploy.function(BEHAVING, runtime="python3.11")
        assert invoke(aws)["Payload"]["python"] == list(sys.version_info[:2])
        assert not [entry for entry in aws.timeline.entries("note") if "python3.11" in entry.text]
