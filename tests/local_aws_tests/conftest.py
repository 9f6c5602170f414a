"""An account of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.local_aws.local import LocalAws
from tests.local_aws.options import Options
from tests.local_aws_tests.deploy import Deploy


@pytest.fixture
def options() -> Options:
    """Give the options of a test's account; a test module may give others."""
    return Options(emulator=None)


@pytest.fixture
def aws(options: Options) -> Iterator[LocalAws]:
    """Open an account. What it could not imitate fails the test, unless the test takes it away."""
    with LocalAws(options) as opened:
        yield opened
        opened.wait_idle()
        assert [entry.text for entry in opened.problems] == []


@pytest.fixture
def deploy(aws: LocalAws) -> Deploy:
    """Give short ways to make things in the account."""
    return Deploy(aws)
