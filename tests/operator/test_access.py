from __future__ import annotations

from typing import Any

import pytest

from rearm.aws import Aws, AwsError
from rearm.model import Failure
from tests.events.envelopes import REGION
from tools.operator.access import OperatorError, automations, explain, open_access


@pytest.mark.parametrize(
    ("code", "call", "said"),
    [
        ("NoCredentialsError", "sts:GetCallerIdentity", "There are no AWS credentials"),
        ("PartialCredentialsError", "sts:GetCallerIdentity", "There are no AWS credentials"),
        ("ExpiredToken", "sts:GetCallerIdentity", "sign in again"),
        ("ExpiredTokenException", "dynamodb:Query", "sign in again"),
        ("UnrecognizedClientException", "dynamodb:Query", "sign in again"),
        ("AccessDeniedException", "dynamodb:Query", "You may not call dynamodb:Query: docs/operator.md"),
        ("AccessDeniedException", "dynamodb:PutItem", "your role must be in `operator_role_arns`"),
        ("AccessDenied", "s3:PutBucketPolicy", "You may not call s3:PutBucketPolicy"),
        ("ResourceNotFoundException", "dynamodb:Query", "no table rearm-records in us-east-1"),
        ("EndpointConnectionError", "dynamodb:Query", "could not be reached, REGION is us-east-1"),
        ("InternalServerError", "dynamodb:Query", "AWS did not answer as it should"),
        ("ResourceNotFoundException", "lambda:Invoke", "AWS did not answer as it should"),
    ],
)
def test_every_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, code: str, call: str, said: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    told = explain(AwsError(Failure(code, "because", call)), "rearm", REGION)
    assert said in told
    assert f"({call}: {code}: because)" in told


def test_an_endpoint_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(OperatorError, match=r"AWS_ENDPOINT_URL is http://127\.0\.0\.1:9"):
        open_access("rearm", REGION, Aws())


def test_without_credentials_it_says_how_to_get_some(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(variable)
    with pytest.raises(OperatorError, match="AWS_PROFILE"):
        open_access("rearm", REGION, Aws())


def test_the_region_is_the_given_one_or_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Asked(Aws):
        def call(self, service: str, region: str, *_: Any, **__: Any) -> Any:
            asked.append(region)
            return {"Arn": "arn:aws-us-gov:iam::123456789012:user/one", "Account": "123456789012"}

    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    assert open_access("rearm", "us-gov-west-1", Asked()).partition == "aws-us-gov"
    open_access("rearm", "", Asked())
    monkeypatch.delenv("AWS_REGION")
    open_access("rearm", "", Asked())
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(OperatorError, match="There is no region"):
        open_access("rearm", "", Asked())
    assert asked == ["us-gov-west-1", "eu-west-1", "eu-west-2"]


def test_a_profile_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(OperatorError, match="nobody"):
        open_access("rearm", "", Aws())


def test_the_automations_are_those_of_the_checkout() -> None:
    assert "cloudtrail" in automations()
