"""The findings of this automation: what each says, how bad it is, what puts it right."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence

from rearm.automations.cloudtrail_lake.order import Attribute
from rearm.automations.cloudtrail_lake.stores import PENDING_DELETION, Store
from rearm.model import Action, Check, Failure, Finding, Resource, Severity

STOPPED_RULE = "store-ingestion-stopped"
DELETION_RULE = "store-deletion-pending"

# What AWS says when a store is not this account's to change, now or at any other time.
# Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateEventDataStore.html
BEYOND_REACH = frozenset(
    {
        "InsufficientDependencyServiceAccessPermissionException",
        "NoManagementAccountSLRExistsException",
        "NotOrganizationMasterAccountException",
        "OrganizationNotInAllFeaturesModeException",
        "OrganizationsNotInUseException",
    }
)
# What AWS says of another account's store.
# Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-lake-organizations.html
NOT_SHOWN = BEYOND_REACH | {
    "AccessDenied",
    "AccessDeniedException",
    "EventDataStoreARNInvalidException",
    "EventDataStoreNotFoundException",
    "OperationNotPermittedException",
}
# What AWS says to every other change of a store that waits for its deletion, as long as it is not restored.
# Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-eds-disable-termination.html
INACTIVE = "InactiveEventDataStoreException"
ORGANIZATION_ADVICE = (
    "An organization's event data store is watched by Rearm in the organization's management account."
)
SHUT_OUT = (
    "AWS refuses Rearm the call: look at the service control policies, the permissions boundary and the "
    "policies of Rearm's role, and make the call with an administrator's credentials."
)


def stopped(store: Store, *, must_ingest: bool) -> Finding:
    """Return the finding for a store that takes no events.

    AWS gives no time of the stop: the call's own is the beginning of the outage.

    Parameters
    ----------
    must_ingest
        Whether it is known that it must take events; one that was made for imported events never does.
    """
    command = _command("start-event-data-store-ingestion", store)
    if not must_ingest:
        return Finding(
            rule=STOPPED_RULE,
            resource=store.resource,
            problem=f"Event data store {store.known_as} took no events when it was first seen.",
            severity=Severity.INFORMATIONAL,
            causes=("StopEventDataStoreIngestion",),
            advice=(f"If it is not only for imported events: {command}",),
        )
    return Finding(
        rule=STOPPED_RULE,
        resource=store.resource,
        problem=f"Event data store {store.known_as} does not take events: its ingestion was stopped.",
        severity=Severity.CRITICAL,
        actions=(_action("StartEventDataStoreIngestion", store, "start the ingestion"),),
        causes=("StopEventDataStoreIngestion",),
        if_denied=(SHUT_OUT, command),
        accepts={"StartIngestion": False},
    )


def deletion_pending(store: Store, *, known: bool) -> Finding:
    """Return the finding for a store that will be deleted.

    AWS keeps it for seven days, and does not say when they began.

    Parameters
    ----------
    known
        Whether it is known that the store must be there: from a baseline, or because its deletion was seen.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_RestoreEventDataStore.html
    """
    if store.status != PENDING_DELETION:
        return Finding(
            rule=DELETION_RULE,
            resource=store.resource,
            problem=f"Event data store {store.known_as} was restored, but does not take events yet.",
            severity=Severity.CRITICAL,
            causes=("DeleteEventDataStore",),
        )
    problem = f"Event data store {store.known_as} was deleted: its events are lost seven days after that."
    command = _command("restore-event-data-store", store)
    if not known:
        return Finding(
            rule=DELETION_RULE,
            resource=store.resource,
            problem=f"{problem} It was so when it was first seen.",
            severity=Severity.HIGH,
            causes=("DeleteEventDataStore",),
            advice=(f"If it must be kept: {command}",),
            accepts={"deleted": True},
        )
    return Finding(
        rule=DELETION_RULE,
        resource=store.resource,
        problem=problem,
        severity=Severity.CRITICAL,
        actions=(_action("RestoreEventDataStore", store, "restore the event data store"),),
        causes=("DeleteEventDataStore",),
        if_denied=(SHUT_OUT, command),
        accepts={"deleted": True},
    )


def weakened(store: Store, attribute: Attribute, was: object) -> Finding:
    """Return the finding for an attribute that is weaker than in the baseline."""
    now = store.state[attribute.name]
    words = attribute.weakened.format(now=now or "none", was=was or "none")
    advice = () if attribute.repairable else (_unrepairable(attribute),)
    if attribute.name == "OrganizationEnabled":
        advice = (
            "Where AWS refuses it to Rearm, do it as an administrator of the management account: "
            + _command("update-event-data-store", store, "--organization-enabled"),
        )
    return Finding(
        rule=attribute.rule,
        resource=store.resource,
        problem=f"Event data store {store.known_as} {words}.",
        severity=attribute.severity,
        actions=(_update(store, attribute, was, now),) if attribute.repairable else (),
        causes=("UpdateEventDataStore",),
        advice=advice,
        if_denied=(SHUT_OUT,) if attribute.repairable else (),
        set_by=(attribute.parameter,),
        accepts={attribute.name: now},
    )


def unprotected(store: Store, *, just_now: bool) -> Finding:
    """Return the finding for a store that could be deleted when it was first seen.

    Parameters
    ----------
    just_now
        Whether the alarm is the call that switched the protection off, so that nobody has seen it on.
    """
    command = _command("update-event-data-store", store, "--termination-protection-enabled")
    return Finding(
        rule="store-termination-protection-off",
        resource=store.resource,
        problem=f"Event data store {store.known_as} has no termination protection.",
        severity=Severity.HIGH if just_now else Severity.INFORMATIONAL,
        causes=("UpdateEventDataStore",),
        advice=(f"Rearm has no baseline in which it had. To protect it: {command}",)
        if just_now
        else (f"To protect it: {command}",),
        set_by=("terminationProtectionEnabled",),
    )


def gone(resource: Resource, state: Mapping[str, object]) -> Finding:
    """Return the finding for a store that does not exist any more; nothing brings it back."""
    return Finding(
        rule="store-gone",
        resource=resource,
        problem=f"Event data store {resource.name} is gone for good, with the events that it held.",
        severity=Severity.CRITICAL,
        causes=("DeleteEventDataStore",),
        advice=(
            (
                "Nothing restores it. A new one has another ARN and none of the events; those that a trail "
                "has in its bucket can be copied into it."
            ),
            f"To make one like it: {creation(resource, state)}",
        ),
        accepts={"deleted": True},
    )


def out_of_reach(store: Store) -> Finding:
    """Return the finding for another account's store that takes no events or is being deleted."""
    what = "is being deleted" if store.status == PENDING_DELETION else "does not take events"
    command = (
        "restore-event-data-store" if store.status == PENDING_DELETION else "start-event-data-store-ingestion"
    )
    return Finding(
        rule="store-out-of-reach",
        resource=store.resource,
        problem=f"Event data store {store.known_as} {what}. It belongs to account {store.owner}.",
        severity=Severity.HIGH,
        causes=("StopEventDataStoreIngestion", "DeleteEventDataStore"),
        advice=(f"In account {store.owner}: {_command(command, store)}", ORGANIZATION_ADVICE),
    )


