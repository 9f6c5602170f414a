"""Making and changing trails where moto is laxer than AWS.

Bucket, key and topic policies are not looked at: a trail can be pointed to what would refuse it on AWS.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from moto.cloudtrail.models import Trail, cloudtrail_backends
from moto.core.exceptions import JsonRESTError
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends

from tests.local_aws.answers import Answer, AwsError
from tests.local_aws.calls import Incoming
from tests.local_aws.deployed import region_partition
from tests.local_aws.identity import ACCOUNT

DEFAULT_SELECTORS: list[dict[str, Any]] = [
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }
]
"""What a trail has that nobody has given selectors.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
"""
TRAILS_PER_REGION = 5
_SELECTORS = 5
# What an empty text takes away from a trail, and the attribute of moto's.
_REMOVABLE = {
    "CloudWatchLogsLogGroupArn": "cw_log_group_arn",
    "CloudWatchLogsRoleArn": "cw_role_arn",
    "KmsKeyId": "kms_key_id",
    "S3KeyPrefix": "s3_key_prefix",
    "SnsTopicName": "sns_topic_name",
}


def create(incoming: Incoming, visible: int) -> Answer:
    """Make a trail.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html

    Parameters
    ----------
    incoming
        The call.
    visible
        The number of trails that the region has, with the shadows of others.
    """
    given = incoming.parameters
    name, region = str(given["Name"]), incoming.region
    trails = cloudtrail_backends[ACCOUNT][region].trails
    if name in trails:
        message = f"Trail {name} already exists for customer: {ACCOUNT}"
        raise AwsError("TrailAlreadyExistsException", message)
    if visible >= TRAILS_PER_REGION:
        raise AwsError(
            "MaximumNumberOfTrailsExceededException",
            f"User: {ACCOUNT} already has {TRAILS_PER_REGION} trails in {region}.",
        )
    made = _made(
        account_id=ACCOUNT,
        region_name=region,
        trail_name=name,
        bucket_name=str(given["S3BucketName"]),
        s3_key_prefix=given.get("S3KeyPrefix") or None,
        sns_topic_name=_topic(given.get("SnsTopicName")),
        is_global=bool(given.get("IncludeGlobalServiceEvents", True)),
        is_multi_region=bool(given.get("IsMultiRegionTrail", False)),
        log_validation=bool(given.get("EnableLogFileValidation", False)),
        is_org_trail=bool(given.get("IsOrganizationTrail", False)),
        cw_log_group_arn=given.get("CloudWatchLogsLogGroupArn") or None,
        cw_role_arn=given.get("CloudWatchLogsRoleArn") or None,
        kms_key_id=None,
    )
    # moto's annotations leave no room for an attribute that is not there.
    vars(made).update(kms_key_id=_key(given.get("KmsKeyId"), made.bucket_name, region))
    cloudtrail_backends[ACCOUNT][region].tagging_service.tag_resource(made.arn, given.get("TagsList") or [])
    trails[name] = made
    return _answer(made)


def update(incoming: Incoming, trail: Trail) -> Answer:
    """Change the attributes that are given; an empty text takes one away.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html
    """
    given = incoming.parameters
    after = copy.copy(trail)
    for parameter, attribute in (
        ("S3BucketName", "bucket_name"),
        ("IncludeGlobalServiceEvents", "include_global_service_events"),
        ("IsMultiRegionTrail", "is_multi_region"),
        ("EnableLogFileValidation", "log_validation"),
        ("IsOrganizationTrail", "is_org_trail"),
    ):
        if given.get(parameter) is not None:
            setattr(after, attribute, given[parameter])
    for parameter, attribute in _REMOVABLE.items():
        if given.get(parameter) is not None:
            setattr(after, attribute, given[parameter] or None)
    vars(after).update(sns_topic_name=_topic(after.sns_topic_name))
    _check(after)
    vars(after).update(kms_key_id=_key(after.kms_key_id, after.bucket_name, incoming.region))
    vars(trail).update(vars(after))
    return _answer(trail)


def put_event_selectors(incoming: Incoming, trail: Trail) -> Mapping[str, Any]:
    """Replace a trail's selectors, basic and advanced ones alike.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
    """
    basic = list(incoming.parameters.get("EventSelectors") or [])
    advanced = list(incoming.parameters.get("AdvancedEventSelectors") or [])
    if bool(basic) is bool(advanced):
        raise AwsError(
            "InvalidEventSelectorsException", "Give either event selectors or advanced event selectors."
        )
    if len(basic) > _SELECTORS:
        raise AwsError("InvalidEventSelectorsException", f"A trail has at most {_SELECTORS} event selectors.")
    trail.event_selectors = [{**DEFAULT_SELECTORS[0], **selector} for selector in basic]
    trail.advanced_event_selectors = advanced
    shown = {"EventSelectors": trail.event_selectors} if basic else {"AdvancedEventSelectors": advanced}
    return {"TrailARN": trail.arn, **shown}


def put_insight_selectors(incoming: Incoming, trail: Trail) -> Mapping[str, Any]:
    """Replace a trail's insight selectors; none switches Insights off.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutInsightSelectors.html
    """
    selectors = list(incoming.parameters.get("InsightSelectors") or [])
    kinds = [selector.get("InsightType") for selector in selectors]
    if not set(kinds) <= {"ApiCallRateInsight", "ApiErrorRateInsight"} or len(set(kinds)) < len(kinds):
        raise AwsError("InvalidInsightSelectorsException", f"These insight types are not valid: {kinds}")
    trail.insight_selectors = selectors
    return {"TrailARN": trail.arn, "InsightSelectors": selectors}


def insight_selectors(trail: Trail) -> Mapping[str, Any]:
    """Give a trail's insight selectors, or refuse where there are none.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetInsightSelectors.html
    """
    if not trail.insight_selectors:
        raise AwsError(
            "InsightNotEnabledException",
            f"Trail {trail.arn} does not have Insights enabled. Edit the trail settings to enable Insights, "
            "and then try the operation again.",
        )
    return {"TrailARN": trail.arn, "InsightSelectors": trail.insight_selectors}


def event_selectors(trail: Trail) -> Mapping[str, Any]:
    """Give a trail's selectors, of the one kind that it has."""
    if trail.advanced_event_selectors:
        return {"TrailARN": trail.arn, "AdvancedEventSelectors": trail.advanced_event_selectors}
    return {"TrailARN": trail.arn, "EventSelectors": trail.event_selectors or DEFAULT_SELECTORS}


