"""Which resources IAM checks for a call to Systems Manager."""

from __future__ import annotations

from collections.abc import Iterator

from tests.local_aws.resources.call import Call


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about."""
    if call.operation == "DescribeParameters":
        yield call.arn("*")
    for name in call.texts("Names", "Name", "Path", "ResourceId"):
        # A path is named as a parameter is, and an ARN has one slash where the name has none to begin with.
        yield call.named("parameter/", name if name.startswith("arn:") else name.strip("/"))
