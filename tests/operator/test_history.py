from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from moto.dynamodb.models import dynamodb_backends

from tests.events.envelopes import REGION
from tests.events.identities import ACCOUNT
from tests.operator.deployment import ARN, AUTOMATION, BUCKET, FIRST, Deployment, suspend
from tests.unit.deployment import TABLE
from tools.operator import history

SECOND = "7b4a1c5e-0000-4c7b-9a58-3f2f0b7a9d10"
FROM_HERE = ("--region", REGION)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    capsys.readouterr()
    assert history.main([*FROM_HERE, *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_response_is_a_line_with_everything_that_was_asked_for(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    response = deployment.respond()
    header, line = shown(capsys)
    assert header.split() == [
        *("when", "(UTC)", "automation", "resource", "finding", "actor", "outcome", "seconds", "response")
    ]
    when = response.started.strftime("%Y-%m-%d %H:%M:%S")
    assert line.split() == [
        *when.split(),
        *(AUTOMATION, BUCKET, "versioning-off", "-", "remediated", "-", FIRST),
    ]


def test_the_newest_comes_first_whatever_their_ids(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    for hours, response in ((3, SECOND), (2, FIRST), (1, SECOND)):
        deployment.now = datetime.now(UTC) - timedelta(hours=hours)
        suspend()
        deployment.respond(response)
    assert [line.split()[-1] for line in shown(capsys)[1:]] == [SECOND, FIRST, SECOND]


def test_what_is_older_than_the_days_is_left_out(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.now = datetime.now(UTC) - timedelta(days=31)
    deployment.respond()
    assert "no response of the last 30 days" in shown(capsys)[0]
    assert shown(capsys, "--days", "32")[1].endswith(FIRST)


def test_json_is_what_the_table_holds(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    deployment.respond()
    (told,) = json.loads("\n".join(shown(capsys, "--json")))
    assert told["response"] == FIRST
    assert told["findings"][0]["actions"][0]["undo"]["check"]["value"] == "Enabled"


@pytest.mark.parametrize(("problems", "outcome"), [([], "compliant"), (["s3:Get: Busy"], "failed")])
def test_a_call_that_left_nothing_to_put_right_is_a_line_too(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], problems: list[str], outcome: str
) -> None:
    deployment.respond()
    (item,) = deployment.table.query(f"{AUTOMATION}#response")
    alarm = {**item.content["alarm"], "title": "PutBucketVersioning", "resources": [ARN]}
    content = {**item.content, "alarm": alarm, "findings": [], "problems": problems}
    deployment.table.put(item.group, item.key, content)
    assert shown(capsys)[1].split()[3:] == [ARN, "-", "-", outcome, "-", FIRST]


def test_json_of_nothing_is_an_empty_list(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--json") == ["[]"]


def test_an_item_that_nobody_has_written_so_does_not_hide_the_others(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.respond()
    deployment.table.put(f"{AUTOMATION}#response", "odd", {"started": "2026-11-24T08:00:00+00:00"})
    assert history.main(FROM_HERE) == 0
    told = capsys.readouterr()
    assert FIRST in told.out
    assert "1 items of the table cannot be read" in told.err


def test_text_of_an_attacker_cannot_move_the_terminal(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.respond()
    (item,) = deployment.table.query(f"{AUTOMATION}#response")
    content = json.loads(json.dumps(item.content))
    content["findings"][0]["actor"] = "arn:\x1b[2J\nroot"
    deployment.table.put(item.group, item.key, content)
    assert "\x1b" not in "".join(shown(capsys))
    assert len(shown(capsys)) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--name", "other", *FROM_HERE], "no table other-records in us-east-1: NAME must be"),
        (["--region", "eu-west-1"], "no table rearm-records in eu-west-1"),
        (["--region", "mars"], "The region is 'mars': give REGION="),
    ],
)
def test_a_wrong_deployment_is_named_with_what_to_change(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert history.main(arguments) == 2
    assert said in capsys.readouterr().err


def test_a_table_that_is_gone_is_no_empty_history(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    del dynamodb_backends[ACCOUNT][REGION].tables[TABLE]
    assert history.main(FROM_HERE) == 2
    assert "There is no table rearm-records" in capsys.readouterr().err


@pytest.mark.parametrize("days", ["0", "-1", "soon", "1.5"])
def test_days_that_are_none_are_refused(capsys: pytest.CaptureFixture[str], days: str) -> None:
    with pytest.raises(SystemExit):
        history.main(["--days", days])
    assert "DAYS" in capsys.readouterr().err
