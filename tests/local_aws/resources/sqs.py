"""Which resources IAM checks for a call to SQS."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.local_aws.resources.call import Call


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about."""
    if url := call.text("QueueUrl"):
        # The last two parts of the path are the owner's account and the name.
        owner, name = urlsplit(url).path.rstrip("/").rsplit("/", 2)[-2:]
        yield f"arn:{call.partition}:sqs:{call.request.region}:{owner}:{name}"
    elif name := call.text("QueueName"):
        owner = call.text("QueueOwnerAWSAccountId") or call.account
        yield f"arn:{call.partition}:sqs:{call.request.region}:{owner}:{name}"
    else:
        yield from call.texts("SourceArn")
