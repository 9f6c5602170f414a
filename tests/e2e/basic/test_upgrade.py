"""The deployment over time: planned again, broken and healed, brought to a new version, destroyed."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from tests.e2e.world import World

ROOT = "examples/basic"
FUNCTION = 'module.rearm.module.automation["cloudtrail"].aws_lambda_function.this'


def test_a_second_plan_finds_nothing_to_change(basic: World) -> None:
    assert basic.terraform.plan(ROOT).changes == {}


def test_a_topic_that_is_gone_does_not_keep_a_trail_stopped(basic: World) -> None:
    trail = basic.account.trail("main")
    topic = f"arn:aws:sns:{basic.account.region}:{basic.account.id}:rearm-notifications"
    with basic.account.unseen():
        basic.account.client("sns").delete_topic(TopicArn=topic)
    basic.account.user("contractor").stop(trail)
    basic.aws.wait_idle()
    assert basic.account.logs(trail)
    (failure,) = basic.said.failures()
    assert "sns:Publish: NotFound" in failure["body"]["responsePayload"]["errorMessage"]


def test_an_event_for_a_function_that_is_gone_waits_in_the_queue(basic: World) -> None:
    trail = basic.account.trail("main")
    with basic.account.unseen():
        basic.account.client("lambda").delete_function(FunctionName="rearm-cloudtrail")
    basic.account.user("contractor").stop(trail)
    basic.aws.wait_idle()
    assert not basic.account.logs(trail)
    (failure,) = basic.said.failures()
    assert failure["attributes"]["ERROR_CODE"] == "NO_RESOURCE"
    assert failure["body"]["detail"]["requestParameters"] == {"name": trail}


def test_applying_again_brings_back_what_somebody_has_deleted_or_disabled(basic: World) -> None:
    events = basic.account.client("events")
    with basic.account.unseen():
        events.disable_rule(Name="rearm-cloudtrail-sweep")
    summary = basic.apply(ROOT)
    assert {rule["State"] for rule in events.list_rules(NamePrefix="rearm-")["Rules"]} == {"ENABLED"}
    assert "module.rearm.aws_sns_topic.notifications[0]" in summary.changes
    assert FUNCTION in summary.changes
    trail = basic.account.trail("main")
    basic.account.user("contractor").stop(trail)
    basic.aws.wait_idle()
    assert basic.account.logs(trail)
    assert basic.said.mail().attributes["outcome"] == "remediated"


def test_a_new_version_changes_the_functions_alone_and_responds_to_the_next_stop(basic: World) -> None:
    _new_version(basic.checkout / "dist" / "rearm.zip", "99.0.1")
    changes = basic.apply(ROOT).changes
    assert set(changes.values()) == {"update"}
    # Each function, and what the guard must know of it.
    assert {re.sub(r'.*automation\["\w+"\]\.', "", address) for address in changes} == {
        "aws_lambda_function.this",
        "aws_ssm_parameter.deployed",
        "aws_ssm_parameter.parts",
    }
    assert len(changes) == 3 * len(basic.account.client("lambda").list_functions()["Functions"])
    trail = basic.account.trail("main")
    basic.account.user("contractor").stop(trail)
    basic.aws.wait_idle()
    assert basic.account.logs(trail)
    assert "rearm/99.0.1" in basic.account.history("StartLogging")[0]["userAgent"]


def test_destroying_leaves_nothing_behind(basic: World) -> None:
    assert basic.made <= basic.account.names()
    basic.destroy()
    assert basic.made & basic.account.names() == set()


def _new_version(package: Path, version: str) -> None:
    with zipfile.ZipFile(package) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    before = files["rearm/__init__.py"].decode()
    files["rearm/__init__.py"] = (before + f'\n__version__ = "{version}"\n').encode()
    with zipfile.ZipFile(package, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
