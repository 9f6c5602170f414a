"""What makes somebody an administrator: one table, and the judgement of statements by it, never by names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rearm.automations.iam_authority.statements import Holds, Statement
from rearm.model import Severity

# Made-up names, which only a pattern for all of a kind covers.
ANY_ONE = "any-one-of-them"
ANY_ACTION = "any-service:anyaction"

# What an action is tried on: everything of a kind, or whoever holds the right.
EVERYTHING = "everything"
USERS = "user"
ROLES = "role"
GROUPS = "group"
POLICIES = "policy"
ITSELF = "itself"


@dataclass(frozen=True)
class Right:
    """An action, in lower case, on something."""

    action: str
    on: str


@dataclass(frozen=True)
class Power:
    """Something that makes an administrator of whoever has it.

    Attributes
    ----------
    says
        What it is, after the name of whoever has it.
    ways
        Each is enough: rights that are had together.
    whole
        Whether it is the rights of an administrator by itself, whatever else is in the account.
    """

    name: str
    says: str
    severity: Severity
    ways: tuple[tuple[Right, ...], ...]
    whole: bool


def _each(on: str, *actions: str) -> tuple[tuple[Right, ...], ...]:
    return tuple((Right(f"iam:{action}".lower(), on),) for action in actions)


# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_job-functions.html
POWERS: tuple[Power, ...] = (
    Power(
        "everything",
        "may do everything",
        Severity.CRITICAL,
        ((Right(ANY_ACTION, EVERYTHING), Right("iam:createpolicyversion", POLICIES)),),
        whole=True,
    ),
    Power(
        "any-rights",
        "may give itself or others any right",
        Severity.CRITICAL,
        (
            *_each(USERS, "AttachUserPolicy", "PutUserPolicy"),
            *_each(ROLES, "AttachRolePolicy", "PutRolePolicy"),
            *_each(GROUPS, "AttachGroupPolicy", "PutGroupPolicy"),
            *_each(POLICIES, "CreatePolicyVersion"),
            *_each(ITSELF, "AttachUserPolicy", "PutUserPolicy", "AttachRolePolicy", "PutRolePolicy"),
        ),
        whole=True,
    ),
    Power(
        "any-identity",
        "may become any user or role",
        Severity.HIGH,
        (
            *_each(USERS, "CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile"),
            *_each(ROLES, "UpdateAssumeRolePolicy"),
            *_each(GROUPS, "AddUserToGroup"),
            *_each(POLICIES, "SetDefaultPolicyVersion"),
        ),
        whole=False,
    ),
    Power(
        "any-role-passed",
        "may hand any role to a service (iam:PassRole on all roles, to any service)",
        Severity.HIGH,
        _each(ROLES, "PassRole"),
        whole=False,
    ),
)
BY_NAME: Mapping[str, Power] = {power.name: power for power in POWERS}
ACTIONS = frozenset(right.action for power in POWERS for way in power.ways for right in way)


@dataclass(frozen=True, eq=False, repr=False)
class Holder:
    """Whose rights are judged; without an ARN, those of whoever a policy would be attached to."""

    partition: str
    account: str
    arn: str | None = None
    user_name: str | None = None

    def targets(self, on: str) -> tuple[str, ...]:
        """Return the ARNs that stand for what a right is tried on."""
        if on == EVERYTHING:
            return (f"arn:{self.partition}:any-service:any-region:{self.account}:{ANY_ONE}",)
        if on == ITSELF:
            return (self.arn,) if self.arn else ()
        return (f"arn:{self.partition}:iam::{self.account}:{on}/{ANY_ONE}",)

    @property
    def variables(self) -> Mapping[str, str]:
        """The values of a policy's variables that are known of a user."""
        return {"aws:username": self.user_name} if self.user_name else {}


@dataclass(frozen=True, eq=False, repr=False)
class Bounds:
    """What takes away: the Deny statements of everything a holder has, and its permissions boundary.

    `unseen` says that there is a boundary of which nobody knows what it says.
    """

    denies: tuple[Statement, ...] = ()
    boundary: tuple[Statement, ...] | None = None
    unseen: bool = False


def telling(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Leave out what neither gives nor takes any right of the table: most of what an account has."""
    return tuple(one for one in statements if any(one.is_about(action) for action in ACTIONS))


def judged(statements: Sequence[Statement], holder: Holder, bounds: Bounds) -> dict[str, Holds]:
    """Return the powers that statements give to a holder, by their names, and whether always.

    A condition on what may be done, or one that is not known, counts as no right. A Deny under a condition,
    and a boundary that nobody has seen, leave it open: the power holds sometimes.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    """
    found = {
        power.name: max(
            min(_allowed(right, statements, holder, bounds) for right in way) for way in power.ways
        )
        for power in POWERS
    }
    return {name: holds for name, holds in found.items() if holds}


def is_whole(powers: Mapping[str, Holds]) -> bool:
    """Whether powers are proven to be an administrator's by themselves, with no condition at all."""
    return any(BY_NAME[name].whole and holds is Holds.ALWAYS for name, holds in powers.items())


def severity(powers: Mapping[str, Holds]) -> Severity:
    """How bad it is that somebody has got powers: a step less where something may be in the way."""
    return max(
        Severity(BY_NAME[name].severity - (holds is Holds.SOMETIMES)) for name, holds in powers.items()
    )


def in_words(powers: Mapping[str, Holds]) -> str:
    """Say what powers allow; what follows from an administrator's is not said as well."""
    whole = [name for name, holds in powers.items() if BY_NAME[name].whole and holds is Holds.ALWAYS]
    return "; ".join(
        BY_NAME[name].says + (", under a condition" if powers[name] is Holds.SOMETIMES else "")
        for name in whole[:1] or powers
    )


def _allowed(right: Right, statements: Sequence[Statement], holder: Holder, bounds: Bounds) -> Holds:
    holds = _by(right, statements, holder)
    if holds is Holds.NO:
        return holds
    if bounds.unseen:
        holds = Holds.SOMETIMES
    elif bounds.boundary is not None:
        holds = min(holds, _by(right, bounds.boundary, holder))
        holds = min(holds, _not_denied(right, bounds.boundary, holder))
    return min(holds, _not_denied(right, bounds.denies, holder))


def _by(right: Right, statements: Sequence[Statement], holder: Holder) -> Holds:
    return max(
        (one.condition for one in statements if one.allows and _about(one, right, holder)),
        default=Holds.NO,
    )


def _not_denied(right: Right, statements: Sequence[Statement], holder: Holder) -> Holds:
    denying = [one for one in statements if not one.allows and _about(one, right, holder)]
    if any(one.condition is Holds.ALWAYS for one in denying):
        return Holds.NO
    return Holds.SOMETIMES if denying else Holds.ALWAYS


def _about(statement: Statement, right: Right, holder: Holder) -> bool:
    targets = holder.targets(right.on)
    return statement.is_about(right.action) and any(
        statement.covers(target, holder.variables) for target in targets
    )