def delete(trail: Trail) -> None:
    """Forget a trail, with its tags."""
    backend = cloudtrail_backends[ACCOUNT][trail.region_name]
    backend.tagging_service.delete_all_tags_for_resource(trail.arn)
    del backend.trails[trail.trail_name]


def _made(**attributes: Any) -> Trail:
    try:
        trail = Trail(**attributes)
    except JsonRESTError as error:
        raise AwsError(error.error_type, str(error.message)) from error
    _check(trail)
    return trail


def _check(trail: Trail) -> None:
    try:
        trail.check_bucket_exists()
        trail.check_topic_exists()
    except JsonRESTError as error:
        raise AwsError(error.error_type, str(error.message)) from error
    if trail.is_multi_region and not trail.include_global_service_events:
        raise AwsError(
            "InvalidParameterCombinationException",
            "Multi-Region trail must include global service events.",
        )
    if bool(trail.cw_log_group_arn) is not bool(trail.cw_role_arn):
        missing = "RoleArn" if trail.cw_log_group_arn else "LogGroupArn"
        raise AwsError(
            f"InvalidCloudWatchLogs{missing}Exception",
            "A log group needs a role to write to it, and a role a log group.",
        )


def _topic(name: str | None) -> str | None:
    """Give the name of a topic, which may be its ARN."""
    return name.rpartition(":")[2] if name else None


def _key(named: str | None, bucket: str, region: str) -> str | None:
    """Give a key's ARN. The key must be in the bucket's region."""
    if not named:
        return None
    partition = region_partition(region)
    home = s3_backends[ACCOUNT][partition].get_bucket(bucket).region_name
    owner = named.split(":")[4] if named.startswith("arn:") else ACCOUNT
    if owner != ACCOUNT:
        return named
    keys = kms_backends[ACCOUNT][home]
    for key in keys.keys.values():
        if named in (key.arn, key.id) or named.rpartition(":")[2] in key.aliases:
            return str(key.arn)
    raise AwsError("KmsKeyNotFoundException", f"KMS key {named} does not exist in {home}.")


def _answer(trail: Trail) -> Answer:
    described = {
        key: value
        for key, value in trail.description().items()
        if value is not None and key not in ("HasCustomEventSelectors", "HasInsightSelectors")
    }
    return Answer(200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(described).encode())
