"""One AWS account in moto with Rearm deployed in it, and what came of an event that Rearm was given."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast
from unittest import mock

import boto3
from moto import mock_aws
from moto.cloudtrail.models import cloudtrail_backends
from moto.kms.models import kms_backends
from moto.sns.models import sns_backends

from rearm import handler, report
from rearm.handler import ResponseFailedError
from rearm.report import config as config_report
from rearm.report.tell import Memory
from rearm.settings import ConfigurationError
from tests.events.envelopes import REGION, api_event
from tests.events.identities import ACCOUNT
from tests.local_aws.answers import AwsError
from tests.support import trail_calls
from tests.support.records import empty_table, make_table
from tests.unit.deployment import NAME, TABLE, TOPIC, configuration, environment
from tests.unit.endpoint import ApiError, Endpoint, Made, stand_between
from tests.unit.fakes import ConfigRules, EventHistory

if TYPE_CHECKING:
    from mypy_boto3_cloudtrail import CloudTrailClient

REQUEST_ID = "6f3a1c5e-0d1f-4c7b-9a58-3f2f0b7a9d10"
BUCKET = "trail-logs"
ORGANIZATION = "999988887777"


@dataclass
class Context:
    """Lambda's context object, as far as Rearm uses it."""

    aws_request_id: str = REQUEST_ID
    remaining_ms: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        """Return the time that is left, in milliseconds."""
        return self.remaining_ms


@dataclass(frozen=True)
class Told:
    """One message that the topic has taken."""

    subject: str
    body: str
    attributes: Mapping[str, str]

    @property
    def lines(self) -> list[str]:
        """The body's lines."""
        return self.body.split("\n")


@dataclass(frozen=True)
class Run:
    """Everything that one invocation has left behind."""

    result: dict[str, object] | None
    error: Exception | None
    journal: list[dict[str, Any]]
    metrics: list[dict[str, Any]]
    messages: list[Told]
    calls: list[Made]
    sleeps: list[float]

    @property
    def line(self) -> dict[str, Any]:
        """The journal's one line, beside those of recorded baselines."""
        lines = [line for line in self.journal if line["event"].get("action") != "baseline-recorded"]
        assert len(lines) == 1, self.journal
        return lines[0]

    @property
    def message(self) -> Told:
        """The one message."""
        assert len(self.messages) == 1, self.messages
        return self.messages[0]

    @property
    def outcomes(self) -> list[str]:
        """The outcome on each of the journal's lines, in order."""
        return [line["rearm"]["outcome"] for line in self.journal if "outcome" in line["rearm"]]

    @property
    def findings(self) -> list[str | None]:
        """The finding on each of the journal's lines that has an outcome; None for a line without one."""
        return [line["rearm"].get("finding") for line in self.journal if "outcome" in line["rearm"]]

    @property
    def changes(self) -> list[Made]:
        """The calls that may have changed something."""
        return [made for made in self.calls if made.changes]

    @property
    def looks(self) -> list[Made]:
        """The calls that are not about the deployment's own table."""
        return [made for made in self.calls if not made.notes]

    def called(self, name: str) -> list[Made]:
        """Return the calls of one name, such as ``cloudtrail:StartLogging``."""
        return [made for made in self.calls if made.name == name]


@dataclass
class OrganizationTrail:
    """A trail of the organization's management account, as a member account sees it.

    `status_error` is what AWS answers when the member asks for its status; None when it may know.
    """

    arn: str
    logging: bool = True
    multi_region: bool = True
    status_error: str | None = None
    stopped: datetime | None = None


