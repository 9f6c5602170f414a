"""The demo shows what it promises, and says so when it cannot."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.demo.__main__ import ended
from tests.demo.screen import WIDTH, Screen
from tests.plan.harness import ROOT

COMMAND = (sys.executable, "-m", "tests.demo")
# Twice what a free machine needs, in seconds.
LIMIT_S = 180


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        COMMAND,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def test_every_step_ends_as_it_must() -> None:
    shown = run()
    assert shown.returncode == 0, shown.stdout + shown.stderr
    steps = re.findall(r"^(\d)\. (.+?) +\d+ s$", shown.stdout, re.MULTILINE)
    assert [int(number) for number, _ in steps] == list(range(1, 10))
    assert (
        len(re.findall(r"^   \[ok\] the trail logs again after \d+\.\d+ s", shown.stdout, re.MULTILINE)) == 4
    )
    assert "[ok] the trail is there again as it was, and logs" in shown.stdout
    assert "[ok] the trail selects what it did" in shown.stdout
    assert "[FAILED]" not in shown.stdout
    assert shown.stderr == ""


def test_the_output_fits_a_page_and_has_no_colours_outside_a_terminal() -> None:
    shown = run(REARM_TERRAFORM="/nonexistent/terraform")
    assert "\x1b" not in shown.stdout
    assert "\r" not in shown.stdout
    assert max(len(line) for line in shown.stdout.splitlines() if "/" not in line) <= WIDTH


def test_a_terraform_that_fails_ends_the_demo_with_one_line_and_a_log(tmp_path: Path) -> None:
    program = tmp_path / "terraform"
    program.write_text('#!/bin/sh\necho "Error: no provider"\nexit 1\n', encoding="utf-8")
    program.chmod(0o755)
    shown = run(REARM_TERRAFORM=str(program))
    assert shown.returncode == 1
    assert "The demo cannot go on: terraform init of examples/basic:\nError: no provider\n" in shown.stdout
    assert "Traceback" not in shown.stdout + shown.stderr
    log = re.search(r"^Everything that happened is in (.+)$", shown.stdout, re.MULTILINE)
    assert log
    assert "CreateTrail" in Path(log[1]).read_text(encoding="utf-8")


def test_a_verdict_that_does_not_hold_is_named_and_fails_the_demo() -> None:
    shown = io.StringIO()
    assert ended(3, ["the trail logs again"], Screen(shown)) == 1
    assert "1 of 4 verdicts do not hold:\n   - the trail logs again\n" in shown.getvalue()


def test_an_interrupt_ends_the_demo_and_everything_it_has_started(tmp_path: Path) -> None:
    environment: Mapping[str, str] = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        COMMAND, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "resources made" in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(LIMIT_S) == 130
    assert rest.endswith("Interrupted; everything that was started has been ended.\n")
    assert list(tmp_path.glob("rearm-demo-*")) == []
    assert _group_is_gone(process.pid)


def _group_is_gone(group: int) -> bool:
    """Tell whether no process of a group is left; Terraform's provider may take a moment to end."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False
