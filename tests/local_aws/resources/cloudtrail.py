"""Which resources IAM checks for a call to CloudTrail."""

from __future__ import annotations

from tests.local_aws.resources.call import Named, by_name

_TRAIL_OPERATIONS = frozenset(
    {"CreateTrail", "DeleteTrail", "GetTrail", "GetTrailStatus", "StartLogging", "StopLogging", "UpdateTrail"}
)

resolve = by_name(
    Named("trail/", ("Name",), _TRAIL_OPERATIONS),
    Named("dashboard/", ("Name",), frozenset({"CreateDashboard"})),
    Named("trail/", ("TrailName",)),
    Named("eventdatastore/", ("EventDataStore", "EventDataStores")),
    Named("channel/", ("Channel",)),
    Named("dashboard/", ("DashboardId",)),
    Named("", ("ResourceArn", "ResourceId", "ResourceIdList")),
)
