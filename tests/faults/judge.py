"""What holds for every invocation, whatever fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tests.faults.aim import Target, changes
from tests.scenarios.stage import Invocation, Stage
from tests.scenarios.verdicts import Check


def judge(stage: Stage, invocation: Invocation, begun: int) -> None:
    """Check what one invocation has done and said.

    Parameters
    ----------
    stage
        The stage.
    invocation
        What came of it.
    begun
        How many requests had been sent before.
    """
    # One line for each finding, or one for there being none
    lines = invocation.finding_lines
    findings = Counter(
        (line["rearm"].get("finding"), line["rearm"].get("resource", {}).get("arn")) for line in lines
    )
    assert findings, "the journal has no line about the response"
    assert max(findings.values()) == 1, f"a finding has several lines: {findings}"
    assert not findings.keys() - {(None, None)} or (None, None) not in findings
    # Whatever is journalled as an error is raised, and the other way round
    errors = [line for line in invocation.lines if line["log"]["level"] == "error"]
    failed = bool(invocation.error or invocation.ended)
    assert bool(errors) == failed, f"raised {invocation.error}, journalled {errors}"
    # Nothing was tried that the role may not do, and nothing was changed twice
    assert not stage.iam.refused
    changed = Counter(
        sent.key
        for sent in stage.recorder.sent[begun:]
        if sent.attempt == 1 and changes(f"{sent.call.service}:{sent.call.operation}")
    )
    assert not [key for key, times in changed.items() if times > 1], f"changed twice: {changed}"
    started = {name.rpartition("/")[2] for name in _started(stage)}
    assert started <= stage.account.stopped, "a trail was started that nobody had stopped"


# Calls with which Rearm tells: a message is sent before they fail, or never.
TELLING = frozenset(
    {
        "dynamodb:DeleteItem owed",
        "dynamodb:GetItem told",
        "dynamodb:PutItem owed",
        "dynamodb:PutItem told",
        "dynamodb:PutItem told on condition",
        "dynamodb:Query owed",
        "sns:Publish",
    }
)


def check_failure(stage: Stage, invocation: Invocation, target: Target) -> None:
    """Check that a failure is raised, journalled and told, with the call that failed."""
    assert invocation.error, "nothing was raised"
    raised = str(invocation.error)
    codes = [line["error"]["code"] for line in invocation.lines if "error" in line]
    assert codes, "the journal does not say what failed"
    assert all(code in raised for code in codes)
    messages = [message.body for message in stage.account.messages()]
    if target.label in TELLING:
        assert target.name in raised
        return
    for code in codes:
        assert any(code in message for message in messages), f"{code} is told to nobody: {messages}"
    if "Gone" not in codes:
        assert target.name in raised
        assert any(target.name in message for message in messages), f"{target.name} is named to nobody"


def names(failed: Iterable[tuple[Check, str]]) -> set[str]:
    """Return what failed checks are about."""
    return {check.about for check, _ in failed}


def _started(stage: Stage) -> Iterable[str]:
    for sent in stage.recorder.sent:
        if (sent.call.service, sent.call.operation) == ("cloudtrail", "StartLogging"):
            yield str(sent.call.parameters["Name"])
