"""Which resources IAM checks for a call to EC2."""

from __future__ import annotations

from collections.abc import Iterator

from tests.local_aws.resources.call import Call

_SECURITY_GROUP_OPERATIONS = frozenset(
    {
        "AuthorizeSecurityGroupEgress",
        "AuthorizeSecurityGroupIngress",
        "DeleteSecurityGroup",
        "ModifySecurityGroupRules",
        "RevokeSecurityGroupEgress",
        "RevokeSecurityGroupIngress",
        "UpdateSecurityGroupRuleDescriptionsEgress",
        "UpdateSecurityGroupRuleDescriptionsIngress",
    }
)
_PREFIX_LIST_OPERATIONS = frozenset(
    {
        "DeleteManagedPrefixList",
        "GetManagedPrefixListAssociations",
        "GetManagedPrefixListEntries",
        "ModifyManagedPrefixList",
        "RestoreManagedPrefixListVersion",
    }
)


def resolve(call: Call) -> Iterator[str]:
    """Yield the ARNs that a call is about."""
    if call.operation in _PREFIX_LIST_OPERATIONS:
        identity = call.text("PrefixListId")
        yield call.found("prefix-list", identity, otherwise=call.arn(f"prefix-list/{identity}"))
    if call.operation not in _SECURITY_GROUP_OPERATIONS:
        return
    for update in call.request.parameters.get("SecurityGroupRules") or []:
        yield call.arn(f"security-group-rule/{update['SecurityGroupRuleId']}")
    if group := call.text("GroupId"):
        yield call.arn(f"security-group/{group}")
    elif name := call.text("GroupName"):
        yield call.found("security-group", name, otherwise=call.arn(f"security-group/{name}"))
