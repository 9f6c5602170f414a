"""The account's identities and policies, from the one call that shows them all, and what holds what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from rearm.automations import Look, names
from rearm.automations.iam_authority.powers import Holder, telling
from rearm.automations.iam_authority.statements import OPERATION, Statement, statements_of
from rearm.aws import Answer, items_of, malformed
from rearm.model import Resource

USER, GROUP, ROLE, POLICY = "user", "group", "role", "policy"
# The most that the call gives in one answer.
PAGE = 1000
# Whoever is in a group, for the rights that a user has on itself.
MEMBER = "any-member"
# Paths that AWS keeps to itself.
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
SERVICE_LINKED = "/aws-service-role/"
RESERVED = "/aws-reserved/"

TYPES = {USER: "AWS::IAM::User", GROUP: "AWS::IAM::Group", ROLE: "AWS::IAM::Role", POLICY: "AWS::IAM::Policy"}
MANAGED = ("LocalManagedPolicy", "AWSManagedPolicy")


@dataclass(frozen=True, eq=False)
class Version:
    """One version of a managed policy."""

    id: str
    created: datetime
    statements: tuple[Statement, ...]


@dataclass(frozen=True, eq=False)
class Managed:
    """A managed policy, as far as its statements matter here; `versions` are the others than the default."""

    arn: str
    id: str
    name: str
    default: Version
    versions: tuple[Version, ...]

    @property
    def is_aws(self) -> bool:
        """Whether AWS keeps it: nobody in the account can change it."""
        return self.arn.split(":")[4] == "aws"


@dataclass(frozen=True, eq=False)
class Principal:
    """A user, group or role. `groups` are a user's, `trust` is a role's policy document."""

    kind: str
    arn: str
    name: str
    id: str
    path: str
    attached: tuple[str, ...]
    inline: Mapping[str, tuple[Statement, ...]]
    groups: tuple[str, ...] = ()
    boundary: str | None = None
    trust: object = None

    @property
    def is_service_linked(self) -> bool:
        """Whether a service of AWS's has made it for itself: nobody else can use or change it."""
        return self.kind == ROLE and self.path.startswith(SERVICE_LINKED)

    @property
    def is_reserved(self) -> bool:
        """Whether IAM Identity Center keeps it: it is changed there only."""
        return self.kind == ROLE and self.path.startswith(RESERVED)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What the account has, without service-linked roles."""

    principals: tuple[Principal, ...]
    policies: Mapping[str, Managed]
    partition: str
    account: str
    own_roles: frozenset[str]
    region: str

    @cached_property
    def groups(self) -> Mapping[str, Principal]:
        """The groups by their names."""
        return {one.name: one for one in self.principals if one.kind == GROUP}

    @cached_property
    def attached_to(self) -> Mapping[str, tuple[str, ...]]:
        """The ARNs of those that each managed policy is attached to."""
        found: dict[str, list[str]] = {}
        for one in self.principals:
            for arn in one.attached:
                found.setdefault(arn, []).append(one.arn)
        return {arn: tuple(sorted(holders)) for arn, holders in found.items()}

    def members(self, group: Principal) -> tuple[str, ...]:
        """Return the names of a group's users."""
        return tuple(sorted(one.name for one in self.principals if group.name in one.groups))

    def named(self, name: str) -> Iterator[Principal | Managed]:
        """Find what an alarm names: by its ARN, its name, or its unique id."""
        everything: Sequence[Principal | Managed] = (*self.principals, *self.policies.values())
        for one in everything:
            if name in (one.arn, one.id) or (name == one.name and isinstance(one, Principal)):
                yield one

    def is_own(self, principal: Principal) -> bool:
        """Whether it is the role of a function of Rearm's own."""
        return principal.kind == ROLE and principal.name in self.own_roles

    def holder(self, principal: Principal) -> Holder:
        """Return a principal as the one whose rights are judged; a group stands for its members."""
        if principal.kind == GROUP:
            arn = f"arn:{self.partition}:iam::{self.account}:user/{MEMBER}"
            return Holder(self.partition, self.account, arn, MEMBER)
        user = principal.name if principal.kind == USER else None
        return Holder(self.partition, self.account, principal.arn, user)

    def resource(self, one: Principal | Managed) -> Resource:
        """Return it as the resource of a finding; its calls are recorded in the partition's global region."""
        kind = one.kind if isinstance(one, Principal) else POLICY
        return Resource(one.arn, one.name, TYPES[kind], self.account, self.region)


