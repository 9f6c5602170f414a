"""The ways in which a call to AWS fails, as they stand on the wire."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.model import Shape, StructureShape

from rearm.aws import CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from tests.support.answers import AwsError, answered, body_of, operation_model, protocol, replaced
from tests.support.clock import Clock
from tests.support.layers import DENIED
from tests.support.wire import Forward, Sent

Spoil = Callable[[Sent, Forward, Clock], AWSResponse]


def _always(_output: Shape | None) -> bool:
    return True


@dataclass(frozen=True)
class Fault:
    """One way to fail.

    Attributes
    ----------
    name
        For people and for the expectations.
    spoil
        Answers a request, or raises what the HTTP client raises.
    retried
        Whether botocore tries again by itself.
    applies
        Whether the answers of an operation can be spoilt so, by the operation's output.
    """

    name: str
    spoil: Spoil
    retried: bool = False
    applies: Callable[[Shape | None], bool] = _always


def _error(choose: Callable[[Sent], AwsError]) -> Spoil:
    return lambda sent, _forward, _clock: answered(sent, choose(sent))


def _throttled(sent: Sent) -> AwsError:
    code = "Throttling" if protocol(sent.call.service) == "query" else "ThrottlingException"
    return AwsError(code, "Rate exceeded")


def _denied(sent: Sent) -> AwsError:
    code, status = DENIED.get(sent.call.service, ("AccessDeniedException", 400))
    return AwsError(code, f"User is not authorized to perform: {sent.action}", status)


def _modelled(pattern: str, otherwise: AwsError) -> Callable[[Sent], AwsError]:
    """Take the first error that the operation's model has of a kind."""

    def choose(sent: Sent) -> AwsError:
        shapes: list[Any] = operation_model(sent.call.service, sent.call.operation).error_shapes
        for shape in shapes:
            if re.search(pattern, shape.name):
                code = shape.metadata.get("error", {}).get("code", shape.name)
                return AwsError(code, otherwise.message, otherwise.status)
        return otherwise

    return choose


_not_found = _modelled("NotFound|NoSuch", AwsError("ResourceNotFoundException", "It does not exist", 404))
_conflict = _modelled("Conflict|InUse", AwsError("ConflictException", "It is being changed", 409))


def _gateway(sent: Sent, _forward: Forward, _clock: Clock) -> AWSResponse:
    page = answered(sent, AwsError("BadGateway", "", 502))
    return replaced(page, b"<html><body><h1>502 Bad Gateway</h1></body></html>")


def _connect_timeout(sent: Sent, _forward: Forward, clock: Clock) -> AWSResponse:
    clock.pass_by(CONNECT_TIMEOUT_S)
    raise ConnectTimeoutError(endpoint_url=sent.url)


def _read_timeout(sent: Sent, forward: Forward, clock: Clock) -> AWSResponse:
    # AWS has done it, and nobody hears of it.
    forward()
    clock.pass_by(READ_TIMEOUT_S)
    raise ReadTimeoutError(endpoint_url=sent.url)


def _truncated(_sent: Sent, forward: Forward, _clock: Clock) -> AWSResponse:
    whole = forward()
    body = body_of(whole)
    return replaced(whole, body[: len(body) // 2], broken_off=True)


def _members(change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Spoil:
    """Change the members of a result, which AWS's documentation promises otherwise."""

    def spoil(sent: Sent, forward: Forward, _clock: Clock) -> AWSResponse:
        whole = forward()
        if whole.status_code != 200:
            return whole
        if protocol(sent.call.service) in ("ec2", "rest-xml"):
            return replaced(whole, _emptied(body_of(whole)))
        if protocol(sent.call.service) == "query":
            # Members of the query protocol stand in an element that is named after the operation.
            name = f"{sent.call.operation}Result"
            body = re.sub(rf"(?s)<{name}>.*</{name}>", f"<{name}/>", body_of(whole).decode())
            return replaced(whole, body.encode())
        return replaced(whole, json.dumps(change(json.loads(body_of(whole)))).encode())

    return spoil


def _emptied(body: bytes) -> bytes:
    """Return the outermost element of an answer alone, or an empty object of one that is JSON itself."""
    if not body or body.startswith(b"{"):
        return b"{}" if body else body
    root = re.search(rb"<(\w+)", body)
    return b"<" + root.group(1) + b"/>" if root else b""


def _without_members(_members: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


def _hollow(members: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: [None] if isinstance(value, list) else value for name, value in members.items()}


# Without a member, what these say is that the bucket is in the first region, or has nothing of the kind.
NOTHING_IS_SAID_SO = frozenset(
    {"GetBucketLocationOutput", "GetBucketLoggingOutput", "GetBucketVersioningOutput"}
)


def has_members(output: Shape | None) -> bool:
    """Whether an answer can lack members that stand in its body."""
    if not isinstance(output, StructureShape) or output.name in NOTHING_IS_SAID_SO:
        return False
    return any(member.serialization.get("location") != "header" for member in output.members.values())


def _has_lists(output: Shape | None) -> bool:
    return (
        has_members(output)
        and isinstance(output, StructureShape)
        and any(member.type_name == "list" for member in output.members.values())
    )


FAULTS: Mapping[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("throttled", _error(_throttled), retried=True),
        Fault("access denied", _error(_denied)),
        Fault("not found", _error(_not_found)),
        Fault("conflict", _error(_conflict)),
        Fault(
            "server error",
            _error(lambda _: AwsError("InternalFailure", "An internal error occurred", 500)),
            retried=True,
        ),
        Fault("bad gateway", _gateway, retried=True),
        Fault("connect timeout", _connect_timeout, retried=True),
        Fault("read timeout", _read_timeout, retried=True),
        Fault("truncated answer", _truncated),
        Fault("missing members", _members(_without_members), applies=has_members),
        Fault("hollow lists", _members(_hollow), applies=_has_lists),
    )
}
"""By name."""
