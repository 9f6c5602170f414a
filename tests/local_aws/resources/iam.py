"""Which resources IAM checks for a call to IAM."""

from __future__ import annotations

from collections.abc import Iterator

from tests.local_aws.resources.call import Call

_IAM_ENTITIES = {
    "AddRoleToInstanceProfile": ("instance-profile", "InstanceProfileName"),
    "RemoveRoleFromInstanceProfile": ("instance-profile", "InstanceProfileName"),
    "AddUserToGroup": ("group", "GroupName"),
    "RemoveUserFromGroup": ("group", "GroupName"),
}
_IAM_CREATED = {"CreateGroup", "CreateInstanceProfile", "CreatePolicy", "CreateRole", "CreateUser"}
_IAM_PARAMETERS = (
    ("role", "RoleName"),
    ("user", "UserName"),
    ("group", "GroupName"),
    ("instance-profile", "InstanceProfileName"),
    ("server-certificate", "ServerCertificateName"),
)


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about."""
    candidates = [_IAM_ENTITIES[call.operation]] if call.operation in _IAM_ENTITIES else _IAM_PARAMETERS
    for kind, parameter in candidates:
        if name := call.text(parameter):
            if call.operation in _IAM_CREATED:
                yield call.arn(f"{kind}{call.text('Path') or '/'}{name}", region="")
            else:
                yield call.found(kind, name, otherwise=call.arn(f"{kind}/{name}", region=""))
            return
    if call.operation == "GetAccessKeyLastUsed":
        key = call.text("AccessKeyId")
        yield call.found("access-key", key, otherwise=call.arn(f"user/of-{key}", region=""))
        return
    if call.operation == "CreatePolicy":
        yield call.arn(f"policy{call.text('Path') or '/'}{call.text('PolicyName')}", region="")
        return
    yield from call.texts(
        "PolicyArn", "OpenIDConnectProviderArn", "SAMLProviderArn", "Arn", "PolicySourceArn"
    )
