"""Every compatible input at once: own key, boundary, role path, reserved concurrency, tracing."""

from __future__ import annotations

import uuid
from typing import Any

from tests.e2e.account import BUCKET
from tests.e2e.world import World

ROOT = "examples/complete"
FUNCTION = 'module.rearm.module.automation["cloudtrail"].aws_lambda_function.this'


def test_a_trail_that_is_stopped_logs_again_within_the_boundary(complete: World) -> None:
    trail = complete.account.trail("main", multi_region=True)
    complete.account.user("contractor").stop(trail)
    complete.aws.wait_idle()
    assert complete.account.logs(trail)
    assert complete.said.mail().attributes["outcome"] == "remediated"
    role = complete.account.client("iam").get_role(RoleName="rearm-complete-cloudtrail")["Role"]
    assert role["Path"] == "/security/"
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(
        ":policy/security-functions-boundary"
    )


def test_the_message_is_encrypted_with_the_organisations_own_key(complete: World) -> None:
    trail = complete.account.trail("main", multi_region=True)
    complete.account.user("contractor").stop(trail)
    complete.aws.wait_idle()
    topic = f"arn:aws:sns:{complete.account.region}:{complete.account.id}:rearm-complete-notifications"
    attributes = complete.account.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    key = attributes["KmsMasterKeyId"]
    used = {call.action for call in complete.calls() if call.caller == "sns" and call.resources == (key,)}
    assert used == {"kms:GenerateDataKey", "kms:Decrypt"}
    assert len(complete.said.mails()) == 1


def test_an_account_without_a_multi_region_trail_is_reported(complete: World) -> None:
    complete.account.trail("main")
    complete.sweep()
    mail = complete.said.mail()
    assert mail.attributes["severity"] == "HIGH"
    assert f"Account {complete.account.id} has no multi-region trail" in mail.body


def test_the_role_of_the_migration_may_stop_the_legacy_trails_only(complete: World) -> None:
    migration = complete.account.role("trail-migration", "cutover")
    legacy = complete.account.trail("legacy-1", multi_region=True)
    main = complete.account.trail("main", multi_region=True)
    migration.stop(legacy)
    migration.stop(main)
    complete.aws.wait_idle()
    assert not complete.account.logs(legacy)
    assert complete.account.logs(main)


def test_a_finding_of_security_hub_leads_to_what_is_wrong_and_another_to_nothing(complete: World) -> None:
    trail = complete.account.trail("main", multi_region=True)
    contractor = complete.account.user("contractor")
    with complete.account.unseen():
        contractor.stop(trail)
    complete.aws.put_event(_finding(complete, "CloudTrail.1", status="PASSED"))
    complete.aws.put_event(_finding(complete, "Account.1"))
    complete.aws.wait_idle()
    assert not complete.account.logs(trail)

    complete.aws.put_event(_finding(complete, "CloudTrail.1"))
    complete.aws.wait_idle()

    assert complete.account.logs(trail)
    mail = complete.said.mail()
    assert mail.attributes["outcome"] == "remediated"
    assert mail.field("Arrived by").startswith("Security Hub")


def _finding(complete: World, control: str, status: str = "FAILED") -> dict[str, Any]:
    account, region = complete.account.id, complete.account.region
    finding = {
        "Id": f"arn:aws:securityhub:{region}:{account}:security-control/{control}/finding/{uuid.uuid4()}",
        "AwsAccountId": account,
        "Region": region,
        "Compliance": {"Status": status, "SecurityControlId": control},
        "RecordState": "ACTIVE",
        "Workflow": {"Status": "NEW"},
        "Resources": [{"Type": "AwsAccount", "Id": f"AWS::::Account:{account}"}],
    }
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "source": "aws.securityhub",
        "detail-type": "Security Hub Findings - Imported",
        "account": account,
        "region": region,
        "time": "2026-11-24T12:00:00Z",
        "resources": [finding["Id"]],
        "detail": {"findings": [finding]},
    }


def test_a_second_plan_of_the_example_finds_nothing_to_change(complete: World) -> None:
    assert complete.terraform.plan(ROOT).changes == {}


def test_a_package_in_s3_takes_the_place_of_the_committed_one(complete: World) -> None:
    s3 = complete.account.client("s3")
    key = f"{uuid.uuid4()}/rearm.zip"
    s3.upload_file(str(complete.checkout / "dist" / "rearm.zip"), BUCKET, key)
    summary = complete.apply(ROOT, lambda_package={"bucket": BUCKET, "key": key})
    # The functions, and what the guard knows of them.
    assert set(summary.changes.values()) == {"update"}
    assert {address.rpartition(".module.")[2].partition(".")[2] for address in summary.changes} == {
        "aws_lambda_function.this",
        "aws_ssm_parameter.deployed",
        "aws_ssm_parameter.parts",
    }
    assert FUNCTION in summary.changes
    trail = complete.account.trail("main", multi_region=True)
    complete.account.user("contractor").stop(trail)
    complete.aws.wait_idle()
    assert complete.account.logs(trail)
    assert complete.terraform.plan(ROOT).changes == {}


def test_destroying_leaves_nothing_behind(complete: World) -> None:
    assert complete.made <= complete.account.names()
    complete.destroy()
    assert complete.made & complete.account.names() == set()
