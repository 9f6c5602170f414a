from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from rearm.aws import Aws, AwsError
from rearm.excuses import GROUP
from rearm.model import Failure, Outcome
from tests.events.envelopes import REGION
from tests.events.identities import ACCOUNT
from tests.operator.clients import sharing
from tests.operator.deployment import (
    ARN,
    AUTOMATION,
    BUCKET,
    FIRST,
    Deployment,
    make_bucket,
    suspend,
    versioned,
    versioning,
)
from tools.operator import undo
from tools.operator.access import OperatorError

LATER = "7b4a1c5e-0000-4c7b-9a58-3f2f0b7a9d10"
OTHER = "trail-logs-other"
CALLER = f"arn:aws:sts::{ACCOUNT}:user/moto"


class Faulty(Aws):
    """Clients of the operator whose calls fail as told; the calls that were made are kept in order."""

    def __init__(self, fail: Mapping[str, str]) -> None:
        super().__init__()
        sharing(self)
        self.fail = dict(fail)
        self.made: list[str] = []

    def call(self, service: str, region: str, operation: str, *arguments: Any, **options: Any) -> Any:
        """Make a call, unless it is to fail."""
        bucket = (arguments[0] if arguments and arguments[0] else {}).get("Bucket", "")
        self.made.append(f"{service}:{operation}")
        code = self.fail.get(f"{service}:{operation}") or self.fail.get(f"{operation} {bucket}")
        if code:
            raise AwsError(Failure(code, "made by the test", f"{service}:{operation}"))
        return super().call(service, region, operation, *arguments, **options)


def run(deployment: Deployment, *, days: int = 1, agreed: bool = True) -> tuple[int, str]:
    said: list[str] = []
    now = datetime.now(UTC)
    code = undo.undo(deployment.operator(), FIRST, days, lambda: agreed, said.append, now)
    return code, "\n".join(said)


def given(deployment: Deployment) -> dict[str, Mapping[str, Any]]:
    return {item.key: item.content for item in deployment.table.query(GROUP)}


def tomorrow() -> date:
    return (datetime.now(UTC) + timedelta(days=1)).date()


def test_a_repair_is_taken_back_and_stays_so_until_the_exception_ends(deployment: Deployment) -> None:
    assert deployment.outcomes() == [Outcome.REMEDIATED]
    assert versioning() == "Enabled"
    code, said = run(deployment)
    assert code == 0, said
    assert versioning() == "Suspended"
    assert "1 undone, 0 left alone, 0 failed." in said
    assert deployment.outcomes(LATER) == [Outcome.EXCEPTED]
    assert versioning() == "Suspended"
    deployment.now = datetime.now(UTC) + timedelta(days=2)
    assert deployment.outcomes(LATER) == [Outcome.REMEDIATED]
    assert versioning() == "Enabled"


def test_without_its_exception_rearm_would_put_it_right_again(deployment: Deployment) -> None:
    deployment.respond()
    run(deployment)
    deployment.table.delete(GROUP, f"undo-{FIRST}")
    assert deployment.outcomes(LATER) == [Outcome.REMEDIATED]


def test_the_exception_is_for_this_resource_and_automation_until_tomorrow(deployment: Deployment) -> None:
    deployment.respond()
    code, said = run(deployment)
    assert code == 0
    assert given(deployment) == {
        f"undo-{FIRST}": {
            "match": {"resource": ARN},
            "reason": f"undo of response {FIRST} by {deployment.operator().caller}",
            "expires": tomorrow().isoformat(),
            "quiet": False,
            "scope": AUTOMATION,
        }
    }
    assert f"Exception undo-{FIRST} is recorded, until {tomorrow()}." in said


def test_the_exception_does_not_excuse_another_bucket(deployment: Deployment) -> None:
    deployment.respond()
    run(deployment)
    make_bucket(OTHER)
    outcomes = deployment.outcomes(LATER, BUCKET, OTHER)
    assert outcomes == [Outcome.EXCEPTED, Outcome.REMEDIATED]


def test_it_may_last_longer(deployment: Deployment) -> None:
    deployment.respond()
    run(deployment, days=7)
    (content,) = given(deployment).values()
    assert content["expires"] == (datetime.now(UTC) + timedelta(days=7)).date().isoformat()


def test_dynamodb_may_forget_the_exception_only_after_it_has_ended(deployment: Deployment) -> None:
    deployment.respond()
    run(deployment)
    answer = deployment.aws.call("dynamodb", REGION, "Scan", {"TableName": "rearm-records"})
    (item,) = [item for item in answer["Items"] if item["group"]["S"] == GROUP]
    assert datetime.fromtimestamp(int(item["expires"]["N"]), UTC).date() > tomorrow()


