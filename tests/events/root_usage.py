"""Which events must reach the automation for the root user, and which come near and must not."""

from __future__ import annotations

from typing import Any

from tests.events import identities
from tests.events.envelopes import api_event, config_change, envelope, scheduled
from tests.events.sign_ins import root_at_the_door, root_with_key, sign_in_event

Event = dict[str, Any]

SESSION = identities.root()
FINDING = "Policy:IAMUser/RootCredentialUsage"


def call_as_root(
    name: str = "RunInstances", service: str = "ec2", identity: Any = None, **told: Any
) -> Event:
    """Build the event of a call as root, in a session of the console unless told otherwise."""
    return api_event(name, service=service, identity=SESSION if identity is None else identity, **told)


def on_behalf(service: str = "support.amazonaws.com", name: str = "DescribeVolumes") -> Event:
    """Build the event of a call that AWS makes on the account's behalf, in root's name."""
    return call_as_root(
        name, identity=SESSION | {"invokedBy": service}, source_ip=service, user_agent=service
    )


def service_event(identity: Any = None) -> Event:
    """Build what a service records of its own work; nobody called anything."""
    made = call_as_root("RotateKey", "kms", identity)
    detail = made["detail"] | {"eventType": "AwsServiceEvent", "requestParameters": None}
    return made | {"detail-type": "AWS Service Event via CloudTrail", "detail": detail}


def console_action(name: str = "SetPreferences", service: str = "billingconsole") -> Event:
    """Build what somebody did in the console that is no call of an API."""
    made = call_as_root(name, service)
    detail = made["detail"] | {"eventType": "AwsConsoleAction"}
    return made | {"detail-type": "AWS Console Action via CloudTrail", "detail": detail}


def guardduty_finding(
    kind: str = FINDING,
    *,
    user_type: str = "Root",
    severity: float = 2,
    finding: str = "16afba5c5c43e07c9e3e5e2e544e95df",
    sample: bool = False,
    count: int = 1,
    region: str = "us-east-1",
) -> Event:
    """Build GuardDuty's event of a finding about somebody's credentials.

    https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
    """
    detail = {
        "schemaVersion": "2.0",
        "accountId": identities.ACCOUNT,
        "region": region,
        "partition": "aws",
        "id": finding,
        "type": kind,
        "severity": severity,
        "title": "API DescribeInstances was invoked using root credentials.",
        "resource": {
            "resourceType": "AccessKey",
            "accessKeyDetails": {
                "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
                "principalId": identities.ACCOUNT,
                "userType": user_type,
                "userName": "Root" if user_type == "Root" else "operator",
            },
        },
        "service": {
            "serviceName": "guardduty",
            "action": {
                "actionType": "AWS_API_CALL",
                "awsApiCallAction": {
                    "api": "DescribeInstances",
                    "serviceName": "ec2.amazonaws.com",
                    "callerType": "Remote IP",
                    "remoteIpDetails": {"ipAddressV4": "198.51.100.9"},
                },
            },
            "additionalInfo": {"sample": True} if sample else {},
            "eventFirstSeen": "2026-11-24T09:00:00.000Z",
            "eventLastSeen": "2026-11-24T09:20:00.000Z",
            "archived": False,
            "count": count,
        },
        "createdAt": "2026-11-24T09:25:00.000Z",
        "updatedAt": "2026-11-24T09:25:00.000Z",
    }
    return envelope("aws.guardduty", "GuardDuty Finding", detail, region=region)


def must_reach() -> dict[str, Event]:
    """Give events that must reach the automation, by what is special about them."""
    in_console = SESSION | {"invokedBy": "signin.amazonaws.com"}
    return {
        "a sign-in with MFA": sign_in_event(),
        "a sign-in without MFA": sign_in_event(mfa="No"),
        "a sign-in in AWS's other spelling": sign_in_event(detail_type="AWS Console Signin via CloudTrail"),
        "a failed sign-in": sign_in_event(succeeded=False),
        **{
            name: sign_in_event(name, mfa=None)
            for name in (
                "PasswordUpdated",
                "PasswordRecoveryRequested",
                "PasswordRecoveryCompleted",
                "EmailUpdated",
            )
        },
        "a call in a session": call_as_root(),
        "a call in the console": call_as_root(identity=in_console),
        "a call with an access key": call_as_root("GetCallerIdentity", "sts", root_with_key()),
        "a call of IAM": call_as_root("CreateAccessKey", "iam"),
        "a call of a service that nobody has heard of": call_as_root("MakeThing", "novel"),
        "a call in another region": call_as_root(region="ap-southeast-2"),
        "a call that AWS refused": call_as_root("LeaveOrganization", "organizations", error="AccessDenied"),
        "an action in the console": console_action(),
        "a call in China": call_as_root(identity=identities.root(partition="aws-cn"), region="cn-north-1"),
        "GuardDuty sees root": guardduty_finding(),
        "GuardDuty sees root behave as never before": guardduty_finding(
            "Discovery:IAMUser/AnomalousBehavior", severity=8
        ),
    }


def must_not_reach() -> dict[str, Event]:
    """Give events that come near and must not reach the automation."""
    call = call_as_root()
    other = {
        "an IAM user": identities.iam_user(),
        "a user in the console": identities.console_user(),
        "a role": identities.assumed_role(),
        "a federated user": identities.federated_user(),
        "another account": identities.other_account(),
        "a service": identities.aws_service(),
        "a user whose name is root": identities.iam_user("root"),
        "a role whose name is root": identities.assumed_role("root", "root"),
    }
    return {
        **{f"a call by {who}": call_as_root(identity=identity) for who, identity in other.items()},
        **{f"a sign-in of {who}": sign_in_event(identity=identity) for who, identity in other.items()},
        "a user switches the role": sign_in_event("SwitchRole", identity=identities.assumed_role(), mfa=None),
        "a call by support on the account's behalf": on_behalf(),
        "a call by CloudFormation on the account's behalf": on_behalf("cloudformation.amazonaws.com"),
        "a service event": service_event(),
        "a service event without root": service_event(identities.aws_service("kms.amazonaws.com")),
        "a sign-in from a forged source": sign_in_event() | {"source": "custom.signin"},
        "a call from a forged source": call | {"source": "custom.ec2"},
        "a call whose source only looks like AWS's": call | {"source": "awsx.ec2"},
        "an insight": call | {"detail-type": "AWS Insight via CloudTrail"},
        "a bare record": call["detail"],
        "GuardDuty sees a user": guardduty_finding(user_type="IAMUser"),
        "GuardDuty sees an instance": envelope(
            "aws.guardduty", "GuardDuty Finding", {"resource": {"resourceType": "Instance"}}
        ),
        "a sweep": scheduled(),
        "a compliance change": config_change("rearm-cloudtrail-enabled"),
        "a sign-in to IAM Identity Center": sign_in_event(
            "UserAuthentication", identity={"type": "IdentityCenterUser", "accountId": identities.ACCOUNT}
        ),
        "root at the sign-in page as a text": sign_in_event() | {"detail": str(root_at_the_door())},
        "empty": {},
    }
