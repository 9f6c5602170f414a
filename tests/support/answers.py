"""Answers of AWS as botocore takes them off the wire, in whatever protocol the caller speaks."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from email.utils import formatdate
from functools import cache
from typing import Any

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.model import OperationModel, ServiceModel

from tests.local_aws.answers import AwsError, HttpRequest, serialize
from tests.support.wire import Sent, response

__all__ = ["AwsError", "answered", "body_of", "operation_model", "protocol", "replaced"]

# Service models whose name is not the service's IAM prefix.
MODELS = {"monitoring": "cloudwatch"}
CHECKSUM = "x-amz-crc32"
REQUEST_ID = "5c6a1f0e-0000-4000-8000-000000000000"


@cache
def service_model(service: str) -> ServiceModel:
    """Return botocore's model of a service, given by its IAM prefix."""
    return botocore.session.get_session().get_service_model(MODELS.get(service, service))


def operation_model(service: str, operation: str) -> OperationModel:
    """Return botocore's model of an operation."""
    return service_model(service).operation_model(operation)


def protocol(service: str) -> str:
    """Return the protocol that botocore speaks with a service."""
    return str(service_model(service).resolved_protocol)


def answered(sent: Sent, result: Mapping[str, Any] | AwsError) -> AWSResponse:
    """Answer a request with a result or an error, in the protocol that it was made in."""
    http = HttpRequest("POST", "", "/", "", sent.headers, b"", "127.0.0.1", {})
    model = MODELS.get(sent.call.service, sent.call.service)
    answer = serialize(http, model, sent.call.operation, result)
    headers = {
        "x-amzn-requestid": REQUEST_ID,
        "date": formatdate(usegmt=True),
        **{name.lower(): value for name, value in answer.headers.items()},
    }
    return response(sent.url, answer.status, headers, answer.body)


def body_of(whole: AWSResponse) -> bytes:
    """Return a response's body, which can still be read afterwards."""
    return bytes(whole.content)


def replaced(whole: AWSResponse, body: bytes, *, broken_off: bool = False) -> AWSResponse:
    """Return a response with another body; one that has broken off keeps the checksum of the whole.

    DynamoDB's answers have one, which botocore looks at.
    """
    headers = {name.lower(): value for name, value in whole.headers.items()}
    if CHECKSUM in headers and not broken_off:
        headers[CHECKSUM] = str(binascii.crc32(body))
    return response(whole.url, whole.status_code, headers, body)
