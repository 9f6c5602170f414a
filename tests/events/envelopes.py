"""What a function is invoked with: events from EventBridge, and invocations by AWS Config.

CloudTrail: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
Envelope: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tests.events.identities import ACCOUNT, iam_user

REGION = "us-east-1"
TIME = "2026-11-24T09:30:00Z"
TRAIL = "management"


def envelope(
    source: str,
    detail_type: str,
    detail: Mapping[str, Any],
    *,
    account: str = ACCOUNT,
    region: str = REGION,
    time: str = TIME,
    resources: Sequence[str] = (),
) -> dict[str, Any]:
    """Wrap a detail as EventBridge does.

    The id is derived from the content, so that the same event has the same id in every run.
    """
    content = json.dumps(
        [source, detail_type, detail, account, region, time, list(resources)], sort_keys=True
    )
    return {
        "version": "0",
        "id": str(uuid5(NAMESPACE_URL, content)),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": time,
        "region": region,
        "resources": list(resources),
        "detail": dict(detail),
    }


def api_event(
    event_name: str,
    *,
    service: str = "cloudtrail",
    identity: Mapping[str, Any] | None = None,
    parameters: Any = None,
    response: Any = None,
    error: str | None = None,
    error_message: str | None = None,
    from_console: bool = False,
    account: str = ACCOUNT,
    region: str = REGION,
    time: str = TIME,
    source_ip: str = "203.0.113.7",
    user_agent: str = "aws-cli/2.31.0 ua/2.1 os/linux lang/python#3.13.7 cfg/retry-mode#standard",
) -> dict[str, Any]:
    """Build "AWS API Call via CloudTrail".

    Parameters
    ----------
    event_name
        The call, such as ``StopLogging``.
    service
        First part of the event source, such as ``cloudtrail``.
    identity
        A ``userIdentity`` from `tests.events.identities`; an IAM user if not given.
    parameters, response
        ``requestParameters`` and ``responseElements`` as they stand in the record; null if not given.
    error, error_message
        ``errorCode`` and ``errorMessage`` of a call that failed; absent if not given.
    from_console
        Whether the session's credentials came from the console: ``sessionCredentialFromConsole`` is the
        text "true" then and absent otherwise.
    account, region, time
        Where and when the call was made; the envelope has the same.
    source_ip, user_agent
        As in the record.
    """
    call = json.dumps([event_name, service, account, region, time, parameters], default=str)
    detail: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": dict(identity) if identity is not None else iam_user(account=account),
        "eventTime": time,
        "eventSource": f"{service}.amazonaws.com",
        "eventName": event_name,
        "awsRegion": region,
        "sourceIPAddress": source_ip,
        "userAgent": user_agent,
        "requestParameters": parameters,
        "responseElements": response,
        "requestID": str(uuid5(NAMESPACE_URL, f"request {call}")),
        "eventID": str(uuid5(NAMESPACE_URL, f"event {call}")),
        "readOnly": event_name.startswith(("Get", "Describe", "List", "Lookup")),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{service}.{region}.amazonaws.com",
        },
    }
    if error is not None:
        detail |= {"errorCode": error, "errorMessage": error_message or f"{event_name} failed"}
    if from_console:
        detail["sessionCredentialFromConsole"] = "true"
    return envelope(
        f"aws.{service}", "AWS API Call via CloudTrail", detail, account=account, region=region, time=time
    )


def stop_logging(name: str | None = TRAIL, **changes: Any) -> dict[str, Any]:
    """Build the event of a StopLogging, with null parameters if the name is None; see `api_event`."""
    return api_event("StopLogging", parameters=None if name is None else {"name": name}, **changes)


def config_change(
    rule: str,
    *,
    compliance: str = "NON_COMPLIANT",
    previous: str | None = "COMPLIANT",
    resource_type: str = "AWS::::Account",
    resource_id: str | None = None,
    message_type: str = "ComplianceChangeNotification",
    account: str = ACCOUNT,
    owner: str | None = None,
    region: str = REGION,
    time: str = TIME,
) -> dict[str, Any]:
    """Build "Config Rules Compliance Change".

    https://docs.aws.amazon.com/config/latest/developerguide/example-config-rule-compliance-notification.html

    Parameters
    ----------
    rule
        The Config rule's name.
    compliance, previous
        The new result and the one before; without a previous one ``oldEvaluationResult`` is absent.
    resource_type, resource_id
        What was evaluated: the account itself for periodic rules.
    message_type
        Kind of notification within the event.
    account, owner
        The envelope's account, and ``awsAccountId`` of the detail where it is another one.
    region, time
        Where and when.
    """
    evaluated = owner or account
    qualifier = {
        "configRuleName": rule,
        "resourceType": resource_type,
        "resourceId": resource_id or evaluated,
        "evaluationMode": "DETECTIVE",
    }

    def result(outcome: str) -> dict[str, Any]:
        return {
            "evaluationResultIdentifier": {
                "evaluationResultQualifier": qualifier,
                "orderingTimestamp": time,
            },
            "complianceType": outcome,
            "resultRecordedTime": time,
            "configRuleInvokedTime": time,
        }

    detail: dict[str, Any] = {
        "resourceId": resource_id or evaluated,
        "awsRegion": region,
        "awsAccountId": evaluated,
        "configRuleName": rule,
        "recordVersion": "1.0",
        "configRuleARN": f"arn:aws:config:{region}:{evaluated}:config-rule/config-rule-9rpvxc",
        "messageType": message_type,
        "newEvaluationResult": result(compliance),
        "notificationCreationTime": time,
        "resourceType": resource_type,
    }
    if previous is not None:
        detail["oldEvaluationResult"] = result(previous)
    return envelope(
        "aws.config", "Config Rules Compliance Change", detail, account=account, region=region, time=time
    )


def custom_rule_invocation(
    rule: str = "rearm-cloudtrail-logging",
    *,
    message: Mapping[str, Any] | None = None,
    token: str = "result-token",  # noqa: S107 - what Config calls a token is no secret here
    left_scope: bool = False,
    parameters: Mapping[str, str] | None = None,
    account: str = ACCOUNT,
    region: str = REGION,
    time: str = TIME,
) -> dict[str, Any]:
    """Build what AWS Config invokes a custom rule's function with.

    https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html

    Parameters
    ----------
    rule
        The Config rule's name.
    message
        What ``invokingEvent`` holds as a JSON string; a ScheduledNotification if not given.
    token
        The result token that PutEvaluations needs.
    left_scope
        Whether the resource has left the rule's scope.
    parameters
        The rule's parameters; they too are delivered as a JSON string.
    account, region, time
        Where and when.
    """
    scheduled_message = {
        "awsAccountId": account,
        "notificationCreationTime": time,
        "messageType": "ScheduledNotification",
        "recordVersion": "1.0",
    }
    return {
        "version": "1.0",
        "invokingEvent": json.dumps(dict(message) if message is not None else scheduled_message),
        "ruleParameters": json.dumps(dict(parameters or {})),
        "resultToken": token,
        "eventLeftScope": left_scope,
        "executionRoleArn": (
            f"arn:aws:iam::{account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
        ),
        "configRuleArn": f"arn:aws:config:{region}:{account}:config-rule/config-rule-0123456",
        "configRuleName": rule,
        "configRuleId": "config-rule-0123456",
        "accountId": account,
        "evaluationMode": "DETECTIVE",
    }


def scheduled(
    rule: str = "rearm-cloudtrail-sweep", *, account: str = ACCOUNT, region: str = REGION, time: str = TIME
) -> dict[str, Any]:
    """Build the "Scheduled Event" of a rule: no detail, the rule's ARN among the resources."""
    return envelope(
        "aws.events",
        "Scheduled Event",
        {},
        account=account,
        region=region,
        time=time,
        resources=[f"arn:aws:events:{region}:{account}:rule/{rule}"],
    )
