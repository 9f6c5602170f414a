"""A sweep over many buckets: few calls, side by side, and on where the last one stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.endpoint import Made
from tests.unit.s3_encryption.account import (
    AUTOMATION,
    FOREIGN_KEY,
    PUT,
    REGION,
    Account,
    opened,
)

MANY = 2000


def encryption(key: str | None = None) -> Mapping[str, Any]:
    """Answer as S3 does of a bucket's encryption."""
    applied = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {"SSEAlgorithm": "AES256"}
    rules = [{"ApplyServerSideEncryptionByDefault": applied, "BucketKeyEnabled": False}]
    return {"ServerSideEncryptionConfiguration": {"Rules": rules}}


class Many:
    """Answers for many buckets, in pages, as S3 does; what is put is kept."""

    def __init__(
        self, account: Account, number: int = MANY, *, foreign: frozenset[int] = frozenset()
    ) -> None:
        self.names = [f"bucket-{index:05d}" for index in range(number)]
        self.kept = {name: encryption(FOREIGN_KEY) for i, name in enumerate(self.names) if i in foreign}
        endpoint = account.world.endpoint
        endpoint.answer("s3:ListBuckets", self._list)
        endpoint.answer("s3:GetBucketEncryption", self._get)
        endpoint.answer("s3:GetBucketPolicy", lambda _: {"Policy": '{"Statement": []}'})
        endpoint.answer("s3:PutBucketEncryption", self._put)

    def _list(self, made: Made) -> Mapping[str, Any]:
        assert made.parameters["BucketRegion"] == made.region == REGION
        start = int(made.parameters.get("ContinuationToken", 0))
        end = start + made.parameters["MaxBuckets"]
        page = [{"Name": name, "BucketRegion": REGION} for name in self.names[start:end]]
        return {"Buckets": page, **({"ContinuationToken": str(end)} if end < len(self.names) else {})}

    def _get(self, made: Made) -> Mapping[str, Any]:
        return self.kept.get(made.parameters["Bucket"], encryption())

    def _put(self, made: Made) -> Mapping[str, Any]:
        name, key = made.parameters["Bucket"], "ServerSideEncryptionConfiguration"
        self.kept[name] = {key: made.parameters[key]}
        return {}

    @property
    def wrong(self) -> list[str]:
        """The buckets that still have the foreign key."""
        return sorted(name for name, kept in self.kept.items() if FOREIGN_KEY in str(kept))


def test_a_sweep_over_two_thousand_sound_buckets_makes_one_call_for_each(account: Account) -> None:
    Many(account)

    run = account.sweep()

    assert (run.changes, run.messages, run.error) == ([], [], None)
    called = [made.name for made in run.looks if made.service in ("s3", "kms", "cloudtrail")]
    assert called.count("s3:ListBuckets") == 2
    assert called.count("s3:GetBucketEncryption") == MANY
    assert len(called) == MANY + 2


def test_every_bucket_of_every_page_is_looked_at_once(account: Account) -> None:
    many = Many(account, 1001)

    run = account.sweep()

    asked = [made.parameters["Bucket"] for made in run.called("s3:GetBucketEncryption")]
    assert sorted(asked) == many.names


def test_two_thousand_buckets_of_one_key_are_asked_of_kms_once() -> None:
    with opened(algorithm="aws:kms", key="alias/data") as account:
        many = Many(account, 200)
        many.kept = {name: encryption(account.key) for name in many.names}

        run = account.sweep()

        assert (run.changes, run.error) == ([], None)
        assert len(run.called("kms:DescribeKey")) == 1


def test_a_sweep_that_finds_much_puts_it_right_and_the_next_ones_go_on(account: Account) -> None:
    many = Many(account, 150, foreign=frozenset(range(150)))

    runs = [account.sweep() for _ in range(3)]

    assert [set(run.outcomes) for run in runs[:2]] == [{"remediated"}] * 2
    assert many.wrong == []
    put = [made.parameters["Bucket"] for run in runs for made in run.called(PUT)]
    assert sorted(put) == many.names


def test_a_sweep_without_time_stops_and_the_next_one_goes_on_there(account: Account) -> None:
    many = Many(account, 150)

    first = account.sweep(remaining_ms=14_000)
    place = account.world.items(f"{AUTOMATION}#sweep")["left-off"]
    second = account.sweep()

    asked = [
        made.parameters["Bucket"] for run in (first, second) for made in run.called("s3:GetBucketEncryption")
    ]
    assert 0 < len(first.called("s3:GetBucketEncryption")) < 150
    assert place["after"] == first.called("s3:GetBucketEncryption")[-1].parameters["Bucket"] or place["left"]
    assert sorted(asked) == many.names


@pytest.mark.parametrize("page", [1, 2])
def test_a_list_that_breaks_off_is_a_failure_and_nothing_is_taken_for_all(
    account: Account, page: int
) -> None:
    Many(account)
    account.world.endpoint.fail(
        "s3:ListBuckets",
        "InternalError",
        when=lambda made: ("ContinuationToken" in made.parameters) is (page == 2),
    )

    run = account.sweep()

    assert (run.findings, run.outcomes) == (["unreadable"], ["failed"])
    assert "s3:ListBuckets" in str(run.error)


def test_one_bucket_that_cannot_be_read_does_not_hold_up_the_others(account: Account) -> None:
    many = Many(account, 100, foreign=frozenset({7, 70}))
    account.closed_to_rearm("GetBucketEncryption", many.names[50], code="InternalError")

    run = account.sweep()

    assert many.wrong == []
    assert sorted(run.outcomes) == ["failed", "remediated", "remediated"]
    assert "s3:GetBucketEncryption" in str(run.error)
