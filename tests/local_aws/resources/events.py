"""Which resources IAM checks for a call to EventBridge."""

from __future__ import annotations

from collections.abc import Iterator

from tests.local_aws.resources.call import Call

_RULE_OPERATIONS = frozenset({"DeleteRule", "DescribeRule", "DisableRule", "EnableRule", "PutRule"})
_BUS_OPERATIONS = frozenset({"CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus"})


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about."""
    rule = call.text("Rule") or (call.text("Name") if call.operation in _RULE_OPERATIONS else "")
    if rule:
        bus = call.text("EventBusName").rpartition("/")[2]
        yield call.arn(f"rule/{rule}" if bus in ("", "default") else f"rule/{bus}/{rule}")
    elif call.operation == "PutEvents":
        buses = {entry.get("EventBusName") or "default" for entry in call.request.parameters["Entries"]}
        yield from (call.named("event-bus/", bus) for bus in sorted(buses))
    elif call.operation in _BUS_OPERATIONS:
        yield call.named("event-bus/", call.text("Name") or "default")
    else:
        yield from call.texts("ResourceARN")
