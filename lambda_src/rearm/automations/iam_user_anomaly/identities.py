"""The users and roles of the account as IAM shows them: what an event says of them is looked up here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rearm.automations import Look
from rearm.aws import Answer, AwsError, items_of, malformed
from rearm.model import Resource

USER, ROLE = "user", "role"
# Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html
GONE = frozenset({"NoSuchEntity", "NoSuchEntityException"})
ACTIVE = "Active"
# Where AWS keeps roles that are changed by its services only.
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
SERVICE_LINKED, RESERVED = "/aws-service-role/", "/aws-reserved/"


@dataclass(frozen=True, eq=False, repr=False)
class Identity:
    """A user or a role that there is.

    `id` is IAM's unique one, `denied` says whether `AWSDenyAll` is attached, and `keys` are the statuses of a
    user's access keys.
    """

    kind: str
    name: str
    arn: str
    id: str
    path: str
    denied: bool
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What it is called in a sentence."""
        return f"{self.kind.capitalize()} {self.name}"

    @property
    def is_service_linked(self) -> bool:
        """Whether it is a role that only its service may change."""
        return self.kind == ROLE and self.path.startswith(SERVICE_LINKED)

    @property
    def is_reserved(self) -> bool:
        """Whether IAM Identity Center keeps it."""
        return self.kind == ROLE and self.path.startswith(RESERVED)

    def is_own(self, look: Look) -> bool:
        """Whether it may be the role of one of this deployment's functions, by its name."""
        return self.kind == ROLE and self.name.startswith(f"{look.name}-")

    def resource(self, look: Look) -> Resource:
        """Return it as a finding's resource."""
        kind = f"AWS::IAM::{self.kind.capitalize()}"
        return Resource(self.arn, self.name, kind, look.account, look.global_region)


def deny_all(look: Look) -> str:
    """Return the ARN of the policy of AWS's that denies everything.

    Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSDenyAll.html
    """
    return f"arn:{look.partition}:iam::aws:policy/AWSDenyAll"


def read(look: Look, kind: str, name: str) -> Identity | None:
    """Return a user or role by its name; None if there is none.

    Raises
    ------
    AwsError
        IAM does not say.
    """
    named = kind.capitalize()
    asked = {f"{named}Name": name}
    try:
        found = _object(_call(look, f"Get{named}", asked), f"Get{named}", named)
    except AwsError as error:
        if error.code in GONE:
            return None
        raise
    # Whoever is gone between these calls is looked for again, by the next try.
    keys = _keys(look, asked) if kind == USER else {}
    denied = _is_denied(look, named, asked)
    said = {key: found.get(key) for key in (f"{named}Name", "Arn", f"{named}Id", "Path")}
    missing = [key for key, value in said.items() if not isinstance(value, str)]
    if missing:
        raise malformed("iam", f"Get{named}", f"{missing[0]} is missing")
    name, arn, unique, path = (str(value) for value in said.values())
    return Identity(kind, name, arn, unique, path, denied, keys)


def owner_of(look: Look, key: str) -> str | None:
    """Return the name of the user whom an access key belongs to; None if there is no such key.

    Raises
    ------
    AwsError
        IAM does not say: the key may be another account's, for one.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
    """
    try:
        name = _call(look, "GetAccessKeyLastUsed", {"AccessKeyId": key}).get("UserName")
    except AwsError as error:
        if error.code in GONE:
            return None
        raise
    if not isinstance(name, str) or not name:
        raise malformed("iam", "GetAccessKeyLastUsed", "UserName is missing")
    return name


def _keys(look: Look, asked: Mapping[str, object]) -> dict[str, str]:
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html."""
    operation = "ListAccessKeys"
    pages = look.aws.pages("iam", look.global_region, operation, asked, token=("Marker", "Marker"))
    listed = [one for page in pages for one in items_of(page, "iam", operation, "AccessKeyMetadata")]
    return {str(one.get("AccessKeyId")): str(one.get("Status")) for one in listed}


def _is_denied(look: Look, named: str, asked: Mapping[str, object]) -> bool:
    operation = f"ListAttached{named}Policies"
    pages = look.aws.pages("iam", look.global_region, operation, asked, token=("Marker", "Marker"))
    wanted = deny_all(look)
    listed = [one for page in pages for one in items_of(page, "iam", operation, "AttachedPolicies")]
    return any(one.get("PolicyArn") == wanted for one in listed)


def _call(look: Look, operation: str, parameters: Mapping[str, object]) -> Answer:
    return look.aws.call("iam", look.global_region, operation, parameters)


def _object(answer: Answer, operation: str, key: str) -> Answer:
    found = answer.get(key)
    if not isinstance(found, Mapping):
        raise malformed("iam", operation, f"{key} is missing")
    return found
