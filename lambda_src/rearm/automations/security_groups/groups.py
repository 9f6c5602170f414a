"""Reading security groups: which there are, which rules they have, what prefix lists hold."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rearm.automations import Look
from rearm.automations.security_groups.networks import is_world, is_world_together
from rearm.automations.security_groups.ports import Ports, Traffic, traffic
from rearm.aws import Answer, AwsError, items_of, malformed
from rearm.model import Resource

GROUP_TYPE = "AWS::EC2::SecurityGroup"
# The most that AWS gives with a page, and takes as the values of a filter.
# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html
PAGE = 1000
VALUES = 200
# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetManagedPrefixListEntries.html
LIST_PAGE = 100


@dataclass(frozen=True, eq=False, repr=False)
class Group:
    """A security group; `permissions` are what it lets in, as AWS sums its rules up."""

    id: str
    name: str
    resource: Resource
    permissions: Sequence[Answer]


@dataclass(frozen=True, eq=False, repr=False)
class Rule:
    """A rule that lets something in to a security group.

    One of `cidr` and `prefix_list` is there, unless it is another group that it lets in. `given` is how the
    rule is made: its protocol and its ports, as AWS has them.
    """

    resource: Resource
    id: str
    group: str
    traffic: Traffic
    given: Mapping[str, object]
    cidr: str | None = None
    version: int = 4
    prefix_list: str | None = None
    description: str | None = None
    tags: Mapping[str, str] | None = None


class Lists:
    """What prefix lists hold; each is asked for once a response."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._known: dict[str, bool | AwsError] = {}
        self._asking = threading.Lock()

    def hold_world(self, identity: str) -> bool:
        """Whether a prefix list holds every address.

        Raises
        ------
        AwsError
            AWS does not say what it holds.

        Source: https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html
        """
        with self._asking:
            if identity not in self._known:
                try:
                    self._known[identity] = self._holds_world(identity)
                except AwsError as error:
                    self._known[identity] = error
            known = self._known[identity]
        if isinstance(known, AwsError):
            raise known
        return known

    def _holds_world(self, identity: str) -> bool:
        operation = "GetManagedPrefixListEntries"
        question = {"PrefixListId": identity, "MaxResults": LIST_PAGE}
        entries = [
            entry.get("Cidr")
            for page in self._look.aws.pages("ec2", self._look.region, operation, question)
            for entry in items_of(page, "ec2", operation, "Entries")
        ]
        try:
            return any(is_world(cidr) for cidr in entries) or is_world_together(map(str, entries))
        except ValueError as error:
            raise malformed("ec2", operation, str(error)) from error


def groups_by(look: Look, name: str | None = None, values: Iterable[str] = ()) -> Iterator[Group]:
    """Yield the security groups of the region, or those that a filter selects, with one page in memory.

    Raises
    ------
    AwsError
        The call failed.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html
    """
    operation = "DescribeSecurityGroups"
    for item in _all(look, operation, "SecurityGroups", name, list(values)):
        yield _group(item, look)


def rules_by(look: Look, name: str, values: Iterable[str]) -> list[Answer]:
    """Return the rules that a filter selects, as AWS describes them, without those for what goes out.

    Raises
    ------
    AwsError
        The call failed.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroupRules.html
    """
    operation = "DescribeSecurityGroupRules"
    rules = _all(look, operation, "SecurityGroupRules", name, list(values))
    return [rule for rule in rules if rule.get("IsEgress") is not True]


