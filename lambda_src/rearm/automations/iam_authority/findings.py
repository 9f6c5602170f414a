"""The findings of this automation: what each says, how bad it is, what is done or left to do."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from rearm.automations.iam_authority.grants import MEMBER_OF, Grant
from rearm.automations.iam_authority.powers import in_words, severity
from rearm.automations.iam_authority.snapshot import GROUP, Managed, Principal, Snapshot
from rearm.automations.iam_authority.statements import Holds
from rearm.automations.iam_authority.trust import opening
from rearm.model import Action, Check, Finding, Resource, Severity

ATTACHED_RULE = "administrator-attached"
GRANTED_RULE = "administrator-granted"
INLINE_RULE = "administrator-inline"
MEMBER_RULE = "administrator-member"
POLICY_RULE = "administrator-policy"
TRUST_RULE = "role-trust-opened"
FIRST_SEEN_RULE = "administrators-first-seen"

# What AWS says of identities that are not this account's to change.
# Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html
BEYOND_REACH = frozenset({"UnmodifiableEntity", "UnmodifiableEntityException"})
# So many are named; who has more finds them in the table.
NAMED = 40

IF_MEANT = "If it is meant, give an exception for it."


def attached(
    snapshot: Snapshot, principal: Principal, found: Sequence[Grant], detached: Sequence[Grant]
) -> Finding:
    """Return the finding for policies that Rearm may detach.

    Parameters
    ----------
    detached
        Those of them that are proven to have been attached since a sweep looked: they are detached.
    """
    commands = _detaching(principal, found)
    left = [grant for grant in found if grant not in detached]
    unproven = "It is not proven that it was attached just now: {}"
    return _held(
        snapshot,
        principal,
        ATTACHED_RULE,
        found,
        _problem(principal, [(f"the policy {one.source} is attached", one.powers) for one in found]),
        actions=tuple(_detach(principal, one, snapshot.region) for one in detached),
        causes=(f"Attach{principal.kind.capitalize()}Policy",),
        advice=(*(unproven.format(command) for command in _detaching(principal, left)), IF_MEANT),
        if_denied=tuple(commands),
    )


def granted(snapshot: Snapshot, principal: Principal, found: Sequence[Grant]) -> Finding:
    """Return the finding for attached policies that a person must detach."""
    return _held(
        snapshot,
        principal,
        GRANTED_RULE,
        found,
        _problem(principal, [(f"the policy {one.source} is attached", one.powers) for one in found]),
        causes=(f"Attach{principal.kind.capitalize()}Policy",),
        advice=(*_left_alone(snapshot, principal), *_detaching(principal, found), IF_MEANT),
    )


def inline(snapshot: Snapshot, principal: Principal, found: Sequence[Grant]) -> Finding:
    """Return the finding for inline policies: whoever may write or delete them is an administrator."""
    kind, name = principal.kind, shlex.quote(principal.name)
    named = [f"--{kind}-name {name} --policy-name {shlex.quote(one.source)}" for one in found]
    return _held(
        snapshot,
        principal,
        INLINE_RULE,
        found,
        _problem(principal, [(f"the inline policy {one.source} is there", one.powers) for one in found]),
        causes=(f"Put{kind.capitalize()}Policy",),
        advice=(
            *_left_alone(snapshot, principal),
            *(
                f"Keep it: aws iam get-{kind}-policy {one}; then: aws iam delete-{kind}-policy {one}"
                for one in named
            ),
            IF_MEANT,
        ),
    )


def member(snapshot: Snapshot, principal: Principal, found: Sequence[Grant]) -> Finding:
    """Return the finding for a user in groups of administrators.

    Rearm may take nobody out of a group: IAM has no condition that would keep it from groups that protect.
    """
    commands = (
        f"aws iam remove-user-from-group --user-name {shlex.quote(principal.name)} "
        f"--group-name {shlex.quote(one.source)}"
        for one in found
    )
    return _held(
        snapshot,
        principal,
        MEMBER_RULE,
        found,
        _problem(principal, [(f"it is in the group {one.source}", one.powers) for one in found]),
        causes=("AddUserToGroup",),
        advice=(*commands, IF_MEANT),
    )


def trust(
    snapshot: Snapshot,
    principal: Principal,
    found: Sequence[Grant],
    held: Sequence[Grant],
    accepted: frozenset[str],
) -> Finding:
    """Return the finding for a role that others than the account's own may assume.

    Parameters
    ----------
    held
        Everything that makes an administrator of the role.
    """
    who = " and ".join(f"account {one.source}" if one.source.isdigit() else one.source for one in found)
    powers = {power: holds for one in held for power, holds in one.powers.items()}
    foreign = all(one.source.isdigit() for one in found)
    worst = Severity.CRITICAL if powers else Severity.MEDIUM if foreign else Severity.HIGH
    told = f" It {in_words(powers)}." if powers else ""
    numbers = opening(principal.trust, snapshot.account, accepted)
    which = ("statement " if len(numbers) == 1 else "statements ") + ", ".join(map(str, numbers))
    name = shlex.quote(principal.name)
    # Without dots and addresses, which the message takes apart so that nobody can forge a link.
    get = f"aws iam get-role --role-name {name} --query 'Role|AssumeRolePolicyDocument' > trust-policy"
    put = f'aws iam update-assume-role-policy --role-name {name} --policy-document "$(cat trust-policy)"'
    return Finding(
        rule=TRUST_RULE,
        resource=snapshot.resource(principal),
        problem=f"Role {principal.name} may be assumed by {who}.{told}",
        severity=worst,
        causes=("UpdateAssumeRolePolicy", "CreateRole"),
        advice=(
            *_left_alone(snapshot, principal),
            get,
            f"Take {which} out of trust-policy, or the principals that are not meant, and: {put}",
            "Accounts that may be trusted, the setting trusted_accounts says.",
        ),
        accepts=_accepts(found),
    )


def policy(snapshot: Snapshot, one: Managed, powers: Mapping[str, Holds], former: str | None) -> Finding:
    """Return the finding for a policy of the account's own that gives more than it was known to.

    Parameters
    ----------
    former
        The id of the newest version that does not, None where there is none.
    """
    holders = snapshot.attached_to.get(one.arn, ())
    to = f"It is attached to {_named(holders)}." if holders else "It is attached to nobody."
    arn = shlex.quote(one.arn)
    version = f"--policy-arn {arn} --version-id"
    advice = [f"See what it says: aws iam get-policy-version {version} {one.default.id}"]
    if former:
        advice.append(f"As it was: aws iam set-default-policy-version {version} {former}")
    else:
        advice += [_detaching_by_arn(holder, arn) for holder in holders[:NAMED]]
    return Finding(
        rule=POLICY_RULE,
        resource=snapshot.resource(one),
        problem=f"Whoever has the policy {one.name}, version {one.default.id}, {in_words(powers)}. {to}",
        severity=severity(powers) if holders else Severity.MEDIUM,
        causes=("CreatePolicyVersion", "SetDefaultPolicyVersion", "CreatePolicy"),
        advice=(*advice, IF_MEANT),
        accepts={
            **{f"gives {name}": True for name in powers},
            **{f"holder {holder}": True for holder in holders},
            "to": list(holders),
        },
    )


def first_seen(account: Resource, said: Sequence[str]) -> Finding:
    """Return the finding for everybody who had such rights before Rearm looked: told once."""
    listed = [*said[:NAMED], *([f"And {len(said) - NAMED} more."] if len(said) > NAMED else [])]
    return Finding(
        rule=FIRST_SEEN_RULE,
        resource=account,
        problem="Administrator-equivalent rights, and roles open to others, that were there when Rearm first "
        f"looked: {len(said) or 'none'}. They are known from now on; what comes beside them is a finding.",
        severity=Severity.INFORMATIONAL,
        advice=(*(("Whoever does not need them should lose them:", *listed) if said else ()),),
    )


def described(principal: Principal, grant: Grant) -> str:
    """Say in a few words who holds what, for the list of those that were first seen."""
    who = f"{principal.kind} {principal.name}"
    if not grant.powers:
        return f"{who} may be assumed by {grant.source}"
    return f"{who} ({grant.way} {grant.source.rpartition('/')[2]}: {', '.join(grant.powers)})"


def _held(
    snapshot: Snapshot,
    principal: Principal,
    rule: str,
    found: Sequence[Grant],
    problem: str,
    *,
    causes: tuple[str, ...],
    advice: tuple[str, ...],
    actions: tuple[Action, ...] = (),
    if_denied: tuple[str, ...] = (),
) -> Finding:
    accepts = _accepts(found)
    if principal.kind == GROUP:
        users = (one for one in snapshot.principals if principal.name in one.groups)
        accepts |= {f"holder {one.arn}": True for one in users}
    return Finding(
        rule=rule,
        resource=snapshot.resource(principal),
        problem=problem,
        severity=max(severity(one.powers) for one in found),
        actions=actions,
        causes=causes,
        advice=advice,
        if_denied=if_denied,
        accepts=accepts,
    )


def _accepts(found: Sequence[Grant]) -> dict[str, object]:
    return {identity: True for one in found for identity in sorted(one.ids)}


def _problem(principal: Principal, said: Sequence[tuple[str, Mapping[str, Holds]]]) -> str:
    whose = "whose members" if principal.kind == GROUP else "which"
    ways = " and ".join(how for how, _ in said)
    powers: dict[str, Holds] = {}
    for _, each in said:
        powers |= {name: max(holds, powers.get(name, holds)) for name, holds in each.items()}
    return f"{principal.kind.capitalize()} {principal.name}, {whose} {in_words(powers)}: {ways}."


def _left_alone(snapshot: Snapshot, principal: Principal) -> tuple[str, ...]:
    if principal.is_reserved:
        return ("IAM Identity Center keeps this role: change its permission set there.",)
    if snapshot.is_own(principal):
        return ("This is a role of Rearm's own: Rearm never changes it; terraform apply puts it back.",)
    return ()


def _detaching(principal: Principal, found: Sequence[Grant]) -> list[str]:
    kind, name = principal.kind, shlex.quote(principal.name)
    return [
        f"aws iam detach-{kind}-policy --{kind}-name {name} --policy-arn {shlex.quote(one.source)}"
        for one in found
        if one.way != MEMBER_OF
    ]


def _detaching_by_arn(holder: str, policy_arn: str) -> str:
    kind, name = holder.split(":", 5)[5].split("/", 1)[0], shlex.quote(holder.rpartition("/")[2])
    return f"aws iam detach-{kind}-policy --{kind}-name {name} --policy-arn {policy_arn}"


def _detach(principal: Principal, grant: Grant, region: str) -> Action:
    kind = principal.kind.capitalize()
    holder = {f"{kind}Name": principal.name}
    parameters = {**holder, "PolicyArn": grant.source}
    return Action(
        service="iam",
        operation=f"Detach{kind}Policy",
        parameters=parameters,
        region=region,
        reason=f"take off {grant.source.rpartition('/')[2]}",
        undo=Action(
            service="iam",
            operation=f"Attach{kind}Policy",
            parameters=parameters,
            region=region,
            reason="attach it again",
            check=Check(
                service="iam",
                operation=f"ListAttached{kind}Policies",
                parameters=holder,
                region=region,
                # Of an identity that is gone there is no list.
                path=f"AttachedPolicies[?PolicyArn=='{grant.source}'].PolicyArn",
                value=[],
            ),
        ),
        beyond_reach=BEYOND_REACH,
    )


def _named(arns: Sequence[str]) -> str:
    told = ", ".join(arn.split(":", 5)[5] for arn in arns[:NAMED])
    return f"{told} and {len(arns) - NAMED} more" if len(arns) > NAMED else told
