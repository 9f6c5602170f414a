"""Which resources IAM checks for a call to CloudWatch."""

from __future__ import annotations

from collections.abc import Iterator

from tests.local_aws.resources.call import Call


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about."""
    if dashboards := call.texts("DashboardName", "DashboardNames"):
        yield from (call.arn(f"dashboard/{name}", region="") for name in dashboards)
    elif call.operation != "ListAlarmMuteRules" and (alarms := call.texts("AlarmName", "AlarmNames")):
        yield from (call.arn(f"alarm:{name}") for name in alarms)
    elif call.operation in ("DescribeAlarms", "DescribeAlarmHistory"):
        # Without a name the call is about every alarm of the account.
        yield call.arn("alarm:*")
    else:
        yield from call.texts("ResourceARN")
