"""What an earlier drill has left behind, found by its names and its tag."""

from __future__ import annotations

from collections.abc import Iterator

from rearm.aws import AwsError
from tools.operator.access import Access, automations
from tools.operator.drill.own import TAG, Own, names_of, pattern


def find(access: Access) -> tuple[list[Own], list[str]]:
    """Find the leftovers of this deployment's drills.

    Returns
    -------
    tuple
        What can be removed, one for each drill, and what is called as a drill's but has not its tag, so that
        nobody knows whose it is.

    Raises
    ------
    AwsError
        Something could not be listed.
    """
    drills: dict[str, Own] = {}
    doubtful: list[str] = []
    known = pattern(access.name)
    for name, what, tagged in _listed(access):
        found = known.match(name)
        if not found or name not in (found[0], f"{found[0]}-other"):
            continue
        if not tagged(found[0]):
            doubtful.append(f"{what} {name}")
            continue
        own = drills.setdefault(found[0], Own(access, names_of(found[0])))
        own.made.add(name if what == "bucket" else what)
        if what == "key":
            own.key_arn = _key(access, name)
    for drill in _remembered(access):
        drills.setdefault(drill, Own(access, names_of(drill)))
    return [drills[name] for name in sorted(drills)], doubtful


class _Tagged:
    """Tells whether a resource has the tag of a drill."""

    def __init__(self, access: Access, what: str, name: str) -> None:
        self._access = access
        self._what = what
        self._name = name

    def __call__(self, drill: str) -> bool:
        call, region = self._access.aws.call, self._access.region
        own = Own(self._access, names_of(drill))
        try:
            if self._what == "trail":
                answer = call("cloudtrail", region, "ListTags", {"ResourceIdList": [own.trail_arn]})
                tags = answer["ResourceTagList"][0]["TagsList"]
            elif self._what == "bucket":
                tags = call("s3", region, "GetBucketTagging", {"Bucket": self._name})["TagSet"]
            elif self._what == "topic":
                answer = call("sns", region, "ListTagsForResource", {"ResourceArn": own.topic_arn})
                tags = answer["Tags"]
            else:
                key = _key(self._access, self._name)
                answer = call("kms", region, "ListResourceTags", {"KeyId": key})
                tags = [{"Key": one["TagKey"], "Value": one["TagValue"]} for one in answer["Tags"]]
        except AwsError:
            return False
        return {"Key": TAG, "Value": drill} in [{"Key": t["Key"], "Value": t["Value"]} for t in tags]


def _listed(access: Access) -> Iterator[tuple[str, str, _Tagged]]:
    """Yield name, kind and tag of everything that is called like a drill's."""
    call, region = access.aws.call, access.region
    start = f"{access.name}-drill-"
    names: list[tuple[str, str]] = []
    for page in access.aws.pages("cloudtrail", region, "ListTrails"):
        names += [(one["Name"], "trail") for one in page["Trails"] if one["HomeRegion"] == region]
    names += [(one["Name"], "bucket") for one in call("s3", region, "ListBuckets")["Buckets"]]
    for page in access.aws.pages("sns", region, "ListTopics"):
        names += [(one["TopicArn"].rpartition(":")[2], "topic") for one in page["Topics"]]
    marker: dict[str, str] = {}
    while True:
        page = call("kms", region, "ListAliases", marker)
        names += [(one["AliasName"].removeprefix("alias/"), "key") for one in page["Aliases"]]
        if not page.get("Truncated"):
            break
        marker = {"Marker": page["NextMarker"]}
    for name, what in names:
        if name.startswith(start):
            yield name, what, _Tagged(access, what, name)


def _remembered(access: Access) -> Iterator[str]:
    """Yield the drills whose resources are gone, but not for Rearm: their baselines do not say so."""
    known = pattern(access.name)
    for automation in automations():
        for item in access.table.query(f"{automation}#baseline"):
            name = item.key.rpartition("/")[2].rpartition(":")[2]
            found = known.fullmatch(name)
            if found and item.content.get("state", {}).get("deleted") is not True:
                yield found[0]


def _key(access: Access, alias: str) -> str:
    answer = access.aws.call("kms", access.region, "DescribeKey", {"KeyId": f"alias/{alias}"})
    return str(answer["KeyMetadata"]["Arn"])
