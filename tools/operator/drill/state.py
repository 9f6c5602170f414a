"""The present state of what the drill has made, read from AWS and from nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from rearm.aws import Answer, AwsError
from tools.operator.drill.own import Own
from tools.operator.undoing import NOTHING

State = Mapping[str, object]


def read(own: Own, kind: str) -> State:
    """Return everything that Rearm keeps about the ``trail``, the ``bucket`` or the ``key``.

    Returns
    -------
    Mapping
        From each part to its value; None where there is none. Two states are the same if they are equal.

    Raises
    ------
    rearm.aws.AwsError
        Something could not be read.
    """
    return _READERS[kind](own)


def differences(before: State, now: State) -> list[str]:
    """Name the parts that are not as before."""
    return sorted(key for key in {*before, *now} if before.get(key) != now.get(key))


def _trail(own: Own) -> State:
    arn = own.trail_arn
    asked = {"trailNameList": [arn], "includeShadowTrails": False}
    trails = own.call("cloudtrail", "DescribeTrails", **asked)["trailList"]
    if not trails:
        return {"there": False}
    attributes = {key: value for key, value in trails[0].items() if not key.startswith("Has")}
    tags = own.call("cloudtrail", "ListTags", ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"]
    selectors = own.call("cloudtrail", "GetEventSelectors", TrailName=arn)
    insights = _or_nothing(lambda: own.call("cloudtrail", "GetInsightSelectors", TrailName=arn))
    return {
        **attributes,
        "IsLogging": own.call("cloudtrail", "GetTrailStatus", Name=arn)["IsLogging"],
        "EventSelectors": selectors.get("EventSelectors") or None,
        "AdvancedEventSelectors": selectors.get("AdvancedEventSelectors") or None,
        "InsightSelectors": (insights or {}).get("InsightSelectors") or None,
        "Tags": {tag["Key"]: tag["Value"] for tag in tags},
    }


def _bucket(own: Own) -> State:
    bucket = own.names.bucket

    def part(operation: str, key: str) -> Any:  # noqa: ANN401 - each part is of its own kind
        answer = _or_nothing(lambda: own.call("s3", operation, Bucket=bucket))
        return (answer or {}).get(key)

    if _or_nothing(lambda: own.call("s3", "HeadBucket", Bucket=bucket)) is None:
        return {"there": False}
    policy, tags = part("GetBucketPolicy", "Policy"), part("GetBucketTagging", "TagSet")
    return {
        "Policy": json.loads(policy) if policy else None,
        "Lifecycle": part("GetBucketLifecycleConfiguration", "Rules"),
        "Versioning": part("GetBucketVersioning", "Status"),
        "PublicAccessBlock": part("GetPublicAccessBlock", "PublicAccessBlockConfiguration"),
        "Encryption": part("GetBucketEncryption", "ServerSideEncryptionConfiguration"),
        "Ownership": part("GetBucketOwnershipControls", "OwnershipControls"),
        "Grants": part("GetBucketAcl", "Grants"),
        "Tags": {tag["Key"]: tag["Value"] for tag in tags or ()},
    }


def _key(own: Own) -> State:
    key = own.key_id
    policy = own.call("kms", "GetKeyPolicy", KeyId=key, PolicyName="default")["Policy"]
    return {
        "State": own.call("kms", "DescribeKey", KeyId=key)["KeyMetadata"]["KeyState"],
        "Policy": json.loads(policy),
    }


def _or_nothing(call: Callable[[], Answer]) -> Answer | None:
    try:
        return call()
    except AwsError as error:
        if NOTHING.match(error.code):
            return None
        raise


_READERS: Mapping[str, Callable[[Own], State]] = {"bucket": _bucket, "key": _key, "trail": _trail}
