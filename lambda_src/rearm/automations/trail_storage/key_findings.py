"""What is wrong with a key: what each finding says, how bad it is, what puts it right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rearm.automations import Look
from rearm.automations.trail_storage import policies
from rearm.automations.trail_storage.calls import policy_text
from rearm.automations.trail_storage.key import Key
from rearm.automations.trail_storage.strength import Value
from rearm.model import Action, Check, Finding, Resource, Severity

# What CloudTrail needs of a key.
# Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
ENCRYPTS = ("kms:generatedatakey",)
KEY_TYPE = "AWS::KMS::Key"
ENABLED = "Enabled"
PENDING = frozenset({"PendingDeletion", "PendingReplicaDeletion"})
# A key is so for a moment, when it is made or changed.
PASSING = frozenset({"Creating", "Updating"})
SCHEDULED = "key-deletion-scheduled"
DISABLED = "key-disabled"
POLICY = "key-policy-changed"
ROTATION = "key-rotation-off"
# What a trail says of a key that cannot be brought back.
NEW_KEY = "Make a new key, and give it to the trail: aws cloudtrail update-trail --kms-key-id."


@dataclass(frozen=True)
class Place:
    """A key's ARN, the trails that use it now, and the account that looks."""

    arn: str
    trails: Sequence[str]
    look: Look

    @property
    def region(self) -> str:
        """The key's region."""
        return self.arn.split(":")[3]

    @property
    def owner(self) -> str:
        """The account that the key belongs to."""
        return self.arn.split(":")[4]

    @property
    def name(self) -> str:
        """The key's id."""
        return self.arn.partition(":key/")[2]

    @property
    def resource(self) -> Resource:
        """The key as a resource."""
        return Resource(self.arn, self.name, KEY_TYPE, self.owner, self.region)

    @property
    def told(self) -> str:
        """The key in words."""
        names = ", ".join(sorted(arn.partition(":trail/")[2] for arn in self.trails))
        return f"Key {self.name} ({f'trail {names}' if names else 'no trail uses it now'})"

    def action(self, operation: str, reason: str, **parameters: object) -> Action:
        """Return a call on the key."""
        return Action("kms", operation, {"KeyId": self.name, **parameters}, self.region, reason)


def state(place: Place, key: Key, about: str | None) -> Finding | None:
    """Return the finding for a key that cannot be used, whatever was recorded; None if it can.

    A key whose deletion was taken back is disabled: until it is enabled, that is still the same finding.
    """
    if key.state == ENABLED or key.state in PASSING:
        return None
    enable = place.action("EnableKey", "let CloudTrail use the key again")
    if key.state in PENDING or (key.state == "Disabled" and about == SCHEDULED):
        when = f" on {key.deletion:%Y-%m-%d}" if key.deletion else ""
        return _finding(
            place,
            SCHEDULED,
            f"{place.told} is disabled and will be deleted{when}: then no log file that it encrypts can be "
            "read any more.",
            Severity.CRITICAL,
            place.action("CancelKeyDeletion", "keep the key"),
            enable,
            causes=("ScheduleKeyDeletion",),
        )
    if key.state == "Disabled":
        return _finding(
            place,
            DISABLED,
            f"{place.told} is disabled: CloudTrail cannot write, and nobody can read what it encrypts.",
            Severity.CRITICAL,
            enable,
            causes=("DisableKey",),
        )
    return _finding(
        place,
        "key-unusable",
        f"{place.told} is in the state {key.state} ({key.origin}): CloudTrail cannot use it.",
        Severity.CRITICAL,
        advice=(
            "Bring its material, or the key store that it is in, back; KMS cannot do it without you.",
            NEW_KEY,
        ),
        causes=("DeleteImportedKeyMaterial", "DisconnectCustomKeyStore"),
    )


def policy(place: Place, before: Value, now: Value) -> Finding:
    """Return the finding for another key policy than the recorded one.

    KMS's own check that the caller can still change the policy afterwards is never left out.

    Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
    """
    encrypts = policies.lets_cloudtrail(now, place.look.account, *ENCRYPTS)
    _, added = policies.changed(before, now)
    strangers = policies.others(added, place.look.account)
    said = [f"{place.told} has another policy than recorded."]
    if not encrypts:
        said.append("CloudTrail can no longer encrypt with it.")
    if strangers:
        said.append(f"It now lets {', '.join(strangers)} in.")
    text = policy_text(before)
    wanted = {"KeyId": place.name, "PolicyName": "default"}
    undo = Action(
        "kms",
        "PutKeyPolicy",
        {**wanted, "Policy": policy_text(now)},
        place.region,
        "take the repair back",
        check=Check("kms", "GetKeyPolicy", wanted, place.region, "Policy", text),
    )
    return _finding(
        place,
        POLICY,
        " ".join(said),
        Severity.CRITICAL if strangers or not encrypts else Severity.HIGH,
        replace(_put_policy(place, text), undo=undo),
        causes=("PutKeyPolicy",),
        accepts={"Policy": now},
    )


