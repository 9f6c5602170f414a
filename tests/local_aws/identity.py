"""Who makes a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID

ACCOUNT = str(DEFAULT_ACCOUNT_ID)
"""The one account there is, 12 digits."""


@dataclass(frozen=True)
class Identity:
    """A principal with the access key it signs with.

    Attributes
    ----------
    kind
        ``IAMUser``, ``AssumedRole`` or ``Root``.
    principal_id
        As CloudTrail has it: the user's id, or the role's id, a colon and the session's name.
    user_name
        The user's name, or the session's.
    role_arn, role_name
        The role behind a session; empty for a user.
    function_arn
        The function whose session it is, if it is one.
    since
        When the session began.
    with_mfa
        Whether whoever opened the session has proven who they are by MFA.
    """

    kind: str
    access_key: str
    arn: str
    principal_id: str
    user_name: str
    role_arn: str = ""
    role_name: str = ""
    function_arn: str | None = None
    since: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    with_mfa: bool = False

    def user_identity(self) -> Mapping[str, Any]:
        """Give CloudTrail's ``userIdentity``.

        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
        """
        common: dict[str, Any] = {
            "type": self.kind,
            "principalId": self.principal_id,
            "arn": self.arn,
            "accountId": ACCOUNT,
            "accessKeyId": self.access_key,
        }
        if self.kind == "IAMUser":
            return {**common, "userName": self.user_name}
        attributes = {
            "creationDate": self.since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "mfaAuthenticated": str(self.with_mfa).lower(),
        }
        if self.kind == "Root":
            # A key that lasts has no session.
            session = self.access_key.startswith("ASIA")
            return {**common, **({"sessionContext": {"attributes": attributes}} if session else {})}
        return {
            **common,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": self.principal_id.partition(":")[0],
                    "arn": self.role_arn,
                    "accountId": ACCOUNT,
                    "userName": self.role_name,
                },
                "webIdFederationData": {},
                "attributes": attributes,
            },
        }


def administrator(access_key: str, partition: str) -> Identity:
    """Give the identity of every access key that IAM here does not know: an administrator of the account."""
    return Identity(
        kind="AssumedRole",
        access_key=access_key,
        arn=f"arn:{partition}:sts::{ACCOUNT}:assumed-role/local-admin/somebody",
        principal_id="AROALOCALADMIN0000000:somebody",
        user_name="somebody",
        role_arn=f"arn:{partition}:iam::{ACCOUNT}:role/local-admin",
        role_name="local-admin",
    )
