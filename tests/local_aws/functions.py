"""Lambda: runs functions as they are deployed, and keeps what asynchronous invocations must not lose.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import json
import queue
import shutil
import tempfile
import threading
import time
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.local_aws import interpreters
from tests.local_aws.answers import AwsError
from tests.local_aws.deployed import Deployed, Function
from tests.local_aws.destinations import Destinations
from tests.local_aws.emulator import EmulatorEnvironment
from tests.local_aws.endpoint import Endpoint
from tests.local_aws.function_logs import FunctionLogs
from tests.local_aws.options import Options
from tests.local_aws.principals import Principals, Session
from tests.local_aws.resource_policy import allows
from tests.local_aws.runtime import Environment, Outcome, Start
from tests.local_aws.runtime_api import ApiEnvironment
from tests.local_aws.timeline import Timeline


@dataclass(frozen=True)
class Invocation:
    """One run of a function.

    Attributes
    ----------
    request_id
        The id that the function saw.
    event
        What it was given.
    payload
        What it returned, or the error.
    error
        ``Unhandled`` when it failed, else None.
    attempt
        1 for the first run of an asynchronous invocation, 2 and 3 for its retries.
    cold
        Whether the process was started for it.
    seconds
        How long it took, with the start.
    """

    at: datetime
    function: str
    request_id: str
    event: Any
    payload: Any
    error: str | None
    attempt: int
    cold: bool
    seconds: float
    lines: tuple[str, ...]


@dataclass
class _Warm:
    """An execution environment with what it was made from."""

    environment: Environment
    made_from: str
    session: Session
    directory: Path
    log_stream: str


@dataclass(frozen=True)
class _Queued:
    function_arn: str
    payload: bytes
    request_id: str


class Functions:
    """All functions of the account."""

    def __init__(
        self,
        options: Options,
        endpoint: Endpoint,
        deployed: Deployed,
        principals: Principals,
        logs: FunctionLogs,
        destinations: Destinations,
        timeline: Timeline,
    ) -> None:
        self._options = options
        self._endpoint = endpoint
        self._deployed = deployed
        self._principals = principals
        self._logs = logs
        self._destinations = destinations
        self._timeline = timeline
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._warm: dict[str, _Warm] = {}
        self._queues: dict[str, queue.Queue[_Queued | None]] = {}
        self._workers: list[threading.Thread] = []
        self._closing = threading.Event()
        self._invocations: list[Invocation] = []

    @property
    def invocations(self) -> list[Invocation]:
        """Every run so far."""
        with self._lock:
            return list(self._invocations)

    def may_invoke(self, function: Function, principal: str, context: Mapping[str, str]) -> bool:
        """Tell whether the function's policy lets a service of AWS invoke it."""
        return allows(function.policy, principal, "lambda:InvokeFunction", function.arn, context)

    def invoke(self, function: Function, payload: bytes) -> Outcome:
        """Run a function and wait for its result.

        Raises
        ------
        AwsError
            ``TooManyRequestsException`` when its reserved concurrency is 0.
        """
        if function.reserved_concurrency == 0:
            raise AwsError("TooManyRequestsException", "Rate Exceeded.", 429)
        return self._run(function, payload, str(uuid.uuid4()), 1)

    def accept(self, function: Function, payload: bytes) -> str:
        """Queue an event for a function, and give the id of the request."""
        request_id = str(uuid.uuid4())
        self._timeline.begin()
        with self._lock:
            if function.arn not in self._queues:
                waiting: queue.Queue[_Queued | None] = queue.Queue()
                worker = threading.Thread(target=self._work, args=(waiting,), daemon=True)
                self._queues[function.arn] = waiting
                self._workers.append(worker)
                worker.start()
            self._queues[function.arn].put(_Queued(function.arn, payload, request_id))
        return request_id

    def _work(self, waiting: queue.Queue[_Queued | None]) -> None:
        while (queued := waiting.get()) is not None:
            try:
                self._run_queued(queued)
            except AwsError as error:
                self._timeline.add("undelivered", f"{queued.function_arn} has lost an event: {error}")
            except Exception as error:  # noqa: BLE001 - the worker must go on with the next event
                self._timeline.add("problem", f"{queued.function_arn}: {type(error).__name__}: {error}")
            finally:
                self._timeline.end()

    def _run_queued(self, queued: _Queued) -> None:
        attempt = 0
        outcome: Outcome | None = None
        while not self._closing.is_set():
            function = self._deployed.function(queued.function_arn, self._options.region)
            if function is None:
                self._timeline.add("undelivered", f"{queued.function_arn} is gone with an event in its queue")
                return
            if function.reserved_concurrency == 0:
                self._give_up(function, queued, "ZeroReservedConcurrency", attempt, outcome)
                return
            attempt += 1
            outcome = self._run(function, queued.payload, queued.request_id, attempt)
            if outcome.error is None:
                return
            if attempt > function.retries:
                self._give_up(function, queued, "RetriesExhausted", attempt, outcome)
                return
            delays = self._options.retry_delays_s
            self._closing.wait(delays[min(attempt, len(delays)) - 1])

    def _give_up(
        self, function: Function, queued: _Queued, condition: str, attempts: int, outcome: Outcome | None
    ) -> None:
        warm = self._warm.get(function.arn)
        session = warm.session if warm else self._session(function)
        self._destinations.failed(
            function, session.identity, queued.request_id, queued.payload, condition, attempts, outcome
        )

    def _run(self, function: Function, payload: bytes, request_id: str, attempt: int) -> Outcome:
        with self._lock:
            lock = self._locks.setdefault(function.arn, threading.Lock())
        with lock:
            began = time.monotonic()
            warm, cold = self._environment(function)
            outcome = warm.environment.invoke(payload, request_id)
            seconds = time.monotonic() - began
        self._logs.write(function, warm.session.identity, warm.log_stream, outcome.lines)
        invocation = Invocation(
            at=datetime.now(UTC),
            function=function.name,
            request_id=outcome.request_id,
            event=_json(payload),
            payload=_json(outcome.payload),
            error=outcome.error,
            attempt=attempt,
            cold=cold,
            seconds=seconds,
            lines=tuple(outcome.lines),
        )
        with self._lock:
            self._invocations.append(invocation)
        said = f"failed: {outcome.payload.decode('utf-8', 'replace')[:300]}" if outcome.error else "succeeded"
        self._timeline.add(
            "invocation",
            f"{function.name} {said} ({'cold' if cold else 'warm'}, {seconds * 1000:.0f} ms"
            + (f", attempt {attempt})" if attempt > 1 else ")"),
            invocation=invocation,
        )
        return outcome

    def _session(self, function: Function) -> Session:
        """Give Lambda a session of the function's role, if the role lets it."""
        role_name = function.role_arn.rpartition("/")[2]
        role = self._deployed.role(role_name)
        if role is None or not allows(role.trust, "lambda.amazonaws.com", "sts:AssumeRole", role.arn, {}):
            message = "The role defined for the function cannot be assumed by Lambda."
            raise AwsError("AccessDeniedException", message, 403)
        return self._principals.open_session(function.arn, function.role_arn, role.id)

    def _environment(self, function: Function) -> tuple[_Warm, bool]:
        made_from = json.dumps(function.configuration, default=str, sort_keys=True)
        warm = self._warm.get(function.arn)
        if warm and warm.made_from == made_from:
            return warm, False
        if warm:
            _end(warm)
            del self._warm[function.arn]
        made = self._make(function, made_from)
        self._warm[function.arn] = made
        return made, True

    def _make(self, function: Function, made_from: str) -> _Warm:
        session = self._session(function)
        directory = Path(tempfile.mkdtemp(prefix="local-aws-function-"))
        task = directory / "task"
        home = directory / "home"
        home.mkdir()
        with zipfile.ZipFile(BytesIO(function.code)) as archive:
            archive.extractall(task)
        configuration = function.configuration
        runtime = str(configuration["Runtime"])
        interpreter = interpreters.find(runtime, self._options.pythons)
        if not interpreter.exact:
            self._timeline.add(
                "note", f"no {runtime} with awslambdaric is here; {interpreter.path} runs {function.name}"
            )
        instance = uuid.uuid4().hex
        stream = f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{instance}"
        start = Start(
            python=interpreter.path,
            handler=str(configuration["Handler"]),
            directory=task,
            environment=self._variables(function, session, task, home, stream),
            function_arn=function.arn,
            timeout_s=float(configuration.get("Timeout", 3)),
            memory_mb=int(configuration.get("MemorySize", 128)),
        )
        emulator = self._options.emulator
        environment = EmulatorEnvironment(emulator, start) if emulator else ApiEnvironment(start)
        return _Warm(environment, made_from, session, directory, stream)

    def _variables(
        self, function: Function, session: Session, task: Path, home: Path, stream: str
    ) -> dict[str, str]:
        """Give what Lambda sets, and the function's own.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        configuration = function.configuration
        own = (configuration.get("Environment") or {}).get("Variables") or {}
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "HOME": str(home),
            "LAMBDA_TASK_ROOT": str(task),
            "LAMBDA_RUNTIME_DIR": str(home),
            "_HANDLER": str(configuration["Handler"]),
            "AWS_REGION": function.region,
            "AWS_DEFAULT_REGION": function.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{configuration['Runtime']}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.get("MemorySize", 128)),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "AWS_ACCESS_KEY_ID": session.identity.access_key,
            "AWS_SECRET_ACCESS_KEY": session.secret_key,
            "AWS_SESSION_TOKEN": session.token,
            "AWS_ENDPOINT_URL": self._endpoint.url,
            **{str(name): str(value) for name, value in own.items()},
        }

    def end_processes(self) -> None:
        """End the processes that wait for their next event, as Lambda may at any time."""
        with self._lock:
            locks = dict(self._locks)
        for arn, lock in locks.items():
            with lock:
                warm = self._warm.pop(arn, None)
                if warm:
                    _end(warm)

    def close(self) -> None:
        """End all processes and workers."""
        self._closing.set()
        for waiting in self._queues.values():
            waiting.put(None)
        for warm in list(self._warm.values()):
            _end(warm)
        for worker in self._workers:
            worker.join(timeout=5)
        self._warm.clear()


def _end(warm: _Warm) -> None:
    warm.environment.close()
    shutil.rmtree(warm.directory, ignore_errors=True)


def _json(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode("utf-8", "replace")
