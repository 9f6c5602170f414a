"""The findings of this automation: what each says, how bad it is, what is done or left to do."""

from __future__ import annotations

import json
import shlex

from rearm.automations import Look
from rearm.automations.iam_user_anomaly.identities import ACTIVE, ROLE, USER, Identity, deny_all
from rearm.automations.iam_user_anomaly.suspects import ASSUMED_ROLE, ROLES, ROOT, Suspect
from rearm.model import Action, Check, Finding, Resource, Severity

KEY_RULE = "suspect-key"
USER_RULE = "suspect-user"
ROLE_RULE = "suspect-role"
TOLD_RULE = "suspect-identity"
GUARDDUTY_RULE = "guardduty-off"

ACCOUNT_TYPE = "AWS::::Account"
# What AWS says of roles that are not this account's to change.
# Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
BEYOND_REACH = frozenset({"UnmodifiableEntity", "UnmodifiableEntityException"})
INACTIVE = "Inactive"

IF_KNOWN = "If it is known and right, give an exception for this actor before anything is given back."
NO_KEYS = "Deactivating access keys does not stop a role's credentials: they go on until they end."


def key(identity: Identity, suspect: Suspect, active: tuple[str, ...], look: Look) -> Finding:
    """Return the finding for access keys of a user that are active and suspected."""
    named = ", ".join(active)
    word = "access key" if len(active) == 1 else "access keys"
    return Finding(
        rule=KEY_RULE,
        resource=identity.resource(look),
        problem=f"{identity.title}: {suspect.why}. The {word} {named} can be used.",
        severity=suspect.severity,
        actions=tuple(_deactivate(identity, one, look) for one in active),
        advice=(
            *(f"What it did: {calls_of(one)}" for one in active),
            "Whatever needs the key gets a new one, or better a role. When nothing needs it any more: "
            + "; ".join(
                f"aws iam delete-access-key --user-name {shlex.quote(identity.name)} --access-key-id {one}"
                for one in active
            ),
            IF_KNOWN,
        ),
        if_denied=tuple(deactivating(identity, one) for one in active),
        actor=suspect.actor(identity.arn),
        told_as=_told_as(KEY_RULE, suspect),
        named_by=active,
    )


def user(identity: Identity, suspect: Suspect, look: Look) -> Finding:
    """Return the finding for a user of whom not everything is denied."""
    return Finding(
        rule=USER_RULE,
        resource=identity.resource(look),
        problem=f"{identity.title}: {suspect.why}. The user may do whatever its policies allow.",
        severity=suspect.severity,
        actions=(_attach(identity, look),),
        advice=(
            "AWSDenyAll denies what the user does with any key, password or session while it is attached.",
            (
                f"What it did: aws cloudtrail lookup-events --lookup-attributes "
                f"AttributeKey=Username,AttributeValue={shlex.quote(identity.name)}"
            ),
            "It may have made others: look for users, keys, roles and login profiles of the same time.",
            IF_KNOWN,
        ),
        if_denied=(denying(identity, look),),
        actor=suspect.actor(identity.arn),
        told_as=_told_as(USER_RULE, suspect),
    )


def role(identity: Identity, suspect: Suspect, look: Look) -> Finding:
    """Return the finding for a role of whose sessions not everything is denied."""
    return Finding(
        rule=ROLE_RULE,
        resource=identity.resource(look),
        problem=f"{identity.title}: {suspect.why}. Its sessions may do whatever its policies allow.",
        severity=suspect.severity,
        actions=(_attach(identity, look),),
        advice=(
            (
                f"{NO_KEYS} AWSDenyAll denies every session of the role as long as it is attached, "
                "also those of whatever works with the role."
            ),
            f"Before it is detached, revoke the sessions that there are: {revoking(identity, look)}",
            IF_KNOWN,
        ),
        if_denied=(denying(identity, look), revoking(identity, look)),
        actor=suspect.actor(identity.arn),
        told_as=_told_as(ROLE_RULE, suspect),
    )


def told(suspect: Suspect, why: str, look: Look, *advice: str, identity: Identity | None = None) -> Finding:
    """Return the finding for somebody whom Rearm leaves alone, with the reason and what a person can do."""
    resource = identity.resource(look) if identity else _unknown(suspect, look)
    title = identity.title if identity else _title(suspect)
    return Finding(
        rule=TOLD_RULE,
        resource=resource,
        problem=f"{title}: {suspect.why}. Rearm does nothing: {why}.",
        severity=Severity.CRITICAL if suspect.kind == ROOT else suspect.severity,
        advice=(*advice, *(f"What it did: {calls_of(key)}" for key in suspect.keys)),
        actor=suspect.actor(identity.arn if identity else None),
        told_as=_told_as(TOLD_RULE, suspect),
    )


def sequence(suspect: Suspect, look: Look) -> Finding:
    """Return the finding for an attack of which GuardDuty names several identities."""
    return Finding(
        rule=TOLD_RULE,
        resource=account_of(look),
        problem=f"{suspect.why}: an attack that it has put together from several findings. Rearm does "
        "nothing by itself: it names several identities.",
        severity=Severity.CRITICAL,
        advice=(
            (
                "GuardDuty's console shows the identities, under the finding's actors. Of each user: "
                "aws iam update-access-key --user-name USER --access-key-id KEY --status Inactive"
            ),
            (
                f"Of each user and role: aws iam attach-user-policy --user-name USER --policy-arn "
                f"{deny_all(look)}, or attach-role-policy."
            ),
        ),
        told_as=_told_as(TOLD_RULE, suspect),
    )


