"""Calls to AWS: every error becomes one kind, pages are followed, nothing is made before it is needed."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from rearm import handler
from rearm.automations import Look, load
from rearm.aws import READ_TIMEOUT_S, TOTAL_ATTEMPTS, Aws, AwsError, items_of, malformed
from rearm.baselines import Baselines
from rearm.doors import parse
from rearm.settings import ConfigurationError, from_environment
from rearm.table import Table
from tests.events.envelopes import api_event, config_change, custom_rule_invocation, scheduled, stop_logging
from tests.unit.deployment import AUTOMATIONS, configuration, exception, manifest, pack
from tests.unit.endpoint import ApiError
from tests.unit.world import World


@pytest.fixture
def clients(world: World) -> Aws:
    return handler._aws


def test_an_error_of_aws_keeps_code_message_and_call(world: World, clients: Aws) -> None:
    world.endpoint.fail("cloudtrail:GetTrailStatus", ApiError("TrailNotFoundException", "Unknown trail"))

    with pytest.raises(AwsError) as raised:
        clients.call("cloudtrail", "us-east-1", "GetTrailStatus", {"Name": "management"})

    assert raised.value.code == "TrailNotFoundException"
    assert str(raised.value) == "cloudtrail:GetTrailStatus: TrailNotFoundException: Unknown trail"


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="x"),
        ReadTimeoutError(endpoint_url="x"),
        EndpointConnectionError(endpoint_url="x"),
        ValueError("botocore's parser stumbled"),
        OSError("reset"),
        RecursionError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_goes_wrong_is_one_kind_of_error(world: World, clients: Aws, error: Exception) -> None:
    world.endpoint.fail("cloudtrail:GetTrailStatus", error)

    with pytest.raises(AwsError) as raised:
        clients.call("cloudtrail", "us-east-1", "GetTrailStatus", {"Name": "management"})

    assert raised.value.code == type(error).__name__


@pytest.mark.parametrize(
    ("service", "region", "operation", "parameters"),
    [
        ("cloudtrail", "us-east-1", "GetTrailStatus", {}),
        ("cloudtrail", "us-east-1", "GetTrailStatus", {"Name": 7}),
        ("cloudtrail", "us-east-1", "NoSuchCall", {}),
        ("cloudtrail", "not a region", "DescribeTrails", {}),
        ("cloudtrail", "x/../y", "DescribeTrails", {}),
        ("no-such-service", "us-east-1", "DescribeTrails", {}),
    ],
)
def test_a_call_that_cannot_be_made_is_an_error_of_aws_too(
    clients: Aws, service: str, region: str, operation: str, parameters: dict[str, object]
) -> None:
    with pytest.raises(AwsError):
        clients.call(service, region, operation, parameters)


def test_an_answer_that_is_no_object_is_malformed() -> None:
    clients = Aws()
    broken: Any = SimpleNamespace(list_trails=lambda: "text")
    clients._clients["cloudtrail", "us-east-1", TOTAL_ATTEMPTS, READ_TIMEOUT_S] = broken

    with pytest.raises(AwsError, match="MalformedAnswer"):
        clients.call("cloudtrail", "us-east-1", "ListTrails")


@pytest.mark.parametrize(
    "answer", [{}, {"Trails": None}, {"Trails": {}}, {"Trails": ["a"]}, {"Trails": [None]}]
)
def test_a_list_that_the_documentation_promises_is_there_or_the_answer_is_malformed(
    answer: dict[str, Any],
) -> None:
    with pytest.raises(AwsError, match="MalformedAnswer"):
        items_of(answer, "cloudtrail", "ListTrails", "Trails")


def test_pages_are_followed_to_the_end(world: World, clients: Aws) -> None:
    pages = {None: "1", "1": "2", "2": None}

    def page(made: Any) -> dict[str, Any]:
        token = pages[made.parameters.get("NextToken")]
        return {"Trails": []} | ({"NextToken": token} if token else {})

    world.endpoint.answer("cloudtrail:ListTrails", page)

    assert len(list(clients.pages("cloudtrail", "us-east-1", "ListTrails"))) == 3


def test_pages_that_never_end_are_left_at_the_limit(world: World, clients: Aws) -> None:
    world.endpoint.answer("cloudtrail:ListTrails", lambda _: {"Trails": [], "NextToken": "again"})

    assert len(list(clients.pages("cloudtrail", "us-east-1", "ListTrails", limit=7))) == 7


def test_a_client_is_made_once_for_each_service_and_region() -> None:
    clients = Aws()

    first = clients._client("cloudtrail", "us-east-1", TOTAL_ATTEMPTS, READ_TIMEOUT_S)

    assert clients._client("cloudtrail", "us-east-1", TOTAL_ATTEMPTS, READ_TIMEOUT_S) is first
    assert clients._client("cloudtrail", "eu-west-1", TOTAL_ATTEMPTS, READ_TIMEOUT_S) is not first


def test_a_client_tries_throttled_and_failed_calls_again_in_bounded_time() -> None:
    config: Any = Aws()._client("cloudtrail", "us-east-1", TOTAL_ATTEMPTS, READ_TIMEOUT_S).meta.config

    assert config.retries == {"mode": "standard", "total_max_attempts": TOTAL_ATTEMPTS}
    assert config.connect_timeout * TOTAL_ATTEMPTS + config.read_timeout * TOTAL_ATTEMPTS < 30
    assert "rearm/" in config.user_agent_extra


def test_a_malformed_answer_says_what_is_missing() -> None:
    error = malformed("cloudtrail", "ListTrails", "Trails is missing")

    assert (
        str(error) == "cloudtrail:ListTrails: MalformedAnswer: the answer cannot be read: Trails is missing"
    )


def test_the_handler_imports_nothing_of_botocore_before_a_call_is_needed() -> None:
    """In a new process, since this one has long imported everything."""
    code = (
        "import sys, rearm.handler\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('boto3', 'botocore', 'yaml')])"
    )
    source = AUTOMATIONS.parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_each_folder_is_an_automation_that_can_be_loaded() -> None:
    folders = sorted(path.parent.name for path in AUTOMATIONS.glob("*/automation.yaml"))

    assert "cloudtrail" in folders
    assert all(callable(load(name)) for name in folders)


@pytest.mark.parametrize("name", ["", "nothing", "cloudtrail.nothing", "../cloudtrail"])
def test_an_automation_that_the_package_lacks_is_a_configuration_error(name: str) -> None:
    with pytest.raises(ConfigurationError):
        load(name)


def test_an_automation_that_the_package_lacks_is_raised_by_the_handler(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REARM_CONFIG", pack(configuration() | {"automation": "nothing"}))

    run = world.handle(scheduled())

    assert isinstance(run.error, ConfigurationError)
    assert not run.calls


EVENTS: dict[str, Any] = {
    "stop": stop_logging(),
    "stop of all": stop_logging(None),
    "delete": api_event("DeleteTrail", parameters={"name": "gone"}),
    "update": api_event("UpdateTrail", parameters={"name": "management"}),
    "selectors": api_event("PutEventSelectors", parameters={"trailName": "management"}),
    "config": config_change("rearm-cloudtrail-enabled"),
    "custom rule": custom_rule_invocation(),
    "sweep": scheduled(),
}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
@pytest.mark.parametrize("rule", ["cloudtrail-enabled", "multi-region-cloudtrail-enabled"])
@pytest.mark.parametrize("state", ["none", "logging", "stopped", "elsewhere", "organization", "failing"])
def test_assess_only_reads(world: World, event: dict[str, Any], rule: str, state: str) -> None:
    """Judged by the calls that reach AWS: each is a Describe, List, Get or Lookup."""
    # Given an account in some state
    world.deploy(settings={"config_rule": rule}, exceptions={"planned": exception(actor="*")})
    if state in ("logging", "failing"):
        world.trail("management")
    if state in ("stopped", "elsewhere"):
        world.stop(world.trail("management", region="eu-west-1" if state == "elsewhere" else "us-east-1"))
    if state == "organization":
        world.organization_trail(logging=False)
    if state == "failing":
        world.endpoint.fail("cloudtrail:GetTrailStatus", "InternalFailure")

    # When the automation alone looks
    settings = from_environment()
    baselines = Baselines(Table(handler._aws, settings.table, settings.region), settings.automation)
    look = Look(
        aws=handler._aws,
        account=settings.account,
        region=settings.region,
        partition=settings.partition,
        settings=settings.values,
        baselines=baselines.all,
        now=lambda: datetime.now(UTC),
        name=settings.name,
    )
    load("cloudtrail")(parse(event, settings, "request"), look)

    # Then it has only read, and no more than the manifest's reading permissions
    assert world.endpoint.made
    assert [made.name for made in world.endpoint.made if not made.reads] == []
    granted = {
        action
        for permission in manifest()["permissions"]
        if permission.get("effect", "Allow") == "Allow" and "mode" not in permission
        for action in permission["actions"]
    } | {"dynamodb:Query"}
    assert {made.name for made in world.endpoint.made} <= granted
