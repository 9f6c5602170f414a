"""A deployment that has responded: the engine, on moto, with an automation that keeps buckets versioned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import boto3

from rearm.alarm import Alarm, Door
from rearm.automations import Look
from rearm.aws import Aws
from rearm.engine import Engine
from rearm.model import (
    Action,
    Assessment,
    Check,
    Finding,
    Healthy,
    Outcome,
    Resource,
    Response,
    Severity,
)
from rearm.responses import Responses
from rearm.settings import Settings, from_environment
from rearm.table import Table
from tests.events.envelopes import REGION
from tests.events.identities import ACCOUNT
from tests.operator.clients import new
from tests.unit.deployment import NAME, configuration, environment
from tools.operator.access import Access, open_access

FIRST = "6f3a1c5e-0000-4c7b-9a58-3f2f0b7a9d10"
AUTOMATION = "cloudtrail"
BUCKET = "trail-logs"
ARN = f"arn:aws:s3:::{BUCKET}"


def client(service: str) -> Any:
    """Give a client of the tests' own."""
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


def versioning(bucket: str = BUCKET) -> str | None:
    """Return a bucket's versioning as AWS has it."""
    status: str | None = client("s3").get_bucket_versioning(Bucket=bucket).get("Status")
    return status


def suspend(bucket: str = BUCKET) -> None:
    """Suspend a bucket's versioning, as somebody does."""
    client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


def make_bucket(bucket: str = BUCKET) -> None:
    """Make a bucket whose versioning is suspended."""
    client("s3").create_bucket(Bucket=bucket)
    suspend(bucket)


@dataclass
class Deployment:
    """A deployment's engine and what has been recorded of it.

    `now` is the time that the engine lives in.
    """

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    actions: Callable[[Finding], tuple[Action, ...]] = lambda finding: finding.actions

    def __post_init__(self) -> None:
        """Make the clients and read the settings as the function does."""
        self.aws: Aws = new()
        self.settings: Settings = from_environment(environment(configuration(automation=AUTOMATION)))
        self.table = Table(self.aws, self.settings.table, REGION)

    def operator(self) -> Access:
        """Give the operator's access."""
        return open_access(NAME, REGION, self.aws)

    def respond(self, id: str = FIRST, *buckets: str) -> Response:  # noqa: A002 - it is the alarm's
        """Let the engine respond to a sweep, and record what it did."""
        wanted = buckets or (BUCKET,)

        def assess(alarm: Alarm, look: Look) -> Assessment:
            return self._assess(alarm, look, wanted)

        engine = Engine(self.settings, self.aws, assess, self.table, lambda: self.now, lambda: 60.0)
        response = engine.respond(Alarm(id, Door.SWEEP, "sweep", ACCOUNT, REGION, self.now))
        Responses(self.table, self.settings).record(response, self.now)
        return response

    def outcomes(self, id: str = FIRST, *buckets: str) -> list[Outcome]:  # noqa: A002 - it is the alarm's
        """Return how the findings of a response ended."""
        return [ending.outcome for ending in self.respond(id, *buckets).endings]

    def _assess(self, alarm: Alarm, look: Look, buckets: tuple[str, ...]) -> Assessment:
        findings, healthy = [], []
        for bucket in buckets:
            resource = Resource(f"arn:aws:s3:::{bucket}", bucket, "AWS::S3::Bucket", ACCOUNT, REGION)
            if alarm.resources and resource.arn not in alarm.resources:
                continue
            status = look.aws.call("s3", REGION, "GetBucketVersioning", {"Bucket": bucket}).get("Status")
            if status == "Enabled":
                healthy.append(Healthy(resource))
                continue
            finding = Finding(
                rule="versioning-off",
                resource=resource,
                problem=f"{bucket} does not keep versions.",
                severity=Severity.HIGH,
                actions=(versioned(bucket, str(status)),),
                causes=("PutBucketVersioning",),
            )
            findings.append(replace(finding, actions=self.actions(finding)))
        return Assessment(tuple(findings), tuple(healthy))


def versioned(bucket: str, before: str) -> Action:
    """Return the repair of a bucket, with its undo and the check of that."""

    def put(status: str, reason: str, undo: Action | None = None, check: Check | None = None) -> Action:
        parameters = {"Bucket": bucket, "VersioningConfiguration": {"Status": status}}
        return Action("s3", "PutBucketVersioning", parameters, REGION, reason, undo=undo, check=check)

    read = Check("s3", "GetBucketVersioning", {"Bucket": bucket}, REGION, "Status", "Enabled")
    return put("Enabled", "it must keep versions", undo=put(before, "as it was", check=read))
