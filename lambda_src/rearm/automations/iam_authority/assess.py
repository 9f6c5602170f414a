"""Who has an administrator's rights, and who has got them since it was recorded. Only reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from rearm.alarm import Alarm, Call, Door
from rearm.automations import Look
from rearm.automations.iam_authority import findings as found
from rearm.automations.iam_authority.detachable import may_be_detached
from rearm.automations.iam_authority.grants import (
    ATTACHED,
    INLINE,
    MEMBER_OF,
    TO,
    TRUST,
    Grant,
    Known,
    account_arn,
    gives,
    grants,
    not_shown,
)
from rearm.automations.iam_authority.powers import is_whole
from rearm.automations.iam_authority.snapshot import (
    GROUP,
    POLICY,
    ROLE,
    USER,
    Managed,
    Principal,
    Snapshot,
    read,
)
from rearm.baselines import uncompared
from rearm.model import Assessment, Failure, Finding, Healthy, Learned, Resource, Unreadable
from rearm.sweeps import joined

SOURCE = "iam.amazonaws.com"
# The parameter that says whom a call is about, in the manifest's order.
ABOUT = {"roleName": ROLE, "userName": USER, "groupName": GROUP}
BOUNDARY = "PermissionsBoundary"


def assess(alarm: Alarm, look: Look) -> Assessment:
    """Look at the identities or policies that the alarm names, or at all of them.

    Returns
    -------
    Assessment
        Of an alarm that names something: each is healthy or has findings. Of a sweep: what has come since the
        first one, which records who has what and tells it once.
    """
    if alarm.call is not None and alarm.call.source != SOURCE:
        return Assessment(quiet=True)
    kinds = _kinds(alarm)
    judge = Judge(alarm, look, read(look, [kind for kind in kinds if kind != POLICY]), Known(look))
    seen = judge.of_named(kinds) if alarm.resources else judge.of_all()
    if judge.known.error is None:
        return seen
    account = _account(look)
    return joined([seen, Assessment(problems=(uncompared(account, judge.known.error),), quiet=seen.quiet)])


def _kinds(alarm: Alarm) -> tuple[str, ...]:
    """Return of what kinds the alarm's resources can be; users and groups are judged together."""
    told = {kind for name in alarm.resources for kind in (USER, GROUP, ROLE) if f":{kind}/" in name}
    if alarm.call is not None:
        told = {kind for parameter, kind in ABOUT.items() if parameter in alarm.call.parameters}
    if told == {ROLE}:
        return (ROLE,)
    if told and ROLE not in told and not any(":policy/" in name for name in alarm.resources):
        return (USER, GROUP)
    return (USER, GROUP, ROLE, POLICY)


