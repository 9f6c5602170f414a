"""Calls on security groups as CloudTrail records them, and which events must reach the automation.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitor-with-cloudtrail.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.events.envelopes import api_event, config_change, custom_rule_invocation, scheduled
from tests.events.identities import ACCOUNT
from tests.events.routes import IDENTITIES

Event = dict[str, Any]

GROUP = "sg-0a1b2c3d4e5f60718"
RULE = "sgr-0f1e2d3c4b5a69788"
CONFIG_RULES = ("rearm-restricted-ssh", "rearm-restricted-common-ports")
SOURCES = {"CidrIpv4": "cidrIpv4", "CidrIpv6": "cidrIpv6", "PrefixListId": "prefixListId"}


def rule(
    identity: str = RULE,
    *,
    group: str = GROUP,
    protocol: str = "tcp",
    low: int = 22,
    high: int | None = None,
    **source: str,
) -> dict[str, Any]:
    """Describe a rule as EC2 answers, from anywhere unless told otherwise."""
    return {
        "SecurityGroupRuleId": identity,
        "GroupId": group,
        "GroupOwnerId": ACCOUNT,
        "IsEgress": False,
        "IpProtocol": protocol,
        "FromPort": low,
        "ToPort": low if high is None else high,
        **(source or {"CidrIpv4": "0.0.0.0/0"}),
    }


def authorized(*rules: Mapping[str, Any], by_name: str | None = None, **changes: Any) -> Event:
    """Build the event of an AuthorizeSecurityGroupIngress.

    Parameters
    ----------
    rules
        The rules that it has made, as EC2 describes them.
    by_name
        The group's name, where the call names it so.
    changes
        As for `api_event`.
    """
    made = rules or (rule(),)
    parameters = {
        **({"groupName": by_name} if by_name else {"groupId": made[0]["GroupId"]}),
        "ipPermissions": {"items": [_permission(one) for one in made]},
    }
    answer = {
        "requestId": "0e6c7f0a-4d64-4b1c-9f5d-6c1a6b8f7a11",
        "_return": True,
        "securityGroupRuleSet": {"items": [_answered(one) for one in made]},
    }
    given = {"parameters": parameters, "response": None if "error" in changes else answer, **changes}
    return api_event("AuthorizeSecurityGroupIngress", service="ec2", **given)


def modified(*rules: Mapping[str, Any], **changes: Any) -> Event:
    """Build the event of a ModifySecurityGroupRules: CloudTrail keeps the names of the query for it."""
    made = rules or (rule(),)
    updates: Sequence[Mapping[str, Any]] = [
        {
            "SecurityGroupRuleId": one["SecurityGroupRuleId"],
            "SecurityGroupRule": {
                key: one[key]
                for key in ("IpProtocol", "FromPort", "ToPort", "CidrIpv4", "CidrIpv6", "PrefixListId")
                if key in one
            },
            "tag": number,
        }
        for number, one in enumerate(made, 1)
    ]
    request = {
        "GroupId": made[0]["GroupId"],
        # One is an object, several are a list.
        "SecurityGroupRule": updates[0] if len(updates) == 1 else list(updates),
    }
    answer = {"ModifySecurityGroupRulesResponse": {"return": True}}
    given = {
        "parameters": {"ModifySecurityGroupRulesRequest": request},
        "response": None if "error" in changes else answer,
        **changes,
    }
    return api_event("ModifySecurityGroupRules", service="ec2", **given)


def must_reach() -> dict[str, Event]:
    """Give events that must reach the automation, by what is special about them."""
    denied = {"error": "Client.UnauthorizedOperation", "error_message": "You are not authorized"}
    return {
        "a rule is added": authorized(),
        "several rules are added": authorized(rule(), rule("sgr-0000000000000000a", low=3389)),
        "a rule is changed": modified(),
        "several rules are changed": modified(rule(), rule("sgr-0000000000000000a", low=3389)),
        "the group is named by its name": authorized(by_name="default"),
        "a call is denied": authorized(**denied),
        "a call without parameters": authorized(parameters=None),
        "a call in another region": authorized(region="ap-southeast-2"),
        **{f"{name} turns non-compliant": _judged(name) for name in CONFIG_RULES},
        **{f"a rule is added by {kind}": authorized(identity=who) for kind, who in IDENTITIES.items()},
    }


def must_not_reach() -> dict[str, Event]:
    """Give events that resemble them and must not reach the automation."""
    added = authorized()

    def other(name: str, **changes: Any) -> Event:
        return api_event(name, **{"service": "ec2", "parameters": {"groupId": GROUP}, **changes})

    return {
        **{
            name: other(name)
            for name in (
                "AuthorizeSecurityGroupEgress",
                "CreateSecurityGroup",
                "DeleteSecurityGroup",
                "DescribeSecurityGroups",
                "ModifyNetworkInterfaceAttribute",
                "RevokeSecurityGroupEgress",
                "RevokeSecurityGroupIngress",
                "UpdateSecurityGroupRuleDescriptionsIngress",
            )
        },
        "a group of RDS": other("AuthorizeDBSecurityGroupIngress", service="rds"),
        "a group of Redshift": other("AuthorizeClusterSecurityGroupIngress", service="redshift"),
        "name in lower case": other("authorizeSecurityGroupIngress"),
        "name that goes on": other("AuthorizeSecurityGroupIngressNow"),
        "record of another service": added
        | {"detail": added["detail"] | {"eventSource": "elasticloadbalancing.amazonaws.com"}},
        "forged source": added | {"source": "custom.ec2"},
        "source in upper case": added | {"source": "AWS.EC2"},
        "service event": added | {"detail-type": "AWS Service Event via CloudTrail"},
        "state of an instance": added | {"detail-type": "EC2 Instance State-change Notification"},
        "bare CloudTrail record": added["detail"],
        "sweep": scheduled("rearm-security_groups-sweep"),
        **{
            f"{name} turns compliant": _judged(name, compliance="COMPLIANT", previous="NON_COMPLIANT")
            for name in CONFIG_RULES
        },
        "another rule of Config": _judged("rearm-restricted-ssh-2"),
        "custom Config rule": custom_rule_invocation(),
        "empty": {},
    }


def _judged(name: str, **changes: Any) -> Event:
    return config_change(name, resource_type="AWS::EC2::SecurityGroup", resource_id=GROUP, **changes)


def _permission(one: Mapping[str, Any]) -> dict[str, Any]:
    members = {"CidrIpv4": ("ipRanges", "cidrIp"), "CidrIpv6": ("ipv6Ranges", "cidrIpv6")}
    members["PrefixListId"] = ("prefixListIds", "prefixListId")
    source: dict[str, Any] = {"groups": {}, "ipRanges": {}, "ipv6Ranges": {}, "prefixListIds": {}}
    for key, (member, name) in members.items():
        if key in one:
            source[member] = {"items": [{name: one[key]}]}
    ports = {} if one["IpProtocol"] == "-1" else {"fromPort": one["FromPort"], "toPort": one["ToPort"]}
    return {"ipProtocol": one["IpProtocol"], **ports, **source}


def _answered(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "groupOwnerId": ACCOUNT,
        "groupId": one["GroupId"],
        "securityGroupRuleId": one["SecurityGroupRuleId"],
        "isEgress": False,
        "ipProtocol": one["IpProtocol"],
        "fromPort": one.get("FromPort", -1),
        "toPort": one.get("ToPort", -1),
        **{name: one[key] for key, name in SOURCES.items() if key in one},
    }