def read(look: Look, kinds: Sequence[str] = (USER, GROUP, ROLE)) -> Snapshot:
    """Ask for the identities of some kinds and for the managed policies.

    Raises
    ------
    AwsError
        The call failed.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    """
    wanted = {"Filter": [*(kind.capitalize() for kind in kinds), *MANAGED], "MaxItems": PAGE}
    principals: list[Principal] = []
    policies: dict[str, Managed] = {}
    token = ("Marker", "Marker")
    for page in look.aws.pages("iam", look.global_region, OPERATION, wanted, token=token):
        if not isinstance(page.get("IsTruncated"), bool) or (page["IsTruncated"] and not page.get("Marker")):
            raise malformed("iam", OPERATION, "it does not say whether there is more")
        for kind in kinds:
            found = (_principal(kind, one) for one in _items(page, f"{kind.capitalize()}DetailList"))
            principals += [one for one in found if not one.is_service_linked]
        for one in _items(page, "Policies"):
            policy = _managed(one)
            policies[policy.arn] = policy
    return Snapshot(
        principals=tuple(sorted(principals, key=lambda one: one.arn)),
        policies=policies,
        partition=look.partition,
        account=look.account,
        own_roles=frozenset(f"{look.name}-{automation}" for automation in names()),
        region=look.global_region,
    )


def _principal(kind: str, one: Answer) -> Principal:
    inline = {
        _text(policy, "PolicyName"): telling(statements_of(policy.get("PolicyDocument")))
        for policy in _some(one, f"{kind.capitalize()}PolicyList")
    }
    groups = one.get("GroupList") or []
    if not isinstance(groups, list):
        raise malformed("iam", OPERATION, "GroupList is no list")
    boundary = one.get("PermissionsBoundary")
    return Principal(
        kind=kind,
        arn=_text(one, "Arn"),
        name=_text(one, f"{kind.capitalize()}Name"),
        id=_text(one, f"{kind.capitalize()}Id"),
        path=_text(one, "Path"),
        attached=tuple(_text(policy, "PolicyArn") for policy in _some(one, "AttachedManagedPolicies")),
        inline=inline,
        groups=tuple(str(group) for group in groups),
        boundary=_text(boundary, "PermissionsBoundaryArn") if isinstance(boundary, Mapping) else None,
        trust=one.get("AssumeRolePolicyDocument"),
    )


def _managed(one: Answer) -> Managed:
    arn, default = _text(one, "Arn"), _text(one, "DefaultVersionId")
    versions = [
        Version(
            _text(version, "VersionId"),
            _time(version, "CreateDate"),
            telling(statements_of(version.get("Document"))),
        )
        for version in _items(one, "PolicyVersionList")
    ]
    current = [version for version in versions if version.id == default]
    if not current:
        raise malformed("iam", OPERATION, "a policy has no default version")
    others = sorted((one for one in versions if one.id != default), key=lambda one: one.created)
    return Managed(arn, str(one.get("PolicyId") or arn), arn.rpartition("/")[2], current[0], tuple(others))


def _items(answer: Answer, key: str) -> list[Answer]:
    return items_of(answer, "iam", OPERATION, key)


def _some(answer: Answer, key: str) -> list[Answer]:
    """Return a list that IAM leaves out where it is empty."""
    return _items(answer, key) if key in answer else []


def _text(answer: Mapping[str, Any], key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str) or not value:
        raise malformed("iam", OPERATION, f"{key} is missing")
    return value


def _time(answer: Mapping[str, Any], key: str) -> datetime:
    value = answer.get(key)
    if not isinstance(value, datetime):
        raise malformed("iam", OPERATION, f"{key} is missing")
    return value
