"""EventBridge: events are matched with the deployed rules and delivered to their targets."""

from __future__ import annotations

import json
import queue
import threading
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.local_aws import patterns
from tests.local_aws.answers import Answer, AwsError
from tests.local_aws.calls import Incoming, Overlay
from tests.local_aws.deployed import Deployed, Rule
from tests.local_aws.identity import ACCOUNT
from tests.local_aws.targets import Targets
from tests.local_aws.timeline import Timeline

PATTERN_LIMIT = 2048


class Bus:
    """All event buses of the account; one thread delivers, in order."""

    def __init__(self, deployed: Deployed, targets: Targets, timeline: Timeline) -> None:
        self._deployed = deployed
        self._targets = targets
        self._timeline = timeline
        self._waiting: queue.Queue[tuple[str, str, Mapping[str, Any]] | None] = queue.Queue()
        self._lock = threading.Lock()
        self._events: list[Mapping[str, Any]] = []
        self._worker = threading.Thread(target=self._work, daemon=True)
        self._worker.start()

    @property
    def events(self) -> list[Mapping[str, Any]]:
        """Every event so far, matched or not."""
        with self._lock:
            return list(self._events)

    def put(self, event: Mapping[str, Any], bus: str = "default", region: str | None = None) -> None:
        """Put an event on a bus of the region that stands in it, or of another one to which it is sent."""
        with self._lock:
            self._events.append(event)
        self._timeline.begin()
        self._waiting.put((region or str(event["region"]), bus, event))

    def deliver(self, rule: Rule, event: Mapping[str, Any]) -> None:
        """Deliver an event to a rule's targets, matched or not."""
        self._timeline.add("rule", f"{rule.name} takes {event['detail-type']}", rule=rule.name, event=event)
        for target in rule.targets:
            self._targets.deliver(rule, target, event)

    def _work(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            region, bus, event = waiting
            try:
                self._match(region, bus, event)
            except Exception as error:  # noqa: BLE001 - the next event must be delivered all the same
                self._timeline.add("problem", f"event {event.get('id')}: {type(error).__name__}: {error}")
            finally:
                self._timeline.end()

    def _match(self, region: str, bus: str, event: Mapping[str, Any]) -> None:
        for rule in self._deployed.rules(region, bus):
            listens = rule.enabled and (rule.takes_reads or not _only_reads(event))
            if listens and rule.pattern is not None and patterns.matches(rule.pattern, event):
                self.deliver(rule, event)

    def close(self) -> None:
        """Deliver no more."""
        self._waiting.put(None)
        self._worker.join(timeout=5)

    def overlays(self) -> dict[tuple[str, str], Overlay]:
        """Give the operations that are answered here."""
        return {("events", "PutEvents"): self._put_events, ("events", "PutRule"): self._put_rule}

    def _put_rule(self, incoming: Incoming) -> Answer:
        """Check a pattern as EventBridge does.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
        """
        pattern = incoming.parameters.get("EventPattern")
        if pattern:
            if len(pattern) > PATTERN_LIMIT:
                raise AwsError(
                    "ValidationException",
                    f"1 validation error detected: Value '{pattern}' at 'eventPattern' failed to satisfy "
                    f"constraint: Member must have length less than or equal to {PATTERN_LIMIT}",
                )
            try:
                patterns.check(json.loads(pattern))
            except ValueError as error:
                message = f"Event pattern is not valid. Reason: {error}"
                raise AwsError("InvalidEventPatternException", message) from error
        return incoming.forward()

    def _put_events(self, incoming: Incoming) -> Mapping[str, Any]:
        """Take events of applications; nobody but AWS may put those of AWS."""
        entries = [self._put_entry(entry, incoming.region) for entry in incoming.parameters["Entries"]]
        failed = sum("ErrorCode" in entry for entry in entries)
        return {"Entries": entries, "FailedEntryCount": failed}

    def _put_entry(self, entry: Mapping[str, Any], region: str) -> dict[str, str]:
        missing = [name for name in ("Source", "DetailType", "Detail") if not entry.get(name)]
        if missing:
            message = f"Parameter {missing[0]} is not valid. Reason: {missing[0]} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
        if str(entry["Source"]).startswith("aws."):
            return {
                "ErrorCode": "NotAuthorizedForSourceException",
                "ErrorMessage": "Not authorized for the source.",
            }
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        at = entry.get("Time") or datetime.now(UTC)
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": ACCOUNT,
            "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": region,
            "resources": list(entry.get("Resources") or []),
            "detail": detail,
        }
        self.put(event, str(entry.get("EventBusName") or "default").rpartition("/")[2])
        return {"EventId": str(event["id"])}


def _only_reads(event: Mapping[str, Any]) -> bool:
    """Whether an event is of a call that only reads, which most rules do not match.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
    """
    detail = event.get("detail")
    call = event.get("detail-type") == "AWS API Call via CloudTrail"
    return call and isinstance(detail, Mapping) and detail.get("readOnly") is True
