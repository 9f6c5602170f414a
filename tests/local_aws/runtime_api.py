"""A function on Lambda's Runtime API, served here: where the emulator cannot be had.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import math
import queue
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.local_aws.runtime import Outcome, Program, Start

_RUNTIME = "/2018-06-01/runtime"
_INIT_LIMIT_S = 20


@dataclass(frozen=True)
class _Invocation:
    request_id: str
    payload: bytes


@dataclass(frozen=True)
class _Result:
    request_id: str
    payload: bytes
    failed: bool


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, function_arn: str, timeout_s: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.function_arn = function_arn
        self.timeout_s = timeout_s
        self.handed_out_at: float | None = None
        self.invocations: queue.Queue[_Invocation | None] = queue.Queue()
        self.results: queue.Queue[_Result] = queue.Queue()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are written one after the other; together with delayed acknowledgements that costs 40 ms.
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name for it
        """Say nothing."""

    def do_GET(self) -> None:
        """Hand out the next invocation, as soon as there is one."""
        if self.path != f"{_RUNTIME}/invocation/next":
            self._answer(404, b"{}")
            return
        invocation = self.server.invocations.get()
        if invocation is None:
            self.close_connection = True
            return
        deadline = time.time() + self.server.timeout_s
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self.server.function_arn,
            "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
        }
        self.server.handed_out_at = time.monotonic()
        self._answer(200, invocation.payload, headers)

    def do_POST(self) -> None:
        """Take a result or an error."""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = self._chunks()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(202, b'{"status":"OK"}')
        parts = self.path.removeprefix(_RUNTIME).strip("/").split("/")
        if parts == ["init", "error"]:
            self.server.results.put(_Result("", body, failed=True))
        elif len(parts) == 3:
            self.server.results.put(_Result(parts[1], body, failed=parts[2] == "error"))

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class ApiEnvironment:
    """A process of the runtime client, started again after it has ended."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._server: _Server | None = None
        self._program: Program | None = None

    def _ensure(self) -> tuple[_Server, Program]:
        if self._server and self._program and self._program.process.poll() is None:
            return self._server, self._program
        self.close()
        server = _Server(self._start.function_arn, self._start.timeout_s)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        environment = {
            **self._start.environment,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        }
        command = [str(self._start.python), "-m", "awslambdaric", self._start.handler]
        self._server, self._program = server, Program(command, self._start.directory, environment)
        return self._server, self._program

    def invoke(self, payload: bytes, request_id: str) -> Outcome:
        """Run the handler once; it is ended at its timeout."""
        server, program = self._ensure()
        program.take()
        began = time.monotonic()
        server.handed_out_at = None
        server.invocations.put(_Invocation(request_id, payload))
        result = self._result(server, program, began)
        seconds = time.monotonic() - began
        lines = [f"START RequestId: {request_id} Version: $LATEST"]
        if result is None:
            exited = program.process.poll()
            last = self.close()
            text = (
                f"Task timed out after {self._start.timeout_s:.2f} seconds"
                if exited is None
                else f"Runtime exited with error: exit status {exited}"
            )
            kind = "Sandbox.Timedout" if exited is None else "Runtime.ExitError"
            error = {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {text}"}
            lines += [*last, f"{request_id} {text}"]
            result = _Result(request_id, json.dumps(error).encode(), failed=True)
        elif not result.request_id:
            lines += self.close()
        else:
            lines += program.take()
        milliseconds = seconds * 1000
        lines += [
            f"END RequestId: {request_id}",
            "\t".join(
                (
                    f"REPORT RequestId: {request_id}",
                    f"Duration: {milliseconds:.2f} ms",
                    f"Billed Duration: {math.ceil(milliseconds)} ms",
                    f"Memory Size: {self._start.memory_mb} MB",
                )
            ),
        ]
        return Outcome(result.payload, "Unhandled" if result.failed else None, lines, request_id, seconds)

    def _result(self, server: _Server, program: Program, began: float) -> _Result | None:
        """Wait for the result; the timeout counts from when the runtime takes the event."""
        while True:
            try:
                return server.results.get(timeout=0.02)
            except queue.Empty:
                taken_at = server.handed_out_at
                end = began + _INIT_LIMIT_S if taken_at is None else taken_at + self._start.timeout_s
                if time.monotonic() > end or program.process.poll() is not None:
                    return None

    def close(self) -> list[str]:
        """End the process and the Runtime API, and give the process's last lines."""
        last: list[str] = []
        if self._program:
            last = self._program.stop()
            self._program = None
        if self._server:
            self._server.invocations.put(None)
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        return last
