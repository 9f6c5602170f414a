"""Which call a fault hits: one of those that were recorded when the scenario was played without any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from botocore.awsrequest import AWSResponse

from tests.faults.faults import FAULTS, Fault
from tests.scenarios.catalogue import scenarios
from tests.scenarios.stage import Scenario, Stage
from tests.support.answers import operation_model
from tests.support.clock import Clock
from tests.support.wire import Forward, Sent


@dataclass(frozen=True)
class Target:
    """One recorded call of a scenario.

    Attributes
    ----------
    key
        What is asked of whom; the same in every run.
    number
        How many times it had been asked before, and once more.
    name
        As IAM names it, such as ``cloudtrail:StartLogging``.
    trail
        Short name of the trail it is about; empty if it is about none.
    applicable
        Names of the faults that its answers can have.
    """

    scenario: Scenario
    key: str
    number: int
    name: str
    trail: str
    applicable: tuple[str, ...]

    @property
    def id(self) -> str:
        """The target's name among all."""
        return f"{self.scenario.id} - {self.key} #{self.number}"


@dataclass
class Aim:
    """A layer that spoils a target's call, once or from then on.

    Attributes
    ----------
    permanent
        Whether every attempt of that call fails from then on; otherwise its first attempt does.
    hits
        How many requests were spoilt.
    """

    target: Target
    fault: Fault
    permanent: bool
    clock: Clock
    hits: int = 0
    calls: int = 0

    def __call__(self, sent: Sent, forward: Forward) -> AWSResponse:
        """Spoil a request, or let it pass."""
        if sent.key != self.target.key:
            return forward()
        self.calls += sent.attempt == 1
        first = self.calls == self.target.number and sent.attempt == 1
        if not (self.calls >= self.target.number if self.permanent else first):
            return forward()
        self.hits += 1
        return self.fault.spoil(sent, forward, self.clock)


@cache
def targets() -> tuple[Target, ...]:
    """Return every call of every scenario, each way that leads to it once.

    A way is the door, the operations so far in the order in which each first came, the operation itself, and
    whether it is the first or another one in a row of the same: two scenarios that come the same way, such as
    those of two deployments that differ in a name, go on in the same code.
    """
    found: dict[tuple[str, ...], Target] = {}
    for scenario in scenarios():
        for way, target in _recorded(scenario):
            found.setdefault(way, target)
    return tuple(found.values())


def _recorded(scenario: Scenario) -> Iterator[tuple[tuple[str, ...], Target]]:
    with Stage(scenario) as stage:
        stage.invoke()
        sent = list(stage.recorder.sent)
        door = str(stage.event.get("detail-type", "custom Config rule"))
    asked: Counter[str] = Counter()
    names: dict[str, None] = {}
    last, row = "", 0
    for one in sent:
        asked[one.key] += 1
        name = f"{one.call.service}:{one.call.operation}"
        row = row + 1 if name == last else 1
        way = (scenario.automation, door, *names, name, "first" if row == 1 else "another")
        names[name] = None
        last = name
        output = operation_model(one.call.service, one.call.operation).output_shape
        applicable = tuple(kind for kind, fault in FAULTS.items() if fault.applies(output))
        trail = str(one.call.parameters.get("Name", "")).rpartition("/")[2]
        yield way, Target(scenario, one.key, asked[one.key], name, trail, applicable)
