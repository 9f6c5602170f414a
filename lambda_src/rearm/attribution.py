"""Who did it: from the alarm where it says so, otherwise from CloudTrail's event history."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from rearm.alarm import Alarm, Call
from rearm.aws import Aws, AwsError, items_of
from rearm.doors import api_call_of, names_of
from rearm.endings import attributed_by
from rearm.model import Attributed, Failure, Finding
from rearm.settings import Settings

# The history keeps a call under its time to the second and shows it minutes later.
LOOK_BACK = timedelta(days=1)
KEPT = timedelta(days=90)
NEAR = timedelta(seconds=60)
PAGES = 3
ACCOUNT_TYPE = "AWS::::Account"
NOBODY = Attributed("not-asked")


class Attribution:
    """Attributes the findings of one response; each question to the event history is asked once."""

    def __init__(self, alarm: Alarm, settings: Settings, aws: Aws, now: datetime) -> None:
        self._alarm = alarm
        self._settings = settings
        self._aws = aws
        self._now = now
        self._failure: Failure | None = None
        self._history: dict[tuple[str, str, datetime | None], tuple[Mapping[str, object], ...]] = {}

    def of(self, finding: Finding) -> Attributed:
        """Return who caused a finding.

        The alarm's actor is taken only if the alarm's call can have caused the finding on that resource at
        that time: a call that named no resource, another call, or one long before or after the safeguard
        went off (stopping what is stopped succeeds) proves nothing about it.
        """
        if finding.actor is not None:
            # A finding about the alarm's own call, whatever that names.
            own = finding.actor is self._alarm.actor and self._alarm.call is not None
            return attributed_by(self._alarm) if own else Attributed("event", finding.actor)
        from_event = self._from_event(finding)
        if from_event is not None:
            return from_event
        if not finding.causes:
            return NOBODY
        return self._from_history(finding)

    def _from_event(self, finding: Finding) -> Attributed | None:
        call = self._alarm.call
        if call is None or call.name not in finding.causes:
            return None
        if not _names(self._alarm.resources, finding) or not _sets(call, finding):
            return None
        if finding.since and (call.time is None or abs(finding.since - call.time) > NEAR):
            return None
        return Attributed("event", self._alarm.actor, call.name, call.time, call.id)

    def _from_history(self, finding: Finding) -> Attributed:
        best: Attributed | None = None
        for cause in finding.causes:
            records = self._records(finding.resource.region, cause, finding.since)
            for record in records or ():
                found = self._match(record, finding)
                if found and (best is None or _later(found, best)):
                    best = found
        return best or Attributed("unanswered", failure=self._failure)

    def _match(self, record: Mapping[str, object], finding: Finding) -> Attributed | None:
        call, actor = api_call_of(record)
        named = names_of(call, self._settings.resource_parameters)
        if call.error_code or call.time is None or actor is None or not _names(named, finding):
            return None
        if not _sets(call, finding):
            return None
        if finding.since and abs(call.time - finding.since) > NEAR:
            return None
        if finding.after and call.time <= finding.after:
            return None
        if actor.role_arn == self._settings.role_arn and _repairs(call, finding):
            return None
        return Attributed("lookup", actor, call.name, call.time, call.id)

    def _records(
        self, region: str, cause: str, since: datetime | None
    ) -> tuple[Mapping[str, object], ...] | None:
        """Return the calls near a time, or of the last day; None if the history does not answer.

        A history that has failed once is not asked again: a repair may be waiting for it.

        Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
        """
        key = (region, cause, since)
        if key not in self._history:
            start, end = (since - NEAR, since + NEAR) if since else (self._now - LOOK_BACK, self._now + NEAR)
            question = {
                "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": cause}],
                "StartTime": start,
                "EndTime": end,
                "MaxResults": 50,
            }
            if self._failure or end < self._now - KEPT:
                return None
            try:
                events = [
                    event
                    for page in self._aws.pages("cloudtrail", region, "LookupEvents", question, limit=PAGES)
                    for event in items_of(page, "cloudtrail", "LookupEvents", "Events")
                ]
            except AwsError as error:
                self._failure = error.failure
                return None
            records = (_record(event.get("CloudTrailEvent")) for event in events)
            self._history[key] = tuple(record for record in records if record is not None)
        return self._history[key]


def _names(named: tuple[str, ...], finding: Finding) -> bool:
    """Whether a call that named these resources can have caused the finding."""
    resource = finding.resource
    if resource.type == ACCOUNT_TYPE:
        return bool(named)
    # Some calls name a resource by the id at the end of its ARN, or by more of that end.
    known = (resource.arn, resource.name, resource.arn.rpartition("/")[2], *finding.named_by)
    return any(name in known or resource.arn.endswith(f":{name}") for name in named)


def _sets(call: Call, finding: Finding) -> bool:
    """Whether a call's parameters can have made what is wrong."""
    return not finding.set_by or any(name in call.parameters for name in finding.set_by)


def _repairs(call: Call, finding: Finding) -> bool:
    """Whether a call of Rearm's role is the repair of such a finding, this one's or an earlier one's.

    S3's calls are recorded under names of their own: PutBucketLifecycle is PutBucketLifecycleConfiguration.
    """
    return _bare(call.name) in {_bare(action.operation) for action in finding.actions}


def _bare(name: str) -> str:
    return name.replace("Bucket", "").removesuffix("Configuration")


def _record(packed: object) -> Mapping[str, object] | None:
    try:
        record = json.loads(str(packed))
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _later(one: Attributed, other: Attributed) -> bool:
    earliest = datetime.min.replace(tzinfo=UTC)
    return (one.call_time or earliest) > (other.call_time or earliest)
