"""Which resources IAM checks for a call to SNS."""

from __future__ import annotations

from collections.abc import Iterator

from tests.local_aws.resources.call import Call


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about."""
    if call.operation in ("Publish", "PublishBatch") and call.text("PhoneNumber"):
        yield "*"
    elif call.operation == "CreateTopic":
        yield call.arn(call.text("Name"))
    else:
        yield from call.texts("TopicArn", "TargetArn", "ResourceArn")
