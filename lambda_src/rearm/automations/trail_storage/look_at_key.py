"""Looking at one key: what is wrong with it, and what is to be recorded about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rearm.automations.trail_storage import key_findings as say
from rearm.automations.trail_storage import strength
from rearm.automations.trail_storage.key import NOT_FOUND, Key, describe, read
from rearm.automations.trail_storage.key_findings import Place
from rearm.automations.trail_storage.policies import lets_cloudtrail
from rearm.automations.trail_storage.seen import Seen, Task, settled
from rearm.automations.trail_storage.strength import Order
from rearm.aws import AwsError
from rearm.model import Finding, Learned

DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
# What has to be read to look for one finding again; all of it to look for every one.
READ_FOR: Mapping[str, tuple[str, ...]] = {
    say.POLICY: ("Policy",),
    say.ROTATION: ("Rotation",),
    say.DISABLED: (),
    say.SCHEDULED: (),
}
ATTRIBUTES = ("Policy", "Rotation")


def look_at_key(arn: str, trails: Sequence[str], task: Task) -> Seen:
    """Look at one key.

    Parameters
    ----------
    trails
        The ARNs of the trails whose log files it encrypts.
    """
    place = Place(arn, trails, task.look)
    if place.owner != task.look.account:
        return Seen(resource=place.resource, findings=[say.out_of_reach(place)])
    recorded = task.recorded(arn)
    advice = say.shut_out(place)
    try:
        key = describe(arn, task.look)
    except AwsError as error:
        if error.code == NOT_FOUND:
            return Seen(resource=place.resource, findings=[say.gone(place)])
        hidden = _hidden(place, recorded, error)
        return settled(place.resource, hidden, {"": error}, advice=advice, denied=DENIED)
    unusable = say.state(place, key, task.about)
    wanted = () if key.managed else READ_FOR.get(task.about or "", ATTRIBUTES)
    state, failed = read(key, wanted, task.look)
    findings = [unusable] if unusable else []
    refused = failed.get("Policy")
    hidden = _hidden(place, recorded, refused) if refused else []
    findings += [*hidden, *_weaker(place, recorded, state)]
    if task.sweep and trails and not findings:
        findings += say.recommendations(place, state)
    seen = settled(place.resource, findings, failed, advice=advice, denied=DENIED)
    seen.learned += _learned(place, key, recorded, state, seen, task) if not failed else []
    return seen


def _hidden(place: Place, recorded: Mapping[str, Any] | None, error: AwsError) -> list[Finding]:
    if error.code in DENIED and recorded and recorded.get("Policy"):
        return [say.policy_hidden(place, recorded["Policy"], error.code)]
    return []


def _weaker(place: Place, recorded: Mapping[str, Any] | None, state: Mapping[str, Any]) -> list[Finding]:
    if not recorded:
        if not place.trails or "Policy" not in state:
            return []
        allowed = lets_cloudtrail(state["Policy"], place.look.account, *say.ENCRYPTS)
        return [] if allowed else [say.policy_missing(place)]
    orders = strength.compared(strength.KEY, recorded, state, place.look.account)
    findings = []
    if orders.get("Policy") is Order.WEAKER:
        findings.append(say.policy(place, recorded["Policy"], state["Policy"]))
    if orders.get("Rotation") is Order.WEAKER:
        findings.append(say.rotation(place, recorded.get("RotationPeriodInDays")))
    return findings


def _learned(
    place: Place,
    key: Key,
    recorded: Mapping[str, Any] | None,
    state: Mapping[str, Any],
    seen: Seen,
    task: Task,
) -> list[Learned]:
    """Return what is to be recorded: a sound key when it is first seen, later whatever got stronger."""
    if task.about or not task.compares or key.managed:
        return []
    version = task.version(place.arn)
    if recorded is None:
        first = task.sweep and seen.sound and bool(place.trails)
        return [Learned(place.resource, state, "first-seen", version)] if first else []
    merged = strength.merged(strength.KEY, recorded, state, place.look.account)
    return [Learned(place.resource, merged, "stronger", version)] if merged != dict(recorded) else []
