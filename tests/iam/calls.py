"""Requests as boto3 signs and sends them, caught before they leave the process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from botocore.config import Config

from tests.local_aws.requests import AwsRequest, action, parse_request, resource_arns

REGION = "eu-west-1"
LOCAL = "http://127.0.0.1:5000"
ACCOUNT = "123456789012"
HERE = f"{REGION}:{ACCOUNT}"
FOUND = {
    (
        "config",
        "config-rule",
        "rearm-cloudtrail-enabled",
    ): f"arn:aws:config:{HERE}:config-rule/config-rule-9rpvxc",
    (
        "config",
        "configuration-recorder",
        "default",
    ): f"arn:aws:config:{HERE}:configuration-recorder/default/r1",
    ("kms", "alias", "alias/topic"): f"arn:aws:kms:{HERE}:key/1234",
    ("iam", "role", "app"): f"arn:aws:iam::{ACCOUNT}:role/rearm/app",
    ("iam", "user", "operator"): f"arn:aws:iam::{ACCOUNT}:user/operator",
    ("ec2", "security-group", "web"): f"arn:aws:ec2:{HERE}:security-group/sg-9",
}
"""The resources that there are, as `lookup` finds them."""


@dataclass(frozen=True)
class Case:
    """A call with boto3, and how IAM must authorise it."""

    service: str
    method: str
    action: str
    arns: tuple[str, ...]
    parameters: dict[str, Any]

    def __str__(self) -> str:
        """Name the call in the test's id."""
        return f"{self.service} {self.method} {', '.join(self.parameters)}".rstrip()


class _CaughtError(Exception):
    def __init__(self, request: AWSPreparedRequest) -> None:
        super().__init__(request.url)
        self.request = request


@cache
def _client(service: str, endpoint: str | None, style: str | None) -> Any:
    session: Any = boto3.Session()
    s3_options: Any = {"addressing_style": style}
    client = session.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="secret",
        config=Config(s3=s3_options) if style else None,
    )

    def catch(request: AWSPreparedRequest, **_: Any) -> None:
        raise _CaughtError(request)

    client.meta.events.register("before-send", catch)
    return client


def prepare(
    service: str, method: str, *, endpoint: str | None = LOCAL, style: str | None = None, **parameters: Any
) -> AWSPreparedRequest:
    """Make a call with boto3 and give the signed HTTP request instead of sending it.

    Parameters
    ----------
    service, method
        boto3's names of the client and its method.
    endpoint
        Where it would go; None for AWS itself.
    style
        S3's addressing style, ``path`` or ``virtual``; boto3's own choice if not given.
    parameters
        The method's.
    """
    client = _client(service, endpoint, style)
    try:
        getattr(client, method)(**parameters)
    except _CaughtError as caught:
        return caught.request
    raise AssertionError(f"{service} {method} sent nothing")


def texts(headers: HTTPHeaders) -> dict[str, str]:
    """Give the header fields as texts; boto3 holds some of them as bytes."""
    fields: list[tuple[str, Any]] = list(headers.items())
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in fields}


def read(request: AWSPreparedRequest) -> AwsRequest:
    """Read a prepared request as the server on this machine would."""
    url = urlsplit(request.url)
    body: Any = request.body or b""
    content = body.read() if hasattr(body, "read") else body
    content = content.encode() if isinstance(content, str) else bytes(content)
    return parse_request(request.method, url.netloc, url.path, url.query, texts(request.headers), content)


def call(service: str, method: str, **options: Any) -> AwsRequest:
    """Make a call with boto3 and read the request that it would have sent; for the options see `prepare`."""
    return read(prepare(service, method, **options))


def case(service: str, method: str, needed: str, /, *arns: str, **parameters: Any) -> Case:
    """Say that a call needs an action, named without the service, on these ARNs."""
    return Case(service, method, f"{service}:{needed}", arns, parameters)


def check(expected: Case) -> None:
    """Make a case's call and check how it is authorised."""
    request = call(expected.service, expected.method, **expected.parameters)
    assert action(request) == expected.action
    assert resource_arns(request, ACCOUNT, "aws", lookup) == expected.arns


def lookup(service: str, kind: str, name: str) -> str | None:
    """Find the ARN of one of the resources that there are."""
    return FOUND.get((service, kind, name))
