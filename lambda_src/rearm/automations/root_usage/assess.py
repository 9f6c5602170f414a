"""What the root user did, and what it should not have. Only reads."""

from __future__ import annotations

from rearm.alarm import Alarm, Call, Door
from rearm.automations import Look
from rearm.automations.root_usage import findings as found
from rearm.automations.root_usage.findings import CALLED_ROOT, root_of
from rearm.aws import AwsError, malformed
from rearm.doors import text
from rearm.model import Assessment, Finding, Healthy, Resource, Severity, Unreadable

ROOT = "Root"
# The console makes the calls of whoever is signed in to it.
# Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
CONSOLE = "signin.amazonaws.com"
SERVICE_EVENT = "AwsServiceEvent"
# The sign-in page asks whether there is an MFA device, before anybody is signed in.
BEFORE_SIGN_IN = frozenset({"CheckMfa"})
NOT_OURS = Assessment(quiet=True)


def assess(alarm: Alarm, look: Look) -> Assessment:
    """Judge what root did, or, without a call, what the root user has.

    Returns
    -------
    Assessment
        The one root user is healthy, has findings, or could not be looked at. A call by somebody else, or
        by AWS on the account's behalf, is none of this automation's.
    """
    if alarm.door is Door.GUARDDUTY:
        if not found.is_about_root(alarm):
            return NOT_OURS
        return Assessment(
            findings=(found.noticed(alarm, root_of(alarm.account, look.partition, alarm.region)),)
        )
    if alarm.call is None:
        return _account(look)
    if not _is_person(alarm, alarm.call):
        return NOT_OURS
    finding = _judged(alarm, alarm.call, root_of(alarm.account, look.partition, alarm.region), look)
    return Assessment(findings=(finding,)) if finding else NOT_OURS


def _is_person(alarm: Alarm, call: Call) -> bool:
    """Whether somebody made a call as this account's root.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
    """
    actor = alarm.actor
    if actor is None or actor.type != ROOT or call.kind == SERVICE_EVENT:
        return False
    return actor.invoked_by in (None, CONSOLE) and actor.account in (None, alarm.account)


def _judged(alarm: Alarm, call: Call, root: Resource, look: Look) -> Finding | None:
    if call.source.startswith("signin."):
        if call.name == "ConsoleLogin":
            return found.signed_in(alarm, call, root)
        if call.name in found.PASSWORD_CHANGES:
            return found.password_changed(alarm, call, root)
        if call.name in BEFORE_SIGN_IN:
            return None
    if call.source.startswith("iam.") and _about_root(call):
        if call.name == "CreateAccessKey":
            return found.key_created(alarm, call, root)
        if call.name in found.OWN_CREDENTIALS:
            return found.credentials_changed(alarm, call, root)
    finding = found.called(alarm, call, root)
    return finding if finding.severity >= _least(look) else None


def _about_root(call: Call) -> bool:
    """Whether a call of IAM is about the credentials of root, who makes it: it names no other user."""
    return text(call.parameters.get("userName")) in (None, CALLED_ROOT)


def _least(look: Look) -> Severity:
    name = look.settings.get("least_severity")
    return Severity[name] if isinstance(name, str) and name in Severity.__members__ else Severity.LOW


def _account(look: Look) -> Assessment:
    """Look at what the root user has.

    Without a password there is nothing that an MFA device would protect: the organization has taken it away.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
    """
    root = root_of(look.account, look.partition, look.region)
    try:
        summary = look.aws.call("iam", look.global_region, "GetAccountSummary").get("SummaryMap")
        if not isinstance(summary, dict):
            raise malformed("iam", "GetAccountSummary", "SummaryMap is missing")
        keys, mfa = summary.get("AccountAccessKeysPresent"), summary.get("AccountMFAEnabled")
        if not isinstance(keys, int) or not isinstance(mfa, int):
            raise malformed("iam", "GetAccountSummary", "it does not say what the root user has")
    except AwsError as error:
        return Assessment(unreadable=(Unreadable(root, error.failure),))
    wrong = [found.key_exists(root)] if keys else []
    if not mfa and summary.get("AccountPasswordPresent") != 0:
        wrong.append(found.without_mfa(root))
    return Assessment(findings=tuple(wrong)) if wrong else Assessment(healthy=(Healthy(root),))
