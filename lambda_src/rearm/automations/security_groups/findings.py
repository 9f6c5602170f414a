"""The findings of this automation: what each says, how bad it is, what puts it right."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from rearm.automations.security_groups.groups import Group, Rule
from rearm.automations.security_groups.ports import Ports
from rearm.model import Action, Check, Finding, Severity

ALL_TRAFFIC = "all-traffic-open"
PORT = "sensitive-port-open"
LIST = "open-through-prefix-list"
PARTS = "open-in-parts"
CAUSES = ("AuthorizeSecurityGroupIngress", "ModifySecurityGroupRules")
# What AWS says when the rule is gone already, or its whole group.
# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
GONE = frozenset(
    {"InvalidGroup.NotFound", "InvalidPermission.NotFound", "InvalidSecurityGroupRuleId.NotFound"}
)
# AWS keeps these tags to itself: nobody else can set them, an undo neither.
# Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
RESERVED = "aws:"
SHUT_OUT = (
    "AWS refuses Rearm the call: look at the service control policies, the permissions boundary and the "
    "policies of Rearm's role, and make the call with an administrator's credentials."
)
# Most that a message names.
NAMED = 6


def open_to_world(rule: Rule, group: Group | None, reached: Sequence[Ports], account: str) -> Finding:
    """Return the finding for a rule whose source is every address.

    Parameters
    ----------
    group
        The rule's group, where it was read.
    reached
        The sensitive ports that the rule opens, if only in part.
    account
        Rearm's own account: a group that another one shares is that one's to change.
    """
    mine = rule.resource.account == account
    others = f"The group belongs to account {rule.resource.account}, and only that account can change it: "
    return Finding(
        rule=ALL_TRAFFIC if rule.traffic.everything else PORT,
        resource=rule.resource,
        problem=(
            f"Rule {rule.id} of security group {_called(rule.group, group)} lets every IPv{rule.version} "
            f"address ({rule.cidr}) in to {rule.traffic}{_naming(rule, reached)}."
        ),
        severity=Severity.CRITICAL if rule.traffic.everything else Severity.HIGH,
        actions=(_revoke(rule),) if mine else (),
        causes=CAUSES,
        advice=() if mine else (others + command(rule),),
        if_denied=(SHUT_OUT, command(rule)) if mine else (),
        named_by=(rule.id,),
    )


def open_through_list(rule: Rule, group: Group | None, reached: Sequence[Ports]) -> Finding:
    """Return the finding for a rule whose source is a prefix list that holds every address.

    The list may serve other rules and route tables, and another account may own it: what is to be changed is
    for a person to say.
    """
    return Finding(
        rule=LIST,
        resource=rule.resource,
        problem=(
            f"Rule {rule.id} of security group {_called(rule.group, group)} lets the prefix list "
            f"{rule.prefix_list}, which holds every address, in to {rule.traffic}{_naming(rule, reached)}."
        ),
        severity=Severity.CRITICAL if rule.traffic.everything else Severity.HIGH,
        causes=CAUSES,
        advice=(f"Take the entry out of the list, or revoke the rule: {command(rule)}",),
        named_by=(rule.id,),
    )


def open_in_parts(group: Group, rules: Sequence[Rule], reached: Sequence[Ports]) -> Finding:
    """Return the finding for a group whose rules let in every address together, though none of them alone.

    Which of them is one too many, nobody but a person can say.
    """
    named = [f"{rule.id} ({rule.cidr})" for rule in rules]
    return Finding(
        rule=PARTS,
        resource=group.resource,
        problem=(
            f"The rules of security group {_called(group.id, group)} let every address in to "
            f"{_some([str(ports) for ports in reached])}, one part of the Internet each: {_some(named)}."
        ),
        severity=Severity.HIGH,
        advice=("Revoke those that are not meant so:", *(command(rule) for rule in rules[:NAMED])),
    )


def command(rule: Rule) -> str:
    """Return the command that takes a rule out of its group."""
    return shlex.join(
        [
            "aws", "ec2", "revoke-security-group-ingress", "--region", rule.resource.region,
            "--group-id", rule.group, "--security-group-rule-ids", rule.id,
        ]
    )  # fmt: skip


def _revoke(rule: Rule) -> Action:
    """Return the action that revokes one rule by its id: the others of the group stay, whatever they share.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
    """
    return Action(
        service="ec2",
        operation="RevokeSecurityGroupIngress",
        parameters={"GroupId": rule.group, "SecurityGroupRuleIds": [rule.id]},
        region=rule.resource.region,
        reason=f"close {rule.traffic} to the world",
        undo=_authorize(rule),
        already=GONE,
    )


def _authorize(rule: Rule) -> Action:
    """Return the action that makes the same rule again; AWS gives it another id.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
    """
    ranges, member = ("IpRanges", "CidrIp") if rule.version == 4 else ("Ipv6Ranges", "CidrIpv6")
    source = {member: rule.cidr} | ({"Description": rule.description} if rule.description else {})
    tags = [
        {"Key": key, "Value": value}
        for key, value in (rule.tags or {}).items()
        if not key.lower().startswith(RESERVED)
    ]
    parameters: dict[str, object] = {
        "GroupId": rule.group,
        "IpPermissions": [{**rule.given, ranges: [source]}],
    }
    if tags:
        parameters["TagSpecifications"] = [{"ResourceType": "security-group-rule", "Tags": tags}]
    return Action(
        service="ec2",
        operation="AuthorizeSecurityGroupIngress",
        parameters=parameters,
        region=rule.resource.region,
        reason="make the rule again as it was",
        check=_is_not_there(rule),
    )


def _is_not_there(rule: Rule) -> Check:
    """Return what an undo must find: no rule for the same traffic and source has been made since."""
    wanted = {**rule.given, f"CidrIpv{rule.version}": rule.cidr}
    same = [
        f"{key} == '{value}'" if isinstance(value, str) else f"{key} == `{value}`"
        for key, value in wanted.items()
    ]
    return Check(
        service="ec2",
        operation="DescribeSecurityGroupRules",
        parameters={"Filters": [{"Name": "group-id", "Values": [rule.group]}]},
        region=rule.resource.region,
        path=f"SecurityGroupRules[?IsEgress == `false` && {' && '.join(same)}] | [0].SecurityGroupRuleId",
        value=None,
    )


def _called(identity: str, group: Group | None) -> str:
    return f"{group.name} ({identity})" if group and group.name != identity else identity


def _naming(rule: Rule, reached: Sequence[Ports]) -> str:
    """Name the sensitive ports of a rule, unless it is for everything or for just one."""
    if rule.traffic.everything or not reached:
        return ""
    return f", that is {_some([str(ports) for ports in reached])}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
