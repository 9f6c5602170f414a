"""Security groups where moto is laxer than EC2: pages, whose a rule is, what a rule may be tagged with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ec2.models import ec2_backends

from tests.local_aws.answers import Answer, AwsError
from tests.local_aws.calls import Incoming, Overlay
from tests.local_aws.identity import ACCOUNT

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html
FEWEST, MOST = 5, 1000
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html
VALUES = 200


def overlays() -> dict[tuple[str, str], Overlay]:
    """Give the operations that are answered here."""
    answered: dict[str, Overlay] = {
        "AuthorizeSecurityGroupIngress": _authorize,
        "DescribeSecurityGroupRules": _rules,
        "DescribeSecurityGroups": _groups,
    }
    return {("ec2", name): overlay for name, overlay in answered.items()}


def _groups(incoming: Incoming) -> Mapping[str, Any]:
    asked = incoming.parameters
    backend: Any = ec2_backends[ACCOUNT][incoming.region]
    if asked.get("MaxResults") and asked.get("GroupIds"):
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter GroupIds cannot be used with the parameter MaxResults",
        )
    try:
        found = backend.describe_security_groups(
            group_ids=asked.get("GroupIds") or [],
            groupnames=asked.get("GroupNames") or [],
            filters=_filters(asked),
        )
    except ServiceException as error:
        raise _told(error) from error
    return _page(asked, "SecurityGroups", found)


def _rules(incoming: Incoming) -> Mapping[str, Any]:
    asked = incoming.parameters
    backend: Any = ec2_backends[ACCOUNT][incoming.region]
    try:
        found = backend.describe_security_group_rules(
            list(asked.get("SecurityGroupRuleIds") or []), _filters(asked)
        )
    except ServiceException as error:
        raise _told(error) from error
    for rule in found:
        rule.group_owner_id = ACCOUNT
    return _page(asked, "SecurityGroupRules", found)


def _authorize(incoming: Incoming) -> Answer:
    """Refuse tags that only AWS may set.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
    """
    for specification in incoming.parameters.get("TagSpecifications") or []:
        for tag in specification.get("Tags") or []:
            if str(tag.get("Key", "")).lower().startswith("aws:"):
                raise AwsError("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved")
    return incoming.forward()


def _filters(asked: Mapping[str, Any]) -> dict[str, list[str]]:
    filters = {str(one["Name"]): list(one.get("Values") or []) for one in asked.get("Filters") or []}
    if any(len(values) > VALUES for values in filters.values()):
        raise AwsError("FilterLimitExceeded", f"The maximum number of filter values is {VALUES}")
    return filters


def _page(asked: Mapping[str, Any], key: str, found: Sequence[Any]) -> Mapping[str, Any]:
    """Give a page; without a size there is one for everything.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
    """
    size = asked.get("MaxResults")
    if size is None:
        return {key: found}
    if not FEWEST <= int(size) <= MOST:
        raise AwsError("InvalidParameterValue", f"Value ( {size} ) for parameter maxResults is invalid.")
    start = _start(asked.get("NextToken"), len(found))
    end = start + int(size)
    page: dict[str, Any] = {key: found[start:end]}
    return page | ({"NextToken": f"page-{end}"} if end < len(found) else {})


def _start(token: object, count: int) -> int:
    if not token:
        return 0
    place = str(token).removeprefix("page-")
    if not str(token).startswith("page-") or not place.isdigit() or int(place) > count:
        raise AwsError("InvalidPaginationToken", "The pagination token is invalid.")
    return int(place)


def _told(error: ServiceException) -> AwsError:
    return AwsError(str(error.code), str(error.message))
