"""The WSGI application: every request, from its reading to its record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.local_aws import buckets
from tests.local_aws.answers import Answer, AwsError, HttpRequest, error_of, serialize
from tests.local_aws.calls import FunctionCall, Incoming, Overlay
from tests.local_aws.endpoint import Endpoint
from tests.local_aws.enforcement import Enforcement
from tests.local_aws.identity import Identity
from tests.local_aws.options import Options
from tests.local_aws.principals import Principals
from tests.local_aws.records import is_management, is_reading
from tests.local_aws.requests import (
    AwsRequest,
    UnknownAction,
    UnknownResource,
    UnreadableRequest,
    parse_request,
)
from tests.local_aws.timeline import Timeline

Observer = Callable[[Incoming, Answer, bool], None]
"""Told of each call with its answer and whether a trail logged when it came."""


class Gateway:
    """Answers requests: identity, permission, overlay or moto, record."""

    def __init__(
        self,
        options: Options,
        endpoint: Endpoint,
        principals: Principals,
        enforcement: Enforcement,
        timeline: Timeline,
    ) -> None:
        self._options = options
        self._endpoint = endpoint
        self._principals = principals
        self._enforcement = enforcement
        self._timeline = timeline
        self.overlays: dict[tuple[str, str], Overlay] = {}
        self.pages: dict[str, Callable[[HttpRequest], Answer]] = {}
        self.observe: Observer | None = None
        self.logs: Callable[[str], bool] | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request."""
        http = HttpRequest.from_environ(environ)
        with self._timeline.work():
            try:
                answer = self._answer(http)
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller must get an answer
                self._problem(f"{http.method} {http.path}: {type(error).__name__}: {error}")
                answer = Answer(
                    500,
                    {"Content-Type": "application/json", "x-amzn-errortype": "InternalFailure"},
                    b'{"__type": "InternalFailure", "message": "see the timeline for the problem"}',
                )
        headers = [(name, value) for name, value in answer.headers.items() if name.lower() != "status"]
        start_response(f"{answer.status} -", [*headers, ("Content-Length", str(len(answer.body)))])
        return [] if http.method == "HEAD" else [answer.body]

    def _answer(self, http: HttpRequest) -> Answer:
        page = next((self.pages[prefix] for prefix in self.pages if http.path.startswith(prefix)), None)
        if page:
            return page(http)
        try:
            request = parse_request(http.method, http.host, http.path, http.query, http.headers, http.body)
        except UnreadableRequest as error:
            if http.path.startswith("/moto-api"):
                return Answer(404, {}, b"")
            self._timeline.add("note", f"passed on unread: {error}")
            return self._endpoint.forward(http)
        if self._endpoint.is_internal(http):
            return self._internal(http, request)
        if wrong_region := buckets.elsewhere(request):
            return wrong_region
        identity = self._principals.of(request.access_key)
        incoming = Incoming(http, request, identity, lambda: self._forward(http))
        logged = self._options.deliver_without_trail or (self.logs is not None and self.logs(request.region))
        answer, call = self._decided(incoming)
        answer = _with_request_id(answer, incoming.request_id)
        if is_management(request) and not is_reading(request):
            self._endpoint.changed(request.service)
        if call:
            failed = error_of(answer)
            self._enforcement.finish(call, answer.status, failed[0] if failed else "")
        if self.observe:
            self.observe(incoming, answer, logged)
        return answer

    def _internal(self, http: HttpRequest, request: AwsRequest) -> Answer:
        answer = self._overlaid(Incoming(http, request, _aws(request), lambda: self._forward(http)))
        if is_management(request) and not is_reading(request):
            self._endpoint.changed(request.service)
        return answer

    def _decided(self, incoming: Incoming) -> tuple[Answer, FunctionCall | None]:
        identity, request = incoming.identity, incoming.request
        enforced = identity.function_arn is not None or (
            # No policy of IAM binds the root user.
            self._options.enforce_for_all and identity.role_name != "local-admin" and identity.kind != "Root"
        )
        call = None
        if enforced:
            agent = incoming.http.headers.get("user-agent", "")
            try:
                call = self._enforcement.check(identity, request, user_agent=agent)
            except AwsError as error:
                return _write(incoming, error), None
            except (UnknownAction, UnknownResource) as error:
                self._problem(str(error))
                return _write(incoming, AwsError("InternalFailure", str(error), 500)), None
        return self._overlaid(incoming), call

    def _overlaid(self, incoming: Incoming) -> Answer:
        overlay = self.overlays.get((incoming.request.service, incoming.request.operation))
        try:
            result = overlay(incoming) if overlay else incoming.forward()
        except AwsError as error:
            return _write(incoming, error)
        return result if isinstance(result, Answer) else _write(incoming, result)

    def _forward(self, http: HttpRequest) -> Answer:
        try:
            return self._endpoint.forward(http)
        except NotImplementedError as error:
            self._problem(f"moto lacks something: {error}")
            raise AwsError("InternalFailure", f"moto lacks something: {error}", 501) from error

    def _problem(self, text: str) -> None:
        self._timeline.add("problem", text)


def _write(incoming: Incoming, result: Mapping[str, Any] | AwsError) -> Answer:
    return serialize(incoming.http, incoming.request.service, incoming.request.operation, result)


def _with_request_id(answer: Answer, request_id: str) -> Answer:
    kept = {name: value for name, value in answer.headers.items() if name.lower() != "x-amzn-requestid"}
    return Answer(answer.status, {**kept, "x-amzn-RequestId": request_id}, answer.body)


def _aws(request: AwsRequest) -> Identity:
    return Identity("AWSService", request.access_key, "", "", "aws")