def without_guardduty(look: Look) -> Finding:
    """Return the recommendation for an account in which GuardDuty sees nothing here."""
    return Finding(
        rule=GUARDDUTY_RULE,
        resource=account_of(look),
        problem=f"GuardDuty has no detector in {look.region}: nobody says here that credentials are misused, "
        "but AWS Health and what Rearm itself sees.",
        severity=Severity.INFORMATIONAL,
        advice=(f"aws guardduty create-detector --enable --region {look.region}",),
    )


def account_of(look: Look) -> Resource:
    """Return the account as a finding's resource."""
    arn = f"arn:{look.partition}:iam::{look.account}:root"
    return Resource(arn, look.account, ACCOUNT_TYPE, look.account, look.region)


def denying(identity: Identity, look: Look) -> str:
    """Return the command that denies an identity everything."""
    return (
        f"aws iam attach-{identity.kind}-policy --{identity.kind}-name {shlex.quote(identity.name)} "
        f"--policy-arn {deny_all(look)}"
    )


def deactivating(identity: Identity, access_key: str) -> str:
    """Return the command that makes a key inactive."""
    return (
        f"aws iam update-access-key --user-name {shlex.quote(identity.name)} --access-key-id "
        f"{shlex.quote(access_key)} --status {INACTIVE}"
    )


def revoking(identity: Identity, look: Look) -> str:
    """Return the command that denies everything to the sessions of a role that there are now.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
    """
    before = {"DateLessThan": {"aws:TokenIssueTime": f"{look.now():%Y-%m-%dT%H:%M:%SZ}"}}
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": before}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement}, separators=(",", ":"))
    return (
        f"aws iam put-role-policy --role-name {shlex.quote(identity.name)} "
        f"--policy-name AWSRevokeOlderSessions --policy-document {shlex.quote(policy)}"
    )


def calls_of(access_key: str) -> str:
    """Return the command that shows what was done with a key."""
    named = shlex.quote(f"AttributeKey=AccessKeyId,AttributeValue={access_key}")
    return f"aws cloudtrail lookup-events --lookup-attributes {named}"


def _deactivate(identity: Identity, access_key: str, look: Look) -> Action:
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html."""
    named = {"UserName": identity.name, "AccessKeyId": access_key}
    check = Check(
        "iam",
        "ListAccessKeys",
        {"UserName": identity.name},
        look.global_region,
        f"AccessKeyMetadata[?AccessKeyId=='{access_key}'].Status | [0]",
        INACTIVE,
    )
    undo = Action(
        "iam",
        "UpdateAccessKey",
        {**named, "Status": ACTIVE},
        look.global_region,
        f"The access key {access_key} was active.",
        check=check,
    )
    return Action(
        "iam",
        "UpdateAccessKey",
        {**named, "Status": INACTIVE},
        look.global_region,
        f"The access key {access_key} can be used by whoever has it.",
        undo=undo,
    )


def _attach(identity: Identity, look: Look) -> Action:
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html."""
    named, arn = identity.kind.capitalize(), deny_all(look)
    parameters = {f"{named}Name": identity.name, "PolicyArn": arn}
    check = Check(
        "iam",
        f"ListAttached{named}Policies",
        {f"{named}Name": identity.name},
        look.global_region,
        f"AttachedPolicies[?PolicyArn=='{arn}'].PolicyArn | [0]",
        arn,
    )
    undo = Action(
        "iam",
        f"Detach{named}Policy",
        parameters,
        look.global_region,
        "AWSDenyAll was not attached.",
        check=check,
    )
    return Action(
        "iam",
        f"Attach{named}Policy",
        parameters,
        look.global_region,
        f"Whatever {identity.kind} {identity.name} may do, somebody else may do.",
        undo=undo,
        beyond_reach=BEYOND_REACH,
    )


def _told_as(rule: str, suspect: Suspect) -> str | None:
    return f"{rule} {suspect.told_as}" if suspect.told_as else None


def _title(suspect: Suspect) -> str:
    who = suspect.name or (suspect.keys[0] if suspect.keys else "somebody")
    return f"{suspect.kind} {who}"


def _unknown(suspect: Suspect, look: Look) -> Resource:
    """Return the resource for somebody of whom IAM shows nothing here, by the name that was told."""
    account = suspect.account or look.account
    kind = ROLE if suspect.kind in ROLES else USER
    is_named = suspect.name is not None and suspect.kind in (*ROLES, ASSUMED_ROLE, "IAMUser")
    end = f"{kind}/{suspect.name}" if is_named else "root"
    arn = f"arn:{look.partition}:iam::{account}:{end}"
    type_ = f"AWS::IAM::{kind.capitalize()}" if is_named else ACCOUNT_TYPE
    return Resource(arn, suspect.name or account, type_, account, look.global_region)
