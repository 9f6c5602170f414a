"""EventBridge's scheduled rules."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.local_aws.bus import Bus
from tests.local_aws.deployed import Deployed, Rule
from tests.local_aws.identity import ACCOUNT
from tests.local_aws.timeline import Timeline

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


def rate_seconds(expression: str | None) -> int | None:
    """Give the seconds between two runs of a rate() expression; None for anything else."""
    found = _RATE.fullmatch(expression or "")
    return int(found[1]) * _SECONDS[found[2]] if found else None


class Schedules:
    """Delivers the events of scheduled rules: on demand, and by the clock if that is switched on."""

    def __init__(self, deployed: Deployed, bus: Bus, timeline: Timeline, region: str) -> None:
        self._deployed = deployed
        self._bus = bus
        self._timeline = timeline
        self._region = region
        self._stopping = threading.Event()
        self._clock: threading.Thread | None = None

    def run(self, name: str, region: str | None = None) -> None:
        """Deliver a rule's scheduled event now.

        Raises
        ------
        LookupError
            When there is no enabled scheduled rule of that name.
        """
        where = region or self._region
        rules = [rule for rule in self._deployed.rules(where) if rule.name == name]
        if not rules or not rules[0].schedule or not rules[0].enabled:
            raise LookupError(f"{where} has no enabled scheduled rule {name}")
        self._deliver(rules[0], where)

    def _deliver(self, rule: Rule, region: str) -> None:
        event: Mapping[str, Any] = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": region,
            "resources": [rule.arn],
            "detail": {},
        }
        with self._timeline.work():
            self._bus.deliver(rule, event)

    def start(self) -> None:
        """Run rate() rules by the clock from now on; cron() rules run on demand only."""
        self._clock = threading.Thread(target=self._tick, daemon=True)
        self._clock.start()

    def _tick(self) -> None:
        due: dict[str, float] = {}
        while not self._stopping.wait(1):
            now = time.monotonic()
            rules = {rule.arn: rule for rule in self._deployed.rules(self._region) if rule.enabled}
            for arn, rule in rules.items():
                seconds = rate_seconds(rule.schedule)
                if seconds is None:
                    continue
                if now >= due.setdefault(arn, now + seconds):
                    due[arn] = now + seconds
                    self._deliver(rule, self._region)
            due = {arn: when for arn, when in due.items() if arn in rules}

    def stop(self) -> None:
        """Stop the clock."""
        self._stopping.set()
        if self._clock:
            self._clock.join(timeout=5)
