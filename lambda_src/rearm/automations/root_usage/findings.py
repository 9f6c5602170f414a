"""The findings of this automation: what each says, and how bad it is. None has an action."""

from __future__ import annotations

from collections.abc import Mapping

from rearm.alarm import Actor, Alarm, Call
from rearm.automations.root_usage.calls import reads, service_of, severity_of
from rearm.doors import text
from rearm.model import Finding, Resource, Severity

# Access keys that last begin with this, those of a session with ASIA.
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
LASTING_KEY = "AKIA"

NOBODY = "If nobody of yours did it, sign in as root, change its password and its MFA, and delete its keys."
ONLY_ROOT = (
    "Only the root user can deactivate or delete it; Rearm and every administrator are refused: sign in as "
    "root, Security credentials, Access keys."
)
CENTRAL_ROOT = (
    "In a member account whose root access is managed centrally, the management account can delete it: aws "
    "sts assume-root with the task policy IAMDeleteRootUserCredentials, then aws iam delete-access-key."
)
ONCE_AN_HOUR = "More of the same from this address is journalled, and told again after an hour."

# What the sign-in service records of root's password and e-mail address.
PASSWORD_CHANGES: Mapping[str, tuple[str, Severity]] = {
    "EmailUpdated": ("The e-mail address of the root user was changed.", Severity.CRITICAL),
    "PasswordRecoveryCompleted": ("The root user's password was reset by e-mail.", Severity.CRITICAL),
    "PasswordRecoveryRequested": (
        "A reset of the root user's password was asked for: whoever knows its e-mail address can.",
        Severity.MEDIUM,
    ),
    "PasswordUpdated": ("The root user's password was changed.", Severity.HIGH),
}
# Calls of IAM about the credentials of whoever makes them, where they name nobody else.
KEY_CALLS: Mapping[str, tuple[str, Severity]] = {
    "DeleteAccessKey": ("deleted its access key {key}", Severity.MEDIUM),
    "UpdateAccessKey": ("set its access key {key} to {status}", Severity.HIGH),
}
MFA_CALLS: Mapping[str, tuple[str, Severity]] = {
    "DeactivateMFADevice": ("switched off its MFA device {device}", Severity.CRITICAL),
    "EnableMFADevice": ("switched on an MFA device, {device}", Severity.MEDIUM),
    "ResyncMFADevice": ("synchronised its MFA device {device}", Severity.MEDIUM),
}
CERTIFICATE_CALLS: Mapping[str, tuple[str, Severity]] = {
    "UploadSigningCertificate": ("got a signing certificate, a credential of its own", Severity.CRITICAL),
}
OWN_CREDENTIALS = {**KEY_CALLS, **MFA_CALLS, **CERTIFICATE_CALLS}
# What the console calls the root user where IAM asks for a user's name.
# Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
CALLED_ROOT = "AWS ROOT USER"


def root_of(account: str, partition: str, region: str) -> Resource:
    """Return the root user of an account as the resource of a finding."""
    arn = f"arn:{partition}:iam::{account}:root"
    return Resource(arn, "root user", "AWS::IAM::RootUser", account, region)


def signed_in(alarm: Alarm, call: Call, root: Resource) -> Finding:
    """Return the finding for a sign-in of root to the console."""
    used = text(call.more.get("MFAUsed"))
    with_mfa = used is not None and used.casefold() == "yes"
    return Finding(
        rule="root-signed-in",
        resource=root,
        problem=f"The root user has signed in to the console, {'with' if with_mfa else 'without'} MFA.",
        severity=Severity.MEDIUM if with_mfa else Severity.HIGH,
        causes=(call.name,),
        advice=(NOBODY,) if with_mfa else (NOBODY, "Give the root user an MFA device."),
        actor=alarm.actor,
    )


def password_changed(alarm: Alarm, call: Call, root: Resource) -> Finding:
    """Return the finding for what the sign-in service says of root's password or e-mail address."""
    problem, severity = PASSWORD_CHANGES[call.name]
    # Anybody may ask for a reset, as often as he likes.
    asked = call.name == "PasswordRecoveryRequested"
    return Finding(
        rule="root-password-changed",
        resource=root,
        problem=problem,
        severity=severity,
        causes=(call.name,),
        advice=(
            "Look at the mailbox of the root user: who can read it can become root. " + NOBODY,
            "If root is lost, only AWS Support can help.",
        ),
        actor=alarm.actor,
        told_as=f"root-password-changed {call.name}" if asked else None,
    )


def key_created(alarm: Alarm, call: Call, root: Resource) -> Finding:
    """Return the finding for a new access key of root."""
    made = call.answer.get("accessKey")
    key = text(made.get("accessKeyId")) if isinstance(made, Mapping) else None
    named = f", {key}" if key else ""
    return Finding(
        rule="root-access-key-created",
        resource=root,
        problem=f"The root user got an access key{named}: it may do everything, without MFA.",
        severity=Severity.CRITICAL,
        causes=(call.name,),
        advice=(ONLY_ROOT, CENTRAL_ROOT, NOBODY),
        actor=alarm.actor,
    )


