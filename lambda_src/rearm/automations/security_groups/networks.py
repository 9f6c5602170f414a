"""Networks, judged by their numbers: whether one is the world, or several are it together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import TypeVar

Network = TypeVar("Network", IPv4Network, IPv6Network)


def network(cidr: object) -> IPv4Network | IPv6Network:
    """Read a network as AWS writes it.

    Raises
    ------
    ValueError
        It is none.
    """
    if not isinstance(cidr, str):
        raise ValueError(f"{cidr!r} is no network")
    return ip_network(cidr, strict=False)


def is_world(cidr: object) -> bool:
    """Whether a network is every address: its prefix has the length 0, however it is written.

    Raises
    ------
    ValueError
        It is no network.
    """
    return network(cidr).prefixlen == 0


def is_world_together(cidrs: Iterable[str]) -> bool:
    """Whether networks of which none is the world are it together, as 0.0.0.0/1 and 128.0.0.0/1 are.

    Raises
    ------
    ValueError
        One of them is no network.
    """
    networks = {network(cidr) for cidr in cidrs}
    four = [one for one in networks if isinstance(one, IPv4Network)]
    six = [one for one in networks if isinstance(one, IPv6Network)]
    return _whole(four, 32) or _whole(six, 128)


def _whole(networks: Sequence[Network], bits: int) -> bool:
    # Adding up is quick, and answer enough for almost every group.
    if sum(one.num_addresses for one in networks) < 2**bits:
        return False
    return any(one.prefixlen == 0 for one in collapse_addresses(networks))
