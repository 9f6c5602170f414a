"""Whose credentials are in the wrong hands, and what may be taken from them. Only reads."""

from __future__ import annotations

from rearm.alarm import Alarm, Door
from rearm.automations import Look
from rearm.automations.iam_user_anomaly import findings as found
from rearm.automations.iam_user_anomaly.identities import ACTIVE, ROLE, USER, Identity, read
from rearm.automations.iam_user_anomaly.suspects import IAM_USER, ROLES, ROOT, Suspect, exposed, noticed
from rearm.automations.iam_user_anomaly.tampering import did, tamperers
from rearm.aws import AwsError, malformed
from rearm.model import Assessment, Finding, Healthy, Severity, Unreadable
from rearm.sweeps import joined

SEQUENCE = "AttackSequence:"
DEACTIVATE, DENY = "deactivate-key", "deny-all"
NOT_OURS = Assessment(quiet=True)

ONLY_ROOT = "Sign in as root, delete its access keys, change its password, and look at its MFA devices."
OF_SERVICE = "A service-linked role is used by its service only: find out which of its resources does this."
OWN = (
    "Somebody uses the role of one of Rearm's own functions: take what may change its code or invoke it away "
    "from whoever does, and deploy Rearm again. Its self_guard shows what was changed."
)
OF_IDENTITY_CENTER = (
    (
        "The session's name says who it is. In IAM Identity Center, under Users: disable the user's "
        "access, and end its active sessions."
    ),
    (
        "Sessions in accounts go on for up to 12 hours. To stop them, deny the user everything in the "
        "permission set's inline policy: aws sso-admin put-inline-policy-to-permission-set "
        "--instance-arn INSTANCE --permission-set-arn SET --inline-policy "
        '\'{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":'
        '{"StringEquals":{"identitystore:UserId":"USER"}}}}\''
    ),
    (
        "Then: aws sso-admin provision-permission-set --instance-arn INSTANCE --permission-set-arn SET "
        "--target-type ALL_PROVISIONED_ACCOUNTS"
    ),
)


def assess(alarm: Alarm, look: Look) -> Assessment:
    """Judge whom the alarm speaks of, or, in a sweep, who has tampered again and again.

    Returns
    -------
    Assessment
        Of each identity: findings, or healthy where it is contained already. What a finding or a notice says
        is only where to look: the identity must be there in IAM, as the same one, with that key.
    """
    if alarm.about:
        return _again(alarm, look)
    if alarm.door is Door.GUARDDUTY:
        suspect = noticed(alarm, look)
        if suspect is None:
            return NOT_OURS
        if alarm.signal and alarm.signal.type.startswith(SEQUENCE):
            return Assessment(findings=(found.sequence(suspect, look),))
        return _judged(suspect, alarm, look)
    if alarm.door is Door.NOTICE:
        suspects = exposed(alarm, look)
        return joined(_judged(one, alarm, look) for one in suspects) if suspects else NOT_OURS
    if alarm.door is Door.SWEEP:
        return joined((_detectors(look), _tampering(alarm, look)))
    return NOT_OURS


def _again(alarm: Alarm, look: Look) -> Assessment:
    """Look again for the one finding that the alarm is about."""
    arn = alarm.resources[0]
    identity = read(look, ROLE if ":role/" in arn else USER, arn.rpartition("/")[2])
    if identity is None or identity.arn != arn:
        return Assessment()
    if alarm.about == found.KEY_RULE:
        wrong = any(identity.keys.get(key) == ACTIVE for key in alarm.named_by)
    else:
        wrong = not identity.denied
    resource = identity.resource(look)
    if not wrong:
        return Assessment(healthy=(Healthy(resource),))
    problem = f"{identity.title} is not contained."
    return Assessment(findings=(Finding(str(alarm.about), resource, problem, Severity.HIGH),))


def _judged(suspect: Suspect, alarm: Alarm, look: Look) -> Assessment:
    """Judge one suspect by what IAM shows of it."""
    if suspect.account != look.account:
        why = f"it is of the account {suspect.account or 'that nobody names'}, not of {look.account}"
        return _told(
            suspect, why, look, "Tell the account's owner, and take away what the identity may do here."
        )
    if suspect.kind == ROOT:
        return _told(suspect, "nobody but root can change the root user", look, ONLY_ROOT)
    if suspect.kind != IAM_USER and suspect.kind not in ROLES:
        return _told(suspect, f"credentials of the kind {suspect.kind} are not IAM's to stop", look)
    kind = USER if suspect.kind == IAM_USER else ROLE
    if suspect.name is None:
        return _told(suspect, f"no {kind} of this account is known to have these credentials", look)
    identity = read(look, kind, suspect.name)
    if identity is None:
        return _told(suspect, f"the account has no such {kind} any more", look)
    if suspect.principal and suspect.principal != identity.id:
        why = f"the {kind} of this name is another one by now"
        return _told(suspect, why, look, identity=identity)
    return _of_role(identity, suspect, look) if kind == ROLE else _of_user(identity, suspect, alarm, look)


