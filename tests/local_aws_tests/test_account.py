"""The account as a whole: loopback only, nothing left behind, time, the command."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from tests.local_aws.local import LocalAws
from tests.local_aws.options import Options
from tests.local_aws.schedules import rate_seconds
from tests.local_aws.timeline import Timeline
from tests.local_aws_tests.deploy import Deploy

ROOT = Path(__file__).resolve().parents[2]


def test_nothing_of_an_account_is_in_the_next(options: Options) -> None:
    with LocalAws(options) as first:
        deploy = Deploy(first)
        deploy.trail("main")
        deploy.rule(deploy.function(), {"source": ["aws.cloudtrail"]})
        deploy.recorder()
        first.client("cloudtrail").stop_logging(Name="main")
        first.wait_idle()
        pids = [invocation.payload for invocation in first.invocations]
        assert pids
    with LocalAws(options) as second:
        assert second.client("cloudtrail").list_trails()["Trails"] == []
        assert second.client("events").list_rules()["Rules"] == []
        assert second.client("lambda").list_functions()["Functions"] == []
        assert second.client("iam").list_roles()["Roles"] == []
        assert second.client("config").describe_configuration_recorders()["ConfigurationRecorders"] == []
        assert second.client("s3").list_buckets()["Buckets"] == []
        assert (second.messages, second.calls, second.invocations, second.events) == ([], [], [], [])


def test_its_processes_and_threads_end_with_it(options: Options) -> None:
    before = set(threading.enumerate())
    with LocalAws(options) as aws:
        Deploy(aws).function("import os\ndef handle(event, context): return os.getpid()")
        answer = aws.client("lambda").invoke(FunctionName="function")
        pid = int(json.loads(answer["Payload"].read()))
        os.kill(pid, 0)
        port = int(aws.endpoint_url.rpartition(":")[2])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    end = time.monotonic() + 5
    while set(threading.enumerate()) - before and time.monotonic() < end:
        time.sleep(0.01)
    assert set(threading.enumerate()) - before == set()


def test_it_listens_on_loopback_only(aws: LocalAws) -> None:
    port = int(aws.endpoint_url.rpartition(":")[2])
    assert aws.endpoint_url == f"http://127.0.0.1:{port}"
    listening = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    addresses = {line.split()[1] for line in listening if line.split()[3] == "0A"}
    assert f"0100007F:{port:04X}" in addresses
    assert f"00000000:{port:04X}" not in addresses


def test_what_it_exports_is_enough_for_a_plain_client(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("cloudtrail")
    try:
        assert client.describe_trails()["trailList"] == []
    finally:
        client.close()
    assert [record["eventName"] for record in aws.records] == ["DescribeTrails"]


def test_a_request_that_cannot_be_answered_is_a_problem(options: Options) -> None:
    with LocalAws(options) as aws:
        config = aws.client("config")
        with pytest.raises(Exception, match="InternalFailure"):
            config.describe_delivery_channel_status()
        (problem,) = aws.problems
        assert "moto lacks something" in problem.text


def test_rate_rules_run_by_the_clock(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.local_aws.schedules._SECONDS", {"minute": 1, "hour": 3600})
    with LocalAws(replace(options, run_schedules=True)) as aws:
        deploy = Deploy(aws)
        function = deploy.function()
        deploy.rule(function, name="often", schedule="rate(1 minute)")
        deploy.rule(function, name="rarely", schedule="rate(1 hour)")
        aws.wait_for(lambda: len(aws.invocations) >= 2, 20)
        assert {entry.detail["rule"] for entry in aws.timeline.entries("rule")} == {"often"}


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("rate(1 minute)", 60),
        ("rate(15 minutes)", 900),
        ("rate(6 hours)", 21600),
        ("rate(1 day)", 86400),
        ("cron(0 12 * * ? *)", None),
        (None, None),
    ],
)
def test_a_rate_is_read(expression: str | None, seconds: int | None) -> None:
    assert rate_seconds(expression) == seconds


def test_waiting_ends_with_an_error_when_nothing_comes() -> None:
    timeline = Timeline()
    timeline.begin()
    with pytest.raises(TimeoutError, match="under way"):
        timeline.wait_idle(0.05)
    with pytest.raises(TimeoutError, match="not true"):
        timeline.wait_for(lambda: False, 0.05)
    timeline.end()
    timeline.wait_idle(0.05)


def test_listeners_are_told_in_order() -> None:
    timeline = Timeline()
    told: list[str] = []
    timeline.listen(lambda entry: told.append(entry.text))
    for number in range(3):
        timeline.add("note", str(number))
    assert told == ["0", "1", "2"]
    assert [entry.text for entry in timeline.entries("note")] == told
    assert timeline.entries("call") == []


def test_the_command_says_what_to_export_and_ends_on_interrupt() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.local_aws", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    with process.stdout:
        for line in process.stdout:
            lines.append(line.strip())
            if "AWS_EC2_METADATA_DISABLED" in line:
                break
        exported = dict(re.findall(r"export (\w+)=(\S+)", "\n".join(lines)))
        assert exported["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
        assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"} <= exported.keys()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