def not_shown(resource: Resource, why: Failure) -> Finding:
    """Return the finding for another account's store, which AWS does not show to this one."""
    return Finding(
        rule="store-out-of-reach",
        resource=resource,
        problem=f"Event data store {resource.name} is shown only to account {resource.account} ({why.code}).",
        severity=Severity.LOW,
        advice=(ORGANIZATION_ADVICE,),
    )


def closed_regions(account: Resource, regions: Sequence[str]) -> Finding:
    """Return the finding for regions that the organization's policies keep Rearm out of."""
    return Finding(
        rule="regions-closed",
        resource=account,
        problem=f"Event data stores in {', '.join(regions)} cannot be looked for: a service control policy "
        "forbids it there.",
        severity=Severity.INFORMATIONAL,
        advice=("Name the regions that are in use in the setting regions, or let Rearm's role in.",),
    )


def creation(resource: Resource, state: Mapping[str, object]) -> str:
    """Return the command that makes a store as a baseline has it."""
    words = ["aws", "cloudtrail", "create-event-data-store", "--region", resource.region]
    for option, key in (
        ("--name", "Name"),
        ("--retention-period", "RetentionPeriod"),
        ("--billing-mode", "BillingMode"),
        ("--kms-key-id", "KmsKeyId"),
        ("--advanced-event-selectors", "AdvancedEventSelectors"),
    ):
        value = state.get(key)
        if value is not None:
            words += [option, value if isinstance(value, str) else json.dumps(value)]
    for option, key in (
        ("multi-region-enabled", "MultiRegionEnabled"),
        ("organization-enabled", "OrganizationEnabled"),
        ("termination-protection-enabled", "TerminationProtectionEnabled"),
        ("start-ingestion", "StartIngestion"),
    ):
        if key in state:
            words.append(f"--{option}" if state[key] else f"--no-{option}")
    return shlex.join(words)


def _unrepairable(attribute: Attribute) -> str:
    if attribute.name == "KmsKeyId":
        return (
            "AWS never takes a key away from a store, nor changes it. Whoever rules the new key decides who "
            "can read the events: look at its policy, and make a new store if it is not yours."
        )
    return (
        "AWS does not change it back: stop this store and make a new one if the old billing mode is needed."
    )


def _action(operation: str, store: Store, reason: str) -> Action:
    """Return a call that starts or restores a store: nothing takes that back."""
    return Action(
        service="cloudtrail",
        operation=operation,
        parameters={"EventDataStore": store.arn},
        region=store.region,
        reason=reason,
        beyond_reach=BEYOND_REACH,
    )


def _update(store: Store, attribute: Attribute, was: object, now: object) -> Action:
    check = Check(
        service="cloudtrail",
        operation="GetEventDataStore",
        parameters={"EventDataStore": store.arn},
        region=store.region,
        path=attribute.name,
        value=was,
    )
    undo = Action(
        service="cloudtrail",
        operation="UpdateEventDataStore",
        parameters={"EventDataStore": store.arn, attribute.name: now},
        region=store.region,
        reason=f"set {attribute.name} as it was found",
        check=check,
    )
    return Action(
        service="cloudtrail",
        operation="UpdateEventDataStore",
        parameters={"EventDataStore": store.arn, attribute.name: was},
        region=store.region,
        reason=f"set {attribute.name} as the baseline has it",
        undo=undo,
        # Where the deletion is excused nothing is restored, and nothing else can be changed.
        beyond_reach=BEYOND_REACH | ({INACTIVE} if store.status == PENDING_DELETION else set()),
    )


def _command(name: str, store: Store, *options: str) -> str:
    words = ["aws", "cloudtrail", name, "--event-data-store", store.arn, *options, "--region", store.region]
    return shlex.join(words)
