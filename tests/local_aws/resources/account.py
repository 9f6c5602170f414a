"""Which resources IAM checks for a call to Account management."""

from __future__ import annotations

from collections.abc import Iterator

from tests.local_aws.resources.call import Call


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about."""
    yield call.arn("account", region="")
