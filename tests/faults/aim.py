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
from tests.support.planned import manifest
from tests.support.wire import Forward, Sent, group_of

# In how many kinds of ways a call fails at which another way has led before.
IN_TURN = 3
IN_TURN_LARGE = 2
READS = ("Describe", "Get", "Head", "List", "Lookup", "Query")
# Parameters that name the resource that a call is about.
NAMES = ("Name", "TrailName", "Bucket", "KeyId", "EventDataStore", "FunctionName", "RoleName", "Rule")
TABLE = "dynamodb"
SWEEP = "Scheduled Event"
CONTAINMENT = "containment"
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
    label
        The same; for a call of the table with what it keeps there, such as ``dynamodb:Query baseline``.
    about
        Short name of the resource it is about; empty if it is about none.
    applicable
        Names of the faults that its answers can have.
    """

    scenario: Scenario
    key: str
    number: int
    name: str
    label: str
    about: str
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

    A way is the automation, the door, what had been asked of the same service and what had been changed by
    then, whether the call is the first or another one in a row of the same, and, for a call that says
    something, how the scenario ends. Two scenarios that come the same way, such as those of two deployments
    that differ in a name, go on in the same code. A call of a scenario of independent ones is met once,
    whatever leads there. What the core asks the table is the same code for every
    automation: see `_way_to_table`.
    """
    found: dict[tuple[str, ...], Target] = {}
    for scenario in scenarios():
        for way, target in _recorded(scenario):
            found.setdefault(way, target)
    return tuple(found.values())


def cases() -> Iterator[tuple[Target, str]]:
    """Yield what fails in which way.

    The first way to each of an automation's calls fails in every kind of way. The code that is reached by
    the other ways to it is the same but for what led there: each of them fails in some kinds, the next ones
    in turn. So do the calls of a scenario of independent ones, of which there are dozens that all go through
    the same code, and that take seconds to play.
    """
    met: set[tuple[str, str]] = set()
    turn = 0
    for target in targets():
        kinds = target.applicable
        call = (target.scenario.automation, target.label)
        if call in met or target.scenario.independent:
            some = IN_TURN_LARGE if target.scenario.independent else IN_TURN
            kinds = tuple(kinds[(turn + number) % len(kinds)] for number in range(min(some, len(kinds))))
            turn += some
        met.add(call)
        yield from ((target, kind) for kind in kinds)


def played() -> list[set[str]]:
    """Return the calls of each scenario, as their labels have them."""
    return [{label_of(one) for one in _sent(each)[1]} for each in scenarios()]


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
        label = label_of(one)
        row = row + 1 if label == last else 1
        place = "first" if row == 1 else "another"
        if one.call.service == TABLE:
            way = _way_to_table(one, scenario, door, place)
        elif scenario.independent:
            way = (scenario.automation, label)
        else:
            before = [other for other in names if other.startswith(f"{one.call.service}:") or changes(other)]
            said = outcomes if label in SPEAKING else ()
            way = (scenario.automation, door, *said, *before, label, place)
        names[label] = None
        last = label
        output = operation_model(one.call.service, one.call.operation).output_shape
        applicable = tuple(kind for kind, fault in FAULTS.items() if fault.applies(output))
        name = f"{one.call.service}:{one.call.operation}"
        yield way, Target(scenario, one.key, asked[one.key], name, label, _about(one), applicable)


def _way_to_table(sent: Sent, scenario: Scenario, door: str, place: str) -> tuple[str, ...]:
    """Return the way to a call of the table.

    Baselines are read by the automation's own code, everything else by the core: there only matters what it
    is about, whether a sweep or an event led there, and whether it is for something that is contained, which
    waits for the table.
    """
    label = label_of(sent)
    if label.endswith(" baseline"):
        return (scenario.automation, door, label, place)
    condition = str(sent.call.parameters.get("ConditionExpression", ""))
    kind = str(manifest(scenario.automation)["kind"] == CONTAINMENT)
    return (TABLE, label, condition, place, "sweep" if door == SWEEP else "event", kind)


def label_of(sent: Sent) -> str:
    """Name a call as IAM does; one of the table with what it keeps there, and whether it is conditional."""
    name = f"{sent.call.service}:{sent.call.operation}"
    if sent.call.service != TABLE:
        return name
    group = group_of(sent.call).split("#")
    condition = " on condition" if "ConditionExpression" in sent.call.parameters else ""
    # What is asked about the table itself has no group.
    return f"{name} {group[1] if len(group) > 1 else group[0]}{condition}".strip()


def _about(sent: Sent) -> str:
    told = (sent.call.parameters.get(name) for name in NAMES)
    first = next((one for one in told if isinstance(one, str)), "")
    return first.rpartition("/")[2].rpartition(":")[2]


def changes(name: str) -> bool:
    """Tell whether a call, as IAM names it, changes something that is guarded, which the table is not."""
    service, _, operation = name.partition(":")
    return service != TABLE and not operation.startswith(READS) and name not in SPEAKING
