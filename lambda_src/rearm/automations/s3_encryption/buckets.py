"""Reading buckets: which there are, whose they are, where, and how they encrypt new objects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rearm.automations import Look
from rearm.aws import Answer, AwsError, items_of, malformed
from rearm.model import Failure, Resource

BUCKET_TYPE = "AWS::S3::Bucket"
NO_BUCKET = "NoSuchBucket"
DENIED = frozenset({"403", "AccessDenied", "AllAccessDisabled", "Forbidden"})
NO_CONFIGURATION = "ServerSideEncryptionConfigurationNotFoundError"
# From the weakest to the strongest.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
PAGE = 1000
# Buckets of the time before 2018 may have longer names, with capitals and underscores.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_NAME = re.compile(r"[A-Za-z0-9._-]{3,255}")
# How the names of directory buckets end: they have a service of their own.
_DIRECTORY = "--x-s3"


class GoneError(Exception):
    """There is no such bucket."""


@dataclass(frozen=True, eq=False, repr=False)
class Bucket:
    """A bucket of this account in the function's region."""

    name: str
    look: Look

    @property
    def resource(self) -> Resource:
        """The bucket as a resource."""
        arn = f"arn:{self.look.partition}:s3:::{self.name}"
        return Resource(arn, self.name, BUCKET_TYPE, self.look.account, self.look.region)

    @property
    def owned(self) -> dict[str, object]:
        """The parameters of every call on it: the call fails where the bucket is another account's.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
        """
        return {"Bucket": self.name, "ExpectedBucketOwner": self.look.account}

    def read(self, operation: str) -> Answer:
        """Ask something of the bucket.

        Raises
        ------
        GoneError
            There is no such bucket.
        AwsError
            The call failed otherwise.
        """
        try:
            return self.look.aws.call("s3", self.look.region, operation, self.owned)
        except AwsError as error:
            if error.code == NO_BUCKET:
                raise GoneError from error
            raise


@dataclass(frozen=True, eq=False, repr=False)
class Encryption:
    """How a bucket encrypts new objects.

    `rules` is the configuration as AWS gives it, empty where there is none; `key` is what it calls the key,
    None where it names none, which is S3's own or, with KMS, the one that AWS manages for S3.
    """

    algorithm: str | None
    key: str | None = None
    rules: tuple[Mapping[str, Any], ...] = ()

    @property
    def told(self) -> str:
        """The encryption in words."""
        if self.algorithm is None:
            return "nothing"
        if self.algorithm == "AES256":
            return "S3's own keys (AES256)"
        return f"{self.key or 'the key that AWS manages for S3'} ({self.algorithm})"


def strength(algorithm: str | None) -> int:
    """Return how strong an algorithm is; none at all is the weakest."""
    return -1 if algorithm is None else ALGORITHMS.index(algorithm)


def name_of(named: str, look: Look) -> str | None:
    """Return the name of a bucket that an alarm names, by it or by its ARN; None for anything else."""
    name = named.removeprefix(f"arn:{look.partition}:s3:::")
    return name if _NAME.fullmatch(name) and not name.endswith(_DIRECTORY) else None


def all_names(look: Look, prefix: str = "") -> list[str]:
    """Return the names of the account's buckets in the function's region.

    Raises
    ------
    AwsError
        The call failed.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
    """
    asked = {
        "MaxBuckets": PAGE,
        "BucketRegion": look.region,
        **({"Prefix": prefix} if prefix else {}),
    }
    names: dict[str, None] = {}
    token = ("ContinuationToken", "ContinuationToken")
    for page in look.aws.pages("s3", look.region, "ListBuckets", asked, token=token):
        for item in items_of(page, "s3", "ListBuckets", "Buckets"):
            name = item.get("Name")
            if not isinstance(name, str) or not name:
                raise malformed("s3", "ListBuckets", "a bucket has no Name")
            if item.get("BucketRegion", look.region) == look.region:
                names[name] = None
    return list(names)


def is_here(bucket: Bucket) -> tuple[bool, Failure | None]:
    """Whether a bucket is this account's and lives in the function's region.

    A bucket that refuses to say it may be another account's, or lock its own account out: the list shows.

    Returns
    -------
    tuple
        Whether it is, and the refusal, if a bucket of this account does not say so itself.

    Raises
    ------
    GoneError
        There is no such bucket.
    AwsError
        AWS does not say.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
    """
    look = bucket.look
    try:
        answer = bucket.read("GetBucketLocation")
    except AwsError as error:
        if error.code not in DENIED:
            raise
        listed = bucket.name in all_names(look, prefix=bucket.name)
        return listed, error.failure if listed else None
    if "LocationConstraint" not in answer:
        raise malformed("s3", "GetBucketLocation", "LocationConstraint is missing")
    region = answer["LocationConstraint"] or "us-east-1"
    # An old name of a region.
    return ("eu-west-1" if region == "EU" else region) == look.region, None


def read_encryption(bucket: Bucket) -> Encryption:
    """Ask a bucket for its default encryption.

    Since 2023 every bucket has one; AWS says so where it has none.

    Raises
    ------
    GoneError
        There is no such bucket.
    AwsError
        The call failed.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html
    """
    try:
        answer = bucket.read("GetBucketEncryption")
    except AwsError as error:
        if error.code == NO_CONFIGURATION:
            return Encryption(None)
        raise
    inner = answer.get("ServerSideEncryptionConfiguration")
    if not isinstance(inner, dict):
        raise malformed("s3", "GetBucketEncryption", "ServerSideEncryptionConfiguration is missing")
    rules = items_of(inner, "s3", "GetBucketEncryption", "Rules")
    applied = rules[0].get("ApplyServerSideEncryptionByDefault") if rules else None
    if not isinstance(applied, dict):
        raise malformed("s3", "GetBucketEncryption", "no rule applies anything")
    algorithm = applied.get("SSEAlgorithm")
    if algorithm not in ALGORITHMS:
        raise malformed("s3", "GetBucketEncryption", f"the algorithm {algorithm!r} is not known")
    key = applied.get("KMSMasterKeyID")
    return Encryption(str(algorithm), str(key) if key else None, tuple(rules))
