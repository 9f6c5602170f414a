from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rearm.aws import Aws, AwsError
from rearm.model import Action, Check, Failure
from tests.events.envelopes import REGION
from tools.operator.undoing import Standing, same, standing

POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}'


class Answering(Aws):
    """Clients that answer one thing, or fail with one code."""

    def __init__(self, answer: object = None, code: str = "") -> None:
        super().__init__()
        self._answer = answer
        self._code = code

    def call(self, service: str, region: str, operation: str, *_: Any, **__: Any) -> Any:
        """Answer, or fail."""
        if self._code:
            raise AwsError(Failure(self._code, "made by the test", f"{service}:{operation}"))
        return self._answer


def checked(path: str, value: object) -> Action:
    check = Check("s3", "GetBucketPolicy", {"Bucket": "logs"}, REGION, path, value)
    return Action("s3", "PutBucketPolicy", {}, REGION, "as it was", check=check)


@pytest.mark.parametrize(
    ("present", "wanted"),
    [
        ("Enabled", "Enabled"),
        (True, True),
        (None, None),
        (POLICY, POLICY.replace(" ", "")),
        (POLICY, {"Statement": [{"Effect": "Allow"}], "Version": "2012-10-17"}),
        (("a", "b"), ["a", "b"]),
        ({"a": [POLICY]}, {"a": [POLICY.replace(" ", "")]}),
        ("{not json", "{not json"),
        (datetime(2026, 11, 24, tzinfo=UTC), "2026-11-24 00:00:00+00:00"),
    ],
)
def test_these_are_the_same(present: object, wanted: object) -> None:
    assert same(present, wanted)


@pytest.mark.parametrize(
    ("present", "wanted"),
    [
        ("Enabled", "Suspended"),
        (None, ""),
        (None, {}),
        ("true", True),
        ("1", 1),
        (["a", "b"], ["b", "a"]),
        ({"a": 1}, {"a": 1, "b": 2}),
        (POLICY, POLICY.replace("Allow", "Deny")),
    ],
)
def test_these_are_not(present: object, wanted: object) -> None:
    assert not same(present, wanted)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("Policy", POLICY, Standing.RIGHT),
        ("Policy", "{}", Standing.CHANGED),
        ("Nothing", None, Standing.RIGHT),
        ("Rules[?ID=='keep'].Days | [0]", 90, Standing.RIGHT),
        ("Rules[?ID=='gone']", [], Standing.RIGHT),
    ],
)
def test_the_present_state_is_read_at_the_path(path: str, value: object, expected: Standing) -> None:
    answer = {"Policy": POLICY, "Rules": [{"ID": "keep", "Days": 90}]}
    assert standing(Answering(answer), checked(path, value)) is expected


@pytest.mark.parametrize(
    "code",
    [
        "NoSuchBucketPolicy",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchBucket",
        "OwnershipControlsNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
        "TrailNotFoundException",
        "InsightNotEnabledException",
        "ResourceNotFoundException",
    ],
)
def test_nothing_there_is_a_state(code: str) -> None:
    assert standing(Answering(code=code), checked("Policy", None)) is Standing.RIGHT
    assert standing(Answering(code=code), checked("Policy", POLICY)) is Standing.CHANGED


@pytest.mark.parametrize("code", ["AccessDenied", "ThrottlingException", "InternalError"])
def test_an_error_is_no_state(code: str) -> None:
    with pytest.raises(AwsError):
        standing(Answering(code=code), checked("Policy", None))


def test_without_a_check_nobody_knows() -> None:
    action = Action("s3", "PutBucketPolicy", {}, REGION, "as it was")
    assert standing(Answering(), action) is Standing.UNCHECKED
