"""What is found, what is done about it, and what comes near and is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.security_groups.network import WORLD, WORLD_6, Network

PORT, ALL = "sensitive-port-open", "all-traffic-open"

OPEN: dict[str, tuple[str, dict[str, Any]]] = {
    "SSH": (PORT, {}),
    "RDP": (PORT, {"port": 3389}),
    "RDP over UDP": (PORT, {"port": 3389, "protocol": "udp"}),
    "PostgreSQL": (PORT, {"port": 5432}),
    "MySQL": (PORT, {"port": 3306}),
    "MongoDB's second": (PORT, {"port": 27018}),
    "a range around SSH": (PORT, {"port": (20, 25)}),
    "a range that ends with SSH": (PORT, {"port": (10, 22)}),
    "a range that begins with SSH": (PORT, {"port": (22, 80)}),
    "a range within MongoDB's": (PORT, {"port": (27018, 27100)}),
    "every port": (PORT, {"port": (0, 65535)}),
    "TCP by its number": (PORT, {"protocol": "6"}),
    "every protocol": (ALL, {"protocol": "-1"}),
}

CLOSED: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "HTTPS to the world": ((WORLD, WORLD_6), {"port": 443}),
    "HTTP to the world": ((WORLD,), {"port": 80}),
    "a range beside SSH": ((WORLD,), {"port": (24, 442)}),
    "a range that ends before SSH": ((WORLD,), {"port": (1, 21)}),
    "SSH's number over UDP": ((WORLD,), {"protocol": "udp"}),
    "a media server's range over UDP": ((WORLD,), {"port": (10000, 20000), "protocol": "udp"}),
    "ping, whose type is a port's number": ((WORLD,), {"port": (22, 0), "protocol": "icmp"}),
    "every ICMP": ((WORLD,), {"port": (-1, -1), "protocol": "icmp"}),
    "ICMPv6": ((WORLD_6,), {"port": (-1, -1), "protocol": "58"}),
    "IPsec": ((WORLD,), {"port": (-1, -1), "protocol": "50"}),
    "SSH from one address": (("203.0.113.7/32",), {}),
    "SSH from a private network": (("10.0.0.0/8",), {}),
    "SSH from half of the world": (("0.0.0.0/1",), {}),
    "SSH from a network that begins with zeros": (("0.0.0.0/8",), {}),
    "SSH from an IPv6 network": (("2001:db8::/32",), {}),
    "all traffic from a private network": (("192.168.0.0/16",), {"protocol": "-1"}),
}


@pytest.mark.parametrize("door", ["event", "sweep"])
@pytest.mark.parametrize("source", [WORLD, WORLD_6])
@pytest.mark.parametrize(("finding", "given"), OPEN.values(), ids=OPEN)
def test_a_rule_that_opens_a_sensitive_port_is_revoked(
    network: Network, finding: str, given: dict[str, Any], source: str, door: str
) -> None:
    group = network.group()
    rules = network.allow(group, source, **given)

    run = network.handle(network.authorized(rules)) if door == "event" else network.sweep()

    assert network.rules(group) == []
    assert run.findings == [finding]
    assert run.outcomes == ["remediated"]
    (revoked,) = run.changes
    assert revoked.parameters == {
        "GroupId": group,
        "SecurityGroupRuleIds": [rules[0]["SecurityGroupRuleId"]],
    }
    assert run.message.attributes["severity"] == ("CRITICAL" if finding == ALL else "HIGH")


@pytest.mark.parametrize("door", ["event", "sweep"])
@pytest.mark.parametrize(("sources", "given"), CLOSED.values(), ids=CLOSED)
def test_what_comes_near_is_left_alone_and_told_to_nobody(
    network: Network, sources: tuple[str, ...], given: dict[str, Any], door: str
) -> None:
    group = network.group()
    rules = network.allow(group, *sources, **given)
    before = network.rules(group)

    run = network.handle(network.authorized(rules)) if door == "event" else network.sweep()

    assert network.rules(group) == before
    assert run.outcomes == ["compliant"]
    assert not run.changes
    assert not run.messages
    assert run.error is None


def test_the_neighbours_of_a_rule_stay(network: Network) -> None:
    group, other = network.group(), network.group("other")
    network.allow(group, "10.0.0.0/8", "192.0.2.0/24", description="offices")
    network.allow(group, WORLD, WORLD_6, port=443)
    network.allow(group, other)
    network.allow(other, WORLD, port=443)
    before = network.rules(group), network.rules(other)
    rules = network.allow(group, WORLD, description="for a moment")

    run = network.handle(network.authorized(rules))

    assert (network.rules(group), network.rules(other)) == before
    assert run.outcomes == ["remediated"]


def test_each_rule_of_a_group_is_a_finding_and_an_action_of_its_own(network: Network) -> None:
    group = network.group()
    rules = network.allow(group, WORLD, "10.0.0.0/8", WORLD_6)
    rules += network.allow(group, WORLD, port=3389)

    run = network.handle(network.authorized(rules))

    assert network.sources(group) == ["10.0.0.0/8"]
    assert run.outcomes == ["remediated"] * 3
    names = {line["rearm"]["resource"]["name"] for line in run.journal}
    assert names == {f"{group}/tcp/22/0.0.0.0/0", f"{group}/tcp/22/::/0", f"{group}/tcp/3389/0.0.0.0/0"}
    assert [len(made.parameters["SecurityGroupRuleIds"]) for made in run.changes] == [1, 1, 1]


def test_the_message_says_who_what_and_how_to_undo_it(network: Network) -> None:
    group = network.group("bastion")
    rules = network.allow(group, description="quick fix", tags={"owner": "ops"})

    told = network.handle(network.authorized(rules)).message

    assert f"security group bastion ({group})" in told.body
    assert "tcp port 22, that is 22 (SSH)" in told.body
    assert "Session: maintenance" in told.body
    assert f'resource = "{group}/tcp/22/0.0.0.0/0"' in told.body
    assert '"Description": "quick fix"' in told.body
    assert '{"Key": "owner", "Value": "ops"}' in told.body


@pytest.mark.parametrize("cidrs", [("0.0.0.0/0",), ("10.0.0.0/8", "0.0.0.0/1", "128.0.0.0/1")])
def test_a_prefix_list_that_holds_the_world_is_only_told(network: Network, cidrs: tuple[str, ...]) -> None:
    group = network.group()
    listed = network.prefix_list(*cidrs)
    network.allow(group, listed)
    before = network.rules(group)

    run = network.sweep()

    assert network.rules(group) == before
    assert run.findings == ["open-through-prefix-list"]
    assert run.outcomes == ["notified"]
    assert not run.changes
    assert listed in run.message.body
    assert "aws ec2 revoke-security-group-ingress" in run.message.body


def test_a_prefix_list_of_offices_lets_in_the_offices(network: Network) -> None:
    for name in ("one", "two", "three"):
        network.allow(network.group(name), network.prefix_list("192.0.2.0/24", "198.51.100.0/24"))

    run = network.sweep()

    assert run.outcomes == ["compliant"]
    assert not run.messages


def test_a_prefix_list_is_asked_for_once_a_sweep_and_only_for_sensitive_ports(network: Network) -> None:
    used, unused = network.prefix_list("192.0.2.0/24"), network.prefix_list("0.0.0.0/0")
    for number in range(4):
        network.allow(network.group(f"ssh-{number}"), used)
    network.allow(network.group("https"), unused, port=443)

    run = network.sweep()

    asked = [made.parameters["PrefixListId"] for made in run.called("ec2:GetManagedPrefixListEntries")]
    assert asked == [used]


@pytest.mark.parametrize("halves", [("0.0.0.0/1", "128.0.0.0/1"), ("::/1", "8000::/1")], ids=["IPv4", "IPv6"])
def test_rules_that_are_the_world_together_are_told_and_stay(
    network: Network, halves: tuple[str, str]
) -> None:
    group = network.group()
    network.allow(group, halves[0])
    network.allow(group, halves[1], port=(20, 30))
    before = network.rules(group)

    run = network.sweep()

    assert network.rules(group) == before
    assert run.findings == ["open-in-parts"]
    assert run.outcomes == ["notified"]
    for rule in before:
        assert f"--security-group-rule-ids {rule['SecurityGroupRuleId']}" in run.message.body


@pytest.mark.parametrize(
    "given",
    [
        (("0.0.0.0/1", {}), ("128.0.0.0/1", {"port": 3389})),
        (("0.0.0.0/1", {}), ("128.0.0.0/2", {})),
        (("0.0.0.0/1", {}), ("8000::/1", {})),
        (("0.0.0.0/1", {"port": 443}), ("128.0.0.0/1", {"port": 443})),
        (("0.0.0.0/1", {}), ("0.0.0.0/2", {}), ("64.0.0.0/2", {})),
    ],
    ids=["other ports", "a quarter is missing", "two families", "no sensitive port", "the same half twice"],
)
def test_parts_that_are_not_the_world_together_are_left_alone(
    network: Network, given: tuple[tuple[str, dict[str, Any]], ...]
) -> None:
    group = network.group()
    for source, rule in given:
        network.allow(group, source, **rule)

    run = network.sweep()

    assert run.outcomes == ["compliant"]
    assert not run.messages


def test_what_goes_out_is_nobodys_business_here(network: Network) -> None:
    group = network.group()
    everywhere: Any = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": WORLD}]}]
    network.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=everywhere)

    run = network.sweep()

    assert run.outcomes == ["compliant"]
    assert not run.changes


def test_a_group_that_lets_itself_in_is_left_alone(network: Network) -> None:
    group = network.group()
    network.allow(group, group, protocol="-1")

    assert network.sweep().outcomes == ["compliant"]
