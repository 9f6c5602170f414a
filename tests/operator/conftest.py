"""What every test of the operator's commands stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.events.envelopes import REGION
from tests.events.identities import ACCOUNT
from tests.operator.deployment import Deployment, make_bucket
from tests.operator.drilling import Playground
from tests.support.records import make_table
from tests.unit.deployment import TABLE


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    """Give a deployment with its table, in an account with a bucket whose versioning is suspended."""
    with mock_aws():
        make_table(TABLE, REGION, ACCOUNT)
        make_bucket()
        yield Deployment()


@pytest.fixture
def playground() -> Iterator[Playground]:
    """Give an account with the deployment's table, in which a drill can run."""
    with mock_aws():
        make_table(TABLE, REGION, ACCOUNT)
        yield Playground()
