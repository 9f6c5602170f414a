"""Who is suspected, and of what: what a finding, a notice or the table says, before IAM is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rearm.alarm import Actor, Alarm
from rearm.automations import Look
from rearm.automations.iam_user_anomaly.identities import owner_of
from rearm.aws import items_of
from rearm.doors import text
from rearm.model import Severity
from rearm.signals import is_sample, object_of

IAM_USER, ASSUMED_ROLE, ROOT = "IAMUser", "AssumedRole", "Root"
# What GuardDuty calls the user of credentials that are a role's.
ROLES = frozenset({ASSUMED_ROLE, "Role"})
# Access keys that last begin so; those of a session with ASIA.
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
LASTING = "AKIA"
CLOSED = "closed"


@dataclass(frozen=True, eq=False, repr=False)
class Suspect:
    """An identity that an alarm speaks of.

    `why` is a clause of a sentence. `kind` is CloudTrail's type of identity, `principal` IAM's unique id of
    the user or role, `session` what a role's session is called. `unproven` says why nothing may be done on
    this word; None where it is AWS's own.
    """

    why: str
    severity: Severity
    kind: str
    account: str | None
    name: str | None = None
    keys: tuple[str, ...] = ()
    principal: str | None = None
    session: str | None = None
    source_ip: str | None = None
    told_as: str | None = None
    unproven: str | None = None

    @property
    def lasting(self) -> tuple[str, ...]:
        """The access keys that belong to a user and not to a session."""
        return tuple(key for key in self.keys if key.startswith(LASTING))

    def actor(self, arn: str | None) -> Actor:
        """Return who it is, as an exception may name it; `arn` is the identity's, where it is known."""
        is_role = self.kind in ROLES
        return Actor(
            type=ASSUMED_ROLE if is_role else self.kind,
            arn=None if is_role else arn,
            account=self.account,
            user_name=self.name,
            role_arn=arn if is_role else None,
            session_name=self.session,
            access_key_id=self.keys[0] if self.keys else None,
            source_ip=self.source_ip,
        )


def noticed(alarm: Alarm, look: Look) -> Suspect | None:
    """Return whom GuardDuty's finding is about; None if it is not severe enough.

    The finding is asked for again: an event can come from whoever may invoke the function.

    Raises
    ------
    AwsError
        GuardDuty does not answer.

    Source: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetFindings.html
    """
    told = alarm.signal.detail if alarm.signal else {}
    finding, unproven = _confirmed(alarm, look, told)
    severity = _number(finding.get("Severity"))
    least = look.settings.get("least_severity")
    if severity is None or (isinstance(least, int | float) and severity < least):
        return None
    kind = text(finding.get("Type")) or "a finding"
    details = object_of(object_of(finding.get("Resource")).get("AccessKeyDetails"))
    principal, _, session = (text(details.get("PrincipalId")) or "").partition(":")
    key = text(details.get("AccessKeyId"))
    action = object_of(object_of(object_of(finding.get("Service")).get("Action")).get("AwsApiCallAction"))
    return Suspect(
        why=f"GuardDuty says {kind}, severity {severity:g}",
        severity=_severity(severity),
        kind=text(details.get("UserType")) or "Unknown",
        account=text(finding.get("AccountId")) or alarm.account,
        name=text(details.get("UserName")),
        keys=(key,) if key else (),
        principal=principal or None,
        session=session or None,
        source_ip=text(object_of(action.get("RemoteIpDetails")).get("IpAddressV4")),
        # GuardDuty repeats what goes on under the same id.
        told_as=f"guardduty {text(finding.get('Id')) or alarm.id}",
        unproven=unproven,
    )


def exposed(alarm: Alarm, look: Look) -> tuple[Suspect, ...]:
    """Return whose access keys AWS has found in public; none if the notice says that it is over.

    Raises
    ------
    AwsError
        IAM does not say whose a key is.

    Source: https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html
    """
    signal = alarm.signal
    if signal is None or text(signal.detail.get("statusCode")) == CLOSED:
        return ()
    of_account = alarm.account == look.account
    suspects = []
    for value in alarm.resources:
        is_key = value.startswith(LASTING)
        name = (owner_of(look, value) if of_account else None) if is_key else value
        suspects.append(
            Suspect(
                why=f"AWS Health says {signal.type}",
                severity=Severity.CRITICAL,
                kind=IAM_USER,
                account=alarm.account,
                name=name,
                keys=(value,) if is_key else (),
                told_as=f"health {signal.id} {value}",
            )
        )
    # A notice may name the key and its user: the key says more.
    with_key = {suspect.name for suspect in suspects if suspect.keys}
    return tuple(one for one in suspects if one.keys or one.name not in with_key)


def _confirmed(
    alarm: Alarm, look: Look, told: Mapping[str, object]
) -> tuple[Mapping[str, object], str | None]:
    """Return the finding as GuardDuty has it, else as the event tells it, and what speaks against acting."""
    detector = text(object_of(told.get("service")).get("detectorId"))
    named = text(told.get("id"))
    if alarm.region != look.region:
        return _spelt(told), f"it is a finding of {alarm.region}, which is not read from here"
    if detector is None or named is None:
        return _spelt(told), "the event does not say which finding of GuardDuty's it is"
    asked = {"DetectorId": detector, "FindingIds": [named]}
    answer = look.aws.call("guardduty", look.region, "GetFindings", asked)
    for finding in items_of(answer, "guardduty", "GetFindings", "Findings"):
        if finding.get("Id") == named:
            more = object_of(object_of(finding.get("Service")).get("AdditionalInfo"))
            sample = is_sample({"value": more.get("Value")}) if more.get("Value") else False
            return finding, "it is a sample finding" if sample else None
    return _spelt(told), "GuardDuty does not know this finding"


def _spelt(told: object) -> Mapping[str, object]:
    """Spell the keys of an event's detail as the API does: in EventBridge they begin in lower case."""
    return {
        f"{key[:1].upper()}{key[1:]}": _spelt(value) if isinstance(value, Mapping) else value
        for key, value in object_of(told).items()
    }


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _severity(number: float) -> Severity:
    """Source: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html."""
    steps = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM))
    return next((severity for least, severity in steps if number >= least), Severity.LOW)
