"""Which policies Rearm may detach: those that its role is granted, and that cannot protect anybody."""

from __future__ import annotations

import re

from rearm.automations import Look

# AWS's own policies that make an administrator by themselves, and deny nothing. Whether one does, the
# judgement says; this is where the role's permissions end. A test holds both against each other.
OF_AWS = ("AdministratorAccess", "AdministratorAccess-Amplify", "IAMFullAccess")


def may_be_detached(arn: str, look: Look) -> bool:
    """Whether the role may detach a policy, by its ARN.

    Of the account's own policies any may be one that protects, by a Deny: no condition of IAM sees that.
    Whoever accepts it lets Rearm detach them too.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
    """
    if arn in {f"arn:{look.partition}:iam::aws:policy/{name}" for name in OF_AWS}:
        return True
    own = re.fullmatch(f"arn:{look.partition}:iam::{look.account}:policy/.+", arn)
    return own is not None and look.settings.get("detach_own_policies") is True
