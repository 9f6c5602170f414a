"""A sweep over many groups: few calls, in pages, and on where the last one stopped."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from tests.events.identities import ACCOUNT
from tests.unit.endpoint import Made
from tests.unit.security_groups.network import WORLD, Network, opened

NETWORKS = [{"CidrIp": "10.0.0.0/8", "Description": "private"}, {"CidrIp": "192.0.2.0/24"}]


def listed(number: int, *, port: int, source: str) -> dict[str, Any]:
    """Describe a group as EC2 does."""
    tcp = {"IpProtocol": "tcp", "UserIdGroupPairs": [], "Ipv6Ranges": [], "PrefixListIds": []}
    return {
        "GroupId": f"sg-{number:017x}",
        "GroupName": f"group-{number}",
        "OwnerId": ACCOUNT,
        "IpPermissions": [
            {**tcp, "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": WORLD}]},
            {**tcp, "FromPort": 22, "ToPort": 22, "IpRanges": NETWORKS},
            {**tcp, "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": source}]},
        ],
    }


class Many:
    """A region with many groups; of every hundredth, a rule lets in the world if told so."""

    def __init__(self, network: Network, count: int, *, bad: int = 0) -> None:
        self.groups = {
            group["GroupId"]: group
            for group in (
                listed(number, port=3306, source=WORLD if number < bad else "172.16.0.0/12")
                for number in range(count)
            )
        }
        network.world.endpoint.answer("ec2:DescribeSecurityGroups", self._groups)
        network.world.endpoint.answer("ec2:DescribeSecurityGroupRules", self._rules)
        network.world.endpoint.answer("ec2:RevokeSecurityGroupIngress", self._revoke)

    def _groups(self, made: Made) -> Mapping[str, Any]:
        assert 5 <= made.parameters["MaxResults"] <= 1000
        return _page(made, "SecurityGroups", list(self.groups.values()))

    def _rules(self, made: Made) -> Mapping[str, Any]:
        assert 5 <= made.parameters["MaxResults"] <= 1000
        (wanted,) = made.parameters["Filters"]
        assert wanted["Name"] == "group-id"
        assert len(wanted["Values"]) <= 200
        rules = [
            {
                "SecurityGroupRuleId": f"sgr-{identity[3:]}",
                "GroupId": identity,
                "GroupOwnerId": ACCOUNT,
                "IsEgress": False,
                "IpProtocol": "tcp",
                "FromPort": 3306,
                "ToPort": 3306,
                "CidrIpv4": self.groups[identity]["IpPermissions"][2]["IpRanges"][0]["CidrIp"],
            }
            for identity in wanted["Values"]
            if len(self.groups[identity]["IpPermissions"]) > 2
        ]
        return _page(made, "SecurityGroupRules", rules)

    def _revoke(self, made: Made) -> Mapping[str, Any]:
        self.groups[made.parameters["GroupId"]]["IpPermissions"].pop()
        return {"Return": True}


def _page(made: Made, key: str, items: list[Any]) -> Mapping[str, Any]:
    start, size = int(made.parameters.get("NextToken", 0)), made.parameters["MaxResults"]
    page: dict[str, Any] = {key: items[start : start + size]}
    return page | ({"NextToken": str(start + size)} if start + size < len(items) else {})


def test_five_thousand_groups_are_five_calls_and_few_seconds(network: Network) -> None:
    Many(network, 5000)
    began = time.process_time()

    run = network.sweep()

    assert time.process_time() - began < 10
    assert run.outcomes == ["compliant"]
    assert [made.operation for made in run.looks if made.service == "ec2"] == ["DescribeSecurityGroups"] * 5


def test_the_few_of_many_are_found_and_closed(network: Network) -> None:
    many = Many(network, 2500, bad=3)

    run = network.sweep()

    assert run.outcomes == ["remediated"] * 3
    assert all(len(group["IpPermissions"]) == 2 for group in list(many.groups.values())[:3])
    assert all(len(group["IpPermissions"]) == 3 for group in list(many.groups.values())[3:])
    # One for the three groups, and one for each that is looked at again.
    assert len(run.called("ec2:DescribeSecurityGroupRules")) == 4


def test_a_sweep_that_finds_very_much_goes_on_with_the_next() -> None:
    with opened(settings={"containments_per_hour": 1000}) as network:
        many = Many(network, 300, bad=150)

        first = network.sweep()
        second = network.sweep()
        third = network.sweep()

        assert len(first.outcomes) == len(second.outcomes) == 64
        assert len(third.outcomes) == 22
        assert {*first.outcomes, *second.outcomes, *third.outcomes} == {"remediated"}
        assert all(
            group["IpPermissions"][-1]["IpRanges"] != [{"CidrIp": WORLD}] for group in many.groups.values()
        )


def test_a_page_that_fails_is_no_end(network: Network) -> None:
    Many(network, 1500)
    network.world.endpoint.fail(
        "ec2:DescribeSecurityGroups",
        "RequestLimitExceeded",
        when=lambda made: "NextToken" in made.parameters,
    )

    run = network.sweep()

    assert run.outcomes == ["failed"]
    assert run.error is not None
