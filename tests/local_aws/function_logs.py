"""A function's log in CloudWatch, written by Lambda with the rights of the function's role."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from tests.local_aws.answers import AwsError
from tests.local_aws.deployed import Function
from tests.local_aws.endpoint import Endpoint
from tests.local_aws.enforcement import Enforcement
from tests.local_aws.identity import Identity
from tests.local_aws.requests import AwsRequest
from tests.local_aws.timeline import Timeline


class FunctionLogs:
    """Writes to ``/aws/lambda/<function>``; what the role may not write is lost, as on AWS."""

    def __init__(self, endpoint: Endpoint, enforcement: Enforcement, timeline: Timeline) -> None:
        self._endpoint = endpoint
        self._enforcement = enforcement
        self._timeline = timeline
        self._lock = threading.Lock()
        self._streams: set[tuple[str, str]] = set()

    def write(self, function: Function, identity: Identity, stream: str, lines: Sequence[str]) -> None:
        """Write lines to a stream, which is made with its first ones."""
        if not lines:
            return
        group = f"/aws/lambda/{function.name}"
        place = {"logGroupName": group, "logStreamName": stream}
        with self._lock:
            known = (group, stream) in self._streams
            self._streams.add((group, stream))
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": f"{line}\n"} for line in lines]
        try:
            if not known:
                self._make_stream(function, identity, place)
            self._call(function, identity, "PutLogEvents", {**place, "logEvents": events})
        except AwsError as error:
            self._timeline.add("note", f"the log of {function.name} is lost: {error}")
        except ClientError as error:
            self._timeline.add("note", f"the log of {function.name} is lost: {error}")

    def _make_stream(self, function: Function, identity: Identity, place: Mapping[str, str]) -> None:
        group = {"logGroupName": place["logGroupName"]}
        logs = self._endpoint.client("logs", function.region)
        found = logs.describe_log_groups(logGroupNamePrefix=group["logGroupName"])["logGroups"]
        if not any(one["logGroupName"] == group["logGroupName"] for one in found):
            self._call(function, identity, "CreateLogGroup", group)
        self._call(function, identity, "CreateLogStream", place)

    def _call(
        self, function: Function, identity: Identity, operation: str, parameters: Mapping[str, Any]
    ) -> None:
        request = AwsRequest("logs", operation, function.region, identity.access_key, parameters)
        self._enforcement.check(identity, request, caller="lambda")
        getattr(self._endpoint.client("logs", function.region), xform_name(operation))(**parameters)
