"""What is known about one call."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.local_aws.answers import Answer, HttpRequest
from tests.local_aws.authorizer import Decision
from tests.local_aws.identity import Identity
from tests.local_aws.requests import AwsRequest


@dataclass(frozen=True)
class Incoming:
    """A call that is being answered.

    Attributes
    ----------
    forward
        Has moto answer it.
    """

    http: HttpRequest
    request: AwsRequest
    identity: Identity
    forward: Callable[[], Answer]
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def region(self) -> str:
        """The region the call is made in."""
        return self.request.region

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The operation's input members."""
        return self.request.parameters


Overlay = Callable[[Incoming], "Answer | Mapping[str, Any]"]
"""Answers a call in moto's place, or around it; raises `AwsError`."""


@dataclass(frozen=True)
class FunctionCall:
    """A call made with the credentials of a function's role.

    Attributes
    ----------
    function
        The function's name.
    caller
        ``function``, or ``lambda`` for what Lambda itself does under the role (log, on-failure destination),
        or ``sns`` for the key that SNS uses on the caller's behalf.
    action
        The IAM action, such as ``cloudtrail:StartLogging``.
    resources
        The ARNs that IAM checked.
    said
        The condition keys that come from what is asked for, such as ``dynamodb:LeadingKeys``.
    status, error
        HTTP status and error code of the answer; 0 while it is not known, for calls that Lambda makes.
    """

    at: datetime
    function: str
    caller: str
    service: str
    operation: str
    action: str
    region: str
    resources: tuple[str, ...]
    decision: Decision
    parameters: Mapping[str, Any]
    said: Mapping[str, Any] = field(default_factory=dict)
    status: int = 0
    error: str = ""
