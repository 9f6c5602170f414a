"""What each identity holds by which way, and what of it was there when a sweep looked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rearm.automations import Look
from rearm.automations.iam_authority.powers import Bounds, Holder, judged
from rearm.automations.iam_authority.snapshot import ROLE, Managed, Principal, Snapshot
from rearm.automations.iam_authority.statements import Holds, Statement
from rearm.automations.iam_authority.trust import openings
from rearm.aws import AwsError
from rearm.model import Baseline

ATTACHED, INLINE, MEMBER_OF, TRUST = "attached", "inline", "group", "trust"
# What is recorded of a policy: whom it is attached to, and who has its powers since they were accepted.
TO = "to"


@dataclass(frozen=True, eq=False)
class Grant:
    """One way by which somebody has powers.

    `source` is the ARN of a managed policy, the name of an inline one or of a group, or who may assume it.
    """

    way: str
    source: str
    powers: Mapping[str, Holds]

    @property
    def ids(self) -> frozenset[str]:
        """What is recorded of it; of an inline policy each power, for it has no baseline of its own."""
        if self.way == INLINE:
            return frozenset(f"{INLINE} {power} {self.source}" for power in self.powers)
        return frozenset({f"{self.way} {self.source}"})


def grants(snapshot: Snapshot, principal: Principal, accepted: frozenset[str]) -> tuple[Grant, ...]:
    """Return everything that makes an administrator of somebody, and what opens a role to others.

    Raises
    ------
    AwsError
        A role's trust policy cannot be read.
    """
    holder, bounds = snapshot.holder(principal), _bounds(snapshot, principal)
    found = [*_of_policies(snapshot, principal, holder, bounds)]
    for name in principal.groups:
        group = snapshot.groups.get(name)
        if group is None:
            continue
        powers: dict[str, Holds] = {}
        for grant in _of_policies(snapshot, group, holder, bounds):
            powers |= {power: max(holds, powers.get(power, holds)) for power, holds in grant.powers.items()}
        if powers:
            found.append(Grant(MEMBER_OF, name, powers))
    if principal.kind == ROLE:
        opened = openings(principal.trust, snapshot.account, accepted)
        found += [Grant(TRUST, who, {}) for who in sorted(opened)]
    return tuple(found)


def gives(
    policy: Managed, snapshot: Snapshot, statements: tuple[Statement, ...] | None = None
) -> dict[str, Holds]:
    """Return the powers that a managed policy gives to whoever has nothing else."""
    said = policy.default.statements if statements is None else statements
    return judged(said, Holder(snapshot.partition, snapshot.account), Bounds(denies=_denies(said)))


def not_shown(snapshot: Snapshot, principal: Principal) -> tuple[str, ...]:
    """Return the attached policies of which AWS did not show what they say."""
    groups = (snapshot.groups[name] for name in principal.groups if name in snapshot.groups)
    attached = dict.fromkeys(arn for one in (principal, *groups) for arn in one.attached)
    return tuple(arn for arn in attached if arn not in snapshot.policies)


def _of_policies(snapshot: Snapshot, principal: Principal, holder: Holder, bounds: Bounds) -> Iterable[Grant]:
    for arn in principal.attached:
        policy = snapshot.policies.get(arn)
        if policy and (powers := judged(policy.default.statements, holder, bounds)):
            yield Grant(ATTACHED, arn, powers)
    for name, statements in principal.inline.items():
        if powers := judged(statements, holder, bounds):
            yield Grant(INLINE, name, powers)


def _bounds(snapshot: Snapshot, principal: Principal) -> Bounds:
    """Collect what takes away: of a user also what its groups deny."""
    groups = (snapshot.groups[name] for name in principal.groups if name in snapshot.groups)
    denies = tuple(
        deny
        for one in (principal, *groups)
        for statements in (
            *one.inline.values(),
            *(snapshot.policies[arn].default.statements for arn in one.attached if arn in snapshot.policies),
        )
        for deny in _denies(statements)
    )
    boundary = snapshot.policies.get(principal.boundary or "")
    return Bounds(
        denies=denies,
        boundary=boundary.default.statements if boundary else None,
        unseen=principal.boundary is not None and boundary is None,
    )


def _denies(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    return tuple(one for one in statements if not one.allows)


class Known:
    """What the table says; where it does not answer, nothing is known, and `error` says why.

    `since` is when a sweep has first recorded everything, None if none has.
    """

    def __init__(self, look: Look) -> None:
        self.baselines: Mapping[str, Baseline] = {}
        self.error: AwsError | None = None
        try:
            self.baselines = look.baselines()
        except AwsError as error:
            self.error = error
        marker = self.baselines.get(account_arn(look))
        self.since: datetime | None = marker.recorded if marker else None

    def state(self, arn: str) -> Mapping[str, object]:
        """Return what was recorded of an identity or a policy."""
        baseline = self.baselines.get(arn)
        return baseline.state if baseline else {}

    def version(self, arn: str) -> int | None:
        """Return the version of that baseline, None where there is none."""
        baseline = self.baselines.get(arn)
        return baseline.version if baseline else None

    def has(self, snapshot: Snapshot, principal: Principal, grant: Grant) -> bool:
        """Whether somebody was known to hold a grant, by himself, or since a policy or group was accepted."""
        if grant.ids <= self.state(principal.arn).keys():
            return True
        if grant.way == ATTACHED:
            return f"holder {principal.arn}" in self.state(grant.source)
        if grant.way == MEMBER_OF and grant.source in snapshot.groups:
            return f"holder {principal.arn}" in self.state(snapshot.groups[grant.source].arn)
        return False

    def new_powers(self, policy: Managed, snapshot: Snapshot) -> dict[str, Holds]:
        """Return the powers of a policy that it was not known to give; of AWS's own, all are known."""
        if policy.is_aws:
            return {}
        state = self.state(policy.arn)
        return {
            name: holds for name, holds in gives(policy, snapshot).items() if f"gives {name}" not in state
        }

    def was_attached(self, policy: Managed, principal: Principal) -> bool:
        """Whether a policy may have been attached to somebody when a sweep last looked, or for ever."""
        if self.since is None:
            return True
        before = self.state(policy.arn)
        if not before:
            # Nobody had it. Only if AWS has changed it since, it may just have been none of these policies.
            return not policy.is_aws or policy.default.created >= self.since
        there = before.get(TO)
        return not isinstance(there, list) or principal.arn in there


def account_arn(look: Look) -> str:
    """Return the ARN under which it is recorded that everything has been looked at."""
    return f"arn:{look.partition}:iam::{look.account}:root"
