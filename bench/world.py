"""The account that everything is measured in: trails, a topic, a Config rule, somebody who stops trails."""

from __future__ import annotations

import base64
import gzip
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from tests.local_aws import LocalAws, Options

ROOT = Path(__file__).resolve().parent.parent
AUTOMATIONS = ROOT / "lambda_src/rearm/automations"
NAME = "rearm"
BUCKET = "bench-trail-archive"
TABLE = f"{NAME}-records"
RULE = f"{NAME}-cloudtrail-enabled"


class World:
    """AWS on this machine with some trails, all logging.

    Parameters
    ----------
    trails
        How many there are in the region of the deployment.
    elsewhere
        Regions that have as many.
    """

    def __init__(self, aws: LocalAws, trails: int, elsewhere: Sequence[str] = ()) -> None:
        self.aws = aws
        self.region = aws.options.region
        self.elsewhere = tuple(elsewhere)
        self.trails = [f"trail-{number:03d}" for number in range(trails)]
        self._cloudtrail = aws.client("cloudtrail")
        self._build()

    def _build(self) -> None:
        aws = self.aws
        aws.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": self.region}
        )
        self.topic = str(aws.client("sns").create_topic(Name=f"{NAME}-notifications")["TopicArn"])
        self._make_table()
        config = aws.client("config")
        role = f"arn:aws:iam::{aws.account}:role/config"
        config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
        source = {"Owner": "AWS", "SourceIdentifier": "CLOUD_TRAIL_ENABLED"}
        config.put_config_rule(ConfigRule={"ConfigRuleName": RULE, "Source": source})
        for region in (self.region, *self.elsewhere):
            cloudtrail = aws.client("cloudtrail", region=region)
            for trail in self.trails:
                cloudtrail.create_trail(Name=trail, S3BucketName=BUCKET)
                cloudtrail.start_logging(Name=trail)

    def _make_table(self) -> None:
        keys = {"group": "HASH", "key": "RANGE"}
        self.aws.client("dynamodb").create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
        )

    def stop(self, trail: str) -> dict[str, Any]:
        """Stop a trail and return the event that AWS would deliver about it."""
        self._cloudtrail.stop_logging(Name=trail)
        return self._event("StopLogging", trail)

    def delete(self, trail: str) -> dict[str, Any]:
        """Delete a trail and return the event that AWS would deliver about it."""
        self._cloudtrail.delete_trail(Name=trail)
        return self._event("DeleteTrail", trail)

    def _event(self, call: str, trail: str) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        identity = {
            "type": "IAMUser",
            "principalId": "AIDABENCH0000000000",
            "arn": f"arn:aws:iam::{self.aws.account}:user/bench",
            "accountId": self.aws.account,
            "accessKeyId": "AKIABENCH0000000000",
            "userName": "bench",
        }
        detail = {
            "eventVersion": "1.11",
            "userIdentity": identity,
            "eventTime": now,
            "eventSource": "cloudtrail.amazonaws.com",
            "eventName": call,
            "awsRegion": self.region,
            "sourceIPAddress": "198.51.100.7",
            "userAgent": "aws-cli/2.31.0",
            "requestParameters": {"name": trail},
            "responseElements": None,
            "eventID": str(uuid.uuid4()),
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": self.aws.account,
        }
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.cloudtrail",
            "account": self.aws.account,
            "time": now,
            "region": self.region,
            "resources": [],
            "detail": detail,
        }

    def logs(self, trail: str) -> bool:
        """Ask AWS whether a trail logs."""
        return bool(self._cloudtrail.get_trail_status(Name=trail)["IsLogging"])

    def started_at(self, trail: str, since: datetime) -> datetime:
        """Return when AWS had carried out the call that started a trail.

        Raises
        ------
        RuntimeError
            Nobody has started it.
        """
        if self.logs(trail):
            for entry in reversed(self.aws.timeline.entries("call")):
                if entry.at >= since and "cloudtrail:StartLogging" in entry.text:
                    return entry.at
        raise RuntimeError(f"{trail} was not started")

    def cloudtrail_calls(self) -> int:
        """Count the calls that CloudTrail itself has had so far."""
        return sum(record["eventSource"] == "cloudtrail.amazonaws.com" for record in self.aws.records)

    def environment(self, automation: str = "cloudtrail") -> Mapping[str, str]:
        """Return what a function's process has in its environment."""
        settings = self._settings(automation)
        return {**self.aws.environment, "REARM_CONFIG": settings, "REARM_TOPIC_ARN": self.topic}

    def _settings(self, automation: str) -> str:
        manifest = yaml.safe_load((AUTOMATIONS / automation / "automation.yaml").read_text(encoding="utf-8"))
        settings = {
            "version": 1,
            "name": NAME,
            "automation": automation,
            "title": manifest["title"],
            "kind": manifest["kind"],
            "mode": "remediate",
            "role_arn": f"arn:aws:iam::{self.aws.account}:role/{NAME}-{automation}",
            "settings": {name: setting["default"] for name, setting in manifest.get("settings", {}).items()},
            "resource_parameters": manifest.get("resource_parameters", []),
            "sources": [],
            "exceptions": {},
            "table": TABLE,
            "retention_days": 365,
            "records_tampering": False,
            "controls": manifest.get("controls", {}),
            "config_rules": [RULE] if automation == "cloudtrail" else [],
            "existing_config_rules": [],
            "custom_config_rule": None,
        }
        return base64.b64encode(gzip.compress(json.dumps(settings).encode())).decode()


@contextmanager
def world(trails: int, elsewhere: Sequence[str] = ()) -> Iterator[World]:
    """Open an account with a number of trails; nothing but the handlers under test reacts in it."""
    with LocalAws(Options()) as aws:
        yield World(aws, trails, elsewhere)


def automations() -> list[str]:
    """Name every automation that is on by default."""
    return sorted(
        path.parent.name
        for path in AUTOMATIONS.glob("*/automation.yaml")
        if yaml.safe_load(path.read_text(encoding="utf-8"))["default_mode"] != "off"
    )


def sweep() -> dict[str, Any]:
    """Return what EventBridge's schedule delivers."""
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {
        "id": str(uuid.uuid4()),
        "source": "aws.events",
        "detail-type": "Scheduled Event",
        "time": now,
        "detail": {},
    }
