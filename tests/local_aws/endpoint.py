"""moto behind the endpoint, and the clients with which AWS's own parts read and change it.

What the parts know about rules, functions, roles and trails they ask for here, as anybody would, so that
only what has been deployed counts. Their requests carry a secret header: they become no events.
"""

from __future__ import annotations

import functools
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from tests.local_aws import clients
from tests.local_aws.answers import Answer, HttpRequest

INTERNAL_HEADER = "x-local-aws-internal"
INTERNAL_KEY = "AKIALOCALAWSINTERNAL"

_T = TypeVar("_T")


@functools.cache
def _application(service: Any) -> Any:
    """Make moto's application for a service; it has no state of its own and takes a while to make."""
    return create_backend_app(service)


class Endpoint:
    """The HTTP endpoint as the parts of AWS see it.

    Attributes
    ----------
    url
        Set when the server listens.
    """

    def __init__(self, region: str) -> None:
        self.region = region
        self.url = ""
        self.secret = secrets.token_hex(16)
        self._app = DomainDispatcherApplication(_application)
        self._moto = threading.RLock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._making = threading.Lock()
        self._kept: dict[str, tuple[tuple[int, ...], object]] = {}
        self._generations: dict[str, int] = {}
        BackendDict.reset()
        reset_model_data()

    def is_internal(self, http: HttpRequest) -> bool:
        """Tell whether a request was made by a part of AWS."""
        return http.headers.get(INTERNAL_HEADER) == self.secret

    def forward(self, http: HttpRequest) -> Answer:
        """Have moto answer a request; one at a time, since its models know no locks."""
        with self._moto:
            return _run(self._app, http.to_environ())

    def client(self, service: str, region: str | None = None) -> Any:
        """Give the client of a part of AWS; its calls become no events and need no permission."""
        key = (service, region or self.region)
        with self._making:
            if key not in self._clients:
                keys = {"AccessKeyId": INTERNAL_KEY, "SecretAccessKey": "internal"}
                made = clients.make(service, key[1], self.url, keys, {})
                made.meta.events.register("before-call", self._mark)
                self._clients[key] = made
            return self._clients[key]

    def _mark(self, params: dict[str, Any], **_: object) -> None:
        params["headers"][INTERNAL_HEADER] = self.secret

    def query(self, service: str, access_key: str, parameters: Mapping[str, str]) -> bytes:
        """Have moto answer a query request as if it were signed with an access key."""
        body = urlencode(parameters).encode()
        scope = f"{access_key}/20260101/{self.region}/{service}/aws4_request"
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/",
            "SCRIPT_NAME": "",
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": f"{service}.{self.region}.amazonaws.com",
            "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            "CONTENT_TYPE": "application/x-www-form-urlencoded; charset=utf-8",
            "wsgi.url_scheme": "http",
            "wsgi.input": None,
            "wsgi.errors": None,
        }
        http = HttpRequest("POST", "127.0.0.1", "/", "", {}, body, "127.0.0.1", environ)
        return self.forward(http).body

    def kept(self, services: Iterable[str], key: object, load: Callable[[], _T]) -> _T:
        """Give what was loaded before, or load it, again after any of the services has changed."""
        generation = tuple(self._generations.get(service, 0) for service in services)
        kept = self._kept.get(repr(key))
        if kept is not None and kept[0] == generation:
            return kept[1]  # type: ignore[return-value]
        loaded = load()
        self._kept[repr(key)] = (generation, loaded)
        return loaded

    def changed(self, service: str) -> None:
        """Note that a call has changed a service."""
        self._generations[service] = self._generations.get(service, 0) + 1

    def close(self) -> None:
        """Close the clients' connections and forget moto's state."""
        for made in self._clients.values():
            made.close()
        self._clients.clear()
        BackendDict.reset()
        reset_model_data()


def _run(app: Any, environ: dict[str, Any]) -> Answer:
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        started[:] = [status, headers]

    content = app(environ, start_response)
    try:
        body = b"".join(content)
    finally:
        if hasattr(content, "close"):
            content.close()
    status, headers = started
    kept = {name: value for name, value in headers if name.lower() not in ("content-length", "connection")}
    return Answer(int(status.split()[0]), kept, body)
