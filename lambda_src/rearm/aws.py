"""Calls to AWS: clients made on first use, and every error turned into one kind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rearm.model import Failure

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session

CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 5
TOTAL_ATTEMPTS = 4
# What must be left of the function's time to begin a request: as long as it may hang, and a second to tell.
RESERVE_S = CONNECT_TIMEOUT_S + READ_TIMEOUT_S + 1.0
MALFORMED = "MalformedAnswer"
OUT_OF_TIME = "OutOfTime"

# From so many items on, so many calls run at a time; botocore keeps as many connections to a host.
SIDE_BY_SIDE_FROM = 8
SIDE_BY_SIDE = 8

Answer = Mapping[str, Any]
Item = TypeVar("Item")
Result = TypeVar("Result")

# Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
THROTTLED = frozenset(
    {
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


class AwsError(Exception):
    """A call to AWS that did not succeed after the client's own retries.

    `passing` says that the same call may succeed a little later: it was throttled, or AWS itself failed.
    `again` says that it was not the first try that met it: AWS may have done what an earlier one asked for.
    """

    def __init__(self, failure: Failure, passing: bool = False, again: bool = False) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.passing = passing
        self.again = again

    @property
    def code(self) -> str:
        """AWS's error code, or the name of the client's own exception."""
        return self.failure.code


class OutOfTimeError(Exception):
    """What is left of the function's time does not suffice for another request."""


