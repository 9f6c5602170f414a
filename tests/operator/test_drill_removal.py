"""What a drill has made goes, and Rearm neither brings it back nor misses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rearm.aws import AwsError
from rearm.baselines import Baselines
from rearm.exceptions import find_exception, parse_exceptions
from rearm.excuses import GROUP
from rearm.model import Learned
from tests.events.envelopes import REGION
from tests.operator.drilling import Playground, resource, row
from tools.operator.drill import leftovers, removal
from tools.operator.drill.own import names_of
from tools.operator.drill.run import clean


@pytest.fixture
def made(playground: Playground) -> Playground:
    """Give an account in which a drill has run."""
    playground.own.make()
    playground.learn("trail", "bucket")
    return playground


def excuses(playground: Playground, kind: str, now: datetime) -> bool:
    raw = {item.key: item.content for item in playground.access.table.query(GROUP)}
    entries, _ = parse_exceptions(raw, "cloudtrail")
    return find_exception(entries, resource(playground.own, kind), None, now) is not None


def baselines(playground: Playground, automation: str = "cloudtrail") -> Any:
    return Baselines(playground.access.table, automation).all()


def names(playground: Playground) -> set[str]:
    call = playground.access.aws.call
    return {
        *(one["Name"] for one in call("cloudtrail", REGION, "ListTrails")["Trails"]),
        *(one["Name"] for one in call("s3", REGION, "ListBuckets")["Buckets"]),
        *(one["TopicArn"].rpartition(":")[2] for one in call("sns", REGION, "ListTopics")["Topics"]),
    }


def test_everything_goes(made: Playground) -> None:
    made.own.call("s3", "PutObject", Bucket=made.own.names.bucket, Key="a", Body=b"1")
    made.own.call("s3", "PutObject", Bucket=made.own.names.bucket, Key="a", Body=b"2")
    made.own.call("s3", "DeleteObject", Bucket=made.own.names.bucket, Key="a")
    assert removal.remove(made.own, sleep=made.sleep) == []
    assert names(made) == set()


def test_the_exception_comes_before_the_first_deletion(made: Playground) -> None:
    made.aws.made.clear()
    removal.remove(made.own, sleep=made.sleep)
    assert made.aws.made.index("dynamodb:PutItem") < made.aws.made.index("cloudtrail:DeleteTrail")


def test_without_its_exception_nothing_is_deleted(made: Playground) -> None:
    before = names(made)
    made.aws.refuse["dynamodb:PutItem"] = "AccessDeniedException"
    (problem,) = removal.remove(made.own, sleep=made.sleep)
    assert "could not be recorded, so nothing was removed" in problem
    assert names(made) == before


def test_what_was_reserved_excuses_nothing_yet(playground: Playground) -> None:
    now = datetime.now(UTC)
    removal.reserve(playground.access, playground.own.names.drill, now)
    assert not excuses(playground, "trail", now)
    playground.own.make()
    removal.remove(playground.own, sleep=playground.sleep)
    assert excuses(playground, "trail", now)
    assert excuses(playground, "bucket", now)
    assert not excuses(playground, "trail", now + timedelta(days=2))


def test_rearm_does_not_bring_back_what_the_drill_removes(made: Playground) -> None:
    made.repair = lambda: made.put_back("trail")
    assert removal.remove(made.own, sleep=made.sleep) == []
    made.repair()
    assert names(made) == set()


def test_what_a_response_under_way_brings_back_is_removed_again(made: Playground) -> None:
    left = [True]

    def repair() -> None:
        if left.pop() if left else False:
            made.rearms.made = set(made.own.made)
            made.rearms.make()

    made.repair = repair
    assert removal.remove(made.own, sleep=made.sleep) == []
    assert names(made) == set()


def test_the_baselines_say_that_it_was_deleted_and_older_ones_are_kept(made: Playground) -> None:
    before = baselines(made)[made.own.trail_arn]
    removal.remove(made.own, sleep=made.sleep)
    after = baselines(made)[made.own.trail_arn]
    assert dict(after.state) == {**before.state, "deleted": True}
    assert (after.version, after.origin) == (before.version + 1, "accepted")
    group = f"cloudtrail#version#{made.own.trail_arn}"
    (older,) = made.access.table.query(group)
    assert (older.content["state"], older.count) == (dict(before.state), before.version)
    assert baselines(made, "trail_storage")[made.own.bucket_arn].state["deleted"] is True


def test_what_is_buried_goes_some_day(made: Playground) -> None:
    removal.remove(made.own, sleep=made.sleep)
    answer = made.access.aws.call("dynamodb", REGION, "Scan", {"TableName": "rearm-records"})
    for item in answer["Items"]:
        if item["group"]["S"].endswith("#baseline") or "#version#" in item["group"]["S"]:
            until = datetime.fromtimestamp(int(item["expires"]["N"]), UTC)
            assert timedelta(days=29) < until - datetime.now(UTC) < timedelta(days=31)


def test_rearm_can_learn_what_is_there_again_after_it_was_buried(made: Playground) -> None:
    removal.remove(made.own, sleep=made.sleep)
    found = Baselines(made.access.table, "cloudtrail")
    version = found.all()[made.own.trail_arn].version
    learned = Learned(resource(made.own, "trail"), {"Name": "again"}, "first-seen", version)
    assert found.learn(learned, datetime.now(UTC))


def test_a_baseline_that_changes_meanwhile_is_not_overwritten(
    made: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, arn = made.access.table, made.own.trail_arn
    put = type(table).put
    once = [True]

    def meanwhile(*arguments: Any, **options: Any) -> bool:
        if options.get("replaces") and once:
            once.pop()
            found = Baselines(made.rearms.access.table, "cloudtrail")
            version = found.all()[arn].version
            stronger = Learned(resource(made.own, "trail"), {"Stronger": True}, "stronger", version)
            assert found.learn(stronger, datetime.now(UTC))
        return put(*arguments, **options)

    monkeypatch.setattr(type(table), "put", meanwhile)
    assert removal.bury(made.access, "cloudtrail", arn, datetime.now(UTC))
    after = baselines(made)[arn]
    assert dict(after.state) == {"Stronger": True, "deleted": True}
    assert after.version == 3


def test_a_baseline_that_says_so_already_is_left_as_it_is(made: Playground) -> None:
    now = datetime.now(UTC)
    assert removal.bury(made.access, "cloudtrail", made.own.trail_arn, now)
    assert not removal.bury(made.access, "cloudtrail", made.own.trail_arn, now)
    assert not removal.bury(made.access, "cloudtrail", "arn:aws:cloudtrail:x:y:trail/other", now)


def test_one_that_cannot_be_removed_does_not_hide_the_others(made: Playground) -> None:
    made.aws.refuse["cloudtrail:DeleteTrail"] = "AccessDenied"
    problems = removal.remove(made.own, sleep=made.sleep)
    assert problems[0].startswith("trail: cloudtrail:DeleteTrail: AccessDenied")
    assert names(made) == {made.own.names.drill}
    assert made.own.trail_arn in baselines(made)


def test_only_its_own_buckets_are_emptied(made: Playground) -> None:
    with pytest.raises(ValueError, match="is not the drill's"):
        removal.empty(made.own, "trail-logs")


def test_a_bucket_of_somebody_else_is_neither_taken_nor_deleted(playground: Playground) -> None:
    bucket = playground.own.names.other
    playground.access.aws.call("s3", REGION, "CreateBucket", {"Bucket": bucket})
    playground.aws.refuse["s3:CreateBucket"] = "BucketAlreadyExists"
    with pytest.raises(AwsError):
        playground.own.make()
    removal.remove(playground.own, sleep=playground.sleep)
    assert names(playground) == {bucket}


def test_the_leftovers_are_found_and_removed(made: Playground) -> None:
    said: list[str] = []
    assert clean(made.access, said.append, made.sleep) == []
    assert said == [f"Removing what is left of {made.own.names.drill}."]
    assert names(made) == set()
    assert baselines(made)[made.own.trail_arn].state["deleted"] is True


def test_leftovers_of_which_only_the_baseline_is_there_are_buried(made: Playground) -> None:
    for name in ("bucket.deleted", "trail.delete"):
        row(name).attack(made.own)
    made.own.call("sns", "DeleteTopic", TopicArn=made.own.topic_arn)
    made.own.call("s3", "DeleteBucket", Bucket=made.own.names.other)
    assert clean(made.access, lambda _: None, made.sleep) == []
    assert baselines(made)[made.own.trail_arn].state["deleted"] is True
    assert leftovers.find(made.access) == ([], [])


def _tag_trail(playground: Playground) -> None:
    tags = {"TagsList": playground.own.tags, "ResourceId": playground.own.trail_arn}
    playground.own.call("cloudtrail", "RemoveTags", **tags)


def _tag_bucket(playground: Playground) -> None:
    playground.own.call("s3", "DeleteBucketTagging", Bucket=playground.own.names.bucket)


@pytest.mark.parametrize(("untag", "what"), [(_tag_trail, "trail"), (_tag_bucket, "bucket")])
def test_what_has_lost_its_tag_is_named_and_left_alone(
    made: Playground, untag: Callable[[Playground], None], what: str
) -> None:
    untag(made)
    found, doubtful = leftovers.find(made.access)
    assert doubtful == [f"{what} {made.own.names.drill}"]
    (own,) = found
    assert (what if what == "trail" else made.own.names.bucket) not in own.made


@pytest.mark.parametrize(
    "bucket",
    [
        "rearm-drill-logs",
        "rearm-drill-0123456",
        "rearm-drill-012345678",
        "rearm-drill-0123abcd-logs",
        "other-rearm-drill-0123abcd",
        "rearm2-drill-0123abcd",
    ],
)
def test_what_is_called_nearly_so_is_not_looked_at(playground: Playground, bucket: str) -> None:
    playground.access.aws.call("s3", REGION, "CreateBucket", {"Bucket": bucket})
    assert leftovers.find(playground.access) == ([], [])


def test_a_key_goes_with_its_alias(playground: Playground) -> None:
    playground.own.with_key = True
    playground.own.make()
    assert removal.remove(playground.own, sleep=playground.sleep) == []
    key = playground.own.call("kms", "DescribeKey", KeyId=playground.own.key_id)["KeyMetadata"]
    assert key["KeyState"] == "PendingDeletion"
    aliases = playground.own.call("kms", "ListAliases")["Aliases"]
    assert names_of(playground.own.names.drill).alias not in [one["AliasName"] for one in aliases]
    raw = {item.key: item.content for item in playground.access.table.query(GROUP)}
    assert raw[f"{playground.own.names.drill}-key"]["match"] == {"resource": playground.own.key_arn}


def test_a_key_that_was_left_behind_is_found_by_its_alias(playground: Playground) -> None:
    playground.own.with_key = True
    playground.own.make()
    (own,), _ = leftovers.find(playground.access)
    assert own.key_arn == playground.own.key_arn
    assert "key" in own.made
