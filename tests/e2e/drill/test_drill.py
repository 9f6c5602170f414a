"""The drill plays each row that is safe, and leaves nothing behind, however it ends."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.e2e.drill import left
from tests.e2e.drill.operator import Operator, rows
from tests.e2e.world import World
from tools.operator.drill.rows import LEFT_OUT, ROWS

AGREED = ("--yes", "--limit", "90", "--pause", "1")
QUICK = (*AGREED, "--rows", "trail.stop-logging,trail.prefix,bucket.policy")
# The policy for keys asks for their tags, which this imitation of IAM does not know.
KEYS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}],
}


@pytest.fixture(autouse=True)
def nothing_left(deployed: World) -> Iterator[None]:
    """Check after each test that there is nothing left, and that nothing comes back or is missed."""
    yield
    deployed.aws.wait_idle(120)
    assert left.resources(deployed) == set()
    left.end_exceptions(deployed)
    deployed.said.forget()
    left.sweep(deployed)
    assert left.resources(deployed) == set()
    assert [line["message"] for line in deployed.said.journal() if left.MARK in line["message"]] == []


def test_every_row_that_is_safe_is_detected_and_repaired(deployed: World, operator: Operator) -> None:
    operator.may("drill", KEYS)
    code, said = operator.run("drill", *AGREED, "--key")
    found = rows(said)
    assert code == 0, said
    assert {name for name, row in found.items() if row.verdict == "ok"} == {row.id for row in ROWS}, said
    assert {name: row.said for name, row in found.items() if row.verdict == "not run"} == LEFT_OUT
    repaired = [row.repaired for row in found.values() if row.verdict == "ok"]
    assert all(seconds is not None and seconds < 90 for seconds in repaired)
    assert "Nothing is left." in said


def test_an_interrupt_ends_it_and_removes_what_was_made(deployed: World, operator: Operator) -> None:
    operator.may("drill")
    with operator.start("drill", *QUICK) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("trail.stop-logging"):
                assert left.resources(deployed) != set()
                process.send_signal(signal.SIGINT)
        code = process.wait(60)
    text = "".join(said)
    assert code == 130, text
    assert "Interrupted." in text
    assert "Nothing is left." in text
    assert "bucket.policy" not in text


def test_an_interrupt_while_it_makes_things_removes_them_too(deployed: World, operator: Operator) -> None:
    operator.may("drill")
    with operator.start("drill", *QUICK) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("Making"):
                process.send_signal(signal.SIGTERM)
        code = process.wait(60)
    assert code == 130, "".join(said)


def test_what_a_killed_drill_has_left_is_removed_by_the_next(deployed: World, operator: Operator) -> None:
    operator.may("drill")
    with operator.start("drill", *QUICK) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("trail.stop-logging"):
                process.kill()
    deployed.aws.wait_idle(120)
    made = left.resources(deployed)
    assert {name.split()[0] for name in made} == {"trail", "bucket", "topic"}
    # Somebody else's, which is only called so.
    strange = f"{deployed.account.name}-drill-0000abcd"
    deployed.account.client("sns").create_topic(Name=strange)
    try:
        code, said = operator.run("drill", "--clean")
        assert code == 0, said
        assert f"topic {strange} is called like a drill's, but has not its tag" in said
        assert left.resources(deployed) == {f"topic {strange}"}
    finally:
        arn = f"arn:aws:sns:{deployed.account.region}:{deployed.account.id}:{strange}"
        deployed.account.client("sns").delete_topic(TopicArn=arn)
    code, said = operator.run("drill", "--clean")
    assert (code, "No drill has left anything." in said) == (0, True), said


def test_a_role_that_may_not_write_to_the_table_is_told_before_anything_is_made(
    deployed: World, operator: Operator
) -> None:
    operator.may(
        "history",
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "lambda:GetFunctionConfiguration", "Resource": "*"}],
        },
    )
    code, said = operator.run("drill", *QUICK)
    assert code == 2, said
    assert "your role must be in `operator_role_arns`" in said
    assert left.items(deployed, "exception") == {}