@dataclass(repr=False)
class World:
    """The account. Verdicts are read with clients of its own, past Rearm's code and past every fault."""

    endpoint: Endpoint
    config: ConfigRules = field(default_factory=ConfigRules)
    history: EventHistory = field(default_factory=EventHistory)
    organization_trails: list[OrganizationTrail] = field(default_factory=list)
    sleeps: list[float] = field(default_factory=list)

    def deploy(self, *, topic: str = TOPIC, region: str = REGION, **choices: Any) -> None:
        """Deploy Rearm with what a user has chosen, see `configuration`, into this process."""
        raw = configuration(**choices)
        os.environ.update(environment(raw, topic=topic, region=region))
        self.config.rules = list(raw["config_rules"])
        make_table(TABLE, region, ACCOUNT)

    def items(self, group: str, *, region: str = REGION) -> dict[str, dict[str, Any]]:
        """Return what the table keeps in a group: the content of each item, with its count, by its key."""
        asked = {"KeyConditionExpression": "#g = :g", "ExpressionAttributeNames": {"#g": "group"}}
        values = {":g": {"S": group}}
        pages = client("dynamodb", region).get_paginator("query")
        return {
            item["key"]["S"]: {**json.loads(item["content"]["S"]), "count": int(item["count"]["N"])}
            for page in pages.paginate(TableName=TABLE, ExpressionAttributeValues=values, **asked)
            for item in page["Items"]
        }

    def put_item(
        self, group: str, key: str, content: object, *, count: int = 0, region: str = REGION
    ) -> None:
        """Write an item into the table as somebody else does; text stands as it is."""
        text = content if isinstance(content, str) else json.dumps(content)
        item = {"group": {"S": group}, "key": {"S": key}, "content": {"S": text}, "count": {"N": str(count)}}
        client("dynamodb", region).put_item(TableName=TABLE, Item=item)

    def give(self, name: str, given: Mapping[str, object]) -> None:
        """Give an exception in the table, as an operator's undo does."""
        self.put_item("exception", name, dict(given))

    def forget(self, *, region: str = REGION) -> None:
        """Forget what was told, recorded and learned: process and table are as after deployment."""
        self.new_process()
        empty_table(TABLE, region, ACCOUNT)

    def new_process(self) -> None:
        """Forget what a process remembers: the next invocation is in a new one."""
        report.memory = Memory()
        for kept in _kept(config_report):
            kept.clear()

    def trail(
        self,
        name: str = "management",
        *,
        region: str = REGION,
        logging: bool = True,
        multi_region: bool = True,
        started: datetime | None = None,
        **attributes: Any,
    ) -> str:
        """Make a trail with all that is recommended, started unless told otherwise, and return its ARN."""
        wanted = {
            "Name": name,
            "S3BucketName": BUCKET,
            "IsMultiRegionTrail": multi_region,
            "EnableLogFileValidation": True,
            "KmsKeyId": self.key(),
            **attributes,
        }
        arn = trail_calls.make(wanted, region)
        if logging:
            cloudtrail(region).start_logging(Name=arn)
            _status(arn).started = _naive(started or datetime.now(UTC) - timedelta(days=30))
        return arn

    def key(self, name: str = "trail-logs", *, region: str = REGION) -> str:
        """Return the ARN of a KMS key, which is made where there is none of that alias."""
        keys = kms_backends[ACCOUNT][region]
        for key in keys.keys.values():
            if key.description == name:
                return str(key.arn)
        return str(keys.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", name, []).arn)

    def stop(self, arn: str, at: datetime | None = None) -> datetime:
        """Stop a trail as somebody else does, and return AWS's time of it: 42 seconds ago if not given."""
        stopped = (at or datetime.now(UTC) - timedelta(seconds=42)).replace(microsecond=0)
        if _status(arn).is_logging:
            cloudtrail(arn.split(":")[3]).stop_logging(Name=arn)
        _status(arn).stopped = _naive(stopped)
        return stopped

    def restart(self, arn: str) -> None:
        """Start a trail as somebody else does, if it is stopped."""
        if not _status(arn).is_logging:
            cloudtrail(arn.split(":")[3]).start_logging(Name=arn)

    def stop_event(self, arn: str, at: datetime | None = None, /, **changes: Any) -> dict[str, Any]:
        """Stop a trail as somebody does, and return the API event of it; `changes` as for `api_event`."""
        stopped = self.stop(arn, at)
        changes = {"region": arn.split(":")[3], "parameters": {"name": arn}, **changes}
        return api_event("StopLogging", time=stamp(stopped), **changes)

    def delete(self, arn: str) -> None:
        """Delete a trail."""
        cloudtrail(arn.split(":")[3]).delete_trail(Name=arn.partition(":trail/")[2])

    def logs(self, arn: str) -> bool:
        """Whether AWS says that the trail logs."""
        return cloudtrail(arn.split(":")[3]).get_trail_status(Name=arn)["IsLogging"]

    def organization_trail(
        self, name: str = "organization", *, region: str = REGION, owner: str = ORGANIZATION, **seen: Any
    ) -> OrganizationTrail:
        """Show a trail of the organization's management account in this, a member's account."""
        trail = OrganizationTrail(f"arn:aws:cloudtrail:{region}:{owner}:trail/{name}", **seen)
        self.organization_trails.append(trail)
        return trail

    def handle(self, event: object, *, remaining_ms: int = 60_000, request_id: str = REQUEST_ID) -> Run:
        """Give Rearm an event, and collect what comes of it.

        Only the two exceptions that the handler promises are caught. Everything it writes to stdout must be
        one JSON object a line, a journal line or one of metrics.
        """
        told, made, slept = len(_sent()), len(self.endpoint.made), len(self.sleeps)
        result: dict[str, object] | None = None
        error: Exception | None = None
        with redirect_stdout(io.StringIO()) as stdout:
            try:
                result = handler.handle(event, Context(request_id, remaining_ms))
            except (ResponseFailedError, ConfigurationError) as raised:
                error = raised
        lines = [json.loads(line) for line in stdout.getvalue().splitlines()]
        assert all(isinstance(line, dict) for line in lines)
        return Run(
            result=result,
            error=error,
            journal=[line for line in lines if "_aws" not in line],
            metrics=[line for line in lines if "_aws" in line],
            messages=[_told(sent) for sent in _sent()[told:]],
            calls=self.endpoint.made[made:],
            sleeps=self.sleeps[slept:],
        )

    def install(self) -> None:
        """Add to moto what it lacks, and where it is laxer than AWS."""
        self.config.install(self.endpoint)
        self.history.install(self.endpoint)
        self.endpoint.edit("cloudtrail:DescribeTrails", self._describe)
        self.endpoint.edit("cloudtrail:ListTrails", self._list)
        self.endpoint.answer("cloudtrail:GetTrailStatus", self._get_status)
        self.endpoint.answer("cloudtrail:StartLogging", self._start)
        for operation in trail_calls.OPERATIONS:
            self.endpoint.answer(f"cloudtrail:{operation}", _answered)

    def _describe(self, _: Made, answer: dict[str, Any]) -> None:
        """Organization trails are seen from every region, as shadows."""
        for trail in answer["trailList"]:
            _, _, _, region, account, name = trail["TrailARN"].split(":")
            shown = cloudtrail_backends[account][region].trails[name.removeprefix("trail/")]
            trail.clear()
            trail.update(trail_calls.described(shown))
        answer["trailList"] += [
            {
                "Name": trail.arn.partition(":trail/")[2],
                "TrailARN": trail.arn,
                "HomeRegion": trail.arn.split(":")[3],
                "IsMultiRegionTrail": trail.multi_region,
                "IsOrganizationTrail": True,
            }
            for trail in self.organization_trails
        ]

    def _list(self, _: Made, answer: dict[str, Any]) -> None:
        """ListTrails shows the trails of all regions; moto's only what DescribeTrails shows."""
        backends = cloudtrail_backends[ACCOUNT].values()
        own = [trail.arn for backend in backends for trail in backend.trails.values()]
        answer["Trails"] = [
            {"TrailARN": arn, "Name": arn.partition(":trail/")[2], "HomeRegion": arn.split(":")[3]}
            for arn in [*own, *(trail.arn for trail in self.organization_trails)]
        ]

    def _get_status(self, made: Made) -> Mapping[str, Any] | None:
        for trail in self.organization_trails:
            if made.parameters["Name"] == trail.arn:
                if trail.status_error:
                    raise ApiError(trail.status_error)
                stopped = {"StopLoggingTime": trail.stopped} if trail.stopped else {}
                return {"IsLogging": trail.logging, **stopped}
        return None

    def _start(self, made: Made) -> None:
        """Let only its own account start a trail, and only in its home region."""
        name = made.parameters["Name"]
        if any(name == trail.arn for trail in self.organization_trails):
            raise ApiError("NotOrganizationMasterAccountException")
        if name.startswith("arn:") and name.split(":")[3] != made.region:
            raise ApiError("InvalidHomeRegionException")


@contextmanager
def world(**choices: Any) -> Iterator[World]:
    """Make a new account with Rearm freshly deployed in it, for the time of a `with`."""
    sleeps: list[float] = []
    with mock_aws(), mock.patch.dict(os.environ), stand_between(sleeps.append) as (endpoint, clients):
        made = World(endpoint, sleeps=sleeps)
        made.install()
        made.deploy(**choices)
        client("s3").create_bucket(Bucket=BUCKET)
        client("sns").create_topic(Name=f"{NAME}-notifications")
        with ExitStack() as fresh:
            fresh.enter_context(mock.patch.object(handler, "_aws", clients))
            fresh.enter_context(mock.patch.object(report, "memory", Memory()))
            for kept in _kept(config_report):
                fresh.enter_context(mock.patch.dict(kept, clear=True))
            yield made


def stamp(time: datetime) -> str:
    """Return a time as CloudTrail writes it: UTC, whole seconds."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(seconds: float) -> datetime:
    """Return a time in the past, on a whole second."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=seconds)


def _answered(made: Made) -> Mapping[str, Any]:
    try:
        return trail_calls.answer(made.operation, made.parameters, made.region, ACCOUNT)
    except AwsError as error:
        raise ApiError(error.code, error.message, error.status) from error


def _kept(module: ModuleType) -> list[dict[Any, Any]]:
    """Return what a module keeps from one invocation to the next."""
    return [value for name, value in vars(module).items() if isinstance(value, dict) and name[:2] != "__"]


def cloudtrail(region: str) -> CloudTrailClient:
    """Return the tests' own client of CloudTrail."""
    return cast("CloudTrailClient", client("cloudtrail", region))


@cache
def client(service: str, region: str = REGION) -> Any:
    """Return one of the tests' own clients."""
    return _session().client(service, region_name=region)  # type: ignore[call-overload]


@cache
def _session() -> boto3.session.Session:
    return boto3.session.Session(aws_access_key_id="tests", aws_secret_access_key="tests")


def _sent() -> list[Any]:
    return [
        sent for topic in sns_backends[ACCOUNT][REGION].topics.values() for sent in topic.sent_notifications
    ]


def _told(sent: Any) -> Told:
    _, body, subject, attributes, _ = sent
    return Told(subject or "", body, {name: value["Value"] for name, value in (attributes or {}).items()})


def _status(arn: str) -> Any:
    _, _, _, region, account, name = arn.split(":")
    return cast("Any", cloudtrail_backends[account][region].trails[name.removeprefix("trail/")].status)


def _naive(time: datetime) -> datetime:
    """Moto keeps times in UTC without saying so."""
    return time.astimezone(UTC).replace(tzinfo=None)
