"""Requests as they come over HTTP, and answers in the form that the caller's protocol wants.

moto's serializers write every protocol from the service models that boto3 carries.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, unescape

from moto.core.request import determine_request_protocol
from moto.core.serialize import XFormedAttributePicker, get_serializer_class
from moto.core.utils import get_service_model


class AwsError(Exception):
    """An error that the caller gets.

    Attributes
    ----------
    code, message
        As AWS words them.
    status
        The HTTP status, for errors that the service's model does not have.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class HttpRequest:
    """One request.

    Attributes
    ----------
    path, query
        As they were sent, percent-encoded.
    headers
        With names in lower case.
    environ
        The WSGI environment it came in.
    """

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    source_ip: str
    environ: Mapping[str, Any]

    @classmethod
    def from_environ(cls, environ: dict[str, Any]) -> HttpRequest:
        """Read a request and its whole body."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length:
            body = environ["wsgi.input"].read(length)
        elif "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            body = environ["wsgi.input"].read()
        else:
            body = b""
        target = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ.get("PATH_INFO", "/"))
        path, _, query = target.partition("?")
        headers = {
            name[5:].replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") and isinstance(value, str)
        }
        for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            if environ.get(name):
                headers[name.replace("_", "-").lower()] = environ[name]
        return cls(
            method=environ["REQUEST_METHOD"],
            host=environ.get("HTTP_HOST", "127.0.0.1"),
            path=path,
            query=query,
            headers=headers,
            body=body,
            source_ip=environ.get("REMOTE_ADDR", "127.0.0.1"),
            environ=environ,
        )

    def to_environ(self) -> dict[str, Any]:
        """Give a WSGI environment whose body has not been read."""
        environ = {key: value for key, value in self.environ.items() if not key.startswith("werkzeug.")}
        environ["wsgi.input"] = io.BytesIO(self.body)
        environ["CONTENT_LENGTH"] = str(len(self.body))
        return environ


@dataclass(frozen=True)
class Answer:
    """One response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def serialize(
    http: HttpRequest, service: str, operation: str, result: Mapping[str, Any] | AwsError
) -> Answer:
    """Write a result or an error for the protocol of a request.

    Parameters
    ----------
    http
        The request that is answered.
    service
        The name of the service's model.
    operation
        The operation, as the model names it.
    result
        The operation's output members, or the error.
    """
    model = get_service_model(service)
    operation_model = model.operation_model(operation)
    protocol = determine_request_protocol(model, http.headers.get("content-type", ""))
    serializer = get_serializer_class(service, protocol)(
        operation_model=operation_model, value_picker=XFormedAttributePicker()
    )
    if isinstance(result, AwsError):
        return _write_error(model, protocol, result)
    written = serializer.serialize(result)
    body = written["body"]
    headers = {str(name): str(value) for name, value in written["headers"].items()}
    return Answer(int(written["status_code"]), headers, body.encode() if isinstance(body, str) else body)


def _write_error(model: Any, protocol: str, error: AwsError) -> Answer:
    """Write an error.

    https://smithy.io/2.0/aws/protocols/index.html
    """
    modelled = next(
        (shape for shape in model.error_shapes if error.code in (shape.name, shape.error_code)), None
    )
    status = (modelled.metadata.get("error") or {}).get("httpStatusCode") if modelled is not None else None
    status = int(status or error.status)
    if "json" in protocol:
        version = model.metadata.get("jsonVersion", "1.1")
        kind = "application/json" if protocol == "rest-json" else f"application/x-amz-json-{version}"
        content = {"__type": error.code, "message": error.message, "Message": error.message}
        headers = {"Content-Type": kind, "x-amzn-ErrorType": error.code}
        return Answer(status, headers, json.dumps(content).encode())
    inner = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if protocol == "rest-xml":
        body = f"<Error>{inner}</Error>"
    elif protocol == "ec2":
        body = f"<Response><Errors><Error>{inner}</Error></Errors></Response>"
    else:
        body = f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error></ErrorResponse>"
    return Answer(status, {"Content-Type": "text/xml"}, f'<?xml version="1.0"?>{body}'.encode())


def error_of(answer: Answer) -> tuple[str, str] | None:
    """Read the error's code and message out of an answer; None when it is no error."""
    if answer.status < 400:
        return None
    return _parsed_error(answer)


def _parsed_error(answer: Answer) -> tuple[str, str]:
    text = answer.body.decode("utf-8", "replace")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    code = headers.get("x-amzn-errortype", "")
    message = ""
    if text.lstrip().startswith("{"):
        try:
            content = json.loads(text)
        except ValueError:
            content = {}
        code = code or str(content.get("__type") or content.get("code") or content.get("Code") or "")
        message = str(content.get("message") or content.get("Message") or "")
    else:
        found = re.search(r"<Code>(.*?)</Code>", text, re.DOTALL)
        code = found[1] if found else code
        found = re.search(r"<Message>(.*?)</Message>", text, re.DOTALL)
        message = found[1] if found else ""
    return code.rpartition("#")[2].partition(":")[0] or f"Http{answer.status}", unescape(message)
