"""Which traffic a rule lets in, and which of it is sensitive."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
EVERY_PROTOCOL = "-1"
LAST_PORT = 65_535
# Protocols have names or IANA's numbers.
_PROTOCOLS = {"6": "tcp", "17": "udp"}
_WITH_PORTS = frozenset({"tcp", "udp"})
_ENTRY = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?(?:/(tcp|udp))?")

NAMES = {
    22: "SSH",
    23: "Telnet",
    445: "SMB",
    1433: "SQL Server",
    1521: "Oracle",
    2375: "Docker",
    2379: "etcd",
    3306: "MySQL",
    3389: "RDP",
    5432: "PostgreSQL",
    5439: "Redshift",
    5900: "VNC",
    5984: "CouchDB",
    5985: "WinRM",
    6379: "Redis",
    9042: "Cassandra",
    9200: "Elasticsearch",
    9300: "Elasticsearch",
    10250: "kubelet",
    11211: "Memcached",
    27017: "MongoDB",
}


@dataclass(frozen=True, order=True)
class Ports:
    """A range of ports of one protocol, both ends included."""

    low: int
    high: int
    protocol: str = "tcp"

    def __str__(self) -> str:
        """Say it for people, with what usually listens there."""
        span = str(self.low) if self.low == self.high else f"{self.low}-{self.high}"
        known = NAMES.get(self.low)
        over = "/udp" if self.protocol == "udp" else ""
        return f"{span}{over} ({known})" if known else f"{span}{over}"


@dataclass(frozen=True)
class Traffic:
    """What a rule lets in. `ports` is None where the protocol has none, and for every protocol."""

    protocol: str
    ports: Ports | None = None

    @property
    def everything(self) -> bool:
        """Whether it is every protocol, and so every port."""
        return self.protocol == EVERY_PROTOCOL

    @property
    def path(self) -> str:
        """The traffic as a part of a name, such as ``tcp/22``."""
        if self.everything:
            return "all"
        if self.ports is None:
            return self.protocol
        low, high = self.ports.low, self.ports.high
        return f"{self.protocol}/{low}" if low == high else f"{self.protocol}/{low}-{high}"

    def sensitive(self, wanted: Iterable[Ports]) -> tuple[Ports, ...]:
        """Return which of the sensitive ports it reaches, if only in part."""
        return tuple(one for one in wanted if self.everything or self._overlaps(one))

    def holds(self, wanted: Ports) -> bool:
        """Whether it reaches the whole of a range."""
        mine = self.ports
        if self.everything:
            return True
        return (
            mine is not None
            and mine.protocol == wanted.protocol
            and mine.low <= wanted.low
            and wanted.high <= mine.high
        )

    def _overlaps(self, wanted: Ports) -> bool:
        mine = self.ports
        return (
            mine is not None
            and mine.protocol == wanted.protocol
            and mine.low <= wanted.high
            and wanted.low <= mine.high
        )

    def __str__(self) -> str:
        """Say it for people."""
        if self.everything:
            return "all traffic"
        if self.ports is None:
            return f"protocol {self.protocol}"
        low, high = self.ports.low, self.ports.high
        span = f"port {low}" if low == high else f"ports {low}-{high}"
        return f"{self.protocol} {span}"


def sensitive_ports(setting: object) -> tuple[Ports, ...]:
    """Read the setting `sensitive_ports`.

    Raises
    ------
    ValueError
        An entry names no ports.
    """
    entries = setting if isinstance(setting, Sequence) and not isinstance(setting, str) else ()
    return tuple(sorted({_ports(entry) for entry in entries}))


def traffic(protocol: object, low: object, high: object) -> Traffic:
    """Return what a rule lets in.

    Parameters
    ----------
    protocol
        As AWS has it: a name, IANA's number, or -1.
    low, high
        The first and the last port, as numbers or texts; for ICMP they are type and code. -1, or no port at
        all, is where TCP and UDP begin and end.

    Raises
    ------
    ValueError
        It is none of these.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html
    """
    if not isinstance(protocol, str | int) or isinstance(protocol, bool) or protocol == "":
        raise ValueError(f"the protocol {protocol!r} is none")
    named = str(protocol).lower()
    named = _PROTOCOLS.get(named, named)
    if named == "all":
        named = EVERY_PROTOCOL
    if named not in _WITH_PORTS:
        return Traffic(named)
    first, last = _port(low, 0), _port(high, LAST_PORT)
    if first > last:
        raise ValueError(f"the ports {low!r} to {high!r} are none")
    return Traffic(named, Ports(first, last, named))


def _port(value: object, otherwise: int) -> int:
    if value is None:
        return otherwise
    if isinstance(value, bool) or not re.fullmatch(r"-1|\d{1,5}", str(value)):
        raise ValueError(f"the port {value!r} is none")
    number = int(str(value))
    if number > LAST_PORT:
        raise ValueError(f"the port {value!r} is none")
    return otherwise if number < 0 else number


def _ports(entry: object) -> Ports:
    found = _ENTRY.fullmatch(str(entry))
    if found is None:
        raise ValueError(f"sensitive_ports: {entry!r} is neither a port nor a range of them")
    low = int(found[1])
    high = int(found[2] or low)
    if not low <= high <= LAST_PORT:
        raise ValueError(f"sensitive_ports: {entry!r} is no range from 0 to {LAST_PORT}")
    return Ports(low, high, found[3] or "tcp")
