"""Removing what a drill has made, so that Rearm neither brings it back nor misses it for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from rearm.aws import AwsError
from rearm.baselines import DIGITS
from rearm.model import Failure
from tools.operator import excepting
from tools.operator.access import Access, automations
from tools.operator.drill.own import TAG, Own
from tools.operator.undoing import NOTHING

# How often it is tried and looked whether something has come back, and the seconds between.
LOOKS = 10
CLEAN_LOOKS = 2
PAUSE_S = 2.0
# Where nothing is there any more a tombstone is of no use once nobody is left who could think of it.
TOMBSTONE_KEPT = timedelta(days=30)
# Tries to write a baseline that a function changes at the same time.
TRIES = 5
WAITING_DAYS = 7


def reserve(access: Access, drill: str, now: datetime) -> None:
    """Record the drill's exception with an end that is past: it excuses nothing yet.

    It shows, before anything is made, that the operator may write the one with which everything is removed.
    """
    excepting.give(access, drill, f"{drill}*", "drill", -1, now)


def remove(own: Own, sleep: Callable[[float], None] = time.sleep) -> list[str]:
    """Remove everything that the drill has made.

    First an exception lets Rearm leave it alone, then it is deleted, then its baselines are told so: when the
    exception has ended, nothing is missed.

    Returns
    -------
    list of str
        What could not be removed, and why; what is listed can be tried again with ``CLEAN=1``.
    """
    now = datetime.now(UTC)
    drill = own.names.drill
    try:
        excepting.give(own.access, drill, f"{drill}*", "end of the drill", 1, now)
        if own.key_arn:
            excepting.give(own.access, f"{drill}-key", own.key_arn, "end of the drill", 1, now)
    except AwsError as error:
        # Without it Rearm would bring back what is deleted.
        return [f"the exception {drill} could not be recorded, so nothing was removed: {error.failure}"]
    clean = 0
    for _ in range(LOOKS):
        problems = [*_delete(own), *_bury(own), *_left(own)]
        clean = 0 if problems else clean + 1
        # A response that was under way when the exception was recorded may still bring something back.
        if clean == CLEAN_LOOKS:
            return []
        sleep(PAUSE_S)
    return problems


def empty(own: Own, bucket: str) -> None:
    """Delete every version of every object in a bucket of the drill's own."""
    if bucket not in (own.names.bucket, own.names.other):
        raise ValueError(f"{bucket} is not the drill's")
    while True:
        answer = own.call("s3", "ListObjectVersions", Bucket=bucket, MaxKeys=1000)
        listed = [*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())]
        if not listed:
            return
        objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in listed]
        deleted = own.call("s3", "DeleteObjects", Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        if deleted.get("Errors"):
            return


def bury(access: Access, automation: str, arn: str, now: datetime) -> bool:
    """Say in the newest baseline of a resource that it has been deleted, by the operator.

    The state stays as it was, as with a deletion that an exception has let become the baseline; the version
    before is kept. Both go some day: there is nothing left that they could be about.

    Returns
    -------
    bool
        Whether there is a baseline that did not say so yet.

    Raises
    ------
    AwsError
        The table does not answer, or another baseline is written at the same time, again and again.
    """
    table, group = access.table, f"{automation}#baseline"
    until = now + TOMBSTONE_KEPT
    for _ in range(TRIES):
        item = table.get(group, arn)
        state = item.content.get("state") if item else None
        if item is None or not isinstance(state, dict) or state.get("deleted") is True:
            return False
        older = f"{automation}#version#{arn}"
        table.put(older, f"{item.count:0{DIGITS}}", item.content, until=until, count=item.count)
        content = {"state": {**state, "deleted": True}, "recorded": now.isoformat(), "origin": "accepted"}
        if table.put(group, arn, content, until=until, replaces=item.count, count=item.count + 1):
            return True
    raise AwsError(Failure("Busy", f"the baseline of {arn} changes all the time", "dynamodb:PutItem"))


def _delete(own: Own) -> list[str]:
    """Delete what there is; one that fails does not hide the others."""
    problems = []
    for what, is_there, delete in _things(own):
        if what not in own.made:
            continue
        try:
            # A call on what is gone already would be one more alarm.
            if is_there():
                delete()
        except AwsError as error:
            if not NOTHING.match(error.code):
                problems.append(f"{what}: {error.failure}")
    return problems


def _things(own: Own) -> Iterator[tuple[str, Callable[[], bool], Callable[[], None]]]:
    """Yield everything that a drill can have made, how to see whether it is there, and how to delete it."""
    asked = {"trailNameList": [own.trail_arn], "includeShadowTrails": False}
    yield (
        "trail",
        lambda: bool(own.call("cloudtrail", "DescribeTrails", **asked)["trailList"]),
        own.delete_trail,
    )
    for bucket in (own.names.bucket, own.names.other):
        yield bucket, partial(_is_bucket, own, bucket), partial(_delete_bucket, own, bucket)
    yield "topic", partial(_is_topic, own), partial(_call, own, "sns", "DeleteTopic", TopicArn=own.topic_arn)
    yield "key", lambda: bool(own.key_arn) and not _key_goes(own), partial(_delete_key, own)


def _call(own: Own, service: str, operation: str, **parameters: object) -> None:
    own.call(service, operation, **parameters)


def _delete_bucket(own: Own, bucket: str) -> None:
    empty(own, bucket)
    own.call("s3", "DeleteBucket", Bucket=bucket)


def _delete_key(own: Own) -> None:
    """Delete the key after the days that AWS wants; without its alias nobody finds it again by chance."""
    own.call("kms", "DeleteAlias", AliasName=own.names.alias)
    own.call("kms", "ScheduleKeyDeletion", KeyId=own.key_id, PendingWindowInDays=WAITING_DAYS)


def _key_goes(own: Own) -> bool:
    state = own.call("kms", "DescribeKey", KeyId=own.key_id)["KeyMetadata"]["KeyState"]
    return bool(state == "PendingDeletion")


def _left(own: Own) -> list[str]:
    """Name what is still there."""
    left = []
    if "key" in own.made and not own.key_arn:
        left.append(f"key: one may have been made and not yet named; its tag is {TAG} = {own.names.drill}")
    for what, is_there, _ in _things(own):
        if what not in own.made:
            continue
        try:
            if is_there():
                left.append(f"{what}: it is still there")
        except AwsError as error:
            left.append(f"{what}: {error.failure}")
    return left


def _is_topic(own: Own) -> bool:
    try:
        own.call("sns", "GetTopicAttributes", TopicArn=own.topic_arn)
    except AwsError as error:
        if NOTHING.match(error.code):
            return False
        raise
    return True


def _is_bucket(own: Own, bucket: str) -> bool:
    try:
        own.call("s3", "HeadBucket", Bucket=bucket)
    except AwsError as error:
        if NOTHING.match(error.code):
            return False
        raise
    return True


def _bury(own: Own) -> list[str]:
    now = datetime.now(UTC)
    problems = []
    arns = [own.trail_arn, own.bucket_arn, own.other_arn, *([own.key_arn] if own.key_arn else [])]
    for automation in automations():
        for arn in arns:
            try:
                bury(own.access, automation, arn, now)
            except AwsError as error:
                problems.append(f"the baseline of {arn}: {error.failure}")
    return problems
