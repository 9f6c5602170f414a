"""A function under AWS's Lambda runtime interface emulator.

https://github.com/aws/aws-lambda-runtime-interface-emulator
It chooses request ids itself and tells the function an ARN of its own making; both are not AWS's.
"""

from __future__ import annotations

import http.client
import json
import re
import time
import uuid
from pathlib import Path

from tests.local_aws.runtime import Outcome, Program, Start, free_port

_PATH = "/2015-03-31/functions/function/invocations"
_OWN_LINE = re.compile(r"^\d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2},\d+ \[\w+\] \(rapid\)")
_START = re.compile(r"^START RequestId: (\S+)")


class EmulatorEnvironment:
    """A process of the emulator with the runtime client below it."""

    def __init__(self, emulator: Path, start: Start) -> None:
        self._start = start
        self._port = free_port()
        runtime_port = free_port()
        command = [
            str(emulator),
            "--log-level=error",
            f"--runtime-interface-emulator-address=127.0.0.1:{self._port}",
            f"--runtime-api-address=127.0.0.1:{runtime_port}",
            str(start.python),
            "-m",
            "awslambdaric",
            start.handler,
        ]
        environment = {**start.environment, "AWS_LAMBDA_FUNCTION_TIMEOUT": str(int(start.timeout_s))}
        self._program = Program(command, start.directory, environment)
        self._wait_until_listening()

    def _wait_until_listening(self) -> None:
        end = time.monotonic() + 10
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
            try:
                connection.connect()
            except OSError:
                if time.monotonic() > end or self._program.process.poll() is not None:
                    said = self._program.stop()
                    raise RuntimeError(f"the emulator does not start: {said}") from None
                time.sleep(0.005)
            else:
                return
            finally:
                connection.close()

    def invoke(self, payload: bytes, request_id: str) -> Outcome:
        """Run the handler once; the request id is the emulator's own."""
        self._program.take()
        began = time.monotonic()
        # The emulator itself ends an invocation at the function's timeout.
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._start.timeout_s + 30)
        try:
            connection.request("POST", _PATH, payload)
            answer = connection.getresponse()
            body, status = answer.read(), answer.status
        finally:
            connection.close()
        seconds = time.monotonic() - began
        # A runtime that exits has no REPORT line.
        self._program.wait_for_line("REPORT RequestId", 2 if status == 200 else 0.1)
        lines = [line for line in self._program.take() if not _OWN_LINE.match(line) and line.strip()]
        seen = next((found[1] for line in lines if (found := _START.match(line))), str(uuid.uuid4()))
        if body.startswith(b"Task timed out after"):
            text = body.decode()
            lines.append(f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime())}Z {seen} {text}")
            error = {"errorType": "Sandbox.Timedout", "errorMessage": f"RequestId: {seen} Error: {text}"}
            return Outcome(json.dumps(error).encode(), "Unhandled", lines, seen, seconds)
        return Outcome(body, "Unhandled" if status != 200 or _is_error(body) else None, lines, seen, seconds)

    def close(self) -> list[str]:
        """End the emulator and the function, and give the last lines."""
        return self._program.stop()


def _is_error(body: bytes) -> bool:
    """Tell an error from a result: both come with 200, so a result of this shape is misread."""
    try:
        content = json.loads(body)
    except ValueError:
        return False
    return isinstance(content, dict) and {"errorType", "errorMessage"} <= content.keys()
