"""What has been seen so far, and what there is to know about how to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rearm.automations import Look
from rearm.aws import AwsError
from rearm.model import (
    Assessment,
    Baseline,
    Failure,
    Finding,
    Healthy,
    Learned,
    Resource,
    Severity,
    Unreadable,
)


@dataclass(frozen=True)
class Task:
    """How to look.

    Attributes
    ----------
    baselines
        What was recorded, by ARN.
    about
        The rule of the one finding that is looked for again.
    sweep
        Whether everything is looked at: only then anything is learned for the first time.
    compares
        Whether the baselines could be read.
    """

    look: Look
    baselines: Mapping[str, Baseline]
    about: str | None
    sweep: bool
    compares: bool

    def recorded(self, arn: str) -> Mapping[str, Any] | None:
        """Return what a resource must look like; None where nobody knows, or its deletion was accepted."""
        baseline = self.baselines.get(arn)
        return None if baseline is None or baseline.state.get("deleted") else baseline.state

    def version(self, arn: str) -> int | None:
        """Return the version of a resource's baseline."""
        baseline = self.baselines.get(arn)
        return baseline.version if baseline else None


@dataclass
class Seen:
    """What was seen of one resource, or of several."""

    resource: Resource | None = None
    findings: list[Finding] = field(default_factory=list)
    healthy: list[Healthy] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    learned: list[Learned] = field(default_factory=list)
    problems: list[Failure] = field(default_factory=list)
    quiet: bool = False

    def add(self, other: Seen) -> None:
        """Add what was seen of another resource."""
        self.resource = self.resource or other.resource
        self.findings += other.findings
        self.healthy += other.healthy
        self.unreadable += other.unreadable
        self.learned += other.learned
        self.problems += other.problems
        self.quiet = self.quiet or other.quiet

    def assessment(self) -> Assessment:
        """Return what was seen as the engine takes it."""
        return Assessment(
            findings=tuple(self.findings),
            healthy=tuple(self.healthy),
            unreadable=tuple(self.unreadable),
            learned=tuple(self.learned),
            problems=tuple(self.problems),
            quiet=self.quiet,
        )

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong: what is only recommended is not wrong."""
        bad = [finding for finding in self.findings if finding.severity is not Severity.INFORMATIONAL]
        return not bad and not self.unreadable and not self.problems


def settled(
    resource: Resource,
    findings: Sequence[Finding],
    failed: Mapping[str, AwsError],
    *,
    advice: tuple[str, ...],
    denied: frozenset[str],
) -> Seen:
    """Put a resource where it belongs: with its findings, among the unreadable, or among the healthy.

    What failed beside findings is a problem: the alarm is tried again when they are put right, since they
    may be the reason.
    """
    seen = Seen(resource=resource, findings=list(findings))
    if failed and findings:
        seen.problems += [error.failure for error in failed.values()]
    elif failed:
        first, *more = failed.values()
        told = "; ".join([first.failure.message, *(str(error.failure) for error in more)])
        refused = any(error.code in denied for error in failed.values())
        severity = Severity.CRITICAL if refused else Severity.HIGH
        failure = replace(first.failure, message=told)
        seen.unreadable.append(Unreadable(resource, failure, severity, advice if refused else ()))
    elif not findings:
        seen.healthy.append(Healthy(resource))
    return seen
