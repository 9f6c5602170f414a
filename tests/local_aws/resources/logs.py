"""Which resources IAM checks for a call to CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Iterator

from tests.local_aws.resources.call import Call


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about."""
    if call.operation.endswith("ScheduledQuery"):
        return
    # What AWS names in its own refusals: a group with an empty stream, or one stream of a group.
    stream = call.text("logStreamName") if call.operation in _LOG_STREAM_OPERATIONS else ""
    for group in call.texts("logGroupName", "logGroupIdentifier", "logGroupIdentifiers", "logGroupNames"):
        arn = call.named("log-group:", group.removesuffix(":*"))
        yield f"{arn}:log-stream:{stream}"
    if arn := call.text("resourceArn"):
        yield arn.removesuffix(":*")


_LOG_STREAM_OPERATIONS = frozenset({"CreateLogStream", "DeleteLogStream", "GetLogEvents", "PutLogEvents"})