def test_the_exception_is_recorded_before_anything_is_undone(deployment: Deployment) -> None:
    deployment.respond()
    aws = deployment.aws = Faulty({})
    run(deployment)
    assert aws.made.index("dynamodb:PutItem") < aws.made.index("s3:PutBucketVersioning")


def test_an_exception_that_cannot_be_recorded_undoes_nothing(deployment: Deployment) -> None:
    deployment.respond()
    aws = deployment.aws = Faulty({})
    access = deployment.operator()
    aws.fail["dynamodb:PutItem"] = "AccessDeniedException"
    access = replace(access, table=type(access.table)(aws, "rearm-records", REGION))
    with pytest.raises(
        OperatorError, match=r"You may not write to the table rearm-records.*Nothing was undone"
    ):
        undo.undo(access, FIRST, 1, lambda: True, print, datetime.now(UTC))
    assert "s3:PutBucketVersioning" not in aws.made
    assert versioning() == "Enabled"


def test_what_somebody_has_changed_since_is_left_alone(deployment: Deployment) -> None:
    deployment.respond()
    suspend()
    code, said = run(deployment)
    assert code == 0
    assert "changed since, left alone" in said
    assert "Nothing is left to undo, and no exception was given." in said
    assert given(deployment) == {}


def test_a_second_run_finds_nothing_left_to_undo(deployment: Deployment) -> None:
    deployment.respond()
    assert run(deployment)[0] == 0
    before = given(deployment)
    code, said = run(deployment)
    assert code == 0
    assert "Nothing is left to undo" in said
    assert given(deployment) == before


def test_what_changes_between_the_list_and_the_call_is_left_alone(deployment: Deployment) -> None:
    deployment.respond()
    said: list[str] = []

    def agreed() -> bool:
        suspend()
        return True

    code = undo.undo(deployment.operator(), FIRST, 1, agreed, said.append, datetime.now(UTC))
    told = "\n".join(said)
    assert code == 0
    assert "left alone, changed since" in told
    assert "Nothing was undone, but the exception stands" in told
    assert f'"S": "undo-{FIRST}"' in told


def test_the_command_that_ends_the_exception_is_the_right_one(deployment: Deployment) -> None:
    import shlex

    deployment.respond()
    _, said = run(deployment)
    (line,) = [line for line in said.splitlines() if "delete-item" in line]
    words = shlex.split(line)
    assert words[:5] == ["aws", "dynamodb", "delete-item", "--table-name", "rearm-records"]
    key = json.loads(words[words.index("--key") + 1])
    deployment.aws.call("dynamodb", REGION, "DeleteItem", {"TableName": "rearm-records", "Key": key})
    assert given(deployment) == {}


def test_without_agreement_nothing_is_changed(deployment: Deployment) -> None:
    deployment.respond()
    code, said = run(deployment, agreed=False)
    assert code == 1
    assert "Nothing was changed." in said
    assert given(deployment) == {}
    assert versioning() == "Enabled"


def test_everything_is_listed_before_anybody_is_asked(deployment: Deployment) -> None:
    deployment.respond()
    _, said = run(deployment, agreed=False)
    assert (
        f"aws s3api put-bucket-versioning --bucket {BUCKET} --versioning-configuration "
        f'\'{{"Status": "Suspended"}}\' --region {REGION}' in said
    )
    assert "still as Rearm left it" in said
    assert f"until the end of {tomorrow()} (UTC)" in said


def test_one_that_fails_does_not_hide_the_others(deployment: Deployment) -> None:
    make_bucket(OTHER)
    deployment.respond(FIRST, BUCKET, OTHER)
    deployment.aws = Faulty({f"PutBucketVersioning {OTHER}": "AccessDenied"})
    code, said = run(deployment)
    assert code == 1
    assert (versioning(BUCKET), versioning(OTHER)) == ("Suspended", "Enabled")
    assert "FAILED: aws s3api put-bucket-versioning --bucket trail-logs-other" in said
    assert "You may not call s3:PutBucketVersioning" in said
    assert "1 undone, 0 left alone, 1 failed." in said


def test_a_state_that_cannot_be_read_is_not_overwritten(deployment: Deployment) -> None:
    deployment.respond()
    aws = deployment.aws = Faulty({"s3:GetBucketVersioning": "AccessDenied"})
    code, said = run(deployment)
    assert code == 1
    assert "the present state could not be read" in said
    assert "s3:PutBucketVersioning" not in aws.made
    assert "Nothing was undone, but the exception stands" in said