class Aws:
    """The clients of one process.

    botocore is imported on first use and used without boto3: a process that makes no call pays nothing, and
    one that does saves the import of the resource layer. Throttling, server errors and time-outs are tried
    again by the client ("standard" mode, 4 attempts in all), but, `within` an invocation, none of these
    attempts begins so late that Lambda could end the function before it has said what it did.

    Source: https://docs.aws.amazon.com/boto3/latest/guide/retries.html
    """

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self.sleep = sleep
        self._remaining_s: Callable[[], float] | None = None
        self._here = threading.local()
        self._making = threading.Lock()
        self._session: Session | None = None
        self._clients: dict[tuple[str, str, int, float], BaseClient] = {}

    @contextmanager
    def within(self, remaining_s: Callable[[], float]) -> Iterator[None]:
        """Begin no request any more when too little is left of an invocation's time, in seconds."""
        self._remaining_s = remaining_s
        try:
            yield
        finally:
            self._remaining_s = None

    def call(
        self,
        service: str,
        region: str,
        operation: str,
        parameters: Mapping[str, object] | None = None,
        attempts: int = TOTAL_ATTEMPTS,
        reserve_s: float = RESERVE_S,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> Answer:
        """Make one API call.

        Parameters
        ----------
        service
            boto3's name of the service, such as ``cloudtrail``.
        region
            Where to call.
        operation, parameters
            As AWS spells them, such as ``StartLogging`` and ``{"Name": ...}``.
        attempts
            How often the client tries in all.
        reserve_s
            The seconds that must be left of the function's time for the call to begin.
        read_timeout_s
            The seconds that one try waits for its answer.

        Raises
        ------
        AwsError
            For whatever went wrong: AWS's error, no answer, an answer that cannot be read.
        """
        from botocore import xform_name
        from botocore.exceptions import ClientError

        self._here.reserve_s = reserve_s
        try:
            method = getattr(self._client(service, region, attempts, read_timeout_s), xform_name(operation))
            answer = method(**(parameters or {}))
        except ClientError as error:
            detail = error.response.get("Error", {})
            code = str(detail.get("Code", "Unknown"))
            told = error.response.get("ResponseMetadata", {})
            passing = told.get("HTTPStatusCode", 0) >= 500 or code in THROTTLED
            failure = Failure(code, str(detail.get("Message", "")), f"{service}:{operation}")
            raise AwsError(failure, passing, again=told.get("RetryAttempts", 0) > 0) from error
        except OutOfTimeError as error:
            raise AwsError(Failure(OUT_OF_TIME, str(error), f"{service}:{operation}")) from error
        except Exception as error:
            failure = Failure(type(error).__name__, str(error), f"{service}:{operation}")
            raise AwsError(failure, passing=True) from error
        if not isinstance(answer, dict):
            raise malformed(service, operation, "no object")
        return answer

    def pages(
        self,
        service: str,
        region: str,
        operation: str,
        parameters: Mapping[str, object] | None = None,
        limit: int = 1000,
        token: tuple[str, str] = ("NextToken", "NextToken"),
    ) -> Iterator[Answer]:
        """Yield the pages of a call, at most `limit` of them.

        Parameters
        ----------
        token
            What the request and the answer call the place where the next page begins.
        """
        ask, answered = token
        start: str | None = None
        for _ in range(limit):
            wanted = {**(parameters or {}), **({ask: start} if start else {})}
            page = self.call(service, region, operation, wanted)
            yield page
            start = page.get(answered)
            if start is not None and not isinstance(start, str):
                raise malformed(service, operation, f"{answered} is no text")
            if not start:
                return

    def each(self, read: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Call a function for each item and return the results in the items' order.

        A few are taken one after another. Many, such as the trails of an account with trails in all regions,
        are read side by side: a sweep would otherwise outlast the function's time.
        """
        if len(items) < SIDE_BY_SIDE_FROM:
            return [read(item) for item in items]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
            return list(threads.map(read, items))

    def _client(self, service: str, region: str, attempts: int, read_timeout_s: float) -> BaseClient:
        with self._making:
            return self._made_client(service, region, attempts, read_timeout_s)

    def _made_client(self, service: str, region: str, attempts: int, read_timeout_s: float) -> BaseClient:
        key = (service, region, attempts, read_timeout_s)
        if key not in self._clients:
            from botocore.config import Config

            from rearm import __version__

            if self._session is None:
                self._session = _new_session()
            client = self._session.create_client(
                service,
                region_name=region,
                config=Config(
                    connect_timeout=CONNECT_TIMEOUT_S,
                    read_timeout=read_timeout_s,
                    retries={"mode": "standard", "total_max_attempts": attempts},
                    user_agent_extra=f"rearm/{__version__}",
                ),
            )
            client.meta.events.register("request-created", self._before_attempt)
            client.meta.events.register("needs-retry", self._before_waiting)
            self._clients[key] = client
        return self._clients[key]

    def _is_late(self, reserve_s: float) -> bool:
        return self._remaining_s is not None and self._remaining_s() < reserve_s

    def _before_attempt(self, **_: object) -> None:
        if self._is_late(getattr(self._here, "reserve_s", RESERVE_S)):
            raise OutOfTimeError("the function's time ran out before this call")

    def _before_waiting(self, caught_exception: Exception | None, **_: object) -> None:
        """Give up instead of waiting for another attempt that could not begin any more."""
        if caught_exception is not None and self._is_late(RESERVE_S):
            raise caught_exception


def _new_session() -> Session:
    """Return a botocore session that knows its services by their folders' names.

    botocore's own loader looks into each of some 400 folders, twice, before the first client is made; a
    repair need not wait for that.
    """
    import botocore.session
    from botocore.loaders import Loader

    class FolderLoader(Loader):
        def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore calls it so
            return [name for path in self.search_paths if Path(path).is_dir() for name in os.listdir(path)]

    session = botocore.session.get_session()
    session.register_component("data_loader", FolderLoader())
    return session


def malformed(service: str, operation: str, what: str) -> AwsError:
    """Return the error for an answer of AWS that lacks what its documentation promises."""
    return AwsError(Failure(MALFORMED, f"the answer cannot be read: {what}", f"{service}:{operation}"))


def items_of(answer: Answer, service: str, operation: str, key: str) -> list[Answer]:
    """Return the objects of a list that AWS's documentation promises in an answer.

    botocore takes a body that breaks off for an answer without members: a missing list is not an empty one.

    Raises
    ------
    AwsError
        There is no such list, or it holds something else.
    """
    items = answer.get(key)
    if not isinstance(items, list):
        raise malformed(service, operation, f"{key} is missing")
    if not all(isinstance(item, dict) for item in items):
        raise malformed(service, operation, f"{key} holds something else than objects")
    return items


def answered_at(answer: Answer) -> datetime:
    """Return AWS's own time of an answer, from its ``Date`` header; ours where there is none."""
    header = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return parsedate_to_datetime(str(header)).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.now(UTC)
