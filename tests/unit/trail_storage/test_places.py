"""Other regions and other partitions: each call goes where the bucket or the key is."""

from __future__ import annotations

import pytest

from tests.events.identities import ACCOUNT
from tests.unit.trail_storage.storage import (
    AUTOMATION,
    BUCKET,
    OTHER_REGION,
    Storage,
    bucket_policy,
    key_policy,
    opened,
)
from tests.unit.world import World, client
from tests.unit.world import world as new_world

PLACES = [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")]


def test_a_bucket_is_mended_in_its_own_region() -> None:
    with opened(bucket_region=OTHER_REGION) as storage:
        storage.learnt()
        storage.s3.delete_bucket_policy(Bucket=BUCKET)

        run = storage.handle(storage.bucket_event("DeleteBucketPolicy"))

        assert run.outcomes == ["remediated"]
        assert {made.region for made in run.called("s3:PutBucketPolicy")} == {OTHER_REGION}
        assert storage.policy() == bucket_policy()


def test_a_key_is_mended_in_its_own_region() -> None:
    with opened(home=OTHER_REGION) as storage:
        storage.learnt()
        storage.kms.disable_key(KeyId=storage.key_id)

        run = storage.handle(storage.key_event("DisableKey"))

        assert run.outcomes == ["remediated"]
        assert {made.region for made in run.called("kms:EnableKey")} == {OTHER_REGION}


def _elsewhere(world: World, partition: str, region: str) -> Storage:
    topic = client("sns", region).create_topic(Name="rearm-notifications")["TopicArn"]
    role = f"arn:{partition}:iam::{ACCOUNT}:role/rearm-{AUTOMATION}"
    world.deploy(automation=AUTOMATION, region=region, topic=topic, role_arn=role)
    storage = Storage(world, bucket_region=region, partition=partition)
    storage.make(home=region)
    return storage


@pytest.mark.parametrize(("partition", "region"), PLACES)
def test_another_partition_is_named_in_every_arn(partition: str, region: str) -> None:
    with new_world(automation=AUTOMATION) as world:
        storage = _elsewhere(world, partition, region)
        assert storage.sweep().outcomes == ["compliant"]
        assert storage.key.startswith(f"arn:{partition}:")
        storage.kms.disable_key(KeyId=storage.key_id)
        storage.s3.delete_bucket(Bucket=BUCKET)

        run = storage.sweep()

        assert run.outcomes == ["remediated", "remediated"]
        named = {line["rearm"]["resource"]["arn"] for line in run.journal if "outcome" in line["rearm"]}
        assert named == {storage.key, f"arn:{partition}:s3:::{BUCKET}"}
        assert {made.region for made in run.calls} == {region}
        assert storage.policy() == bucket_policy(partition=partition)
        assert storage.key_policy() == key_policy(partition=partition)
