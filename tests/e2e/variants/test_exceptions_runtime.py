"""The function on AWS's runtime client alone, on the oldest Python that it may run on."""

from __future__ import annotations

from tests.e2e.runtimes import expected_python, python_of
from tests.e2e.world import World


def test_the_function_runs_on_the_oldest_runtime_without_the_emulator(exceptions: World) -> None:
    trail = exceptions.account.trail("main")
    exceptions.account.user("contractor").stop(trail)
    exceptions.aws.wait_idle()
    assert exceptions.account.logs(trail)
    assert exceptions.aws.options.emulator is None
    function = exceptions.account.client("lambda").get_function(FunctionName="rearm-cloudtrail")
    assert function["Configuration"]["Runtime"] == "python3.11"
    assert python_of(exceptions.account, "StartLogging") == expected_python("3.11")
