"""Security groups: rules that open sensitive ports to the world, and rules that come near."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule

from tests.events import security_groups as events
from tests.events.envelopes import config_change, scheduled
from tests.events.identities import assumed_role
from tests.scenarios.account import STOPPED_AGO, Account, Event, client
from tests.scenarios.stage import Scenario
from tests.scenarios.verdicts import Check, asked_again, tells_nothing, told
from tests.support.planned import ACCOUNT

AUTOMATION = "security_groups"
WHO = ("admin", "Session: maintenance")
WEB, BASTION, OFFICE = "sg-0a0a0a0a0a0a0a0a1", "sg-0a0a0a0a0a0a0a0a2", "sg-0a0a0a0a0a0a0a0a3"
LIST = "pl-0b0b0b0b0b0b0b0b1"
WORLD, WORLD_6, PRIVATE = "0.0.0.0/0", "::/0", "10.0.0.0/8"
HTTPS, SSH, MYSQL, ALL = 443, 22, 3306, -1
SSH_RULE, COMMON_RULE = "restricted-ssh", "restricted-common-ports"
VARIANTS = ("others", "others_china", "others_notify")
# What is made in a group: its port and its source.
Rules = tuple[tuple[int, str], ...]
# Harmless rules that must stay whatever comes.
NEIGHBOURS: Rules = ((HTTPS, WORLD), (SSH, PRIVATE))


def scenarios() -> Iterator[Scenario]:
    """Return every scenario, of every variant."""
    for variant in ("others", "others_china"):
        yield _scenario(
            "a rule lets the world in to SSH",
            _opened,
            _lets_in(WEB, *NEIGHBOURS),
            told("remediated", f"({WORLD}) in to tcp port 22", *WHO, "revoke-security-group-ingress"),
            variant=variant,
        )
    yield _scenario(
        "a rule lets the world in to SSH where nothing is to be done",
        _opened,
        _lets_in(WEB, *NEIGHBOURS, (SSH, WORLD)),
        told("notified", f"({WORLD}) in to tcp port 22", *WHO, "revoke-security-group-ingress"),
        variant="others_notify",
    )
    for variant in VARIANTS:
        yield _scenario(
            "a prefix list holds the world",
            lambda account: _listed(account, WORLD),
            _lets_in(OFFICE, (SSH, LIST)),
            told("notified", LIST, "which holds every address", *WHO),
            variant=variant,
        )
    yield from _true_cases()
    yield from _near_misses()


def _true_cases() -> Iterator[Scenario]:
    yield _scenario(
        "a rule is changed to let the world in",
        _changed,
        _lets_in(WEB, *NEIGHBOURS),
        told("remediated", f"({WORLD_6}) in to tcp port 3306", *WHO),
    )
    yield _scenario(
        "a sweep finds groups that let the world in",
        _sweep_over_open,
        _lets_in(WEB, *NEIGHBOURS),
        _lets_in(BASTION),
        told("remediated", "in to tcp port 22", "in to all traffic", *WHO),
    )
    yield _scenario(
        "config finds a group that lets the world in",
        _found_by_config,
        _lets_in(WEB, *NEIGHBOURS),
        told("remediated", "in to tcp port 22"),
        asked_again(SSH_RULE, COMMON_RULE),
    )
    yield _scenario(
        "a call names a group by its name",
        _named,
        _lets_in(WEB, *NEIGHBOURS),
        told("remediated", "in to tcp port 22"),
    )
    yield _scenario(
        "two rules are the world together",
        _in_halves,
        _lets_in(OFFICE, (SSH, "0.0.0.0/1"), (SSH, "128.0.0.0/1")),
        told("notified", "let every address in", "revoke-security-group-ingress"),
    )


def _near_misses() -> Iterator[Scenario]:
    yield _scenario(
        "a rule lets the world in to HTTPS", _harmless, _lets_in(WEB, *NEIGHBOURS), tells_nothing()
    )
    yield _scenario(
        "a sweep finds nothing wrong", _sweep_over_sound, _lets_in(WEB, *NEIGHBOURS), tells_nothing()
    )
    yield _scenario(
        "a prefix list holds offices",
        lambda account: _listed(account, "192.0.2.0/24"),
        _lets_in(OFFICE, (SSH, LIST)),
        tells_nothing(),
    )
    yield _scenario("a rule is gone before anybody looks", _gone, _lets_in(WEB, *NEIGHBOURS), tells_nothing())


def _scenario(
    name: str, arrange: Callable[[Account], Event], *checks: Check, variant: str = "others"
) -> Scenario:
    return Scenario(name, variant, arrange, checks, AUTOMATION)


def _group(account: Account, identity: str, *rules: tuple[int, str]) -> list[dict[str, Any]]:
    """Make a group in moto itself, with ids that are always the same; return its rules as EC2 answers."""
    backend: Any = ec2_backends[ACCOUNT][account.region]
    vpc = backend.default_vpc.id
    new: Any = SecurityGroup
    group = new(backend, identity, f"name-of-{identity}", "a group", vpc_id=vpc)
    backend.groups[vpc][identity] = group
    made = []
    for number, (port, source) in enumerate(rules):
        key = "PrefixListId" if source.startswith("pl-") else "CidrIpv6" if ":" in source else "CidrIp"
        protocol = "-1" if port == ALL else "tcp"
        rule = SecurityGroupRule(
            backend,
            protocol,
            identity,
            str(port),
            str(port),
            None if key == "PrefixListId" else {key: source},
            prefix_list_id={key: source} if key == "PrefixListId" else None,
            is_egress=False,
        )
        rule.id = f"sgr-{identity[3:-1]}{number:x}"
        group.ingress_rules.append(rule)
        described: dict[str, Any] = {"CidrIpv4" if key == "CidrIp" else key: source}
        made.append(events.rule(rule.id, group=identity, protocol=protocol, low=port, **described))
    return made


def _called(account: Account, event: Callable[..., Event], *rules: dict[str, Any], **changes: Any) -> Event:
    when = (datetime.now(UTC) - STOPPED_AGO).strftime("%Y-%m-%dT%H:%M:%SZ")
    identity = assumed_role(partition=account.partition)
    usual = {"identity": identity, "region": account.region, "time": when}
    return account.happened(event(*rules, **{**usual, **changes}))


def _sweep(account: Account) -> Event:
    return scheduled("rearm-security_groups-sweep", region=account.region)


def _opened(account: Account) -> Event:
    *_, rule = _group(account, WEB, *NEIGHBOURS, (SSH, WORLD))
    return _called(account, events.authorized, rule)


def _changed(account: Account) -> Event:
    *_, rule = _group(account, WEB, *NEIGHBOURS, (MYSQL, WORLD_6))
    return _called(account, events.modified, rule)


def _named(account: Account) -> Event:
    *_, rule = _group(account, WEB, *NEIGHBOURS, (SSH, WORLD))
    return _called(account, events.authorized, rule, by_name=f"name-of-{WEB}", response=None)


def _sweep_over_open(account: Account) -> Event:
    *_, first = _group(account, WEB, *NEIGHBOURS, (SSH, WORLD))
    (second,) = _group(account, BASTION, (ALL, WORLD))
    _called(account, events.authorized, first)
    _called(account, events.authorized, second)
    return _sweep(account)


def _found_by_config(account: Account) -> Event:
    _group(account, WEB, *NEIGHBOURS, (SSH, WORLD))
    rule = account.rule(SSH_RULE)
    return config_change(
        rule, resource_type="AWS::EC2::SecurityGroup", resource_id=WEB, region=account.region
    )


def _listed(account: Account, cidr: str) -> Event:
    backend: Any = ec2_backends[ACCOUNT][account.region]
    made = backend.create_managed_prefix_list(
        address_family="IPv4", entry=[{"Cidr": cidr}], max_entries="5", prefix_list_name="offices"
    )
    del backend.managed_prefix_lists[made.id]
    made.id = LIST
    backend.managed_prefix_lists[LIST] = made
    (rule,) = _group(account, OFFICE, (SSH, LIST))
    _called(account, events.authorized, rule)
    return _sweep(account)


def _in_halves(account: Account) -> Event:
    _group(account, OFFICE, (SSH, "0.0.0.0/1"), (SSH, "128.0.0.0/1"))
    return _sweep(account)


def _harmless(account: Account) -> Event:
    first, *_ = _group(account, WEB, *NEIGHBOURS)
    return _called(account, events.authorized, first)


def _sweep_over_sound(account: Account) -> Event:
    _group(account, WEB, *NEIGHBOURS)
    return _sweep(account)


def _gone(account: Account) -> Event:
    _group(account, WEB, *NEIGHBOURS)
    return _called(account, events.modified, events.rule("sgr-0a0a0a0a0a0a0a0af", group=WEB))


def _lets_in(identity: str, *wanted: tuple[int, str]) -> Check:
    """Check that a group has exactly these rules."""

    def problem(account: Account) -> str | None:
        asked = [{"Name": "group-id", "Values": [identity]}]
        rules = client("ec2", account.region).describe_security_group_rules(Filters=asked)
        now = sorted(
            (rule["FromPort"], rule.get("CidrIpv4") or rule.get("CidrIpv6") or rule["PrefixListId"])
            for rule in rules["SecurityGroupRules"]
            if not rule["IsEgress"]
        )
        return None if now == sorted(wanted) else f"it has {now}"

    return Check(f"{identity} lets in {wanted or 'nobody'}", problem, identity)


__all__ = ["scenarios"]
