"""A drill's own resources in moto, and somebody who repairs them as Rearm would, while the drill waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rearm.aws import Aws, AwsError
from rearm.baselines import Baselines
from rearm.exceptions import find_exception, parse_exceptions
from rearm.excuses import GROUP
from rearm.model import Failure, Learned, Resource
from tests.events.envelopes import REGION
from tests.events.identities import ACCOUNT
from tests.operator.clients import new, sharing
from tests.unit.deployment import NAME
from tools.operator.access import Access, open_access
from tools.operator.drill.own import Own, new_names
from tools.operator.drill.rows import AUTOMATIONS, ROWS, Row

RESPONSE = "6f3a1c5e-0000-4c7b-9a58-3f2f0b7a9d10"


class Refusing(Aws):
    """Clients of which some calls are refused; all are kept in order."""

    def __init__(self) -> None:
        super().__init__(sleep=lambda _: None)
        sharing(self)
        self.refuse: dict[str, str] = {}
        self.made: list[str] = []

    def call(self, service: str, region: str, operation: str, *arguments: Any, **options: Any) -> Any:
        """Make a call, unless it is to be refused."""
        name = f"{service}:{operation}"
        self.made.append(name)
        if name in self.refuse:
            raise AwsError(Failure(self.refuse[name], "made by the test", name))
        return super().call(service, region, operation, *arguments, **options)


def row(name: str) -> Row:
    """Return the row with this id."""
    return next(one for one in ROWS if one.id == name)


def resource(own: Own, kind: str) -> Resource:
    """Return one of the drill's resources as Rearm has it."""
    arn = own.arn_of(kind)
    return Resource(arn, arn.rpartition("/")[2].rpartition(":")[2], kind, ACCOUNT, REGION)


@dataclass
class Playground:
    """An account in which a drill can run.

    `repair` is called each time the drill waits, as if Rearm had noticed meanwhile; `slept` are the seconds.
    """

    aws: Refusing = field(default_factory=Refusing)
    repair: Callable[[], None] = lambda: None
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let the operator in, and give the drill its names."""
        self.access: Access = open_access(NAME, REGION, self.aws)
        self.own = Own(self.access, new_names(NAME), sleep=self.sleep)
        # Rearm's own clients are others than the operator's.
        self.rearms = Own(open_access(NAME, REGION, new()), self.own.names)

    def sleep(self, seconds: float) -> None:
        """Wait, in which time somebody repairs."""
        self.slept.append(seconds)
        self.repair()

    def put_back(self, kind: str) -> None:
        """Repair everything as Rearm does, and record it, unless an exception or the baseline forbids it."""
        raw = {item.key: item.content for item in self.access.table.query(GROUP)}
        entries, unreadable = parse_exceptions(raw, AUTOMATIONS[kind])
        assert unreadable == ()
        known = Baselines(self.access.table, AUTOMATIONS[kind]).all().get(self.own.arn_of(kind))
        gone = known is not None and known.state.get("deleted") is True
        if gone or find_exception(entries, resource(self.own, kind), None, datetime.now(UTC)):
            return
        self.rearms.made = set(self.own.made)
        self.rearms.make()
        self.record(kind)

    def record(self, kind: str, outcome: str = "remediated", at: datetime | None = None) -> None:
        """Record a repair."""
        at = at or datetime.now(UTC)
        content = {"at": at.isoformat(), "response": RESPONSE, "rule": "changed", "outcome": outcome}
        group = f"{AUTOMATIONS[kind]}#repair#{self.own.arn_of(kind)}"
        self.access.table.put(group, f"{at.isoformat()} changed", content, until=at + timedelta(days=7))

    def learn(self, *kinds: str) -> None:
        """Record baselines, as a sweep does."""
        for kind in kinds:
            learned = Learned(resource(self.own, kind), {"Name": kind, "Kept": True}, "first-seen")
            assert Baselines(self.access.table, AUTOMATIONS[kind]).learn(learned, datetime.now(UTC))