def policy_hidden(place: Place, before: Value, why: str) -> Finding:
    """Return the finding for a key policy that does not let Rearm read it, with the try to put it back."""
    return _finding(
        place,
        POLICY,
        f"{place.told} has a policy that Rearm may not read ({why}).",
        Severity.CRITICAL,
        _put_policy(place, policy_text(before)),
        causes=("PutKeyPolicy",),
    )


def policy_missing(place: Place) -> Finding:
    """Return the finding for a key that CloudTrail may not use, without a record of a better policy."""
    return _finding(
        place,
        "key-policy-blocks-cloudtrail",
        f"The policy of {place.told[0].lower()}{place.told[1:]} does not let CloudTrail encrypt.",
        Severity.HIGH,
        advice=(
            (
                "No better policy is recorded, so none can be put back. Give the key the policy of "
                "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/"
                "create-kms-key-policy-for-cloudtrail.html"
            ),
        ),
        causes=("PutKeyPolicy",),
    )


def rotation(place: Place, days: object) -> Finding:
    """Return the finding for a key that is not rotated any more."""
    period = {"RotationPeriodInDays": days} if isinstance(days, int) else {}
    wanted = {"KeyId": place.name}
    undo = Action(
        "kms",
        "DisableKeyRotation",
        wanted,
        place.region,
        "take the repair back",
        check=Check("kms", "GetKeyRotationStatus", wanted, place.region, "KeyRotationEnabled", True),
    )
    return _finding(
        place,
        ROTATION,
        f"{place.told} is not rotated any more.",
        Severity.MEDIUM,
        replace(place.action("EnableKeyRotation", "rotate the key again", **period), undo=undo),
        causes=("DisableKeyRotation",),
        accepts={"Rotation": False},
    )


def gone(place: Place) -> Finding:
    """Return the finding for a key that does not exist any more."""
    return _finding(
        place,
        "key-gone",
        f"{place.told} does not exist any more: what it encrypted is lost, and CloudTrail cannot write.",
        Severity.CRITICAL,
        advice=(NEW_KEY,),
        accepts={"deleted": True},
    )


def out_of_reach(place: Place) -> Finding:
    """Return the finding for a key of another account, which only that account can guard."""
    return _finding(
        place,
        "key-out-of-reach",
        f"{place.told} belongs to account {place.owner}, which alone can guard it.",
        Severity.LOW,
        advice=(f"Rearm guards it when it is deployed in account {place.owner}.",),
    )


def recommendations(place: Place, found: Mapping[str, Any]) -> list[Finding]:
    """Return what is weak about a key as it was first seen: told, and not changed."""
    if found.get("Rotation") is not False:
        return []
    return [
        _finding(
            place,
            "key-not-rotated",
            f"{place.told} is not rotated.",
            Severity.INFORMATIONAL,
            advice=("Switch rotation on: aws kms enable-key-rotation.",),
        )
    ]


def shut_out(place: Place) -> tuple[str, ...]:
    """Return what is left to do where the key's policy refuses Rearm.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    return (
        (
            "If the key's policy names anybody who may change it (kms:PutKeyPolicy), let them put the "
            "recorded policy back. If it names nobody any more, not even root can: ask AWS Support."
        ),
        (
            "Rearm's role needs what its own policy grants, so the key's policy must let the account's IAM "
            f"policies count (arn:{place.look.partition}:iam::{place.owner}:root)."
        ),
    )


def _put_policy(place: Place, text: str) -> Action:
    return place.action("PutKeyPolicy", "put the recorded policy back", PolicyName="default", Policy=text)


def _finding(
    place: Place,
    rule: str,
    problem: str,
    severity: Severity,
    *actions: Action,
    advice: tuple[str, ...] = (),
    causes: tuple[str, ...] = (),
    accepts: Mapping[str, object] | None = None,
) -> Finding:
    return Finding(
        rule=rule,
        resource=place.resource,
        problem=problem,
        severity=severity,
        actions=actions,
        causes=causes,
        advice=advice,
        if_denied=shut_out(place) if actions else (),
        accepts=accepts,
    )
