"""The policies that docs/operator.md gives to operators are real, narrow, and enough."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from tests.local_aws.actions import ACTIONS
from tests.support.operations import TEXT, policies
from tools import permissions
from tools.operator import LAMBDA_SOURCE

PLACEHOLDERS = {"ACCOUNT": "{account}", "NAME": "{name}", "PARTITION": "{partition}", "REGION": "{region}"}
POLICIES = policies(PLACEHOLDERS)
# Whose repairs have an undo that an operator can make; the guard's are the module's own parts.
UNDONE = ("cloudtrail", "cloudtrail_lake", "trail_storage")
READS = ("Describe", "Get", "Head", "List", "Lookup")
# Restarts, rebuilds, and calls of attackers that no undo makes again.
NO_UNDO = frozenset(
    {
        "cloudtrail:AddTags",
        "cloudtrail:CreateTrail",
        "cloudtrail:DeleteEventDataStore",
        "cloudtrail:DeleteTrail",
        "cloudtrail:RestoreEventDataStore",
        "cloudtrail:StartEventDataStoreIngestion",
        "cloudtrail:StartLogging",
        "cloudtrail:StopEventDataStoreIngestion",
        "cloudtrail:StopLogging",
        "kms:CancelKeyDeletion",
        "kms:DeleteImportedKeyMaterial",
        "kms:DisableKey",
        "kms:DisconnectCustomKeyStore",
        "kms:EnableKey",
        "kms:EnableKeyRotation",
        "kms:ScheduleKeyDeletion",
        "s3:CreateBucket",
        "s3:DeleteBucket",
        "s3:PutBucketTagging",
    }
)
# Reads that no check makes.
NO_CHECK = frozenset(
    {
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "cloudtrail:ListEventDataStores",
        "cloudtrail:ListTags",
        "cloudtrail:ListTrails",
        "cloudtrail:LookupEvents",
        "kms:DescribeKey",
        "s3:GetBucketLocation",
        "s3:GetBucketTagging",
        "s3:ListAllMyBuckets",
    }
)


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for command, documents in POLICIES.items():
        for document in documents:
            for statement in document["Statement"]:
                yield f"{command} {statement['Sid']}", statement


STATEMENTS = dict(statements())


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def allowed(command: str) -> set[str]:
    return {
        action
        for name, statement in STATEMENTS.items()
        if name.rpartition(" ")[0] == command
        for action in listed(statement["Action"])
    }


def named_operations() -> set[str]:
    """Return the IAM actions of all operations that the automations name anywhere in their code."""
    session = botocore.session.get_session()
    found: set[str] = set()
    texts = {
        node.value
        for automation in UNDONE
        for path in (LAMBDA_SOURCE / "rearm" / "automations" / automation).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for service in ("cloudtrail", "kms", "s3"):
        known = set(session.get_service_model(service).operation_names)
        found |= {f"{service}:{ACTIONS.get(service, {}).get(name, name)}" for name in texts & known}
    return found


def test_there_is_one_for_each_command() -> None:
    assert {name: len(documents) for name, documents in POLICIES.items()} == {
        "history": 1,
        "undo": 1,
        "undo of containment": 1,
        "drill": 2,
    }
    assert TEXT.count("```json") == 5


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_action_is_real_and_on_resources_that_it_works_on(name: str) -> None:
    statement = STATEMENTS[name]
    for action in listed(statement["Action"]):
        known = permissions.look_up(action)
        assert known is not None, f"AWS has no {action}"
        for resource in listed(statement["Resource"]):
            if resource == "*":
                assert not known.resources or "Condition" in statement, f"{action} can be bound to resources"
        if known.resources:
            fitting = [one for one in listed(statement["Resource"]) if permissions.fits(one, known.resources)]
            assert fitting or statement["Resource"] == "*", f"{action} works on none of its resources"


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_resource_is_there_for_an_action(name: str) -> None:
    statement = STATEMENTS[name]
    for resource in listed(statement["Resource"]):
        if resource != "*":
            formats = [permissions.look_up(action) for action in listed(statement["Action"])]
            assert any(permissions.fits(resource, one.resources) for one in formats if one), resource


def test_the_history_only_reads() -> None:
    assert allowed("history") == {"dynamodb:Query"}


def test_the_undo_may_make_each_call_that_the_automations_know_and_no_other() -> None:
    writes = {action for action in named_operations() if not action.split(":")[1].startswith(READS)}
    may = {one for one in allowed("undo") if not one.split(":")[1].startswith(READS)}
    beside = {"dynamodb:PutItem", "dynamodb:Query", "iam:PassRole"}
    assert may - beside == writes - NO_UNDO


def test_the_undo_may_read_each_state_that_the_automations_read_and_no_other() -> None:
    reads = {action for action in named_operations() if action.split(":")[1].startswith(READS)}
    may = {one for one in allowed("undo") if one.split(":")[1].startswith(READS)}
    assert may == reads - NO_CHECK


def test_the_undo_writes_nothing_but_exceptions_to_the_table() -> None:
    statement = STATEMENTS["undo GiveExceptions"]
    assert statement["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["exception"]}}
    others = [
        name
        for name, one in STATEMENTS.items()
        if name.rpartition(" ")[0] == "undo" and "dynamodb:PutItem" in one["Action"]
    ]
    assert others == ["undo GiveExceptions"]


def test_the_drill_changes_only_what_is_its_own() -> None:
    for name, statement in STATEMENTS.items():
        if not name.startswith("drill "):
            continue
        levels = {permissions.look_up(action).level for action in listed(statement["Action"])}  # type: ignore[union-attr]
        if levels <= {"Read", "List"}:
            continue
        text = json.dumps([statement["Resource"], statement.get("Condition")])
        own = "{name}-drill-*" in text
        assert own or name in ("drill ReadBaselinesAndRepairsAndEndThem", "drill StartSweeps"), name
