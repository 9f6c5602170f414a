"""Two automations that keep the same attribute of a trail's bucket, and do not fight over it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.events.envelopes import scheduled
from tests.unit.s3_encryption.account import FOREIGN_KEY, OWN, PUT, Account, opened
from tests.unit.s3_encryption.test_shared import trail_into
from tests.unit.world import Run

LOGS = "trail-logs"
SETTINGS: dict[str, Any] = {"algorithm": "aws:kms", "key": "alias/data", "repair_shared": True}


class Both:
    """Both automations in one account: each gets the events that the other's calls lead to."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.settings: Mapping[str, Mapping[str, object]] = {"s3_encryption": SETTINGS, "trail_storage": {}}

    def run(self, automation: str, event: object) -> Run:
        """Let one of the two handle an event."""
        self.account.world.deploy(automation=automation, settings=self.settings[automation])
        return self.account.handle(event)

    def sweep(self, automation: str) -> Run:
        """Let one of the two sweep."""
        return self.run(automation, scheduled(f"rearm-{automation}-sweep"))

    def event_by(self, automation: str) -> Any:
        """Return the event of a PutBucketEncryption that one of the two has made."""
        role = f"arn:aws:iam::123456789012:role/rearm-{automation}"
        identity = {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::123456789012:assumed-role/rearm-{automation}/rearm-{automation}",
            "accountId": "123456789012",
            "sessionContext": {"sessionIssuer": {"arn": role, "type": "Role"}},
        }
        return self.account.event(bucket=LOGS, identity=identity)


@pytest.fixture
def both() -> Iterator[Both]:
    """Give an account with a trail's bucket, of which one of the two has a baseline."""
    with opened(**SETTINGS) as account:
        trail_into(LOGS)
        made = Both(account)
        made.sweep("trail_storage")
        assert account.world.items("trail_storage#baseline"), "it has learned nothing"
        yield made


def test_a_foreign_key_in_a_trails_bucket_is_put_back_once(both: Both) -> None:
    both.account.encrypt("aws:kms", FOREIGN_KEY, name=LOGS)
    event = both.account.event(bucket=LOGS)

    first = both.run("s3_encryption", event)
    second = both.run("trail_storage", event)
    third = both.run("s3_encryption", both.event_by("trail_storage"))

    assert [len(run.called(PUT)) for run in (first, second, third)] == [0, 1, 0]
    assert both.account.applied(LOGS) == OWN


def test_sweeps_of_both_leave_a_trails_bucket_as_it_was_recorded(both: Both) -> None:
    runs = [both.sweep(automation) for automation in ("s3_encryption", "trail_storage") * 3]

    assert [made for run in runs for made in run.called(PUT)] == []
    assert both.account.applied(LOGS) == OWN


def test_a_bucket_that_no_trail_uses_is_left_to_this_one(both: Both) -> None:
    name = both.account.bucket()

    mended = both.run("s3_encryption", both.account.event())
    seen = both.run("trail_storage", both.account.event())
    swept = both.sweep("trail_storage")

    assert [len(run.called(PUT)) for run in (mended, seen, swept)] == [1, 0, 0]
    assert both.account.applied(name) == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": both.account.key}