def credentials_changed(alarm: Alarm, call: Call, root: Resource) -> Finding:
    """Return the finding for another change of root's own credentials."""
    said, severity = OWN_CREDENTIALS[call.name]
    named = {
        "key": text(call.parameters.get("accessKeyId")) or "",
        "status": text(call.parameters.get("status")) or "another status",
        "device": text(call.parameters.get("serialNumber")) or "",
    }
    return Finding(
        rule="root-credentials-changed",
        resource=root,
        problem=f"The root user {said.format(**named).rstrip(' ,')}.",
        severity=severity,
        causes=(call.name,),
        advice=(NOBODY,),
        actor=alarm.actor,
    )


def called(alarm: Alarm, call: Call, root: Resource) -> Finding:
    """Return the finding for a call as root; with an access key that lasts it is never less than HIGH."""
    severity = severity_of(call)
    key = _lasting_key(alarm.actor)
    service = service_of(call)
    named = f" on {alarm.resources[0]}" if alarm.resources else ""
    by = f" with its access key {key}" if key else ""
    # Each call that matters is told for itself, the others by their kind.
    kind = f"{service}:{call.name}" if severity >= Severity.HIGH else "reading" if reads(call) else "changing"
    rule = "root-access-key-used" if key else "root-call"
    return Finding(
        rule=rule,
        resource=root,
        problem=f"The root user called {service}:{call.name}{named}{by}.",
        severity=max(severity, Severity.HIGH) if key else severity,
        causes=(call.name,),
        advice=(ONLY_ROOT, CENTRAL_ROOT, ONCE_AN_HOUR) if key else (NOBODY, ONCE_AN_HOUR),
        actor=alarm.actor,
        told_as=f"{rule} {kind} {key or ''} {_address(alarm.actor)}",
    )


def is_about_root(alarm: Alarm) -> bool:
    """Whether GuardDuty's finding is about the credentials of a root user."""
    return _noticed_credentials(alarm).get("userType") == "Root"


def noticed(alarm: Alarm, root: Resource) -> Finding:
    """Return the finding for what GuardDuty has noticed of root.

    Source: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html
    """
    signal = alarm.signal
    kind, number = (signal.type, signal.severity) if signal else ("a finding", None)
    severity = Severity.HIGH if number is not None and number >= 7 else Severity.MEDIUM
    return Finding(
        rule="root-noticed",
        resource=root,
        problem=f"GuardDuty has noticed the root user: {kind}{_noticed_call(alarm)}.",
        severity=severity,
        advice=(NOBODY, "What root did since is in CloudTrail's event history, under the user name root."),
        actor=_noticed_actor(alarm, root),
        # GuardDuty repeats what goes on under the same id.
        told_as=f"root-noticed {signal.id if signal else alarm.id}",
    )


def key_exists(root: Resource) -> Finding:
    """Return the finding for an account whose root user has an access key, whoever uses it."""
    return Finding(
        rule="root-access-key-exists",
        resource=root,
        problem="The root user has an access key: it may do everything, without MFA.",
        severity=Severity.HIGH,
        advice=(ONLY_ROOT, CENTRAL_ROOT, "Nothing needs such a key: give what uses it a role."),
    )


def without_mfa(root: Resource) -> Finding:
    """Return the finding for a root user whose password alone lets anybody in."""
    return Finding(
        rule="root-without-mfa",
        resource=root,
        problem="The root user has a password and no MFA device.",
        severity=Severity.HIGH,
        advice=("Sign in as root and register an MFA device, better a hardware or FIDO key than a phone's.",),
    )


def _lasting_key(actor: Actor | None) -> str | None:
    key = actor.access_key_id if actor else None
    return key if key and key.startswith(LASTING_KEY) else None


def _address(actor: Actor | None) -> str:
    return (actor.source_ip if actor else None) or "an unknown address"


def _noticed_actor(alarm: Alarm, root: Resource) -> Actor:
    return Actor(
        type="Root",
        arn=root.arn,
        account=root.account,
        access_key_id=text(_noticed_credentials(alarm).get("accessKeyId")),
        source_ip=text(_inside(_noticed_action(alarm), "remoteIpDetails").get("ipAddressV4")),
    )


def _noticed_credentials(alarm: Alarm) -> Mapping[str, object]:
    value: object = alarm.signal.detail if alarm.signal else {}
    return _inside(_inside(value, "resource"), "accessKeyDetails")


def _noticed_action(alarm: Alarm) -> Mapping[str, object]:
    value: object = alarm.signal.detail if alarm.signal else {}
    return _inside(_inside(_inside(value, "service"), "action"), "awsApiCallAction")


def _noticed_call(alarm: Alarm) -> str:
    """Name the call that GuardDuty saw, and when last, as far as its finding says."""
    action = _noticed_action(alarm)
    name, of = text(action.get("api")), text(action.get("serviceName"))
    said = f", {of.partition('.')[0]}:{name}" if name and of else ""
    return said + (f", last at {alarm.time:%Y-%m-%d %H:%M:%S} UTC" if alarm.time else "")


def _inside(value: object, key: str) -> Mapping[str, object]:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}