@dataclass(frozen=True, eq=False)
class Judge:
    """Compares what there is with what is known."""

    alarm: Alarm
    look: Look
    snapshot: Snapshot
    known: Known

    @property
    def accepted(self) -> frozenset[str]:
        """The other accounts that may be trusted."""
        listed = self.look.settings.get("trusted_accounts")
        return frozenset(str(one) for one in listed) if isinstance(listed, list) else frozenset()

    def of_named(self, kinds: Iterable[str]) -> Assessment:
        """Judge what the alarm names; what is not there any more has nothing."""
        wanted = {named: None for name in self.alarm.resources for named in self.snapshot.named(name)}
        call = self.alarm.call
        about = next(
            (kind for parameter, kind in ABOUT.items() if call and parameter in call.parameters), None
        )
        parts = []
        for one in wanted:
            if isinstance(one, Managed):
                parts.append(self._seen(self.snapshot.resource(one), self.of_policy(one)))
            elif about in (None, one.kind) and one.kind in kinds:
                parts.append(self._of_principal(one))
        seen = joined(parts)
        # Who may have such rights is known, and most calls give none: neither is news.
        return replace(seen, quiet=not (seen.findings or seen.unreadable))

    def of_all(self) -> Assessment:
        """Judge everything; the first time, record it."""
        account = _account(self.look)
        unseen = [self._unseen(one) for one in self.snapshot.principals if not_shown(self.snapshot, one)]
        if self.known.since is None:
            return self._first(account, unseen)
        new = [finding for one in self.snapshot.policies.values() for finding in self.of_policy(one)]
        new += [finding for one in self.snapshot.principals for finding in self.of_principal(one)]
        learned = tuple(self._learned()) if self._may_learn and not unseen else ()
        healthy = () if new or unseen else (Healthy(account),)
        return Assessment(tuple(new), healthy, tuple(unseen), learned)

    def of_principal(self, one: Principal) -> list[Finding]:
        """Return what somebody has got that is not known."""
        everything = grants(self.snapshot, one, self.accepted)
        new = [grant for grant in everything if not self.known.has(self.snapshot, one, grant)]
        if self.known.since is None and not self.alarm.about:
            # Nothing is recorded yet: only what the call itself has given is known to be new.
            new = [grant for grant in new if self._is_given(grant)]
        told = {
            way: [grant for grant in new if grant.way == way and not self._told_elsewhere(one, grant)]
            for way in (ATTACHED, INLINE, MEMBER_OF, TRUST)
        }
        removable = [grant for grant in told[ATTACHED] if self._is_removable(one, grant)]
        others = [grant for grant in told[ATTACHED] if grant not in removable]
        result: list[Finding] = []
        if removable:
            proven = [grant for grant in removable if self._is_proven(one, grant)]
            result.append(found.attached(self.snapshot, one, removable, proven))
        if others:
            result.append(found.granted(self.snapshot, one, others))
        if told[INLINE]:
            result.append(found.inline(self.snapshot, one, told[INLINE]))
        if told[MEMBER_OF]:
            result.append(found.member(self.snapshot, one, told[MEMBER_OF]))
        if told[TRUST]:
            result.append(found.trust(self.snapshot, one, told[TRUST], everything, self.accepted))
        return [self._caused(finding) for finding in result]

    def of_policy(self, one: Managed) -> list[Finding]:
        """Return what a policy of the account's own gives that it was not known to."""
        powers = self.known.new_powers(one, self.snapshot)
        by_call = self.alarm.call is not None or self.alarm.about
        if not powers or (self.known.since is None and not by_call):
            return []
        former = next(
            (
                version.id
                for version in reversed(one.versions)
                if not gives(one, self.snapshot, version.statements).keys() & powers.keys()
            ),
            None,
        )
        return [found.policy(self.snapshot, one, powers, former)]

    def _of_principal(self, one: Principal) -> Assessment:
        if not_shown(self.snapshot, one):
            return Assessment(unreadable=(self._unseen(one),))
        return self._seen(self.snapshot.resource(one), self.of_principal(one))

    def _seen(self, resource: Resource, wrong: list[Finding]) -> Assessment:
        if self.alarm.about:
            wrong = [finding for finding in wrong if finding.rule == self.alarm.about]
        return Assessment(findings=tuple(wrong)) if wrong else Assessment(healthy=(Healthy(resource),))

    def _unseen(self, one: Principal) -> Unreadable:
        arns = ", ".join(not_shown(self.snapshot, one))
        failure = Failure("PolicyNotShown", f"AWS does not show {arns}", "iam:GetAccountAuthorizationDetails")
        return Unreadable(self.snapshot.resource(one), failure)

    def _is_removable(self, one: Principal, grant: Grant) -> bool:
        """Whether Rearm may detach a policy: what it gives is proven, and its ARN is one it is granted."""
        untouchable = one.is_reserved or self.snapshot.is_own(one)
        return not untouchable and is_whole(grant.powers) and may_be_detached(grant.source, self.look)

    def _is_proven(self, one: Principal, grant: Grant) -> bool:
        """Whether a policy was attached since a sweep looked: no other change gives the power."""
        if self.known.since is None:
            return False
        return self._is_given(grant, f"Attach{one.kind.capitalize()}Policy") or not self.known.was_attached(
            self.snapshot.policies[grant.source], one
        )

    def _is_given(self, grant: Grant, by: str | None = None) -> bool:
        """Whether the alarm's call has given a grant, or, for a change of a boundary, may have."""
        call = self.alarm.call
        if call is None or (by and call.name != by):
            return False
        named: Mapping[str, bool] = {
            ATTACHED: call.name.startswith("Attach") and call.parameters.get("policyArn") == grant.source,
            INLINE: call.name.startswith("Put") and call.parameters.get("policyName") == grant.source,
            MEMBER_OF: call.name == "AddUserToGroup" and call.parameters.get("groupName") == grant.source,
            TRUST: call.name in ("UpdateAssumeRolePolicy", "CreateRole"),
        }
        return named[grant.way] or (_bounds(call) and grant.way != TRUST)

    def _told_elsewhere(self, one: Principal, grant: Grant) -> bool:
        """Whether what is new is the policy or the group, which has its own finding that names who has it."""
        if self._is_given(grant):
            return False
        if grant.way == ATTACHED:
            return bool(self.known.new_powers(self.snapshot.policies[grant.source], self.snapshot))
        if grant.way == MEMBER_OF:
            group = self.snapshot.groups[grant.source]
            theirs = grants(self.snapshot, group, self.accepted)
            return any(not self.known.has(self.snapshot, group, each) for each in theirs) and one.kind == USER
        return False

    def _caused(self, finding: Finding) -> Finding:
        """Let a change of a boundary be the cause of what it has set free."""
        call = self.alarm.call
        if call is None or not _bounds(call) or finding.rule == found.TRUST_RULE:
            return finding
        return replace(finding, causes=(call.name,))

    @property
    def _may_learn(self) -> bool:
        return self.alarm.door is Door.SWEEP and not self.alarm.about and self.known.error is None

    def _first(self, account: Resource, unseen: list[Unreadable]) -> Assessment:
        """Record everything, the account itself last: until that is there, nothing counts as recorded."""
        if unseen or not self._may_learn:
            return Assessment(
                healthy=() if unseen else (Healthy(account),), unreadable=tuple(unseen), quiet=True
            )
        said = [
            found.described(one, grant)
            for one in self.snapshot.principals
            for grant in grants(self.snapshot, one, self.accepted)
        ]
        done = Learned(account, {"looked": True}, "first-seen", self.known.version(account.arn))
        learned = (*self._learned(), done)
        return Assessment(findings=(found.first_seen(account, said),), learned=learned)

    def _learned(self) -> Iterable[Learned]:
        """Propose what to record: everything at first; later what somebody has lost, never what he got."""
        first = self.known.since is None
        seen: set[str] = set()
        for one in self.snapshot.principals:
            now = grants(self.snapshot, one, self.accepted)
            keep = [grant for grant in now if first or self.known.has(self.snapshot, one, grant)]
            state: dict[str, object] = {identity: True for grant in keep for identity in sorted(grant.ids)}
            if one.kind == GROUP:
                state |= {key: True for key in self.known.state(one.arn) if key.startswith("holder ")}
            seen.add(one.arn)
            yield from self._changed(self.snapshot.resource(one), state)
        for policy in self.snapshot.policies.values():
            seen.add(policy.arn)
            yield from self._changed(self.snapshot.resource(policy), self._of_policy(policy, first))
        for arn, baseline in self.known.baselines.items():
            if arn not in seen and arn != account_arn(self.look) and baseline.state:
                name = arn.rpartition("/")[2]
                gone = Resource(arn, name, "AWS::IAM::Unknown", self.look.account, self.snapshot.region)
                yield from self._changed(gone, {})

    def _of_policy(self, policy: Managed, first: bool) -> dict[str, object]:
        """Return what is recorded of a policy with powers: these, and whom it was attached to."""
        before, powers = self.known.state(policy.arn), gives(policy, self.snapshot)
        told = [name for name in powers if first or policy.is_aws or f"gives {name}" in before]
        holders = self.snapshot.attached_to.get(policy.arn, ())
        if not told or not (holders or not policy.is_aws):
            return {}
        there = before.get(TO)
        known = there if isinstance(there, list) else []
        new = {
            one.arn
            for one in self.snapshot.principals
            if not first
            and policy.arn in one.attached
            and one.arn not in known
            and self._is_news(one, policy)
        }
        return {
            **{f"gives {name}": True for name in told},
            **{key: True for key in before if key.startswith("holder ") and key[7:] in holders},
            TO: [arn for arn in holders if arn not in new],
        }

    def _is_news(self, one: Principal, policy: Managed) -> bool:
        """Whether somebody holds powers by a policy that he is not known to."""
        held = [grant for grant in grants(self.snapshot, one, self.accepted) if grant.source == policy.arn]
        return any(not self.known.has(self.snapshot, one, grant) for grant in held)

    def _changed(self, resource: Resource, state: Mapping[str, object]) -> Iterable[Learned]:
        before = self.known.version(resource.arn)
        if dict(state) == dict(self.known.state(resource.arn)):
            return
        origin = "first-seen" if before is None else "stronger"
        yield Learned(resource, state, origin, before)


def _bounds(call: Call) -> bool:
    return call.name.endswith(BOUNDARY)


def _account(look: Look) -> Resource:
    return Resource(account_arn(look), look.account, "AWS::::Account", look.account, look.global_region)