def test_each_resource_gets_an_exception_of_its_own(deployment: Deployment) -> None:
    make_bucket(OTHER)
    deployment.respond(FIRST, BUCKET, OTHER)
    assert run(deployment)[0] == 0
    found = {name: content["match"] for name, content in given(deployment).items()}
    assert found == {
        f"undo-{FIRST}-1": {"resource": ARN},
        f"undo-{FIRST}-2": {"resource": f"arn:aws:s3:::{OTHER}"},
    }
    assert (versioning(BUCKET), versioning(OTHER)) == ("Suspended", "Suspended")


def test_the_newest_is_undone_first(deployment: Deployment) -> None:
    make_bucket(OTHER)
    deployment.respond(FIRST, BUCKET, OTHER)
    _, said = run(deployment)
    undone = [line for line in said.splitlines() if line.startswith("  undone: ")]
    assert [line.split("--bucket ")[1].split()[0] for line in undone] == [OTHER, BUCKET]


def test_all_tries_of_a_response_are_undone_and_the_same_call_once(deployment: Deployment) -> None:
    deployment.respond()
    deployment.now += timedelta(minutes=1)
    suspend()
    deployment.respond()
    make_bucket(OTHER)
    deployment.now += timedelta(minutes=1)
    deployment.respond(FIRST, OTHER)
    code, said = run(deployment)
    assert code == 0
    assert "2 undone, 0 left alone, 0 failed." in said
    assert (versioning(BUCKET), versioning(OTHER)) == ("Suspended", "Suspended")


def test_a_restart_has_no_undo_and_names_the_exception_that_would_allow_it(deployment: Deployment) -> None:
    deployment.actions = lambda finding: (replace(finding.actions[0], undo=None),)
    deployment.respond()
    code, said = run(deployment)
    assert code == 0
    assert "a restart or a rebuild, which has no undo" in said
    assert f'exceptions = {{ NAME = {{ match = {{ resource = "{BUCKET}" }},' in said
    assert "Nothing of it can be undone." in said
    assert versioning() == "Enabled"
    assert given(deployment) == {}


def test_an_undo_without_a_check_is_left_to_a_person(deployment: Deployment) -> None:
    def unchecked(finding: Any) -> Any:
        action = finding.actions[0]
        return (replace(action, undo=replace(action.undo, check=None)),)

    deployment.actions = unchecked
    deployment.respond()
    code, said = run(deployment)
    assert code == 0
    assert "has no check, left alone" in said
    assert versioning() == "Enabled"


def test_a_call_that_was_refused_is_not_taken_back(deployment: Deployment) -> None:
    engine_aws, deployment.aws = deployment.aws, Faulty({"s3:PutBucketVersioning": "AccessDenied"})
    assert deployment.outcomes() == [Outcome.FAILED]
    deployment.aws = engine_aws
    code, said = run(deployment)
    assert code == 0
    assert "Nothing of it can be undone." in said


def test_other_responses_whose_ids_begin_alike_are_not_touched(deployment: Deployment) -> None:
    deployment.respond(FIRST + "-more")
    with pytest.raises(OperatorError, match="has recorded no response"):
        run(deployment)
    assert versioning() == "Enabled"


def test_nothing_is_ever_deleted(deployment: Deployment) -> None:
    deployment.respond()
    aws = deployment.aws = Faulty({})
    run(deployment)
    assert [call for call in aws.made if "Delete" in call or "Stop" in call] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "ID is missing"),
        (["--id", "x; rm"], "ID is 'x; rm'"),
        (["--id", LATER, "--yes"], f"recorded no response '{LATER}'"),
        (["--id", FIRST], "give YES=1. Nothing was changed."),
    ],
)
def test_what_is_missing_is_named(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    deployment.respond()
    assert undo.main(["--region", REGION, *arguments]) == 2
    assert said in capsys.readouterr().err
    assert versioning() == "Enabled"


def test_yes_needs_nobody_to_ask(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    deployment.respond()
    assert undo.main(["--region", REGION, "--id", FIRST, "--yes"]) == 0
    assert "1 undone" in capsys.readouterr().out
    assert versioning() == "Suspended"


@pytest.mark.parametrize("days", ["0", "91", "soon"])
def test_days_that_are_none_are_refused(capsys: pytest.CaptureFixture[str], days: str) -> None:
    with pytest.raises(SystemExit):
        undo.main(["--id", FIRST, "--days", days])
    assert "DAYS" in capsys.readouterr().err


def test_the_undo_of_the_test_is_what_the_engine_has_recorded(deployment: Deployment) -> None:
    response = deployment.respond()
    (attempt,) = response.endings[0].attempts
    assert attempt.action.undo is not None
    assert attempt.action.undo.parameters == versioned(BUCKET, "Suspended").undo.parameters  # type: ignore[union-attr]
