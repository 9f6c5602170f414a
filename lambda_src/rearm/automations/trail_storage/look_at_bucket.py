"""Looking at one bucket: what is wrong with it, and what is to be recorded about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rearm.automations.trail_storage import bucket_findings as say
from rearm.automations.trail_storage import strength
from rearm.automations.trail_storage.bucket import DENIED, READS, ForeignError, GoneError, locate, read
from rearm.automations.trail_storage.calls import Bucket
from rearm.automations.trail_storage.policies import lets_cloudtrail
from rearm.automations.trail_storage.seen import Seen, Task, settled
from rearm.automations.trail_storage.strength import Order
from rearm.aws import AwsError
from rearm.model import Finding, Learned

# What has to be read to look for one finding again; all of it to look for every one.
READ_FOR: Mapping[str, tuple[str, ...]] = {
    **{rule: (name,) for name, (rule, _) in say.WEAKER.items() if name in READS},
    say.EXPIRES: ("Lifecycle",),
}


def look_at_bucket(name: str, trails: Mapping[str, str], task: Task) -> Seen:
    """Look at one bucket.

    Parameters
    ----------
    trails
        By the ARN of each trail that writes into it: under which prefix.
    """
    recorded = task.recorded(f"arn:{task.look.partition}:s3:::{name}")
    home = str((recorded or {}).get("Location") or task.look.region)
    bucket = Bucket(name, home, trails, task.look)
    try:
        region, refused = locate(name, task.look)
        bucket = Bucket(name, region, trails, task.look)
        state, failed = read(name, bucket.region, READ_FOR.get(task.about or "", tuple(READS)), task.look)
    except GoneError:
        return _one(say.deleted(bucket, recorded, _minimum(task)))
    except ForeignError:
        owner = str(task.look.settings.get("log_archive_account") or "")
        return _one(say.taken(bucket) if recorded else say.out_of_reach(bucket, owner))
    except AwsError as error:
        return settled(bucket.resource, (), {"": error}, advice=say.shut_out(bucket), denied=DENIED)
    state["Location"] = bucket.region
    if refused and not task.about:
        failed["Location"] = refused
    findings = _weaker(bucket, recorded, state, failed, task)
    if task.about == say.DELETED and findings:
        # It is there, but not as it was: making it again was not carried through.
        return _one(say.deleted(bucket, recorded, _minimum(task)))
    if task.sweep and trails and not findings:
        findings += say.recommendations(bucket, state)
    seen = settled(bucket.resource, findings, failed, advice=say.shut_out(bucket), denied=DENIED)
    seen.learned += _learned(bucket, recorded, state, seen, task) if not failed else []
    return seen


def _weaker(
    bucket: Bucket,
    recorded: Mapping[str, Any] | None,
    state: Mapping[str, Any],
    failed: Mapping[str, AwsError],
    task: Task,
) -> list[Finding]:
    findings: list[Finding] = []
    if recorded:
        refused = failed.get("Policy")
        if refused and refused.code in DENIED and recorded.get("Policy"):
            findings.append(say.policy_hidden(bucket, recorded["Policy"], refused.code))
        orders = strength.compared(strength.BUCKET, recorded, state, task.look.account)
        findings += [
            make(bucket, recorded[name], state[name])
            for name, (_, make) in say.WEAKER.items()
            if orders.get(name) is Order.WEAKER
        ]
    elif bucket.trails and not _writes(state, task):
        findings.append(say.policy_missing(bucket))
    expires = say.expires(bucket, state["Lifecycle"], _minimum(task)) if state.get("Lifecycle") else None
    return [*findings, expires] if expires else findings


def _learned(
    bucket: Bucket, recorded: Mapping[str, Any] | None, state: Mapping[str, Any], seen: Seen, task: Task
) -> list[Learned]:
    """Return what is to be recorded: a sound bucket when it is first seen, later whatever got stronger."""
    if task.about or not task.compares:
        return []
    version = task.version(bucket.arn)
    if recorded is None:
        first = task.sweep and seen.sound and bool(bucket.trails)
        return [Learned(bucket.resource, state, "first-seen", version)] if first else []
    follow = all(finding.rule != say.EXPIRES for finding in seen.findings)
    merged = strength.merged(strength.BUCKET, recorded, state, task.look.account, follow=follow)
    return [Learned(bucket.resource, merged, "stronger", version)] if merged != dict(recorded) else []


def _writes(state: Mapping[str, Any], task: Task) -> bool:
    account = task.look.account
    return "Policy" not in state or lets_cloudtrail(state["Policy"], account, *say.WRITES)


def _one(finding: Finding) -> Seen:
    return Seen(resource=finding.resource, findings=[finding])


def _minimum(task: Task) -> int:
    days = task.look.settings.get("minimum_retention_days")
    return int(days) if isinstance(days, int | float) else 90
