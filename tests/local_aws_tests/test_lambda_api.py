"""Lambda's API where moto is lax."""

from __future__ import annotations

import json
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.local import LocalAws
from tests.local_aws_tests.deploy import ECHO, TRUST, Deploy, zipped


def test_a_function_that_is_not_there_is_not_found(aws: LocalAws) -> None:
    with pytest.raises(ClientError) as refused:
        aws.client("lambda").invoke(FunctionName="function")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_role_that_lambda_may_not_assume_is_refused(aws: LocalAws, deploy: Deploy) -> None:
    trust = json.loads(json.dumps(TRUST).replace("lambda.amazonaws.com", "ec2.amazonaws.com"))
    for role in (
        deploy.role("other", trust=trust),
        f"arn:aws:iam::{aws.account}:role/absent",
    ):
        with pytest.raises(ClientError, match="cannot be assumed by Lambda") as refused:
            deploy.function(role=role)
        assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"


@pytest.mark.parametrize(("size", "taken"), [(4096, True), (4097, False)])
def test_an_environment_of_more_than_4_kb_is_refused(
    aws: LocalAws, deploy: Deploy, size: int, *, taken: bool
) -> None:
    environment = {"A": "x" * (size - len('{"A":""}'))}
    if taken:
        deploy.function(environment=environment)
        return
    with pytest.raises(ClientError, match="exceeded the 4KB limit") as refused:
        deploy.function(environment=environment)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_variables_that_are_lambdas_own_are_refused(aws: LocalAws, deploy: Deploy) -> None:
    with pytest.raises(ClientError, match="AWS_REGION"):
        deploy.function(environment={"AWS_REGION": "us-east-1"})


def test_the_deployed_zip_can_be_fetched(aws: LocalAws, deploy: Deploy) -> None:
    deploy.function()
    location = aws.client("lambda").get_function(FunctionName="function")["Code"]["Location"]
    with urllib.request.urlopen(location) as answer:  # noqa: S310 - loopback
        assert answer.read() == zipped(ECHO)


def test_an_event_source_mapping_is_refused_loudly(aws: LocalAws, deploy: Deploy) -> None:
    _, queue = deploy.queue("events")
    deploy.function()
    with pytest.raises(ClientError, match="not imitated here"):
        aws.client("lambda").create_event_source_mapping(EventSourceArn=queue, FunctionName="function")


def test_a_payload_that_is_no_json_is_refused(aws: LocalAws, deploy: Deploy) -> None:
    deploy.function()
    with pytest.raises(ClientError) as refused:
        aws.client("lambda").invoke(FunctionName="function", Payload=b"{")
    assert refused.value.response["Error"]["Code"] == "InvalidRequestContentException"


def test_a_dry_run_runs_nothing(aws: LocalAws, deploy: Deploy) -> None:
    deploy.function()
    answer = aws.client("lambda").invoke(FunctionName="function", InvocationType="DryRun")
    assert answer["StatusCode"] == 204
    assert aws.invocations == []
