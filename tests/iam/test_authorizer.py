"""IAM's decision on one call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_aws.authorizer import UnsupportedPolicy, authorize, matching_statements, parse

TRAIL = "arn:aws:cloudtrail:us-east-1:123456789012:trail/management"
OTHER_TRAIL = "arn:aws:cloudtrail:us-east-1:210987654321:trail/management"


def statement(
    actions: str | list[str],
    resources: str | list[str] = "*",
    *,
    sid: str = "S",
    effect: str = "Allow",
    **more: Any,
) -> dict[str, Any]:
    return {"Sid": sid, "Effect": effect, "Action": actions, "Resource": resources, **more}


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


START = policy(statement("cloudtrail:StartLogging", "arn:aws:cloudtrail:*:123456789012:trail/*", sid="Start"))


def test_matching_statement_allows_and_is_named() -> None:
    decision = authorize([START], None, "cloudtrail:StartLogging", [TRAIL], {})
    assert decision.allowed
    assert (decision.policy, decision.statement, decision.sid) == (0, 0, "Start")
    assert "Start" in decision.reason


def test_nothing_is_allowed_without_a_policy() -> None:
    decision = authorize([], None, "cloudtrail:StartLogging", [TRAIL], {})
    assert not decision.allowed
    assert decision.reason == "because no identity-based policy allows the cloudtrail:StartLogging action"
    assert (decision.policy, decision.statement, decision.sid) == (None, None, None)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("cloudtrail:StopLogging", TRAIL),
        ("cloudtrail:StartLogging", OTHER_TRAIL),
        ("cloudtrail:StartLogging", "*"),
        ("cloudtrail:StartLoggingNow", TRAIL),
    ],
)
def test_other_action_or_resource_is_refused(action: str, resource: str) -> None:
    assert not authorize([START], None, action, [resource], {}).allowed


def test_action_names_are_case_insensitive_and_take_wildcards() -> None:
    one = policy(statement(["CloudTrail:start*", "s3:?etObject"]))
    assert authorize([one], None, "cloudtrail:StartLogging", [TRAIL], {}).allowed
    assert authorize([one], None, "S3:GetObject", ["arn:aws:s3:::b/k"], {}).allowed
    assert not authorize([one], None, "cloudtrail:StopLogging", [TRAIL], {}).allowed


def test_any_of_several_policies_may_allow() -> None:
    decision = authorize([policy(), START], None, "cloudtrail:StartLogging", [TRAIL], {})
    assert decision.allowed
    assert decision.policy == 1


def test_explicit_deny_wins_wherever_it_stands() -> None:
    everything = policy(statement("*", sid="All"))
    never = policy(statement("cloudtrail:Stop*", sid="Never", effect="Deny"))
    for policies in ([everything, never], [never, everything]):
        decision = authorize(policies, None, "cloudtrail:StopLogging", [TRAIL], {})
        assert not decision.allowed
        assert decision.sid == "Never"
        assert decision.reason == "with an explicit deny in an identity-based policy (Never)"
        assert authorize(policies, None, "cloudtrail:StartLogging", [TRAIL], {}).allowed


def test_every_resource_must_be_allowed() -> None:
    decision = authorize([START], None, "cloudtrail:StartLogging", [TRAIL, OTHER_TRAIL], {})
    assert not decision.allowed
    assert decision.resource == OTHER_TRAIL


def test_deny_on_one_of_several_resources_refuses_the_call() -> None:
    two = policy(statement("s3:*"), statement("s3:*", "arn:aws:s3:::b/secret", sid="Secret", effect="Deny"))
    decision = authorize([two], None, "s3:DeleteObject", ["arn:aws:s3:::b/a", "arn:aws:s3:::b/secret"], {})
    assert not decision.allowed
    assert decision.sid == "Secret"


def test_call_without_any_resource_is_an_error() -> None:
    with pytest.raises(ValueError, match="no resource"):
        authorize([START], None, "cloudtrail:StartLogging", [], {})


def test_boundary_limits_what_policies_allow() -> None:
    boundary = policy(statement("cloudtrail:*"))
    everything = policy(statement("*"))
    assert authorize([everything], boundary, "cloudtrail:StartLogging", [TRAIL], {}).allowed
    decision = authorize([everything], boundary, "sns:Publish", ["arn:aws:sns:us-east-1:123456789012:t"], {})
    assert not decision.allowed
    assert decision.reason == "because no permissions boundary allows the sns:Publish action"


def test_boundary_grants_nothing_by_itself() -> None:
    decision = authorize([policy()], policy(statement("*")), "sns:Publish", ["*"], {})
    assert decision.reason == "because no identity-based policy allows the sns:Publish action"


def test_deny_in_the_boundary_wins() -> None:
    boundary = policy(statement("*"), statement("sns:*", sid="Quiet", effect="Deny"))
    decision = authorize([policy(statement("*"))], boundary, "sns:Publish", ["*"], {})
    assert not decision.allowed
    assert (decision.policy, decision.statement, decision.sid) == (None, 1, "Quiet")
    assert "permissions boundary" in decision.reason


def test_not_action_and_not_resource_cover_the_rest() -> None:
    one = policy(
        {"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::mine", "arn:aws:s3:::mine/*"]},
    )
    assert authorize([one], None, "sns:Publish", ["*"], {}).allowed
    assert not authorize([one], None, "iam:CreateUser", ["*"], {}).allowed
    assert authorize([one], None, "s3:GetObject", ["arn:aws:s3:::mine/a"], {}).allowed
    assert not authorize([one], None, "s3:GetObject", ["arn:aws:s3:::other/a"], {}).allowed


def test_all_conditions_of_a_statement_must_hold() -> None:
    condition = {
        "StringEquals": {"kms:ViaService": "sns.us-east-1.amazonaws.com", "aws:PrincipalTag/team": "blue"},
        "Bool": {"aws:SecureTransport": True},
    }
    one = policy(statement("kms:Decrypt", Condition=condition))
    full = {
        "kms:ViaService": "sns.us-east-1.amazonaws.com",
        "aws:PrincipalTag/team": "blue",
        "aws:SecureTransport": "true",
    }
    assert authorize([one], None, "kms:Decrypt", ["*"], full).allowed
    for missing in full:
        partial = {key: value for key, value in full.items() if key != missing}
        assert not authorize([one], None, "kms:Decrypt", ["*"], partial).allowed


def test_deny_with_a_condition_applies_only_when_it_holds() -> None:
    one = policy(
        statement("*"),
        statement("*", sid="Tls", effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}),
    )
    assert authorize([one], None, "sns:Publish", ["*"], {"aws:SecureTransport": "true"}).allowed
    assert not authorize([one], None, "sns:Publish", ["*"], {"aws:SecureTransport": "false"}).allowed


def test_numbers_in_conditions_are_texts_to_iam() -> None:
    one = policy(statement("s3:ListBucket", Condition={"NumericLessThanEquals": {"s3:max-keys": 10}}))
    assert authorize([one], None, "s3:ListBucket", ["*"], {"s3:max-keys": "10"}).allowed
    assert not authorize([one], None, "s3:ListBucket", ["*"], {"s3:max-keys": "11"}).allowed


def test_variables_are_filled_in_within_resources() -> None:
    one = policy(statement("s3:GetObject", "arn:aws:s3:::b/${aws:PrincipalAccount}/*"))
    account = {"aws:PrincipalAccount": "123456789012"}
    assert authorize([one], None, "s3:GetObject", ["arn:aws:s3:::b/123456789012/k"], account).allowed
    assert not authorize([one], None, "s3:GetObject", ["arn:aws:s3:::b/210987654321/k"], account).allowed
    assert not authorize([one], None, "s3:GetObject", ["arn:aws:s3:::b/123456789012/k"], {}).allowed


def test_single_statement_may_stand_without_a_list() -> None:
    one = {"Version": "2012-10-17", "Statement": statement("sns:Publish")}
    assert authorize([one], None, "sns:Publish", ["*"], {}).allowed


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"Version": "2012-10-17"}, "needs a Statement"),
        ({"Version": "2020-01-01", "Statement": []}, "2020-01-01"),
        (policy({"Sid": "S", "Effect": "allow", "Action": "*", "Resource": "*"}), "S: Effect"),
        (policy({"Sid": "S", "Effect": "Allow", "Resource": "*"}), "S: needs either Action or NotAction"),
        (policy({"Sid": "S", "Effect": "Allow", "Action": "*"}), "S: needs either Resource or NotResource"),
        (policy(statement("*", NotAction="iam:*")), "S: needs either Action or NotAction"),
        (policy(statement("*", Principal="*")), r"S: \['Principal'\]"),
        (policy(statement([])), "S: Action: takes texts"),
        (policy(statement("*", Condition={"StringMatches": {"aws:Key": "x"}})), "StringMatches"),
        (policy(statement("*", Condition={"StringEquals": "x"})), "S: StringEquals is an object"),
        (policy(statement("*", Condition=["x"])), "S: Condition is an object"),
    ],
)
def test_policy_that_is_not_understood_raises_even_if_it_does_not_match(
    document: dict[str, Any], message: str
) -> None:
    with pytest.raises(UnsupportedPolicy, match=message):
        authorize([START, document], None, "cloudtrail:StartLogging", [TRAIL], {})


def test_matching_statements_are_found_whatever_their_effect_and_conditions() -> None:
    one = policy(
        statement("cloudtrail:*", sid="All", Condition={"Bool": {"aws:SecureTransport": "true"}}),
        statement("cloudtrail:StopLogging", sid="Never", effect="Deny"),
        statement("sns:Publish", sid="Tell"),
    )
    found = matching_statements(one, "cloudtrail:StopLogging", TRAIL)
    assert [(each.index, each.sid, each.allows) for each in found] == [(0, "All", True), (1, "Never", False)]


def test_statement_without_a_sid_is_named_by_its_place() -> None:
    (only,) = parse(policy({"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}))
    assert only.sid == "statement 0"
