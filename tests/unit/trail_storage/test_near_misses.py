"""What is no finding: buckets and keys that no trail uses, changes that weaken nothing, late events."""

from __future__ import annotations

from typing import Any

import pytest

from tests.events.envelopes import REGION, api_event
from tests.unit.trail_storage.storage import BUCKET, KEPT_A_YEAR, Storage, allow, bucket_policy, opened
from tests.unit.world import client

BUCKET_CALLS = ["PutBucketPolicy", "DeleteBucketPolicy", "PutBucketLifecycle", "DeleteBucket", "PutBucketAcl"]
KEY_CALLS = ["DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy", "DisableKeyRotation"]
# What is asked before Rearm knows that a bucket is no trail's.
FEW = ["dynamodb:Query", "cloudtrail:DescribeTrails", "cloudtrail:ListTrails"]


@pytest.mark.parametrize("call", BUCKET_CALLS)
def test_a_call_on_a_bucket_that_no_trail_uses_ends_quietly_and_soon(storage: Storage, call: str) -> None:
    storage.learnt()
    client("s3").create_bucket(Bucket="web-assets")

    run = storage.handle(storage.bucket_event(call, "web-assets"))

    assert run.outcomes == ["compliant"]
    assert not run.messages
    assert [made.name for made in run.calls] == FEW
    assert not run.sleeps, "nothing of it can be seen later either"


@pytest.mark.parametrize("call", KEY_CALLS)
def test_a_call_on_a_key_that_no_trail_uses_ends_quietly_and_soon(storage: Storage, call: str) -> None:
    storage.learnt()
    other = client("kms").create_key()["KeyMetadata"]["KeyId"]

    run = storage.handle(storage.key_event(call, other))

    assert run.outcomes == ["compliant"]
    assert not run.messages
    assert [made.name for made in run.calls] == FEW
    assert not run.sleeps


def test_nobody_is_told_about_an_account_without_trails() -> None:
    with opened() as storage:
        client("cloudtrail").delete_trail(Name="management")

        run = storage.sweep()

        assert run.outcomes == ["compliant"]
        assert not run.messages
        assert not storage.baselines(), "what no trail uses is not recorded"


def test_a_trail_homed_elsewhere_is_asked_for_its_bucket(storage: Storage) -> None:
    storage.make_bucket("audit-logs")
    storage.make_trail("audit", bucket="audit-logs", home="eu-central-1")

    storage.sweep()

    assert "arn:aws:s3:::audit-logs" in storage.baselines()


def test_five_trails_with_one_bucket_have_it_read_once(storage: Storage) -> None:
    for number in range(4):
        storage.make_trail(f"another-{number}")

    run = storage.sweep()

    for call in ("s3:GetBucketLocation", "s3:GetBucketPolicy", "s3:GetBucketAcl", "kms:DescribeKey"):
        assert len(run.called(call)) == 1, call


def test_a_bucket_stays_guarded_when_its_trail_points_elsewhere(storage: Storage) -> None:
    storage.learnt()
    client("cloudtrail").delete_trail(Name="management")
    storage.s3.delete_bucket_policy(Bucket=BUCKET)
    storage.kms.disable_key(KeyId=storage.key_id)

    run = storage.sweep()

    assert run.outcomes == ["remediated", "remediated"]
    assert "no trail uses it now" in run.messages[0].body
    assert storage.policy() == bucket_policy()
    assert storage.key_state() == "Enabled"


@pytest.mark.parametrize("call", ["PutBucketPolicy", "PutBucketEncryption", "PutBucketVersioning"])
def test_a_call_that_leaves_nothing_weaker_is_not_told(storage: Storage, call: str) -> None:
    storage.learnt()

    run = storage.handle(storage.bucket_event(call))

    assert run.outcomes == ["compliant"]
    assert not run.messages
    assert run.sleeps == [2.0], "S3 may show it a little later"


def test_a_policy_that_s3_shows_late_is_seen_at_the_second_look(storage: Storage) -> None:
    storage.learnt()
    event = storage.bucket_event("DeleteBucketPolicy")
    policy = {"Policy": storage.s3.get_bucket_policy(Bucket=BUCKET)["Policy"]}
    storage.s3.delete_bucket_policy(Bucket=BUCKET)
    late = [policy]
    storage.world.endpoint.answer("s3:GetBucketPolicy", lambda _: late.pop() if late else None)

    run = storage.handle(event)

    assert run.outcomes == ["remediated"]
    assert storage.policy() == bucket_policy()


def test_a_late_event_about_what_is_well_again_is_told_and_changes_nothing(storage: Storage) -> None:
    storage.learnt()

    run = storage.handle(storage.key_event("DisableKey"))

    assert run.outcomes == ["compliant"]
    assert not run.changes
    assert run.message.attributes["severity"] == "LOW"


def test_the_second_delivery_of_an_event_does_nothing(storage: Storage) -> None:
    storage.learnt()
    storage.s3.delete_bucket_policy(Bucket=BUCKET)
    event = storage.bucket_event("DeleteBucketPolicy")
    storage.handle(event)

    run = storage.handle(event)

    assert run.outcomes == ["compliant"]
    assert not run.changes
    assert not run.messages


