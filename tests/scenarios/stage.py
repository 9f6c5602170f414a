"""Plays a scenario: Rearm in process, its calls recorded and decided by its role's planned policies."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass
from typing import Any, Self
from unittest import mock

import botocore.endpoint
import botocore.session
from botocore.retries.quota import RetryQuota
from botocore.retries.standard import ExponentialBackoff, RetryContext

import rearm.aws
import rearm.report
import rearm.report.config
from rearm import handler
from rearm.aws import Aws
from rearm.handler import ResponseFailedError
from rearm.report.tell import Memory
from tests.local_aws.requests import Lookup
from tests.scenarios.account import Account, Event
from tests.scenarios.verdicts import Check
from tests.support.clock import Clock, FunctionEnded
from tests.support.layers import Fakes, Iam, Recorder
from tests.support.planned import Deployment, Policy, deployments
from tests.support.wire import Layer, Wire, WiredSession

REQUEST_ID = "6f3a1c5e-0d1f-4c7b-9a58-3f2f0b7a9d10"
# What outlives an invocation in a warm process. A scenario starts with a new one.
MEMORY: Mapping[tuple[object, str], Callable[[], object]] = {
    (rearm.report, "memory"): Memory,
    (rearm.report.config, "_asked_at"): dict,
    (rearm.report.config, "_existing"): dict,
    (rearm.report.config, "_unasked"): dict,
}
# Except for its clients, which take longer to make than a scenario to play.
_aws = Aws()

_wire = Wire()
_session = WiredSession(_wire)


@dataclass(frozen=True)
class Scenario:
    """One situation.

    Attributes
    ----------
    name
        What happens.
    variant
        The key of the deployment that meets it.
    arrange
        Brings the account about and returns the event that Rearm gets.
    checks
        What must hold afterwards.
    automation
        Whose function gets the event.
    earlier
        Brings about what another process has handled before, without any failure, and returns its event: a
        sweep that has learned baselines, say. `arrange` comes after it.
    independent
        Whether its calls ask and mend one thing each, so that nothing depends on what was called before: then
        each of them fails in one place only.
    """

    name: str
    variant: str
    arrange: Callable[[Account], Event]
    checks: tuple[Check, ...]
    automation: str
    earlier: Callable[[Account], Event] | None = None
    independent: bool = False

    @property
    def id(self) -> str:
        """The scenario's name among those of all automations and variants."""
        return f"{self.automation}, {self.variant}: {self.name}"

    @property
    def deployment(self) -> Deployment:
        """What is deployed."""
        return deployments()[self.variant][self.automation]


@dataclass(frozen=True)
class Invocation:
    """What one invocation has left behind, apart from AWS's state.

    Attributes
    ----------
    error
        The one exception that the handler promises for a failed response, if it was raised.
    lines
        The lines of the journal.
    metrics
        The lines of metrics.
    ended
        Whether Lambda has ended the function before it was through.
    """

    error: ResponseFailedError | None
    lines: Sequence[Mapping[str, Any]]
    metrics: Sequence[Mapping[str, Any]]
    ended: bool = False

    @property
    def finding_lines(self) -> list[Mapping[str, Any]]:
        """The lines about findings, or about there being none."""
        return [line for line in self.lines if "outcome" in line["rearm"]]


@dataclass
class Context:
    """Lambda's context object."""

    clock: Clock
    aws_request_id: str = REQUEST_ID

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left of the function's time, in milliseconds."""
        return int(self.clock.remaining_s * 1000)


