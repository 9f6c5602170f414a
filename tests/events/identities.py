"""Who made a call: CloudTrail's ``userIdentity``, one builder for each kind.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from typing import Any

ACCOUNT = "123456789012"
CREATED = "2026-11-24T08:00:00Z"


def iam_user(
    name: str = "operator", *, account: str = ACCOUNT, path: str = "/", partition: str = "aws"
) -> dict[str, Any]:
    """Be an IAM user with a long-term access key."""
    return {
        "type": "IAMUser",
        "principalId": "AIDAJ45Q7YFFAREXAMPLE",
        "arn": f"arn:{partition}:iam::{account}:user{path}{name}",
        "accountId": account,
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "userName": name,
    }


def console_user(
    name: str = "operator", *, account: str = ACCOUNT, partition: str = "aws", mfa: bool = True
) -> dict[str, Any]:
    """Be an IAM user in the console, whose calls are made through the sign-in service."""
    return iam_user(name, account=account, partition=partition) | {
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "sessionContext": {"attributes": _attributes(mfa=mfa)},
        "invokedBy": "signin.amazonaws.com",
    }


def root(*, account: str = ACCOUNT, partition: str = "aws", mfa: bool = True) -> dict[str, Any]:
    """Be the account's root user."""
    return {
        "type": "Root",
        "principalId": account,
        "arn": f"arn:{partition}:iam::{account}:root",
        "accountId": account,
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "sessionContext": {"attributes": _attributes(mfa=mfa)},
    }


def assumed_role(
    role: str = "admin",
    session: str = "maintenance",
    *,
    account: str = ACCOUNT,
    path: str = "/",
    partition: str = "aws",
    mfa: bool = False,
    invoked_by: str | None = None,
) -> dict[str, Any]:
    """Be a session of a role; ``arn`` names the session, ``sessionIssuer`` the role with its path."""
    return {
        "type": "AssumedRole",
        "principalId": f"AROAIDPPEZS35WEXAMPLE:{session}",
        "arn": f"arn:{partition}:sts::{account}:assumed-role/{role}/{session}",
        "accountId": account,
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAIDPPEZS35WEXAMPLE",
                "arn": f"arn:{partition}:iam::{account}:role{path}{role}",
                "accountId": account,
                "userName": role,
            },
            "webIdFederationData": {},
            "attributes": _attributes(mfa=mfa),
        },
    } | ({"invokedBy": invoked_by} if invoked_by else {})


def federated_user(
    name: str = "partner", *, issuer: str = "federation", account: str = ACCOUNT, partition: str = "aws"
) -> dict[str, Any]:
    """Be a session that an IAM user got from GetFederationToken."""
    return {
        "type": "FederatedUser",
        "principalId": f"{account}:{name}",
        "arn": f"arn:{partition}:sts::{account}:federated-user/{name}",
        "accountId": account,
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "IAMUser",
                "principalId": "AIDAJ45Q7YFFAREXAMPLE",
                "arn": f"arn:{partition}:iam::{account}:user/{issuer}",
                "accountId": account,
                "userName": issuer,
            },
            "attributes": _attributes(mfa=False),
        },
    }


def other_account(account: str = "210987654321") -> dict[str, Any]:
    """Be another AWS account, of which CloudTrail tells neither ARN nor name."""
    return {"type": "AWSAccount", "principalId": "AIDAQRSTUVWXYZEXAMPLE", "accountId": account}


def aws_service(service: str = "cloudformation.amazonaws.com") -> dict[str, Any]:
    """Be an AWS service that acts on its own behalf, without ARN, account or name."""
    return {"type": "AWSService", "invokedBy": service}


def _attributes(*, mfa: bool) -> dict[str, str]:
    return {"creationDate": CREATED, "mfaAuthenticated": str(mfa).lower()}
