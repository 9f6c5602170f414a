"""An account with its root user, and Rearm deployed to tell of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.events.envelopes import scheduled
from tests.unit.endpoint import Made
from tests.unit.world import Run, World
from tests.unit.world import world as new_world

AUTOMATION = "root_usage"
WITH_ALL = {"AccountAccessKeysPresent": 0, "AccountMFAEnabled": 1, "AccountPasswordPresent": 1}


@dataclass
class Root:
    """The root user as IAM's summary shows it, and the alarms about it.

    Attributes
    ----------
    summary
        What GetAccountSummary says, beside the numbers of users and so on.
    """

    world: World
    summary: dict[str, Any] = field(default_factory=lambda: dict(WITH_ALL))

    def handle(self, event: object) -> Run:
        """Give Rearm an event."""
        return self.world.handle(event)

    def sweep(self) -> Run:
        """Let Rearm look at everything."""
        return self.world.handle(scheduled("rearm-root_usage-sweep"))

    def answer(self, _: Made) -> Mapping[str, Any]:
        """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html."""
        return {"SummaryMap": {"Users": 3, "UsersQuota": 5000, "MFADevices": 2, **self.summary}}


@contextmanager
def opened(**choices: Any) -> Iterator[Root]:
    """Make a new account with the automation freshly deployed in it."""
    with new_world(automation=AUTOMATION, **choices) as world:
        made = Root(world)
        world.endpoint.answer("iam:GetAccountSummary", made.answer)
        yield made
