"""Who else uses a bucket: a key of KMS would shut out whoever has no permission on it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rearm.automations import Look
from rearm.automations.s3_encryption.buckets import Bucket
from rearm.aws import AwsError, items_of, malformed
from rearm.model import Failure

CLOUDTRAIL = "cloudtrail.amazonaws.com"
NO_POLICY = "NoSuchBucketPolicy"
EVERYBODY = "everybody"


@dataclass(frozen=True, eq=False, repr=False)
class Users:
    """Who uses a bucket besides this account.

    `trails` says that trails write into it, `others` who else is let in. `failure` is why it is not known.
    """

    trails: bool = False
    others: tuple[str, ...] = ()
    failure: Failure | None = None


class Trails:
    """The buckets that trails use, asked once in one response."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._buckets: frozenset[str] | None = None
        self._error: AwsError | None = None

    def buckets(self) -> frozenset[str]:
        """Return the names of the buckets that the trails of this region and of all regions write into.

        Raises
        ------
        AwsError
            The call failed.

        Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
        """
        with self._lock:
            if self._buckets is None and self._error is None:
                try:
                    self._buckets = frozenset(self._asked())
                except AwsError as error:
                    self._error = error
        if self._error is not None:
            raise self._error
        return self._buckets or frozenset()

    def _asked(self) -> Iterator[str]:
        wanted = {"includeShadowTrails": True}
        answer = self._look.aws.call("cloudtrail", self._look.region, "DescribeTrails", wanted)
        for trail in items_of(answer, "cloudtrail", "DescribeTrails", "trailList"):
            name = trail.get("S3BucketName")
            if not isinstance(name, str) or not name:
                raise malformed("cloudtrail", "DescribeTrails", "a trail has no bucket")
            yield name


def users_of(bucket: Bucket, trails: Trails, *, grants: bool) -> Users:
    """Find out who uses a bucket besides this account.

    Parameters
    ----------
    grants
        Whether its ACL is asked too, which lets nobody in who is served by keys of S3 alone.

    Raises
    ------
    GoneError
        There is no such bucket.
    """
    try:
        policy = _policy(bucket)
        others = [*outsiders(policy, bucket.look.account)]
        writes = CLOUDTRAIL in others or bucket.name in trails.buckets()
        if grants:
            others += _granted(bucket)
    except AwsError as error:
        return Users(failure=error.failure)
    return Users(writes, tuple(sorted(set(others))))


def outsiders(policy: Mapping[str, Any], account: str) -> Iterator[str]:
    """Yield who is let in by a policy that is not this account: accounts, services, everybody.

    What conditions narrow is not looked at: whoever may come in under some is one of them.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    statements = policy.get("Statement")
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
            continue
        principal = statement.get("Principal", "*")
        if not isinstance(principal, Mapping):
            yield EVERYBODY
            continue
        for kind, named in principal.items():
            for one in _texts(named):
                if kind != "AWS":
                    yield one
                elif one == "*":
                    yield EVERYBODY
                elif account not in (one, *one.split(":")[4:5]):
                    yield one


def _policy(bucket: Bucket) -> Mapping[str, Any]:
    """Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html."""
    try:
        answer = bucket.read("GetBucketPolicy")
    except AwsError as error:
        if error.code == NO_POLICY:
            return {}
        raise
    try:
        policy = json.loads(answer["Policy"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise malformed("s3", "GetBucketPolicy", "Policy is no JSON") from error
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise malformed("s3", "GetBucketPolicy", "Policy has no statements")
    return policy


def _granted(bucket: Bucket) -> Iterable[str]:
    """Yield whom the ACL lets in besides the bucket's owner.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html
    """
    answer = bucket.read("GetBucketAcl")
    owner = answer.get("Owner")
    if not isinstance(owner, dict) or not owner.get("ID"):
        raise malformed("s3", "GetBucketAcl", "Owner is missing")
    for grant in items_of(answer, "s3", "GetBucketAcl", "Grants"):
        grantee = grant.get("Grantee")
        if not isinstance(grantee, dict):
            raise malformed("s3", "GetBucketAcl", "a grant has no grantee")
        named = grantee.get("URI") or grantee.get("ID") or grantee.get("EmailAddress")
        if named != owner["ID"]:
            yield str(named).rpartition("/")[2]


def _texts(value: object) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        yield str(one)
