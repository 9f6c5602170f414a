"""Which call a fault hits: one of those that were recorded when the scenario was played without any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from botocore.awsrequest import AWSResponse

from tests.faults.faults import FAULTS, Fault
from tests.scenarios.catalogue import scenarios
from tests.scenarios.stage import Scenario, Stage
from tests.support.answers import operation_model
from tests.support.clock import Clock
from tests.support.wire import Forward, Sent

READS = ("Describe", "Get", "List", "Lookup")
# Calls that say or ask something, and change nothing that is guarded.
SPEAKING = frozenset({"config:PutEvaluations", "config:StartConfigRulesEvaluation", "sns:Publish"})


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
    calls
        How many times the call was made.
    clock
        The function's time.
    """

    target: Target
    fault: Fault
    permanent: bool
    hits: int = 0
    calls: int = 0
    clock: Clock = field(default_factory=lambda: Clock(0))

    def at(self, clock: Clock) -> Aim:
        """Take the clock of the stage that it is used on."""
        self.clock = clock
        return self

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

    A way is the door, what had been asked of the same service and what had been changed by then, whether the
    call is the first or another one in a row of the same, and, for a call that says something, how the
    scenario ends. Two scenarios that come the same way, such as those of two deployments that differ in a
    name, go on in the same code.
    """
    found: dict[tuple[str, ...], Target] = {}
    for scenario in scenarios():
        for way, target in _recorded(scenario):
            found.setdefault(way, target)
    return tuple(found.values())


def played() -> list[set[str]]:
    """Return the calls of each scenario, as IAM names them."""
    return [{f"{one.call.service}:{one.call.operation}" for one in _sent(each)[1]} for each in scenarios()]


@cache
def _sent(scenario: Scenario) -> tuple[tuple[str, ...], tuple[Sent, ...]]:
    """Return the door of a scenario with the outcomes that are told, and its requests, when nothing fails."""
    with Stage(scenario) as stage:
        invocation = stage.invoke()
        assert invocation.error is None, f"{scenario.id} fails without a fault: {invocation.error}"
        assert not stage.problems(), f"{scenario.id} does not end as it must"
        door = str(stage.event.get("detail-type", "custom Config rule"))
        outcomes = (message.attributes["outcome"] for message in stage.account.messages())
        return (door, *outcomes), tuple(stage.recorder.sent)


def _recorded(scenario: Scenario) -> Iterator[tuple[tuple[str, ...], Target]]:
    (door, *outcomes), sent = _sent(scenario)
    asked: Counter[str] = Counter()
    names: dict[str, None] = {}
    last, row = "", 0
    for one in sent:
        asked[one.key] += 1
        name = f"{one.call.service}:{one.call.operation}"
        row = row + 1 if name == last else 1
        before = [other for other in names if other.startswith(f"{one.call.service}:") or changes(other)]
        said = outcomes if name in SPEAKING else ()
        way = (scenario.automation, door, *said, *before, name, "first" if row == 1 else "another")
        names[name] = None
        last = name
        output = operation_model(one.call.service, one.call.operation).output_shape
        applicable = tuple(kind for kind, fault in FAULTS.items() if fault.applies(output))
        trail = str(one.call.parameters.get("Name", "")).rpartition("/")[2]
        yield way, Target(scenario, one.key, asked[one.key], name, trail, applicable)


def changes(name: str) -> bool:
    """Tell whether a call, as IAM names it, changes something that is guarded."""
    return not name.partition(":")[2].startswith(READS) and name not in SPEAKING
