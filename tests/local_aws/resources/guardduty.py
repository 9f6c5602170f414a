"""Which resources IAM checks for a call to GuardDuty."""

from __future__ import annotations

from collections.abc import Iterator

from tests.local_aws.resources.call import Call

# What belongs to a detector and has an ARN of its own below it.
_BELOW = (
    ("filter", "FilterName"),
    ("filter", "Name"),
    ("ipset", "IpSetId"),
    ("threatintelset", "ThreatIntelSetId"),
)


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about."""
    detector = call.text("DetectorId")
    if not detector:
        yield from call.texts("ResourceArn")
        return
    for kind, parameter in _BELOW:
        if name := call.text(parameter):
            yield call.arn(f"detector/{detector}/{kind}/{name}")
            return
    yield call.arn(f"detector/{detector}")
