"""Traffic and networks as numbers."""

from __future__ import annotations

import pytest

from rearm.automations.security_groups.networks import is_world, is_world_together
from rearm.automations.security_groups.ports import Ports, Traffic, sensitive_ports, traffic
from tests.unit.deployment import manifest

SSH = Ports(22, 22)


@pytest.mark.parametrize(
    ("protocol", "low", "high", "expected"),
    [
        ("tcp", 22, 22, Traffic("tcp", Ports(22, 22))),
        ("tcp", "22", "25", Traffic("tcp", Ports(22, 25))),
        ("TCP", 22, 22, Traffic("tcp", Ports(22, 22))),
        ("6", 22, 22, Traffic("tcp", Ports(22, 22))),
        (6, 22, 22, Traffic("tcp", Ports(22, 22))),
        ("17", 53, 53, Traffic("udp", Ports(53, 53, "udp"))),
        ("tcp", -1, -1, Traffic("tcp", Ports(0, 65535))),
        ("tcp", "-1", "-1", Traffic("tcp", Ports(0, 65535))),
        ("udp", None, None, Traffic("udp", Ports(0, 65535, "udp"))),
        ("tcp", 0, 65535, Traffic("tcp", Ports(0, 65535))),
        ("-1", -1, -1, Traffic("-1")),
        (-1, None, None, Traffic("-1")),
        ("all", None, None, Traffic("-1")),
        ("icmp", 8, 0, Traffic("icmp")),
        ("icmpv6", -1, -1, Traffic("icmpv6")),
        ("50", -1, -1, Traffic("50")),
    ],
)
def test_traffic_is_read_however_aws_writes_it(
    protocol: object, low: object, high: object, expected: Traffic
) -> None:
    assert traffic(protocol, low, high) == expected


@pytest.mark.parametrize(
    "given",
    [
        ("tcp", 25, 22),
        ("tcp", "ssh", 22),
        ("tcp", 22, 70000),
        ("tcp", 22, -2),
        ("tcp", True, 22),
        ("tcp", 22.5, 23),
        (None, 22, 22),
        ("", 22, 22),
        (True, 22, 22),
    ],
)
def test_what_is_no_traffic_is_an_error(given: tuple[object, object, object]) -> None:
    with pytest.raises(ValueError, match=r"(is|are) none"):
        traffic(*given)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("22", Ports(22, 22)),
        ("27017-27019", Ports(27017, 27019)),
        ("22/tcp", Ports(22, 22)),
        ("3389/udp", Ports(3389, 3389, "udp")),
        ("0-65535", Ports(0, 65535)),
        ("00022", Ports(22, 22)),
    ],
)
def test_a_setting_names_ports(entry: str, expected: Ports) -> None:
    assert sensitive_ports([entry]) == (expected,)


@pytest.mark.parametrize("entry", ["", "ssh", "22-", "-22", "25-22", "65536", "22/icmp", "22 ", "1-2-3"])
def test_a_setting_that_names_none_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match="sensitive_ports"):
        sensitive_ports([entry])


def test_the_default_setting_can_be_read_and_has_what_the_managed_rules_look_for() -> None:
    default = sensitive_ports(manifest("security_groups")["settings"]["sensitive_ports"]["default"])

    for port in (22, 3306, 3389, 5432, 1433, 27017, 6379):
        assert any(one.low <= port <= one.high and one.protocol == "tcp" for one in default), port
    for port in (80, 443, 8080, 8443):
        assert not any(one.low <= port <= one.high for one in default), port


@pytest.mark.parametrize(
    "cidr", ["0.0.0.0/0", "::/0", "0:0:0:0:0:0:0:0/0", "203.0.113.7/0", "2001:db8::1/0", "0.0.0.0/00"]
)
def test_a_prefix_of_length_0_is_the_world_however_it_is_written(cidr: str) -> None:
    assert is_world(cidr)


@pytest.mark.parametrize("cidr", ["0.0.0.0/1", "0.0.0.0/32", "::/1", "::/128", "10.0.0.0/8"])
def test_a_longer_prefix_is_not_the_world(cidr: str) -> None:
    assert not is_world(cidr)


@pytest.mark.parametrize(
    "cidr", ["", "everywhere", "0.0.0.0/", "0.0.0.0/33", "0.0.0/0", None, 0, b"0.0.0.0/0"]
)
def test_what_is_no_network_is_an_error(cidr: object) -> None:
    with pytest.raises(ValueError, match=r"network|permitted|expected|appear"):
        is_world(cidr)


@pytest.mark.parametrize(
    "cidrs",
    [
        ("0.0.0.0/1", "128.0.0.0/1"),
        ("0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/1"),
        ("::/1", "8000::/1", "10.0.0.0/8"),
        tuple(f"{first}.0.0.0/8" for first in range(256)),
    ],
    ids=["halves", "half and quarters", "halves of IPv6", "every /8"],
)
def test_parts_can_be_the_world(cidrs: tuple[str, ...]) -> None:
    assert is_world_together(cidrs)


@pytest.mark.parametrize(
    "cidrs",
    [
        (),
        ("0.0.0.0/1",),
        ("0.0.0.0/1", "0.0.0.0/2", "64.0.0.0/2"),
        ("0.0.0.0/1", "8000::/1"),
        tuple(f"{first}.0.0.0/8" for first in range(255)),
    ],
    ids=["nothing", "a half", "the same half", "two families", "one /8 is missing"],
)
def test_parts_need_not_be_the_world(cidrs: tuple[str, ...]) -> None:
    assert not is_world_together(cidrs)


def test_a_range_reaches_a_port_only_of_its_own_protocol() -> None:
    assert traffic("tcp", 20, 25).sensitive([SSH, Ports(22, 22, "udp")]) == (SSH,)
    assert traffic("-1", None, None).sensitive([SSH, Ports(53, 53, "udp")]) == (SSH, Ports(53, 53, "udp"))
    assert traffic("icmp", 22, 22).sensitive([SSH]) == ()


def test_a_range_holds_another_only_as_a_whole() -> None:
    assert traffic("tcp", 8000, 8100).holds(Ports(8000, 8100))
    assert not traffic("tcp", 8000, 8099).holds(Ports(8000, 8100))
    assert not traffic("udp", 8000, 8100).holds(Ports(8000, 8100))
    assert traffic("-1", None, None).holds(Ports(8000, 8100))
