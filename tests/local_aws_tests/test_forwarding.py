"""A rule whose target is the bus of another region."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_aws.local import LocalAws
from tests.local_aws.options import Options
from tests.local_aws_tests.deploy import REGION, Deploy, allow

ELSEWHERE = "us-west-2"
PATTERN = {"source": ["aws.cloudtrail"], "detail": {"eventName": ["StopLogging"]}}
EVENTS_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def bus(aws: LocalAws, region: str = REGION) -> str:
    return f"arn:aws:events:{region}:{aws.account}:event-bus/default"


def forward(aws: LocalAws, role: str | None) -> None:
    events = aws.client("events", ELSEWHERE)
    events.put_rule(Name="forward", EventPattern='{"source": ["aws.cloudtrail"]}')
    target = {"Id": "bus", "Arn": bus(aws), **({"RoleArn": role} if role else {})}
    events.put_targets(Rule="forward", Targets=[target])


@pytest.fixture
def received(aws: LocalAws, deploy: Deploy) -> Any:
    """Give what a queue of this region gets, after a trail elsewhere was stopped."""
    url, arn = deploy.queue("here", services=["events.amazonaws.com"])
    deploy.rule(arn, PATTERN)

    def stopped() -> list[dict[str, Any]]:
        deploy.trail("there", region=ELSEWHERE)
        aws.client("cloudtrail", ELSEWHERE).stop_logging(Name="there")
        aws.wait_idle()
        return deploy.received(url)

    return stopped


def test_an_event_reaches_the_other_regions_rules_as_it_is(
    aws: LocalAws, deploy: Deploy, received: Any
) -> None:
    role = deploy.role("forwarder", [allow("events:PutEvents", bus(aws))], trust=EVENTS_TRUST)
    forward(aws, role)
    (message,) = received()
    assert f'"region": "{ELSEWHERE}"' in message["Body"]
    assert f'"awsRegion": "{ELSEWHERE}"' in message["Body"]


@pytest.mark.parametrize("case", ["no role", "not trusted", "another bus", "no permission"])
def test_an_event_is_not_forwarded_without_a_role_that_may(
    aws: LocalAws, deploy: Deploy, received: Any, case: str
) -> None:
    if case == "no role":
        forward(aws, None)
    elif case == "not trusted":
        forward(aws, deploy.role("forwarder", [allow("events:PutEvents", bus(aws))]))
    elif case == "another bus":
        statement = allow("events:PutEvents", bus(aws, "us-east-1"))
        forward(aws, deploy.role("forwarder", [statement], trust=EVENTS_TRUST))
    else:
        forward(aws, deploy.role("forwarder", trust=EVENTS_TRUST))
    assert received() == []
    assert "NO_PERMISSIONS" in aws.timeline.entries("undelivered")[0].text


def test_a_bus_of_another_account_is_beyond_this_imitation(options: Options) -> None:
    with LocalAws(options) as aws:
        events = aws.client("events", ELSEWHERE)
        events.put_rule(Name="forward", EventPattern='{"source": ["aws.cloudtrail"]}')
        foreign = f"arn:aws:events:{REGION}:999988887777:event-bus/default"
        events.put_targets(Rule="forward", Targets=[{"Id": "bus", "Arn": foreign}])
        Deploy(aws).trail("there", region=ELSEWHERE)
        aws.client("cloudtrail", ELSEWHERE).stop_logging(Name="there")
        aws.wait_idle()
        assert all("is not imitated" in problem.text for problem in aws.problems)
        assert len(aws.problems) > 0
