"""Answers of AWS as botocore takes them off the wire, in whatever protocol the caller speaks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import formatdate
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.model import OperationModel, ServiceModel

from tests.local_aws.answers import AwsError
from tests.support.wire import Sent, response

__all__ = ["AwsError", "answered", "body_of", "operation_model", "protocol", "replaced"]

# Service models whose name is not the service's IAM prefix.
MODELS = {"monitoring": "cloudwatch"}
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
    """Answer a request with a result or an error.

    Raises
    ------
    NotImplementedError
        Nobody has needed this yet in the service's protocol.
    """
    spoken = protocol(sent.call.service)
    if spoken == "json":
        if isinstance(result, AwsError):
            body = json.dumps({"__type": result.code, "message": result.message})
            return _response(sent.url, result.status, "application/x-amz-json-1.1", body)
        return _response(sent.url, 200, "application/x-amz-json-1.1", json.dumps(result, default=_plain))
    if spoken == "query" and isinstance(result, AwsError):
        kind = "Sender" if result.status < 500 else "Receiver"
        code, message = escape(result.code), escape(result.message)
        error = f"<Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        body = f"<ErrorResponse>{error}<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
        return _response(sent.url, result.status, "text/xml", body)
    raise NotImplementedError(f"{type(result).__name__} of {sent.call.service} in {spoken}")


def body_of(whole: AWSResponse) -> bytes:
    """Return a response's body, which can still be read afterwards."""
    return bytes(whole.content)


def replaced(whole: AWSResponse, body: bytes) -> AWSResponse:
    """Return a response with another body."""
    return response(whole.url, whole.status_code, dict(whole.headers), body)


def _response(url: str, status: int, content_type: str, body: str) -> AWSResponse:
    headers = {
        "content-type": content_type,
        "x-amzn-requestid": REQUEST_ID,
        "date": formatdate(usegmt=True),
    }
    return response(url, status, headers, body)


def _plain(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{value!r} is not JSON")