class Stage:
    """A scenario that is being played; a context manager.

    Parameters
    ----------
    scenario
        The scenario.
    policies
        Of the function's role; the planned ones if not given.
    fault
        Makes a layer in front of AWS that spoils calls.
    limit_s
        The function's time; the planned one if not given.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        policies: Sequence[Policy] | None = None,
        fault: Callable[[Clock], Layer] | None = None,
        limit_s: float | None = None,
    ) -> None:
        self.scenario = scenario
        deployment = scenario.deployment
        self.deployment = deployment
        self.clock = Clock(deployment.timeout_s if limit_s is None else limit_s)
        self.recorder = Recorder()
        self._policies = deployment.policies if policies is None else policies
        self._spoil = [fault(self.clock)] if fault else []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Bring the account about."""
        enter = self._stack.enter_context
        environment = {**self.deployment.environment, "AWS_REGION": self.deployment.region}
        enter(mock.patch.dict(os.environ, environment))
        enter(mock.patch.object(botocore.session, "get_session", return_value=_session))
        enter(mock.patch.object(botocore.endpoint, "time", self.clock.time_module()))
        enter(mock.patch.object(handler, "time", self.clock.time_module()))
        enter(mock.patch.object(rearm.report.config, "time", self.clock.time_module()))
        for (module, name), fresh in MEMORY.items():
            enter(mock.patch.object(module, name, fresh()))
        enter(mock.patch.object(handler, "_aws", _aws))
        # One after another: a call is known by what was asked before it.
        enter(mock.patch.object(rearm.aws, "SIDE_BY_SIDE_FROM", sys.maxsize))
        enter(mock.patch.object(_aws, "sleep", self.clock.pass_by))
        # The longest that botocore may wait: what ends in time then always does.
        enter(mock.patch.object(ExponentialBackoff, "delay_amount", _longest_wait))
        # The last scenario's faults would use up what the client keeps for tries of this one.
        enter(mock.patch.object(RetryQuota, "acquire", return_value=True))
        self.account = Account(self.deployment)
        self.account.make()
        if self.scenario.earlier:
            self._handle_before(self.scenario.earlier(self.account))
        self.event = self.scenario.arrange(self.account)
        self.iam = Iam(self._policies, self._role_arn(), self._lookup, self._key_of_topic)
        fakes = Fakes(self.account.fakes)
        _wire.layers = [self.recorder, self.clock.layer, *self._spoil, self.iam, fakes]
        return self

    def __exit__(self, *_: object) -> None:
        """Forget the account."""
        _wire.layers = []
        self._stack.close()

    def new_process(self) -> None:
        """Forget what a process remembers: the next invocation is in a new one."""
        for (module, name), fresh in MEMORY.items():
            setattr(module, name, fresh())

    def invoke(self, *, may_end: bool = False) -> Invocation:
        """Invoke the function with the scenario's event, as Lambda does, also when it tries again.

        Only the exception that the handler promises is caught, and, if it may be, the function's end.
        """
        self.clock.begin()
        error: ResponseFailedError | None = None
        ended = False
        with redirect_stdout(io.StringIO()) as stdout:
            try:
                handler.handle(self.event, Context(self.clock))
            except ResponseFailedError as raised:
                error = raised
            except FunctionEnded:
                ended = True
                if not may_end:
                    raise
        lines = [json.loads(line) for line in stdout.getvalue().splitlines()]
        return Invocation(
            error=error,
            lines=[line for line in lines if "_aws" not in line],
            metrics=[line for line in lines if "_aws" in line],
            ended=ended,
        )

    def _handle_before(self, event: Event) -> None:
        """Let an earlier process handle an event, and forget what it has said."""
        _wire.layers = [Fakes(self.account.fakes)]
        # It had all the time that is planned.
        clock = Clock(self.deployment.timeout_s)
        with redirect_stdout(io.StringIO()), mock.patch.object(_aws, "sleep", clock.pass_by):
            handler.handle(event, Context(clock, "an-earlier-request"))
        self.account.forget_messages()
        self.account.config.forget_asked()
        self.new_process()

    def failed_checks(self) -> list[tuple[Check, str]]:
        """Read the verdict: what does not hold, and how."""
        read = ((check, check.problem(self.account)) for check in self.scenario.checks)
        return [(check, problem) for check, problem in read if problem]

    def problems(self) -> list[str]:
        """Read the verdict in words."""
        return [f"{check.name}: {problem}" for check, problem in self.failed_checks()]

    def _role_arn(self) -> str:
        from rearm.settings import from_environment

        return from_environment().role_arn

    def _lookup(self, region: str) -> Lookup:
        return lambda service, kind, name: self.account.look_up(service, kind, name, region)

    def _key_of_topic(self, arn: str) -> str | None:
        return self.deployment.topic_key if arn == self.deployment.topic_arn else None


def _longest_wait(_self: ExponentialBackoff, context: RetryContext) -> float:
    return float(min(2 ** (context.attempt_number - 1), 20))
