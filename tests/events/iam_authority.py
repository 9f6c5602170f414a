"""Which events must reach the automation for administrators' rights, and which come near and must not."""

from __future__ import annotations

from typing import Any

from tests.events.envelopes import api_event, custom_rule_invocation, envelope, scheduled
from tests.events.routes import IDENTITIES

Event = dict[str, Any]

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
OWN = "arn:aws:iam::123456789012:policy/tools"
KINDS = {"User": {"userName": "deploy"}, "Role": {"roleName": "build"}, "Group": {"groupName": "operators"}}


def call(name: str, parameters: Any, **changes: Any) -> Event:
    """Build the event of a call to IAM, as CloudTrail records it in the global region."""
    return api_event(name, service="iam", parameters=parameters, **changes)


def attached(**changes: Any) -> Event:
    """Build the event of an AttachRolePolicy."""
    parameters = {"roleName": "build", "policyArn": ADMINISTRATOR}
    return call("AttachRolePolicy", changes.pop("parameters", parameters), **changes)


def must_reach() -> dict[str, Event]:
    """Give the events that must reach it."""
    denied = {"error": "AccessDenied", "error_message": "User is not authorized to perform it"}
    return {
        **{
            f"Attach{kind}Policy": call(f"Attach{kind}Policy", {**named, "policyArn": ADMINISTRATOR})
            for kind, named in KINDS.items()
        },
        **{
            f"Put{kind}Policy": call(f"Put{kind}Policy", {**named, "policyName": "inline"})
            for kind, named in KINDS.items()
        },
        **{
            f"{verb}{kind}PermissionsBoundary": call(f"{verb}{kind}PermissionsBoundary", KINDS[kind])
            for verb in ("Put", "Delete")
            for kind in ("User", "Role")
        },
        **{f"AttachRolePolicy by {kind}": attached(identity=who) for kind, who in IDENTITIES.items()},
        "AddUserToGroup": call("AddUserToGroup", {**KINDS["User"], **KINDS["Group"]}),
        "CreatePolicy": call("CreatePolicy", {"policyName": "tools"}, response={"policy": {"arn": OWN}}),
        "CreatePolicyVersion": call("CreatePolicyVersion", {"policyArn": OWN, "setAsDefault": True}),
        "SetDefaultPolicyVersion": call("SetDefaultPolicyVersion", {"policyArn": OWN, "versionId": "v1"}),
        "CreateRole": call("CreateRole", KINDS["Role"]),
        "UpdateAssumeRolePolicy": call("UpdateAssumeRolePolicy", KINDS["Role"]),
        "AttachRolePolicy denied": attached(**denied),
        "AttachRolePolicy without parameters": attached(parameters=None),
        "sweep": scheduled("rearm-iam_authority-sweep"),
    }


def must_not_reach() -> dict[str, Event]:
    """Give events that resemble them and must not reach it."""
    attach = attached()
    return {
        **{
            name: call(name, KINDS["Role"])
            for name in (
                "DetachRolePolicy",
                "DeleteRolePolicy",
                "GetRole",
                "ListRoles",
                "GetAccountAuthorizationDetails",
                "TagRole",
                "UpdateRole",
                "attachRolePolicy",
                "AttachRolePolicies",
            )
        },
        **{
            name: call(name, KINDS["User"])
            for name in ("CreateUser", "CreateAccessKey", "UpdateAccessKey", "RemoveUserFromGroup")
        },
        "a call of that name to another service": api_event("CreateRole", service="sso-directory"),
        "record of another service": attach
        | {"detail": attach["detail"] | {"eventSource": "s3.amazonaws.com"}},
        "forged source": attach | {"source": "custom.iam"},
        "service event": attach | {"detail-type": "AWS Service Event via CloudTrail"},
        "bare CloudTrail record": attach["detail"],
        "access analyzer": envelope("aws.access-analyzer", "Access Analyzer Finding", {"status": "ACTIVE"}),
        "custom Config rule": custom_rule_invocation(),
        "sweep of another automation": scheduled("rearm-cloudtrail-sweep"),
        "empty": {},
    }
