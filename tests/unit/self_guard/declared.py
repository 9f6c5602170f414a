"""What Terraform declares of a deployment, as modules/automation/parts.tf and parts.tf write it.

That they do is what the plan's tests show; here it is made up, small enough for one automation with all kinds
of parts.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from tests.events.envelopes import REGION
from tests.events.identities import ACCOUNT

NAME = "rearm"
AUTOMATION = "cloudtrail"
FULL = f"{NAME}-{AUTOMATION}"
CALLS, SWEEP = f"{FULL}-calls", f"{FULL}-sweep"
GROUP = f"/aws/lambda/{FULL}"
CONFIG_RULE = f"{NAME}-cloudtrail-enabled"
EMAIL = "security@example.com"
TOPIC, QUEUE, TABLE = f"{NAME}-notifications", f"{NAME}-failures", f"{NAME}-records"
ENVIRONMENT = {
    "REARM_CONFIG": "H4sIAAAAAAAA/w==",
    "REARM_TOPIC_ARN": f"arn:aws:sns:{REGION}:{ACCOUNT}:{TOPIC}",
}
PATTERN = {"source": ["aws.cloudtrail"], "detail": {"eventName": ["StopLogging"]}}
RATE = "rate(15 minutes)"


def arn(service: str, resource: str, region: str = REGION) -> str:
    """Return an ARN in the account."""
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


QUEUE_ARN = arn("sqs", QUEUE)
TOPIC_ARN = arn("sns", TOPIC)
TABLE_ARN = arn("dynamodb", f"table/{TABLE}")
FUNCTION_ARN = arn("lambda", f"function:{FULL}")
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/{FULL}"
ALARM_ACTION = arn("sns", f"{NAME}-alarms")


def _package() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("rearm/handler.py"), "def handle(event, context): return {}\n")
    return packed.getvalue()


PACKAGE = _package()
CODE = base64.b64encode(hashlib.sha256(PACKAGE).digest()).decode()


def statement(**said: Any) -> dict[str, Any]:
    """Return a policy of one statement, as a data source of Terraform writes it."""
    return {"Statement": [{"Sid": "Only", "Effect": "Allow", **said}], "Version": "2012-10-17"}


TRUST = statement(Action="sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"})
POLICY = statement(Action=["cloudtrail:DescribeTrails", "cloudtrail:ListTrails"], Resource="*")
QUEUE_POLICY = statement(
    Action="sqs:SendMessage", Principal={"Service": "events.amazonaws.com"}, Resource=QUEUE_ARN
)
TABLE_POLICY = statement(Action="dynamodb:PutItem", Principal={"AWS": ROLE_ARN}, Resource="*")
TOPIC_POLICY = {
    "Statement": [
        {
            "Sid": "OnlyTls",
            "Effect": "Deny",
            "Action": "sns:Publish",
            "Resource": TOPIC_ARN,
            "Principal": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ],
    "Version": "2012-10-17",
}


def hashed(value: object) -> str:
    """Return Terraform's ``sha256(jsonencode(value))`` of a value without special characters."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


TARGET = {
    "Id": "function",
    "Arn": FUNCTION_ARN,
    "DeadLetterConfig": {"Arn": QUEUE_ARN},
    "RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 3600},
}
STATEMENTS: Mapping[str, Mapping[str, str | None]] = {
    "rule-calls": {
        "principal": "events.amazonaws.com",
        "source_arn": arn("events", f"rule/{CALLS}"),
        "source_account": None,
    },
    "rule-sweep": {
        "principal": "events.amazonaws.com",
        "source_arn": arn("events", f"rule/{SWEEP}"),
        "source_account": None,
    },
    "config-logging": {
        "principal": "config.amazonaws.com",
        "source_arn": None,
        "source_account": ACCOUNT,
    },
}


def automation_parts(**function: Any) -> dict[str, Any]:
    """Return what is declared of the automation; `function` replaces something of its function."""
    return {
        "automation": AUTOMATION,
        "rules": {
            CALLS: {"description": "Rearm: Calls.", "pattern": PATTERN, "schedule": None, "state": "ENABLED"},
            SWEEP: {"description": "Rearm: Looks.", "pattern": None, "schedule": RATE, "state": "ENABLED"},
        },
        "target": {"age": 3600, "queue": QUEUE_ARN, "retries": 185},
        "function": {
            "name": FULL,
            "architecture": "arm64",
            "code": CODE,
            "concurrency": None,
            "environment": hashed(ENVIRONMENT),
            "handler": "rearm.handler.handle",
            "memory": 512,
            "package": None,
            "role": ROLE_ARN,
            "runtime": "python3.13",
            "statements": STATEMENTS,
            "timeout": 60,
            "invoke": {"age": 21600, "destination": QUEUE_ARN, "retries": 2},
            **function,
        },
        "role": {
            "name": FULL,
            "boundary": None,
            "path": "/",
            "trust": hashed(TRUST),
            "policies": {FULL: hashed(POLICY), f"{FULL}-config": None},
        },
        "log_group": {"name": GROUP, "key": None, "retention": 365},
        "alarms": {"actions": [ALARM_ACTION], "names": [f"{FULL}-errors", f"{FULL}-throttles"]},
        "config_rules": [CONFIG_RULE],
    }


def shared_parts(**changes: Any) -> dict[str, Any]:
    """Return what is declared of the parts that all automations share."""
    return {
        "automation": "deployment",
        "topics": {TOPIC: {"key": "alias/aws/sns", "policy": hashed(TOPIC_POLICY)}},
        "subscriptions": [hashlib.sha256(f"email {EMAIL}".encode()).hexdigest()],
        "queue": {"name": QUEUE, "policy": hashed(QUEUE_POLICY), "retention": 1209600},
        "table": {"name": TABLE, "expiry": "expires", "policy": hashed(TABLE_POLICY), "protected": False},
        "alarms": {"actions": [ALARM_ACTION], "names": [f"{NAME}-failures"]},
        **changes,
    }


def packed(parts: object) -> str:
    """Return Terraform's ``base64gzip(jsonencode(...))``, the same for the same parts."""
    return base64.b64encode(gzip.compress(json.dumps(parts, sort_keys=True).encode(), mtime=0)).decode()


def sealed(value: str) -> str:
    """Return the hash that Terraform writes last."""
    return hashlib.sha256(value.encode()).hexdigest()
