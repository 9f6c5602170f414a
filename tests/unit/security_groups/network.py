"""An account with security groups, and Rearm deployed to keep them closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from tests.events import security_groups as events
from tests.events.envelopes import scheduled
from tests.events.identities import ACCOUNT, assumed_role
from tests.unit.endpoint import Made
from tests.unit.world import Run, World, ago, client, stamp
from tests.unit.world import world as new_world

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

AUTOMATION = "security_groups"
WORLD = "0.0.0.0/0"
WORLD_6 = "::/0"
ADMIN = assumed_role("admin", "maintenance")


@dataclass
class Network:
    """The security groups, as an independent client reads and changes them, and the alarms about them."""

    world: World
    vpc: str = ""

    def install(self) -> None:
        """Add what moto leaves out, and a VPC."""
        self.world.endpoint.edit("ec2:DescribeSecurityGroupRules", _owned)
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]

    @property
    def ec2(self) -> EC2Client:
        """A client of its own."""
        return cast("EC2Client", client("ec2"))

    def group(self, name: str = "web") -> str:
        """Make a security group and return its id."""
        made = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)
        return made["GroupId"]

    def allow(
        self,
        group: str,
        *sources: str,
        port: int | tuple[int, int] = 22,
        protocol: str = "tcp",
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> list[dict[str, Any]]:
        """Let sources in to a group, and return the rules as EC2 answers."""
        low, high = port if isinstance(port, tuple) else (port, port)
        more = {"Description": description} if description else {}
        ports = {} if protocol == "-1" else {"FromPort": low, "ToPort": high}
        lists: dict[str, list[dict[str, str]]] = {}
        for source in sources or (WORLD,):
            member, key = (
                ("PrefixListIds", "PrefixListId")
                if source.startswith("pl-")
                else ("UserIdGroupPairs", "GroupId")
                if source.startswith("sg-")
                else ("Ipv6Ranges", "CidrIpv6")
                if ":" in source
                else ("IpRanges", "CidrIp")
            )
            lists.setdefault(member, []).append({key: source, **more})
        asked: Any = {"GroupId": group, "IpPermissions": [{"IpProtocol": protocol, **ports, **lists}]}
        if tags:
            listed = [{"Key": key, "Value": value} for key, value in tags.items()]
            asked["TagSpecifications"] = [{"ResourceType": "security-group-rule", "Tags": listed}]
        made = self.ec2.authorize_security_group_ingress(**asked)
        return cast("list[dict[str, Any]]", made["SecurityGroupRules"])

    def prefix_list(self, *cidrs: str, family: str = "IPv4") -> str:
        """Make a prefix list and return its id."""
        made = self.ec2.create_managed_prefix_list(
            PrefixListName="offices",
            MaxEntries=10,
            AddressFamily=family,
            Entries=[{"Cidr": cidr, "Description": "an office"} for cidr in cidrs],
        )
        return made["PrefixList"]["PrefixListId"]

    def rules(self, group: str) -> list[Any]:
        """Return the rules of a group that let something in, as they really are."""
        wanted: Any = [{"Name": "group-id", "Values": [group]}]
        found = self.ec2.describe_security_group_rules(Filters=wanted)["SecurityGroupRules"]
        return [rule for rule in found if not rule["IsEgress"]]

    def sources(self, group: str) -> list[str]:
        """Return who is let in to a group, in order."""
        rules = self.rules(group)
        return sorted(str(rule.get("CidrIpv4") or rule.get("CidrIpv6")) for rule in rules)

    def authorized(self, rules: Sequence[Mapping[str, Any]], **changes: Any) -> dict[str, Any]:
        """Return the event of the call that has made rules, 42 seconds ago."""
        return events.authorized(*rules, **{"time": stamp(ago(42)), "identity": ADMIN, **changes})

    def modified(self, rules: Sequence[Mapping[str, Any]], **changes: Any) -> dict[str, Any]:
        """Return the event of the call that has changed rules, 42 seconds ago."""
        return events.modified(*rules, **{"time": stamp(ago(42)), "identity": ADMIN, **changes})

    def handle(self, event: object, **given: Any) -> Run:
        """Give Rearm an event."""
        return self.world.handle(event, **given)

    def sweep(self, **given: Any) -> Run:
        """Let Rearm look at everything."""
        return self.world.handle(scheduled("rearm-security_groups-sweep"), **given)


def _owned(_: Made, answer: dict[str, Any]) -> None:
    """Say whose the groups are, as EC2 does."""
    for rule in answer["SecurityGroupRules"]:
        rule.setdefault("GroupOwnerId", ACCOUNT)


@contextmanager
def opened(**choices: Any) -> Iterator[Network]:
    """Make a new account with the automation freshly deployed in it."""
    with new_world(automation=AUTOMATION, **choices) as world:
        network = Network(world)
        network.install()
        yield network
