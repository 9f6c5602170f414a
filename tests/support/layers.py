"""Layers of a `Wire`: what is written down, what IAM refuses, what the fakes answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from botocore.awsrequest import AWSResponse

from tests.local_aws.authorizer import Decision, authorize
from tests.local_aws.condition_keys import condition_keys, implied
from tests.local_aws.conditions import Context
from tests.local_aws.requests import AwsRequest, Lookup, resource_arns
from tests.support.answers import AwsError, answered
from tests.support.wire import Forward, Sent

# SNS has its own word for it, and so have those that speak XML; the services that speak JSON share one.
DENIED = {
    "ec2": ("UnauthorizedOperation", 403),
    "events": ("AccessDeniedException", 400),
    "iam": ("AccessDenied", 403),
    "lambda": ("AccessDeniedException", 403),
    "cloudwatch": ("AccessDenied", 403),
    "rds": ("AccessDenied", 403),
    "s3": ("AccessDenied", 403),
    "sns": ("AuthorizationError", 403),
    "sqs": ("AccessDenied", 403),
}


@dataclass
class Recorder:
    """Writes down every request, also one that is refused further in."""

    sent: list[Sent] = field(default_factory=list)

    def __call__(self, sent: Sent, forward: Forward) -> AWSResponse:
        """Write a request down and let it pass."""
        self.sent.append(sent)
        return forward()


@dataclass(frozen=True)
class Decided:
    """What IAM said to one call.

    Attributes
    ----------
    action
        The IAM action.
    resources
        The ARNs that were decided about.
    context
        The request's condition keys.
    decision
        With the statement that decided.
    """

    action: str
    resources: tuple[str, ...]
    context: Mapping[str, str | tuple[str, ...]]
    decision: Decision


@dataclass
class Iam:
    """Refuses what the policies of the caller's role do not allow.

    Attributes
    ----------
    policies
        The role's policy documents.
    principal
        The ARN of the caller.
    lookup
        Finds the ARN of what has another name in a call.
    key_of_topic
        Finds the ARN of the customer's key that a topic is encrypted with, if any. SNS uses it as the caller.
    decided
        Every decision so far.
    """

    policies: Sequence[Mapping[str, Any]]
    principal: str
    lookup: Callable[[str], Lookup]
    key_of_topic: Callable[[str], str | None]
    decided: list[Decided] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Write the policies down as decisions are remembered by."""
        self._text = json.dumps(self.policies)

    @property
    def allowed(self) -> list[Decided]:
        """The calls that were allowed."""
        return [one for one in self.decided if one.decision.allowed]

    @property
    def refused(self) -> list[Decided]:
        """The calls that were refused."""
        return [one for one in self.decided if not one.decision.allowed]

    def __call__(self, sent: Sent, forward: Forward) -> AWSResponse:
        """Refuse a request as AWS does, or let it pass."""
        look_up = self.lookup(sent.call.region)
        context: dict[str, str | Sequence[str]] = {
            "aws:PrincipalArn": self.principal,
            "aws:RequestedRegion": sent.call.region,
            # Every resource is the caller's account's own; what is not refuses by itself.
            "aws:ResourceAccount": self.principal.split(":")[4],
            **condition_keys(sent.call, lambda table: look_up("dynamodb", "partition-key", table)),
        }
        code, status = DENIED.get(sent.call.service, ("AccessDeniedException", 400))
        decided = self._decide(sent.call, sent.action, context)
        own = decided.resources
        for also in implied(sent.call) if decided.decision.allowed else ():
            resources = (also.resource,) if also.resource else own
            decided = self._decided(also.action, resources, {**context, **also.context})
            if not decided.decision.allowed:
                break
        if not decided.decision.allowed:
            return answered(sent, self._refusal(decided, code, status))
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        key = self.key_of_topic(sent.call.parameters["TopicArn"]) if sent.action == "sns:Publish" else None
        for operation in ("GenerateDataKey", "Decrypt") if key else ():
            used = replace(sent.call, service="kms", operation=operation, parameters={"KeyId": key})
            through = {"kms:ViaService": f"sns.{sent.call.region}.amazonaws.com", **context}
            decided = self._decide(used, f"kms:{operation}", through)
            if not decided.decision.allowed:
                return answered(sent, self._refusal(decided, "KMSAccessDenied", 400))
        return forward()

    def _decide(self, call: AwsRequest, action: str, context: Context) -> Decided:
        account, partition = self.principal.split(":")[4], self.principal.split(":")[1]
        resources = resource_arns(call, account, partition, self.lookup(call.region))
        return self._decided(action, resources, context)

    def _decided(self, action: str, resources: tuple[str, ...], context: Context) -> Decided:
        said = {name: value if isinstance(value, str) else tuple(value) for name, value in context.items()}
        decision = _decision(self._text, action, resources, tuple(sorted(said.items())))
        decided = Decided(action, resources, said, decision)
        self.decided.append(decided)
        return decided

    def _refusal(self, decided: Decided, code: str, status: int) -> AwsError:
        message = (
            f"User: {self.principal} is not authorized to perform: {decided.action} "
            f"on resource: {decided.decision.resource} {decided.decision.reason}"
        )
        return AwsError(code, message, status)


@cache
def _decision(
    policies: str,
    action: str,
    resources: tuple[str, ...],
    context: tuple[tuple[str, str | tuple[str, ...]], ...],
) -> Decision:
    """Decide once: reading the policies takes longer than everything else about a call."""
    return authorize(json.loads(policies), None, action, resources, dict(context))


@dataclass
class Fakes:
    """Answers the operations that a fake of the service has; moto answers the others.

    Attributes
    ----------
    services
        By IAM prefix: objects with a method for each operation, named as AWS names it, that takes the
        parameters and the region and returns the result, or raises `AwsError`. One that returns None leaves
        the request to the next object, and in the end to moto.
    """

    services: Mapping[str, Sequence[object]]

    def __call__(self, sent: Sent, forward: Forward) -> AWSResponse:
        """Answer a request, or let it pass."""
        for fake in self.services.get(sent.call.service, ()):
            operation = getattr(fake, sent.call.operation, None)
            if operation is None:
                continue
            try:
                result = operation(sent.call.parameters, sent.call.region)
            except AwsError as error:
                return answered(sent, error)
            if result is not None:
                return answered(sent, result)
        return forward()
