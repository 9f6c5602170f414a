"""A rule that opens SSH to the world, from the call to the rule that is gone, and the message."""

from __future__ import annotations

from typing import Any

from tests.e2e.account import Person
from tests.e2e.said import Mail
from tests.e2e.world import World

AUTOMATION = "security_groups"
ACTIONS = ("ec2:AuthorizeSecurityGroupIngress", "ec2:ModifySecurityGroupRules")
WORLD, PRIVATE = "0.0.0.0/0", "10.0.0.0/8"
NEIGHBOURS = [(22, PRIVATE), (443, WORLD)]


def test_a_rule_that_opens_ssh_is_revoked_when_its_event_comes(others: World) -> None:
    opener, group = _prepared(others, "bastion")
    rule = _open(opener, group, 22)
    others.aws.wait_idle()
    assert _let_in(others, group) == NEIGHBOURS
    (mail,) = _mails(others)
    assert (mail.attributes["outcome"], mail.attributes["severity"]) == ("remediated", "HIGH")
    assert rule in mail.body
    assert f"security group bastion ({group})" in mail.body
    assert mail.field("Actor") == "opener (IAMUser)"
    assert others.said.failures() == []


def test_a_rule_that_is_changed_to_the_world_is_revoked(others: World) -> None:
    opener, group = _prepared(others, "database")
    rule = _open(opener, group, 5432, "192.0.2.0/24")
    others.aws.wait_idle()
    assert (5432, "192.0.2.0/24") in _let_in(others, group)
    change = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIpv4": WORLD}
    _ec2(opener).modify_security_group_rules(
        GroupId=group, SecurityGroupRules=[{"SecurityGroupRuleId": rule, "SecurityGroupRule": change}]
    )
    others.aws.wait_idle()
    assert _let_in(others, group) == NEIGHBOURS
    (mail,) = _mails(others)
    assert mail.attributes["outcome"] == "remediated"
    assert mail.field("Call").startswith("ModifySecurityGroupRules at ")


def test_a_rule_that_no_event_has_told_is_revoked_by_the_sweep(others: World) -> None:
    opener, group = _prepared(others, "unseen")
    with others.account.unseen():
        _open(opener, group, 3389)
    assert (3389, WORLD) in _let_in(others, group)
    others.aws.run_schedule(f"rearm-{AUTOMATION}-sweep")
    others.aws.wait_idle()
    assert _let_in(others, group) == NEIGHBOURS
    (mail,) = _mails(others)
    assert mail.attributes["outcome"] == "remediated"
    assert mail.field("Arrived by") == "sweep"
    assert mail.field("Actor") == "opener (IAMUser)"


def test_what_is_not_sensitive_stays_and_nobody_hears_of_it(others: World) -> None:
    opener, group = _prepared(others, "website")
    _open(opener, group, 80)
    _open(opener, group, 5432, PRIVATE)
    others.aws.wait_idle()
    others.aws.run_schedule(f"rearm-{AUTOMATION}-sweep")
    others.aws.wait_idle()
    assert _let_in(others, group) == [*NEIGHBOURS[:1], (80, WORLD), *NEIGHBOURS[1:], (5432, PRIVATE)]
    assert _mails(others) == []


def _prepared(others: World, name: str) -> tuple[Person, str]:
    """Have a trail, so that events are delivered, and a new group with harmless rules; give who opens it."""
    account = others.account
    account.trail("main")
    ec2 = account.client("ec2")
    with account.unseen():
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        group = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        ec2.authorize_security_group_ingress(
            GroupId=group, IpPermissions=[_permission(port, source) for port, source in NEIGHBOURS]
        )
    others.aws.wait_idle()
    return account.user("opener", ACTIONS), str(group)


def _open(opener: Person, group: str, port: int, source: str = WORLD) -> str:
    """Let somebody in to a group, and return the rule's id."""
    made = _ec2(opener).authorize_security_group_ingress(
        GroupId=group, IpPermissions=[_permission(port, source)]
    )
    (rule,) = made["SecurityGroupRules"]
    return str(rule["SecurityGroupRuleId"])


def _ec2(opener: Person) -> Any:
    return opener.aws.client("ec2", None, opener.keys, user_agent=opener.user_agent)


def _permission(port: int, source: str) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": source}]}


def _let_in(others: World, group: str) -> list[tuple[int, str]]:
    """Return what a group lets in, as an independent client reads it."""
    asked = [{"Name": "group-id", "Values": [group]}]
    rules = others.account.client("ec2").describe_security_group_rules(Filters=asked)["SecurityGroupRules"]
    return sorted((rule["FromPort"], rule["CidrIpv4"]) for rule in rules if not rule["IsEgress"])


def _mails(others: World) -> list[Mail]:
    return [mail for mail in others.said.mails() if mail.attributes["automation"] == AUTOMATION]
