"""What stands between a botocore client and AWS: every HTTP request, read as a call, goes through layers.

A layer may record, refuse, answer, spoil the answer or lose it, below the client's own retries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.loaders import Loader
from botocore.session import Session
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from tests.local_aws.requests import AwsRequest, action, parse_request


@dataclass(frozen=True)
class Sent:
    """One HTTP request to AWS.

    Attributes
    ----------
    call
        The AWS call it carries.
    url
        Where it goes.
    attempt
        1 for the first request of a call, more for the client's retries.
    headers
        The request's header fields, names in lower case.
    """

    call: AwsRequest
    url: str
    attempt: int
    headers: Mapping[str, str]

    @property
    def action(self) -> str:
        """The IAM action it needs."""
        return action(self.call)

    @property
    def key(self) -> str:
        """The call without its place in time: what is asked of whom, where."""
        return key_of(self.call)


Forward = Callable[[], AWSResponse]
Layer = Callable[[Sent, Forward], AWSResponse]

# Parameters that differ between two runs of the same scenario.
_FLEETING = frozenset({"StartTime", "EndTime", "Message", "Subject", "Evaluations", "MessageAttributes"})


def key_of(call: AwsRequest) -> str:
    """Name a call the same in every run: of one about items in a table, the group that they are in."""
    if call.service == "dynamodb":
        return f"dynamodb:{call.operation} {call.region} {group_of(call)}"
    told = [
        f"{name}={_short(value)}" for name, value in sorted(call.parameters.items()) if name not in _FLEETING
    ]
    return f"{call.service}:{call.operation} {call.region} {' '.join(told)}".strip()


def group_of(call: AwsRequest) -> str:
    """Return the partition key of the item, or items, that a call of the deployment's table is about."""
    asked = call.parameters
    item = asked.get("Key") or asked.get("Item") or {}
    value = item.get("group") or (asked.get("ExpressionAttributeValues") or {}).get(":g") or {}
    return str(value.get("S", ""))


def _short(value: object) -> str:
    if isinstance(value, str):
        return value.rpartition("/")[2].rpartition(":")[2]
    if isinstance(value, Mapping):
        return "+".join(_short(one) for one in value.values())
    if isinstance(value, Sequence):
        return ",".join(_short(one) for one in value)
    return str(value)


class Wire:
    """The layers that the clients of a session send through, the first one outermost; moto is the last."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []

    def send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        """Send a request through the layers; a botocore handler for ``before-send``."""
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        sent = Sent(_read(request, headers), request.url, _attempt(headers), headers)

        def through(layers: Sequence[Layer]) -> AWSResponse:
            if not layers:
                return _moto(request)
            return layers[0](sent, lambda: through(layers[1:]))

        return through(self.layers)


class WiredSession(Session):
    """A botocore session whose clients send through a wire.

    It keeps its loader, whatever loader it is given: reading the service models anew for every test would
    take longer than the tests.
    """

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        super().register_component("data_loader", _LOADER)
        # moto adds its own handler to every session; beside this one each request would be answered twice.
        self.unregister("before-send", botocore_stubber)  # type: ignore[arg-type]  # typed too narrowly
        self.register("before-send", wire.send)  # type: ignore[arg-type]

    def register_component(self, name: str, component: object) -> None:
        """Register a component, except for another loader."""
        if name != "data_loader":
            super().register_component(name, component)


_LOADER: Loader = botocore.session.get_session().get_component("data_loader")


def _read(request: AWSPreparedRequest, headers: Mapping[str, str]) -> AwsRequest:
    body: Any = request.body or b""
    content = body.encode() if isinstance(body, str) else bytes(body)
    # All that decides what a request is; the signature and the date, which it also holds, change every time.
    scope = headers.get("authorization", "").partition(", SignedHeaders")[0]
    kept = {
        name: headers[name] for name in ("content-type", "x-amz-target", "smithy-protocol") if name in headers
    }
    told = tuple(sorted({**kept, "authorization": scope}.items()))
    return _parsed(request.method, request.url, told, content)


@lru_cache(maxsize=4096)
def _parsed(method: str, url: str, headers: tuple[tuple[str, str], ...], body: bytes) -> AwsRequest:
    """Read a request; many scenarios make the same ones."""
    parts = urlsplit(url)
    return parse_request(method, parts.netloc, parts.path or "/", parts.query, dict(headers), body)


def _attempt(headers: Mapping[str, str]) -> int:
    """Read botocore's own count: ``attempt=2; max=4``."""
    told = headers.get("amz-sdk-request", "attempt=1")
    return int(told.partition("attempt=")[2].partition(";")[0])


def _moto(request: AWSPreparedRequest) -> AWSResponse:
    answer = botocore_stubber.process_request(request)
    assert answer is not None, f"moto does not take {request.url}"
    status, headers, body = answer
    return response(request.url, status, headers, body)


def response(url: str, status: int, headers: Mapping[str, str], body: bytes | str) -> AWSResponse:
    """Return a response as botocore takes it off the wire."""
    fields = HTTPHeaders.from_dict({name: str(value) for name, value in headers.items()})
    return AWSResponse(url, status, fields, MockRawResponse(body))


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
