"""Which resources IAM checks for a call to S3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.local_aws.resources.call import Call


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about."""
    bucket = call.text("Bucket")
    if not bucket:
        return
    arn = bucket if bucket.startswith("arn:") else f"arn:{call.partition}:s3:::{bucket}"
    objects: Sequence[Mapping[str, Any]] = (call.request.parameters.get("Delete") or {}).get("Objects", ())
    if objects:
        yield from (f"{arn}/{one['Key']}" for one in objects)
    elif key := call.text("Key"):
        yield f"{arn}/{key}"
    else:
        yield arn
