"""Delivery of an event to a rule's target, or to the target's dead-letter queue.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.local_aws.authorizer import authorize
from tests.local_aws.deployed import Deployed, Rule
from tests.local_aws.endpoint import Endpoint
from tests.local_aws.functions import Functions
from tests.local_aws.identity import ACCOUNT
from tests.local_aws.inputs import shaped
from tests.local_aws.resource_policy import allows
from tests.local_aws.timeline import Timeline

_SERVICE = "events.amazonaws.com"


class _Undeliverable(Exception):
    """A target that cannot be reached, with EventBridge's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Targets:
    """Reaches Lambda functions, queues and other regions' buses; everything else is reported as a problem.

    Attributes
    ----------
    put
        Puts an event on a bus of a region.
    """

    def __init__(
        self, endpoint: Endpoint, deployed: Deployed, functions: Functions, timeline: Timeline
    ) -> None:
        self._endpoint = endpoint
        self._deployed = deployed
        self._functions = functions
        self._timeline = timeline
        self.put: Callable[[Mapping[str, Any], str, str], None] | None = None

    def deliver(self, rule: Rule, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Deliver an event. A missing permission or resource is final: EventBridge does not try it again."""
        arn = str(target["Arn"])
        payload = shaped(event, target, rule.arn, rule.name)
        try:
            if arn.split(":")[2] == "events":
                self._forward(arn, target, event, rule)
            else:
                self._reach(arn, payload, rule)
        except _Undeliverable as reason:
            self._dead_letter(rule, target, payload, reason)

    def _reach(self, arn: str, payload: str, rule: Rule) -> None:
        service, region = arn.split(":")[2:4]
        if service == "lambda":
            function = self._deployed.function(arn, region)
            if function is None:
                raise _Undeliverable("NO_RESOURCE", f"Function not found: {arn}")
            if not self._functions.may_invoke(function, _SERVICE, _context(rule)):
                raise _Undeliverable(
                    "NO_PERMISSIONS",
                    f"{_SERVICE} is not authorized to perform: lambda:InvokeFunction on resource: {arn}",
                )
            self._functions.accept(function, payload.encode())
        elif service == "sqs":
            self._send(arn, payload, rule, {})
        else:
            self._timeline.add("problem", f"{rule.name}: a target in {service} is not imitated here")

    def _forward(self, arn: str, target: Mapping[str, Any], event: Mapping[str, Any], rule: Rule) -> None:
        """Put an event on another region's bus, as it is, with the role of the target.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html
        """
        region, account, resource = arn.split(":")[3:6]
        bus = resource.removeprefix("event-bus/")
        if region == rule.arn.split(":")[3] or account != ACCOUNT or self.put is None:
            self._timeline.add("problem", f"{rule.name}: the bus {arn} is not imitated as a target")
            return
        name = str(target.get("RoleArn") or "").rpartition("/")[2]
        role = self._deployed.role(name) if name else None
        trusted = role is not None and allows(role.trust, _SERVICE, "sts:AssumeRole", "*", _context(rule))
        if role is None or not trusted:
            raise _Undeliverable("NO_PERMISSIONS", f"{_SERVICE} may not assume a role to reach {arn}")
        decision = authorize(role.policies, role.boundary, "events:PutEvents", [arn], {})
        if not decision.allowed:
            raise _Undeliverable("NO_PERMISSIONS", f"{role.arn} may not put events on {arn}")
        self.put(event, bus, region)

    def _send(self, arn: str, body: str, rule: Rule, attributes: Mapping[str, str]) -> None:
        """Send to a queue whose policy lets EventBridge."""
        sqs = self._endpoint.client("sqs", arn.split(":")[3])
        try:
            url = sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
        except ClientError as error:
            raise _Undeliverable("NO_RESOURCE", f"Queue not found: {arn}") from error
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes") or {}
        policy = json.loads(found.get("Policy") or '{"Statement": []}')
        if not allows(policy, _SERVICE, "sqs:SendMessage", arn, _context(rule)):
            raise _Undeliverable("NO_PERMISSIONS", f"the policy of {arn} does not let {_SERVICE} send")
        sqs.send_message(
            QueueUrl=url,
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )

    def _dead_letter(
        self, rule: Rule, target: Mapping[str, Any], payload: str, reason: _Undeliverable
    ) -> None:
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        where = f"to {queue}" if queue else "and is lost"
        self._timeline.add(
            "undelivered", f"{rule.name}: {reason.code}, {reason} {where}", rule=rule.name, code=reason.code
        )
        if not queue:
            return
        attributes = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": str(target["Arn"]),
            "ERROR_CODE": reason.code,
            "ERROR_MESSAGE": str(reason),
        }
        try:
            self._send(queue, payload, rule, attributes)
        except _Undeliverable as error:
            self._timeline.add(
                "undelivered",
                f"the dead-letter queue of {rule.name} gets nothing: {error}",
                rule=rule.name,
                code=error.code,
            )


def _context(rule: Rule) -> Mapping[str, str]:
    return {"aws:SourceArn": rule.arn, "aws:SourceAccount": ACCOUNT, "aws:SecureTransport": "true"}
