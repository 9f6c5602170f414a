"""How much a call as root weighs, by what it was."""

from __future__ import annotations

from collections.abc import Mapping

from rearm.alarm import Call
from rearm.model import Severity

# How the calls are named that only read, where CloudTrail's record does not say whether this one did.
READING = (
    "BatchGet",
    "Check",
    "Describe",
    "Detect",
    "Estimate",
    "Filter",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Preview",
    "Query",
    "Scan",
    "Search",
    "Select",
    "Simulate",
    "View",
)
# Calls that CloudTrail counts as reading, and that hand out a credential or a secret.
HANDED_OUT: Mapping[str, frozenset[str]] = {
    "ec2": frozenset({"GetPasswordData"}),
    "ecr": frozenset({"GetAuthorizationToken"}),
    "kms": frozenset({"Decrypt", "GenerateDataKey", "GenerateDataKeyPair"}),
    "secretsmanager": frozenset({"BatchGetSecretValue", "GetSecretValue"}),
    "signin": frozenset({"GetSigninToken"}),
    "ssm": frozenset({"GetParameter", "GetParameters", "GetParametersByPath"}),
    "sts": frozenset({"AssumeRole", "GetFederationToken", "GetSessionToken"}),
}
# Services that decide who may do what, who owns the account, and who sees it: every change of theirs.
POWER = frozenset(
    {
        "access-analyzer",
        "account",
        "cloudtrail",
        "config",
        "detective",
        "guardduty",
        "iam",
        "identitystore",
        "kms",
        "organizations",
        "ram",
        "rolesanywhere",
        "secretsmanager",
        "securityhub",
        "signin",
        "sso",
        "sso-directory",
        "sts",
    }
)
# What cannot be taken back, blinds the account, or gives it away.
WORST: Mapping[str, frozenset[str]] = {
    "account": frozenset({"AcceptPrimaryEmailUpdate", "CloseAccount", "StartPrimaryEmailUpdate"}),
    "cloudtrail": frozenset(
        {
            "DeleteEventDataStore",
            "DeleteTrail",
            "PutEventSelectors",
            "StopEventDataStoreIngestion",
            "StopLogging",
            "UpdateTrail",
        }
    ),
    "config": frozenset(
        {"DeleteConfigurationRecorder", "DeleteDeliveryChannel", "StopConfigurationRecorder"}
    ),
    "guardduty": frozenset({"DeleteDetector", "DisassociateFromAdministratorAccount", "UpdateDetector"}),
    "kms": frozenset({"DeleteImportedKeyMaterial", "DisableKey", "ScheduleKeyDeletion"}),
    "organizations": frozenset(
        {
            "CloseAccount",
            "DeleteOrganization",
            "DetachPolicy",
            "DisablePolicyType",
            "LeaveOrganization",
            "RemoveAccountFromOrganization",
        }
    ),
    "securityhub": frozenset({"DisableSecurityHub"}),
}


def service_of(call: Call) -> str:
    """Name the service of a call as its event source does, without the domain."""
    return call.source.partition(".")[0]


def reads(call: Call) -> bool:
    """Whether a call changed nothing: as its record says, else as its name does.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    """
    return call.name.startswith(READING) if call.reads is None else call.reads


def severity_of(call: Call) -> Severity:
    """Return how bad a call as root is, by what it was."""
    service = service_of(call)
    if call.name in WORST.get(service, ()):
        return Severity.CRITICAL
    if call.name in HANDED_OUT.get(service, ()):
        return Severity.HIGH
    if reads(call):
        return Severity.LOW
    return Severity.HIGH if service in POWER else Severity.MEDIUM
