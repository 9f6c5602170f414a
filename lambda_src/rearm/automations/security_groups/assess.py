"""Which rules of the region's security groups open a sensitive port to the world. Only reads."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from rearm.alarm import Alarm, Door
from rearm.automations import Look
from rearm.automations.security_groups import findings as found
from rearm.automations.security_groups.groups import (
    Group,
    Lists,
    Rule,
    gone_rule,
    group_resource,
    groups_by,
    may_open,
    rule_of,
    rules_by,
)
from rearm.automations.security_groups.networks import is_world, is_world_together
from rearm.automations.security_groups.ports import Ports, sensitive_ports
from rearm.aws import Answer, AwsError, malformed
from rearm.doors import names_of
from rearm.model import Assessment, Finding, Healthy, Unreadable
from rearm.sweeps import in_turn, joined

SOURCE = "ec2.amazonaws.com"
# What a call names its group by; a name may be that of groups in several VPCs.
GROUP_KEYS = (
    "ModifySecurityGroupRulesRequest.GroupId",
    "groupId",
    "responseElements.securityGroupRuleSet.items.groupId",
    "groupName",
)

_GROUP = re.compile(r"sg-[0-9a-f]{8,32}")
_RULE = re.compile(r"sgr-[0-9a-f]{8,32}")


@dataclass(frozen=True, eq=False, repr=False)
class Named:
    """What an alarm names: groups by id and by name, and rules by id.

    `elsewhere` says that none of it is of this region and account, `part` that it is a rule as a finding has
    it.
    """

    groups: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)
    elsewhere: bool = False
    part: bool = False

    @property
    def nothing(self) -> bool:
        """Whether it names nothing, so that everything is looked at."""
        return not (self.groups or self.names or self.rules or self.elsewhere)


def assess(alarm: Alarm, look: Look) -> Assessment:
    """Look at the security groups that the alarm names or whose rules it names, or at all of the region.

    Returns
    -------
    Assessment
        Each rule that lets in the world has a finding; a group without such a rule is healthy.
    """
    if alarm.call is not None and alarm.call.source != SOURCE:
        return Assessment()
    named = _named(alarm, look)
    if named.elsewhere or alarm.region != look.region:
        return Assessment(quiet=True)
    sensitive = sensitive_ports(look.settings.get("sensitive_ports"))
    if alarm.about and named.part:
        return _again(alarm, next(iter(named.groups)), look, sensitive)
    seen = _assess_named(named, alarm, look, sensitive)
    nothing_wrong = not seen.findings and not seen.unreadable
    return replace(seen, quiet=alarm.door is Door.API and nothing_wrong)


def _assess_named(named: Named, alarm: Alarm, look: Look, sensitive: Sequence[Ports]) -> Assessment:
    if named.nothing:
        return _assess_groups(groups_by(look), alarm, look, sensitive)
    gone: list[Healthy] = []
    wanted = set(named.groups)
    if named.rules:
        rules = [
            rule_of(item, look) for item in rules_by(look, "security-group-rule-id", sorted(named.rules))
        ]
        wanted |= {rule.group for rule in rules}
        there = {rule.id for rule in rules}
        gone += [Healthy(gone_rule(identity, look)) for identity in named.rules - there]
    groups = list(groups_by(look, "group-id", sorted(wanted))) if wanted else []
    if named.names:
        groups += groups_by(look, "group-name", sorted(named.names))
    seen = {group.id for group in groups}
    # A group that is not there lets nobody in.
    gone += [Healthy(group_resource(identity, look)) for identity in wanted - seen]
    return joined([_assess_groups(groups, alarm, look, sensitive), Assessment(healthy=tuple(gone))])


def _assess_groups(
    groups: Iterable[Group], alarm: Alarm, look: Look, sensitive: Sequence[Ports]
) -> Assessment:
    """Read the rules of those groups of which it is not clear already that they let nobody in."""
    lists = Lists(look)
    healthy: list[Healthy] = []
    suspects: list[Group] = []
    for group in groups:
        if may_open(group, sensitive, lists):
            suspects.append(group)
        else:
            healthy.append(Healthy(group.resource))
    rules: dict[str, list[Answer]] = defaultdict(list)
    if suspects:
        for item in rules_by(look, "group-id", [group.id for group in suspects]):
            rules[str(item.get("GroupId"))].append(item)
    seen = in_turn(
        alarm,
        look,
        suspects,
        lambda group: group.id,
        lambda group: _assess_group(group, rules[group.id], look, sensitive, lists),
    )
    return joined([seen, Assessment(healthy=tuple(healthy))])


def _assess_group(
    group: Group, items: Iterable[Answer], look: Look, sensitive: Sequence[Ports], lists: Lists
) -> Assessment:
    findings: list[Finding] = []
    unreadable: list[Unreadable] = []
    rules: list[Rule] = []
    for item in items:
        try:
            rule = rule_of(item, look)
            finding = _judged(rule, group, look, sensitive, lists)
        except AwsError as error:
            resource = group.resource
            unreadable.append(Unreadable(resource, error.failure))
            continue
        rules.append(rule)
        if finding:
            findings.append(finding)
    findings += _in_parts(group, rules, sensitive)
    if not findings and not unreadable:
        return Assessment(healthy=(Healthy(group.resource),))
    return Assessment(findings=tuple(findings), unreadable=tuple(unreadable))


def _judged(
    rule: Rule, group: Group | None, look: Look, sensitive: Sequence[Ports], lists: Lists
) -> Finding | None:
    """Return what is wrong with a rule by itself.

    Raises
    ------
    AwsError
        AWS does not say what its source is.
    """
    reached = rule.traffic.sensitive(sensitive)
    if not reached and not rule.traffic.everything:
        return None
    try:
        if rule.cidr and is_world(rule.cidr):
            return found.open_to_world(rule, group, reached, look.account)
    except ValueError as error:
        raise malformed("ec2", "DescribeSecurityGroupRules", f"{rule.id}: {error}") from error
    if rule.prefix_list and lists.hold_world(rule.prefix_list):
        return found.open_through_list(rule, group, reached)
    return None


def _in_parts(group: Group, rules: Sequence[Rule], sensitive: Sequence[Ports]) -> list[Finding]:
    """Return the finding for rules that let in the world together, where none of them does so alone."""
    parts = [rule for rule in rules if rule.cidr and not is_world(rule.cidr)]
    reached: list[Ports] = []
    guilty: dict[str, Rule] = {}
    for ports in sensitive:
        holding = [rule for rule in parts if rule.traffic.holds(ports)]
        if is_world_together(str(rule.cidr) for rule in holding):
            reached.append(ports)
            guilty |= {rule.id: rule for rule in holding}
    return [found.open_in_parts(group, list(guilty.values()), reached)] if reached else []


def _again(alarm: Alarm, group: str, look: Look, sensitive: Sequence[Ports]) -> Assessment:
    """Look for a rule again: where it is gone, it lets nobody in, which is all that was wanted."""
    (arn,) = alarm.resources
    for item in rules_by(look, "group-id", [group]):
        rule = rule_of(item, look)
        if rule.resource.arn != arn:
            continue
        finding = _judged(rule, None, look, sensitive, Lists(look))
        return Assessment(findings=(finding,)) if finding else Assessment(healthy=(Healthy(rule.resource),))
    resource = replace(group_resource(group, look), arn=arn, name=arn.partition(":security-group/")[2])
    return Assessment(healthy=(Healthy(resource),))


def _named(alarm: Alarm, look: Look) -> Named:
    """Sort what an alarm names. What belongs to another region or account is not looked for in this one."""
    given = (names_of(alarm.call, GROUP_KEYS) if alarm.call else ()) or alarm.resources
    groups: set[str] = set()
    names: set[str] = set()
    rules: set[str] = set()
    part = False
    here = f"arn:{look.partition}:ec2:{look.region}:{look.account}:security-group"
    for name in given:
        if name.startswith("arn:") and not name.startswith((f"{here}/", f"{here}-rule/")):
            continue
        known = name.removeprefix(f"{here}/").removeprefix(f"{here}-rule/")
        # A finding's own ARN goes on behind its group's.
        known, slash, _ = known.partition("/")
        part = part or bool(slash)
        if _GROUP.fullmatch(known):
            groups.add(known)
        elif _RULE.fullmatch(known):
            rules.add(known)
        else:
            names.add(name)
    return Named(groups, names, rules, bool(given) and not (groups or names or rules), part)
