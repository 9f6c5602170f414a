"""A signed HTTP request, read as the AWS call that it is.

The service is taken from the credential scope of the signature, the operation and its parameters from the
service models that boto3 carries; moto's router and parsers do the work for every protocol but CBOR.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from botocore.parsers import RpcV2CBORParser
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from tests.local_aws.actions import UnknownAction, action
from tests.local_aws.resources import Lookup, UnknownResource, resource_arns

__all__ = [
    "AwsRequest",
    "Lookup",
    "UnknownAction",
    "UnknownResource",
    "UnreadableRequest",
    "action",
    "parse_request",
    "resource_arns",
]

_CREDENTIAL = re.compile(
    r"Credential=(?P<access_key>[^/,\s]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request"
)
_MODELS = {"monitoring": "cloudwatch", "states": "stepfunctions", "tagging": "resourcegroupstaggingapi"}
"""Service models whose name is not the one requests are signed for."""
_IAM_PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag"}
"""IAM prefixes that are not the name requests are signed for."""
_CBOR_PATH = re.compile(r"/service/[^/]+/operation/(?P<operation>[^/]+)/?")


class UnreadableRequest(ValueError):
    """A request that is not signed, not for a known service or operation, or malformed."""


@dataclass(frozen=True)
class AwsRequest:
    """One AWS call.

    Attributes
    ----------
    service
        The service's IAM prefix, such as ``cloudtrail`` or ``cloudwatch``.
    operation
        The operation's name in the service's API, such as ``ListObjectsV2``.
    region, access_key
        From the credential scope of the signature.
    parameters
        The operation's input members; blobs as bytes, timestamps as datetimes, what was not sent left out.
    """

    service: str
    operation: str
    region: str
    access_key: str
    parameters: Mapping[str, Any]


def parse_request(
    method: str, host: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> AwsRequest:
    """Read a signed request.

    Parameters
    ----------
    method
        The HTTP method.
    host
        The Host header, with its port if it has one; a bucket may stand in it.
    path
        The path as it was sent, percent-encoded.
    query
        The query string as it was sent, without the question mark; empty if there is none.
    headers
        The header fields; names in any case.
    body
        The whole body.

    Raises
    ------
    UnreadableRequest
        When the request is not signed with version 4, or names no known service or operation.
    """
    fields = {name.lower(): value for name, value in headers.items()}
    scope = _credential_scope(fields, query)
    signed_for = scope["service"]
    try:
        model = get_service_model(_MODELS.get(signed_for, signed_for))
    except UnknownServiceError as error:
        raise UnreadableRequest(f"no service is known by the name {signed_for!r}") from error
    if fields.get("smithy-protocol") == "rpc-v2-cbor":
        operation, parameters = _parse_cbor(path, body)
    else:
        target = f"{path}?{query}" if query else path
        request = Request.from_primitives(method, f"http://{host}{target}", {**fields, "host": host}, body)
        # Keys of S3 hold slashes at their start and encoded ones; the router reads the path from here.
        request.environ["RAW_URI"] = target
        operation, parameters = _parse_modelled(model.service_name, request)
    return AwsRequest(
        service=_IAM_PREFIXES.get(signed_for, signed_for),
        operation=operation,
        region=scope["region"],
        access_key=scope["access_key"],
        parameters=parameters,
    )


def _credential_scope(fields: Mapping[str, str], query: str) -> re.Match[str]:
    authorization = fields.get("authorization", "")
    presigned = parse_qs(query).get("X-Amz-Credential", [""])[0]
    scope = _CREDENTIAL.search(authorization) or _CREDENTIAL.search(f"Credential={presigned}")
    if scope is None:
        raise UnreadableRequest("the request is not signed with AWS Signature Version 4")
    return scope


def _parse_modelled(model_name: str, request: Request) -> tuple[str, dict[str, Any]]:
    model = get_service_model(model_name)
    try:
        operation, labels = get_service_router(model_name).match(request)
        protocol = determine_request_protocol(model, request.content_type)
        parameters = _parser(protocol, operation).parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.data,
                "url_path": request.path,
                "url_params": labels,
            }
        )
    except (NotFound, NotImplementedError, OperationNotFoundError) as error:
        raise UnreadableRequest(
            f"no operation of {model_name} is {request.method} {request.raw_path}"
        ) from error
    except RequestParserError as error:
        raise UnreadableRequest(f"{model_name} {operation.name}: {error}") from error
    return operation.name, parameters


def _parser(protocol: str, operation: OperationModel) -> Any:
    return PROTOCOL_PARSERS[protocol](operation)


def _parse_cbor(path: str, body: bytes) -> tuple[str, dict[str, Any]]:
    """Read Smithy's RPC v2 CBOR: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html."""
    target = _CBOR_PATH.fullmatch(path)
    if target is None:
        raise UnreadableRequest(f"no operation is named by {path}")
    decoder = RpcV2CBORParser()
    parameters = decoder.parse_data_item(decoder.get_peekable_stream_from_bytes(body)) if body else {}
    return target["operation"], parameters
