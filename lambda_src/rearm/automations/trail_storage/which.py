"""Which buckets and keys the account's trails use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rearm.automations import Look
from rearm.aws import Answer, AwsError, items_of, malformed
from rearm.model import Failure

# What AWS says of another account's trail that it lists all the same.
NOT_SHOWN = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "CloudTrailARNInvalidException",
        "NotOrganizationMasterAccountException",
        "TrailNotFoundException",
    }
)


@dataclass(frozen=True)
class Uses:
    """What the trails use.

    Attributes
    ----------
    buckets
        By the bucket's name: each trail's ARN, and the prefix under which it writes.
    keys
        By the key's ARN: the ARNs of the trails.
    failures
        What could not be asked, so that something may be missing.
    """

    buckets: dict[str, dict[str, str]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)


def bucket_arn(name: str, look: Look) -> str:
    """Return the ARN of a bucket."""
    return f"arn:{look.partition}:s3:::{name}"


def uses_of_trails(look: Look) -> Uses:
    """Ask every trail that concerns the account for its bucket and its key.

    ``DescribeTrails`` shows the trails of this region and the shadows of those that cover all; what
    ``ListTrails`` adds is asked in its home region. If one of them fails, the rest is still there.

    Sources: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html,
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrail.html
    """
    uses = Uses()
    seen: set[str] = set()
    try:
        answer = look.aws.call("cloudtrail", look.region, "DescribeTrails", {"includeShadowTrails": True})
        for trail in items_of(answer, "cloudtrail", "DescribeTrails", "trailList"):
            seen.add(_add(trail, "DescribeTrails", uses, look))
    except AwsError as error:
        uses.failures.append(error.failure)
    try:
        listed = sorted(set(_listed(look)) - seen)
    except AwsError as error:
        uses.failures.append(error.failure)
        return uses
    for arn in listed:
        try:
            answer = look.aws.call("cloudtrail", arn.split(":")[3], "GetTrail", {"Name": arn})
            told = answer.get("Trail")
            if not isinstance(told, dict):
                raise malformed("cloudtrail", "GetTrail", "Trail is missing")
            _add(told, "GetTrail", uses, look)
        except AwsError as error:
            if arn.split(":")[4] == look.account or error.code not in NOT_SHOWN:
                uses.failures.append(error.failure)
    return uses


def _listed(look: Look) -> Iterator[str]:
    for page in look.aws.pages("cloudtrail", look.region, "ListTrails"):
        for item in items_of(page, "cloudtrail", "ListTrails", "Trails"):
            yield _arn(item, "ListTrails")


def _add(trail: Answer, operation: str, uses: Uses, look: Look) -> str:
    arn = _arn(trail, operation)
    bucket, key = trail.get("S3BucketName"), trail.get("KmsKeyId")
    if not isinstance(bucket, str) or not bucket:
        raise malformed("cloudtrail", operation, f"the trail {arn} has no bucket")
    uses.buckets.setdefault(bucket, {})[arn] = str(trail.get("S3KeyPrefix") or "")
    if key:
        users = uses.keys.setdefault(_key_arn(str(key), arn, look), [])
        users.append(arn)
    return arn


def _key_arn(key: str, trail: str, look: Look) -> str:
    """Return the ARN of a trail's key, of which AWS gives the ARN: an older trail may have an alias."""
    if key.startswith("arn:") and ":key/" in key:
        return key
    _, partition, _, region, account, _ = trail.split(":", 5)
    if not key.startswith("arn:") and not key.startswith("alias/"):
        return f"arn:{partition}:kms:{region}:{account}:key/{key}"
    where = key.split(":")[3] if key.startswith("arn:") else region
    answer = look.aws.call("kms", where, "DescribeKey", {"KeyId": key})
    arn = (answer.get("KeyMetadata") or {}).get("Arn")
    if not isinstance(arn, str):
        raise malformed("kms", "DescribeKey", "the key has no ARN")
    return arn


def _arn(item: Answer, operation: str) -> str:
    arn = item.get("TrailARN")
    if not isinstance(arn, str) or len(arn.split(":")) != 6:
        raise malformed("cloudtrail", operation, "a trail has no TrailARN")
    return arn
