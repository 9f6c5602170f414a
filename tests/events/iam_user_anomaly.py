"""Which events must reach the automation for users whose credentials are misused, and which must not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.events import identities
from tests.events.envelopes import REGION, api_event, config_change, envelope, scheduled

Event = dict[str, Any]

MISUSED = "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom"
STOLEN = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"
SEQUENCE = "AttackSequence:IAM/CompromisedCredentials"
EXPOSED = "AWS_RISK_CREDENTIALS_EXPOSED"
SUSPECTED = "AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED"
DETECTOR = "d4b040365221be2b54a6264dcexample"
FINDING = "16afba5c5c43e07c9e3e5e2e544e95df"
KEY = "AKIAIOSFODNN7EXAMPLE"
SESSION_KEY = "ASIAIOSFODNN7EXAMPLE"


def guardduty_finding(
    user: str = "deploy",
    key: str = KEY,
    *,
    kind: str = MISUSED,
    user_type: str = "IAMUser",
    principal: str = "AIDAJ45Q7YFFAREXAMPLE",
    severity: float = 8,
    finding: str = FINDING,
    detector: str | None = DETECTOR,
    resource_type: str = "AccessKey",
    sample: bool = False,
    account: str = identities.ACCOUNT,
    region: str = REGION,
    partition: str = "aws",
) -> Event:
    """Build GuardDuty's event of a finding about somebody's credentials.

    https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
    """
    value = {"sample": "true"} if sample else {"unusual": "none"}
    detail: dict[str, Any] = {
        "schemaVersion": "2.0",
        "accountId": account,
        "region": region,
        "partition": partition,
        "id": finding,
        "arn": f"arn:{partition}:guardduty:{region}:{account}:detector/{detector}/finding/{finding}",
        "type": kind,
        "severity": severity,
        "title": "Credentials were used from an address on a threat list.",
        "description": "APIs were invoked from an address on a custom threat list.",
        "resource": {
            "resourceType": resource_type,
            "accessKeyDetails": {
                "accessKeyId": key,
                "principalId": principal,
                "userType": user_type,
                "userName": user,
            },
        },
        "service": {
            "serviceName": "guardduty",
            "action": {
                "actionType": "AWS_API_CALL",
                "awsApiCallAction": {
                    "api": "ListBuckets",
                    "serviceName": "s3.amazonaws.com",
                    "callerType": "Remote IP",
                    "remoteIpDetails": {"ipAddressV4": "198.51.100.9"},
                },
            },
            "resourceRole": "TARGET",
            "additionalInfo": {"value": json.dumps(value), "type": "default"},
            "eventFirstSeen": "2026-11-24T09:00:00.000Z",
            "eventLastSeen": "2026-11-24T09:20:00.000Z",
            "archived": False,
            "count": 3,
        },
        "createdAt": "2026-11-24T09:25:00.000Z",
        "updatedAt": "2026-11-24T09:25:00.000Z",
    }
    if detector:
        detail["service"]["detectorId"] = detector
    return envelope("aws.guardduty", "GuardDuty Finding", detail, account=account, region=region)


def as_answered(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return a finding of an event as GetFindings gives it, whose keys begin with capital letters.

    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetFindings.html
    """
    return {
        f"{key[0].upper()}{key[1:]}": as_answered(value) if isinstance(value, Mapping) else value
        for key, value in detail.items()
    }


def health_event(
    *values: str,
    code: str = EXPOSED,
    status: str = "open",
    account: str = identities.ACCOUNT,
    region: str = "us-east-1",
    partition: str = "aws",
) -> Event:
    """Build AWS Health's event of an exposed access key.

    https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html
    """
    detail = {
        "eventArn": f"arn:{partition}:health:{region}::event/RISK/{code}/{code}_12345-67890",
        "service": "RISK",
        "eventTypeCode": code,
        "eventTypeCategory": "issue",
        "eventScopeCode": "ACCOUNT_SPECIFIC",
        "startTime": "Tue, 24 Nov 2026 09:00:00 GMT",
        "lastUpdatedTime": "Tue, 24 Nov 2026 09:05:00 GMT",
        "statusCode": status,
        "eventRegion": region,
        "eventDescription": [{"language": "en_US", "latestDescription": "A key was found in public."}],
        "affectedEntities": [{"entityValue": value, "status": "IMPAIRED"} for value in values or (KEY,)],
        "affectedAccount": account,
        "page": "1",
        "totalPages": "1",
    }
    return envelope("aws.health", "AWS Health Event", detail, account=account, region=region)


def must_reach() -> dict[str, Event]:
    """Give events that must reach the automation, by what is special about them."""
    return {
        "GuardDuty sees a user's key": guardduty_finding(),
        "GuardDuty sees a role": guardduty_finding(user_type="AssumedRole", key=SESSION_KEY),
        "GuardDuty sees the credentials of an instance": guardduty_finding(
            "build", SESSION_KEY, kind=STOLEN, user_type="AssumedRole"
        ),
        # What is severe enough is a setting, so a rule cannot say it.
        "GuardDuty sees something less severe": guardduty_finding(severity=2),
        "GuardDuty makes a sample": guardduty_finding(sample=True),
        "GuardDuty sees an attack": guardduty_finding(
            kind=SEQUENCE, severity=9, resource_type="AttackSequence"
        ),
        "AWS finds a key in public": health_event(),
        "AWS may have found a key in public": health_event(code=SUSPECTED),
        "AWS finds a key in China": health_event(partition="aws-cn", region="cn-north-1"),
    }


def must_not_reach() -> dict[str, Event]:
    """Give events that come near and must not reach the automation."""
    forged = {"source": "custom.guardduty"}
    return {
        "a finding about an instance": guardduty_finding(resource_type="Instance"),
        "a finding about a bucket": guardduty_finding(resource_type="S3Bucket"),
        "an attack on data": guardduty_finding(
            kind="AttackSequence:S3/CompromisedData", severity=9, resource_type="AttackSequence"
        ),
        "another notice of AWS Health": health_event(code="AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED"),
        "a notice of abuse": health_event(code="AWS_ABUSE_DOS_REPORT"),
        "a finding from a source that anybody can have": guardduty_finding() | forged,
        "a key that somebody makes": api_event("CreateAccessKey", service="iam"),
        "a key that somebody makes inactive": api_event("UpdateAccessKey", service="iam"),
        "a verdict of Config's": config_change("iam-user-unused-credentials-check"),
        "another automation's sweep": scheduled("rearm-cloudtrail-sweep"),
    }