def _of_role(identity: Identity, suspect: Suspect, look: Look) -> Assessment:
    if identity.is_reserved:
        why = "IAM Identity Center keeps the role, and changes of it in IAM are refused"
        return _told(suspect, why, look, *OF_IDENTITY_CENTER, identity=identity)
    if identity.is_service_linked:
        return _told(suspect, "only its service may change the role", look, OF_SERVICE, identity=identity)
    if identity.is_own(look):
        return _told(suspect, "it is a role of its own deployment", look, OWN, identity=identity)
    if identity.denied:
        return Assessment(healthy=(Healthy(identity.resource(look)),), quiet=True)
    commands = (found.NO_KEYS, found.denying(identity, look), found.revoking(identity, look))
    if suspect.unproven:
        return _told(suspect, suspect.unproven, look, *commands, identity=identity)
    if DENY not in _measures(look):
        return _told(suspect, _left_out(DENY), look, *commands, identity=identity)
    return Assessment(findings=(found.role(identity, suspect, look),))


def _of_user(identity: Identity, suspect: Suspect, alarm: Alarm, look: Look) -> Assessment:
    """Judge a user: the key that is spoken of must be its own; another one says nothing about it."""
    measures = _measures(look)
    known = tuple(key for key in suspect.lasting if key in identity.keys)
    active = tuple(key for key in known if identity.keys[key] == ACTIVE)
    commands = (
        *(found.deactivating(identity, key) for key in active),
        *(() if identity.denied else (found.denying(identity, look),)),
    )
    if suspect.lasting and not known:
        why = f"the access key {suspect.lasting[0]} is not one of the user's"
        return _told(suspect, why, look, *commands, identity=identity)
    if not active and (identity.denied or (known and DENY not in measures)):
        return Assessment(healthy=(Healthy(identity.resource(look)),), quiet=True)
    if suspect.unproven:
        return _told(suspect, suspect.unproven, look, *commands, identity=identity)
    if known and not active and not did(alarm, found.KEY_RULE, identity.arn, look):
        # Somebody has taken care of it, and whatever else the user needs goes on with another key.
        why = f"the access key {known[0]} is inactive already"
        return _told(suspect, why, look, *commands, identity=identity)
    wrong = []
    if active and DEACTIVATE in measures:
        wrong.append(found.key(identity, suspect, active, look))
    if not identity.denied and DENY in measures:
        wrong.append(found.user(identity, suspect, look))
    if wrong:
        return Assessment(findings=tuple(wrong))
    if identity.denied:
        return Assessment(healthy=(Healthy(identity.resource(look)),), quiet=True)
    left_out = DENY if DENY not in measures else DEACTIVATE
    return _told(suspect, _left_out(left_out), look, *commands, identity=identity)


def _told(
    suspect: Suspect, why: str, look: Look, *advice: str, identity: Identity | None = None
) -> Assessment:
    return Assessment(findings=(found.told(suspect, why, look, *advice, identity=identity),))


def _tampering(alarm: Alarm, look: Look) -> Assessment:
    try:
        return joined(_judged(suspect, alarm, look) for suspect in tamperers(look))
    except AwsError as error:
        return Assessment(problems=(error.failure,))


def _detectors(look: Look) -> Assessment:
    """Recommend GuardDuty where it sees nothing.

    Source: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListDetectors.html
    """
    account = found.account_of(look)
    try:
        listed = look.aws.call("guardduty", look.region, "ListDetectors").get("DetectorIds")
        if not isinstance(listed, list):
            raise malformed("guardduty", "ListDetectors", "DetectorIds is missing")
    except AwsError as error:
        return Assessment(unreadable=(Unreadable(account, error.failure, Severity.MEDIUM),))
    if not listed:
        return Assessment(findings=(found.without_guardduty(look),))
    return Assessment(healthy=(Healthy(account),))


def _measures(look: Look) -> frozenset[str]:
    listed = look.settings.get("measures")
    return frozenset(str(one) for one in listed) if isinstance(listed, list) else frozenset()


def _left_out(measure: str) -> str:
    return f"the setting measures has no {measure}"
