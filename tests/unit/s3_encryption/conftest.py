"""What every test of this automation stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.s3_encryption.account import Account, opened


@pytest.fixture
def account() -> Iterator[Account]:
    """Give a new account where buckets must use at least S3's own keys, and none of a foreign account."""
    with opened() as made:
        yield made


@pytest.fixture
def keyed() -> Iterator[Account]:
    """Give a new account where buckets must use one key of the account, named by its alias."""
    with opened(algorithm="aws:kms", key="alias/data") as made:
        yield made
