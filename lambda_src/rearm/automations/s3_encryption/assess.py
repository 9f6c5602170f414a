"""What is wrong with the default encryption of the account's buckets. Only reads."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

from rearm.alarm import Alarm, Door
from rearm.automations import Look
from rearm.automations.s3_encryption import findings as say
from rearm.automations.s3_encryption.buckets import (
    DENIED,
    Bucket,
    Encryption,
    GoneError,
    all_names,
    is_here,
    name_of,
    read_encryption,
    strength,
)
from rearm.automations.s3_encryption.keys import MANAGED, Keys, Target, owner_of
from rearm.automations.s3_encryption.sharing import Trails, users_of
from rearm.aws import AwsError
from rearm.model import Assessment, Failure, Finding, Healthy, Resource, Unreadable
from rearm.sweeps import in_turn

S3 = "s3.amazonaws.com"
# A bucket may be made before S3 shows it everywhere.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
NEW_BUCKET_WAIT_S = 2.0


@dataclass(eq=False, repr=False)
class Task:
    """What is looked for, and what was found out on the way; several threads look."""

    look: Look
    about: str | None
    named: bool
    new: bool
    required: say.Required
    key: str
    trusted: frozenset[str]
    keys: Keys
    trails: Trails
    problems: dict[str, Failure] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    found: Target | None = None

    @property
    def target(self) -> Target:
        """The required key, looked up once, and only when something depends on it."""
        with self.lock:
            if self.found is None:
                self.found = self.keys.target(self.key)
                if self.found.failure:
                    self.problem(self.found.failure)
            return self.found

    def problem(self, failure: Failure) -> None:
        """Remember a failure that left something uncompared: once for all the buckets that meet it."""
        self.problems[f"{failure.call} {failure.code}"] = failure


def assess(alarm: Alarm, look: Look) -> Assessment:
    """Look at the buckets that the alarm names, or at all of the function's region.

    Buckets of other regions are left to the deployments there.

    Returns
    -------
    Assessment
        Each bucket is healthy, has a finding, or could not be read. A sweep remembers how far it came.
    """
    if alarm.call is not None and alarm.call.source != S3:
        return Assessment()
    task = _task(alarm, look)
    if alarm.resources:
        named = {name_of(one, look): None for one in alarm.resources}
        names = [name for name in named if name]
    else:
        try:
            names = all_names(look)
        except AwsError as error:
            return Assessment(unreadable=(Unreadable(_account(look), error.failure),))
    seen = in_turn(alarm, look, names, lambda name: name, lambda name: _assess_one(Bucket(name, look), task))
    ignored = settings_finding(look) if alarm.door is Door.SWEEP and alarm.about is None else ()
    return replace(
        seen,
        findings=(*seen.findings, *ignored),
        problems=(*seen.problems, *task.problems.values()),
        quiet=alarm.call is not None and not seen.findings and not seen.unreadable,
    )


def settings_finding(look: Look) -> tuple[Finding, ...]:
    """Say that a key is named which the required algorithm has no use for."""
    if not look.settings["key"] or look.settings["algorithm"] != say.OWN_KEYS:
        return ()
    return (say.key_ignored(_account(look), str(look.settings["key"])),)


def _task(alarm: Alarm, look: Look) -> Task:
    settings = look.settings
    required = say.Required(str(settings["algorithm"]), settings["repair_shared"] is True)
    key = str(settings["key"]) if required.by_key else ""
    listed = settings["trusted_accounts"]
    # Whose key is required is trusted with it.
    trusted = {*(map(str, listed) if isinstance(listed, list) else ()), owner_of(key) or look.account}
    return Task(
        look,
        about=alarm.about,
        named=bool(alarm.resources) and alarm.about is None,
        new=alarm.call is not None and alarm.call.name == "CreateBucket",
        required=required,
        key=key,
        trusted=frozenset({*trusted, look.account}),
        keys=Keys(look),
        trails=Trails(look),
    )


def _assess_one(bucket: Bucket, task: Task) -> Assessment:
    try:
        try:
            return _judged(bucket, task)
        except GoneError:
            if not task.new:
                raise
        task.look.aws.sleep(NEW_BUCKET_WAIT_S)
        return _judged(bucket, task)
    except GoneError:
        return Assessment()
    except AwsError as error:
        return Assessment(unreadable=(Unreadable(bucket.resource, error.failure),))


def _judged(bucket: Bucket, task: Task) -> Assessment:
    if task.named:
        here, refused = is_here(bucket)
        if refused:
            task.problem(refused)
        if not here:
            return Assessment()
    try:
        now = read_encryption(bucket)
    except AwsError as error:
        if task.about or error.code not in DENIED:
            raise
        return Assessment(findings=(say.closed(bucket, error.failure),))
    rule = _wrong(now, task)
    if rule is None or (task.about and rule != task.about):
        return Assessment(healthy=(Healthy(bucket.resource),))
    return Assessment(findings=(_finding(rule, bucket, now, task),))


def _wrong(now: Encryption, task: Task) -> str | None:
    """Return the rule that an encryption breaks, the worst one first.

    A key without an account in its name is looked for in the account of whoever writes, which is this one
    as far as the bucket's own users go.
    """
    if (owner_of(now.key) or task.look.account) not in task.trusted:
        return say.FOREIGN
    if strength(now.algorithm) < strength(task.required.algorithm):
        return say.WEAKER
    # Which key it is by other names is not asked where something else is looked for again.
    if task.key and task.about in (None, say.OTHER_KEY) and not _is_required(now, task):
        return say.OTHER_KEY
    return None


def _is_required(now: Encryption, task: Task) -> bool:
    """Whether an encryption uses the required key, by whatever name.

    Raises
    ------
    AwsError
        KMS does not say which key is meant.
    """
    named = now.key or MANAGED
    if named == task.key:
        return True
    target = task.target
    if target.failure:
        raise AwsError(target.failure)
    # Without an ARN the required key is of another region: no bucket here can use it.
    return target.arn is not None and task.keys.arn(named) == target.arn


def _finding(rule: str, bucket: Bucket, now: Encryption, task: Task) -> Finding:
    if task.about:
        # Nothing is done about what is only looked for again.
        return Finding(rule, bucket.resource, "It is still so.", say.SEVERITIES[rule])
    target = task.target if task.required.by_key else Target()
    users = users_of(bucket, task.trails, grants=task.required.by_key)
    if users.failure:
        task.problem(users.failure)
    return say.wrong(rule, bucket, now, task.required, target, users)


def _account(look: Look) -> Resource:
    arn = f"arn:{look.partition}:iam::{look.account}:root"
    return Resource(arn, look.account, "AWS::::Account", look.account, look.region)