@pytest.mark.parametrize("parameters", [None, {}, "null", {"Host": "s3.amazonaws.com"}])
def test_a_call_that_names_nothing_has_everything_looked_at(storage: Storage, parameters: Any) -> None:
    storage.learnt()
    storage.s3.delete_bucket_policy(Bucket=BUCKET)

    run = storage.handle(storage.bucket_event("DeleteBucketPolicy", parameters=parameters))

    assert run.findings == ["bucket-policy-weakened"]
    assert run.outcomes == ["remediated"]


@pytest.mark.parametrize("named", ["id", "ARN"])
def test_a_key_is_found_by_id_and_by_arn(storage: Storage, named: str) -> None:
    storage.learnt()
    storage.kms.disable_key(KeyId=storage.key_id)

    run = storage.handle(storage.key_event("DisableKey", storage.key_id if named == "id" else storage.key))

    assert run.findings == ["key-disabled"]
    assert run.outcomes == ["remediated"]


@pytest.mark.parametrize("stored", ["id", "alias", "alias ARN"])
def test_a_trail_may_name_its_key_in_any_way(storage: Storage, stored: str) -> None:
    storage.kms.create_alias(AliasName="alias/trail", TargetKeyId=storage.key_id)
    alias = f"{storage.key.rpartition(':')[0]}:alias/trail"
    name = {"id": storage.key_id, "alias": "alias/trail", "alias ARN": alias}[stored]
    storage.world.endpoint.edit(
        "cloudtrail:DescribeTrails", lambda _, answer: answer["trailList"][0].update(KmsKeyId=name)
    )

    storage.learnt()


def test_a_call_of_another_service_is_none_of_ours(storage: Storage) -> None:
    storage.learnt()
    storage.s3.delete_bucket_policy(Bucket=BUCKET)

    run = storage.handle(
        api_event("DeleteBucketPolicy", service="s3-outposts", parameters={"bucketName": BUCKET})
    )

    assert not run.changes


@pytest.mark.parametrize("call", ["PutBucketPolicy", "DisableKey"])
def test_a_refused_call_is_told_and_changes_nothing(storage: Storage, call: str) -> None:
    storage.learnt()
    event = storage.key_event if call == "DisableKey" else storage.bucket_event

    run = storage.handle(event(call, error="AccessDenied"))

    assert run.findings == ["denied-call"]
    assert not run.changes


def test_lifecycle_rules_for_other_things_are_left_alone(storage: Storage) -> None:
    storage.learnt()
    other = {"ID": "tmp", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}}
    storage.put_lifecycle(KEPT_A_YEAR, other)

    run = storage.handle(storage.bucket_event("PutBucketLifecycle"))

    assert run.outcomes == ["compliant"]
    assert not run.changes
    assert [rule["ID"] for rule in storage.recorded()["Lifecycle"]["Rules"]] == ["keep", "tmp"]


def test_the_prefix_of_the_trail_decides_which_rules_count(storage: Storage) -> None:
    client("cloudtrail", REGION).update_trail(Name="management", S3KeyPrefix="trails")
    rule = {
        "ID": "short",
        "Status": "Enabled",
        "Filter": {"Prefix": "AWSLogs/"},
        "Expiration": {"Days": 1},
    }
    storage.put_lifecycle(rule)
    assert storage.sweep().outcomes == ["compliant"]

    storage.put_lifecycle({**rule, "Filter": {"Prefix": "trails/AWSLogs/"}})
    run = storage.sweep()

    assert run.findings == ["bucket-expires-too-soon"]
    assert run.called("s3:DeleteBucketLifecycle"), "none is left"
    assert run.outcomes == ["remediated"]


def test_rules_that_expire_too_soon_need_no_baseline(storage: Storage) -> None:
    storage.put_lifecycle(
        {"ID": "a", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}, KEPT_A_YEAR
    )

    run = storage.sweep()

    assert run.findings == ["bucket-expires-too-soon"]
    assert run.outcomes == ["remediated"]
    assert storage.rules() == ["keep"]
    assert f"arn:aws:s3:::{BUCKET}" not in storage.baselines(), "it was not healthy"
    storage.learnt()


def test_the_minimum_of_days_is_a_setting() -> None:
    with opened(settings={"minimum_retention_days": 400}) as storage:
        run = storage.sweep()

        assert run.findings == ["bucket-expires-too-soon"]
        assert "before 400 days" in run.message.body


def test_an_own_role_that_is_let_in_is_reverted_too(storage: Storage) -> None:
    """What is not provably stronger is weaker, whoever gets it."""
    storage.learnt()
    storage.put_policy(bucket_policy(BUCKET, allow({"AWS": "arn:aws:iam::123456789012:role/etl"})))

    run = storage.sweep()

    assert run.findings == ["bucket-policy-weakened"]
    assert run.message.attributes["severity"] == "HIGH"
    assert storage.policy() == bucket_policy()
