"""Where Lambda sends an event that a function could not handle.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tests.local_aws.answers import AwsError
from tests.local_aws.deployed import Function
from tests.local_aws.endpoint import Endpoint
from tests.local_aws.enforcement import Enforcement
from tests.local_aws.identity import Identity
from tests.local_aws.requests import AwsRequest
from tests.local_aws.runtime import Outcome
from tests.local_aws.timeline import Timeline


class Destinations:
    """Sends records of failed invocations to queues, with the rights of the function's role."""

    def __init__(self, endpoint: Endpoint, enforcement: Enforcement, timeline: Timeline) -> None:
        self._endpoint = endpoint
        self._enforcement = enforcement
        self._timeline = timeline

    def failed(
        self,
        function: Function,
        identity: Identity,
        request_id: str,
        payload: bytes,
        condition: str,
        attempts: int,
        outcome: Outcome | None,
    ) -> None:
        """Send the record of an event that is given up.

        Parameters
        ----------
        condition
            ``RetriesExhausted`` or ``ZeroReservedConcurrency``.
        attempts
            How often the function has run.
        outcome
            The last run's; None when there was none.
        """
        where = function.on_failure
        if where is None:
            self._timeline.add(
                "undelivered", f"{function.name} has lost an event: {condition}, no destination"
            )
            return
        record: dict[str, Any] = {
            "version": "1.0",
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "requestContext": {
                "requestId": request_id,
                "functionArn": f"{function.arn}:$LATEST",
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "requestPayload": json.loads(payload),
        }
        if outcome is not None:
            record["responseContext"] = {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": outcome.error,
            }
            record["responsePayload"] = json.loads(outcome.payload)
        self._timeline.add("undelivered", f"{function.name}: {condition}, to {where}", record=record)
        try:
            self._send(where, identity, json.dumps(record))
        except AwsError as error:
            self._timeline.add(
                "undelivered", f"the on-failure destination of {function.name} gets nothing: {error}"
            )

    def _send(self, where: str, identity: Identity, body: str) -> None:
        service, region, name = where.split(":")[2], where.split(":")[3], where.rpartition(":")[2]
        if service != "sqs":
            raise AwsError("Unsupported", f"a destination in {service} is not imitated here")
        sqs = self._endpoint.client("sqs", region)
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        parameters = {"QueueUrl": url, "MessageBody": body}
        request = AwsRequest("sqs", "SendMessage", region, identity.access_key, parameters)
        self._enforcement.check(identity, request, caller="lambda")
        sqs.send_message(**parameters)
