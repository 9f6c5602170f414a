"""What stands between Rearm's own clients and moto: it records calls, adds answers and makes faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from rearm import aws

Parameters = Mapping[str, Any]
PARAMETERS = "tests.parameters"
READS = ("Describe", "List", "Get", "Lookup", "Query")
# Calls that tell or ask, but change nothing that an automation guards.
SPEAKS = frozenset({"sns:Publish", "config:PutEvaluations", "config:StartConfigRulesEvaluation"})


class ApiError(Exception):
    """An error that AWS answers with."""

    def __init__(self, code: str, message: str = "made by the test", status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Made:
    """One call that Rearm made, whatever came of it."""

    service: str
    operation: str
    region: str
    parameters: Parameters

    @property
    def name(self) -> str:
        """The call as IAM names it, such as ``cloudtrail:StartLogging``."""
        return f"{self.service}:{self.operation}"

    @property
    def reads(self) -> bool:
        """Whether the call only reads, judged by its name alone."""
        return self.operation.startswith(READS)

    @property
    def changes(self) -> bool:
        """Whether the call may change something that an automation guards, which notes are not."""
        return not self.reads and not self.notes and self.name not in SPEAKS

    @property
    def notes(self) -> bool:
        """Whether the call is about the deployment's own table."""
        return self.service == "dynamodb"


Answer = Callable[[Made], Parameters | None]
Edit = Callable[[Made, dict[str, Any]], None]


@dataclass
class Endpoint:
    """Answers before moto does, changes what moto has answered, and remembers every call.

    An answer returns what botocore would have parsed, or None to leave the call to the next answer or to
    moto, or raises `ApiError`; any other exception is raised in the caller as the network's.
    """

    made: list[Made] = field(default_factory=list)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    edits: dict[str, list[Edit]] = field(default_factory=dict)

    def answer(self, call: str, answer: Answer) -> None:
        """Answer a call such as ``cloudtrail:LookupEvents``; the newest answer is asked first."""
        self.answers.setdefault(call, []).insert(0, answer)

    def edit(self, call: str, edit: Edit) -> None:
        """Change answers of a call in place, after everything else."""
        self.edits.setdefault(call, []).append(edit)

    def fail(
        self,
        call: str,
        error: Exception | str,
        *,
        when: Callable[[Made], bool] = lambda _: True,
        times: int | None = None,
    ) -> None:
        """Let a call fail, always or so many times; a text is AWS's error code."""
        left = [times]

        def fault(made: Made) -> None:
            if not when(made) or left[0] == 0:
                return
            if left[0] is not None:
                left[0] -= 1
            raise ApiError(error) if isinstance(error, str) else error

        self.answer(call, fault)

    def named(self, call: str) -> list[Made]:
        """Return the calls of one name, in order."""
        return [made for made in self.made if made.name == call]


_current: list[Endpoint] = []
_session = aws._new_session()
# Making clients is slow, and they hold no state of AWS: all tests of a process share them.
_clients = aws.Aws()
_clients._session = _session


@contextmanager
def stand_between(sleep: Callable[[float], None]) -> Iterator[tuple[Endpoint, aws.Aws]]:
    """Give Rearm's own `Aws`, with its own kind of clients, whose calls pass the endpoint."""
    endpoint = Endpoint()
    _clients.sleep = sleep
    _current.append(endpoint)
    try:
        yield endpoint, _clients
    finally:
        _current.pop()


def _remember(*, params: Any = None, context: Any = None, **_: Any) -> None:
    context[PARAMETERS] = dict(params)


def _answered(*, model: Any = None, context: Any = None, **_: Any) -> Any:
    made = context["tests.made"] = Made(
        model.service_model.service_name, model.name, context["client_region"], context[PARAMETERS]
    )
    endpoint = _current[-1]
    endpoint.made.append(made)
    for answer in endpoint.answers.get(made.name, []):
        try:
            parsed = answer(made)
        except ApiError as error:
            told = {"Error": {"Code": error.code, "Message": error.message}, "ResponseMetadata": {}}
            return SimpleNamespace(status_code=error.status, raw=None), told
        if parsed is not None:
            return SimpleNamespace(status_code=200, raw=None), {"ResponseMetadata": {}, **parsed}
    return None


def _edited(*, parsed: Any = None, context: Any = None, **_: Any) -> None:
    made = context["tests.made"]
    for edit in _current[-1].edits.get(made.name, []) if "Error" not in parsed else []:
        edit(made, parsed)


_session.register("provide-client-params", _remember)
_session.register("before-call", _answered)
_session.register("after-call", _edited)