def rule_of(item: Answer, look: Look) -> Rule:
    """Read a rule.

    Raises
    ------
    AwsError
        It lacks what AWS's documentation promises.
    """
    operation = "DescribeSecurityGroupRules"
    identity, group, owner = item.get("SecurityGroupRuleId"), item.get("GroupId"), item.get("GroupOwnerId")
    if not (isinstance(identity, str) and isinstance(group, str) and item.get("IsEgress") is False):
        raise malformed("ec2", operation, "a rule has no SecurityGroupRuleId, GroupId or IsEgress")
    low, high = item.get("FromPort"), item.get("ToPort")
    try:
        let_in = traffic(item.get("IpProtocol"), low, high)
    except ValueError as error:
        raise malformed("ec2", operation, f"{identity}: {error}") from error
    four, six = item.get("CidrIpv4"), item.get("CidrIpv6")
    source = four or six or item.get("PrefixListId")
    ports = {} if let_in.everything else {"FromPort": low, "ToPort": high}
    tags = item.get("Tags") or ()
    return Rule(
        resource=rule_resource(group, let_in, source, look, str(owner) if owner else None),
        id=identity,
        group=group,
        traffic=let_in,
        given={"IpProtocol": item["IpProtocol"], **ports},
        cidr=four or six,
        version=4 if four else 6,
        prefix_list=item.get("PrefixListId"),
        description=item.get("Description"),
        tags={str(tag.get("Key")): str(tag.get("Value", "")) for tag in tags},
    )


def may_open(group: Group, sensitive: Sequence[Ports], lists: Lists) -> bool:
    """Whether the rules of a group must be looked at one by one.

    What is in question here is decided there; what nobody can tell here is in question.
    """
    networks: list[str] = []
    try:
        for permission in group.permissions:
            let_in = traffic(
                permission.get("IpProtocol"), permission.get("FromPort"), permission.get("ToPort")
            )
            if not let_in.everything and not let_in.sensitive(sensitive):
                continue
            some = [one.get("CidrIp") for one in permission.get("IpRanges") or ()]
            some += [one.get("CidrIpv6") for one in permission.get("Ipv6Ranges") or ()]
            if any(is_world(cidr) for cidr in some):
                return True
            if any(
                lists.hold_world(str(one["PrefixListId"])) for one in permission.get("PrefixListIds") or ()
            ):
                return True
            networks += some
        return is_world_together(networks)
    except (AwsError, ValueError, KeyError):
        return True


def group_resource(identity: str, look: Look, owner: str | None = None) -> Resource:
    """Return a security group as a resource."""
    account = owner or look.account
    arn = f"arn:{look.partition}:ec2:{look.region}:{account}:security-group/{identity}"
    return Resource(arn, identity, GROUP_TYPE, account, look.region)


def rule_resource(group: str, let_in: Traffic, source: object, look: Look, owner: str | None) -> Resource:
    """Return a rule as a resource: a part of its group that is known by what it lets in.

    Its id would not do: AWS gives another one to the same rule when it is made again, by an undo or by
    whatever keeps the group, and an exception must hold for that one as well.
    """
    of = group_resource(group, look, owner)
    path = f"{let_in.path}/{source or 'group'}"
    return Resource(f"{of.arn}/{path}", f"{group}/{path}", GROUP_TYPE, of.account, of.region)


def gone_rule(identity: str, look: Look) -> Resource:
    """Return a rule of which nothing but its id is known any more.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
    """
    arn = f"arn:{look.partition}:ec2:{look.region}:{look.account}:security-group-rule/{identity}"
    return Resource(arn, identity, GROUP_TYPE, look.account, look.region)


def _group(item: Answer, look: Look) -> Group:
    identity, owner = item.get("GroupId"), item.get("OwnerId")
    permissions = items_of(item, "ec2", "DescribeSecurityGroups", "IpPermissions")
    if not isinstance(identity, str):
        raise malformed("ec2", "DescribeSecurityGroups", "a group has no GroupId")
    resource = group_resource(identity, look, str(owner) if owner else None)
    return Group(identity, str(item.get("GroupName") or identity), resource, permissions)


def _all(look: Look, operation: str, key: str, name: str | None, values: list[str]) -> Iterator[Answer]:
    for start in range(0, max(1, len(values)) if name else 1, VALUES):
        question: dict[str, object] = {"MaxResults": PAGE}
        if name:
            question["Filters"] = [{"Name": name, "Values": values[start : start + VALUES]}]
        for page in look.aws.pages("ec2", look.region, operation, question):
            yield from items_of(page, "ec2", operation, key)
