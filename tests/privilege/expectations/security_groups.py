"""What the role of the automation for security groups may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.support.planned import ACCOUNT

OTHER_ACCOUNT = "210987654321"

SERVICES: frozenset[str] = frozenset({"cloudtrail", "ec2"})
# EC2 has hundreds of writes; those that open or close a network are denied by name, the others not granted.
JUDGED: frozenset[str] = frozenset()
WRITES: Mapping[str, str] = {
    "ec2:RevokeSecurityGroupIngress": "Takes a rule out of its group; it can let nobody in.",
}
NEVER = frozenset(
    {
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:ModifySecurityGroupRules",
        "ec2:CreateSecurityGroup",
        "ec2:DeleteSecurityGroup",
        "ec2:AssociateSecurityGroupVpc",
        "ec2:DisassociateSecurityGroupVpc",
        "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
        "ec2:CreateManagedPrefixList",
        "ec2:ModifyManagedPrefixList",
        "ec2:RestoreManagedPrefixListVersion",
        "ec2:DeleteManagedPrefixList",
        "ec2:ModifyNetworkInterfaceAttribute",
        "ec2:ModifyInstanceAttribute",
    }
)
HARMLESS: Mapping[str, str] = {}


def foreign(partition: str, region: str, other: str) -> Mapping[str, Sequence[str]]:
    """Return what is out of reach."""
    group = "security-group/sg-0a0a0a0a0a0a0a0a1"
    return {
        "ec2:RevokeSecurityGroupIngress": [
            f"arn:{partition}:ec2:{region}:{OTHER_ACCOUNT}:{group}",
            f"arn:{partition}:ec2:ap-southeast-2:{ACCOUNT}:{group}",
            f"arn:{other}:ec2:{region}:{ACCOUNT}:{group}",
            f"arn:{partition}:ec2:{region}:{ACCOUNT}:instance/i-0a0a0a0a0a0a0a0a1",
        ],
        "ec2:GetManagedPrefixListEntries": [
            f"arn:{partition}:ec2:ap-southeast-2:{ACCOUNT}:prefix-list/pl-0a0a0a0a0a0a0a0a1",
            f"arn:{other}:ec2:{region}:{ACCOUNT}:prefix-list/pl-0a0a0a0a0a0a0a0a1",
        ],
    }
