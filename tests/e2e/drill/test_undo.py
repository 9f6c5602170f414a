"""A repair is undone by the operator's role, with the documented policy, and Rearm leaves it so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.account import BUCKET
from tests.e2e.drill import left
from tests.e2e.drill.operator import Operator
from tests.e2e.world import World


@pytest.fixture
def trail(deployed: World) -> Iterator[str]:
    """Give a trail that Rearm has got to know."""
    arn = deployed.account.trail("main")
    policy = {"Bucket": BUCKET, "Policy": json.dumps(writable())}
    deployed.account.client("s3").put_bucket_policy(**policy)
    deployed.aws.wait_idle(120)
    left.sweep(deployed)
    deployed.said.forget()
    yield arn
    left.end_exceptions(deployed)


def writable() -> dict[str, Any]:
    statements = [
        {
            "Sid": name,
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": action,
            "Resource": resource,
        }
        for name, action, resource in (
            ("Ask", "s3:GetBucketAcl", f"arn:aws:s3:::{BUCKET}"),
            ("Write", "s3:PutObject", f"arn:aws:s3:::{BUCKET}/*"),
        )
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def prefix(world: World) -> str | None:
    (one,) = world.account.client("cloudtrail").describe_trails(trailNameList=["main"])["trailList"]
    value: str | None = one.get("S3KeyPrefix")
    return value


def change(world: World) -> str:
    """Change the trail's prefix, and return the response that put it back."""
    world.account.client("cloudtrail").update_trail(Name="main", S3KeyPrefix="meant")
    world.aws.wait_idle(120)
    assert prefix(world) is None
    responses = [line["rearm"]["response"] for line in world.said.journal() if "outcome" in line["rearm"]]
    return str(responses[0])


def test_the_change_that_was_meant_comes_back_and_stays(
    deployed: World, operator: Operator, trail: str
) -> None:
    response = change(deployed)
    operator.may("history")
    code, said = operator.run("history")
    assert code == 0, said
    (line,) = [line for line in said.splitlines() if line.endswith(response)]
    assert line.split()[2:6:2] == ["cloudtrail", "trail-prefix-changed"]
    operator.may("undo")
    code, said = operator.run("undo", "--id", response, "--yes")
    assert code == 0, said
    assert "1 undone, 0 left alone, 0 failed." in said
    deployed.aws.wait_idle(120)
    left.sweep(deployed)
    assert prefix(deployed) == "meant"
    (given,) = left.items(deployed, "exception").values()
    assert given["match"] == {"resource": trail}
    assert given["reason"].endswith(":assumed-role/operator/night-shift")
    left.end_exceptions(deployed)
    left.sweep(deployed)
    assert prefix(deployed) is None


def test_what_was_changed_since_is_left_alone(deployed: World, operator: Operator, trail: str) -> None:
    response = change(deployed)
    with deployed.account.unseen():
        deployed.account.client("cloudtrail").update_trail(Name="main", S3KeyPrefix="newer")
        operator.may("undo")
        code, said = operator.run("undo", "--id", response, "--yes")
        assert code == 0, said
        assert "changed since, left alone" in said
        assert prefix(deployed) == "newer"
        assert left.items(deployed, "exception") == {}


def test_a_policy_of_a_bucket_is_undone_too(deployed: World, operator: Operator, trail: str) -> None:
    s3 = deployed.account.client("s3")
    s3.delete_bucket_policy(Bucket=BUCKET)
    deployed.aws.wait_idle(120)
    assert json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"]) == writable()
    found = left.items(deployed, "trail_storage#response").values()
    (response,) = {one["response"] for one in found if one["alarm"]["title"] == "DeleteBucketPolicy"}
    operator.may("undo")
    code, said = operator.run("undo", "--id", response, "--yes")
    assert code == 0, said
    assert "1 undone, 0 left alone, 0 failed." in said
    deployed.aws.wait_idle(120)
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=BUCKET)
