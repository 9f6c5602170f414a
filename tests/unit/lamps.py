"""An automation that is not CloudTrail's: lamps that must be on, and a fake AWS that switches them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from rearm.alarm import Alarm, Call, Door
from rearm.automations import Look
from rearm.aws import OUT_OF_TIME, RESERVE_S, Aws, AwsError
from rearm.engine import Engine
from rearm.model import Action, Assessment, Failure, Finding, Healthy, Outcome, Resource, Response, Severity
from rearm.settings import from_environment
from rearm.table import Table
from tests.unit.deployment import TABLE, configuration, environment
from tests.unit.records import Records

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SWEEP = Alarm("alarm", Door.SWEEP, "sweep", "123456789012", "us-east-1")


def resource(name: str) -> Resource:
    return Resource(f"arn:aws:test:::{name}", name, "AWS::Test::Lamp", "123456789012", "us-east-1")


def action(name: str, operation: str = "SwitchOn", **changes: Any) -> Action:
    made = Action("test", operation, {"Name": name}, "us-east-1", "switch it on")
    return replace(made, **changes)


def finding(name: str, *actions: Action, rule: str = "lamp-off", **changes: Any) -> Finding:
    made = Finding(rule, resource(name), f"{name} is off.", Severity.HIGH, actions or (action(name),))
    return replace(made, **changes)


@dataclass
class Lamps:
    """Lamps as an automation would look at them, and the fake AWS that switches them.

    Attributes
    ----------
    on
        Whether each lamp is on.
    errors
        What AWS says to an operation on a lamp; the call then has no effect unless the lamp is in `stubborn`.
    lag
        How many looks it takes until a switched lamp is seen to be on.
    sees
        Changes what was seen before it is returned.
    records
        The deployment's table.
    history
        What the event history answers, by the name of the call that is asked for.
    now
        The time.
    """

    on: dict[str, bool] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    lag: int = 0
    calls: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    looks: list[tuple[str, ...]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    clock: float = 0.0
    call_takes: float = 0.0
    look_takes: float = 0.0
    available_s: float = 60.0
    hidden: dict[str, int] = field(default_factory=dict)
    findings: Callable[[str], Sequence[Finding]] = lambda name: [finding(name)]
    sees: Callable[[Alarm, Assessment], Assessment] = lambda _alarm, seen: seen
    records: Records = field(default_factory=Records)
    history: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    now: datetime = NOW

    def assess(self, alarm: Alarm, _: Look) -> Assessment:
        """Report lamps that are off; an alarm names them by ARN."""
        if self.available_s - self.clock < RESERVE_S:
            raise AwsError(Failure(OUT_OF_TIME, "too late", "test:Look"))
        self.looks.append(alarm.resources)
        self.clock += self.look_takes
        names = [arn.rpartition(":")[2] for arn in alarm.resources] or list(self.on)
        seen = {name: self._seen(name) for name in names if name in self.on}
        return self.sees(
            alarm,
            Assessment(
                findings=tuple(found for name, on in seen.items() if not on for found in self.findings(name)),
                healthy=tuple(Healthy(resource(name)) for name, on in seen.items() if on),
            ),
        )

    def _seen(self, name: str) -> bool:
        if self.hidden.get(name, 0):
            self.hidden[name] -= 1
            return False
        return self.on[name]

    def respond(self, alarm: Alarm = SWEEP, *, available_s: float = 60, **choices: Any) -> Response:
        """Let an engine with these lamps respond."""
        settings = from_environment(environment(configuration(**choices)))
        lamps, self.available_s = self, available_s

        class Clients(Aws):
            def call(
                self,
                service: str,
                region: str,
                operation: str,
                parameters: Mapping[str, object] | None = None,
                attempts: int = 4,
                reserve_s: float = 8.0,
                read_timeout_s: float = 5,
            ) -> Mapping[str, Any]:
                if service == "dynamodb":
                    return lamps.records.call(operation, parameters or {})
                return lamps._call(service, operation, parameters or {})

        clients = Clients(self._sleep)
        table = Table(clients, TABLE, settings.region)
        engine = Engine(
            settings, clients, self.assess, table, lambda: self.now, lambda: available_s - self.clock
        )
        return engine.respond(alarm)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock += seconds

    def _call(self, service: str, operation: str, parameters: Mapping[str, object]) -> Mapping[str, Any]:
        if operation == "LookupEvents":
            (attribute,) = cast("Any", parameters)["LookupAttributes"]
            records = self.history.get(attribute["AttributeValue"], [])
            return {"Events": [{"CloudTrailEvent": json.dumps(record)} for record in records]}
        self.calls.append((operation, parameters))
        self.clock += self.call_takes
        name = str(parameters.get("Name"))
        if name in self.errors:
            raise AwsError(Failure(self.errors[name], "made by the test", f"{service}:{operation}"))
        if operation == "SwitchOn":
            self.on[name] = True
            self.hidden[name] = self.lag
        return {}


def outcomes(response: Response) -> list[Outcome]:
    return [ending.outcome for ending in response.endings]


def api_alarm(name: str = "hall", **changes: Any) -> Alarm:
    call = Call("test.amazonaws.com", "SwitchOff", "event", NOW)
    made = Alarm(
        "alarm", Door.API, "SwitchOff", "123456789012", "us-east-1", NOW, call, None, (resource(name).arn,)
    )
    return replace(made, **changes)
