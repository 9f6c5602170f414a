"""What is wrong with the buckets and keys of the account's trails. Only reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rearm.alarm import Alarm, Door
from rearm.automations import Look
from rearm.automations.trail_storage.bucket_findings import DELETED, EXPIRES
from rearm.automations.trail_storage.look_at_bucket import look_at_bucket
from rearm.automations.trail_storage.look_at_key import look_at_key
from rearm.automations.trail_storage.seen import Seen, Task
from rearm.automations.trail_storage.which import Uses, bucket_arn, uses_of_trails
from rearm.aws import AwsError
from rearm.baselines import uncompared
from rearm.model import Assessment, Baseline, Failure, Resource, Unreadable

S3 = "s3.amazonaws.com"
KMS = "kms.amazonaws.com"


def assess(alarm: Alarm, look: Look) -> Assessment:
    """Look at the bucket or key that the alarm names, or at all that trails use or have used.

    Every call on any bucket or key of the account is an alarm: one that concerns none of a trail's ends
    quietly, once the trails and the baselines were asked.

    Returns
    -------
    Assessment
        Each bucket and each key is healthy, has findings, or could not be read.
    """
    if alarm.call is not None and alarm.call.source not in (S3, KMS):
        return Assessment()
    baselines, unread = _baselines(look)
    # To verify a repair, only the time that log files must stay depends on what trails write where.
    uses = uses_of_trails(look) if alarm.about in (None, DELETED, EXPIRES) else Uses()
    task = Task(look, _recorded(baselines), alarm.about, _is_sweep(alarm), unread is None)
    if not alarm.resources:
        seen = _all(uses, task)
        account = Resource(
            f"arn:{look.partition}:iam::{look.account}:root",
            look.account,
            "AWS::::Account",
            look.account,
            look.region,
        )
        seen.unreadable += _unreadable(account, uses.failures)
    else:
        seen = Seen()
        for name in alarm.resources:
            seen.add(_named(name, alarm, uses, task))
        seen.quiet = seen.quiet or _settled(alarm, seen, task)
    if unread is not None and seen.resource:
        seen.problems.append(uncompared(seen.resource, unread))
    return seen.assessment()


def _all(uses: Uses, task: Task) -> Seen:
    seen = Seen()
    buckets, keys = set(uses.buckets), set(uses.keys)
    for arn, baseline in task.baselines.items():
        if not baseline.state.get("deleted"):
            (keys if ":kms:" in arn else buckets).add(arn if ":kms:" in arn else arn.rpartition(":")[2])
    for name in sorted(buckets):
        seen.add(look_at_bucket(name, uses.buckets.get(name, {}), task))
    for arn in sorted(keys):
        seen.add(look_at_key(arn, uses.keys.get(arn, []), task))
    return seen


def _named(name: str, alarm: Alarm, uses: Uses, task: Task) -> Seen:
    if ":kms:" in name or (alarm.call is not None and alarm.call.source == KMS):
        return _named_key(name, alarm, uses, task)
    bucket = name.rpartition(":")[2]
    arn = bucket_arn(bucket, task.look)
    if bucket in uses.buckets or _kept(arn, task) or alarm.about:
        return _with(uses.failures, look_at_bucket(bucket, uses.buckets.get(bucket, {}), task))
    resource = Resource(arn, bucket, "AWS::S3::Bucket", task.look.account, alarm.region)
    return _unprotected(resource, uses, task)


def _named_key(name: str, alarm: Alarm, uses: Uses, task: Task) -> Seen:
    short = name.rpartition("/")[2]
    known = [*uses.keys, *(arn for arn in task.baselines if _kept(arn, task))]
    same = [arn for arn in known if name in (arn, arn.rpartition("/")[2])] or ([name] if alarm.about else [])
    if same:
        return _with(uses.failures, look_at_key(same[0], uses.keys.get(same[0], []), task))
    arn = name if name.startswith("arn:") else _key_arn(short, alarm, task.look)
    resource = Resource(arn, short, "AWS::KMS::Key", task.look.account, alarm.region)
    return _unprotected(resource, uses, task)


def _settled(alarm: Alarm, seen: Seen, task: Task) -> bool:
    """Whether a call that sets something was compared with what is recorded, and has left nothing weaker."""
    sets = alarm.call is not None and alarm.call.name.startswith("Put")
    return sets and seen.resource is not None and seen.sound and _kept(seen.resource.arn, task)


def _unprotected(resource: Resource, uses: Uses, task: Task) -> Seen:
    """Say nothing about what no trail uses, unless that could not be found out."""
    unreadable = _unreadable(resource, uses.failures)
    return Seen(resource=resource, unreadable=list(unreadable), quiet=task.compares and not unreadable)


def _with(failures: Sequence[Failure], seen: Seen) -> Seen:
    """Add that other trails could not be asked: they may use the same."""
    seen.problems += failures
    return seen


def _kept(arn: str, task: Task) -> bool:
    baseline = task.baselines.get(arn)
    return baseline is not None and not baseline.state.get("deleted")


def _key_arn(short: str, alarm: Alarm, look: Look) -> str:
    return f"arn:{look.partition}:kms:{alarm.region}:{look.account}:key/{short}"


def _is_sweep(alarm: Alarm) -> bool:
    return alarm.door is Door.SWEEP and alarm.about is None


def _baselines(look: Look) -> tuple[Mapping[str, Baseline], AwsError | None]:
    try:
        return look.baselines(), None
    except AwsError as error:
        return {}, error


def _recorded(baselines: Mapping[str, Baseline]) -> dict[str, Baseline]:
    return {arn: one for arn, one in baselines.items() if ":s3:::" in arn or ":kms:" in arn}


def _unreadable(resource: Resource, failures: Iterable[Failure]) -> tuple[Unreadable, ...]:
    """Say once that a resource could not be looked at, whatever has failed on the way."""
    found = list(failures)
    if not found:
        return ()
    first, *more = found
    return (Unreadable(resource, replace(first, message="; ".join([first.message, *map(str, more)]))),)
