"""An account's users and roles, what GuardDuty knows of them, and Rearm deployed to contain them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.events.envelopes import REGION, api_event, scheduled
from tests.events.iam_user_anomaly import DETECTOR, SESSION_KEY, as_answered, guardduty_finding
from tests.support.aws_policies import bring_in
from tests.unit.endpoint import ApiError, Made
from tests.unit.world import Run, World, ago, client, stamp
from tests.unit.world import world as new_world

AUTOMATION = "iam_user_anomaly"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
GLOBAL = "us-east-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


@dataclass
class Suspected:
    """The identities, as an independent client reads them, and the alarms about them.

    Attributes
    ----------
    findings
        What GuardDuty has, by the finding's id.
    detectors
        The ids of GuardDuty's detectors.
    """

    world: World
    findings: dict[str, dict[str, Any]] = field(default_factory=dict)
    detectors: list[str] = field(default_factory=lambda: [DETECTOR])

    @property
    def iam(self) -> Any:
        """The tests' own client."""
        return client("iam")

    def install(self) -> None:
        """Bring in the policy that AWS manages, and GuardDuty, whose findings moto lacks."""
        bring_in(["AWSDenyAll"])
        self.world.endpoint.answer("guardduty:GetFindings", self._get)
        self.world.endpoint.answer("guardduty:ListDetectors", lambda _: {"DetectorIds": self.detectors})
        self.world.endpoint.answer("cloudtrail:LookupEvents", self._look_up)

    def user(self, name: str = "deploy", keys: int = 1) -> list[str]:
        """Make a user, and return its access keys."""
        self.iam.create_user(UserName=name)
        made = [self.iam.create_access_key(UserName=name)["AccessKey"] for _ in range(keys)]
        return [key["AccessKeyId"] for key in made]

    def role(self, name: str = "build", path: str = "/") -> str:
        """Make a role, and return its ARN."""
        made = self.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(TRUST))
        return str(made["Role"]["Arn"])

    def seen(self, key: str, user: str = "deploy", **told: Any) -> dict[str, Any]:
        """Have a finding of GuardDuty about a user's key, and return its event."""
        return self.known(guardduty_finding(user, key, **{"principal": self._user_id(user), **told}))

    def seen_role(self, name: str = "build", session: str = "i-0abc", **told: Any) -> dict[str, Any]:
        """Have a finding of GuardDuty about a role's session, and return its event."""
        unique = self.iam.get_role(RoleName=name)["Role"]["RoleId"]
        changes = {"user_type": "AssumedRole", "principal": f"{unique}:{session}", **told}
        return self.known(guardduty_finding(name, SESSION_KEY, **changes))

    def known(self, event: dict[str, Any]) -> dict[str, Any]:
        """Let GuardDuty know a finding, and return its event."""
        self.findings[event["detail"]["id"]] = as_answered(event["detail"])
        return event

    def status(self, key: str, user: str = "deploy") -> str:
        """Return the status of an access key."""
        listed = self.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        return next(str(one["Status"]) for one in listed if one["AccessKeyId"] == key)

    def denied(self, name: str = "deploy", kind: str = "user") -> bool:
        """Whether AWSDenyAll is attached, and nothing else."""
        listed = getattr(self.iam, f"list_attached_{kind}_policies")(**{f"{kind.capitalize()}Name": name})
        attached = [one["PolicyArn"] for one in listed["AttachedPolicies"]]
        assert attached in ([], [DENY_ALL])
        return bool(attached)

    def tampered(
        self, identity: Mapping[str, Any], number: int = 0, *, how: str = "event", recorded: bool = True
    ) -> dict[str, Any]:
        """Have a call that Rearm put right, and return the record of it."""
        moment = ago(600 - number)
        event = api_event("StopLogging", identity=identity, parameters={"name": "main"}, time=stamp(moment))
        record = {**event["detail"], "eventID": f"{number:08d}-aaaa-4bbb-8ccc-0123456789ab"}
        if recorded:
            self.world.history.records.append(record)
        issuer = identity.get("sessionContext", {}).get("sessionIssuer", {})
        content = {
            "actor": issuer.get("arn") or identity.get("arn"),
            "type": identity["type"],
            "user_name": identity.get("userName"),
            "access_key_id": identity.get("accessKeyId"),
            "account": identity.get("accountId"),
            "how": how,
            "event": record["eventID"],
            "rule": "not-logging",
            "resource": f"arn:aws:cloudtrail:{REGION}:123456789012:trail/main",
            "outcome": "remediated",
            "response": f"r{number}",
            "at": moment.isoformat(),
        }
        self.world.put_item("cloudtrail#tampering", f"{moment.isoformat()} {number}", content)
        return record

    def handle(self, event: object) -> Run:
        """Give Rearm an event."""
        return self.world.handle(event)

    def sweep(self) -> Run:
        """Let Rearm look at who has tampered."""
        return self.world.handle(scheduled(f"rearm-{AUTOMATION}-sweep"))

    def _user_id(self, user: str) -> str:
        return str(self.iam.get_user(UserName=user)["User"]["UserId"])

    def _get(self, made: Made) -> Mapping[str, Any]:
        if made.parameters["DetectorId"] not in self.detectors:
            raise ApiError("BadRequestException", "The request is rejected: the detectorId is not owned.")
        wanted = made.parameters["FindingIds"]
        return {"Findings": [self.findings[one] for one in wanted if one in self.findings]}

    def _look_up(self, made: Made) -> Mapping[str, Any] | None:
        """Answer for the id of one event, which the common history does not."""
        (attribute,) = made.parameters["LookupAttributes"]
        if attribute["AttributeKey"] != "EventId":
            return None
        found = [
            record
            for record in self.world.history.records
            if record["eventID"] == attribute["AttributeValue"] and record["awsRegion"] == made.region
        ]
        events = [
            {
                "EventId": record["eventID"],
                "EventTime": datetime.now(UTC),
                "CloudTrailEvent": json.dumps(record),
            }
            for record in found
        ]
        return {"Events": events}


@contextmanager
def opened(**choices: Any) -> Iterator[Suspected]:
    """Make a new account with the automation freshly deployed in it."""
    with new_world(automation=AUTOMATION, **choices) as world:
        made = Suspected(world)
        made.install()
        yield made
