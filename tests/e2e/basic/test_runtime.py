"""The function under AWS's runtime interface emulator, where there is one, on its own Python."""

from __future__ import annotations

import os

from tests.e2e.runtimes import expected_python, python_of
from tests.e2e.world import World


def test_the_function_runs_on_its_runtime_under_the_emulator_where_there_is_one(basic: World) -> None:
    trail = basic.account.trail("main")
    basic.account.user("contractor").stop(trail)
    basic.aws.wait_idle()
    assert basic.account.logs(trail)
    assert str(basic.aws.options.emulator or "") == os.environ.get("REARM_LAMBDA_RIE", "")
    function = basic.account.client("lambda").get_function(FunctionName="rearm-cloudtrail")["Configuration"]
    assert function["Runtime"] == "python3.13"
    assert python_of(basic.account, "StartLogging") == expected_python("3.13")
